use super::*;
use plumbline_model::ToolCall;
use serde_json::{Value, json};

fn kind(a: &str, b: &str) -> String {
    let kinds: Vec<String> = kinds_of((a, &[]), (b, &[]))
        .iter()
        .filter(|kind| !matches!(kind, ChangeKind::Edit(_)))
        .map(ToString::to_string)
        .collect();
    kinds.join(" ")
}

#[test]
fn each_kind_has_its_example() {
    let long = "The invoice was paid twice, so we returned the second payment to your card.";
    for (a, b, expected) in [
        ("{\"a\":1}", "{ \"a\": 1 }", "formatting"),
        ("**Yes**, sure.", "yes sure", "formatting"),
        (
            "{\"l\":\"x\",\"n\":1}",
            "{\"l\":\"y\",\"n\":1}",
            "json_field:$.l",
        ),
        (
            "[{\"p\":1},{\"p\":2}]",
            "[{\"p\":3},{\"p\":4}]",
            "json_field:$[*].p",
        ),
        (
            "It costs 1,200.50 in total today",
            "It costs 99 in total today",
            "number",
        ),
        ("billing", "technical", "label"),
        (
            long,
            "I\u{2019}m sorry, but I can\u{2019}t help with that.",
            "refusal_appeared",
        ),
        ("I cannot assist with this.", long, "refusal_disappeared"),
        (
            long,
            "Paid twice; the second payment was returned.",
            "shorter_2x",
        ),
        (
            "Paid twice; the second payment was returned.",
            long,
            "longer_2x",
        ),
        (long, "", "empty"),
        (
            long,
            "The invoice was paid two times, therefore we gave the second payment back to the card.",
            "wording",
        ),
    ] {
        assert_eq!(kind(a, b), expected, "{a} => {b}");
    }
}

#[test]
fn a_moved_decimal_point_or_a_sign_is_no_formatting() {
    assert_eq!(
        kind(
            "costs 1.5 per item and per day",
            "costs 15 per item and per day"
        ),
        "number"
    );
    assert_ne!(kind("-5", "5"), "formatting");
}

#[test]
fn other_tool_arguments_outweigh_the_text_and_ids_do_not_count() {
    let call = |id: &str, n: i64| ToolCall {
        id: id.into(),
        name: "f".into(),
        arguments: json!({"n": n}),
    };
    assert_eq!(
        kinds_of(("a", &[call("1", 1)]), ("a", &[call("2", 2)])),
        [ChangeKind::ToolCall]
    );
    assert!(same_calls(&[call("1", 1)], &[call("2", 1)]));
}

#[test]
fn many_changed_fields_are_one_kind() {
    let a: Value = (0..9).map(|i| (format!("k{i}"), json!(i))).collect();
    let b: Value = (0..9).map(|i| (format!("k{i}"), json!(i + 1))).collect();
    assert_eq!(kind(&a.to_string(), &b.to_string()), "json_field:$");
}

#[test]
fn what_was_lost_of_a_json_answer_is_told_by_its_path() {
    let a = r#"{"label":"x","tags":[{"id":1,"n":2}],"why":"so"}"#;
    for (b, expected) in [
        (
            r#"{"label":"x","tags":[{"id":1,"n":2}]}"#,
            "field_lost:$.why",
        ),
        (
            r#"{"label":"x","tags":[{"id":1}],"why":"so"}"#,
            "field_lost:$.tags[*].n",
        ),
        (
            r#"{"label":"x","tags":[{"id":1,"n":"2"}],"why":"so"}"#,
            "field_type:$.tags[*].n",
        ),
        (
            r#"{"label":null,"tags":[{"id":1,"n":2}],"why":"so"}"#,
            "field_type:$.label",
        ),
        (
            r#"{"label":"x","tags":[{"id":1,"n":2}],"why":"so","new":1}"#,
            "field_added:$.new",
        ),
        ("The label is x, and there is one tag.", "json_lost"),
    ] {
        assert_eq!(kind(a, b), expected, "{b}");
    }
    assert_eq!(kind("The label is x.", a), "json_appeared");
}

#[test]
fn a_value_that_took_the_place_of_another_is_an_edit_at_its_path() {
    let kinds = kinds_of(
        (r#"{"label":"billing"}"#, &[]),
        (r#"{"label":"other"}"#, &[]),
    );
    let told: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["json_field:$.label", r#"edit:$.label "billing" → "other""#]
    );
}

#[test]
fn another_language_a_lost_fact_and_white_space_are_told_apart() {
    let english =
        "Your parcel left our warehouse this morning and will arrive at your door tomorrow.";
    let german =
        "Ihr Paket hat heute Morgen unser Lager verlassen und wird morgen bei Ihnen eintreffen.";
    assert_eq!(kind(english, german), "language:deu");
    assert_eq!(
        kind(
            "Order ORD-77 will arrive at your door on 2026-11-30.",
            "The parcel will arrive at your door by the end of this month."
        ),
        "fact_missing"
    );
    assert_eq!(kind("one two", "one\u{a0} two\n"), "whitespace");
    assert_eq!(kind("ﬁne", "fine"), "whitespace");
    assert_eq!(kind("fi\u{200b}ne", "fine"), "whitespace");
}
