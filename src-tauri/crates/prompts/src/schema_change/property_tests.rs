//! Properties over small schemas: silence is a proof, and respelling a schema is no break.

use super::small_schemas::{any_json, change, instance, schema, straight_schema};
use super::{SchemaChange, Use, compare};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

/// The schema with its sets reversed and words for people added.
fn respelled(schema: &Value, is_schema: bool) -> Value {
    match schema {
        Value::Object(words) => {
            let mut new = Map::new();
            for (word, value) in words {
                let value = match word.as_str() {
                    "properties" | "patternProperties" | "$defs" if is_schema => {
                        respelled(value, false)
                    }
                    "enum" | "required" | "type" if value.is_array() => {
                        Value::Array(value.as_array().unwrap().iter().rev().cloned().collect())
                    }
                    "enum" | "const" | "dependentRequired" => value.clone(),
                    "anyOf" | "oneOf" | "allOf" => {
                        let parts = value.as_array().unwrap().iter().rev();
                        parts.map(|part| respelled(part, true)).collect()
                    }
                    _ => respelled(value, true),
                };
                new.insert(word.clone(), value);
            }
            if is_schema {
                new.insert("description".to_owned(), json!("What it is."));
                new.insert("x-order".to_owned(), json!([1]));
            }
            Value::Object(new)
        }
        Value::Array(parts) => parts.iter().map(|part| respelled(part, true)).collect(),
        other => other.clone(),
    }
}

fn breaks(old: &Value, new: &Value, usage: Use) -> bool {
    matches!(compare(old, new, usage), SchemaChange::Breaks(_))
}

#[test]
fn many_changes_are_called_compatible() {
    let mut runner = TestRunner::deterministic();
    let mut counts = [0, 0];
    for _ in 0..1_000 {
        let (old, new) = change().new_tree(&mut runner).unwrap().current();
        counts[usize::from(breaks(&old, &new, Use::Output))] += 1;
    }
    assert!(counts.iter().all(|count| *count > 250), "{counts:?}");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        max_local_rejects: 1_000_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_called_compatible_lets_nothing_new_through(
        (old, new) in change(),
        instances in prop::collection::vec(instance(), 40),
    ) {
        let validator = |schema| jsonschema::options().offline().build(schema);
        if let (Ok(before), Ok(after)) = (validator(&old), validator(&new)) {
            for value in &instances {
                if after.is_valid(value) && !before.is_valid(value) {
                    prop_assert!(breaks(&old, &new, Use::Output), "{old}\n{new}\n{value}");
                    if value.is_object() {
                        prop_assert!(breaks(&old, &new, Use::ToolArguments), "{old}\n{new}\n{value}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_schema_respelled_is_no_break(schema in schema()) {
        let other = respelled(&schema, true);
        for usage in [Use::Output, Use::ToolArguments] {
            prop_assert_eq!(compare(&schema, &schema, usage), SchemaChange::Wording);
            prop_assert_eq!(compare(&schema, &other, usage), SchemaChange::Wording, "{}", other);
        }
    }

    #[test]
    fn a_schema_narrowed_at_its_root_is_compatible(schema in straight_schema()) {
        let mut other = respelled(&schema, true);
        other["allOf"] = match other.get("allOf") {
            Some(Value::Array(parts)) => {
                parts.iter().cloned().chain([json!({"required": ["new"]})]).collect()
            }
            _ => json!([{"required": ["new"]}]),
        };
        prop_assert_eq!(compare(&schema, &other, Use::Output), SchemaChange::Compatible, "{}\n{}", schema, other);
    }

    #[test]
    fn no_json_makes_the_comparison_panic(old in any_json(), new in any_json()) {
        compare(&old, &new, Use::Output);
        compare(&old, &new, Use::ToolArguments);
        prop_assert_eq!(compare(&old, &old, Use::Output), SchemaChange::Wording);
    }
}
