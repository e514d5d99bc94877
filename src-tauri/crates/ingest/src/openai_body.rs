//! Bodies of OpenAI's APIs (chat completions, completions, responses, embeddings, moderations) as fields of a span.
//!
//! Many other providers speak the same language, so no provider is assumed. `prompt_tokens` and `input_tokens`
//! include what was read from the cache; output includes reasoning, except where the body's own total shows that
//! it stands beside it (xAI). `created` is in whole seconds. A response of the Responses API repeats its request,
//! which fills what the request did not say.
//! Source: OpenAI's API reference; OpenRouter, xAI, Mistral and DeepSeek for the counts they add.

use crate::attributes::{Attributes, Unread, as_text, note, note_counts};
use crate::content::said;
use crate::identity::user_id_hash;
use crate::instant::epoch_seconds;
use crate::messages::{arguments, from_json};
use crate::otlp::indexed;
use plumbline_model::{
    Content, Message, OpenAiCounts, Role, Span, SpanKind, SpanStatus, ToolCall, UnixNanos, Usage,
};
use serde_json::{Map, Value};

/// Settings of a request, kept as they were sent.
const PARAMETERS: [&str; 34] = [
    "audio",
    "background",
    "dimensions",
    "encoding_format",
    "frequency_penalty",
    "include",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens",
    "max_tool_calls",
    "modalities",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_retention",
    "reasoning",
    "reasoning_effort",
    "response_format",
    "seed",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "top_k",
    "top_logprobs",
    "top_p",
    "truncation",
    "verbosity",
];

/// Output that is not said in a message but belongs to it.
const MESSAGE_FIELDS: [&str; 5] = ["role", "content", "tool_calls", "name", "function_call"];

/// The step that a request to this path is.
pub(crate) fn kind_of_path(path: &str) -> SpanKind {
    if path.contains("/embeddings") {
        SpanKind::Embedding
    } else if path.contains("/moderations") {
        SpanKind::Guardrail
    } else if path.contains("/rerank") {
        SpanKind::Rerank
    } else {
        SpanKind::Llm
    }
}

/// When the response says that it was made, in whole seconds.
pub(crate) fn created(body: &Map<String, Value>) -> Option<UnixNanos> {
    ["created", "created_at"]
        .iter()
        .find_map(|name| body.get(*name).filter(|value| value.is_number()))
        .and_then(epoch_seconds)
}

/// What was asked. Unread fields come back with `prefix` before their names.
pub(crate) fn request(prefix: &str, body: Map<String, Value>, span: &mut Span) -> Unread {
    let body = Attributes::of_object(body);
    span.model_requested = body.text(&["model"]);
    if span.kind == SpanKind::Embedding {
        span.embedding_model = span.model_requested.clone();
    }
    settings(&body, span);
    let mut messages = instructions(&body);
    match body.take("messages") {
        Some(sent) => messages.extend(said(with_plain_calls(sent.clone()), Role::User)),
        None => {
            let sent = body.take("input").or_else(|| body.take("prompt"));
            messages.extend(items(sent.cloned().unwrap_or_default(), Role::User));
        }
    }
    span.input_messages = messages;
    let mut unread = people(prefix, &body, span);
    note(&mut unread, prefix, &body);
    unread
}

