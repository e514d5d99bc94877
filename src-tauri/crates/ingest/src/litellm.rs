//! LiteLLM's two logs: `StandardLoggingPayload` (one object a call, as its callbacks write) and rows of its
//! `SpendLogs` table as JSON or CSV.
//!
//! Times are seconds since 1970 as a number, or ISO text in `SpendLogs`. `model_group` is the name that was asked
//! for, `model` what it was routed to. Calls that share a `trace_id` are the retries and fallbacks of one request.
//! A failed call reports zeros where nothing was measured; they are read as unknown.
//! Source: BerriAI/litellm, `types/utils.py` (StandardLoggingPayload) and `proxy/schema.prisma`.

use crate::IngestError;
use crate::attributes::{Attributes, as_text};
use crate::content::{opened, said};
use crate::delivery::Delivery;
use crate::head::Head;
use crate::identity::user_id_hash;
use crate::instant::{epoch_seconds, iso};
use crate::otlp::indexed;
use crate::records;
use plumbline_model::{OpenAiCounts, Role, Span, SpanKind, SpanStatus, UnixNanos, Usage};
use serde_json::{Map, Value};
use std::io::BufRead;

/// Recognised by the keys of a call.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    head.any_object(|keys| is_call(&|key| keys.contains(key))) || records::has_header(head, is_call)
}

fn is_call(has: &dyn Fn(&str) -> bool) -> bool {
    let all = |wanted: &[&str]| wanted.iter().all(|key| has(key));
    all(&["call_type", "custom_llm_provider", "startTime"])
        || all(&["call_type", "request_id", "spend", "startTime"])
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
        is_call,
        &mut |delivery, found| {
            let understood = match found.value {
                Value::Object(object) => span(object),
                _ => Err("expected an object".to_owned()),
            };
            match understood {
                Ok((span, unread)) => {
                    for (name, value) in &unread {
                        delivery.loss().note(name, value);
                    }
                    delivery.span(span, found.raw.to_vec())
                }
                Err(reason) => delivery.quarantine(found.at, reason, found.raw),
            }
        },
    )
}

type Unread = Vec<(String, Value)>;

fn span(object: Map<String, Value>) -> Result<(Span, Unread), String> {
    let fields = Attributes::of_object(object);
    let metadata = fields.nested("metadata");
    let hidden = fields.nested("hidden_params");
    let time = |name: &str| fields.take(name).and_then(instant);
    let start = time("startTime").ok_or("`startTime` is missing or no time")?;
    let id = fields
        .text(&["id", "request_id"])
        .ok_or("the call has neither `id` nor `request_id`")?;
    let trace = fields.text(&["trace_id"]).or(fields.text(&["session_id"]));
    let kind = kind(&fields.text(&["call_type"]).unwrap_or_default());
    let mut span = Span::new(trace.unwrap_or_else(|| id.clone()), id, kind, start);
    span.session_id = fields.text(&["session_id"]);
    span.end_ns = time("endTime");
    let streamed = fields.flag(&["stream"]) != Some(false);
    // Without a stream LiteLLM writes the end here as well.
    let first = time("completionStartTime").filter(|first| streamed && Some(*first) != span.end_ns);
    span.time_to_first_token_ms = first.map(|first| first.ms_since(start));
    status(&fields, &mut span);
    let response = opened(fields.take("response").cloned().unwrap_or_default());
    let answer = match &response {
        Value::Object(object) => Attributes::of_object(object.clone()),
        _ => Attributes::default(),
    };
    models(&fields, &hidden, &answer, &mut span);
    span.usage = usage(&fields, &metadata, &answer, span.status);
    span.cost_usd = fields
        .text(&["response_cost", "spend"])
        .filter(|_| span.usage != Usage::default())
        .and_then(|text| text.parse().ok());
    span.cache_hit = fields.flag(&["cache_hit"]);
    span.cache_key = fields.text(&["cache_key"]).filter(|key| key != "Cache OFF");
    parameters(&fields, &mut span);
    people(&fields, &metadata, &mut span);
    let sent = opened(fields.take("messages").cloned().unwrap_or_default());
    span.input_messages = said(sent, Role::User);
    if is_something(&response) {
        span.finish_reason = reason(&response);
        span.output_messages = said(response, Role::Assistant);
    }
    fields.understood(&UNDERSTOOD);
    let unread = |prefix: &str, part: &Attributes| -> Unread {
        part.unread()
            .filter(|(_, value)| is_something(value))
            .map(|(name, value)| (format!("{prefix}{name}"), value.clone()))
            .collect()
    };
    let mut all = unread("", &fields);
    all.extend(unread("metadata.", &metadata));
    Ok((span, all))
}

/// Sums and repetitions of what is read, and LiteLLM's own price table beside each call.
const UNDERSTOOD: [&str; 8] = [
    "response_time",
    "request_duration_ms",
    "model_map_information",
    "model_id",
    "saved_cache_cost",
    "standard_built_in_tools_params",
    "error_str",
    "api_key",
];

fn instant(value: &Value) -> Option<UnixNanos> {
    match value {
        Value::String(text) => iso(text).or_else(|| epoch_seconds(value)),
        other => epoch_seconds(other),
    }
}

