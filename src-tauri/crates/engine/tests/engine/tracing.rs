//! The trace screens' questions: a large trace opened, contradicting sources, facets that answer the filter.

use crate::stage::Stage;
use plumbline_engine::api::{FacetValue, TraceFilter};
use plumbline_model::{SpanKind, SpanStatus};
use serde_json::json;

fn import(stage: &Stage, lines: &[serde_json::Value]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let file = stage.write("spans.jsonl", &text);
    let job = stage.engine.import_start(vec![file]).unwrap();
    let ended = stage.engine.job_wait(job).unwrap();
    assert_eq!(ended.problem, None);
}

fn count(values: &[FacetValue], value: &str) -> u64 {
    values
        .iter()
        .find(|found| found.value == value)
        .map_or(0, |found| found.count)
}

#[test]
fn every_span_of_a_large_trace_is_opened_once_and_failures_say_why() {
    const SPANS: u64 = 12_000;
    let stage = Stage::new();
    let mut lines = vec![json!({
        "trace_id": "t", "span_id": "0", "kind": "agent", "name": "root", "start_ns": 1,
        "end_ns": 90_000_000,
    })];
    lines.extend((1..SPANS).map(|n| {
        json!({
            "trace_id": "t", "span_id": n.to_string(), "parent_id": (n / 2).to_string(), "kind": "tool",
            "start_ns": n + 1, "end_ns": n + 1_000, "name": format!("step {n}"),
        })
    }));
    lines.push(json!({
        "trace_id": "t", "span_id": "7", "parent_id": "0", "kind": "tool", "start_ns": 50_000,
        "status": "error", "error_message": "the shelf is empty",
    }));
    import(&stage, &lines);
    let view = stage.engine.trace_open("t").unwrap();
    assert_eq!(
        (view.rows.len() as u64, view.row.spans),
        (SPANS + 1, SPANS + 1)
    );
    let mut keys: Vec<(&str, u64)> = view
        .rows
        .iter()
        .map(|row| (row.span_id.as_str(), row.variant))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len() as u64, SPANS + 1);
    let failed: Vec<_> = view.rows.iter().filter(|row| row.error.is_some()).collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].error.as_deref(), Some("the shelf is empty"));
    assert_eq!((failed[0].span_id.as_str(), failed[0].variant), ("7", 2));

    let first = stage.engine.span_open("t", "7", 1).unwrap();
    let second = stage.engine.span_open("t", "7", 2).unwrap();
    assert_eq!((first.variant, first.variants), (1, 2));
    assert_eq!((second.variant, second.variants), (2, 2));
    assert_eq!(first.span.name.as_deref(), Some("step 7"));
    assert_eq!(second.span.status, SpanStatus::Error);
    assert!(stage.engine.span_open("t", "7", 3).is_err());
}

#[test]
fn facets_count_under_the_other_conditions() {
    let stage = Stage::new();
    let lines: Vec<_> = (0..12)
        .map(|n| {
            json!({
                "trace_id": format!("t{n}"), "span_id": "s", "start_ns": n,
                "kind": if n < 9 { "llm" } else { "tool" },
                "status": if n % 3 == 0 { "error" } else { "ok" },
            })
        })
        .collect();
    import(&stage, &lines);
    let all = stage.engine.trace_facets(&TraceFilter::default()).unwrap();
    assert_eq!(
        (count(&all.kinds, "llm"), count(&all.statuses, "error")),
        (9, 4)
    );
    let tools = TraceFilter {
        kind: Some(SpanKind::Tool),
        ..TraceFilter::default()
    };
    let found = stage.engine.trace_facets(&tools).unwrap();
    assert_eq!(
        (count(&found.kinds, "llm"), count(&found.kinds, "tool")),
        (9, 3),
        "a facet leaves out its own condition"
    );
    assert_eq!(
        (
            count(&found.statuses, "error"),
            count(&found.statuses, "ok")
        ),
        (1, 2)
    );
}
