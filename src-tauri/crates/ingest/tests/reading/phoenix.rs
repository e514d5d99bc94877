//! Phoenix: pages of its API in both forms and records of its dataframe say the same of the same spans.

use crate::fixtures::snapshot;
use crate::support::{Reading, fixture, read_all};
use plumbline_ingest::Format;
use plumbline_model::{Role, Span, SpanKind, SpanStatus, UnixNanos, add_known};
use std::collections::BTreeMap;

fn spans(reading: &Reading) -> BTreeMap<&str, &Span> {
    reading
        .spans()
        .into_iter()
        .map(|span| (span.span_id.as_str(), span))
        .collect()
}

#[test]
fn a_page_of_spans() {
    let reading = read_all(&fixture("phoenix/page.json"), None).unwrap();
    assert_eq!(reading.report.format, Format::Phoenix);
    assert!(reading.quarantined().is_empty());
    let spans = spans(&reading);
    assert_eq!(spans.len(), 5);
    let call = spans["a1b2c3d4e5f60004"];
    assert_eq!(call.kind, SpanKind::Llm);
    assert_eq!(call.parent_id.as_deref(), Some("a1b2c3d4e5f60002"));
    assert_eq!(call.start_ns, UnixNanos(1_772_442_000_070_000_000));
    assert_eq!(call.latency_ms(), Some(900.0));
    assert_eq!(call.usage.tokens_in, Some(310));
    assert_eq!(call.usage.tokens_in_cached, Some(128));
    assert_eq!(call.usage.tokens_reasoning, Some(10));
    assert_eq!(call.input_messages[0].role, Role::System);
    assert_eq!(call.output_messages[0].tool_calls[0].name, "stock");
    assert_eq!(call.parameters["temperature"], 0.1);
    assert_eq!(call.prompt_variables["question"], "Is the pad in stock?");
    assert_eq!(call.tools[0].name, "stock");
    let failed = spans["a1b2c3d4e5f60006"];
    assert_eq!(failed.status, SpanStatus::Error);
    assert_eq!(failed.error_type.as_deref(), Some("TimeoutError"));
    let found = &spans["a1b2c3d4e5f60003"].documents[0];
    assert_eq!((found.id.as_str(), found.score), ("d7", Some(0.83)));
    assert_eq!(found.source.as_deref(), Some("stock.csv"));
    let root = spans["a1b2c3d4e5f60002"];
    assert_eq!(root.kind, SpanKind::Agent);
    assert_eq!(root.tags["team"], "support");
    assert_eq!(root.session_id.as_deref(), Some("s-1"));
    let calls = spans.values().filter(|span| span.is_model_call());
    let tokens = calls.map(|span| span.usage.tokens_in).fold(None, add_known);
    assert_eq!(tokens, Some(670), "310 and 360; no sums over descendants");
    insta::assert_json_snapshot!(snapshot(&reading));
}

/// The same dataframe as pandas writes it without being asked for records.
fn by_column(records: &[u8]) -> String {
    let records: Vec<serde_json::Map<String, serde_json::Value>> =
        serde_json::from_slice(records).unwrap();
    let mut frame: BTreeMap<String, BTreeMap<String, serde_json::Value>> = BTreeMap::new();
    for record in records {
        let row = record["context.span_id"].as_str().unwrap().to_owned();
        for (column, cell) in record {
            frame.entry(column).or_default().insert(row.clone(), cell);
        }
    }
    serde_json::to_string(&frame).unwrap()
}

#[test]
fn every_form_gives_the_same_spans() {
    let page = read_all(&fixture("phoenix/page.json"), None).unwrap();
    let otlp = read_all(&fixture("phoenix/page.otlp.json"), None).unwrap();
    let frame = read_all(&fixture("phoenix/dataframe.json"), None).unwrap();
    let columns = read_all(
        by_column(&fixture("phoenix/dataframe.json")).as_bytes(),
        None,
    )
    .unwrap();
    let forms = [
        (&otlp, "OTLP"),
        (&frame, "dataframe"),
        (&columns, "dataframe by column"),
    ];
    for (other, name) in forms {
        assert_eq!(other.report.format, Format::Phoenix, "{name}");
        assert!(other.quarantined().is_empty(), "{name}");
        let (one, two) = (spans(&page), spans(other));
        assert_eq!(one.len(), two.len(), "{name}");
        for (id, span) in one {
            let same = two[id];
            let facts = |span: &Span| {
                (
                    span.trace_id.clone(),
                    span.parent_id.clone(),
                    span.kind,
                    // Phoenix writes the nanoseconds of its OTLP form through a double.
                    (span.start_ns.0 + 500) / 1_000,
                    span.end_ns.map(|end| (end.0 + 500) / 1_000),
                    span.status,
                    span.usage,
                    span.model_requested.clone(),
                    span.input_messages.clone(),
                    span.output_messages.clone(),
                )
            };
            assert_eq!(facts(span), facts(same), "{name} {id}");
            assert_eq!(span.documents.len(), same.documents.len(), "{name} {id}");
        }
    }
}

#[test]
fn what_is_no_page_and_no_span_is_refused_with_a_reason() {
    let text = concat!(
        r#"{"name":"x","context":{"trace_id":"a"},"span_kind":"LLM","start_time":"2026-01-01T00:00:00Z"}"#,
        "\n",
        r#"{"name":"x","context":{"trace_id":"a","span_id":"b"},"span_kind":"LLM","start_time":"noon"}"#,
        "\n",
        r#"{"data":{"span_kind":"LLM"},"next_cursor":null}"#,
        "\n",
        r#"{"table":"spans","row":{"trace_rowid":1,"span_id":"b","start_time":"2026-01-01 00:00:00"}}"#,
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
            "`spanId` is missing or zero",
            "`start_time` is missing or no time",
            "`data` is not a list of spans",
            "`traceId` is missing or zero"
        ]
    );
}
