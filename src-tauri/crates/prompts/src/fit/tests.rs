mod any_value;
mod items;
mod sections;
mod ways_out;

use super::*;
use crate::{check_budget, parse, render};
use plumbline_model::TrimRule;
use plumbline_tokens::count;
use serde_json::json;

const ENCODING: Encoding = Encoding::O200kBase;

fn prompt(variables: &str, budget: &str, body: &str) -> PromptSpec {
    let text = format!(
        "---\nname: a\nversion: 1.0.0\nvariables: {variables}\nbudget: {budget}\n---\n{body}"
    );
    parse(&text).unwrap()
}

fn map(values: &Value) -> Map<String, Value> {
    values.as_object().unwrap().clone()
}

/// Fits, and looks that whatever fits is within the cap and every cut is stated.
fn fitted(spec: &PromptSpec, values: &Value) -> Result<Fitted, PromptError> {
    let values = map(values);
    let Fit::Fits(fitted) = fit(spec, &values, ENCODING)? else {
        panic!("neither escalation nor summary was allowed");
    };
    let cap = spec.budget.max_tokens_in.unwrap_or(u64::MAX);
    let counted = plumbline_tokens::count_request(ENCODING, &fitted.request.request);
    assert_eq!(counted, fitted.request.tokens_in_estimated);
    assert!(counted <= cap, "{counted} of {cap}");
    check_budget(&fitted.request, &spec.budget).unwrap();
    let whole = render(spec, &values).unwrap();
    assert_eq!(fitted.trimmed.is_empty(), whole == fitted.request.request);
    for cut in &fitted.trimmed {
        assert!(cut.tokens_after < cut.tokens_before, "{cut:?}");
    }
    Ok(*fitted)
}

fn text(fitted: &Fitted) -> String {
    let messages = fitted.request.request.messages.iter();
    messages.map(|message| message.content.text()).collect()
}

fn words(number: usize) -> String {
    (0..number).map(|n| format!("word{n} ")).collect()
}

#[test]
fn what_fits_is_left_as_it_is() {
    let spec = prompt(
        "[{name: v, trim: tail}]",
        "{max_tokens_in: 1000}",
        "user:\n{{ v }}",
    );
    let fitted = fitted(&spec, &json!({"v": words(100)})).unwrap();
    assert_eq!(fitted.trimmed, []);
    assert_eq!(text(&fitted), words(100));
    let uncapped = prompt("[{name: v, trim: tail}]", "{}", "user:\n{{ v }}");
    let values = map(&json!({"v": words(9_000)}));
    assert!(
        matches!(fit(&uncapped, &values, ENCODING), Ok(Fit::Fits(fitted)) if fitted.trimmed.is_empty())
    );
}

#[test]
fn each_policy_keeps_its_part_of_a_text_and_uses_the_budget() {
    let cases = [
        ("head", false, true),
        ("tail", true, false),
        ("middle", true, true),
    ];
    for (policy, first, last) in cases {
        let variables = format!("[{{name: v, trim: {policy}}}]");
        let spec = prompt(
            &variables,
            "{max_tokens_in: 400}",
            "user:\nRead this: {{ v }} Done.",
        );
        let fitted = fitted(&spec, &json!({"v": words(3_000)})).unwrap();
        let text = text(&fitted);
        assert_eq!(text.contains("word0 "), first, "{policy}");
        assert_eq!(text.contains("word2999 "), last, "{policy}");
        assert!(text.starts_with("Read this: ") && text.ends_with(" Done."));
        assert!(fitted.request.tokens_in_estimated > 390, "{policy}");
        let [cut] = fitted.trimmed.as_slice() else {
            panic!("one cut: {:?}", fitted.trimmed);
        };
        assert_eq!(
            (cut.variable.as_deref(), cut.items_dropped),
            (Some("v"), None)
        );
        assert_eq!(cut.tokens_before, count(ENCODING, &words(3_000)));
    }
}

#[test]
fn a_cut_is_stated_in_the_words_of_the_command_line() {
    let spec = prompt(
        "[{name: v, trim: items}]",
        "{max_tokens_in: 30}",
        "user:\n{{ v }}",
    );
    let values = json!({"v": (0..20).map(|n| json!({"n": n})).collect::<Vec<_>>()});
    let fitted = fitted(&spec, &values).unwrap();
    let stated = serde_json::to_value(&fitted.trimmed).unwrap();
    let cut = &fitted.trimmed[0];
    assert_eq!(
        stated,
        json!([{
            "variable": "v",
            "policy": "items",
            "tokens_before": cut.tokens_before,
            "tokens_after": cut.tokens_after,
            "items_dropped": cut.items_dropped.unwrap(),
        }])
    );
}

#[test]
fn values_are_cut_in_the_order_of_the_list_and_the_next_only_when_needed() {
    let body = "user:\n{{ b }}\n{{ a }}";
    let list = "[{name: b, trim: tail}, {name: a, trim: tail}]";
    let values = json!({"a": words(200), "b": words(200)});
    let spec = prompt(list, "{max_tokens_in: 600}", body);
    let only_first = fitted(&spec, &values).unwrap();
    let names = |fitted: &Fitted| {
        fitted
            .trimmed
            .iter()
            .filter_map(|cut| cut.variable.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&only_first), ["b"]);
    let both = fitted(&prompt(list, "{max_tokens_in: 300}", body), &values).unwrap();
    assert_eq!(names(&both), ["b", "a"]);
    let swapped = "[{name: a, trim: tail}, {name: b, trim: tail}]";
    assert_eq!(
        names(&fitted(&prompt(swapped, "{max_tokens_in: 600}", body), &values).unwrap()),
        ["a"]
    );
}

