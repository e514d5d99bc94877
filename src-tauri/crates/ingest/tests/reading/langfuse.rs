//! Langfuse: a download, an ingestion batch, and real downloads of nine frameworks.

use crate::fixtures::snapshot;
use crate::samples::sample;
use crate::support::{fixture, read_all};
use plumbline_ingest::{Format, to_canonical_line, to_otlp};
use plumbline_model::{Span, add_known};
use serde_json::json;

#[test]
fn a_download() {
    let reading = read_all(&fixture("langfuse/download.json"), None).unwrap();
    let spans = reading.spans();
    assert_eq!(spans.len(), 5, "the trace's own list is not read twice");
    let plan = spans.iter().find(|span| span.is_model_call()).unwrap();
    assert_eq!(
        plan.usage.tokens_out,
        Some(123),
        "reasoning beside output is made part of it"
    );
    assert_eq!(
        plan.output_messages[0].tool_calls[0].arguments,
        json!({"order": "FC-9"})
    );
    assert_eq!(spans[0].cost_usd, None, "a step's zero is no measured cost");
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn a_batch() {
    let reading = read_all(&fixture("langfuse/batch.json"), None).unwrap();
    assert_eq!((reading.report.read, reading.report.quarantined), (3, 1));
    let draft = reading.spans()[0];
    assert_eq!(
        draft.latency_ms(),
        Some(2_000.0),
        "an update ends what was created"
    );
    assert_eq!(draft.usage.tokens_in, Some(4_018));
    assert_eq!(reading.report.fields_unread["batch.score-create"].count, 1);
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn what_only_a_total_counts_is_kept_and_survives_both_exports() {
    let reading = read_all(&fixture("langfuse/totals.json"), None).unwrap();
    let spans: Vec<Span> = reading.spans().into_iter().cloned().collect();
    let counts: Vec<_> = spans
        .iter()
        .map(|span| &span.usage)
        .map(|usage| (usage.tokens_in, usage.tokens_out, usage.tokens_unattributed))
        .collect();
    assert_eq!(
        counts,
        [
            (Some(6), Some(2_055), None),
            (Some(5), Some(845), Some(1_173)),
            (None, None, Some(57)),
        ]
    );
    let lines: Vec<String> = spans.iter().map(to_canonical_line).collect();
    let otlp = to_otlp(&spans).to_string();
    assert!(
        otlp.contains(r#"{"key":"plumbline.tokens_unattributed","value":{"intValue":"1173"}}"#)
    );
    for again in [lines.join("\n"), otlp] {
        let again = read_all(again.as_bytes(), None).unwrap();
        assert_eq!(again.spans(), reading.spans());
    }
}

#[test]
fn an_export_in_snake_case_reads_as_the_same_span() {
    let camel = json!({"id": "o", "traceId": "t", "type": "GENERATION", "parentObservationId": "p",
        "startTime": "2026-03-02T09:00:00Z", "endTime": "2026-03-02T09:00:01Z", "model": "m",
        "usageDetails": {"input": 3, "output": 4}, "totalCost": 0.5, "promptName": "n"});
    let snake = json!({"id": "o", "trace_id": "t", "type": "GENERATION", "parent_observation_id": "p",
        "start_time": "2026-03-02 09:00:00", "end_time": "2026-03-02 09:00:01", "provided_model_name": "m",
        "usage_details": "{\"input\":3,\"output\":4}", "total_cost": "0.5", "prompt_name": "n"});
    let read = |value: &serde_json::Value| {
        let reading = read_all(value.to_string().as_bytes(), None).unwrap();
        reading.spans()[0].clone()
    };
    assert_eq!(read(&camel), read(&snake));
}

#[test]
fn real_downloads_of_nine_frameworks() {
    for (name, spans, calls, tokens_in, tokens_out) in [
        ("agno-2025-06-11", 6, 4, Some(2_936), Some(903)),
        ("autogen-2025-06-06", 2, 1, Some(41), Some(3)),
        ("claude-agent-2025-12-22", 7, 4, Some(34), Some(232)),
        ("crewai-2025-07-11", 6, 1, Some(190), Some(164)),
        ("google-adk-2025-08-28", 5, 2, Some(67), Some(9)),
        ("google-gemini-2025-08-01", 1, 1, Some(6), Some(2_055)),
        ("langgraph-python-2025-08-22", 9, 2, Some(168), Some(66)),
        ("openai-agents-2025-09-30", 5, 2, Some(140), Some(44)),
        (
            "pydantic-ai-tools-2025-12-04",
            12,
            4,
            Some(1_315),
            Some(209),
        ),
    ] {
        let Some(reading) = sample(&format!("langfuse/{name}.trace.json")) else {
            continue;
        };
        assert_eq!(reading.report.format, Format::Langfuse, "{name}");
        assert_eq!(
            (reading.report.read, reading.report.quarantined),
            (spans, 0),
            "{name}"
        );
        let spans = reading.spans();
        let model_calls: Vec<_> = spans.iter().filter(|span| span.is_model_call()).collect();
        assert_eq!(model_calls.len(), calls, "{name}");
        let sum = |count: fn(&plumbline_model::Usage) -> Option<u64>| {
            model_calls
                .iter()
                .map(|span| count(&span.usage))
                .fold(None, add_known)
        };
        assert_eq!(sum(|usage| usage.tokens_in), tokens_in, "{name}");
        assert_eq!(sum(|usage| usage.tokens_out), tokens_out, "{name}");
    }
}

#[test]
fn nothing_of_a_batch_or_a_trace_vanishes_unreported() {
    let batch = serde_json::json!({"batch": [
        {"id": "1", "type": "trace-create", "timestamp": "2026-03-02T09:00:00Z", "body": {"id": "t", "userId": "u"}},
        {"id": "2", "type": "trace-create", "timestamp": "2026-03-02T09:00:00Z", "body": {"id": "alone", "name": "n"}},
        {"id": "3", "type": "agent-create", "body": {"id": "a", "traceId": "t", "startTime": "2026-03-02T09:00:00Z"}},
        {"id": "4", "type": "score-create", "body": {"id": "s", "traceId": "t", "name": "ok", "value": 1}},
        {"id": "5", "type": "dream-create", "body": {"id": "d"}},
        {"id": "6", "type": "span-create", "body": {"traceId": "t"}},
        {"id": "7", "type": "tool-create"}
    ]});
    let reading = read_all(batch.to_string().as_bytes(), None).unwrap();
    assert_eq!(reading.spans().len(), 1);
    assert_eq!(reading.spans()[0].kind, plumbline_model::SpanKind::Agent);
    assert!(reading.spans()[0].user_id_hash.is_some());
    let reasons: Vec<&str> = reading
        .quarantined()
        .iter()
        .map(|row| row.reason.as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "an event of the unknown type `dream-create`",
            "the body of a `span-create` has no `id`",
            "the event has no `body`"
        ]
    );
    let unread: Vec<&str> = reading
        .report
        .fields_unread
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        unread,
        [
            "batch.score-create",
            "batch.trace-create (without observations)"
        ]
    );
}

#[test]
fn what_is_no_list_of_observations_is_refused_with_a_reason() {
    let text = concat!(
        r#"{"trace": {"id": "t"}, "observations": {"id": "a"}}"#,
        "\n",
        r#"{"data": "none", "meta": {}}"#,
        "\n",
        r#"{"batch": {"type": "span-create"}}"#,
        "\n",
        r#"{"id": "t", "userId": "u", "scores": [{"name": "ok"}], "observations": [{"id": "o", "type": "SPAN", "startTime": "2026-03-02T09:00:00Z"}]}"#,
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
            "`observations` is not a list",
            "`data` is not a list",
            "`batch` is not a list"
        ]
    );
    let span = reading.spans()[0];
    assert_eq!(
        span.trace_id, "t",
        "a trace of the API holds its observations"
    );
    assert!(span.user_id_hash.is_some());
    assert_eq!(reading.report.fields_unread["trace.scores"].count, 1);
}
