//! Small schemas, changes of them, and values to try them with.

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use serde_json::{Map, Value, json};

fn leaf_value() -> impl Strategy<Value = Value> {
    select(vec![
        json!(null),
        json!(true),
        json!(false),
        json!(-1),
        json!(0),
        json!(1),
        json!(2.0),
        json!(1.5),
        json!(3),
        json!(""),
        json!("x"),
        json!("yy"),
        json!([]),
        json!({}),
    ])
}

pub(super) fn instance() -> impl Strategy<Value = Value> {
    leaf_value().prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::btree_map(select(vec!["a", "b", "c"]), inner, 0..3)
                .prop_map(|members| json!(members)),
        ]
    })
}

const TYPES: &[&str] = &[
    "null", "boolean", "object", "array", "string", "integer", "number",
];

/// One word or two with what they say.
fn words(inner: impl Strategy<Value = Value> + Clone + 'static) -> BoxedStrategy<Value> {
    let names = || subsequence(vec!["a", "b", "c"], 0..3);
    let several = prop::collection::vec(inner.clone(), 1..3);
    let bound = -1i32..4;
    let fields = prop::collection::btree_map(select(vec!["a", "b", "c"]), inner.clone(), 1..3);
    prop_oneof![
        3 => subsequence(TYPES.to_vec(), 1..4).prop_map(|types| json!({"type": types})),
        3 => select(TYPES.to_vec()).prop_map(|name| json!({"type": name})),
        2 => prop::collection::vec(leaf_value(), 1..4).prop_map(|values| json!({"enum": values})),
        1 => leaf_value().prop_map(|value| json!({"const": value})),
        1 => bound.clone().prop_map(|at| json!({"minimum": at})),
        1 => bound.clone().prop_map(|at| json!({"maximum": at})),
        1 => bound.clone().prop_map(|at| json!({"exclusiveMinimum": at})),
        1 => bound.prop_map(|at| json!({"type": "integer", "exclusiveMaximum": f64::from(at) + 0.5})),
        1 => (1u8..4).prop_map(|step| json!({"multipleOf": step})),
        1 => (0u8..3).prop_map(|length| json!({"minLength": length, "minItems": length})),
        1 => (0u8..3).prop_map(|length| json!({"maxLength": length, "maxProperties": length})),
        1 => (0u8..3).prop_map(|length| json!({"maxItems": length, "minProperties": length / 2})),
        1 => select(vec!["^x", "y", ""]).prop_map(|pattern| json!({"pattern": pattern})),
        1 => any::<bool>().prop_map(|unique| json!({"uniqueItems": unique})),
        1 => names().prop_map(|names| json!({"required": names})),
        3 => (fields.clone(), names())
            .prop_map(|(fields, names)| json!({"properties": fields, "required": names})),
        2 => (fields.clone(), inner.clone())
            .prop_map(|(fields, other)| json!({"properties": fields, "additionalProperties": other})),
        2 => fields.prop_map(|fields| json!({"properties": fields, "additionalProperties": false})),
        1 => inner.clone().prop_map(|own| json!({"patternProperties": {"^[ab]": own}, "additionalProperties": false})),
        1 => inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
        1 => (several.clone(), inner.clone())
            .prop_map(|(places, items)| json!({"prefixItems": places, "items": items})),
        1 => several.clone().prop_map(|places| json!({"prefixItems": places, "items": false})),
        2 => several.clone().prop_map(|branches| json!({"anyOf": branches})),
        2 => several.clone().prop_map(|branches| json!({"oneOf": branches})),
        1 => several.prop_map(|parts| json!({"allOf": parts})),
        1 => inner.clone().prop_map(|not| json!({"not": not})),
        1 => inner.prop_map(|items| json!({"contains": items})),
        1 => Just(json!({"dependentRequired": {"a": ["b"]}})),
        1 => Just(json!({"$ref": "#/$defs/t"})),
        1 => Just(json!({"properties": {"a": {"$ref": "#"}}})),
    ]
    .boxed()
}

fn merged(parts: Vec<Value>) -> Value {
    let mut all = Map::new();
    for part in parts {
        if let Value::Object(words) = part {
            all.extend(words);
        }
    }
    Value::Object(all)
}

pub(super) fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        8 => words(Just(json!({"type": "string"}))),
        1 => any::<bool>().prop_map(Value::Bool),
    ];
    let inner = leaf.prop_recursive(2, 12, 3, |inner| {
        prop::collection::vec(words(inner), 1..3).prop_map(merged)
    });
    (inner.clone(), inner).prop_map(|(root, target)| {
        let mut root = merged(vec![root]);
        root["$defs"] = json!({"t": target});
        root
    })
}

