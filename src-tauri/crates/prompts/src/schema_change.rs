//! What a change of a JSON Schema means for those who rely on it. A simple, conservative rule.
//!
//! Tool arguments are written by the model and read by the application: nothing may vanish, change type,
//! become required, or accept fewer values. An output is read by the application too: nothing may vanish,
//! change type, stop being required, or take more values. Any other difference is compatible.

use serde_json::Value;
use std::collections::BTreeSet;

/// Who reads what the schema describes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    ToolArguments,
    Output,
}

/// Keywords whose value is a schema.
const ONE: &[&str] = &[
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
];
/// Keywords whose value is a list of schemas; the alternatives must stay as many as they were.
const LISTS: &[&str] = &["anyOf", "oneOf", "allOf", "prefixItems"];
/// Keywords whose value is a map of schemas.
const MAPS: &[&str] = &["properties", "$defs", "definitions"];

/// Why the change from `old` to `new` breaks a reader; empty when it does not.
pub(crate) fn breaks(old: &Value, new: &Value, usage: Use) -> Vec<String> {
    let mut reasons = Vec::new();
    // A work list: the depth of a schema is input.
    let mut rest = vec![(String::from("$"), old, new)];
    while let Some((path, old, new)) = rest.pop() {
        if old == new {
            continue;
        }
        for word in ["type", "$ref", "const"] {
            if old.get(word) != new.get(word) {
                reasons.push(format!("`{word}` of {path} changed"));
            }
        }
        compare_sets(&path, old, new, usage, &mut reasons);
        for word in MAPS {
            let Some(members) = old.get(word).and_then(Value::as_object) else {
                continue;
            };
            for (name, member) in members {
                let path = format!("{path}.{name}");
                match new.get(word).and_then(|map| map.get(name)) {
                    Some(other) => rest.push((path, member, other)),
                    None if *word == "properties" => reasons.push(format!("{path} was removed")),
                    None => {}
                }
            }
        }
        for word in ONE {
            if let (Some(a), Some(b)) = (old.get(word), new.get(word)) {
                rest.push((format!("{path}[{word}]"), a, b));
            }
        }
        for word in LISTS {
            let list = |schema: &'_ Value| {
                schema
                    .get(word)
                    .and_then(Value::as_array)
                    .map_or(0, Vec::len)
            };
            if list(old) != list(new) {
                reasons.push(format!("`{word}` of {path} changed"));
            } else if let (Some(Value::Array(a)), Some(Value::Array(b))) =
                (old.get(word), new.get(word))
            {
                let pairs = a.iter().zip(b).enumerate();
                rest.extend(pairs.map(|(i, (a, b))| (format!("{path}[{word} {i}]"), a, b)));
            }
        }
    }
    reasons.sort();
    reasons
}

fn compare_sets(path: &str, old: &Value, new: &Value, usage: Use, reasons: &mut Vec<String>) {
    let (was, is) = (texts(old, "required"), texts(new, "required"));
    let (changed, word) = match usage {
        Use::ToolArguments => (&is - &was, "became required"),
        Use::Output => (&was - &is, "is no longer required"),
    };
    reasons.extend(changed.iter().map(|name| format!("{path}.{name} {word}")));

    let (was, is) = (texts(old, "enum"), texts(new, "enum"));
    let (had, has) = (old.get("enum").is_some(), new.get("enum").is_some());
    let (breaking, word) = match usage {
        Use::ToolArguments => (has && (!had || !was.is_subset(&is)), "accepts fewer values"),
        Use::Output => (had && (!has || !is.is_subset(&was)), "may take more values"),
    };
    if breaking {
        reasons.push(format!("{path} {word}"));
    }
}

fn texts(schema: &Value, word: &str) -> BTreeSet<String> {
    let list = schema.get(word).and_then(Value::as_array);
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    list.map(|values| values.iter().map(text).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_change_is_judged_by_who_reads_it() {
        let base = json!({"type": "object", "required": ["a"], "properties": {
            "a": {"type": "string"}, "b": {"enum": ["x", "y"]}, "c": {"items": {"type": "integer"}}}});
        let change = |pointer: &str, value: Value| {
            let mut schema = base.clone();
            *schema.pointer_mut(pointer).unwrap() = value;
            schema
        };
        let without_b = json!({"a": {"type": "string"}, "c": {"items": {"type": "integer"}}});
        let cases = [
            ("removed", change("/properties", without_b), true, true),
            (
                "type",
                change("/properties/a/type", json!("number")),
                true,
                true,
            ),
            (
                "deep type",
                change("/properties/c/items/type", json!("string")),
                true,
                true,
            ),
            (
                "more required",
                change("/required", json!(["a", "b"])),
                true,
                false,
            ),
            ("less required", change("/required", json!([])), false, true),
            (
                "fewer values",
                change("/properties/b/enum", json!(["x"])),
                true,
                false,
            ),
            (
                "more values",
                change("/properties/b/enum", json!(["x", "y", "z"])),
                false,
                true,
            ),
            (
                "described",
                change(
                    "/properties/a",
                    json!({"type": "string", "description": "d"}),
                ),
                false,
                false,
            ),
        ];
        for (what, new, tool_breaks, output_breaks) in cases {
            assert_eq!(
                !breaks(&base, &new, Use::ToolArguments).is_empty(),
                tool_breaks,
                "tool: {what}"
            );
            assert_eq!(
                !breaks(&base, &new, Use::Output).is_empty(),
                output_breaks,
                "output: {what}"
            );
        }
        assert!(breaks(&base, &base, Use::Output).is_empty());
    }
}
