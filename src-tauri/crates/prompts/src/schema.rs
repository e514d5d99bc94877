//! Whether a JSON Schema can be used: valid by its own meta-schema, and complete without fetching anything.

use serde_json::Value;

/// Says why a schema cannot be used, as a sentence; `None` when it can.
#[must_use]
pub fn check_schema(schema: &Value) -> Option<String> {
    if !schema.is_object() {
        return Some("it must be a JSON Schema object".to_owned());
    }
    if let Some(reference) = remote_reference(schema) {
        let reference: String = reference.chars().take(120).collect();
        return Some(format!(
            "it refers to `{reference}`; only references into itself (`#/…`) are followed"
        ));
    }
    match jsonschema::options().offline().build(schema) {
        Ok(_) => None,
        Err(error) => Some(format!("it is not a valid JSON Schema: {error}")),
    }
}

/// The first reference that leaves the schema, found without recursion.
fn remote_reference(schema: &Value) -> Option<&str> {
    let mut rest = vec![schema];
    while let Some(value) = rest.pop() {
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    match member.as_str() {
                        Some(target) if key.ends_with("$ref") || key == "$dynamicRef" => {
                            if !target.starts_with('#') {
                                return Some(target);
                            }
                        }
                        _ => rest.push(member),
                    }
                }
            }
            Value::Array(items) => rest.extend(items),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn schemas_that_stand_alone_pass() {
        for schema in [
            json!({}),
            json!({"type": "object", "properties": {"$ref": {"type": "string"}}}),
            json!({"$defs": {"a": {"type": "string"}}, "items": {"$ref": "#/$defs/a"}}),
            json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": "array"}),
        ] {
            assert_eq!(check_schema(&schema), None, "{schema}");
        }
    }

    #[test]
    fn invalid_and_reaching_schemas_are_refused() {
        for schema in [
            json!(true),
            json!([]),
            json!({"type": "strnig"}),
            json!({"required": "a"}),
            json!({"pattern": "("}),
            json!({"$ref": "https://example.com/a.json"}),
            json!({"items": [{"$ref": "file:///etc/passwd"}]}),
            json!({"anyOf": [{"$dynamicRef": "other.json#x"}]}),
            json!({"$ref": "#/$defs/missing"}),
            json!({"$schema": "https://example.com/own-dialect"}),
        ] {
            assert!(check_schema(&schema).is_some(), "{schema}");
        }
    }
}
