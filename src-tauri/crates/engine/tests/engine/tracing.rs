//! The trace screens' questions: a large trace opened, contradicting sources, facets that answer the filter.

use crate::stage::Stage;
use plumbline_engine::api::{FacetValue, JobKind, JobState, TraceFilter, TraceSort};
use plumbline_model::{SpanKind, SpanStatus};
use serde_json::json;
use std::sync::{Arc, Mutex};

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

#[test]
fn a_search_is_a_job_that_can_be_cancelled_and_goes_on_where_it_stopped() {
    let stage = Stage::new();
    let lines: Vec<_> = (0..20_000)
        .map(|n| {
            json!({
                "trace_id": format!("t{}", n / 10), "span_id": n.to_string(), "kind": "tool", "start_ns": n,
                "name": if n % 1_000 == 0 { "a lingonberry" } else { "a parcel" },
            })
        })
        .collect();
    import(&stage, &lines);
    let engine = stage.engine.clone();
    let states = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&states);
    stage.engine.subscribe_jobs(move |job| {
        if job.kind == JobKind::Search {
            let mut heard = heard.lock().unwrap();
            heard.push(job.state);
            if heard.len() == 1 {
                drop(heard);
                engine.job_cancel(job.id).unwrap();
            }
        }
    });
    let filter = TraceFilter {
        text: "LINGONBERRY".to_owned(),
        ..TraceFilter::default()
    };
    let stopped = stage.engine.trace_count(&filter).unwrap_err();
    assert_eq!(stopped.code, plumbline_model::Code::Cancelled);
    assert_eq!(stage.engine.trace_count(&filter).unwrap(), 20);
    let page = stage
        .engine
        .trace_list(&filter, TraceSort::Oldest, None, 0, 15)
        .unwrap();
    let rest = stage
        .engine
        .trace_list(&filter, TraceSort::Oldest, page.next.as_deref(), 0, 15)
        .unwrap();
    assert_eq!((page.rows.len(), rest.rows.len(), rest.next), (15, 5, None));
    let states = states.lock().unwrap();
    assert_eq!(states.first(), Some(&JobState::Running));
    assert!(states.contains(&JobState::Cancelled));
    assert_eq!(states.last(), Some(&JobState::Finished));
    assert_eq!(
        stage
            .engine
            .trace_list(&filter, TraceSort::Oldest, Some("nowhere"), 0, 1)
            .unwrap_err()
            .code,
        plumbline_model::Code::BadInput
    );
}

#[test]
fn the_columns_of_a_trace_say_what_its_rows_say() {
    let stage = Stage::new();
    let lines = [
        json!({"trace_id": "t", "span_id": "a", "kind": "agent", "name": "root", "start_ns": 0, "end_ns": 10_000_000}),
        json!({"trace_id": "t", "span_id": "b", "parent_id": "a", "kind": "llm", "start_ns": 1_000_000,
            "end_ns": 7_000_000, "model_returned": "m", "status": "error", "error_message": "no"}),
        json!({"trace_id": "t", "span_id": "b", "parent_id": "gone", "kind": "tool", "start_ns": 2_000_000}),
    ];
    import(&stage, &lines);
    let rows = stage.engine.trace_open("t").unwrap().rows;
    let columns = stage.engine.trace_columns("t").unwrap();
    let word = |at: u32| columns.words[at as usize].as_str();
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(columns.span_id[index], row.span_id);
        assert_eq!(word(columns.name[index]), row.name);
        assert_eq!(columns.kinds[columns.kind[index] as usize], row.kind);
        assert_eq!(columns.statuses[columns.status[index] as usize], row.status);
        assert_eq!(columns.model[index].map(word), row.model.as_deref());
        assert_eq!(columns.critical_self_ms[index].is_some(), row.critical);
        assert_eq!(columns.duration_ms[index], row.duration_ms);
        let at = index as u32;
        let error = columns.errors.iter().find(|(index, _)| *index == at);
        assert_eq!(error.map(|(_, why)| word(*why)), row.error.as_deref());
        let flaw = columns.flaws.iter().find(|(index, _)| *index == at);
        assert_eq!(flaw.map(|(_, flaw)| *flaw), row.flaw);
    }
    let on_path: f64 = columns.critical_path.iter().map(|time| time.ms).sum();
    assert_eq!(on_path, columns.total_ms);
}

#[test]
fn a_call_finds_its_release_though_nobody_looked_at_the_prompts_yet() {
    let stage = Stage::new();
    let call = |id: &str, name: &str| {
        json!({
            "trace_id": "t", "span_id": id, "kind": "llm", "start_ns": 1, "prompt_name": name,
            "prompt_version": "1.0.0",
        })
    };
    import(
        &stage,
        &[
            call("a", "label"),
            call("b", "../../etc"),
            call("c", "other"),
        ],
    );
    let release = |id: &str| stage.engine.span_open("t", id, 1).unwrap().release;
    assert_eq!(release("a").as_deref(), Some("label@1.0.0"));
    assert_eq!((release("b"), release("c")), (None, None));
}