/// What came back, or why nothing did. Start and ids are the caller's to set.
pub(crate) fn response(prefix: &str, body: Map<String, Value>, span: &mut Span) -> Unread {
    let body = Attributes::of_object(body);
    span.model_returned = body.text(&["model"]);
    span.provider_fingerprint = body.text(&["system_fingerprint"]);
    if let Some(provider) = body.text(&["provider"]) {
        span.provider = Some(provider);
    }
    if let Some(tier) = body.text(&["service_tier"]) {
        span.tags.insert("service_tier".to_owned(), tier);
    }
    settings(&body, span);
    if span.input_messages.is_empty() {
        span.input_messages = instructions(&body);
    }
    let mut unread = people(prefix, &body, span);
    if let Some(Value::Array(choices)) = body.take("choices") {
        span.status = SpanStatus::Ok;
        answer(prefix, choices, span, &mut unread);
    } else if body.take("output").is_some_and(Value::is_array) {
        span.status = SpanStatus::Ok;
        let output = body.take("output").cloned().unwrap_or_default();
        span.output_messages = items(output, Role::Assistant);
        // It is put together from the output by the client.
        body.understood(&["output_text"]);
    } else if body.take("data").is_some_and(Value::is_array) {
        span.status = SpanStatus::Ok;
        vectors(&body, span);
    } else if body.text(&["id"]).is_some_and(|id| id.starts_with("modr-")) {
        span.kind = SpanKind::Guardrail;
        span.status = SpanStatus::Ok;
    }
    outcome(prefix, &body, span, &mut unread);
    if let Some(end) = body.take("completed_at").and_then(epoch_seconds) {
        span.end_ns = Some(end);
    }
    let counts = body.nested("usage");
    span.usage = usage(prefix, &counts, &mut unread);
    let cost = counts.take("cost").filter(|cost| cost.is_number());
    span.cost_usd = cost.and_then(|cost| cost.to_string().parse().ok());
    note(&mut unread, &format!("{prefix}usage."), &counts);
    body.understood(&["id", "object", "created", "created_at", "error"]);
    note(&mut unread, prefix, &body);
    unread
}

/// Token counts of either API.
pub(crate) fn usage(prefix: &str, counts: &Attributes, unread: &mut Unread) -> Usage {
    let details = |names: [&str; 2]| {
        let first = counts.nested(names[0]);
        match first.is_empty() {
            true => counts.nested(names[1]),
            false => first,
        }
    };
    let sent = details(["prompt_tokens_details", "input_tokens_details"]);
    let made = details(["completion_tokens_details", "output_tokens_details"]);
    let cached = sent.count(&["cached_tokens"]);
    let reasoning = made.count(&["reasoning_tokens"]);
    let counted = OpenAiCounts {
        input: counts.count(&["prompt_tokens", "input_tokens"]),
        cached: cached.or(counts.count(&["num_cached_tokens", "prompt_cache_hit_tokens"])),
        cache_write: sent.count(&["cache_write_tokens"]),
        audio_in: sent.count(&["audio_tokens"]),
        output: counts.count(&["completion_tokens", "output_tokens"]),
        reasoning: reasoning.or(counts.count(&["reasoning_tokens"])),
        audio_out: made.count(&["audio_tokens"]),
        total: counts.count(&["total_tokens"]),
    };
    note_counts(unread, &format!("{prefix}usage.input_details."), &sent);
    note_counts(unread, &format!("{prefix}usage.output_details."), &made);
    counted.into()
}

/// Parameters and tools; what is set already stays.
fn settings(body: &Attributes, span: &mut Span) {
    for name in PARAMETERS {
        if let Some(value) = body.take(name).filter(|value| !value.is_null()) {
            span.parameters.entry(name).or_insert_with(|| value.clone());
        }
    }
    if let Some(Value::Array(tools)) = body.take("tools")
        && span.tools.is_empty()
    {
        span.tools = tools.iter().map(indexed::tool).collect();
    }
}

/// Who asked and in which conversation. Users are hashed; a cache key may name one and stays in the raw record.
fn people(prefix: &str, body: &Attributes, span: &mut Span) -> Unread {
    let metadata = body.nested("metadata");
    let user = body
        .text(&["user", "safety_identifier"])
        .or(metadata.text(&["user_id"]));
    if let Some(user) = user {
        span.user_id_hash = Some(user_id_hash(&user));
    }
    let conversation = match body.take("conversation") {
        Some(Value::Object(object)) => object.get("id").and_then(as_text),
        other => other.and_then(as_text),
    };
    let session = conversation.or(metadata.text(&["session_id", "thread_id", "conversation_id"]));
    span.session_id = session.or(span.session_id.take());
    let environment = metadata.text(&["environment", "env"]);
    span.environment = environment.or(span.environment.take());
    body.understood(&["prompt_cache_key"]);
    let mut unread = Unread::new();
    note(&mut unread, &format!("{prefix}metadata."), &metadata);
    unread
}

