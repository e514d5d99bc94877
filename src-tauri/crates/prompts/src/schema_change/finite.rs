//! Schemas that allow a few values only: those are tried one by one.

use super::compare::{Comparison, fixed_values};
use super::document::{Document, Steps};
use super::numbers::within_bounds;
use super::place::{Path, Reasons};
use super::shape::Shape;
use super::sizes::within_sizes;
use super::types::Types;
use super::value::{count, equal};
use serde_json::{Map, Value};

/// Words that need more than a look at the value, and the types of value they speak of.
const NOT_JUDGED: &[(Types, &[&str])] = &[
    (Types::ALL, &["$dynamicRef", "$recursiveRef", "if"]),
    (Types::NUMBER, &["multipleOf"]),
    (Types::STRING, &["format", "pattern"]),
    (
        Types::ARRAY,
        &[
            "additionalItems",
            "contains",
            "unevaluatedItems",
            "uniqueItems",
        ],
    ),
    (
        Types::OBJECT,
        &[
            "dependencies",
            "dependentRequired",
            "dependentSchemas",
            "patternProperties",
            "propertyNames",
            "unevaluatedProperties",
        ],
    ),
];

impl<'s> Comparison<'s> {
    /// The values that a shape allows, when it names them.
    pub(super) fn values_of(&mut self, narrow: &Shape<'s>) -> Option<Vec<Value>> {
        values_of(self.narrow, narrow, &mut self.steps)
    }

