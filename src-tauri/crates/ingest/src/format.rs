//! The table of formats: how each is recognised and who reads it.
//!
//! Detection looks at content alone, never at a file's name, and asks in the order of the table: formats
//! with a signature of their own first, tables (whose only signature is a header) last.

use crate::delivery::Delivery;
use crate::head::Head;
use crate::{
    IngestError, anthropic_log, burstgpt, canonical, claude_code, codex, har, helicone,
    http_exchange, inspect, langfuse, langsmith, litellm, llm_logs, mapped, mooncake, openai_log,
    otlp, phoenix, promptfoo, request_csv, vcr,
};
use std::fmt;
use std::io::BufRead;
use std::str::FromStr;

/// A file format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// OTLP/JSON: one export object, or one per line.
    OtlpJson,
    /// OTLP as protobuf: one export, or several one after another.
    OtlpProtobuf,
    /// Our own JSONL: one canonical span a line.
    CanonicalJsonl,
    /// A session of Codex CLI: `timestamp`, `type` and `payload` a line.
    Codex,
    /// Requests of a Helicone export, as JSON or one a line.
    Helicone,
    /// Langfuse: a trace download, API pages, observations, or ingestion batches.
    Langfuse,
    /// LangSmith runs, or the batches that its SDKs send.
    Langsmith,
    /// LiteLLM: standard logging payloads or spend logs.
    Litellm,
    /// Results of a promptfoo eval: the whole output as JSON, or one result a line.
    PromptfooResults,
    /// Logs of Inspect (UK AISI): the `.json` form; a `.eval` file is handed over in that form by `EvalLog`.
    Inspect,
    /// Claude Code sessions: JSONL, or the web export `{loglines}`.
    ClaudeCode,
    /// Anthropic's API: messages, pairs of request and response, Message Batches.
    AnthropicLog,
    /// OpenAI's APIs: responses, pairs of request and response, lines of the Batch API.
    OpenaiLog,
    /// Exchanges with a model's API as Plumbline's own recorder keeps them, one a line.
    HttpExchange,
    /// HAR 1.2: HTTP as browsers and proxies save it.
    Har,
    /// Cassettes of VCR and its kin: recorded HTTP as YAML or JSON.
    Vcr,
    /// Request traces in the shape of the public Mooncake traces: `timestamp`, `input_length`, `output_length`.
    MooncakeJsonl,
    /// Request trace in the shape of the public BurstGPT traces: `Timestamp,Model,Request tokens,Response tokens`.
    BurstgptCsv,
    /// Request log in the shape of the public Azure LLM traces: `TIMESTAMP,ContextTokens,GeneratedTokens`.
    RequestCsv,
    /// Logs of Simon Willison's `llm`: rows of its SQLite file.
    LlmLogs,
    /// Arize Phoenix: rows of its SQLite file, pages of its API, exported spans.
    Phoenix,
    /// A table of somebody's own, read by a mapping of its columns; never recognised, only named.
    Mapped,
}

