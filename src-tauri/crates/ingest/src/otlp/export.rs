//! Canonical spans out as OTLP/JSON with the GenAI names of semantic conventions 1.37 and later.
//!
//! Each exported span is read back before it is handed out. Every canonical field that did not come back as
//! it was is added as an attribute `plumbline.<field>`, which the reader takes over the others: a structure
//! as JSON text, a scalar as it is. So reading an export again gives the same spans, by construction.
//!
//! Always carried that way, for want of a standard name: `time_to_first_token_ms` that is no whole part of a
//! second, `status` other than ok, error and unset, `prompt_version`, `prompt_hash`, `request_hash` and the variables (as
//! `plumbline.prompt.version`, `.hash`, `.variables`, `plumbline.request.hash`), `cost_usd`, `attempt`,
//! `retry_of`, `start_ns` where it is not after 1970, `idempotency_key`, `cache_hit`, `cache_key`, `tool_version`,
//! `user_id_hash`, `tenant`, `locale`, `tags`, `tokens_unattributed`, the counts of audio and of the hour's cache, `embedding_model`, kinds rerank and guardrail,
//! documents' sources, ids that are not hex.

use super::anyvalue::to_any;
use super::common::OWN_SCOPE;
use super::span::{OWN_START, PREFIX, Scope, read};
use crate::attributes::Attributes;
use crate::canonical::{STRUCTURED, to_fields};
use crate::identity::derived_id;
use plumbline_model::{Content, Message, Role, Span, SpanKind, SpanStatus};
use serde_json::{Map, Value, json};

/// One OTLP/JSON export object with these spans, in their order.
///
/// Neighbours of one service and environment share a resource. A `parent_id` that is empty text comes back
/// as none; every other field comes back as it is.
#[must_use]
pub fn to_otlp(spans: &[Span]) -> Value {
    let origin = |span: &Span| {
        (
            span.environment.clone(),
            span.tags.get("service.name").cloned(),
        )
    };
    let resource_spans: Vec<Value> = spans
        .chunk_by(|left, right| origin(left) == origin(right))
        .map(|group| {
            let (environment, service) = group.first().map(origin).unwrap_or_default();
            let mut attributes = Map::new();
            attributes.extend(service.map(|name| ("service.name".to_owned(), name.into())));
            attributes.extend(
                environment.map(|name| ("deployment.environment.name".to_owned(), name.into())),
            );
            let resource = key_values(&attributes);
            let exported: Vec<Value> = group.iter().map(|span| export(span, &resource)).collect();
            json!({
                "resource": { "attributes": resource },
                "scopeSpans": [{ "scope": { "name": OWN_SCOPE }, "spans": exported }],
            })
        })
        .collect();
    json!({ "resourceSpans": resource_spans })
}

fn export(span: &Span, resource: &Value) -> Value {
    let mut attributes = standard_attributes(span);
    if span.start_ns.0 <= 0 {
        attributes.insert(OWN_START.to_owned(), span.start_ns.0.into());
    }
    let mut wire = wire(span, &attributes);
    let wanted = to_fields(span);
    let got = read_back(&wire, resource);
    for name in wanted.keys().chain(got.keys()) {
        let value = wanted.get(name).unwrap_or(&Value::Null);
        if got.get(name).unwrap_or(&Value::Null) != value {
            let value = match value {
                Value::Null => Value::Null,
                value if STRUCTURED.contains(&name.as_str()) => value.to_string().into(),
                value => value.clone(),
            };
            attributes.insert(format!("{PREFIX}{name}"), value);
        }
    }
    wire["attributes"] = key_values(&attributes);
    wire
}

/// The fields as our own reader understands the exported span so far.
fn read_back(wire: &Value, resource: &Value) -> Map<String, Value> {
    let resource = serde_json::from_value(resource.clone()).unwrap_or_default();
    let scope = Scope {
        name: OWN_SCOPE.to_owned(),
        ..Scope::default()
    };
    match read(
        wire.to_string().as_bytes(),
        &Attributes::of(resource),
        &scope,
    ) {
        Ok(mapped) => to_fields(&mapped.span),
        // Then every field differs, and every field is carried.
        Err(_) => Map::new(),
    }
}

