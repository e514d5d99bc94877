use super::*;
use serde_json::json;
use std::time::{Duration, Instant};

fn decided(old: &Value, new: &Value) -> String {
    let start = Instant::now();
    let change = compare(old, new, Use::ToolArguments);
    let took = start.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}");
    match change {
        SchemaChange::Breaks(reasons) => reasons.join("; "),
        other => format!("{other:?}"),
    }
}

#[test]
fn deep_schemas_are_too_large_to_decide() {
    let mut deep = json!({"type": "string"});
    for _ in 0..120 {
        deep = json!({"items": deep});
    }
    assert_eq!(decided(&deep, &json!({})), TOO_LARGE);
    assert_eq!(decided(&json!({}), &deep), TOO_LARGE);
}

#[test]
fn wide_schemas_are_too_large_to_decide() {
    let values: Vec<usize> = (0..30_000).collect();
    assert_eq!(decided(&json!({"enum": values}), &json!({})), TOO_LARGE);
    let one: Vec<usize> = (0..9_000).collect();
    let other: Vec<usize> = (0..9_000).rev().chain([10_000]).collect();
    let fields = |values| json!({"properties": {"a": {"enum": values}}});
    assert_eq!(decided(&fields(one), &fields(other)), TOO_LARGE);
}

#[test]
fn alternatives_beside_alternatives_end() {
    let branches = |from: usize| -> Vec<Value> {
        let lengths = from..from + 12;
        lengths.map(|length| json!({"minLength": length})).collect()
    };
    let product: Vec<Value> = (0..12)
        .map(|from| json!({"anyOf": branches(from)}))
        .collect();
    let schema = |last: Value| json!({"properties": {"a": {"allOf": product, "maxLength": last}}});
    let said = decided(&schema(json!(40)), &schema(json!(41)));
    assert!(said.contains("maxLength") || said == TOO_LARGE, "{said}");
    let unlike = decided(
        &json!({"properties": {"a": {"const": "x"}}}),
        &schema(json!(40)),
    );
    assert!(!unlike.is_empty());
    let nested = |leaf: Value| {
        (0..7).fold(leaf, |inner, _| {
            json!({"oneOf": [{"properties": {"a": inner}}, {"properties": {"b": inner}}, {"items": inner}]})
        })
    };
    decided(
        &nested(json!({"type": "string"})),
        &nested(json!({"type": "number"})),
    );
}

#[test]
fn many_parts_and_long_lists_end() {
    let parts = |kind: &str| -> Vec<Value> {
        let names = (0..4_000).map(|index| format!("f{index}"));
        names
            .map(|name| json!({"properties": {name: {"type": kind}}}))
            .collect()
    };
    let all = |kind: &str| json!({"allOf": parts(kind)});
    assert_eq!(decided(&all("string"), &all("number")), TOO_LARGE);
    let any = |kind: &str| json!({"anyOf": parts(kind)});
    decided(&any("string"), &any("number"));
    let values: Vec<usize> = (0..9_000).collect();
    let lengths: Vec<Value> = (0..20).map(|length| json!({"minLength": length})).collect();
    let product = json!({"allOf": vec![json!({"anyOf": lengths}); 20]});
    let fields = |inner: Value| json!({"properties": {"a": inner}});
    decided(&fields(json!({"enum": values})), &fields(product.clone()));
    decided(&fields(product), &fields(json!({"enum": values})));
}

#[test]
fn references_that_branch_and_return_end() {
    let tree = |kind: &str, count: usize| {
        let name = |index: usize| format!("#/$defs/n{}", index % count);
        let node = |index: usize| {
            json!({"type": ["object", kind], "properties": {
                "a": {"$ref": name(index + 1)}, "b": {"$ref": name(index * 2)}, "c": {"$ref": name(index * 3 + 1)}}})
        };
        let nodes: serde_json::Map<String, Value> = (0..count)
            .map(|index| (format!("n{index}"), node(index)))
            .collect();
        json!({"$defs": nodes, "$ref": "#/$defs/n0"})
    };
    assert_eq!(decided(&tree("null", 3), &tree("null", 3)), "Wording");
    for count in [17, 90, 400] {
        let said = decided(&tree("null", count), &tree("string", count + 1));
        assert!(
            said.contains("may now be a string") || said == TOO_LARGE,
            "{said}"
        );
    }
}

#[test]
fn reasons_are_bounded_in_number_and_length() {
    let fields = |kind: &str| {
        let name = |index: usize| format!("field {index} {}", "long ".repeat(100));
        let all: serde_json::Map<String, Value> = (0..200)
            .map(|index| (name(index), json!({"type": kind})))
            .collect();
        json!({"properties": all})
    };
    let SchemaChange::Breaks(reasons) = compare(&fields("string"), &fields("null"), Use::Output)
    else {
        panic!("it breaks");
    };
    assert!(reasons.len() < 50, "{}", reasons.len());
    assert!(reasons.iter().all(|reason| reason.len() < 400));
}

#[test]
fn the_reasons_of_a_tool_say_which_way_it_breaks() {
    let before = json!({"properties": {"order_id": {"type": "string"}, "day": {"maximum": 31}}});
    let after = json!({"properties": {"order_id": {"type": ["string", "null"]}, "day": {"maximum": 7}}, "required": ["order_id"]});
    let SchemaChange::Breaks(reasons) = compare(&before, &after, Use::ToolArguments) else {
        panic!("it breaks");
    };
    assert_eq!(
        reasons,
        [
            "$.order_id became required: calls made before lack it",
            "$.order_id may now be null: an application that expects string breaks",
            "`maximum` of $.day went from 31 to 7: calls made before that hold larger numbers are refused",
        ]
    );
}
