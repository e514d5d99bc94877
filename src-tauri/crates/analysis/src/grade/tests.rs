//! Grading as a whole: semantics that hold for every kind of check.

use super::*;
use plumbline_model::{AssertionKind, Usd};
use proptest::prelude::*;
use serde_json::json;

/// One row of scores that published implementations computed.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) answer: String,
    pub(super) reference: String,
    pub(super) scores: BTreeMap<String, f64>,
}

/// `fixtures/metrics/published_scores.jsonl`: its first line says how it was made.
pub(super) fn published_scores() -> Vec<Published> {
    let rows: Vec<Published> =
        include_str!("../../../../../fixtures/metrics/published_scores.jsonl")
            .lines()
            .skip(1)
            .map(|line| {
                let row: Value = serde_json::from_str(line).unwrap();
                let text = |name: &str| row[name].as_str().unwrap().to_owned();
                let scores = row["scores"].as_object().unwrap();
                Published {
                    answer: text("answer"),
                    reference: text("reference"),
                    scores: scores
                        .iter()
                        .map(|(name, score)| (name.clone(), score.as_f64().unwrap()))
                        .collect(),
                }
            })
            .collect();
    assert!(rows.len() > 10, "the scores were not found");
    rows
}

/// An answer and all that is known about it.
struct Known {
    completion: Completion,
    cost: Cost,
    origin: Origin,
    case: Case,
    output_schema: Option<Value>,
    opinions: Opinions,
}

impl Known {
    fn of(assertions: Vec<Assertion>, text: &str) -> Self {
        Self {
            completion: serde_json::from_value(json!({
                "status": "complete",
                "text": text,
                "usage": {"tokens_in": 10, "tokens_out": 5},
                "finish_reason": "stop",
                "latency_ms": 800.0,
            }))
            .unwrap(),
            cost: Cost {
                usd: "0.002".parse().ok(),
                ..Cost::default()
            },
            origin: Origin::Live,
            case: Case {
                key: "k".to_owned(),
                variables: serde_json::Map::new(),
                assertions,
                tags: BTreeMap::new(),
                request: None,
                tool_results: Vec::new(),
                source: None,
            },
            output_schema: None,
            opinions: Opinions::default(),
        }
    }

    fn grade(&self) -> Grade {
        let grader = Grader::default();
        let answer = Answer {
            completion: &self.completion,
            cost: &self.cost,
            origin: self.origin,
            case: &self.case,
            output_schema: self.output_schema.as_ref(),
            opinions: &self.opinions,
        };
        let grade = grader.grade(&answer);
        assert_eq!(grader.passed(&answer), grade.passed);
        grade
    }
}

fn assertion(value: Value) -> Assertion {
    serde_json::from_value(value).unwrap()
}

fn grade(value: Value, text: &str) -> Grade {
    Known::of(vec![assertion(value)], text).grade()
}

fn passed(value: Value, text: &str) -> Option<bool> {
    grade(value, text).passed
}

/// One assertion of every kind.
fn every_kind() -> Vec<Assertion> {
    let schema = json!({"type": "object", "required": ["a"]});
    [
        json!({"kind": "equals", "value": "a"}),
        json!({"kind": "contains", "value": "a"}),
        json!({"kind": "not_contains", "value": "a"}),
        json!({"kind": "contains_any", "values": ["a", "1"]}),
        json!({"kind": "contains_all", "values": ["a", "1"]}),
        json!({"kind": "starts_with", "value": "a"}),
        json!({"kind": "regex", "value": "^[a-z]+\\d"}),
        json!({"kind": "length", "unit": "words", "min": 1, "max": 3}),
        json!({"kind": "json_valid"}),
        json!({"kind": "json_schema", "schema": schema}),
        json!({"kind": "json_equals", "path": "$.a", "value": 1}),
        json!({"kind": "number", "value": 1.0, "tolerance": 0.5}),
        json!({"kind": "number", "path": "$.a", "value": 1.0}),
        json!({"kind": "levenshtein", "value": "abc", "max_distance": 2}),
        json!({"kind": "levenshtein", "value": "abc", "min_similarity": 0.5}),
        json!({"kind": "rouge_n", "value": "a 1 b", "n": 1, "min": 0.5}),
        json!({"kind": "bleu", "value": "a 1 b", "min": 0.5}),
        json!({"kind": "refusal"}),
        json!({"kind": "citation_in_context"}),
        json!({"kind": "tool_called", "name": "t"}),
        json!({"kind": "tool_arguments", "name": "t", "schema": schema}),
        json!({"kind": "latency_ms", "max": 900}),
        json!({"kind": "cost_usd", "max": "0.001"}),
        json!({"kind": "tokens", "of": "total", "max": 15}),
        json!({"kind": "finish_reason", "value": "length"}),
        json!({"kind": "rubric", "criteria": "kind", "judge": "openai:gpt-4.1"}),
        json!({"kind": "similar", "value": "a", "min": 0.8, "embedding": "openai:e"}),
    ]
    .into_iter()
    .map(assertion)
    .collect()
}