fn instructions(body: &Attributes) -> Vec<Message> {
    match body.take("instructions") {
        Some(Value::Null) | None => Vec::new(),
        Some(text) => items(text.clone(), Role::System),
    }
}

/// The choices of a completion: the first one says why it ended.
fn answer(prefix: &str, choices: &[Value], span: &mut Span, unread: &mut Unread) {
    for choice in choices {
        let Value::Object(choice) = choice else {
            unread.push((format!("{prefix}choices"), choice.clone()));
            continue;
        };
        let choice = Attributes::of_object(choice.clone());
        let reason = choice.text(&["finish_reason"]);
        span.finish_reason = span.finish_reason.take().or(reason);
        if let Some(message @ Value::Object(_)) = choice.take("message") {
            let message = with_plain_calls(message.clone());
            span.output_messages
                .extend(message_of(prefix, message, unread));
        } else if let Some(text) = choice.text(&["text"]) {
            span.output_messages
                .push(Message::text(Role::Assistant, text));
        }
        choice.understood(&["index"]);
        note(unread, &format!("{prefix}choices."), &choice);
    }
}

fn message_of(prefix: &str, message: Value, unread: &mut Unread) -> Vec<Message> {
    let fields = match &message {
        Value::Object(object) => Attributes::of_object(object.clone()),
        _ => Attributes::default(),
    };
    let mut said = said(message, Role::Assistant);
    if let Some(first) = said.first_mut() {
        if let Some(refusal) = fields.text(&["refusal"])
            && first.content.is_empty()
        {
            first.content = Content::Text(refusal);
        }
        let call = fields.nested("function_call");
        if let Some(name) = call.text(&["name"]) {
            let arguments = arguments(call.take("arguments").cloned().unwrap_or_default());
            let id = String::new();
            first.tool_calls.push(ToolCall {
                id,
                name,
                arguments,
            });
        }
    }
    fields.understood(&MESSAGE_FIELDS);
    note(unread, &format!("{prefix}choices.message."), &fields);
    said
}

