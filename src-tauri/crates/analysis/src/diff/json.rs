//! Differences between two JSON values, path by path.
//!
//! Decides when two values are the same (numbers by value: `1` is `1.0`; objects without order) and where
//! they part. Walks with a stack of its own, and stops adding after a number of changes that nobody reads.

use serde::Serialize;
use serde_json::{Number, Value};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use ts_rs::TS;

/// What happened at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum JsonChangeKind {
    Added,
    Removed,
    /// Another value of the same type.
    Changed,
    /// A value of another type; null is a type.
    TypeChanged,
}

/// One place where two JSON values differ.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct JsonChange {
    /// Such as `$.items[0].label` or `$['odd key']`; readable by `json_path::get`.
    pub path: String,
    pub kind: JsonChangeKind,
    /// The old value; `None` when added.
    pub a: Option<Value>,
    /// The new value; `None` when removed.
    pub b: Option<Value>,
}

/// Changes listed at most.
const CHANGE_LIMIT: usize = 10_000;
/// A path longer than this is not followed further: the values below it are told as one change.
const PATH_LIMIT_BYTES: usize = 2_000;

/// Every place where `a` and `b` differ, in order of keys and indices. Arrays are compared by position.
#[must_use]
pub fn diff_json(a: &Value, b: &Value) -> Vec<JsonChange> {
    let mut changes = Vec::new();
    walk(a, b, |change| {
        changes.push(change);
        changes.len() < CHANGE_LIMIT
    });
    changes
}

/// True when the two values say the same: numbers by value, objects without order.
#[must_use]
pub fn json_equal(a: &Value, b: &Value) -> bool {
    let mut stack = vec![(a, b)];
    while let Some((a, b)) = stack.pop() {
        match (a, b) {
            (Value::Object(a), Value::Object(b)) => {
                if a.len() != b.len() {
                    return false;
                }
                for (key, value) in a {
                    match b.get(key) {
                        Some(other) => stack.push((value, other)),
                        None => return false,
                    }
                }
            }
            (Value::Array(a), Value::Array(b)) => {
                if a.len() != b.len() {
                    return false;
                }
                stack.extend(a.iter().zip(b));
            }
            _ if !same_leaf(a, b) => return false,
            _ => {}
        }
    }
    true
}

/// Equality of two values of which at most one is a container.
fn same_leaf(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => same_number(a, b),
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::String(a), Value::String(b)) => a == b,
        _ => false,
    }
}

fn same_number(a: &Number, b: &Number) -> bool {
    let integer = |n: &Number| {
        n.as_i64()
            .map(i128::from)
            .or_else(|| n.as_u64().map(i128::from))
    };
    match (integer(a), integer(b), a.as_f64(), b.as_f64()) {
        (Some(a), Some(b), ..) => a == b,
        // A float above 2^53 equals an integer only if it is that very integer.
        (Some(a), None, _, Some(b)) => b.fract() == 0.0 && b.abs() < 1e30 && b as i128 == a,
        (None, Some(b), Some(a), _) => a.fract() == 0.0 && a.abs() < 1e30 && a as i128 == b,
        (None, None, Some(a), Some(b)) => a == b,
        _ => false,
    }
}

enum Step<'v> {
    Both(String, &'v Value, &'v Value),
    One(String, JsonChangeKind, &'v Value),
}

fn walk<'v>(a: &'v Value, b: &'v Value, mut found: impl FnMut(JsonChange) -> bool) {
    let mut stack = vec![Step::Both("$".to_owned(), a, b)];
    while let Some(step) = stack.pop() {
        let change = match step {
            Step::One(path, kind, value) => {
                let (a, b) = match kind {
                    JsonChangeKind::Removed => (Some(value.clone()), None),
                    _ => (None, Some(value.clone())),
                };
                JsonChange { path, kind, a, b }
            }
            Step::Both(path, a, b) => {
                let follow = path.len() < PATH_LIMIT_BYTES;
                match (a, b) {
                    (Value::Object(a), Value::Object(b)) if follow => {
                        let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
                        // Pushed backwards, so that they come off in order.
                        for key in keys.into_iter().rev() {
                            push(&mut stack, || with_key(&path, key), a.get(key), b.get(key));
                        }
                        continue;
                    }
                    (Value::Array(a), Value::Array(b)) if follow => {
                        for index in (0..a.len().max(b.len())).rev() {
                            push(
                                &mut stack,
                                || format!("{path}[{index}]"),
                                a.get(index),
                                b.get(index),
                            );
                        }
                        continue;
                    }
                    _ if json_equal(a, b) => continue,
                    _ => {}
                }
                let kind = if std::mem::discriminant(a) == std::mem::discriminant(b) {
                    JsonChangeKind::Changed
                } else {
                    JsonChangeKind::TypeChanged
                };
                JsonChange {
                    path,
                    kind,
                    a: Some(a.clone()),
                    b: Some(b.clone()),
                }
            }
        };
        if !found(change) {
            return;
        }
    }
}

