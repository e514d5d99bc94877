//! Values of any kind, hostile ones among them.

use super::*;
use proptest::prelude::*;
use serde_json::json;

#[test]
fn hostile_values_are_cut_or_refused_and_never_split() {
    let deep = format!("[{}1{}, 2]", "[".repeat(50_000), "]".repeat(50_000));
    let values = [
        json!("a".repeat(1_000_000)),
        json!(" ".repeat(1_000_000)),
        json!("7".repeat(1_000_000)),
        json!("\u{301}".repeat(500_000)),
        json!(deep),
        json!(
            (0..20_000)
                .map(|n| json!({"score": n % 7}))
                .collect::<Vec<_>>()
        ),
        json!(vec![
            json!({"role": "assistant", "tool_calls": [{"id": "x"}]});
            5_000
        ]),
        json!({"score": "NaN"}),
        json!(["x".repeat(300_000)]),
    ];
    for policy in ["middle", "items"] {
        let variables = format!("[{{name: v, trim: {policy}}}]");
        let spec = prompt(&variables, "{max_tokens_in: 500}", "user:\n{{ v }}");
        for value in &values {
            match fitted(&spec, &json!({ "v": value })) {
                Ok(_) | Err(PromptError::OverBudget { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// A conversation in which calls of tools and their results are wherever a list of numbers says.
fn conversation(kinds: &[u8]) -> Vec<Value> {
    let mut messages = Vec::new();
    for (at, kind) in kinds.iter().enumerate() {
        let text = format!("message {at} {}", "word ".repeat(usize::from(*kind)));
        let id = |n: u8| format!("call_{at}_{n}");
        match kind % 4 {
            0 => messages.push(json!({"role": "user", "content": text, "score": kind})),
            1 => messages.push(json!({"role": "assistant", "content": text})),
            more => {
                let calls: Vec<Value> = (1..more)
                    .map(|n| json!({"id": id(n), "name": "f"}))
                    .collect();
                messages.push(
                    json!({"role": "assistant", "content": "", "tool_calls": calls, "score": kind}),
                );
                for n in 1..more {
                    messages.push(json!({"role": "tool", "tool_call_id": id(n), "content": text}));
                }
            }
        }
    }
    messages
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_above_the_cap_comes_back(
        a in "(?s)(.{0,30}|[a-zA-Z' ]{0,60}|[一-龥]{0,20}){0,12}",
        b in proptest::collection::vec("\\PC{0,20}", 0..20),
        policies in proptest::array::uniform2(proptest::sample::select(vec!["head", "tail", "middle", "items"])),
        cap in 0_u64..200,
    ) {
        let variables = format!("[{{name: a, trim: {}}}, {{name: b, trim: {}}}]", policies[0], policies[1]);
        let body = "system:\n{{ a }}\n\nuser:\n{% for item in b %}- {{ item }}\n{% endfor %}{{ a | upper }}";
        let spec = prompt(&variables, &format!("{{max_tokens_in: {cap}}}"), body);
        let values = json!({"a": a, "b": b});
        let first = fitted(&spec, &values);
        prop_assert_eq!(&first, &fitted(&spec, &values));
        if let Err(error) = first {
            prop_assert!(matches!(error, PromptError::OverBudget { .. }), "{}", error);
        }
    }

    #[test]
    fn calls_of_tools_are_never_parted_from_their_results(
        kinds in proptest::collection::vec(0_u8..12, 0..16),
        policy in proptest::sample::select(vec!["head", "tail", "middle", "items"]),
        cap in 10_u64..300,
    ) {
        let all = conversation(&kinds);
        let variables = format!("[{{name: v, type: array, trim: {policy}}}]");
        let spec = prompt(&variables, &format!("{{max_tokens_in: {cap}}}"), "user:\n{{ v | tojson }}");
        let values = json!({ "v": all });
        if let Ok(fitted) = fitted(&spec, &values) {
            let kept: Vec<Value> = serde_json::from_str(&text(&fitted)).unwrap();
            let mut rest = all.iter();
            for item in &kept {
                prop_assert!(rest.any(|one| one == item), "whole and in order");
            }
            let ids = |member: &str| {
                let mut ids: Vec<String> = kept.iter().flat_map(|item| match &item[member] {
                    Value::Array(calls) => calls.iter().map(|call| call["id"].to_string()).collect(),
                    Value::String(_) => vec![item[member].to_string()],
                    _ => vec![],
                }).collect();
                ids.sort();
                ids
            };
            prop_assert_eq!(ids("tool_calls"), ids("tool_call_id"));
            let dropped = fitted.trimmed.first().map_or(0, |cut| cut.items_dropped.unwrap());
            prop_assert_eq!(dropped as usize, all.len() - kept.len());
        }
    }

    #[test]
    fn the_lowest_scores_are_dropped_and_one_item_more_would_be_too_long(
        scores in proptest::collection::vec(proptest::option::of(-5_i32..5), 1..24),
        cap in 20_u64..200,
    ) {
        let all: Vec<Value> = scores.iter().enumerate().map(|(at, score)| match score {
            Some(score) => json!({"at": at, "score": score, "t": "x ".repeat(at % 5)}),
            None => json!({"at": at, "t": "x ".repeat(at % 5)}),
        }).collect();
        let spec = prompt("[{name: v, trim: items}]", &format!("{{max_tokens_in: {cap}}}"), "user:\n{{ v | tojson }}");
        let fitted = fitted(&spec, &json!({ "v": all })).unwrap();
        let kept: Vec<Value> = serde_json::from_str(&text(&fitted)).unwrap();
        let key = |item: &Value| (item["score"].as_i64().unwrap_or(i64::MIN), -item["at"].as_i64().unwrap());
        let dropped: Vec<&Value> = all.iter().filter(|item| !kept.contains(item)).collect();
        if let (Some(best), Some(worst)) = (dropped.iter().copied().max_by_key(|item| key(item)), kept.iter().min_by_key(|item| key(item))) {
            prop_assert!(key(best) < key(worst));
        }
        if let Some(next) = dropped.iter().copied().max_by_key(|item| key(item)) {
            let more: Vec<&Value> = all.iter().filter(|item| kept.contains(item) || *item == next).collect();
            let request = render(&spec, &map(&json!({ "v": more }))).unwrap();
            prop_assert!(plumbline_tokens::count_request(ENCODING, &request) > cap);
        }
    }
}
