//! Chat messages from every JSON shape they come in: the canonical one, OpenAI's and OpenTelemetry's parts.
//!
//! A canonical message reads back as itself. Unknown roles are kept as the speaker's name, so that nothing
//! is lost over a word. Flattened and indexed messages are put together in `otlp::indexed`.

use plumbline_model::{Content, Message, Role, ToolCall};
use serde_json::{Map, Value};

/// Messages from a list, a single message, or plain text said by `speaker`.
///
/// # Errors
/// An element is neither an object nor text; the message says which.
pub(crate) fn from_json(value: Value, speaker: Role) -> Result<Vec<Message>, String> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| from_item(item, index, speaker))
            .collect(),
        Value::Object(object) => from_object(object, speaker)
            .map(|message| vec![message])
            .map_err(|why| format!("expected {why}")),
        Value::String(text) => Ok(vec![Message::text(speaker, text)]),
        other => Err(format!(
            "expected a list of messages, not {}",
            kind_of(&other)
        )),
    }
}

/// The message at `index` of a list.
///
/// # Errors
/// As [`from_json`].
pub(crate) fn from_item(item: Value, index: usize, speaker: Role) -> Result<Message, String> {
    match item {
        Value::Object(object) => from_object(object, speaker),
        Value::String(text) => Ok(Message::text(speaker, text)),
        other => Err(format!("a message, not {}", kind_of(&other))),
    }
    .map_err(|why| format!("element {index}: expected {why}"))
}

fn from_object(mut object: Map<String, Value>, speaker: Role) -> Result<Message, String> {
    let (role, other_role) = match object.remove("role") {
        None | Some(Value::Null) => (speaker, None),
        Some(Value::String(word)) => role(&word),
        Some(other) => return Err(format!("a role as text, not {}", kind_of(&other))),
    };
    let mut message = Message::text(role, "");
    message.name = text(object.remove("name")).or(other_role);
    message.tool_call_id = text(object.remove("tool_call_id"));
    match object.remove("parts") {
        Some(Value::Array(parts)) => add_parts(&mut message, parts),
        _ => {
            message.content = match object.remove("content") {
                None | Some(Value::Null) => Content::default(),
                Some(Value::String(text)) => Content::Text(text),
                Some(Value::Array(parts)) => Content::Parts(parts),
                Some(other @ Value::Object(_)) => Content::Parts(vec![other]),
                Some(other) => Content::Text(other.to_string()),
            };
        }
    }
    if let Some(Value::Array(calls)) = object.remove("tool_calls") {
        message
            .tool_calls
            .extend(calls.into_iter().filter_map(tool_call));
    }
    Ok(message)
}

/// The role a word stands for, and the word itself when it stands for none.
pub(crate) fn role(word: &str) -> (Role, Option<String>) {
    let role = match word {
        "system" | "developer" => Role::System,
        "user" | "human" => Role::User,
        "assistant" | "ai" | "model" => Role::Assistant,
        "tool" | "function" | "ipython" => Role::Tool,
        other if other.eq_ignore_ascii_case("user") => Role::User,
        other if other.eq_ignore_ascii_case("assistant") => Role::Assistant,
        other if other.eq_ignore_ascii_case("system") => Role::System,
        other if other.eq_ignore_ascii_case("tool") => Role::Tool,
        other => return (Role::User, Some(other.to_owned())),
    };
    (role, None)
}