    /// Each value must be allowed by the wide schema. Where a look at it does not tell, the words do.
    pub(super) fn values(
        &mut self,
        path: &Path,
        (narrow, values): (&Shape<'s>, &[Value]),
        wide_schema: &'s Value,
        wide: &Shape<'s>,
        reasons: &mut Reasons,
    ) {
        let mut by_words = None;
        for value in values {
            match admits(self.wide, wide_schema, value, &mut self.steps) {
                Some(true) => {}
                Some(false) if value.is_null() && !wide.types.has(Types::NULL) => {
                    reasons.add(self.voice.of_type(path, Types::NULL, wide.types));
                }
                Some(false) => reasons.add(self.voice.of_value(path, value)),
                None => {
                    if *by_words.get_or_insert_with(|| self.words_follow(path, narrow, wide)) {
                        continue;
                    }
                    let what = format!("whether {} is allowed", super::say::quote(value));
                    reasons.add(self.voice.undecided(path, &what));
                }
            }
        }
    }
}

/// The values of a shape that names them by `enum` or `const`, or is no more than a boolean or null.
pub(super) fn values_of(
    document: Document<'_>,
    shape: &Shape<'_>,
    steps: &mut Steps,
) -> Option<Vec<Value>> {
    let few = Types::BOOLEAN.or(Types::NULL);
    let named = shape.maps.iter().find_map(|map| {
        let allowed = fixed_values("const", map).map(|value| vec![value.clone()]);
        allowed.or_else(|| Some(fixed_values("enum", map)?.as_array()?.clone()))
    });
    let values = match named {
        Some(values) => values,
        None if shape.types.without(few).is_none() => {
            vec![Value::Null, Value::Bool(true), Value::Bool(false)]
        }
        None => return None,
    };
    let mut allowed = Vec::new();
    for value in values {
        let typed = shape.types.has(Types::of_value(&value));
        let refused =
            |map: &&Map<String, Value>| admits_map(document, map, &value, steps) == Some(false);
        if typed && !shape.maps.iter().any(refused) {
            allowed.push(value);
        }
    }
    Some(allowed)
}

/// Whether a schema allows a value; nothing when that takes words that are not judged here.
pub(super) fn admits(
    document: Document<'_>,
    schema: &Value,
    value: &Value,
    steps: &mut Steps,
) -> Option<bool> {
    let judged = match schema {
        Value::Bool(all) => Some(*all),
        Value::Object(map) if steps.enter() => admits_map(document, map, value, steps),
        _ => None,
    };
    if schema.is_object() {
        steps.leave();
    }
    judged
}

pub(super) fn admits_map(
    document: Document<'_>,
    map: &Map<String, Value>,
    value: &Value,
    steps: &mut Steps,
) -> Option<bool> {
    if !steps.take() {
        return None;
    }
    let mut all = All(Some(true));
    if let Some(Value::String(reference)) = map.get("$ref") {
        all.and(match document.resolve(reference) {
            Some(target) => admits(document, target, value, steps),
            None => None,
        });
        if document.references_stand_alone() {
            return all.0;
        }
    }
    all.and(Some(Types::of_schema(map).has(Types::of_value(value))));
    if let Some(Value::Array(allowed)) = map.get("enum") {
        all.and(Some(
            allowed.iter().any(|one| steps.take() && equal(one, value)),
        ));
    }
    if let Some(one) = map.get("const") {
        all.and(Some(equal(one, value)));
    }
    all.and(Some(within_bounds(map, value) && within_sizes(map, value)));
    let not_judged = NOT_JUDGED.iter().any(|(types, words)| {
        types.has(Types::of_value(value)) && words.iter().any(|word| map.contains_key(*word))
    });
    if not_judged {
        all.and(None);
    }
    for schema in list(map, "allOf") {
        all.and(admits(document, schema, value, steps));
    }
    for (word, most) in [("anyOf", usize::MAX), ("oneOf", 1)] {
        if map.get(word).is_some_and(Value::is_array) {
            let branches = list(map, word).iter();
            let judged: Vec<_> = branches
                .map(|branch| admits(document, branch, value, steps))
                .collect();
            let fits = judged.iter().filter(|fit| **fit == Some(true)).count();
            let sure = judged.iter().all(Option::is_some);
            all.and((sure || (most > 1 && fits > 0)).then_some(fits > 0 && fits <= most));
        }
    }
    if let Some(not) = map.get("not") {
        all.and(admits(document, not, value, steps).map(|fits| !fits));
    }
    all.and(admits_members(document, map, value, steps));
    all.0
}

fn admits_members(
    document: Document<'_>,
    map: &Map<String, Value>,
    value: &Value,
    steps: &mut Steps,
) -> Option<bool> {
    let mut all = All(Some(true));
    match value {
        Value::Object(members) => {
            for name in list(map, "required").iter().filter_map(Value::as_str) {
                all.and(Some(members.contains_key(name)));
            }
            for (name, member) in members {
                let own = map.get("properties").and_then(|fields| fields.get(name));
                // Beside patterns, one of them may speak of the field instead.
                let others = map.get("additionalProperties");
                let others = others.filter(|_| !map.contains_key("patternProperties"));
                if let Some(schema) = own.or(others) {
                    all.and(admits(document, schema, member, steps));
                }
            }
        }
        Value::Array(items) => {
            if map.get("items").is_some_and(Value::is_array) {
                return None;
            }
            let places = list(map, "prefixItems");
            for (index, item) in items.iter().enumerate() {
                if let Some(schema) = places.get(index).or_else(|| map.get("items")) {
                    all.and(admits(document, schema, item, steps));
                }
            }
        }
        _ => {}
    }
    all.0
}

/// A conjunction of answers: one no decides, one unknown leaves the rest unknown.
struct All(Option<bool>);

impl All {
    fn and(&mut self, answer: Option<bool>) {
        self.0 = match (self.0, answer) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (None, _) | (_, None) => None,
            _ => Some(true),
        };
    }
}

pub(super) fn list<'m>(map: &'m Map<String, Value>, word: &str) -> &'m [Value] {
    match map.get(word) {
        Some(Value::Array(items)) => items,
        _ => &[],
    }
}

/// The least and the most that a pair of words allows.
pub(super) fn limits(map: &Map<String, Value>, least: &str, most: &str) -> (u64, Option<u64>) {
    let read = |word| map.get(word).and_then(count);
    (read(least).unwrap_or(0), read(most))
}
