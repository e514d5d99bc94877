//! A call as a row of `turns`, llm's store from migration 23 on: messages in a chain, parts in rows of their own.

use super::attachment;
use crate::attributes::{Attributes, as_text};
use crate::messages::{arguments, role};
use crate::sqlite_rows::list;
use plumbline_model::{Content, Message, Role, Span, ToolCall};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) fn fill(fields: &Attributes, span: &mut Span) {
    let parent = fields.text(&["parent_message_hash"]);
    let mut chain = list(fields, "messages");
    chain.reverse();
    // Up to the parent's the messages were sent, those after it came back.
    let sent = parent.as_deref().and_then(|parent| {
        chain
            .iter()
            .position(|row| row.text(&["hash"]).as_deref() == Some(parent))
    });
    let sent = sent.map_or(0, |at| at + 1);
    for (index, row) in chain.iter().enumerate() {
        let message = message(row);
        if index < sent {
            span.input_messages.push(message);
        } else {
            span.output_messages.push(message);
        }
    }
    fields.understood(&["tip_message_hash"]);
}

fn message(row: &Attributes) -> Message {
    let (speaker, name) = role(&row.text(&["role"]).unwrap_or_default());
    let mut message = Message::text(speaker, "");
    message.name = name;
    let mut parts: Vec<(u64, Attributes)> = list(row, "parts")
        .into_iter()
        .map(|part| (part.count(&["position"]).unwrap_or(0), part))
        .collect();
    parts.sort_by_key(|(position, _)| *position);
    let mut said: Vec<Value> = Vec::new();
    for (_, part) in &parts {
        let payload = part.nested("payload");
        match part.text(&["type"]).as_deref() {
            Some("tool_call") => message.tool_calls.push(ToolCall {
                id: payload.text(&["tool_call_id"]).unwrap_or_default(),
                name: part.text(&["tool_name"]).unwrap_or_default(),
                arguments: payload
                    .take("arguments")
                    .cloned()
                    .map(arguments)
                    .unwrap_or_default(),
            }),
            Some("tool_result") => {
                message.role = Role::Tool;
                message.tool_call_id = payload.text(&["tool_call_id"]);
                message.name = part.text(&["tool_name"]);
                let output = text(part, &payload, "output").or(payload.text(&["exception"]));
                said.push(json!({"type": "text", "text": output.unwrap_or_default()}));
            }
            Some("attachment") => said.extend(list(part, "attachments").iter().map(attachment)),
            Some("text") | None => {
                let text = text(part, &payload, "text").unwrap_or_default();
                said.push(json!({"type": "text", "text": text}));
            }
            // Reasoning, and kinds that are still to come.
            Some(kind) => {
                let text = text(part, &payload, "text").unwrap_or_default();
                said.push(json!({"type": kind, "text": text}));
            }
        }
    }
    message.content = if said.iter().all(|part| part["type"] == "text") {
        let texts = said.iter().filter_map(|part| part["text"].as_str());
        Content::Text(texts.collect::<Vec<_>>().join("\n"))
    } else {
        Content::Parts(said)
    };
    message
}

/// The part's own text, or what it is put together of: literals and fragments.
fn text(part: &Attributes, payload: &Attributes, name: &str) -> Option<String> {
    let pieces = match payload.json(&[&format!("{name}_ref")]) {
        Some(Value::Array(pieces)) => pieces,
        _ => {
            let own = part.text(&["text"]);
            return own.or_else(|| {
                payload
                    .take(name)
                    .map(|said| as_text(said).unwrap_or_else(|| said.to_string()))
            });
        }
    };
    let fragments: BTreeMap<u64, String> = list(part, "fragments")
        .iter()
        .filter_map(|row| {
            let text = row.nested("fragment").text(&["content"])?;
            Some((row.count(&["fragment_id"])?, text))
        })
        .collect();
    let mut whole = String::new();
    for piece in pieces {
        if let Some(literal) = piece.get("literal").and_then(Value::as_str) {
            whole.push_str(literal);
        }
        let fragment = piece.get("fragment").and_then(Value::as_u64);
        if let Some(text) = fragment.and_then(|id| fragments.get(&id)) {
            whole.push_str(text);
        }
    }
    Some(whole)
}