/// Calls of custom tools carry free text as `custom.input`; they become calls like all others.
fn with_plain_calls(mut value: Value) -> Value {
    let messages = match &mut value {
        Value::Array(messages) => messages.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    let calls = messages
        .iter_mut()
        .filter_map(|message| message.get_mut("tool_calls")?.as_array_mut())
        .flatten();
    for call in calls {
        let Some(Value::Object(mut custom)) = call.get_mut("custom").map(Value::take) else {
            continue;
        };
        *call = serde_json::json!({
            "id": call.get("id").cloned().unwrap_or_default(),
            "name": custom.remove("name").unwrap_or_default(),
            "arguments": custom.remove("input").unwrap_or_default(),
        });
    }
    value
}

/// Items of the Responses API, or plain text, or what was sent to be embedded.
fn items(value: Value, speaker: Role) -> Vec<Message> {
    let list = match value {
        // Tokens instead of text.
        Value::Array(list)
            if list
                .first()
                .is_some_and(|item| item.is_number() || item.is_array()) =>
        {
            return vec![Message::text(speaker, Value::Array(list).to_string())];
        }
        Value::Array(list) => list,
        other => return said(other, speaker),
    };
    let mut messages: Vec<Message> = Vec::new();
    for item in list {
        let Value::Object(item) = item else {
            let text = as_text(&item).unwrap_or_default();
            messages.push(Message::text(speaker, text));
            continue;
        };
        match item.get("type").and_then(Value::as_str) {
            Some("function_call" | "custom_tool_call") => add_call(&mut messages, item),
            Some("function_call_output" | "custom_tool_call_output") => {
                messages.push(tool_answer(item));
            }
            Some("message") | None => messages.extend(plain_message(item, speaker)),
            // Reasoning, searches and other steps of the provider stay as they came.
            Some(_) => {
                let mut message = Message::text(Role::Assistant, "");
                message.content = Content::Parts(vec![Value::Object(item)]);
                messages.push(message);
            }
        }
    }
    messages
}

/// A call belongs to what the assistant said just before.
fn add_call(messages: &mut Vec<Message>, mut item: Map<String, Value>) {
    let text = |value: Option<Value>| value.as_ref().and_then(as_text).unwrap_or_default();
    let given = item.remove("arguments").or_else(|| item.remove("input"));
    let call = ToolCall {
        id: text(item.remove("call_id").or_else(|| item.remove("id"))),
        name: text(item.remove("name")),
        arguments: arguments(given.unwrap_or_default()),
    };
    match messages.last_mut() {
        Some(last) if last.role == Role::Assistant => last.tool_calls.push(call),
        _ => {
            let mut message = Message::text(Role::Assistant, "");
            message.tool_calls.push(call);
            messages.push(message);
        }
    }
}

fn tool_answer(mut item: Map<String, Value>) -> Message {
    let mut message = Message::text(Role::Tool, "");
    message.tool_call_id = item.get("call_id").and_then(as_text);
    message.content = match item.remove("output").unwrap_or_default() {
        Value::String(text) => Content::Text(text),
        Value::Array(parts) => Content::Parts(parts),
        Value::Null => Content::default(),
        other => Content::Text(other.to_string()),
    };
    message
}

/// A message whose only part is plain text is that text.
fn plain_message(mut item: Map<String, Value>, speaker: Role) -> Vec<Message> {
    if let Some(Value::Array(parts)) = item.get("content")
        && let [part] = &parts[..]
        && let Some(Value::String(text)) = part.get("text").or_else(|| part.get("refusal"))
        && part
            .get("annotations")
            .is_none_or(|notes| notes.as_array().is_some_and(Vec::is_empty))
    {
        let text = text.clone();
        item.insert("content".to_owned(), text.into());
    }
    let item = Value::Object(item);
    from_json(item.clone(), speaker)
        .unwrap_or_else(|_| vec![Message::text(speaker, item.to_string())])
}

fn vectors(body: &Attributes, span: &mut Span) {
    let first = body.take("data").and_then(|data| data.get(0));
    let Some(vector) = first.and_then(|item| item.get("embedding")) else {
        return;
    };
    span.kind = SpanKind::Embedding;
    span.embedding_model = span.model_requested.clone().or(span.model_returned.clone());
    span.embedding_dimensions = vector
        .as_array()
        .and_then(|vector| u32::try_from(vector.len()).ok());
}

/// Errors, and what the Responses API says of its end. Output that was cut for length is truncated.
fn outcome(prefix: &str, body: &Attributes, span: &mut Span, unread: &mut Unread) {
    let details = body.nested("incomplete_details");
    let reason = details.text(&["reason"]);
    span.finish_reason = span.finish_reason.take().or(reason);
    note(unread, &format!("{prefix}incomplete_details."), &details);
    if span.finish_reason.as_deref() == Some("length") {
        span.status = SpanStatus::Truncated;
    }
    match body.text(&["status"]).as_deref() {
        Some("failed") => span.status = SpanStatus::Error,
        Some("cancelled") => span.status = SpanStatus::Cancelled,
        Some("incomplete") => span.status = SpanStatus::Truncated,
        Some("queued" | "in_progress") => span.status = SpanStatus::Unset,
        _ => {}
    }
    if let Some(error) = body.take("error") {
        failed(error, span);
    }
}

/// An error as an object or as text; null is none.
pub(crate) fn failed(error: &Value, span: &mut Span) {
    let member = |name: &str| error.get(name).and_then(as_text);
    let (kind, told) = match error {
        Value::Null => return,
        Value::Object(object) if object.is_empty() => return,
        Value::Object(_) => (member("type").or(member("code")), member("message")),
        other => (None, as_text(other)),
    };
    span.status = SpanStatus::Error;
    span.error_type = kind.or(span.error_type.take());
    span.error_message = told.or(span.error_message.take());
}
