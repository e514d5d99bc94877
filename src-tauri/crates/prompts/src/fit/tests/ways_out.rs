//! What is asked for when trimming is not enough.

use super::*;
use serde_json::json;

#[test]
fn escalation_says_where_to_and_is_within_its_own_cap() {
    let when = "when_over: {escalate: {model: 'openai:gpt-4.1', max_tokens_in: 2000}}";
    let spec = prompt(
        "[v]",
        &format!("{{max_tokens_in: 100, {when}}}"),
        "user:\n{{ v }}",
    );
    let values = map(&json!({"v": words(500)}));
    let Fit::Escalate {
        model,
        max_tokens_in,
        tokens,
    } = fit(&spec, &values, ENCODING).unwrap()
    else {
        panic!("it is too long");
    };
    assert_eq!((model.as_str(), max_tokens_in), ("openai:gpt-4.1", 2_000));
    let there = fit_within(&spec, &values, ENCODING, max_tokens_in).unwrap();
    assert_eq!(
        (there.request.tokens_in_estimated, there.trimmed.len()),
        (tokens, 0)
    );
    let longer = map(&json!({"v": words(5_000)}));
    assert!(matches!(
        fit_within(&spec, &longer, ENCODING, max_tokens_in),
        Err(PromptError::OverBudget { .. })
    ));
    let smaller = when.replace("2000", "100");
    let spec = prompt(
        "[v]",
        &format!("{{max_tokens_in: 100, {smaller}}}"),
        "user:\n{{ v }}",
    );
    assert!(
        fit(&spec, &values, ENCODING).is_err(),
        "a cap that is no larger is no way out"
    );
}

#[test]
fn a_summary_may_be_as_long_as_the_rest_leaves_room_for() {
    let when = "when_over: {summarise: {variable: v, prompt: shorten@1.0.0}}";
    let budget = format!("{{max_tokens_in: 100, {when}}}");
    let spec = prompt(
        "[v, {name: w, default: ''}]",
        &budget,
        "user:\n{{ w }} Text: {{ v }}",
    );
    let values = map(&json!({"v": words(500)}));
    let Fit::Summarise {
        variable,
        prompt: by,
        tokens_before,
        tokens_allowed,
    } = fit(&spec, &values, ENCODING).unwrap()
    else {
        panic!("it is too long");
    };
    assert_eq!((variable.as_str(), by.as_str()), ("v", "shorten@1.0.0"));
    assert_eq!(tokens_before, count(ENCODING, &words(500)));
    let summary = plumbline_tokens::fit_text(
        ENCODING,
        &words(500),
        tokens_allowed,
        plumbline_tokens::TextCut::Tail,
    )
    .start
    .to_owned();
    assert!(
        tokens_allowed > 80
            && fit_within(&spec, &map(&json!({"v": summary})), ENCODING, 100).is_ok()
    );
    let no_room = map(&json!({"v": words(500), "w": words(500)}));
    assert!(fit(&spec, &no_room, ENCODING).is_err());
    let list = prompt("[{name: v, type: array}]", &budget, "user:\n{{ v }}");
    let items = map(&json!({"v": (0..500).collect::<Vec<_>>()}));
    assert!(
        fit(&list, &items, ENCODING).is_err(),
        "a summary is no list"
    );
}
