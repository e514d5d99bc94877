//! Inputs and outputs of observability products, which hold whatever an integration put there, often as JSON
//! text of JSON text.

use crate::messages::from_json;
use plumbline_model::{Document, Message, Role};
use serde_json::{Map, Value};

/// Text that is JSON text is opened, at most twice: exports wrap what was text already.
pub(crate) fn opened(mut value: Value) -> Value {
    for _ in 0..2 {
        match &value {
            Value::String(text) if text.starts_with(['{', '[', '"']) => {
                match serde_json::from_str(text) {
                    Ok(inner) => value = inner,
                    Err(_) => break,
                }
            }
            _ => break,
        }
    }
    value
}

/// What was said: a list of messages wherever it stands, else the content as one message of `speaker`.
pub(crate) fn said(value: Value, speaker: Role) -> Vec<Message> {
    let list = match value {
        Value::Null => return Vec::new(),
        Value::Object(mut object) => match held(&mut object) {
            Some(inner) => inner,
            None => object.into(),
        },
        other => other,
    };
    let is_messages = match &list {
        Value::Array(items) => !items.is_empty() && items.iter().all(is_message),
        Value::String(_) => true,
        one => is_message(one),
    };
    let text = |value: &Value| vec![Message::text(speaker, value.to_string())];
    if !is_messages {
        return text(&list);
    }
    from_json(list.clone(), speaker).unwrap_or_else(|_| text(&list))
}

fn is_message(value: &Value) -> bool {
    value.get("role").is_some()
        || value
            .get("content")
            .is_some_and(|_| value.get("type").is_none())
}

/// The messages that an object holds under one of the usual names.
fn held(object: &mut Map<String, Value>) -> Option<Value> {
    if object.contains_key("role") {
        return None;
    }
    if let Some(Value::Array(choices)) = object.get_mut("choices") {
        let said = choices
            .iter_mut()
            .filter_map(|choice| choice.get_mut("message"));
        return Some(said.map(Value::take).collect());
    }
    ["messages", "contents", "prompt", "message", "text"]
        .iter()
        .find_map(|name| object.remove(*name))
        .filter(|value| value.is_array() || value.is_string() || is_message(value))
}

/// Documents of a retriever: objects with a text, an id or a score.
pub(crate) fn documents(value: &Value) -> Vec<Document> {
    let list = value
        .as_array()
        .or_else(|| value.get("documents")?.as_array());
    list.into_iter()
        .flatten()
        .filter(|item| item.is_object())
        .map(|item| {
            let metadata = item.get("metadata").unwrap_or(&Value::Null);
            let text = |names: &[&str]| {
                names
                    .iter()
                    .find_map(|name| item.get(*name).or_else(|| metadata.get(*name)))
                    .and_then(crate::attributes::as_text)
            };
            Document {
                id: text(&["id", "document_id", "doc_id"]).unwrap_or_default(),
                score: item.get("score").and_then(Value::as_f64),
                source: text(&["source"]),
                content: text(&["page_content", "content", "text"]),
            }
        })
        .collect()
}