fn kind(call_type: &str) -> SpanKind {
    let has = |word: &str| call_type.contains(word);
    if has("embedding") {
        SpanKind::Embedding
    } else if has("rerank") {
        SpanKind::Rerank
    } else if has("completion") || has("responses") || has("messages") || has("generate_content") {
        SpanKind::Llm
    } else {
        // Images, speech and the proxy's own calls.
        SpanKind::Chain
    }
}

fn status(fields: &Attributes, span: &mut Span) {
    let error = fields.nested("error_information");
    let told = error.text(&["error_message"]);
    match fields.text(&["status"]).as_deref() {
        Some("success") => span.status = SpanStatus::Ok,
        Some("failure") => {
            span.status = SpanStatus::Error;
            span.error_type = error.text(&["error_class"]);
            span.error_message = told.or(fields.text(&["error_str"]));
            let code = error.count(&["error_code"]);
            span.http_status = code.and_then(|code| u16::try_from(code).ok());
        }
        _ => {}
    }
}

fn models(fields: &Attributes, hidden: &Attributes, answer: &Attributes, span: &mut Span) {
    let routed = fields.text(&["model"]);
    span.model_returned = answer
        .text(&["model"])
        .or(hidden.text(&["litellm_model_name"]));
    let asked = fields.text(&["model_group"]);
    if let (Some(group), Some(model)) = (&asked, &routed)
        && group != model
    {
        // A call that failed says nowhere else which model it failed on.
        span.tags.insert("model_routed".to_owned(), model.clone());
    }
    span.model_requested = asked.or(routed);
    span.provider = fields.text(&["custom_llm_provider"]);
    span.request_id = answer.text(&["id"]).or(fields.text(&["litellm_call_id"]));
    span.provider_fingerprint = answer.text(&["system_fingerprint"]);
    if span.kind == SpanKind::Embedding {
        span.embedding_model = span.model_requested.clone();
    }
    if let Some(base) = fields.text(&["api_base"]).or(hidden.text(&["api_base"])) {
        span.tags.insert("api_base".to_owned(), base);
    }
}

fn usage(
    fields: &Attributes,
    metadata: &Attributes,
    answer: &Attributes,
    status: SpanStatus,
) -> Usage {
    let given = answer.nested("usage");
    let noted = metadata.nested("usage_object");
    let part = |name: &str, details: &str| {
        [&given, &noted]
            .iter()
            .find_map(|usage| usage.nested(details).count(&[name]))
    };
    let written = [&given, &noted]
        .iter()
        .find_map(|usage| usage.count(&["cache_creation_input_tokens"]));
    let counted = OpenAiCounts {
        input: fields.count(&["prompt_tokens"]),
        cached: part("cached_tokens", "prompt_tokens_details"),
        cache_write: written,
        audio_in: part("audio_tokens", "prompt_tokens_details"),
        output: fields.count(&["completion_tokens"]),
        reasoning: part("reasoning_tokens", "completion_tokens_details"),
        audio_out: part("audio_tokens", "completion_tokens_details"),
        total: fields.count(&["total_tokens"]),
    };
    let usage = Usage::from(counted);
    let nothing = [usage.tokens_in, usage.tokens_out]
        .iter()
        .all(|count| count.unwrap_or(0) == 0);
    if status == SpanStatus::Error && nothing {
        return Usage::default();
    }
    usage
}

fn parameters(fields: &Attributes, span: &mut Span) {
    let Some(Value::Object(mut sent)) = fields.json(&["model_parameters"]) else {
        return;
    };
    if let Some(Value::Array(tools)) = sent.remove("tools") {
        span.tools = tools.iter().map(indexed::tool).collect();
    }
    sent.retain(|_, value| !value.is_null());
    span.parameters = sent;
}

fn people(fields: &Attributes, metadata: &Attributes, span: &mut Span) {
    let user = fields
        .text(&["end_user", "user"])
        .or(metadata.text(&["user_api_key_end_user_id", "user_api_key_user_id"]));
    span.user_id_hash = user.as_deref().map(user_id_hash);
    span.tenant = fields
        .text(&["team_id"])
        .or(metadata.text(&["user_api_key_team_id"]));
    let prompt = metadata.nested("prompt_management_metadata");
    span.prompt_name = prompt.text(&["prompt_id"]);
    if let Some(Value::Object(variables)) = prompt.json(&["prompt_variables"]) {
        span.prompt_variables = variables;
    }
    let tags = fields.texts(&["request_tags"]);
    if !tags.is_empty() {
        span.tags.insert("request_tags".to_owned(), tags.join(","));
    }
    // Who a key belongs to names people; the raw record keeps it.
    metadata.understood(&[
        "user_api_key_user_email",
        "user_api_key_hash",
        "user_api_key_alias",
    ]);
}

fn reason(response: &Value) -> Option<String> {
    let choice = response.get("choices")?.as_array()?.first()?;
    choice.get("finish_reason").and_then(as_text)
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => object.values().any(is_filled),
        other => is_filled(other),
    }
}

fn is_filled(value: &Value) -> bool {
    !matches!(value, Value::Null) && value.as_str() != Some("")
}
