//! Lists that were flattened into attribute names: `llm.input_messages.3.message.role` and the like.
//!
//! Only indices that occur are walked, in order: an index is a name here, never a size.

use crate::attributes::{Attributes, as_text};
use crate::messages::{arguments, role};
use plumbline_model::{Content, Document, Message, OfferedTool, Role, ToolCall};
use serde_json::{Value, json};
use std::collections::BTreeMap;

type Element<'a> = BTreeMap<&'a str, &'a Value>;

/// The elements under `prefix` (`llm.input_messages.`) in order, each with the rest of its names.
fn elements<'a>(names: impl Iterator<Item = (&'a str, &'a Value)>) -> BTreeMap<u64, Element<'a>> {
    let mut elements: BTreeMap<u64, Element<'a>> = BTreeMap::new();
    for (name, value) in names {
        let (index, rest) = name.split_once('.').unwrap_or((name, ""));
        // A plain number only: `parse` would accept a plus.
        if index.bytes().all(|b| b.is_ascii_digit())
            && let Ok(index) = index.parse()
        {
            elements.entry(index).or_default().insert(rest, value);
        }
    }
    elements
}

/// The names of one element that begin with `prefix`, as the rest of the name.
fn within<'a>(
    element: &Element<'a>,
    prefix: &'static str,
) -> impl Iterator<Item = (&'a str, &'a Value)> {
    element
        .iter()
        .filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, *value)))
        .collect::<Vec<_>>()
        .into_iter()
}

/// How a dialect names the parts of a message.
struct Shape {
    /// Before every name of a message: `message.` or nothing.
    message: &'static str,
    /// Before the index of a call and before its names.
    calls: &'static str,
    call: &'static str,
    function: &'static str,
}

const OPENINFERENCE: Shape = Shape {
    message: "message.",
    calls: "message.tool_calls.",
    call: "tool_call.",
    function: "tool_call.function.",
};

const TRACELOOP: Shape = Shape {
    message: "",
    calls: "tool_calls.",
    call: "",
    function: "",
};

/// OpenInference: `<prefix><i>.message.role|content|contents.<j>…|tool_calls.<k>…`.
pub(crate) fn openinference_messages(
    attributes: &Attributes,
    prefix: &str,
    speaker: Role,
) -> Vec<Message> {
    messages(attributes, prefix, speaker, &OPENINFERENCE)
}

/// OpenLLMetry: `<prefix><i>.role|content|tool_calls.<k>.name…`.
pub(crate) fn traceloop_messages(
    attributes: &Attributes,
    prefix: &str,
    speaker: Role,
) -> Vec<Message> {
    messages(attributes, prefix, speaker, &TRACELOOP)
}

fn messages(attributes: &Attributes, prefix: &str, speaker: Role, shape: &Shape) -> Vec<Message> {
    let mut read = Vec::new();
    let list = elements(attributes.under(prefix))
        .into_iter()
        .filter_map(|(index, element)| {
            let field = |name: &str| {
                let name = format!("{}{name}", shape.message);
                element.get(name.as_str()).copied()
            };
            let mut message = Message::text(speaker, "");
            if let Some(word) = field("role").and_then(as_text) {
                (message.role, message.name) = role(&word);
            }
            message.name = field("name").and_then(as_text).or(message.name);
            message.tool_call_id = field("tool_call_id").and_then(as_text);
            message.content = match field("content") {
                None | Some(Value::Null) => contents(&element),
                Some(Value::String(text)) => Content::Text(text.clone()),
                Some(Value::Array(parts)) => Content::Parts(parts.clone()),
                Some(other) => Content::Text(other.to_string()),
            };
            message.tool_calls = calls(&element, shape);
            let known = ["role", "name", "tool_call_id", "content", "finish_reason"];
            let mut any = false;
            for name in element.keys() {
                let own = name.strip_prefix(shape.message).unwrap_or(name);
                if known.contains(&own)
                    || name.starts_with(shape.calls)
                    || own.starts_with("contents.")
                {
                    any = true;
                    read.push(format!("{prefix}{index}.{name}"));
                }
            }
            any.then_some(message)
        })
        .collect();
    for name in &read {
        attributes.understood(&[name]);
    }
    list
}