fn push<'v>(
    stack: &mut Vec<Step<'v>>,
    path: impl Fn() -> String,
    a: Option<&'v Value>,
    b: Option<&'v Value>,
) {
    match (a, b) {
        // Equal leaves are most of any two answers: they need no path.
        (Some(a), Some(b)) if same_leaf(a, b) => {}
        (Some(a), Some(b)) => stack.push(Step::Both(path(), a, b)),
        (Some(a), None) => stack.push(Step::One(path(), JsonChangeKind::Removed, a)),
        (None, Some(b)) => stack.push(Step::One(path(), JsonChangeKind::Added, b)),
        (None, None) => {}
    }
}

/// Writes a member step: `.name` where that is plain, else `['…']`.
fn with_key(path: &str, key: &str) -> String {
    let mut out = path.to_owned();
    let mut chars = key.chars();
    let plain = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if plain {
        let _ = write!(out, ".{key}");
    } else {
        out.push_str("['");
        for c in key.chars() {
            if matches!(c, '\'' | '\\') {
                out.push('\\');
            }
            out.push(c);
        }
        out.push_str("']");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json_path;
    use proptest::prelude::*;
    use serde_json::json;

    fn told(a: &Value, b: &Value) -> Vec<(String, JsonChangeKind)> {
        diff_json(a, b)
            .into_iter()
            .map(|change| (change.path, change.kind))
            .collect()
    }

    #[test]
    fn each_kind_of_change_stands_at_its_path_in_order() {
        use JsonChangeKind::{Added, Changed, Removed, TypeChanged};
        let a = json!({"b": [1, 2, 3], "a": {"x": 1, "y y": true}, "n": null});
        let b = json!({"a": {"x": "1", "y y": false}, "b": [1, 5], "n": null, "z": {}});
        assert_eq!(
            told(&a, &b),
            [
                ("$.a.x".to_owned(), TypeChanged),
                ("$.a['y y']".to_owned(), Changed),
                ("$.b[1]".to_owned(), Changed),
                ("$.b[2]".to_owned(), Removed),
                ("$.z".to_owned(), Added),
            ]
        );
    }

    #[test]
    fn numbers_are_compared_by_value_and_exactly() {
        assert!(json_equal(&json!(1), &json!(1.0)));
        assert!(json_equal(
            &json!({"a": [0, -0.0]}),
            &json!({"a": [0.0, 0]})
        ));
        assert!(!json_equal(
            &json!(9_007_199_254_740_993_u64),
            &json!(9_007_199_254_740_992.0)
        ));
        assert!(!json_equal(&json!(u64::MAX), &json!(-1)));
        assert!(!json_equal(&json!(1), &json!("1")));
        assert_eq!(told(&json!({"a": 1}), &json!({"a": 1.0})), []);
    }

    #[test]
    fn a_flood_of_changes_is_bounded() {
        let a = Value::Array(vec![json!(1); 50_000]);
        let b = Value::Array(vec![json!(2); 50_000]);
        assert_eq!(diff_json(&a, &b).len(), CHANGE_LIMIT);
        let long = "k".repeat(1 << 20);
        let deep = json!({ &long: { "x": 1, "y": 2 } });
        let other = json!({ &long: { "x": 3, "y": 4 } });
        assert_eq!(
            diff_json(&deep, &other).len(),
            1,
            "a path that long is told as one change"
        );
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-3_i64..3).prop_map(Value::from),
            "[a-c]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a'\\\\ .\\]-]{0,3}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_change_is_told_exactly_when_the_values_are_equal(a in value(), b in value()) {
            prop_assert_eq!(diff_json(&a, &b).is_empty(), json_equal(&a, &b));
            prop_assert!(diff_json(&a, &a).is_empty());
        }

        #[test]
        fn every_path_leads_back_to_its_values(a in value(), b in value()) {
            for change in diff_json(&a, &b) {
                prop_assert_eq!(json_path::get(&a, &change.path).unwrap(), change.a.as_ref());
                prop_assert_eq!(json_path::get(&b, &change.path).unwrap(), change.b.as_ref());
            }
        }
    }
}