/// OpenTelemetry GenAI parts (semantic conventions 1.37 and later).
pub(crate) fn add_parts(message: &mut Message, parts: Vec<Value>) {
    let mut kept = Vec::new();
    let mut all_text = true;
    for part in parts {
        match part.get("type").and_then(Value::as_str) {
            Some("tool_call") => message.tool_calls.extend(tool_call(part)),
            Some("tool_call_response") => {
                if let Value::Object(mut part) = part {
                    message.tool_call_id = text(part.remove("id")).or(message.tool_call_id.take());
                    let answer = part.remove("response").or_else(|| part.remove("result"));
                    kept.push(match answer {
                        None | Some(Value::Null) => continue,
                        Some(Value::String(text)) => text_part(&text),
                        Some(other) => text_part(&other.to_string()),
                    });
                }
            }
            Some("text") => match part {
                Value::Object(mut object) if object.len() == 2 => {
                    match object.remove("content").or_else(|| object.remove("text")) {
                        Some(Value::String(text)) => kept.push(text_part(&text)),
                        other => {
                            all_text = false;
                            kept.extend(other);
                        }
                    }
                }
                other => kept.push(other),
            },
            _ => {
                all_text = false;
                kept.push(part);
            }
        }
    }
    message.content = if all_text {
        let texts: Vec<&str> = kept
            .iter()
            .filter_map(|part| part.get("text").or_else(|| part.get("content")))
            .filter_map(Value::as_str)
            .collect();
        Content::Text(texts.join("\n"))
    } else {
        Content::Parts(kept)
    };
}

fn text_part(text: &str) -> Value {
    serde_json::json!({"type": "text", "text": text})
}

/// `{id, name, arguments}`, or OpenAI's `{id, function: {name, arguments}}` whose arguments are JSON text.
fn tool_call(value: Value) -> Option<ToolCall> {
    let Value::Object(mut object) = value else {
        return None;
    };
    let id = text(object.remove("id")).unwrap_or_default();
    let is_part = object.contains_key("type");
    if let Some(Value::Object(mut function)) = object.remove("function") {
        return Some(ToolCall {
            id,
            name: text(function.remove("name")).unwrap_or_default(),
            arguments: arguments(function.remove("arguments").unwrap_or_default()),
        });
    }
    let given = object.remove("arguments").unwrap_or_default();
    Some(ToolCall {
        id,
        name: text(object.remove("name")).unwrap_or_default(),
        // Our own shape is exact; the others write arguments as JSON text.
        arguments: if is_part { arguments(given) } else { given },
    })
}

/// Arguments as a structure where they are one: JSON text of an object or a list is opened.
pub(crate) fn arguments(value: Value) -> Value {
    match value {
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(opened @ (Value::Object(_) | Value::Array(_))) => opened,
            _ => Value::String(text),
        },
        other => other,
    }
}

fn text(value: Option<Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) => Some(text),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

/// The JSON type of a value, for messages.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn openai_messages_with_null_content_and_text_arguments_are_read() {
        let messages = from_json(
            json!([{"role": "assistant", "content": null, "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}}
            ]}]),
            Role::User,
        )
        .unwrap();
        assert_eq!(messages[0].tool_calls[0].arguments, json!({"x": 1}));
        assert!(messages[0].content.is_empty());
    }

    #[test]
    fn genai_parts_become_text_calls_and_answers() {
        let messages = from_json(
            json!([
                {"role": "user", "parts": [{"type": "text", "content": "a"}, {"type": "text", "content": "b"}]},
                {"role": "assistant", "parts": [{"type": "tool_call", "id": "c", "name": "f", "arguments": {"x": 1}}]},
                {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "response": {"y": 2}}]},
                {"role": "user", "parts": [{"type": "blob", "content": "AAAA", "modality": "image"}]}
            ]),
            Role::User,
        )
        .unwrap();
        assert_eq!(messages[0].content, Content::Text("a\nb".into()));
        assert_eq!(messages[1].tool_calls[0].name, "f");
        assert_eq!(messages[2].tool_call_id.as_deref(), Some("c"));
        assert_eq!(messages[2].content, Content::Text("{\"y\":2}".into()));
        assert!(matches!(&messages[3].content, Content::Parts(parts) if parts.len() == 1));
    }

    #[test]
    fn an_unknown_role_is_kept_as_the_speakers_name() {
        let messages = from_json(json!([{"role": "critic", "content": "no"}]), Role::User).unwrap();
        assert_eq!(messages[0].name.as_deref(), Some("critic"));
    }

    #[test]
    fn what_is_no_message_is_refused_with_its_place() {
        let why = from_json(json!([{"role": "user"}, 5]), Role::User).unwrap_err();
        assert_eq!(why, "element 1: expected a message, not a number");
    }
}
