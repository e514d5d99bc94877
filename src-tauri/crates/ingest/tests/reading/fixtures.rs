//! What each fixture becomes, as snapshots that a person can check against the file.

use crate::support::{FIXTURES, Reading, fixture, read_all};
use plumbline_ingest::{Completeness, Format, Item, to_canonical_line};
use plumbline_model::{SpanKind, add_known};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn load(name: &str) -> Reading {
    read_all(&fixture(name), None).unwrap()
}

pub(crate) fn snapshot(reading: &Reading) -> Value {
    let items: Vec<Value> = reading
        .items
        .iter()
        .map(|item| match item {
            Item::Span { span, .. } => serde_json::from_str(&to_canonical_line(span)).unwrap(),
            Item::Quarantined(row) => json!({ "QUARANTINED": row }),
        })
        .collect();
    json!({
        "format": reading.report.format.as_str(),
        "read": reading.report.read,
        "quarantined": reading.report.quarantined,
        "fields_unread": reading.report.fields_unread,
        "items": items,
    })
}

fn completeness(reading: &Reading) -> BTreeMap<String, f64> {
    let mut completeness = Completeness::default();
    for span in reading.spans() {
        completeness.add(span);
    }
    completeness.shares()
}

#[test]
fn the_folder_of_a_fixture_names_its_format() {
    for name in FIXTURES {
        let format: Format = name.split_once('/').unwrap().0.parse().unwrap();
        assert_eq!(
            plumbline_ingest::detect(&fixture(name)),
            Some(format),
            "{name}"
        );
    }
}

#[test]
fn support_agent() {
    let reading = load("otlp_json/support-agent.json");
    let calls = reading
        .spans()
        .into_iter()
        .filter(|span| span.is_model_call());
    let tokens_in = calls.map(|span| span.usage.tokens_in).fold(None, add_known);
    assert_eq!(
        tokens_in,
        Some(1_544),
        "the agent's roll-up is not a model call"
    );
    assert_eq!(completeness(&reading)["retrieval_ids"], 1.0);
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn openinference_rag() {
    let reading = load("otlp_json/openinference-rag.json");
    for span in &reading.spans()[1..] {
        assert_eq!(
            span.parent_id.as_deref(),
            Some("b000000000000001"),
            "an upper-case parent joins its lower-case span"
        );
    }
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn genai_with_old_names() {
    insta::assert_json_snapshot!(snapshot(&load("otlp_json/genai-1.27.json")));
}

#[test]
fn checkout_week() {
    let reading = load("canonical_jsonl/checkout-week.jsonl");
    let mut kinds = BTreeMap::<&str, u64>::new();
    let mut statuses = BTreeMap::<&str, u64>::new();
    for span in reading.spans() {
        *kinds.entry(span.kind.as_str()).or_default() += 1;
        *statuses.entry(span.status.as_str()).or_default() += 1;
    }
    let calls = || {
        reading
            .spans()
            .into_iter()
            .filter(|span| span.kind == SpanKind::Llm)
    };
    insta::assert_json_snapshot!(json!({
        "read": reading.report.read,
        "kinds": kinds,
        "statuses": statuses,
        "tokens_in": calls().map(|span| span.usage.tokens_in).fold(None, add_known),
        "tokens_out": calls().map(|span| span.usage.tokens_out).fold(None, add_known),
        "cost_usd": calls().filter_map(|span| span.cost_usd).sum::<plumbline_model::Usd>(),
        "retries": calls().filter(|span| span.retry_of.is_some()).count(),
        "fields_unread": reading.report.fields_unread,
        "completeness": completeness(&reading),
    }));
    // A line that we wrote reads back as the same span, so the fixture is in our own spelling.
    for span in reading.spans() {
        let again = read_all(to_canonical_line(span).as_bytes(), None).unwrap();
        assert_eq!(again.spans(), [span]);
    }
}

#[test]
fn broken_lines() {
    insta::assert_json_snapshot!(snapshot(&load("canonical_jsonl/broken-lines.jsonl")));
}

#[test]
fn request_log() {
    let bytes = fixture("request_csv/requests.csv");
    let reading = read_all(&bytes, None).unwrap();
    let places: Vec<&str> = reading
        .quarantined()
        .iter()
        .map(|row| row.at.as_str())
        .collect();
    assert_eq!(places, ["line 13", "line 31"]);
    assert!(
        reading
            .spans()
            .iter()
            .any(|span| span.usage.tokens_out == Some(0))
    );
    let again = read_all(&bytes, None).unwrap();
    assert_eq!(
        reading.spans(),
        again.spans(),
        "derived ids make a second import a duplicate"
    );
    let ids: std::collections::BTreeSet<&str> = reading
        .spans()
        .iter()
        .map(|span| span.span_id.as_str())
        .collect();
    assert_eq!(ids.len(), 40, "equal rows in two places are two requests");
    insta::assert_json_snapshot!(to_canonical_line(reading.spans()[0]));
}

#[test]
fn the_raw_record_of_every_span_reads_again_as_that_span() {
    for name in FIXTURES {
        // Their ids come from the place in the file, which a single record does not have.
        if name.ends_with(".csv") || name.starts_with("mooncake_jsonl") {
            continue;
        }
        // Its spans need the lines around them: the session's id, the turn, what was said before.
        if name.starts_with("codex/") {
            continue;
        }
        // A step of a session needs its neighbours: the turn around it and the line before it.
        if name.starts_with("claude_code") {
            continue;
        }
        // An event is kept as it stands in the log: its sample, its pool and its attachments are around it.
        if name.starts_with("inspect/") {
            continue;
        }
        for item in load(name).items {
            if let Item::Span { span, raw } = item {
                let again = read_all(&raw, None).unwrap();
                assert_eq!(again.spans(), [&*span], "{name}");
            }
        }
    }
}

#[test]
fn mooncake_requests() {
    let reading = load("mooncake_jsonl/requests.jsonl");
    let places: Vec<&str> = reading
        .quarantined()
        .iter()
        .map(|row| row.at.as_str())
        .collect();
    assert_eq!(places, ["line 10", "line 16"]);
    assert_eq!(reading.spans().len(), 22);
    assert!(reading.spans().iter().all(|span| span.end_ns.is_none()));
    assert_eq!(reading.report.fields_unread["hash_ids"].count, 22);
    insta::assert_json_snapshot!(to_canonical_line(reading.spans()[1]));
}
