//! Requests as Helicone's export tool and its request API write them: one object a call, as an array or a line each,
//! or rows of CSV.
//!
//! Times are ISO 8601 and without a zone UTC, `delay_ms` and `time_to_first_token` are in milliseconds, costs in
//! US dollars. Bodies are what went over the wire; without `--include-body` they hold a note in place of a body.
//! A session's path names a place in a tree but no request, so calls of a session stand side by side.
//! Source: docs.helicone.ai/tools/export and Helicone/helicone, `HeliconeRequest`; no real export was at hand.

mod usage;

use crate::IngestError;
use crate::attributes::{Attributes, as_text};
use crate::content::{opened, said};
use crate::delivery::Delivery;
use crate::head::Head;
use crate::identity::user_id_hash;
use crate::instant::{epoch_millis, iso};
use crate::otlp::indexed;
use crate::records;
use plumbline_model::{Message, Role, Span, SpanKind, SpanStatus, UnixNanos, Usage};
use serde_json::{Map, Value};
use std::io::BufRead;

/// Stands where no other request was answered from the cache.
const NO_REQUEST: &str = "00000000-0000-0000-0000-000000000000";
/// What the API writes in place of a body that it does not send.
const NOTE: &str = "helicone_message";

/// Recognised by the keys of a request.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    head.any_object(|keys| is_request(&|key| keys.contains(key)))
        || records::has_header(head, is_request)
}

fn is_request(has: &dyn Fn(&str) -> bool) -> bool {
    let also = [
        "delay_ms",
        "request_body",
        "response_status",
        "request_path",
    ];
    has("request_id") && has("request_created_at") && also.iter().any(|key| has(key))
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    records::each(
        source,
        source_name,
        delivery,
        is_request,
        &mut |delivery, found| {
            let understood = match found.value {
                Value::Object(object) => span(object),
                _ => Err("expected an object".to_owned()),
            };
            match understood {
                Ok((span, fields)) => {
                    for (name, value) in fields.unread() {
                        delivery.loss().note(name, value);
                    }
                    delivery.span(span, found.raw.to_vec())
                }
                Err(reason) => delivery.quarantine(found.at, reason, found.raw),
            }
        },
    )
}

fn span(object: Map<String, Value>) -> Result<(Span, Attributes), String> {
    let fields = Attributes::of_object(object);
    let id = fields.text(&["request_id"]);
    let id = id.ok_or("`request_id` is missing")?;
    let start = time(&fields, "request_created_at");
    let start = start.ok_or("`request_created_at` is missing or no time")?;
    let request = body(&fields, "request_body");
    let response = body(&fields, "response_body");
    let mut span = Span::new(id.clone(), id.clone(), kind(&fields, &request), start);
    span.request_id = Some(id);
    span.end_ns = end(&fields, start);
    // A column that is never empty writes zero where nothing was streamed.
    let first = fields.number(&["time_to_first_token"]);
    span.time_to_first_token_ms = first.filter(|first| *first > 0.0);
    status(&fields, &response, &mut span);
    models(&fields, &request, &response, &mut span);
    span.usage = usage::usage(&fields, &response);
    if span.status == SpanStatus::Error && is_nothing(span.usage) {
        // A failed call measured nothing; the zeros are the columns' own.
        span.usage = Usage::default();
    }
    span.cost_usd = fields
        .text(&["cost", "costUSD"])
        .filter(|_| !span.usage.is_unreported())
        .and_then(|text| text.parse().ok());
    cache(&fields, &mut span);
    people(&fields, &mut span);
    properties(&fields, &mut span);
    sent(request, &mut span);
    received(response, &mut span);
    fields.understood(&UNDERSTOOD);
    Ok((span, fields))
}

/// Sums and repetitions of what is read, and who looked at the request in the product.
const UNDERSTOOD: [&str; 7] = [
    "response_id",
    "total_tokens",
    "llmSchema",
    "signed_body_url",
    "helicone_user",
    "storage_location",
    "updated_at",
];

fn time(fields: &Attributes, name: &str) -> Option<UnixNanos> {
    fields.take(name)?.as_str().and_then(iso)
}

/// When the answer was there; a request that is still pending has no end.
fn end(fields: &Attributes, start: UnixNanos) -> Option<UnixNanos> {
    let delay = fields.take("delay_ms").and_then(epoch_millis);
    let told = time(fields, "response_created_at").filter(|end| *end >= start);
    told.or_else(|| start.0.checked_add(delay?.0).map(UnixNanos))
        .filter(|end| *end >= start)
}

fn body(fields: &Attributes, name: &str) -> Value {
    let body = opened(fields.take(name).cloned().unwrap_or_default());
    let is_empty = body.as_object().is_some_and(Map::is_empty) || body.as_str() == Some("");
    if is_empty || body.get(NOTE).is_some() {
        return Value::Null;
    }
    body
}

fn kind(fields: &Attributes, request: &Value) -> SpanKind {
    let path = fields.text(&["request_path"]);
    let path = path.or(fields.text(&["target_url"])).unwrap_or_default();
    match request.get("_type").and_then(Value::as_str) {
        Some("tool") => SpanKind::Tool,
        Some("vector_db") => SpanKind::Retrieval,
        // What an application logs by hand is no call of a model.
        Some(_) => SpanKind::Chain,
        None if path.contains("embeddings") => SpanKind::Embedding,
        None => SpanKind::Llm,
    }
}