#[test]
fn json_checks_tolerate_one_fence_and_say_so() {
    let check = json!({"kind": "json_equals", "path": "$.n", "value": 1});
    let graded = grade(check.clone(), "```json\n{\"n\": 1.0}\n```");
    assert_eq!(graded.passed, Some(true));
    assert!(graded.outcomes[0].message.contains("fence"));
    assert_eq!(passed(check.clone(), "{\"n\": 2}"), Some(false));
    assert_eq!(passed(check.clone(), "{}"), Some(false));
    assert_eq!(passed(check, "n is 1"), Some(false));
}

#[test]
fn the_schema_decides_json_valid_and_names_the_place() {
    let schema = json!({"type": "object", "required": ["label"], "properties": {"label": {"enum": ["a", "b"]}}});
    let by_prompt = |text: &str| {
        let mut known = Known::of(vec![AssertionKind::JsonValid.into()], text);
        known.output_schema = Some(schema.clone());
        known.grade()
    };
    let own = |text: &str| grade(json!({"kind": "json_schema", "schema": schema}), text);
    for grade_of in [&by_prompt as &dyn Fn(&str) -> Grade, &own] {
        assert_eq!(grade_of("{\"label\": \"a\"}").passed, Some(true));
        let failed = grade_of("{\"label\": \"z\"}");
        assert_eq!(failed.passed, Some(false));
        let message = &failed.outcomes[0].message;
        assert!(message.contains("/label"), "{message}");
        assert_eq!(grade_of("{}").passed, Some(false));
        assert_eq!(grade_of("nope").passed, Some(false));
    }
}

#[test]
fn a_check_that_cannot_be_made_is_ungraded_not_a_pass() {
    let remote = json!({"$ref": "https://example.com/schema.json"});
    let graded = grade(json!({"kind": "json_schema", "schema": remote}), "{}");
    assert_eq!(graded.passed, None);
    assert!(graded.outcomes[0].message.contains("schema cannot be used"));
    let bad_path = json!({"kind": "json_equals", "path": "n", "value": 1});
    assert_eq!(passed(bad_path.clone(), "{}"), None);
    assert_eq!(
        passed(json!({"kind": "regex", "value": "(?=a)"}), "a"),
        None
    );
    let large = json!({"kind": "regex", "value": "(a{1000}){1000}"});
    assert_eq!(passed(large, "a"), None);
    let long = "a".repeat(1_000_001);
    assert_eq!(passed(json!({"kind": "regex", "value": "a"}), &long), None);
    let both = vec![
        assertion(bad_path),
        assertion(json!({"kind": "equals", "value": "x"})),
    ];
    let graded = Known::of(both, "{}").grade();
    assert_eq!(
        graded.passed,
        Some(false),
        "a failure outweighs an ungraded check"
    );
    assert_eq!(
        graded.score, None,
        "a share of what is not known is not known"
    );
}

#[test]
fn a_pattern_or_schema_that_cannot_be_used_is_told_before_the_run() {
    let grader = Grader::default();
    let prepare = |value| grader.prepare(&assertion(value));
    assert!(prepare(json!({"kind": "regex", "value": "("})).is_err());
    assert!(prepare(json!({"kind": "json_schema", "schema": {"type": 3}})).is_err());
    assert!(prepare(json!({"kind": "regex", "value": "a"})).is_ok());
    assert!(prepare(json!({"kind": "refusal"})).is_ok());
}

