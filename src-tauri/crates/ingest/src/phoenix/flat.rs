//! Nested attributes in the flat form of OpenInference: `llm.input_messages.0.message.role`.

use crate::attributes::COUNT;
use crate::otlp::anyvalue::{AnyValue, KeyValue};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Attributes whose value is a structure: by the conventions JSON text, which Phoenix opens.
const STRUCTURES: [&str; 6] = [
    "metadata",
    "llm.invocation_parameters",
    "llm.prompt_template.variables",
    "tool.parameters",
    "tool.json_schema",
    "input.value",
];

fn is_structure(path: &str) -> bool {
    STRUCTURES.contains(&path)
        || path == "output.value"
        || path.ends_with(".document.metadata")
        || path.ends_with(".tool.json_schema")
        || path.ends_with(".tool_call.function.arguments")
        || path.starts_with("plumbline.")
}

/// Structures whose members the REST API writes as attributes of their own.
const REGROUPED: [&str; 3] = [
    "metadata.",
    "llm.prompt_template.variables.",
    ".document.metadata.",
];

/// The name of the structure that a flat name is a member of, and the member's.
fn member(path: &str) -> Option<(&str, &str)> {
    REGROUPED.iter().find_map(|prefix| {
        let at = if prefix.starts_with('.') {
            path.find(prefix)?
        } else {
            path.starts_with(prefix).then_some(0)?
        };
        let end = at + prefix.len();
        Some((&path[..end - 1], &path[end..]))
    })
}

/// Attributes by their flat names, at most as many as are looked at anywhere.
pub(super) fn flatten(nested: Map<String, Value>) -> Vec<KeyValue> {
    let mut flat = Vec::new();
    let mut grouped: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut open: Vec<(String, Value)> = nested.into_iter().rev().collect();
    while let Some((path, value)) = open.pop() {
        if flat.len() > COUNT {
            break;
        }
        let value = match value {
            Value::Null => continue,
            value if is_structure(&path) => value,
            Value::Object(object) => {
                let members = object.into_iter().rev();
                open.extend(members.map(|(name, value)| (format!("{path}.{name}"), value)));
                continue;
            }
            // Tags and vectors are values; messages and documents are not.
            Value::Array(list) if list.iter().any(Value::is_object) => {
                let elements = list.into_iter().enumerate().rev();
                open.extend(elements.map(|(index, value)| (format!("{path}.{index}"), value)));
                continue;
            }
            value => value,
        };
        // Where the conventions have JSON text, readers expect text.
        let value = match value {
            Value::Object(_) if path.ends_with("json_schema") || path.ends_with(".value") => {
                value.to_string().into()
            }
            value => value,
        };
        if let Some((structure, name)) = member(&path) {
            let structure = grouped.entry(structure.to_owned()).or_default();
            structure.insert(name.to_owned(), value);
            continue;
        }
        flat.push(KeyValue {
            key: path,
            value: AnyValue(value),
        });
    }
    flat.extend(grouped.into_iter().map(|(key, members)| KeyValue {
        key,
        value: AnyValue(members.into()),
    }));
    flat
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nested_and_dotted_names_come_together_and_structures_stay() {
        let Value::Object(nested) = json!({
            "llm": {"model_name": "m", "input_messages": [{"message": {"role": "user"}}],
                "tools": [{"tool": {"json_schema": {"name": "f"}}}]},
            "tag": {"tags": ["a", "b"]}, "metadata": {"k": {"deep": 1}},
            "llm.token_count.prompt": 7, "nothing": null,
            "llm.prompt_template.variables.question": "why",
            "retrieval": {"documents": [{"document.metadata.source": "s"}]}
        }) else {
            unreachable!()
        };
        let flat: Vec<(String, Value)> = flatten(nested)
            .into_iter()
            .map(|entry| (entry.key, entry.value.0))
            .collect();
        let get = |name: &str| flat.iter().find(|(key, _)| key == name).map(|(_, v)| v);
        assert_eq!(get("llm.model_name"), Some(&json!("m")));
        assert_eq!(
            get("llm.input_messages.0.message.role"),
            Some(&json!("user"))
        );
        assert_eq!(
            get("llm.tools.0.tool.json_schema"),
            Some(&json!("{\"name\":\"f\"}"))
        );
        assert_eq!(get("tag.tags"), Some(&json!(["a", "b"])));
        assert_eq!(get("metadata"), Some(&json!({"k": {"deep": 1}})));
        assert_eq!(
            get("llm.prompt_template.variables"),
            Some(&json!({"question": "why"}))
        );
        assert_eq!(
            get("retrieval.documents.0.document.metadata"),
            Some(&json!({"source": "s"}))
        );
        assert_eq!(flat.len(), 8);
    }
}