fn status(fields: &Attributes, response: &Value, span: &mut Span) {
    let code = fields.take("response_status").and_then(Value::as_i64);
    span.status = match code {
        Some(100..=399) => SpanStatus::Ok,
        Some(400..) => SpanStatus::Error,
        Some(-3) => SpanStatus::Cancelled,
        // Zero and the other negative numbers are Helicone's own, for requests without an answer.
        _ => SpanStatus::Unset,
    };
    span.http_status = code
        .filter(|code| *code >= 100)
        .and_then(|code| u16::try_from(code).ok());
    if span.status != SpanStatus::Error {
        return;
    }
    let error = response.get("error");
    let part = |name: &str| error.and_then(|error| error.get(name)).and_then(as_text);
    span.error_type = part("type").or(part("code"));
    span.error_message = part("message").or(error.and_then(as_text));
}

fn models(fields: &Attributes, request: &Value, response: &Value, span: &mut Span) {
    let named = |body: &Value| body.get("model").and_then(as_text);
    let asked = fields.text(&["request_model"]).or(fields.text(&["model"]));
    span.model_requested = named(request).or(asked);
    span.model_returned = fields.text(&["response_model"]).or(named(response));
    span.provider = fields
        .text(&["provider"])
        .map(|name| name.to_ascii_lowercase());
    span.provider_fingerprint = response.get("system_fingerprint").and_then(as_text);
    if span.kind == SpanKind::Embedding {
        span.embedding_model = span.model_requested.clone();
    }
    for name in ["model_override", "request_path", "target_url"] {
        if let Some(text) = fields.text(&[name]) {
            span.tags.insert(name.to_owned(), text);
        }
    }
}

fn is_nothing(usage: Usage) -> bool {
    [usage.tokens_in, usage.tokens_out]
        .iter()
        .all(|count| count.unwrap_or(0) == 0)
}

/// The gateway's own cache: a hit names the request whose answer it gave again.
fn cache(fields: &Attributes, span: &mut Span) {
    let enabled = fields.flag(&["cache_enabled"]);
    let reference = fields.text(&["cache_reference_id"]);
    match reference.filter(|id| id != NO_REQUEST) {
        Some(id) => {
            span.cache_hit = Some(true);
            span.tags.insert("cache_reference_id".to_owned(), id);
        }
        None => span.cache_hit = enabled.filter(|enabled| *enabled).map(|_| false),
    }
}

fn people(fields: &Attributes, span: &mut Span) {
    let user = fields.text(&["request_user_id"]);
    span.user_id_hash = user.as_deref().map(user_id_hash);
    span.prompt_name = fields.text(&["prompt_id"]);
    span.prompt_version = fields.text(&["prompt_version"]);
    if let Some(country) = fields.text(&["country_code"]) {
        span.tags.insert("country_code".to_owned(), country);
    }
}

/// Headers that the application set: its session, and whatever else it wanted to find again.
fn properties(fields: &Attributes, span: &mut Span) {
    for part in ["properties", "request_properties"] {
        let Some(Value::Object(properties)) = fields.json(&[part]) else {
            continue;
        };
        for (name, value) in properties {
            let Some(text) = as_text(&value) else {
                continue;
            };
            match name.as_str() {
                "Helicone-Session-Id" => {
                    span.trace_id.clone_from(&text);
                    span.session_id = Some(text);
                }
                "Helicone-Session-Name" => span.name = Some(text),
                "Helicone-Session-Path" => {
                    span.tags.insert("session_path".to_owned(), text);
                }
                name if name.eq_ignore_ascii_case("environment") => span.environment = Some(text),
                _ => {
                    span.tags.insert(name, text);
                }
            }
        }
    }
}

fn sent(request: Value, span: &mut Span) {
    let Value::Object(mut request) = request else {
        return;
    };
    if request.contains_key("_type") {
        span.tool_name = request.get("toolName").and_then(as_text);
        span.tool_arguments = request.remove("input");
        return;
    }
    request.remove("model");
    let tools = request.remove("tools");
    if let Some(Value::Array(tools)) = &tools {
        span.tools = tools.iter().map(indexed::tool).collect();
    }
    for name in ["system", "instructions"] {
        if let Some(said @ Value::String(_)) = request.remove(name) {
            let text = as_text(&said).unwrap_or_default();
            span.input_messages.push(Message::text(Role::System, text));
        }
    }
    let asked = ["messages", "input", "prompt", "contents"]
        .iter()
        .find_map(|name| request.remove(*name));
    span.input_messages
        .extend(said(asked.unwrap_or_default(), Role::User));
    request.retain(|_, value| !value.is_null());
    span.parameters = request;
}

fn received(response: Value, span: &mut Span) {
    let choice = response.pointer("/choices/0");
    let reason = choice.and_then(|choice| choice.get("finish_reason"));
    let reason = reason.or(response.get("stop_reason"));
    span.finish_reason = reason.and_then(as_text);
    match span.kind {
        SpanKind::Llm if span.status != SpanStatus::Error => {
            span.output_messages = said(response, Role::Assistant);
        }
        SpanKind::Tool => span.tool_result = Some(response).filter(|answer| !answer.is_null()),
        _ => {}
    }
}
