//! Response items: messages, tool calls and what tools answered.

use super::Line;
use crate::attributes::Attributes;
use crate::messages::{arguments, from_json};
use plumbline_model::{Content, Message, Role, SpanStatus, ToolCall, UnixNanos};
use serde_json::{Value, json};

/// A tool call that has no output yet.
pub(super) struct Open {
    pub(super) at: UnixNanos,
    pub(super) raw: Vec<u8>,
    /// The turn that it belongs to.
    pub(super) turn: Option<String>,
    pub(super) call: ToolCall,
}

/// The message of an item; parts that are all text become one text.
pub(super) fn message(payload: &Attributes) -> Option<Message> {
    let role = payload.text(&["role"])?;
    let content = payload.take("content").cloned().unwrap_or_default();
    let mut messages = from_json(json!({"role": role, "content": content}), Role::User).ok()?;
    let mut message = messages.pop()?;
    if let Content::Parts(parts) = &message.content
        && let Some(text) = all_text(parts)
    {
        message.content = Content::Text(text);
    }
    Some(message)
}

fn all_text(parts: &[Value]) -> Option<String> {
    let texts: Option<Vec<&str>> = parts
        .iter()
        .map(|part| match part.get("type")?.as_str()? {
            "input_text" | "output_text" | "text" => part.get("text")?.as_str(),
            _ => None,
        })
        .collect();
    Some(texts?.join("\n"))
}

/// The call of an item, whatever kind of tool it asks for.
pub(super) fn call(line: &Line<'_>, part: &str) -> ToolCall {
    let payload = &line.payload;
    payload.understood(&["status"]);
    let name = payload.text(&["name"]);
    let name = name.unwrap_or_else(|| part.trim_end_matches("_call").to_owned());
    let given = ["arguments", "input", "action"]
        .iter()
        .find_map(|name| payload.take(name));
    let given = given.cloned().unwrap_or_default();
    ToolCall {
        id: payload.text(&["call_id"]).unwrap_or_default(),
        name,
        arguments: arguments(given),
    }
}

/// What a tool answered, and how it ended where the answer is structured enough to say so.
pub(super) fn answer(payload: &Attributes) -> (Value, SpanStatus) {
    let given = ["output", "tools"]
        .iter()
        .find_map(|name| payload.take(name));
    let answer = arguments(given.cloned().unwrap_or_default());
    let code = answer
        .pointer("/metadata/exit_code")
        .and_then(Value::as_i64);
    let success = answer.get("success").and_then(Value::as_bool);
    let status = match success.or(code.map(|code| code == 0)) {
        Some(true) => SpanStatus::Ok,
        Some(false) => SpanStatus::Error,
        None => SpanStatus::Unset,
    };
    (answer, status)
}

/// The answer as the model is given it.
pub(super) fn told(id: &str, answer: &Value) -> Message {
    let text = match answer {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut message = Message::text(Role::Tool, text);
    message.tool_call_id = Some(id.to_owned());
    message
}
