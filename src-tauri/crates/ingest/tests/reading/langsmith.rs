//! LangSmith runs: batches whose halves are put together, API runs, and real batches of both SDKs.

use crate::fixtures::snapshot;
use crate::samples::sample;
use crate::support::{fixture, read_all};
use plumbline_ingest::Format;
use plumbline_model::{SpanKind, SpanStatus};
use serde_json::json;

#[test]
fn runs() {
    let reading = read_all(&fixture("langsmith/runs.jsonl"), None).unwrap();
    let reasons: Vec<&str> = reading
        .quarantined()
        .iter()
        .map(|row| row.reason.as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "the end of a run whose beginning is not in this file",
            "`start_time` is missing or no time"
        ]
    );
    let spans = reading.spans();
    let of = |name: &str| {
        spans
            .iter()
            .find(|span| span.name.as_deref() == Some(name))
            .unwrap()
    };
    let answer = of("ChatAnthropic");
    assert_eq!(
        answer.usage.tokens_in,
        Some(1_500),
        "cached input stays inside"
    );
    assert_eq!(answer.usage.tokens_in_cached, Some(1_024));
    assert_eq!(answer.time_to_first_token_ms, Some(500.0));
    assert_eq!(of("policy_search").documents[0].id, "pol-12");
    let refund = of("refund");
    assert_eq!(
        (refund.kind, refund.status),
        (SpanKind::Tool, SpanStatus::Error)
    );
    assert_eq!(refund.tool_arguments, Some(json!({"order": "FC-1"})));
    assert_eq!(refund.error_type.as_deref(), Some("ValueError"));
    let calls = spans.iter().filter(|span| span.is_model_call());
    let unfinished: Vec<_> = calls.filter(|span| span.end_ns.is_none()).collect();
    assert_eq!(unfinished.len(), 1);
    assert_eq!(
        unfinished[0].usage.tokens_in, None,
        "what was not reported is not zero"
    );
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn the_two_halves_may_be_in_two_lines_and_a_run_is_one_span() {
    let post = json!({"post": [{"id": "a", "trace_id": "t", "dotted_order": "x", "run_type": "llm",
        "name": "call", "start_time": 1_000, "inputs": {}, "outputs": {}}]});
    let patch = json!({"patch": [{"id": "a", "end_time": 3_000,
        "outputs": {"usage_metadata": {"input_tokens": 0, "output_tokens": 2}}}]});
    let reading = read_all(format!("{post}\n{patch}\n").as_bytes(), None).unwrap();
    assert_eq!(reading.report.read, 1);
    assert_eq!(reading.spans()[0].latency_ms(), Some(2_000.0));
    assert_eq!(reading.spans()[0].usage.tokens_in, Some(0));
}

#[test]
fn real_batches_of_both_sdks() {
    for (name, tokens, cached, reasoning, text) in [
        (
            "js_wrap_openai_default",
            (Some(9), Some(9)),
            Some(0),
            Some(0),
            "Howdy! H",
        ),
        (
            "js_wrap_openai_reasoning",
            (Some(43), Some(1_901)),
            Some(0),
            Some(960),
            "Certainl",
        ),
        (
            "py_wrap_openai_",
            (Some(9), Some(9)),
            Some(0),
            Some(0),
            "Howdy! H",
        ),
        (
            "py_wrap_openai_stream",
            (Some(9), Some(9)),
            Some(0),
            Some(0),
            "Howdy! H",
        ),
    ] {
        let Some(reading) = sample(&format!("langsmith/langsmith_{name}.json")) else {
            continue;
        };
        assert_eq!(reading.report.format, Format::Langsmith);
        assert_eq!(
            (reading.report.read, reading.report.quarantined),
            (1, 0),
            "{name}"
        );
        let span = reading.spans()[0];
        assert!(span.is_model_call() && span.end_ns.is_some(), "{name}");
        let usage = span.usage;
        assert_eq!((usage.tokens_in, usage.tokens_out), tokens, "{name}");
        assert_eq!(
            (usage.tokens_in_cached, usage.tokens_reasoning),
            (cached, reasoning),
            "{name}"
        );
        assert!(
            span.output_messages[0].content.text().starts_with(text),
            "{name}"
        );
        assert_eq!(span.provider.as_deref(), Some("openai"));
    }
}

#[test]
fn usage_inside_messages_nested_runs_and_pages_are_read() {
    let page = r#"{"runs": [{
        "id": "a", "run_type": "chain", "trace_id": "a", "name": "graph",
        "start_time": "2026-03-02T09:00:00", "end_time": "2026-03-02T09:00:02",
        "child_runs": [{
            "id": "b", "run_type": "llm", "trace_id": "a", "parent_run_id": "a", "name": "ChatOpenAI",
            "start_time": "2026-03-02T09:00:00.5", "end_time": "2026-03-02T09:00:01.5",
            "inputs": {"messages": [[{"lc": 1, "type": "constructor",
                "id": ["langchain", "schema", "messages", "HumanMessage"], "kwargs": {"content": "Hi"}}]]},
            "outputs": {"generations": [[
                {"text": "Hello", "message": {"lc": 1, "type": "constructor",
                    "id": ["langchain", "schema", "messages", "AIMessage"], "kwargs": {"content": "Hello",
                    "response_metadata": {"model_name": "gpt-4.1-mini-2025-04-14", "finish_reason": "stop"},
                    "usage_metadata": {"input_tokens": 900, "output_tokens": 40, "total_tokens": 940,
                        "input_token_details": {"cache_read": 512}, "output_token_details": {"reasoning": 8}}}}},
                {"text": "Hey", "message": {"kwargs": {"content": "Hey",
                    "usage_metadata": {"input_tokens": 900, "output_tokens": 40}}}}
            ]]}
        }, 7]
    }], "cursors": {"next": null}}"#;
    let reading = read_all(page.as_bytes(), None).unwrap();
    assert_eq!(reading.report.format, plumbline_ingest::Format::Langsmith);
    let spans = reading.spans();
    assert_eq!(spans.len(), 2, "a nested run is a run");
    let call = spans.iter().find(|span| span.span_id == "b").unwrap();
    assert_eq!(
        call.usage.tokens_in,
        Some(900),
        "candidates repeat the call's usage"
    );
    assert_eq!(call.usage.tokens_out, Some(40));
    assert_eq!(call.usage.tokens_in_cached, Some(512));
    assert_eq!(call.usage.tokens_reasoning, Some(8));
    assert_eq!(
        call.model_returned.as_deref(),
        Some("gpt-4.1-mini-2025-04-14")
    );
    assert_eq!(call.finish_reason.as_deref(), Some("stop"));
    assert_eq!(reading.quarantined()[0].at, "line 1 runs[0] child_runs[1]");
}

#[test]
fn what_is_no_list_of_runs_is_refused_with_a_reason() {
    let text = concat!(
        r#"{"post": {"id": "a"}, "patch": null}"#,
        "\n",
        r#"{"post": [5], "patch": []}"#,
        "\n",
        r#"{"runs": "none", "cursors": {}}"#,
    );
    let reading = read_all(text.as_bytes(), None).unwrap();
    let reasons: Vec<&str> = reading
        .quarantined()
        .iter()
        .map(|row| row.reason.as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "`post` is not a list of runs",
            "expected a run as an object",
            "`runs` is not a list"
        ]
    );
}
