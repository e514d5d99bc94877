//! Documents and offered tools of a canonical line, with what they carry beyond the known fields.

use crate::messages::kind_of;
use plumbline_model::{Document, OfferedTool};
use serde_json::{Map, Value};

type Unread = Vec<(String, Value)>;

/// Documents in rank order. An id may be text or a number.
///
/// # Errors
/// Something has the wrong type; the message says what.
pub(super) fn documents(value: Value, unread: &mut Unread) -> Result<Vec<Document>, String> {
    objects(value)?
        .into_iter()
        .map(|mut fields| {
            let document = Document {
                id: match fields.remove("id") {
                    None | Some(Value::Null) => String::new(),
                    Some(Value::String(id)) => id,
                    Some(Value::Number(id)) => id.to_string(),
                    Some(other) => return Err(format!("an id cannot be {}", kind_of(&other))),
                },
                score: match fields.remove("score") {
                    None | Some(Value::Null) => None,
                    Some(Value::Number(score)) => score.as_f64(),
                    Some(other) => return Err(format!("a score cannot be {}", kind_of(&other))),
                },
                source: text("source", fields.remove("source"))?,
                content: text("content", fields.remove("content"))?,
            };
            leave("documents", fields, unread);
            Ok(document)
        })
        .collect()
}

/// Tools that were offered to the model.
///
/// # Errors
/// Something has the wrong type; the message says what.
pub(super) fn tools(value: Value, unread: &mut Unread) -> Result<Vec<OfferedTool>, String> {
    objects(value)?
        .into_iter()
        .map(|mut fields| {
            let tool = OfferedTool {
                name: text("name", fields.remove("name"))?.unwrap_or_default(),
                version: text("version", fields.remove("version"))?,
                description: text("description", fields.remove("description"))?,
                schema: fields.remove("schema").unwrap_or_default(),
            };
            leave("tools", fields, unread);
            Ok(tool)
        })
        .collect()
}

fn objects(value: Value) -> Result<Vec<Map<String, Value>>, String> {
    let items = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        other => return Err(format!("expected a list, not {}", kind_of(&other))),
    };
    items
        .into_iter()
        .enumerate()
        .map(|(index, item)| match item {
            Value::Object(fields) => Ok(fields),
            other => Err(format!(
                "element {index}: expected an object, not {}",
                kind_of(&other)
            )),
        })
        .collect()
}

fn text(name: &str, value: Option<Value>) -> Result<Option<String>, String> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("{name} cannot be {}", kind_of(&other))),
    }
}

fn leave(list: &str, fields: Map<String, Value>, unread: &mut Unread) {
    for (name, value) in fields {
        unread.push((format!("{list}[].{name}"), value));
    }
}
