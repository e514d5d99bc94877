//! promptfoo: an output file with a cached, a failed and an idless result, and results as lines.

use crate::fixtures::snapshot;
use crate::support::{fixture, read_all};
use plumbline_ingest::Format;
use plumbline_model::{SpanKind, SpanStatus, UnixNanos, add_known};
use serde_json::json;
use std::collections::BTreeSet;

#[test]
fn an_output_file() {
    let reading = read_all(&fixture("promptfoo_results/results.json"), None).unwrap();
    assert_eq!(reading.report.format, Format::PromptfooResults);
    let spans = reading.spans();
    assert_eq!(spans[0].start_ns, UnixNanos(1_772_445_600_125_000_000));
    assert_eq!(spans[0].latency_ms(), Some(812.0));
    assert_eq!(spans[0].model_requested.as_deref(), Some("gpt-4.1"));
    assert_eq!(
        spans[0].model_returned.as_deref(),
        Some("gpt-4.1-2025-04-14")
    );
    assert_eq!(spans[0].input_messages.len(), 2);
    let cached = spans[1];
    assert_eq!(
        (cached.cache_hit, cached.status),
        (Some(true), SpanStatus::Ok),
        "a failed assertion is no error of the call"
    );
    assert!(cached.usage.is_unreported() && cached.cost_usd.is_none());
    assert_eq!(cached.end_ns, None, "no latency that would count");
    assert_eq!(spans[2].status, SpanStatus::Error);
    assert!(spans[2].usage.is_unreported());
    assert_eq!(spans[3].model_requested.as_deref(), Some("llama3.2:1b"));
    assert_eq!(
        spans[3].usage.tokens_out,
        Some(40),
        "reasoning stood beside"
    );
    let sum = |count: fn(&plumbline_model::Span) -> Option<u64>| {
        spans.iter().map(|span| count(span)).fold(None, add_known)
    };
    assert_eq!(
        (
            sum(|span| span.usage.tokens_in),
            sum(|span| span.usage.tokens_out)
        ),
        (Some(138), Some(52)),
        "grading is not counted"
    );
    assert_eq!(reading.quarantined()[0].at, "line 1 results.results[3]");
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn results_as_lines() {
    let reading = read_all(&fixture("promptfoo_results/results.jsonl"), None).unwrap();
    let spans = reading.spans();
    assert_eq!(spans[0].start_ns, UnixNanos(0), "a line has no time");
    assert_eq!(
        (&spans[0].provider, &spans[0].model_requested),
        (&None, &None),
        "a script is no provider"
    );
    assert!(spans[0].usage.is_unreported() && spans[0].cost_usd.is_none());
    assert_eq!(spans[1].kind, SpanKind::Embedding);
    assert_eq!(spans[1].usage.tokens_out, Some(0), "zero is a measurement");
    let places: Vec<&str> = reading
        .quarantined()
        .iter()
        .map(|row| row.at.as_str())
        .collect();
    assert_eq!(places, ["line 2", "line 3"]);
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn equal_results_are_repetitions_and_a_second_reading_repeats_their_ids() {
    let row = json!({"promptIdx": 0, "testIdx": 0, "vars": {}, "response": {"output": "x"}});
    let text = json!({"evalId": "e-2026-03-02T10:00:00", "results":
        {"version": 3, "results": [row, row, row]}})
    .to_string();
    let reading = read_all(text.as_bytes(), None).unwrap();
    let ids: BTreeSet<&str> = reading
        .spans()
        .iter()
        .map(|span| span.span_id.as_str())
        .collect();
    assert_eq!(ids.len(), 3);
    assert_eq!(
        reading.spans()[0].start_ns,
        UnixNanos(1_772_445_600_000_000_000),
        "the id of the eval names its time"
    );
    assert_eq!(
        reading.spans(),
        read_all(text.as_bytes(), None).unwrap().spans()
    );
}

#[test]
fn what_holds_no_results_is_one_row() {
    for text in [
        r#"{"evalId":"e","results":{"version":3}}"#,
        r#"{"evalId":"e","results":7}"#,
        r#"{"evalId":"e","results":{"version":3,"results":[5]}}"#,
    ] {
        let reading = read_all(text.as_bytes(), Some(Format::PromptfooResults)).unwrap();
        assert_eq!(
            (reading.report.read, reading.report.quarantined),
            (1, 1),
            "{text}"
        );
    }
}