fn contents(element: &Element<'_>) -> Content {
    let parts: Vec<Value> = elements(within(element, "message.contents."))
        .into_values()
        .map(|part| {
            let text = part.get("message_content.text").copied().and_then(as_text);
            let url = [
                "message_content.image.image.url",
                "message_content.image.url",
            ]
            .iter()
            .find_map(|name| part.get(*name).copied().and_then(as_text));
            match (text, url) {
                (Some(text), None) => json!({"type": "text", "text": text}),
                (None, Some(url)) => json!({"type": "image", "url": url}),
                _ => part
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value.clone()))
                    .collect::<serde_json::Map<_, _>>()
                    .into(),
            }
        })
        .collect();
    if parts.iter().all(|part| part["type"] == "text") {
        let texts: Vec<&str> = parts
            .iter()
            .filter_map(|part| part["text"].as_str())
            .collect();
        Content::Text(texts.join("\n"))
    } else {
        Content::Parts(parts)
    }
}

fn calls(element: &Element<'_>, shape: &Shape) -> Vec<ToolCall> {
    elements(within(element, shape.calls))
        .into_values()
        .map(|call| {
            let field = |prefix: &str, name: &str| {
                let name = format!("{prefix}{name}");
                call.get(name.as_str()).copied()
            };
            ToolCall {
                id: field(shape.call, "id")
                    .and_then(as_text)
                    .unwrap_or_default(),
                name: field(shape.function, "name")
                    .and_then(as_text)
                    .unwrap_or_default(),
                arguments: field(shape.function, "arguments")
                    .cloned()
                    .map(arguments)
                    .unwrap_or_default(),
            }
        })
        .collect()
}

/// One text per element, as in `llm.prompts.<i>.prompt.text`.
pub(crate) fn texts(attributes: &Attributes, prefix: &str, name: &str) -> Vec<String> {
    let found: Vec<(u64, String)> = elements(attributes.under(prefix))
        .into_iter()
        .filter_map(|(index, element)| Some((index, element.get(name).copied().and_then(as_text)?)))
        .collect();
    for (index, _) in &found {
        attributes.understood(&[&format!("{prefix}{index}.{name}")]);
    }
    found.into_iter().map(|(_, text)| text).collect()
}

/// OpenInference: `<prefix><i>.document.id|score|content|metadata`. An id may be a number.
pub(crate) fn documents(attributes: &Attributes, prefix: &str) -> Vec<Document> {
    let mut read = Vec::new();
    let list = elements(attributes.under(prefix))
        .into_iter()
        .map(|(index, element)| {
            let field = |name: &str| element.get(name).copied();
            for name in ["id", "score", "content", "metadata"] {
                read.push(format!("{prefix}{index}.document.{name}"));
            }
            Document {
                id: field("document.id").and_then(as_text).unwrap_or_default(),
                score: field("document.score").and_then(|score| match score {
                    Value::String(text) => text.trim().parse().ok(),
                    other => other.as_f64(),
                }),
                source: field("document.metadata").and_then(source),
                content: field("document.content").and_then(as_text),
            }
        })
        .collect();
    for name in &read {
        attributes.understood(&[name]);
    }
    list
}

/// Where a document comes from, if its metadata (JSON text, by the convention) says so.
fn source(metadata: &Value) -> Option<String> {
    let opened = match metadata {
        Value::String(text) => serde_json::from_str(text).ok()?,
        other => other.clone(),
    };
    ["source", "url", "uri", "file"]
        .iter()
        .find_map(|name| opened.get(name).and_then(as_text))
}

/// OpenInference: `llm.tools.<i>.tool.json_schema`.
pub(crate) fn openinference_tools(attributes: &Attributes) -> Vec<OfferedTool> {
    texts(attributes, "llm.tools.", "tool.json_schema")
        .into_iter()
        .map(|text| tool(&serde_json::from_str(&text).unwrap_or(Value::String(text))))
        .collect()
}

