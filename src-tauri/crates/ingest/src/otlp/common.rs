//! What is not particular to a dialect: status and errors, people and sessions, prompts, tags, environment.

use super::span::Record;
use super::wire::WireStatus;
use crate::attributes::as_text;
use crate::identity::user_id_hash;
use plumbline_model::{Counted, Span, SpanStatus, Usage};
use serde_json::Value;

/// Scope name of our own exports, whose figures are canonical already.
pub(crate) const OWN_SCOPE: &str = "plumbline";

/// Attributes that become tags under their own name.
const TAGS: [&str; 10] = [
    "plumbline.assembled.from",
    "gen_ai.agent.name",
    "gen_ai.agent.id",
    "gen_ai.workflow.name",
    "gen_ai.data_source.id",
    "agent.name",
    "server.address",
    "traceloop.workflow.name",
    "traceloop.entity.path",
    "langsmith.trace.session_name",
];

/// Status, error and HTTP status. An `exception` event speaks where the status does not.
pub(crate) fn status(status: &WireStatus, record: &Record<'_>, span: &mut Span) {
    span.status = match &status.code {
        Value::Number(code) if code.as_u64() == Some(1) => SpanStatus::Ok,
        Value::Number(code) if code.as_u64() == Some(2) => SpanStatus::Error,
        Value::String(code) => match code.to_ascii_uppercase().as_str() {
            "STATUS_CODE_OK" | "OK" | "1" => SpanStatus::Ok,
            "STATUS_CODE_ERROR" | "ERROR" | "2" => SpanStatus::Error,
            _ => SpanStatus::Unset,
        },
        _ => SpanStatus::Unset,
    };
    span.error_type = record.attributes.text(&["error.type"]);
    span.error_message = status.message.clone().filter(|message| !message.is_empty());
    for name in ["exception", "gen_ai.client.operation.exception"] {
        for event in record.events(name) {
            let kind = event.attributes.text(&["exception.type"]);
            let message = event.attributes.text(&["exception.message"]);
            // The stack stays in the raw record.
            event
                .attributes
                .understood(&["exception.stacktrace", "exception.escaped"]);
            fill_in(&mut span.error_type, kind);
            fill_in(&mut span.error_message, message);
        }
    }
    fill_in(
        &mut span.error_message,
        record
            .attributes
            .text(&["error.message", "exception.message"]),
    );
    if span.status == SpanStatus::Unset && span.error_type.is_some() {
        span.status = SpanStatus::Error;
    }
    if span.status == SpanStatus::Error && span.error_type.as_deref().is_some_and(is_cancellation) {
        span.status = SpanStatus::Cancelled;
    }
    span.http_status = record
        .attributes
        .count(&["http.response.status_code", "http.status_code"])
        .and_then(|code| u16::try_from(code).ok());
}

/// The names that languages give to "somebody stopped it".
fn is_cancellation(error_type: &str) -> bool {
    let last = error_type.rsplit(['.', ':']).next().unwrap_or(error_type);
    [
        "CancelledError",
        "CanceledError",
        "AbortError",
        "OperationCanceledException",
        "cancelled",
        "canceled",
        "CANCELLED",
    ]
    .contains(&last)
}