/// Every place in a schema.
fn pointers(value: &Value) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = vec![(String::new(), value)];
    while let Some((at, value)) = rest.pop() {
        match value {
            Value::Object(members) => {
                let members = members.iter();
                rest.extend(members.map(|(name, member)| (format!("{at}/{name}"), member)));
            }
            Value::Array(items) => {
                let items = items.iter().enumerate();
                rest.extend(items.map(|(index, item)| (format!("{at}/{index}"), item)));
            }
            _ => {}
        }
        all.push(at);
    }
    all
}

/// A small change somewhere in a schema.
fn tweaked(schema: &Value, at: Index, how: u8, other: &Value) -> Value {
    let mut new = schema.clone();
    let pointers = pointers(schema);
    let pointer = at.get(&pointers);
    let Some(place) = new.pointer_mut(pointer) else {
        return new;
    };
    *place = match (place.clone(), how % 6) {
        (Value::Number(number), 0..=2) => json!(number.as_f64().unwrap_or(0.0) + 1.0),
        (Value::Number(number), _) => json!(number.as_f64().unwrap_or(0.0) - 1.0),
        (Value::Bool(flag), _) => json!(!flag),
        (Value::Array(mut items), 0..=2) => {
            items.pop();
            Value::Array(items)
        }
        (Value::Array(mut items), _) => {
            let more = match items.first() {
                Some(Value::String(_)) => json!("null"),
                _ => other.clone(),
            };
            items.push(more);
            Value::Array(items)
        }
        (Value::Object(mut members), 0..=2) => {
            let name = members
                .keys()
                .nth(usize::from(how / 6) % members.len().max(1))
                .cloned();
            name.map(|name| members.remove(&name));
            Value::Object(members)
        }
        (Value::Object(members), 3) => json!({"anyOf": [members, {"type": "null"}]}),
        (Value::Object(members), 4) => json!({"allOf": [members, other]}),
        (Value::Object(mut members), _) => {
            members.extend(other.as_object().cloned().unwrap_or_default());
            Value::Object(members)
        }
        (text, _) => text,
    };
    new
}

/// Old and new: two tweaks apart, or strangers.
pub(super) fn change() -> impl Strategy<Value = (Value, Value)> {
    let tweak = || (any::<Index>(), any::<u8>());
    (
        schema(),
        tweak(),
        prop::option::of(tweak()),
        schema(),
        0..8u8,
    )
        .prop_map(|(old, (at, how), second, other, stranger)| {
            if stranger == 0 {
                return (old, other);
            }
            let mut plain = other.clone();
            plain.as_object_mut().map(|words| words.remove("$defs"));
            let mut new = tweaked(&old, at, how, &plain);
            if let Some((at, how)) = second {
                new = tweaked(&new, at, how, &plain);
            }
            (old, new)
        })
}

/// A schema whose references neither lead to the root nor go round: a loop that never enters a value
/// means nothing, and under `not` a root that becomes narrower becomes wider.
pub(super) fn straight_schema() -> impl Strategy<Value = Value> {
    schema().prop_filter("goes round", |schema| {
        let loops = schema["$defs"].to_string().contains("$ref");
        !loops && !schema.to_string().contains(r##""#""##)
    })
}

/// Words of JSON Schema with anything behind them.
pub(super) fn any_json() -> impl Strategy<Value = Value> {
    let words = vec![
        "$defs",
        "$ref",
        "$id",
        "$schema",
        "type",
        "enum",
        "const",
        "properties",
        "required",
        "additionalProperties",
        "patternProperties",
        "items",
        "prefixItems",
        "anyOf",
        "oneOf",
        "allOf",
        "not",
        "if",
        "then",
        "minimum",
        "exclusiveMinimum",
        "multipleOf",
        "maxLength",
        "minItems",
        "maxProperties",
        "uniqueItems",
        "pattern",
        "nullable",
        "dependencies",
    ];
    let references = select(vec![
        "#",
        "#/anyOf/0",
        "#/items",
        "#/$defs/a",
        "x://y",
        "null",
    ]);
    let leaf = prop_oneof![
        leaf_value(),
        references.prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            3 => prop::collection::btree_map(select(words.clone()), inner, 0..4)
                .prop_map(|members| json!(members)),
        ]
    })
}
