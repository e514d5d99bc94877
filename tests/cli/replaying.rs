//! A replay over the wire: what is sent, what is counted, what is cached and recorded.

use crate::model_server::{COST_PICO, ModelServer, Seen, TOKENS_IN, TOKENS_OUT, echo};
use crate::stage::{Stage, count, counts, prompt};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Picodollars as the decimal text of dollars.
fn usd(pico: u64) -> String {
    let text = format!(
        "{}.{:012}",
        pico / 1_000_000_000_000,
        pico % 1_000_000_000_000
    );
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[test]
fn a_live_run_is_counted_to_the_picodollar_and_the_second_one_sends_nothing() {
    let (stage, server) = (Stage::with_cases(6), ModelServer::start(echo));
    let (status, live) = stage.run_json(&stage.replay(&server.base_url, &[]));
    assert_eq!(status, Some(0), "{live:#}");
    counts(
        &live,
        &[
            ("cells", 6),
            ("live", 6),
            ("cached", 0),
            ("requests_sent", 6),
            ("failed", 0),
        ],
    );
    counts(
        &live,
        &[
            ("tokens_in", 6 * TOKENS_IN),
            ("tokens_out", 6 * TOKENS_OUT),
            ("passed", 6),
        ],
    );
    assert_eq!(live["cost_usd"], usd(6 * COST_PICO));
    assert_eq!(live["status"], "finished");
    let column = &live["columns"][0];
    assert!(
        column["time_to_first_token_p50_ms"].as_f64().unwrap() > 0.0,
        "{column:#}"
    );
    assert!(column["p50_ms"].as_f64() >= column["time_to_first_token_p50_ms"].as_f64());

    let (status, cached) = stage.run_json(&stage.replay(&server.base_url, &[]));
    assert_eq!(status, Some(0));
    counts(
        &cached,
        &[
            ("cells", 6),
            ("live", 0),
            ("cached", 6),
            ("requests_sent", 0),
            ("passed", 6),
        ],
    );
    assert!(
        cached["columns"][0]["p50_ms"].is_null(),
        "the cache has no latency of a model"
    );
    assert_eq!(server.requests(), 6);

    let fresh = stage.json(&stage.replay(&server.base_url, &["--no-cache"]));
    counts(&fresh, &[("live", 6), ("cached", 0), ("requests_sent", 6)]);
    let again = stage.json(&stage.replay(&server.base_url, &["--no-cache"]));
    counts(&again, &[("live", 6)]);
    assert_eq!(server.requests(), 18, "--no-cache reads nothing");
}

#[test]
fn what_is_sent_is_the_rendered_prompt_and_every_request_has_its_own_key() {
    let (stage, server) = (Stage::with_cases(3), ModelServer::start(echo));
    stage.json(&stage.replay(&server.base_url, &[]));
    let rendered = stage.json(&[
        "prompt",
        "render",
        "answer@1.1.0",
        "--var",
        "question=number 2",
    ]);
    let seen = server.seen();
    let second: &Seen = seen
        .iter()
        .find(|seen| seen.question == "number 2")
        .unwrap();
    assert_eq!(second.body["messages"], rendered["messages"]);
    assert_eq!(
        second.body["stream_options"],
        json!({ "include_usage": true })
    );
    assert_eq!(
        (&second.body["max_tokens"], &second.body["temperature"]),
        (&json!(50), &json!(0.0))
    );
    let keys: BTreeSet<&str> = seen
        .iter()
        .map(|seen| seen.idempotency_key.as_str())
        .collect();
    assert_eq!(keys.len(), 3);
    assert!(!keys.contains(""));
}

#[test]
fn the_matrix_is_versions_by_models_by_cases_by_repeats() {
    let (stage, server) = (Stage::with_cases(3), ModelServer::start(echo));
    let mut args = stage.replay(
        &server.base_url,
        &["--repeat", "2", "--model", "openai:gpt-4.1"],
    );
    args.insert(1, "answer@1.0.0");
    let run = stage.json(&args);
    counts(&run, &[("cells", 24), ("live", 24), ("requests_sent", 24)]);
    let columns: Vec<String> = run["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| {
            assert_eq!(count(&column["totals"], "cells"), 6);
            let word = |value: &Value| value.as_str().unwrap().to_owned();
            format!(
                "{} {}",
                word(&column["prompt_version"]),
                word(&column["target"]["model"])
            )
        })
        .collect();
    assert_eq!(
        columns,
        [
            "1.0.0 gpt-4.1-mini",
            "1.1.0 gpt-4.1-mini",
            "1.0.0 gpt-4.1",
            "1.1.0 gpt-4.1"
        ]
    );
    assert_eq!(
        server.times().values().copied().collect::<Vec<_>>(),
        [8, 8, 8]
    );
    let again = stage.json(&args);
    counts(&again, &[("cached", 24), ("requests_sent", 0)]);
    args.retain(|arg| *arg != "2" && *arg != "--repeat");
    args.extend(["--repeat", "3"]);
    let third = stage.json(&args);
    counts(&third, &[("cells", 36), ("cached", 24), ("live", 12)]);
}

