//! Logs of Simon Willison's `llm`: rows of its `logs.db`, one call each, in both of its stores.
//!
//! Up to migration 22 a call is a row of `responses`; from 23 on a row of `turns`, whose messages are a chain from its
//! tip to the first one. Both may stand in one file and name different calls. `datetime_utc` is when the call began,
//! without a zone UTC. Attachments are named by type, never kept.
//! Source: simonw/llm, `llm/migrations.py` and `llm/logs.py`.

mod response;
mod turn;

use crate::IngestError;
use crate::attributes::{Attributes, Unread, note};
use crate::delivery::Delivery;
use crate::head::{Head, mentions};
use crate::instant::iso;
use crate::otlp::indexed;
use crate::sqlite_rows::{self, list};
use plumbline_model::{
    AnthropicCounts, HowJoined, Joined, OfferedTool, OpenAiCounts, Span, SpanKind, SpanStatus,
    TableRead, UnixNanos, Usage,
};
use serde_json::{Map, Value};
use std::io::BufRead;

const FRAGMENT: [Joined; 1] = [one("fragment", "fragment_id", "fragments")];
const ATTACHMENT: [Joined; 1] = [one("attachment", "attachment_id", "attachments")];
const TOOL: [Joined; 1] = [one("tool", "tool_id", "tools")];
const PART: [Joined; 2] = [
    many("fragments", "id", "part_id", "part_fragments", &FRAGMENT),
    many(
        "attachments",
        "id",
        "part_id",
        "part_attachments",
        &ATTACHMENT,
    ),
];
const MESSAGE: [Joined; 1] = [many("parts", "hash", "message_hash", "parts", &PART)];

/// The tables of calls, old and new, with what belongs to a call.
pub(crate) static TABLES: [TableRead; 2] = [
    TableRead {
        table: "responses",
        joined: &[
            one("conversation", "conversation_id", "conversations"),
            one("schema", "schema_id", "schemas"),
            many(
                "fragments",
                "id",
                "response_id",
                "prompt_fragments",
                &FRAGMENT,
            ),
            many(
                "system_fragments",
                "id",
                "response_id",
                "system_fragments",
                &FRAGMENT,
            ),
            many(
                "attachments",
                "id",
                "response_id",
                "prompt_attachments",
                &ATTACHMENT,
            ),
            many("tools", "id", "response_id", "tool_responses", &TOOL),
            many("tool_calls", "id", "response_id", "tool_calls", &[]),
            many("tool_results", "id", "response_id", "tool_results", &[]),
        ],
    },
    TableRead {
        table: "turns",
        joined: &[
            one("thread", "thread_id", "threads"),
            one("schema", "schema_id", "schemas"),
            many("tools", "id", "turn_id", "turn_tools", &TOOL),
            Joined {
                name: "messages",
                own: "tip_message_hash",
                theirs: "hash",
                how: HowJoined::Up {
                    parent: "parent_hash",
                },
                read: TableRead {
                    table: "messages",
                    joined: &MESSAGE,
                },
            },
        ],
    },
];

const fn one(name: &'static str, own: &'static str, table: &'static str) -> Joined {
    let read = TableRead { table, joined: &[] };
    Joined {
        name,
        own,
        theirs: "id",
        how: HowJoined::One,
        read,
    }
}

const fn many(
    name: &'static str,
    own: &'static str,
    theirs: &'static str,
    table: &'static str,
    joined: &'static [Joined],
) -> Joined {
    let read = TableRead { table, joined };
    Joined {
        name,
        own,
        theirs,
        how: HowJoined::Many,
        read,
    }
}

/// Recognised by its rows; the file itself is not text.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    let own = [
        "tip_message_hash",
        "resolved_model",
        "prompt_json",
        "options_json",
    ];
    head.any_object(|keys| keys.contains("table") && keys.contains("row"))
        && own.iter().any(|column| mentions(head.bytes(), column))
        && mentions(head.bytes(), "datetime_utc")
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    sqlite_rows::read(source, source_name, delivery, span)
}

fn span(table: &str, row: Map<String, Value>) -> Result<(Span, Unread), String> {
    let fields = Attributes::of_object(row);
    let mut span = call(&fields)?;
    match table {
        "responses" => response::fill(&fields, &mut span),
        "turns" => turn::fill(&fields, &mut span),
        other => return Err(format!("`{other}` is no table of calls")),
    }
    let mut unread = Unread::new();
    note(&mut unread, "", &fields);
    Ok((span, unread))
}