/// OpenLLMetry: `llm.request.functions.<i>.name|description|parameters`.
pub(crate) fn traceloop_tools(attributes: &Attributes) -> Vec<OfferedTool> {
    let prefix = "llm.request.functions.";
    let mut read = Vec::new();
    let list = elements(attributes.under(prefix))
        .into_iter()
        .map(|(index, element)| {
            for name in ["name", "description", "parameters"] {
                read.push(format!("{prefix}{index}.{name}"));
            }
            let field = |name: &str| element.get(name).copied();
            OfferedTool {
                name: field("name").and_then(as_text).unwrap_or_default(),
                version: None,
                description: field("description").and_then(as_text),
                schema: field("parameters")
                    .cloned()
                    .map(arguments)
                    .unwrap_or_default(),
            }
        })
        .collect();
    for name in &read {
        attributes.understood(&[name]);
    }
    list
}

/// A tool definition in OpenAI's shape, Anthropic's or OpenTelemetry's; anything else keeps its definition.
pub(crate) fn tool(definition: &Value) -> OfferedTool {
    let inner = match definition.get("function") {
        Some(function @ Value::Object(_)) => function,
        _ => definition,
    };
    let schema = [
        "parameters",
        "input_schema",
        "schema",
        "parameters_json_schema",
    ]
    .iter()
    .find_map(|name| inner.get(name));
    OfferedTool {
        name: inner.get("name").and_then(as_text).unwrap_or_default(),
        version: inner.get("version").and_then(as_text),
        description: inner.get("description").and_then(as_text),
        schema: schema.unwrap_or(definition).clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(pairs: &[(&str, &str)]) -> Attributes {
        let list: Vec<Value> = pairs
            .iter()
            .map(|(key, text)| json!({"key": key, "value": {"stringValue": text}}))
            .collect();
        Attributes::of(serde_json::from_value(Value::Array(list)).unwrap())
    }

    #[test]
    fn a_huge_index_is_only_a_name() {
        let attributes = attributes(&[
            ("llm.input_messages.999999999.message.role", "assistant"),
            ("llm.input_messages.999999999.message.content", "last"),
            ("llm.input_messages.2.message.content", "first"),
            (
                "llm.input_messages.99999999999999999999999.message.content",
                "not an index",
            ),
            ("llm.input_messages.x.message.content", "not an index"),
        ]);
        let list = openinference_messages(&attributes, "llm.input_messages.", Role::User);
        assert_eq!(list.len(), 2);
        assert_eq!(list[0], Message::text(Role::User, "first"));
        assert_eq!(list[1], Message::text(Role::Assistant, "last"));
        assert_eq!(
            attributes.unread().count(),
            2,
            "what was not understood stays unread"
        );
    }

    #[test]
    fn contents_and_calls_of_both_dialects_come_together() {
        let attributes = attributes(&[
            ("m.0.message.role", "model"),
            ("m.0.message.contents.0.message_content.type", "text"),
            ("m.0.message.contents.0.message_content.text", "see"),
            (
                "m.0.message.contents.1.message_content.image.image.url",
                "https://x.test/a.png",
            ),
            ("m.0.message.tool_calls.0.tool_call.id", "c1"),
            ("m.0.message.tool_calls.0.tool_call.function.name", "f"),
            (
                "m.0.message.tool_calls.0.tool_call.function.arguments",
                "{\"x\":1}",
            ),
            ("p.0.role", "assistant"),
            ("p.0.tool_calls.0.name", "g"),
            ("p.0.tool_calls.0.arguments", "not json"),
        ]);
        let list = openinference_messages(&attributes, "m.", Role::User);
        assert_eq!(list[0].role, Role::Assistant);
        assert!(matches!(&list[0].content, Content::Parts(parts) if parts.len() == 2));
        assert_eq!(list[0].tool_calls[0].arguments, json!({"x": 1}));
        let list = traceloop_messages(&attributes, "p.", Role::User);
        assert_eq!(list[0].tool_calls[0].name, "g");
        assert_eq!(list[0].tool_calls[0].arguments, json!("not json"));
        assert_eq!(attributes.unread().count(), 0);
    }
}