fn wire(span: &Span, attributes: &Map<String, Value>) -> Value {
    let code = match span.status {
        SpanStatus::Unset | SpanStatus::Truncated => 0,
        SpanStatus::Ok => 1,
        SpanStatus::Error | SpanStatus::Cancelled => 2,
    };
    let mut status = json!({ "code": code });
    if code == 2
        && let Some(message) = &span.error_message
    {
        status["message"] = message.as_str().into();
    }
    let mut wire = json!({
        "traceId": hex_id(&span.trace_id, 16),
        "spanId": hex_id(&span.span_id, 8),
        "name": span.name.as_deref().unwrap_or_default(),
        "kind": if span.kind == SpanKind::Llm { 3 } else { 1 },
        "startTimeUnixNano": span.start_ns.0.max(0).to_string(),
        "attributes": key_values(attributes),
        "status": status,
    });
    if let Some(parent) = &span.parent_id {
        wire["parentSpanId"] = hex_id(parent, 8).into();
    }
    if let Some(end) = span.end_ns {
        wire["endTimeUnixNano"] = end.0.max(0).to_string().into();
    }
    wire
}

/// OTLP knows only hex ids of one length; others are derived, and carried beside as they are.
fn hex_id(id: &str, bytes: usize) -> String {
    let fits = id.len() == bytes * 2 && id.bytes().all(|b| b.is_ascii_hexdigit());
    if fits && id.bytes().any(|b| b != b'0') {
        id.to_owned()
    } else {
        derived_id("otlp id", &[id.as_bytes()], bytes)
    }
}

