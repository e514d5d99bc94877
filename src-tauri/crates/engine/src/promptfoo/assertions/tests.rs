//! What becomes of each type.

use super::*;

fn read(list: &Value) -> (Vec<Value>, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("c.yaml"), "").unwrap();
    std::fs::write(dir.path().join("schema.json"), r#"{"type": "object"}"#).unwrap();
    let folder = ConfigFolder::of(&dir.path().join("c.yaml")).unwrap();
    let variables = json!({"city": "Bern"});
    let surroundings = Surroundings {
        folder: &folder,
        grader: &Grader::default(),
        variables: variables.as_object().unwrap(),
        graded_by: Some(&json!("openai:chat:gpt-4.1")),
    };
    let mut losses = Losses::default();
    let assertions = surroundings.read(list, "assert", &mut losses);
    let values = assertions
        .iter()
        .map(|one| serde_json::to_value(one).unwrap());
    let left_out = losses
        .into_rows()
        .into_iter()
        .filter(|row| row.effect == crate::promptfoo::Effect::LeftOut)
        .map(|row| row.reason);
    (values.collect(), left_out.collect())
}

#[test]
fn types_are_read_with_their_usual_thresholds() {
    for (theirs, ours) in [
        (
            json!({"type": "equals", "value": 4}),
            json!({"kind": "equals", "value": "4"}),
        ),
        (
            json!({"type": "equals", "value": {"a": 1}}),
            json!({"kind": "json_equals", "path": "$", "value": {"a": 1}}),
        ),
        (
            json!({"type": "contains", "value": "{{ city }}"}),
            json!({"kind": "contains", "value": "Bern", "ignore_case": false}),
        ),
        (
            json!({"type": "not-icontains", "value": "a", "weight": 2}),
            json!({"kind": "contains", "value": "a", "negate": true, "weight": 2.0}),
        ),
        (
            json!({"type": "contains-any", "value": "a, \"b, c\""}),
            json!({"kind": "contains_any", "values": ["a", "b, c"], "ignore_case": false}),
        ),
        (
            json!({"type": "icontains-all", "value": ["a", 2]}),
            json!({"kind": "contains_all", "values": ["a", "2"]}),
        ),
        (
            json!({"type": "regex", "value": "^a"}),
            json!({"kind": "regex", "value": "^a"}),
        ),
        (
            json!({"type": "is-json"}),
            json!({"kind": "json_schema", "schema": {}}),
        ),
        (
            json!({"type": "is-json", "value": "file://schema.json"}),
            json!({"kind": "json_schema", "schema": {"type": "object"}}),
        ),
        (
            json!({"type": "levenshtein", "value": "a"}),
            json!({"kind": "levenshtein", "value": "a", "max_distance": 5}),
        ),
        (
            json!({"type": "rouge-n", "value": "a"}),
            json!({"kind": "rouge_n", "value": "a", "n": 1, "min": 0.75}),
        ),
        (
            json!({"type": "bleu", "value": "a", "threshold": 0.3}),
            json!({"kind": "bleu", "value": "a", "min": 0.3}),
        ),
        (
            json!({"type": "latency", "threshold": 900}),
            json!({"kind": "latency_ms", "max": 900.0}),
        ),
        (
            json!({"type": "cost", "threshold": 0.002}),
            json!({"kind": "cost_usd", "max": "0.002"}),
        ),
        (
            json!({"type": "not-is-refusal"}),
            json!({"kind": "refusal", "negate": true}),
        ),
        (
            json!({"type": "word-count", "value": {"max": 9}}),
            json!({"kind": "length", "unit": "words", "max": 9}),
        ),
        (
            json!({"type": "llm-rubric", "value": "kind", "threshold": 0.8}),
            json!({"kind": "rubric", "criteria": "kind", "judge": "openai:gpt-4.1", "min_score": 0.8}),
        ),
        (
            json!({"type": "assert-set", "assert": [{"type": "is-refusal"}]}),
            json!({"kind": "refusal"}),
        ),
    ] {
        let (found, left_out) = read(&json!([theirs]));
        assert_eq!(found, [ours], "{theirs} {left_out:?}");
    }
}

#[test]
fn code_and_what_has_no_exact_counterpart_is_left_out_with_the_reason() {
    for (theirs, reason) in [
        (
            json!({"type": "javascript", "value": "true"}),
            "code is not run",
        ),
        (
            json!({"type": "not-python", "value": "True"}),
            "code is not run",
        ),
        (
            json!({"type": "equals", "value": "file://check.js"}),
            "code is not run",
        ),
        (json!({"type": "contains-json"}), "no counterpart"),
        (json!({"type": "contains", "value": ""}), "empty"),
        (
            json!({"type": "contains", "value": "{{ env.KEY }}"}),
            "environment",
        ),
        (
            json!({"type": "contains", "value": "a", "transform": "output.a"}),
            "transform",
        ),
        (json!({"type": "regex", "value": "(?=a)"}), "look-around"),
        (json!({"type": "latency"}), "no threshold"),
        (json!({"type": "bleu", "value": ["a", "b"]}), "not one text"),
        (
            json!({"type": "similar", "value": "a", "provider": "file://embed.py"}),
            "no counterpart",
        ),
        (
            json!({"type": "assert-set", "threshold": 0.5, "assert": []}),
            "threshold",
        ),
        (
            json!({"type": "contains", "value": "a", "weight": -1}),
            "weight",
        ),
        (json!("contains"), "no counterpart"),
    ] {
        let (found, left_out) = read(&json!([theirs]));
        assert_eq!(found, [] as [Value; 0], "{theirs}");
        assert!(left_out[0].contains(reason), "{theirs}: {left_out:?}");
    }
}

#[test]
fn a_grading_provider_is_named_as_ours_or_not_at_all() {
    for (theirs, ours) in [
        ("openai:chat:gpt-4.1", Some("openai:gpt-4.1")),
        ("openai:gpt-4.1", Some("openai:gpt-4.1")),
        ("openai:responses:gpt-5", Some("openai_responses:gpt-5")),
        (
            "openai:embedding:text-embedding-3-small",
            Some("openai:text-embedding-3-small"),
        ),
        (
            "anthropic:messages:claude-haiku-4-5",
            Some("anthropic:claude-haiku-4-5"),
        ),
        ("google:gemini-2.5-flash", Some("gemini:gemini-2.5-flash")),
        ("ollama:chat:llama3.2:3b", Some("ollama:llama3.2:3b")),
        ("openai:chat", None),
        ("openai:", None),
        ("file://judge.py", None),
        ("https://judge.example", None),
        ("exec:judge", None),
    ] {
        assert_eq!(model_of(theirs).as_deref(), ours, "{theirs}");
    }
}
