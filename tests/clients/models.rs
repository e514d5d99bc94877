//! The vendors' own clients through the proxy: they see what they would see without it, and we see the calls.

use crate::program::Program;
use crate::python::script;
use crate::vendors;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[test]
#[ignore = "needs packages of PyPI: cargo xtask test --only clients"]
fn official_clients_see_no_difference_and_every_call_is_a_span() {
    let vendor = vendors::start();
    let direct = script("call_models.py", &[&format!("{vendor}/v1"), &vendor]);
    let more = [
        "--proxy",
        "--openai-upstream",
        &vendor,
        "--anthropic-upstream",
        &vendor,
    ];
    let program = Program::listen(&more);
    let url = |vendor: &str| {
        program.started["proxy"][vendor]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let through = script("call_models.py", &[&url("openai"), &url("anthropic")]);
    assert_eq!(through, direct);
    let came: Value = serde_json::from_str(&direct).unwrap();
    assert_eq!(
        came["messages stream"],
        json!(["Yes, ", "three."]),
        "the clients understood the shapes"
    );

    let spans = program.spans_when(6);
    let by_request: BTreeMap<&str, &Value> = spans
        .iter()
        .map(|span| (span["request_id"].as_str().unwrap(), span))
        .collect();
    for (request, model, tokens, status, said) in [
        (
            "req-chat",
            "gpt-4.1-mini-2025-04-14",
            Some((14, 4)),
            "ok",
            "Yes, three.",
        ),
        (
            "req-chat-stream",
            "gpt-4.1-mini-2025-04-14",
            Some((14, 4)),
            "ok",
            "Yes, three.",
        ),
        (
            "req-responses",
            "gpt-4.1-mini-2025-04-14",
            Some((9, 3)),
            "ok",
            "It is.",
        ),
        (
            "req_messages",
            "claude-haiku-4-5-20251001",
            Some((15, 6)),
            "ok",
            "Yes, three.",
        ),
        (
            "req_messages_stream",
            "claude-haiku-4-5-20251001",
            Some((15, 6)),
            "ok",
            "Yes, three.",
        ),
        ("req-429", "refused", None, "error", ""),
    ] {
        let span = by_request[request];
        let named = span["model_returned"]
            .as_str()
            .or(span["model_requested"].as_str());
        assert_eq!(
            (span["kind"].as_str(), named),
            (Some("llm"), Some(model)),
            "{request}: {span:#}"
        );
        let counted = span["tokens_in"].as_u64().zip(span["tokens_out"].as_u64());
        assert_eq!(
            (counted, span["status"].as_str()),
            (tokens, Some(status)),
            "{request}: {span:#}"
        );
        assert_eq!(
            span["output_messages"][0]["content"]
                .as_str()
                .unwrap_or_default(),
            said,
            "{request}"
        );
        assert!(
            span["end_ns"].as_i64() > span["start_ns"].as_i64(),
            "measured: {request}"
        );
        assert_eq!(
            span["time_to_first_token_ms"].is_number(),
            request.ends_with("stream"),
            "{request}"
        );
    }
    assert_eq!(by_request["req-429"]["http_status"], 429);
    assert!(!json!(spans).to_string().contains("sk-canary"));
    let report = program.stop();
    assert_eq!(
        (&report["stored"], &report["quarantined"]),
        (&json!(6), &json!(0)),
        "{report:#}"
    );
}
