//! The names and types that scripts rely on, command by command. More may be added; these stay.

use crate::model_server::{ModelServer, echo};
use crate::stage::{Stage, project, prompt, text};
use serde_json::Value;

/// Types as they are written below: `|` between alternatives, `[]` after an element's type.
fn is(value: &Value, kind: &str) -> bool {
    kind.split('|').any(|kind| match kind {
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        // Money is a decimal string, never a float.
        "money" => value.as_str().is_some_and(|text| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        }),
        other => panic!("no kind is called {other}"),
    })
}

fn has(object: &Value, fields: &[(&str, &str)]) {
    for (name, kind) in fields {
        let value = object
            .get(name)
            .unwrap_or_else(|| panic!("`{name}` is missing in {object:#}"));
        assert!(is(value, kind), "`{name}` is not {kind}: {value:#}");
    }
}

#[test]
fn import() {
    let stage = Stage::new();
    let object = stage.json(&["import", text(&project("fixtures/traces"))]);
    has(
        &object,
        &[
            ("files", "array"),
            ("model_calls", "integer"),
            ("tokens_in", "integer"),
            ("tokens_out", "integer"),
            ("first_ns", "integer"),
            ("last_ns", "integer"),
            ("fields_unread", "object"),
            ("completeness", "object"),
        ],
    );
    for file in object["files"].as_array().unwrap() {
        has(
            file,
            &[
                ("path", "string"),
                ("format", "string"),
                ("read", "integer"),
                ("stored", "integer"),
                ("duplicate", "integer"),
                ("quarantined", "integer"),
                ("quarantine", "array"),
            ],
        );
        for row in file["quarantine"].as_array().unwrap() {
            has(row, &[("at", "string"), ("reason", "string")]);
        }
    }
    let unread = object["fields_unread"].as_object().unwrap();
    assert!(!unread.is_empty() && unread.values().all(|n| is(n, "integer")));
    let shares = object["completeness"].as_object().unwrap();
    assert!(!shares.is_empty());
    assert!(
        shares
            .values()
            .all(|n| (0.0..=1.0).contains(&n.as_f64().unwrap()))
    );
}

#[test]
fn sums_of_nothing_measured_are_null() {
    let stage = Stage::new();
    stage.write(
        "bare.jsonl",
        "{\"trace_id\":\"t\",\"span_id\":\"s\",\"kind\":\"llm\",\"start_ns\":1}\n",
    );
    let object = stage.json(&["import", "bare.jsonl"]);
    has(&object, &[("tokens_in", "null"), ("tokens_out", "null")]);
    assert_eq!(object["model_calls"], 1);
    let group = &stage.json(&["stats"])["groups"][0];
    has(
        group,
        &[
            ("tokens_in", "null"),
            ("p50_ms", "null"),
            ("cost_usd", "null"),
        ],
    );
}

#[test]
fn tokens() {
    let stage = Stage::new();
    stage.write("text.txt", "hello world");
    let plain = stage.json(&["tokens", "text.txt"]);
    assert_eq!(plain["tokens"], 2);
    assert!(plain.get("ids").is_none(), "ids come only when asked for");
    let with_ids = stage.json(&["tokens", "text.txt", "--ids", "--encoding", "cl100k_base"]);
    assert_eq!(
        with_ids["ids"],
        serde_json::json!([15339, 1917]),
        "{with_ids}"
    );
    let piped = stage.run_with_input(&["tokens", "-", "--ids", "--json"], b"hello world");
    assert_eq!(piped.object()["ids"], serde_json::json!([24912, 2375]));
}

#[test]
fn cost() {
    let stage = Stage::new();
    let cost = |model: &str, more: &[&str]| {
        let mut args = vec![
            "cost", "--model", model, "--in", "1000000", "--out", "500000",
        ];
        args.extend(more);
        stage.json(&args)
    };
    let known = cost("openai:gpt-4.1-mini", &[]);
    has(
        &known,
        &[
            ("cost_usd", "money"),
            ("price_table", "string"),
            ("price_version", "string"),
        ],
    );
    assert_eq!(known["cost_usd"], "1.2", "$0.40 + half of $1.60");
    assert_eq!(
        cost("gpt-4.1-mini", &["--cached", "1000000"])["cost_usd"],
        "0.9"
    );
    let unknown = cost("nobody:no-such-model", &[]);
    has(&unknown, &[("cost_usd", "null"), ("price_table", "null")]);
}