type Reader = fn(&mut dyn BufRead, &str, &mut Delivery<'_>) -> Result<(), IngestError>;

struct Room {
    format: Format,
    name: &'static str,
    detect: fn(&Head<'_>) -> bool,
    read: Reader,
}

#[rustfmt::skip]
static ROOMS: [Room; 22] = [
    Room { format: Format::OtlpJson, name: "otlp_json", detect: otlp::detect, read: otlp::read },
    Room { format: Format::OtlpProtobuf, name: "otlp_protobuf", detect: otlp::protobuf::detect, read: otlp::protobuf::read },
    Room { format: Format::Langsmith, name: "langsmith", detect: langsmith::detect, read: langsmith::read },
    Room { format: Format::Langfuse, name: "langfuse", detect: langfuse::detect, read: langfuse::read },
    Room { format: Format::Litellm, name: "litellm", detect: litellm::detect, read: litellm::read },
    Room { format: Format::LlmLogs, name: "llm_logs", detect: llm_logs::detect, read: llm_logs::read },
    Room { format: Format::Phoenix, name: "phoenix", detect: phoenix::detect, read: phoenix::read },
    Room { format: Format::Helicone, name: "helicone", detect: helicone::detect, read: helicone::read },
    Room { format: Format::Inspect, name: "inspect", detect: inspect::detect, read: inspect::read },
    Room { format: Format::PromptfooResults, name: "promptfoo_results", detect: promptfoo::detect, read: promptfoo::read },
    Room { format: Format::Codex, name: "codex", detect: codex::detect, read: codex::read },
    Room { format: Format::CanonicalJsonl, name: "canonical_jsonl", detect: canonical::detect, read: canonical::read },
    Room { format: Format::ClaudeCode, name: "claude_code", detect: claude_code::detect, read: claude_code::read },
    Room { format: Format::AnthropicLog, name: "anthropic_log", detect: anthropic_log::detect, read: anthropic_log::read },
    Room { format: Format::OpenaiLog, name: "openai_log", detect: openai_log::detect, read: openai_log::read },
    Room { format: Format::HttpExchange, name: "http_exchange", detect: http_exchange::kept::detect, read: http_exchange::kept::read },
    Room { format: Format::Har, name: "har", detect: har::detect, read: har::read },
    Room { format: Format::Vcr, name: "vcr", detect: vcr::detect, read: vcr::read },
    Room { format: Format::MooncakeJsonl, name: "mooncake_jsonl", detect: mooncake::detect, read: mooncake::read },
    Room { format: Format::BurstgptCsv, name: "burstgpt_csv", detect: burstgpt::detect, read: burstgpt::read },
    Room { format: Format::RequestCsv, name: "request_csv", detect: request_csv::detect, read: request_csv::read },
    Room { format: Format::Mapped, name: "mapped", detect: mapped::detect, read: mapped::read },
];

impl Format {
    fn room(self) -> &'static Room {
        // The first room stands in for a format without one; the test below shows that none lacks it.
        ROOMS
            .iter()
            .find(|room| room.format == self)
            .unwrap_or(&ROOMS[0])
    }

    /// The word used in files and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.room().name
    }

    pub(crate) fn read(
        self,
        source: &mut dyn BufRead,
        source_name: &str,
        delivery: &mut Delivery<'_>,
    ) -> Result<(), IngestError> {
        (self.room().read)(source, source_name, delivery)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = String;
    fn from_str(name: &str) -> Result<Self, String> {
        ROOMS
            .iter()
            .find(|room| room.name == name)
            .map(|room| room.format)
            .ok_or_else(|| format!("no format is named `{name}`; there are {}", names()))
    }
}

/// The names of all formats, separated by commas.
pub(crate) fn names() -> String {
    ROOMS.each_ref().map(|room| room.name).join(", ")
}

/// Recognises a format from the beginning of a file (256 KiB are plenty); `None` when nothing fits.
#[must_use]
pub fn detect(head: &[u8]) -> Option<Format> {
    let head = Head::of(head);
    ROOMS
        .iter()
        .find(|room| (room.detect)(&head))
        .map(|room| room.format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_its_own_room_and_its_name_reads_back() {
        for format in ROOMS.iter().map(|room| room.format) {
            assert_eq!(format.room().format, format);
            assert_eq!(format.as_str().parse(), Ok(format));
        }
        assert!("otlp".parse::<Format>().is_err());
    }

    #[test]
    fn content_decides_through_marks_cuts_and_broken_first_lines() {
        let cases: [(&[u8], Option<Format>); 55] = [
            (
                b"{\n  \"version\": 2,\n  \"status\": \"success\",\n  \"eval\": {\"task\": \"t\"",
                Some(Format::Inspect),
            ),
            (b"{\"version\":2,\"status\":\"success\"}", None),
            (
                b"{\"type\":\"summary\",\"summary\":\"s\",\"leafUuid\":\"u\"}",
                Some(Format::ClaudeCode),
            ),
            (b"{\"loglines\":[{\"type\":\"user\"", Some(Format::ClaudeCode)),
            (
                b"{\"type\":\"user\",\"message\":{}}\n{\"type\":\"assistant\",\"message\":{\"usage\":{\"input_tokens\":1}}}",
                Some(Format::ClaudeCode),
            ),
            (b"{\"type\":\"error\",\"message\":\"usage\"}", None),
            (
                b"{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":",
                Some(Format::AnthropicLog),
            ),
            (
                b"{\"custom_id\":\"a\",\"result\":{\"type\":\"expired\"}}",
                Some(Format::AnthropicLog),
            ),
            (
                b"{\"request\":{\"model\":\"m\"},\"response\":{\"stop_reason\":null}}",
                Some(Format::AnthropicLog),
            ),
            (
                b"{\"request\":{\"model\":\"m\",\"prompt\":\"what is stop_reason?\"},\"response\":{}}",
                Some(Format::OpenaiLog),
            ),
            (
                b"{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/responses\",\"body\":{",
                Some(Format::OpenaiLog),
            ),
            (
                b"{\"id\":\"b\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[",
                Some(Format::OpenaiLog),
            ),
            (
                b"{\"request\":{\"model\":\"m\"},\"response\":null}",
                Some(Format::OpenaiLog),
            ),
            (b"{\"request\":{\"url\":\"/\"},\"response\":{}}", None),
            (
                b"{\"id\":\"a\",\"call_type\":\"completion\",\"custom_llm_provider\":\"openai\",\"startTime\":1.5",
                Some(Format::Litellm),
            ),
            (
                b"{\"timestamp\":\"2026-03-02T09:00:00Z\",\"type\":\"session_meta\",\"payload\":{",
                Some(Format::Codex),
            ),
            (b"{\"timestamp\":1,\"type\":\"click\",\"payload\":{}}", None),
            (
                b"[\n{\"response_status\":200,\"request_id\":\"a\",\"request_created_at\":\"2026-03-02\"",
                Some(Format::Helicone),
            ),
            (
                b"{\n  \"evalId\": \"eval-x\",\n  \"results\": {\n \"version\": 3",
                Some(Format::PromptfooResults),
            ),
            (
                b"{\"promptIdx\":0,\"testIdx\":0,\"success\":true}\n",
                Some(Format::PromptfooResults),
            ),
            (
                b"{\"trace\":{\"id\":\"t\"},\"observations\":[",
                Some(Format::Langfuse),
            ),
            (
                b"{\"batch\":[{\"type\":\"span-create\"",
                Some(Format::Langfuse),
            ),
            (b"{\"post\":[{\"id\":\"a\"", Some(Format::Langsmith)),
            (
                b"[{\"id\":\"a\",\"run_type\":\"llm\",\"trace_id\":\"t\"}]",
                Some(Format::Langsmith),
            ),
            (
                b"{\"timestamp\":0,\"input_length\":1,\"output_length\":2,\"hash_ids\":[]}",
                Some(Format::MooncakeJsonl),
            ),
            (b"{\"resourceSpans\":[]}", Some(Format::OtlpJson)),
            (
                b"\xef\xbb\xbf \n{\"resource_spans\":[",
                Some(Format::OtlpJson),
            ),
            (b"[{\"resourceSpans\":[{}", Some(Format::OtlpJson)),
            (b"{\"resourceLogs\":[]}", Some(Format::OtlpJson)),
            (
                b"{\"trace_id\":\"a\",\"span_id\":\"b\",\"kind\":\"llm\"}\n",
                Some(Format::CanonicalJsonl),
            ),
            (
                b"{\"broken\": \n{\"trace_id\":\"a\",\"span_id\":\"b\",\"start_ns\":1}",
                Some(Format::CanonicalJsonl),
            ),
            (
                b"TIMESTAMP,ContextTokens,GeneratedTokens\r\n",
                Some(Format::RequestCsv),
            ),
            (
                b"id,GeneratedTokens,\"TIMESTAMP\",ContextTokens\n",
                Some(Format::RequestCsv),
            ),
            (
                b"Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,",
                Some(Format::BurstgptCsv),
            ),
            (
                b"Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens",
                Some(Format::BurstgptCsv),
            ),
            (
                b"{\"table\":\"turns\",\"row\":{\"datetime_utc\":\"2026-01-01\",\"tip_message_hash\":\"x\"}}",
                Some(Format::LlmLogs),
            ),
            (
                b"{\"table\":\"spans\",\"row\":{\"trace_rowid\":1}}",
                Some(Format::Phoenix),
            ),
            (
                b"{\"context\":{\"trace_id\":\"a\"},\"span_kind\":\"LLM\",\"start_time\":\"2026\"}",
                Some(Format::Phoenix),
            ),
            (
                b"{\"data\":[{\"context\":{},\"span_kind\":\"LLM\"}],\"next_cursor\":null}",
                Some(Format::Phoenix),
            ),
            (b"{\"data\":[{\"id\":1}],\"next_cursor\":null}", None),
            (
                b"request_id,request_created_at,delay_ms\n",
                Some(Format::Helicone),
            ),
            (
                b"\"id\",\"type\",\"start_time\",\"trace_id\",\"usage_details\"\n",
                Some(Format::Langfuse),
            ),
            (
                b"request_id,call_type,spend,startTime\r\n",
                Some(Format::Litellm),
            ),
            (
                b"{\n  \"log\": {\n    \"version\": \"1.2\",\n    \"creator\": {",
                Some(Format::Har),
            ),
            (
                b"{\"method\":\"POST\",\"url\":\"/\",\"request_headers\":{},\"response_headers\":{},\"request_body\":{},\"response_body\":{}}",
                Some(Format::HttpExchange),
            ),
            (b"{\"log\":{\"level\":\"info\"}}", None),
            (
                b"# made by hand\ninteractions:\n- request:\n    body: null\n",
                Some(Format::Vcr),
            ),
            (
                b"---\nhttp_interactions:\n- request:\n    method: post\n",
                Some(Format::Vcr),
            ),
            (
                b"{\"version\": 1, \"interactions\": [{\"request\": {\"body\": \"",
                Some(Format::Vcr),
            ),
            (b"{\"interactions\":[{\"user\":\"a\"}]}", None),
            (b"notes:\n  interactions:\n", None),
            (b"timestamp,contexttokens,generatedtokens\n", None),
            (b"{\"text\":\"resourceSpans\"}", None),
            (b"", None),
            (b"\xff\xfe{\0", None),
        ];
        for (head, expected) in cases {
            assert_eq!(detect(head), expected, "{}", String::from_utf8_lossy(head));
        }
    }
}