#[test]
fn what_stays_in_any_case_stays_or_nothing_is_sent() {
    let variables = "[{name: a, trim: {policy: tail, keep_tokens: 100}}, {name: b, trim: head}]";
    let body = "user:\n{{ a }}\n{{ b }}";
    let values = json!({"a": words(500), "b": words(500)});
    let kept = fitted(&prompt(variables, "{max_tokens_in: 200}", body), &values).unwrap();
    assert!(kept.trimmed[0].tokens_after >= 100, "{:?}", kept.trimmed);
    let error = fitted(&prompt(variables, "{max_tokens_in: 100}", body), &values).unwrap_err();
    assert!(matches!(error, PromptError::OverBudget { .. }));
    assert!(
        error.to_string().contains("`a`, `b` cut as far as allowed"),
        "{error}"
    );
}

#[test]
fn without_a_policy_too_long_is_refused() {
    let spec = prompt("[v]", "{max_tokens_in: 100}", "user:\n{{ v }}");
    assert!(matches!(
        fitted(&spec, &json!({"v": words(500)})),
        Err(PromptError::OverBudget { .. })
    ));
    let zero = prompt(
        "[{name: v, trim: tail}]",
        "{max_tokens_in: 0}",
        "user:\n{{ v }}",
    );
    for value in [
        json!(""),
        json!(words(500)),
        json!([]),
        json!({}),
        json!(null),
        json!(3),
    ] {
        assert!(matches!(
            fitted(&zero, &json!({"v": value})),
            Err(PromptError::OverBudget { .. })
        ));
    }
}

#[test]
fn a_value_that_is_used_twice_or_filtered_is_measured_as_it_is_sent() {
    let bodies = [
        "user:\n{{ v }}\n{{ v }}\n{{ v }}",
        "user:\n{{ v | upper }}",
        "user:\n{% for _ in range(5) %}{{ v | replace('word', 'Donaudampfschiff ') }}{% endfor %}",
        "user:\n{% if v | length > 3000 %}{{ v }}{{ v }}{% else %}{{ v }}{% endif %}",
        "user:\n{{ v | tojson }}",
        "system:\n{{ v }}\n\nuser:\nSum up: {{ v }}",
    ];
    for body in bodies {
        let spec = prompt("[{name: v, trim: middle}]", "{max_tokens_in: 900}", body);
        let fitted = fitted(&spec, &json!({"v": words(2_000)})).unwrap();
        assert!(
            fitted.request.tokens_in_estimated > 600,
            "{body}: {}",
            fitted.request.tokens_in_estimated
        );
    }
}

#[test]
fn a_value_that_takes_nothing_off_when_shortened_stays_whole() {
    let spec = prompt(
        "[{name: a, trim: tail}, {name: b, trim: tail}]",
        "{max_tokens_in: 100}",
        "user:\n{{ a | length > 0 }}{{ b }}",
    );
    let fitted = fitted(&spec, &json!({"a": words(300), "b": words(300)})).unwrap();
    assert_eq!(fitted.trimmed.len(), 1);
    assert_eq!(fitted.trimmed[0].variable.as_deref(), Some("b"));
}

#[test]
fn the_rule_of_each_policy_is_named_as_the_policy() {
    for policy in ["head", "tail", "middle", "items"] {
        let policy: plumbline_model::TrimPolicy = serde_json::from_value(json!(policy)).unwrap();
        assert_eq!(json!(TrimRule::from(policy)), json!(policy));
    }
}

#[test]
fn a_fitter_fits_again_and_again_what_one_fitting_gives() {
    let spec = prompt(
        "[{name: v, trim: tail}]",
        "{max_tokens_in: 60}",
        "user:\n{{ v }}",
    );
    let mut fitter = Fitter::new(Arc::new(spec.clone()), ENCODING).unwrap();
    for number in [5, 500, 40, 500] {
        let values = map(&json!({ "v": words(number) }));
        assert_eq!(fitter.fit(&values), fit(&spec, &values, ENCODING));
    }
}

#[test]
#[ignore = "a measurement: run with --release --ignored --nocapture"]
fn what_fitting_costs_beside_counting() {
    let spec = prompt(
        "[{name: v, trim: middle}]",
        "{max_tokens_in: 20000}",
        "user:\n{{ v }}",
    );
    let long = words(50_000);
    let values = map(&json!({ "v": long }));
    let mut fitter = Fitter::new(Arc::new(spec.clone()), ENCODING).unwrap();
    let timed = |what: &str, work: &mut dyn FnMut()| {
        let mut times: Vec<_> = (0..21)
            .map(|_| {
                let begun = std::time::Instant::now();
                work();
                begun.elapsed()
            })
            .collect();
        times.sort();
        eprintln!("{what}: {:?}", times[times.len() / 2]);
    };
    timed("count of the value", &mut || {
        std::hint::black_box(count(ENCODING, &long));
    });
    timed("assemble", &mut || {
        std::hint::black_box(crate::assemble(&spec, &values, ENCODING)).unwrap();
    });
    timed("fit to a tenth", &mut || {
        std::hint::black_box(fitter.fit(&values)).unwrap();
    });
}