#[test]
fn tool_calls_are_matched_by_name_by_the_arguments_given_and_by_schema() {
    let with_calls = |value: Value| {
        let mut known = Known::of(vec![assertion(value)], "");
        known.completion.tool_calls = serde_json::from_value(json!([
            {"id": "x", "name": "refund", "arguments": {"id": 7, "note": "n"}},
            {"id": "y", "name": "note", "arguments": "not JSON"},
        ]))
        .unwrap();
        known.grade()
    };
    let called = |arguments: Value| {
        with_calls(json!({"kind": "tool_called", "name": "refund", "arguments": arguments})).passed
    };
    assert_eq!(called(Value::Null), Some(true));
    assert_eq!(called(json!({"id": 7.0})), Some(true));
    assert_eq!(called(json!({"id": 8})), Some(false));
    let other = with_calls(json!({"kind": "tool_called", "name": "cancel"}));
    assert_eq!(other.passed, Some(false));
    assert!(other.outcomes[0].message.contains("refund, note"));
    let whole = json!({"type": "object", "properties": {"id": {"type": "integer"}}});
    let arguments = |name: &str, schema: &Value| {
        with_calls(json!({"kind": "tool_arguments", "name": name, "schema": schema})).passed
    };
    assert_eq!(arguments("refund", &whole), Some(true));
    assert_eq!(
        arguments("refund", &json!({"required": ["reason"]})),
        Some(false)
    );
    assert_eq!(arguments("note", &whole), Some(false));
    assert_eq!(arguments("cancel", &whole), Some(false));
}

#[test]
fn a_truncated_answer_and_a_case_without_assertions_are_ungraded() {
    assert_eq!(Known::of(Vec::new(), "yes").grade(), Grade::default());
    let mut known = Known::of(every_kind(), "yes");
    known.completion.status = plumbline_model::ResponseStatus::Truncated;
    assert_eq!(known.grade(), Grade::default());
}

#[test]
fn a_pattern_that_backtracks_without_end_ends() {
    let schema = json!({"type": "string", "pattern": "^(a|a)*(?=b)\\1$"});
    let text = format!("\"{}\"", "a".repeat(2_000));
    let graded = passed(json!({"kind": "json_schema", "schema": schema}), &text);
    assert_ne!(graded, Some(true));
}

#[test]
fn what_was_measured_is_held_against_its_most_and_the_unknown_is_ungraded() {
    let check = |value: Value, change: &dyn Fn(&mut Known)| {
        let mut known = Known::of(vec![assertion(value)], "x");
        change(&mut known);
        known.grade()
    };
    let same = |_: &mut Known| {};
    let latency = json!({"kind": "latency_ms", "max": 800});
    assert_eq!(check(latency.clone(), &same).passed, Some(true));
    assert_eq!(
        check(json!({"kind": "latency_ms", "max": 799}), &same).passed,
        Some(false)
    );
    let cached = check(latency.clone(), &|known| known.origin = Origin::Cached);
    assert_eq!(cached.passed, None);
    assert_eq!(cached.outcomes[0].message, "a cached answer has no latency");
    let unmeasured = check(latency, &|known| known.completion.latency_ms = None);
    assert_eq!(unmeasured.passed, None);
    let cost = json!({"kind": "cost_usd", "max": "0.002"});
    assert_eq!(check(cost.clone(), &same).passed, Some(true));
    let dear = check(cost.clone(), &|known| {
        known.cost.usd = "0.0021".parse::<Usd>().ok();
    });
    assert_eq!(dear.passed, Some(false));
    assert_eq!(check(cost, &|known| known.cost.usd = None).passed, None);
    let tokens = |of: &str, max: u64| json!({"kind": "tokens", "of": of, "max": max});
    assert_eq!(check(tokens("total", 15), &same).passed, Some(true));
    assert_eq!(check(tokens("total", 14), &same).passed, Some(false));
    assert_eq!(check(tokens("in", 9), &same).passed, Some(false));
    let unreported = check(tokens("total", 99), &|known| {
        known.completion.usage.tokens_out = None;
    });
    assert_eq!(unreported.passed, None);
    let stop = json!({"kind": "finish_reason", "value": "stop"});
    assert_eq!(check(stop.clone(), &same).passed, Some(true));
    assert_eq!(
        check(stop, &|known| known.completion.finish_reason = None).passed,
        None
    );
}