/// Everything else that spans of any dialect may carry.
pub(crate) fn fill(record: &Record<'_>, span: &mut Span) {
    let attributes = &record.attributes;
    fill_in(
        &mut span.prompt_name,
        attributes.text(&[
            "plumbline.prompt.name",
            "gen_ai.prompt.name",
            "traceloop.prompt.key",
            "langfuse.observation.prompt.name",
            "prompt.id",
        ]),
    );
    fill_in(
        &mut span.prompt_version,
        attributes.text(&[
            "plumbline.prompt.version",
            "gen_ai.prompt.version",
            "traceloop.prompt.version",
            "langfuse.observation.prompt.version",
            "llm.prompt_template.version",
        ]),
    );
    fill_in(
        &mut span.prompt_hash,
        attributes.text(&["plumbline.prompt.hash", "traceloop.prompt.version_hash"]),
    );
    fill_in(
        &mut span.request_hash,
        attributes.text(&["plumbline.request.hash"]),
    );
    let variables = attributes.json(&[
        "plumbline.prompt.variables",
        "llm.prompt_template.variables",
        "traceloop.prompt.template_variables",
    ]);
    if let (true, Some(Value::Object(variables))) = (span.prompt_variables.is_empty(), variables) {
        span.prompt_variables = variables;
    }
    fill_in(
        &mut span.session_id,
        attributes.text(&["session.id", "gen_ai.conversation.id"]),
    );
    let user = attributes.text(&["user.id", "enduser.id", "gen_ai.user", "llm.user"]);
    fill_in(&mut span.user_id_hash, user.as_deref().map(user_id_hash));
    let cost = attributes.text(&["gen_ai.usage.cost", "llm.cost.total", "operation.cost"]);
    fill_in(&mut span.cost_usd, cost.and_then(|text| text.parse().ok()));
    let resends = attributes.count(&["http.request.resend_count"]);
    fill_in(
        &mut span.attempt,
        resends.and_then(|resends| u32::try_from(resends.saturating_add(1)).ok()),
    );
    const ENVIRONMENT: [&str; 2] = ["deployment.environment.name", "deployment.environment"];
    let environment = attributes
        .text(&ENVIRONMENT)
        .or(record.resource.text(&ENVIRONMENT));
    fill_in(&mut span.environment, environment);
    for name in ["service.name", "openinference.project.name"] {
        if let Some(value) = record.resource.text(&[name]) {
            span.tags.insert(name.to_owned(), value);
        }
    }
    for name in TAGS {
        if let Some(value) = attributes.text(&[name]) {
            span.tags.insert(name.to_owned(), value);
        }
    }
    let listed = attributes.texts(&["tag.tags"]);
    if !listed.is_empty() {
        span.tags.insert("tag.tags".to_owned(), listed.join(","));
    }
    inclusive_input(record, span);
    total(record, span);
}

/// A total that is more than input and output: a part that explains the rest stands beside them, what nothing
/// explains is kept.
fn total(record: &Record<'_>, span: &mut Span) {
    let usage = span.usage;
    let total = record.attributes.count(&TOTALS);
    if usage.beyond(total).is_some() {
        let counted = Counted {
            input: usage.tokens_in,
            output: usage.tokens_out,
            total,
            read: usage.tokens_in_cached,
            written: usage.tokens_in_cache_write,
            reasoning: usage.tokens_reasoning,
        };
        span.usage = Usage {
            tokens_in_cache_write_1h: usage.tokens_in_cache_write_1h,
            tokens_in_audio: usage.tokens_in_audio,
            tokens_in_audio_cached: usage.tokens_in_audio_cached,
            tokens_out_audio: usage.tokens_out_audio,
            ..counted.usage(false)
        };
    }
}

/// A dialect's own total, where it writes one.
const TOTALS: [&str; 4] = [
    "gen_ai.usage.total_tokens",
    "llm.usage.total_tokens",
    "ai.usage.totalTokens",
    "llm.token_count.total",
];

/// Anthropic counts cached input beside `input_tokens`; OpenTelemetry wants it inside. A part that is larger
/// than its whole proves that the producer passed Anthropic's figures on, and only then are they added.
fn inclusive_input(record: &Record<'_>, span: &mut Span) {
    let anthropic = span
        .provider
        .as_deref()
        .is_some_and(|provider| provider.contains("anthropic") || provider.contains("bedrock"));
    if !anthropic || record.scope.name == OWN_SCOPE {
        return;
    }
    let usage = &mut span.usage;
    let cached = usage.tokens_in_cached.unwrap_or(0);
    let parts = cached.saturating_add(usage.tokens_in_cache_write.unwrap_or(0));
    if let Some(total) = usage.tokens_in
        && parts > total
    {
        usage.tokens_in = Some(total.saturating_add(parts));
    }
}

/// Sets what is still unknown.
pub(crate) fn fill_in<T>(slot: &mut Option<T>, value: Option<T>) {
    if slot.is_none() {
        *slot = value;
    }
}

/// Sets a list that is still empty.
pub(crate) fn fill_list<T>(slot: &mut Vec<T>, list: Vec<T>) {
    if slot.is_empty() {
        *slot = list;
    }
}

/// The members of an object whose values are short: what a person would call settings or tags.
pub(crate) fn scalars(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| match value {
            Value::Array(list) => list.len() <= 16 && list.iter().all(|v| as_text(v).is_some()),
            Value::String(text) => text.len() <= 200,
            Value::Number(_) | Value::Bool(_) => true,
            Value::Null | Value::Object(_) => false,
        })
}