/// What both stores say of a call in the same words.
fn call(fields: &Attributes) -> Result<Span, String> {
    let id = fields.text(&["id"]).ok_or("the call has no `id`")?;
    let start = fields
        .text(&["datetime_utc"])
        .and_then(|text| iso(text.trim()))
        .ok_or("`datetime_utc` is missing or no time")?;
    let session = fields.text(&["conversation_id", "thread_id"]);
    let trace = session.clone().unwrap_or_else(|| id.clone());
    let mut span = Span::new(trace, id, SpanKind::Llm, start);
    span.session_id = session;
    let took = fields.count(&["duration_ms"]);
    span.end_ns = took
        .and_then(|ms| i64::try_from(ms).ok()?.checked_mul(1_000_000))
        .and_then(|nanos| start.0.checked_add(nanos))
        .map(UnixNanos);
    if span.end_ns.is_some() {
        span.status = SpanStatus::Ok;
    }
    let model = fields.text(&["model"]);
    // `provider/model` is how plugins name theirs.
    span.provider = model
        .as_deref()
        .and_then(|model| model.split_once('/'))
        .map(|(provider, _)| provider.to_owned());
    span.model_requested = model;
    span.model_returned = fields.text(&["resolved_model"]);
    if let Some(Value::Object(options)) = fields.json(&["options_json"]) {
        span.parameters = options;
    }
    span.usage = usage(fields);
    if let Some(Value::Object(answer)) = fields.json(&["response_json"]) {
        let answer = Attributes::of_object(answer);
        span.request_id = answer.text(&["id", "response_id"]);
        let model = answer.text(&["model"]);
        span.model_returned = span.model_returned.take().or(model);
        span.finish_reason = answer.text(&["finish_reason", "stop_reason"]);
    }
    for (joined, tag) in [("conversation", "conversation"), ("thread", "conversation")] {
        if let Some(name) = fields.nested(joined).text(&["name"]) {
            span.tags.insert(tag.to_owned(), name);
        }
    }
    // A schema's id stands in the row, its content with it.
    if let Some(schema) = fields.nested("schema").json(&["content"]) {
        span.parameters.insert("schema".to_owned(), schema);
    }
    fields.understood(&["schema_id"]);
    span.tools = list(fields, "tools").iter().map(offered).collect();
    Ok(span)
}

fn offered(row: &Attributes) -> OfferedTool {
    let tool = row.nested("tool");
    let schema = tool.json(&["input_schema"]).unwrap_or_default();
    let name = tool.text(&["name"]).unwrap_or_default();
    match schema {
        Value::Object(_) => OfferedTool {
            name,
            version: None,
            description: tool.text(&["description"]),
            schema,
        },
        _ => indexed::tool(&Value::from(name)),
    }
}

/// Counts as the provider wrote them; `token_details` is the provider's own object.
fn usage(fields: &Attributes) -> Usage {
    let details = fields.nested("token_details");
    let (input, output) = (
        fields.count(&["input_tokens"]),
        fields.count(&["output_tokens"]),
    );
    // Anthropic's names come with Anthropic's convention: the input leaves the cache out.
    if details.has("cache_creation_input_tokens") || details.has("cache_read_input_tokens") {
        let by_age = details.nested("cache_creation");
        let counts = AnthropicCounts {
            fresh: input,
            read: details.count(&["cache_read_input_tokens"]),
            written: details.count(&["cache_creation_input_tokens"]),
            written_5m: by_age.count(&["ephemeral_5m_input_tokens"]),
            written_1h: by_age.count(&["ephemeral_1h_input_tokens"]),
            output,
            thinking: details.count(&["reasoning_tokens"]),
        };
        return counts.into();
    }
    let part = |groups: [&str; 2], name: &str| {
        let mut groups = groups.iter();
        groups.find_map(|group| details.nested(group).count(&[name]))
    };
    let sent = ["prompt_tokens_details", "input_tokens_details"];
    let made = ["completion_tokens_details", "output_tokens_details"];
    // Its plugin for Gemini has put the thoughts into the output already, so that a total has nothing to say.
    let counts = OpenAiCounts {
        input,
        cached: part(sent, "cached_tokens").or(details.count(&["cachedContentTokenCount"])),
        audio_in: part(sent, "audio_tokens"),
        output,
        reasoning: part(made, "reasoning_tokens")
            .or(details.count(&["reasoning_tokens", "thoughtsTokenCount"])),
        audio_out: part(made, "audio_tokens"),
        ..OpenAiCounts::default()
    };
    counts.into()
}

/// The texts of fragments in their order.
fn fragments(rows: &[Attributes]) -> Vec<String> {
    let mut ordered: Vec<(u64, String)> = rows
        .iter()
        .filter_map(|row| {
            let text = row.nested("fragment").text(&["content"])?;
            Some((row.count(&["order"]).unwrap_or(0), text))
        })
        .collect();
    ordered.sort_by_key(|(order, _)| *order);
    ordered.into_iter().map(|(_, text)| text).collect()
}

/// An attachment as a part of a message: its type and where it is from, not its bytes.
fn attachment(row: &Attributes) -> Value {
    let attachment = row.nested("attachment");
    let mut part = Map::new();
    part.insert("type".to_owned(), "attachment".into());
    for name in ["type", "path", "url"] {
        if let Some(text) = attachment.text(&[name]) {
            let name = if name == "type" { "mime_type" } else { name };
            part.insert(name.to_owned(), text.into());
        }
    }
    part.into()
}