#[test]
fn diff() {
    let stage = Stage::new();
    stage.write("a.txt", "one\ntwo\n");
    stage.write("b.txt", "one\nthree\n");
    stage.write("a.json", "{\"a\": 1, \"b\": 2}");
    stage.write("b.json", "{\"b\":2,\"a\":1}");
    let words = stage.json(&["diff", "a.txt", "b.txt"]);
    has(
        &words,
        &[("kind", "string"), ("equal", "boolean"), ("hunks", "array")],
    );
    assert_eq!(
        (&words["kind"], &words["equal"]),
        (&"text".into(), &false.into())
    );
    assert!(!words["hunks"].as_array().unwrap().is_empty());
    let values = stage.json(&["diff", "a.json", "b.json"]);
    assert_eq!(
        (&values["kind"], &values["equal"]),
        (&"json".into(), &true.into())
    );
}

#[test]
fn prompt_commands() {
    let stage = Stage::new();
    stage.write("old.md", prompt("1.0.0", "Answer."));
    stage.write("new.md", prompt("1.1.0", "Answer, please."));
    for object in [
        stage.json(&["prompt", "check", "answer"]),
        stage.json(&["prompt", "bump", "old.md", "new.md"]),
    ] {
        has(&object, &[("computed", "string"), ("reasons", "array")]);
        let computed = object["computed"].as_str().unwrap();
        assert!(
            ["major", "minor", "patch", "none"].contains(&computed),
            "{object}"
        );
    }
    let rendered = stage.json(&["prompt", "render", "answer@1.0.0", "--var", "question=why?"]);
    has(
        &rendered,
        &[
            ("messages", "array"),
            ("template_hash", "string"),
            ("request_hash", "string"),
            ("tokens_in", "integer"),
            ("trimmed", "array"),
        ],
    );
    assert_eq!(rendered["messages"][1]["content"], "why?", "{rendered}");
    has(&stage.json(&["prompt", "list"]), &[("prompts", "array")]);
    has(
        &stage.json(&["prompt", "show", "answer"]),
        &[("text", "string")],
    );
    has(
        &stage.json(&["prompt", "diff", "answer", "1.0.0", "1.1.0"]),
        &[("equal", "boolean"), ("hunks", "array")],
    );
}

#[test]
fn replay_compare_runs_and_stats() {
    let stage = Stage::with_cases(3);
    let server = ModelServer::start(echo);
    let first = stage.json(&stage.replay(&server.base_url, &[]));
    has(
        &first,
        &[
            ("run_id", "string"),
            ("cells", "integer"),
            ("live", "integer"),
            ("cached", "integer"),
            ("recorded", "integer"),
            ("failed", "integer"),
            ("unknown", "integer"),
            ("truncated", "integer"),
            ("not_sent", "integer"),
            ("requests_sent", "integer"),
            ("tokens_in", "integer"),
            ("tokens_out", "integer"),
            ("cost_usd", "money"),
            ("wall_ms", "number"),
        ],
    );
    let second = stage.json(&stage.replay(&server.base_url, &[]));
    let id = |run: &Value| run["run_id"].as_str().unwrap().to_owned();
    let compared = stage.json(&["compare", &id(&first), &id(&second)]);
    for name in [
        "matched", "same", "changed", "fixed", "broken", "only_a", "only_b",
    ] {
        has(&compared, &[(name, "integer")]);
    }
    has(
        &compared,
        &[
            ("not_comparable", "integer"),
            ("groups", "array"),
            ("tests", "array"),
        ],
    );
    assert_eq!(
        (&compared["matched"], &compared["same"]),
        (&3.into(), &3.into())
    );
    for test in compared["tests"].as_array().unwrap() {
        has(
            test,
            &[
                ("metric", "string"),
                ("method", "string"),
                ("estimate", "number|null"),
                ("ci_low", "number|null"),
                ("ci_high", "number|null"),
                ("p_value", "number|null"),
                ("n", "integer"),
            ],
        );
    }
    assert!(!compared["tests"].as_array().unwrap().is_empty());
    has(&stage.json(&["run", "list"]), &[("runs", "array")]);
    has(
        &stage.json(&["run", "show", "latest"]),
        &[("columns", "array")],
    );
    has(&stage.json(&["dataset", "list"]), &[("datasets", "array")]);
    let groups = stage.json(&["stats", "--replays", "--by", "model,day"]);
    has(
        &groups["groups"][0],
        &[
            ("model", "string"),
            ("day", "string"),
            ("calls", "integer"),
            ("p50_ms", "number"),
            ("p95_ms", "number"),
            ("p99_ms", "number"),
            ("tokens_in", "integer"),
            ("tokens_out", "integer"),
            ("cost_usd", "money"),
        ],
    );
    let estimate = stage.json(&stage.replay(&server.base_url, &["--estimate", "--no-cache"]));
    has(
        &estimate,
        &[
            ("cells", "integer"),
            ("live", "integer"),
            ("cost_upper_usd", "money"),
        ],
    );
    assert_eq!(server.requests(), 3, "an estimate sends nothing");
}

