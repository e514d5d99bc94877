//! Which JSON Schemas OpenAI takes as `strict`, by its guide to structured outputs.

use serde_json::Value;

/// OpenAI refuses `strict` unless every object closes itself and requires all of its properties.
pub(crate) fn may_be_strict(schema: &Value) -> bool {
    let mut open = vec![schema];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(members) => {
                if let Some(Value::Object(properties)) = members.get("properties") {
                    let required = members.get("required").and_then(Value::as_array);
                    let all_required = properties.keys().all(|name| {
                        required.is_some_and(|required| required.iter().any(|r| r == name.as_str()))
                    });
                    let closed = members.get("additionalProperties") == Some(&Value::Bool(false));
                    if !all_required || !closed {
                        return false;
                    }
                }
                open.extend(members.values());
            }
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn strict_is_asked_for_only_where_every_object_is_closed_and_complete() {
        let closed = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": false});
        let nested_open = json!({"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {}}}}, "required": ["a"], "additionalProperties": false});
        assert!(may_be_strict(&closed));
        assert!(!may_be_strict(&nested_open));
    }
}
