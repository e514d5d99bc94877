//! Bodies of Anthropic's Messages API as fields of a span.
//!
//! `input_tokens` leaves out what was read from the cache and what was written to it; `tokens_in` adds both.
//! `output_tokens` includes thinking. Bodies have no times. A user's message that answers tools becomes one
//! message of role tool for each answer, then one with the rest. What a compaction or an adviser used inside
//! one call stands in `usage.iterations` only and is not added.
//! Source: Anthropic's API reference (messages, errors).

use crate::attributes::{Attributes, Unread, as_text, note, note_counts};
use crate::identity::user_id_hash;
use crate::messages::role;
use crate::otlp::indexed;
use plumbline_model::{AnthropicCounts, Content, Message, Role, Span, SpanStatus, ToolCall, Usage};
use serde_json::{Map, Value};

/// Settings of a request, kept as they were sent.
const PARAMETERS: [&str; 18] = [
    "anthropic_version",
    "betas",
    "cache_control",
    "container",
    "context_management",
    "inference_geo",
    "max_tokens",
    "max_tokens_to_sample",
    "output_config",
    "output_format",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "temperature",
    "thinking",
    "tool_choice",
    "top_k",
];

/// True for a body that Anthropic's API answers with.
pub(crate) fn is_response(body: &Map<String, Value>) -> bool {
    match body.get("type").and_then(Value::as_str) {
        Some("message") => body.get("content").is_some_and(Value::is_array),
        Some("error") => body.contains_key("error"),
        Some("completion") => body.contains_key("completion"),
        _ => body.contains_key("stop_reason") && body.contains_key("content"),
    }
}

/// What was asked. Unread fields come back with `prefix` before their names.
pub(crate) fn request(prefix: &str, body: Map<String, Value>, span: &mut Span) -> Unread {
    let body = Attributes::of_object(body);
    span.model_requested = body.text(&["model"]);
    for name in PARAMETERS.into_iter().chain(["top_p"]) {
        if let Some(value) = body.take(name).filter(|value| !value.is_null()) {
            span.parameters.insert(name.to_owned(), value.clone());
        }
    }
    if let Some(Value::Array(tools)) = body.take("tools") {
        span.tools = tools.iter().map(indexed::tool).collect();
    }
    let metadata = body.nested("metadata");
    if let Some(user) = metadata.text(&["user_id"]) {
        span.user_id_hash = Some(user_id_hash(&user));
    }
    if let Some(system) = body.take("system").filter(|system| !system.is_null()) {
        let mut message = Message::text(Role::System, "");
        message.content = content(system.clone());
        span.input_messages.push(message);
    }
    let sent = body.take("messages").cloned().unwrap_or_default();
    span.input_messages.extend(messages(sent, Role::User));
    if let Some(prompt) = body.take("prompt").filter(|prompt| !prompt.is_null()) {
        // Text completions, before the Messages API.
        let mut message = Message::text(Role::User, "");
        message.content = content(prompt.clone());
        span.input_messages.push(message);
    }
    // Servers come with their tokens; the raw record keeps them.
    body.understood(&["mcp_servers"]);
    let mut unread = Unread::new();
    note(&mut unread, &format!("{prefix}metadata."), &metadata);
    note(&mut unread, prefix, &body);
    unread
}

/// What came back, or why nothing did. Start and ids are the caller's to set.
pub(crate) fn response(prefix: &str, body: Map<String, Value>, span: &mut Span) -> Unread {
    let body = Attributes::of_object(body);
    span.model_returned = body.text(&["model"]);
    span.provider = body.text(&["id"]).as_deref().and_then(provider);
    span.finish_reason = body.text(&["stop_reason"]);
    span.status = match span.finish_reason.as_deref() {
        // Logs of a stream may hold a message that nobody completed.
        None => SpanStatus::Unset,
        Some("max_tokens" | "model_context_window_exceeded") => SpanStatus::Truncated,
        Some(_) => SpanStatus::Ok,
    };
    if let Some(said) = body.take("content") {
        let mut message = Map::new();
        message.insert("content".to_owned(), said.clone());
        span.output_messages = messages(Value::Object(message), Role::Assistant);
    }
    if let Some(said) = body.take("completion").and_then(Value::as_str) {
        span.output_messages = vec![Message::text(Role::Assistant, said)];
        span.provider = Some("anthropic".to_owned());
        body.understood(&["stop", "log_id"]);
    }
    if let Some(error) = body.take("error") {
        failed(error, span);
    }
    let mut unread = Unread::new();
    let counts = body.nested("usage");
    span.usage = usage(prefix, &counts, &mut unread);
    for name in ["service_tier", "inference_geo", "speed"] {
        let said = counts.text(&[name]).filter(|said| said != "not_available");
        if let Some(said) = said {
            span.tags.insert(name.to_owned(), said);
        }
    }
    note_counts(&mut unread, &format!("{prefix}usage."), &counts);
    body.understood(&["id", "type", "role", "stop_sequence", "request_id"]);
    note(&mut unread, prefix, &body);
    unread
}