#[test]
fn recordings_of_a_run_answer_it_without_a_server() {
    let (stage, server) = (Stage::with_cases(4), ModelServer::start(echo));
    let run = stage.json(&stage.replay(&server.base_url, &["--repeat", "2"]));
    let id = run["run_id"].as_str().unwrap();
    let recorded = stage.json(&[
        "run",
        "record",
        id,
        "--recorder",
        "a test",
        "--out",
        "answers.jsonl",
    ]);
    assert_eq!(recorded["recordings"], 8);

    let elsewhere = Stage::with_cases(5);
    let engine = plumbline_engine::Engine::open(plumbline_engine::EngineOptions {
        workspace: Some(elsewhere.workspace()),
        ..Default::default()
    })
    .unwrap();
    let lines = std::fs::read(stage.path("answers.jsonl")).unwrap();
    assert_eq!(
        engine
            .add_recordings(lines.as_slice(), "answers.jsonl")
            .unwrap(),
        8
    );
    drop(engine);
    let args = [
        "replay",
        "answer@1.1.0",
        "--model",
        "recorded:gpt-4.1-mini",
        "--dataset",
        "cases.jsonl",
    ];
    let (status, replayed) = elsewhere.run_json(&[&args[..], &["--repeat", "2"]].concat());
    counts(
        &replayed,
        &[
            ("recorded", 8),
            ("not_sent", 2),
            ("requests_sent", 0),
            ("live", 0),
        ],
    );
    assert_eq!(
        status,
        Some(2),
        "a question that was never recorded is not passed over"
    );
    assert_eq!(
        replayed["cost_usd"],
        usd(8 * COST_PICO),
        "a recording costs what the call would"
    );
    assert_eq!(server.requests(), 8);
    let original = stage.json(&["run", "show", id]);
    let column = |view: &Value| view["columns"][0]["p50_ms"].clone();
    assert_eq!(
        column(&replayed),
        column(&original),
        "latency is that of the recording"
    );
}

#[test]
fn a_case_that_cannot_be_asked_is_not_sent_and_says_why() {
    let stage = Stage::new();
    let case = |key: &str, variables: Value| {
        format!("{}\n", json!({ "key": key, "variables": variables }))
    };
    stage.write(
        "cases.jsonl",
        case("good", json!({ "question": "number 1" }))
            + &case("missing", json!({ "other": "x" }))
            + &case("long", json!({ "question": "word ".repeat(600) })),
    );
    let server = ModelServer::start(echo);
    let (status, run) = stage.run_json(&stage.replay(&server.base_url, &[]));
    assert_eq!(status, Some(2), "{run:#}");
    counts(&run, &[("live", 1), ("not_sent", 2), ("requests_sent", 1)]);
    let errors = run["errors"].to_string();
    assert!(
        errors.contains("question") && errors.contains("400"),
        "{errors}"
    );
    assert_eq!(server.requests(), 1);
}

#[test]
fn a_release_on_disk_that_says_another_version_or_name_is_no_other_prompt() {
    let stage = Stage::with_cases(1);
    stage.write(
        "prompts/answer/releases/1.3.0.md",
        prompt("9.9.9", "Answer."),
    );
    let server = ModelServer::start(echo);
    let mut args = stage.replay(&server.base_url, &[]);
    args[1] = "answer@1.3.0";
    stage.run(&args).refused(2, &["1.3.0", "9.9.9"]);
    stage.write(
        "prompts/answer/prompt.md",
        prompt("1.1.0", "Answer.").replace("name: answer", "name: other"),
    );
    args[1] = "answer";
    stage.run(&args).refused(2, &["other", "answer"]);
    assert_eq!(server.requests(), 0);
}

#[test]
fn two_cases_that_ask_the_same_are_paid_once() {
    let stage = Stage::new();
    let same = |key: &str| {
        let case = json!({"key": key, "variables": {"question": "number 1"}});
        format!("{case}\n")
    };
    stage.write("cases.jsonl", same("a") + &same("b") + &same("c"));
    let server = ModelServer::start(echo);
    let run = stage.json(&stage.replay(&server.base_url, &["--concurrency", "1"]));
    assert_eq!(
        (
            count(&run, "live"),
            count(&run, "cached"),
            server.requests()
        ),
        (1, 2, 1),
        "{run:#}"
    );
    let again = stage.json(&stage.replay(&server.base_url, &["--concurrency", "1", "--no-cache"]));
    assert_eq!(
        (count(&again, "live"), server.requests()),
        (3, 4),
        "{again:#}"
    );
    assert_eq!(stage.json(&["doctor"])["ok"], true);
}

#[test]
fn another_server_with_a_model_of_the_same_name_is_not_answered_from_the_cache_of_the_first() {
    let stage = Stage::with_cases(2);
    let (first, second) = (ModelServer::start(echo), ModelServer::start(echo));
    let mut args = stage.replay(&first.base_url, &[]);
    args[3] = "local:my-model";
    stage.json(&args);
    let slashed = format!("{}/", first.base_url);
    let mut again = stage.replay(&slashed, &[]);
    again[3] = "local:my-model";
    assert_eq!(count(&stage.json(&again), "cached"), 2);
    let mut other = stage.replay(&second.base_url, &[]);
    other[3] = "local:my-model";
    let run = stage.json(&other);
    assert_eq!(
        (count(&run, "live"), second.requests(), first.requests()),
        (2, 2, 2),
        "{run:#}"
    );
}