fn standard_attributes(span: &Span) -> Map<String, Value> {
    let operation = match span.kind {
        SpanKind::Llm => Some("chat"),
        SpanKind::Tool => Some("execute_tool"),
        SpanKind::Retrieval => Some("retrieval"),
        SpanKind::Embedding => Some("embeddings"),
        SpanKind::Agent => Some("invoke_agent"),
        SpanKind::Chain => Some("invoke_workflow"),
        SpanKind::Rerank | SpanKind::Guardrail => None,
    };
    let seconds = span.time_to_first_token_ms.map(|ms| ms / 1_000.0);
    let usage = &span.usage;
    let variables = Value::Object(span.prompt_variables.clone());
    let named: [(&str, Option<Value>); 27] = [
        ("gen_ai.operation.name", operation.map(Value::from)),
        ("gen_ai.provider.name", text(&span.provider)),
        ("gen_ai.request.model", text(&span.model_requested)),
        ("gen_ai.response.model", text(&span.model_returned)),
        ("gen_ai.response.id", text(&span.request_id)),
        (
            "gen_ai.response.system_fingerprint",
            text(&span.provider_fingerprint),
        ),
        (
            "gen_ai.response.time_to_first_chunk",
            seconds.map(Value::from),
        ),
        (
            "gen_ai.response.finish_reasons",
            span.finish_reason.as_ref().map(|reason| json!([reason])),
        ),
        (
            "gen_ai.usage.input_tokens",
            usage.tokens_in.map(Value::from),
        ),
        (
            "gen_ai.usage.cache_read.input_tokens",
            usage.tokens_in_cached.map(Value::from),
        ),
        (
            "gen_ai.usage.cache_creation.input_tokens",
            usage.tokens_in_cache_write.map(Value::from),
        ),
        (
            "gen_ai.usage.output_tokens",
            usage.tokens_out.map(Value::from),
        ),
        (
            "gen_ai.usage.reasoning.output_tokens",
            usage.tokens_reasoning.map(Value::from),
        ),
        ("gen_ai.prompt.name", text(&span.prompt_name)),
        ("plumbline.prompt.version", text(&span.prompt_version)),
        ("plumbline.prompt.hash", text(&span.prompt_hash)),
        ("plumbline.request.hash", text(&span.request_hash)),
        (
            "plumbline.prompt.variables",
            (!span.prompt_variables.is_empty()).then(|| json_text(&variables)),
        ),
        ("session.id", text(&span.session_id)),
        ("error.type", text(&span.error_type)),
        (
            "http.response.status_code",
            span.http_status.map(Value::from),
        ),
        (
            "gen_ai.embeddings.dimension.count",
            span.embedding_dimensions.map(Value::from),
        ),
        ("gen_ai.tool.name", text(&span.tool_name)),
        (
            "gen_ai.tool.call.arguments",
            span.tool_arguments.as_ref().map(json_text),
        ),
        (
            "gen_ai.tool.call.result",
            span.tool_result.as_ref().map(json_text),
        ),
        (
            "gen_ai.input.messages",
            message_list(&span.input_messages, None),
        ),
        (
            "gen_ai.output.messages",
            message_list(&span.output_messages, span.finish_reason.as_deref()),
        ),
    ];
    let mut attributes = Map::new();
    for (name, value) in named {
        attributes.extend(value.map(|value| (name.to_owned(), value)));
    }
    if !span.documents.is_empty() {
        let documents: Vec<Value> = span
            .documents
            .iter()
            .map(|document| json!(document))
            .collect();
        attributes.insert(
            "gen_ai.retrieval.documents".into(),
            json_text(&documents.into()),
        );
    }
    if !span.tools.is_empty() {
        let tools: Vec<Value> = span
            .tools
            .iter()
            .map(|tool| {
                let mut definition =
                    json!({"type": "function", "name": tool.name, "parameters": tool.schema});
                if let Some(description) = &tool.description {
                    definition["description"] = json!(description);
                }
                definition
            })
            .collect();
        attributes.insert("gen_ai.tool.definitions".into(), json_text(&tools.into()));
    }
    for (name, value) in &span.parameters {
        let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        // Structures and unusual names go with the field as a whole.
        if plain && name != "model" && !value.is_object() && !value.is_null() {
            attributes.insert(format!("gen_ai.request.{name}"), value.clone());
        }
    }
    attributes
}

fn text(value: &Option<String>) -> Option<Value> {
    value.as_deref().map(Value::from)
}

fn json_text(value: &Value) -> Value {
    value.to_string().into()
}

/// Messages in the shape of `gen_ai.input.messages`, as JSON text.
fn message_list(messages: &[Message], finish_reason: Option<&str>) -> Option<Value> {
    if messages.is_empty() {
        return None;
    }
    let list: Vec<Value> = messages
        .iter()
        .map(|message| {
            let mut value = json!({"role": message.role.as_str(), "parts": parts(message)});
            if let Some(name) = &message.name {
                value["name"] = name.as_str().into();
            }
            if let Some(reason) = finish_reason {
                value["finish_reason"] = reason.into();
            }
            value
        })
        .collect();
    Some(json_text(&list.into()))
}

fn parts(message: &Message) -> Vec<Value> {
    let mut parts = match (&message.content, &message.tool_call_id) {
        (Content::Text(text), Some(id)) if message.role == Role::Tool => {
            return vec![json!({"type": "tool_call_response", "id": id, "response": text})];
        }
        (Content::Text(text), _) if text.is_empty() => Vec::new(),
        (Content::Text(text), _) => vec![json!({"type": "text", "content": text})],
        (Content::Parts(parts), _) => parts.clone(),
    };
    for call in &message.tool_calls {
        parts.push(json!({
            "type": "tool_call",
            "id": call.id,
            "name": call.name,
            "arguments": call.arguments,
        }));
    }
    parts
}

fn key_values(attributes: &Map<String, Value>) -> Value {
    attributes
        .iter()
        .map(|(key, value)| json!({"key": key, "value": to_any(value)}))
        .collect()
}