/// Token counts. Without `input_tokens` the total is unknown.
pub(crate) fn usage(prefix: &str, counts: &Attributes, unread: &mut Unread) -> Usage {
    let by_age = counts.nested("cache_creation");
    let made = counts.nested("output_tokens_details");
    let tools = counts.nested("server_tool_use");
    let counted = AnthropicCounts {
        fresh: counts.count(&["input_tokens"]),
        read: counts.count(&["cache_read_input_tokens"]),
        written: counts.count(&["cache_creation_input_tokens"]),
        written_5m: by_age.count(&["ephemeral_5m_input_tokens"]),
        written_1h: by_age.count(&["ephemeral_1h_input_tokens"]),
        output: counts.count(&["output_tokens"]),
        thinking: made.count(&["thinking_tokens", "reasoning_tokens"]),
    };
    note_counts(unread, &format!("{prefix}usage.cache_creation."), &by_age);
    note_counts(
        unread,
        &format!("{prefix}usage.output_tokens_details."),
        &made,
    );
    note_counts(unread, &format!("{prefix}usage.server_tool_use."), &tools);
    counted.into()
}

/// Who made a message: its id begins differently on the clouds that resell the API.
fn provider(id: &str) -> Option<String> {
    [
        ("msg_bdrk_", "aws.bedrock"),
        ("msg_vrtx_", "gcp.vertex_ai"),
        ("msg_", "anthropic"),
    ]
    .iter()
    .find(|(start, _)| id.starts_with(start))
    .map(|(_, name)| (*name).to_owned())
}

/// An error as `{type, message}`, as `{type: "error", error: {…}}` or as text; null is none.
pub(crate) fn failed(error: &Value, span: &mut Span) {
    let error = error.get("error").unwrap_or(error);
    let (kind, told) = match error {
        Value::Null => return,
        Value::Object(object) if object.is_empty() => return,
        Value::Object(object) => (
            object.get("type").and_then(as_text),
            object.get("message").and_then(as_text),
        ),
        other => (None, as_text(other)),
    };
    span.status = SpanStatus::Error;
    span.error_type = kind.or(span.error_type.take());
    span.error_message = told.or(span.error_message.take());
}

/// Messages from a list, a single message or text.
pub(crate) fn messages(value: Value, speaker: Role) -> Vec<Message> {
    let list = match value {
        Value::Null => return Vec::new(),
        Value::Array(list) => list,
        one => vec![one],
    };
    let mut messages = Vec::new();
    for item in list {
        match item {
            Value::Object(object) => add_message(&mut messages, object, speaker),
            other => {
                let text = as_text(&other).unwrap_or_else(|| other.to_string());
                messages.push(Message::text(speaker, text));
            }
        }
    }
    messages
}

fn add_message(messages: &mut Vec<Message>, mut object: Map<String, Value>, speaker: Role) {
    let word = object.get("role").and_then(Value::as_str);
    let (role, name) = word.map_or((speaker, None), role);
    let mut message = Message::text(role, "");
    message.name = name;
    let blocks = match object.remove("content").unwrap_or_default() {
        Value::Array(blocks) => blocks,
        other => {
            message.content = content(other);
            messages.push(message);
            return;
        }
    };
    let mut rest = Vec::new();
    let mut answers = 0;
    for block in blocks {
        match block.get("type").and_then(Value::as_str) {
            Some("tool_use") => message.tool_calls.push(tool_call(&block)),
            Some("tool_result") => {
                answers += 1;
                messages.push(tool_answer(&block));
            }
            _ => rest.push(block),
        }
    }
    if answers == 0 || !rest.is_empty() || !message.tool_calls.is_empty() {
        message.content = content(Value::Array(rest));
        messages.push(message);
    }
}

/// The call that a `tool_use` block makes.
pub(crate) fn tool_call(block: &Value) -> ToolCall {
    let text = |name: &str| block.get(name).and_then(as_text).unwrap_or_default();
    ToolCall {
        id: text("id"),
        name: text("name"),
        arguments: block.get("input").cloned().unwrap_or_default(),
    }
}

fn tool_answer(block: &Value) -> Message {
    let mut message = Message::text(Role::Tool, "");
    message.tool_call_id = block.get("tool_use_id").and_then(as_text);
    message.content = content(block.get("content").cloned().unwrap_or_default());
    message
}

/// Text as it is, a single block of plain text as its text, other blocks as they came.
pub(crate) fn content(value: Value) -> Content {
    match value {
        Value::Null => Content::default(),
        Value::String(text) => Content::Text(text),
        Value::Array(blocks) => match &blocks[..] {
            [] => Content::default(),
            [block] => match plain_text(block) {
                Some(text) => Content::Text(text.to_owned()),
                None => Content::Parts(blocks),
            },
            _ => Content::Parts(blocks),
        },
        other => Content::Parts(vec![other]),
    }
}

/// The text of a text block without citations; a mark for the cache says nothing.
fn plain_text(block: &Value) -> Option<&str> {
    let is_text = block.get("type").and_then(Value::as_str) == Some("text");
    let cited = block.get("citations").is_some_and(|notes| !notes.is_null());
    block
        .get("text")
        .and_then(Value::as_str)
        .filter(|_| is_text && !cited)
}