#[test]
fn the_score_is_the_share_of_weight_that_passed_and_no_weight_decides_nothing() {
    let weighted = |value: &str, weight: f64| {
        assertion(json!({"kind": "contains", "value": value, "weight": weight}))
    };
    let graded = Known::of(vec![weighted("a", 3.0), weighted("z", 1.0)], "a").grade();
    assert_eq!((graded.passed, graded.score), (Some(false), Some(0.75)));
    let graded = Known::of(vec![weighted("a", 3.0), weighted("z", 0.0)], "a").grade();
    assert_eq!((graded.passed, graded.score), (Some(true), Some(1.0)));
    assert_eq!(graded.outcomes[1].passed, Some(false), "it is still told");
    let graded = Known::of(vec![weighted("a", 0.0)], "a").grade();
    assert_eq!((graded.passed, graded.score), (None, None));
}

#[test]
fn a_second_models_opinion_is_taken_from_the_assertion_it_was_asked_for() {
    let mut known = Known::of(every_kind(), "a");
    let at = |known: &Known, wanted: &str| {
        let kinds = known.case.assertions.iter();
        kinds
            .map(|assertion| serde_json::to_value(assertion).unwrap())
            .position(|value| value["kind"] == wanted)
            .unwrap()
    };
    let (rubric, similar) = (at(&known, "rubric"), at(&known, "similar"));
    let before = known.grade();
    assert_eq!(before.outcomes[rubric].passed, None);
    assert_eq!(before.outcomes[similar].passed, None);
    let verdict = r#"{"pass": true, "score": 0.9, "reason": "kind"}"#;
    known
        .opinions
        .judge_answers
        .insert(rubric, verdict.to_owned());
    let vectors = (vec![1.0, 0.0], vec![1.0, 1.0]);
    known.opinions.embeddings.insert(similar, vectors);
    let after = known.grade();
    assert_eq!(after.outcomes[rubric].passed, Some(true));
    assert_eq!(after.outcomes[rubric].score, Some(0.9));
    assert_eq!(
        after.outcomes[similar].passed,
        Some(false),
        "0.7071 is below 0.8"
    );
}

/// Texts that look like what the checks read.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a1 .,\\-+eE0-9]{0,12}",
        "[\\[\\]\"“”a1{}:, ]{0,24}",
        "\\{\"a\": ?(1|1\\.5|\"1\"|\\[\\]|\\{\\})\\}",
    ]
}

proptest! {
    #[test]
    fn negation_flips_what_was_decided_and_nothing_else(text in texts()) {
        let plain = Known::of(every_kind(), &text).grade();
        let mut negated = Known::of(every_kind(), &text);
        for assertion in &mut negated.case.assertions {
            assertion.negate = true;
        }
        for (plain, negated) in plain.outcomes.iter().zip(&negated.grade().outcomes) {
            prop_assert_eq!(plain.passed.map(|passed| !passed), negated.passed);
            prop_assert_eq!(plain.score, negated.score);
            if plain.passed.is_none() {
                prop_assert_eq!(&plain.message, &negated.message);
            }
        }
    }

    #[test]
    fn an_answer_passes_a_comparison_with_itself(text in "[a-z]{1,8}( [a-z]{1,8}){0,9}") {
        for value in [
            json!({"kind": "equals", "value": text}),
            json!({"kind": "levenshtein", "value": text, "max_distance": 0}),
            json!({"kind": "rouge_n", "value": text, "n": 1, "min": 1.0}),
        ] {
            prop_assert_eq!(passed(value, &text), Some(true));
        }
        let near = json!({"kind": "bleu", "value": text, "min": 0.999_999});
        prop_assert_eq!(passed(near, &text), Some(true));
    }
}
