//! Messages of a run: OpenAI's shape as wrapped clients record it, and LangChain's serialised classes.
//!
//! A LangChain message is `{"lc": 1, "type": "constructor", "id": [..., "HumanMessage"], "kwargs": {...}}`, in
//! lists of lists where a call was one of a batch.

use crate::attributes::{Attributes, as_text};
use crate::messages::from_json;
use plumbline_model::{Message, Role};
use serde_json::{Map, Value};

/// What was sent; text that is no list of messages is what the user said.
pub(super) fn asked(inputs: &Attributes) -> Vec<Message> {
    let sent = inputs.json(&["messages", "input", "prompt", "prompts"]);
    let mut messages: Vec<Message> = inputs
        .text(&["instructions", "system"])
        .map(|text| Message::text(Role::System, text))
        .into_iter()
        .collect();
    messages.extend(list(sent.unwrap_or_default(), Role::User));
    messages
}

/// What came back, and why it ended.
pub(super) fn answered(outputs: &Attributes) -> (Vec<Message>, Option<String>) {
    let candidates = match outputs.json(&["choices", "generations"]) {
        Some(Value::Array(list)) => list,
        _ => {
            let said = outputs.json(&["message", "messages", "output", "content"]);
            let reason = outputs.text(&["finish_reason", "stop_reason"]);
            return (list(said.unwrap_or_default(), Role::Assistant), reason);
        }
    };
    let mut messages = Vec::new();
    let mut reason = None;
    for candidate in one_level(candidates) {
        let Value::Object(mut candidate) = candidate else {
            continue;
        };
        let info = candidate.remove("generation_info").unwrap_or_default();
        let why = candidate.remove("finish_reason");
        let why = why.as_ref().or(info.get("finish_reason")).and_then(as_text);
        reason = reason.or(why);
        let text = candidate.remove("text");
        let said = candidate.remove("message").or(text).unwrap_or_default();
        messages.extend(list(said, Role::Assistant));
    }
    (messages, reason)
}

fn list(value: Value, speaker: Role) -> Vec<Message> {
    let items = match value {
        Value::Array(items) => one_level(items),
        Value::Null => return Vec::new(),
        other => vec![other],
    };
    items
        .into_iter()
        .map(plain)
        // What is no message stays in the raw record.
        .filter_map(|item| from_json(item, speaker).ok())
        .flatten()
        .collect()
}

/// `[[a, b]]` and `[a, b]` are the same two.
fn one_level(items: Vec<Value>) -> Vec<Value> {
    items
        .into_iter()
        .flat_map(|item| match item {
            Value::Array(inner) => inner,
            other => vec![other],
        })
        .collect()
}

/// A serialised class as the message it stands for; anything else as it is.
fn plain(value: Value) -> Value {
    let Value::Object(mut object) = value else {
        return value;
    };
    let class = object
        .get("id")
        .and_then(Value::as_array)
        .and_then(|path| path.last())
        .and_then(Value::as_str);
    let role = match class {
        Some(name) if name.starts_with("Human") => "user",
        Some(name) if name.starts_with("AI") => "assistant",
        Some(name) if name.starts_with("System") => "system",
        Some(name) if name.starts_with("Tool") || name.starts_with("Function") => "tool",
        _ => return openai(object),
    };
    let Some(Value::Object(mut inside)) = object.remove("kwargs") else {
        return openai(object);
    };
    inside.insert("role".to_owned(), role.into());
    if let Some(Value::Array(calls)) = inside.remove("tool_calls") {
        let calls: Vec<Value> = calls
            .into_iter()
            .map(|call| match call {
                // LangChain calls the arguments `args`.
                Value::Object(mut call) if call.contains_key("args") => {
                    let args = call.remove("args").unwrap_or_default();
                    call.insert("arguments".to_owned(), args);
                    call.into()
                }
                other => other,
            })
            .collect();
        inside.insert("tool_calls".to_owned(), calls.into());
    }
    inside.into()
}

/// `type` is how some clients name the role.
fn openai(mut object: Map<String, Value>) -> Value {
    if !object.contains_key("role")
        && let Some(kind @ Value::String(_)) = object.get("type").cloned()
        && object.contains_key("content")
    {
        object.insert("role".to_owned(), kind);
    }
    object.into()
}