#[test]
fn groups_of_changes_have_a_kind_and_a_count() {
    let stage = Stage::with_cases(2);
    let server = ModelServer::start(|seen| {
        crate::model_server::Reply::Answer(format!("{} says {}", seen.model, seen.question))
    });
    let mut args = stage.replay(&server.base_url, &[]);
    args.extend(["--model", "openai:gpt-4.1"]);
    stage.json(&args);
    let compared = stage.json(&["compare", "latest.0", "latest.1"]);
    assert_eq!(compared["changed"], 2, "{compared:#}");
    for group in compared["groups"].as_array().unwrap() {
        has(group, &[("kind", "string"), ("count", "integer")]);
    }
    assert!(!compared["groups"].as_array().unwrap().is_empty());
    let markdown = stage.run_json(&["compare", "latest.0", "latest.1", "--markdown"]);
    assert_eq!(markdown.1["changed"], 2, "--json wins over --markdown");
}

#[test]
fn trace_and_doctor() {
    let stage = Stage::new();
    stage.json(&["import", text(&project("fixtures/traces/otlp_json"))]);
    let list = stage.json(&["trace", "list"]);
    let id = list["rows"][0]["trace_id"].as_str().unwrap();
    let trace = stage.json(&["trace", "show", id]);
    let span = trace["rows"][0]["span_id"].as_str().unwrap();
    has(
        &stage.json(&["trace", "show", id, span]),
        &[("span", "object"), ("raw", "string")],
    );
    let export = stage.json(&["trace", "export", "--otlp"]);
    has(&export, &[("resourceSpans", "array")]);
    let doctor = stage.json(&["doctor"]);
    has(
        &doctor,
        &[
            ("ok", "boolean"),
            ("workspace", "string"),
            ("checks", "array"),
        ],
    );
    assert_eq!(doctor["ok"], true, "{doctor:#}");
}

#[test]
fn demo() {
    if !project("fixtures/demo/demo.json").is_file() || !project("fixtures/recordings").is_dir() {
        eprintln!("skipped contract::demo: the demo's material is not there");
        return;
    }
    let stage = Stage::new();
    let demo = stage.json(&["demo", "--material", text(&project(""))]);
    has(
        &demo,
        &[
            ("cases", "integer"),
            ("answers_moved", "integer"),
            ("tokens_in", "integer"),
            ("tokens_out", "integer"),
            ("cost_usd", "money"),
            ("p50_ms", "number"),
            ("p95_ms", "number"),
        ],
    );
    assert!(demo["cases"].as_u64().unwrap() > 0);
}

#[test]
fn a_problem_is_one_object_with_code_message_and_hint() {
    let stage = Stage::new();
    let (status, object) = stage.run_json(&["import", "nowhere.jsonl"]);
    assert_eq!(status, Some(2));
    let error = &object["error"];
    has(
        error,
        &[
            ("code", "string"),
            ("message", "string"),
            ("hint", "string|null"),
        ],
    );
    assert_eq!(error["code"], "not_found");
}
