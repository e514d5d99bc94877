//! The documents that a case quotes: what an answer of the cache was made from.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Documents of one case that are remembered; no retrieval hands over more.
const DOCUMENTS: usize = 1_000;
/// Names that hold a document's text, beside its `id`.
const TEXTS: [&str; 4] = ["content", "text", "page_content", "document"];

/// The ids of the documents among a case's variables: objects with an `id` and a text, at any depth.
pub(super) fn quoted_documents(variables: &Map<String, Value>) -> Vec<String> {
    let mut ids = BTreeSet::new();
    let mut open: Vec<&Value> = variables.values().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => {
                if TEXTS
                    .iter()
                    .any(|name| fields.get(*name).is_some_and(Value::is_string))
                {
                    ids.extend(fields.get("id").and_then(id));
                }
                open.extend(fields.values());
            }
            _ => {}
        }
    }
    ids.into_iter().take(DOCUMENTS).collect()
}

fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_are_objects_with_an_id_and_a_text() {
        let variables = json!({
            "question": "Where is it?",
            "user": {"id": "u-1", "name": "Ada"},
            "documents": [
                {"id": "doc-2", "content": "b"},
                {"id": 7, "text": "a"},
                {"nested": {"id": "doc-1", "page_content": "c"}},
                {"id": "doc-2", "content": "b"},
            ],
        });
        assert_eq!(
            quoted_documents(variables.as_object().unwrap()),
            ["7", "doc-1", "doc-2"]
        );
    }
}
