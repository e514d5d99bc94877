//! Lists, objects and texts that are JSON.

use super::*;
use serde_json::json;

#[test]
fn a_template_that_needs_an_item_keeps_one_or_is_refused() {
    let body = "user:\nFirst: {{ v[0].t }}\n{% for item in v %}{{ item.t }}\n{% endfor %}";
    let items: Vec<Value> = (0..50)
        .map(|n| json!({"t": format!("the text number {n}"), "score": n}))
        .collect();
    let spec = |cap: u32| {
        prompt(
            "[{name: v, trim: items}]",
            &format!("{{max_tokens_in: {cap}}}"),
            body,
        )
    };
    let kept = fitted(&spec(30), &json!({ "v": items })).unwrap();
    assert!(
        text(&kept).starts_with("First: the text number 4"),
        "{}",
        text(&kept)
    );
    assert!(fitted(&spec(5), &json!({ "v": items })).is_err());
}

#[test]
fn the_lowest_scores_go_first_and_no_score_is_lower_still() {
    let filler = "some words about it";
    let item = |name: &str, score: Value| json!({"name": name, "rank": score, "text": filler});
    let values = json!({"v": [
        item("a", json!(0.5)),
        item("b", json!("0.99")),
        item("c", json!(-3)),
        item("d", json!(null)),
        item("e", json!(9)),
        json!({"name": "f", "text": filler}),
        item("g", json!(0.5)),
    ]});
    let order = "f d b c g a e";
    let mut kept_before = usize::MAX;
    for cap in (8..200).rev() {
        let budget = format!("{{max_tokens_in: {cap}}}");
        let spec = prompt(
            "[{name: v, trim: {policy: items, score: rank}}]",
            &budget,
            "user:\n{{ v | tojson }}",
        );
        let Ok(fitted) = fitted(&spec, &values) else {
            break;
        };
        let items: Vec<Value> = serde_json::from_str(&text(&fitted)).unwrap();
        let names: Vec<&str> = items
            .iter()
            .map(|item| item["name"].as_str().unwrap())
            .collect();
        let stays: Vec<&str> = order.split(' ').skip(7 - names.len()).collect();
        let whole = ["a", "b", "c", "d", "e", "f", "g"];
        let expected: Vec<&str> = whole
            .into_iter()
            .filter(|name| stays.contains(name))
            .collect();
        assert_eq!(names, expected);
        assert!(names.len() <= kept_before);
        kept_before = names.len();
    }
    assert!(kept_before <= 1);
}

#[test]
fn a_list_under_any_policy_loses_whole_items_from_where_it_says() {
    let values = json!({"v": (100..200).collect::<Vec<_>>()});
    let cases = [("head", "199]"), ("tail", "[100,"), ("items", "[100,")];
    for (policy, has) in cases {
        let variables = format!("[{{name: v, trim: {policy}}}]");
        let spec = prompt(&variables, "{max_tokens_in: 60}", "user:\n{{ v | tojson }}");
        let fitted = fitted(&spec, &values).unwrap();
        assert!(text(&fitted).contains(has), "{policy}: {}", text(&fitted));
    }
    let spec = prompt(
        "[{name: v, trim: middle}]",
        "{max_tokens_in: 60}",
        "user:\n{{ v | tojson }}",
    );
    let middle = text(&fitted(&spec, &values).unwrap());
    assert!(
        middle.starts_with("[100,") && middle.ends_with(",199]"),
        "{middle}"
    );
}

#[test]
fn a_text_that_is_json_stays_json_under_every_policy() {
    let array = json!(
        (0..300)
            .map(|n| json!({"n": n, "t": "a \"quoted, text\""}))
            .collect::<Vec<_>>()
    );
    let object: Map<String, Value> = (0..300).map(|n| (format!("key{n}"), json!([n]))).collect();
    let lines: String = (0..300).map(|n| format!("{{\"n\": {n}}}\n")).collect();
    for policy in ["head", "tail", "middle", "items"] {
        let variables = format!("[{{name: v, trim: {policy}}}]");
        let spec = prompt(&variables, "{max_tokens_in: 200}", "user:\n{{ v }}");
        for value in [
            array.to_string(),
            serde_json::to_string_pretty(&array).unwrap(),
            json!(object).to_string(),
        ] {
            let fitted = fitted(&spec, &json!({ "v": value })).unwrap();
            let kept: Value = serde_json::from_str(&text(&fitted)).unwrap();
            let left = kept
                .as_array()
                .map(Vec::len)
                .or(kept.as_object().map(Map::len))
                .unwrap() as u64;
            assert!(left > 0);
            assert_eq!(fitted.trimmed[0].items_dropped, Some(300 - left));
        }
        let fitted = fitted(&spec, &json!({ "v": lines })).unwrap();
        for line in text(&fitted).lines() {
            serde_json::from_str::<Value>(line).unwrap();
        }
        assert!(fitted.trimmed[0].items_dropped.is_some());
    }
}

#[test]
fn a_plain_text_has_no_items_and_is_refused_rather_than_cut() {
    let spec = prompt(
        "[{name: v, trim: items}]",
        "{max_tokens_in: 100}",
        "user:\n{{ v }}",
    );
    assert!(fitted(&spec, &json!({"v": words(500)})).is_err());
}
