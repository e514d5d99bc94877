//! Reading into memory, fixtures by name, and the check that every test may lean on.

use plumbline_ingest::{Format, IngestError, Item, ReadReport, read};
use plumbline_model::{QuarantinedRow, Span};
use std::ops::ControlFlow;
use std::path::PathBuf;

pub(crate) struct Reading {
    pub(crate) items: Vec<Item>,
    pub(crate) report: ReadReport,
}

impl Reading {
    pub(crate) fn spans(&self) -> Vec<&Span> {
        self.items
            .iter()
            .filter_map(|item| match item {
                Item::Span { span, .. } => Some(&**span),
                Item::Quarantined(_) => None,
            })
            .collect()
    }

    pub(crate) fn quarantined(&self) -> Vec<&QuarantinedRow> {
        self.items
            .iter()
            .filter_map(|item| match item {
                Item::Quarantined(row) => Some(row),
                Item::Span { .. } => None,
            })
            .collect()
    }
}

/// Reads everything and checks the law: `read = spans + quarantined`, and all of it reached the sink.
pub(crate) fn read_all(bytes: &[u8], format: Option<Format>) -> Result<Reading, IngestError> {
    let mut items = Vec::new();
    let report = read(&mut &bytes[..], format, "test input", &mut |item| {
        items.push(item);
        ControlFlow::Continue(())
    })?;
    let reading = Reading { items, report };
    assert_eq!(reading.report.read, reading.items.len() as u64);
    assert_eq!(
        reading.report.quarantined,
        reading.quarantined().len() as u64
    );
    assert!(!reading.report.stopped);
    Ok(reading)
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let path = root().join("fixtures/traces").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) const FIXTURES: [&str; 41] = [
    "otlp_json/genai-logs.jsonl",
    "otlp_protobuf/genai-logs.pb",
    "http_exchange/calls.jsonl",
    "har/calls.har",
    "vcr/vcrpy.yaml",
    "vcr/betamax.json",
    "vcr/ruby.yml",
    "vcr/go.yaml",
    "inspect/bike-parts.json",
    "promptfoo_results/results.json",
    "promptfoo_results/results.jsonl",
    "helicone/requests.csv",
    "langfuse/observations.csv",
    "litellm/spend_logs.csv",
    "llm_logs/rows.jsonl",
    "phoenix/page.json",
    "phoenix/page.otlp.json",
    "phoenix/dataframe.json",
    "helicone/requests.jsonl",
    "codex/bike-shop.jsonl",
    "claude_code/session.jsonl",
    "claude_code/export.json",
    "anthropic_log/calls.jsonl",
    "anthropic_log/batch.jsonl",
    "openai_log/calls.jsonl",
    "openai_log/batch.jsonl",
    "litellm/calls.jsonl",
    "langfuse/download.json",
    "langfuse/batch.json",
    "langfuse/totals.json",
    "langsmith/runs.jsonl",
    "mooncake_jsonl/requests.jsonl",
    "otlp_protobuf/support-agent.pb",
    "otlp_json/support-agent.json",
    "otlp_json/openinference-rag.json",
    "otlp_json/genai-1.27.json",
    "canonical_jsonl/checkout-week.jsonl",
    "canonical_jsonl/broken-lines.jsonl",
    "burstgpt_csv/requests.csv",
    "burstgpt_csv/sessions.csv",
    "request_csv/requests.csv",
];

pub(crate) const FORMATS: [Format; 21] = [
    Format::HttpExchange,
    Format::Har,
    Format::Vcr,
    Format::Inspect,
    Format::PromptfooResults,
    Format::LlmLogs,
    Format::Phoenix,
    Format::Helicone,
    Format::Codex,
    Format::ClaudeCode,
    Format::AnthropicLog,
    Format::OpenaiLog,
    Format::Litellm,
    Format::Langfuse,
    Format::Langsmith,
    Format::MooncakeJsonl,
    Format::OtlpJson,
    Format::OtlpProtobuf,
    Format::CanonicalJsonl,
    Format::BurstgptCsv,
    Format::RequestCsv,
];
