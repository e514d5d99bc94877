//! Tables of somebody's own: units, messages in cells, broken cells and rows, and what an unknown table is told.

use crate::support::{Reading, read_all, root};
use plumbline_ingest::{Format, IngestError, Item, read_mapped, suggest_mapping};
use plumbline_model::{
    ColumnMapping, MappedField, Problem, Role, SpanKind, SpanStatus, UnixNanos, add_known,
};
use std::io::Write;
use std::ops::ControlFlow;

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(root().join("fixtures/mappings").join(name)).unwrap()
}

fn mapping(name: &str) -> ColumnMapping {
    serde_json::from_slice(&bytes(name)).unwrap()
}

fn read(bytes: &[u8], mapping: &ColumnMapping) -> Result<Reading, IngestError> {
    let mut items = Vec::new();
    let report = read_mapped(&mut &bytes[..], mapping, "test input", &mut |item| {
        items.push(item);
        ControlFlow::Continue(())
    })?;
    assert_eq!(report.read, items.len() as u64, "the law of accounting");
    Ok(Reading { items, report })
}

#[test]
fn a_csv_of_calls() {
    let reading = read(&bytes("calls.csv"), &mapping("calls.json")).unwrap();
    assert_eq!(reading.report.format, Format::Mapped);
    let spans = reading.spans();
    let ids: Vec<&str> = spans.iter().map(|span| span.span_id.as_str()).collect();
    assert_eq!(ids, ["c-1", "c-2", "c-3", "c-4", "c-7"]);
    let first = spans[0];
    assert_eq!(first.start_ns, UnixNanos(1_772_442_000_250_000_000));
    assert_eq!(first.latency_ms(), Some(1_250.0));
    assert_eq!(
        first.input_messages[0].content.text(),
        "My brake squeaks.\nWhat can I do?"
    );
    assert_eq!(
        first.output_messages[0].content.text(),
        "Clean the rim, then the \"pads\"."
    );
    assert_eq!(first.usage.tokens_in_cached, Some(40));
    assert_eq!(first.cost_usd.unwrap().to_string(), "0.000096");
    assert_eq!(
        (first.status, first.http_status),
        (SpanStatus::Ok, Some(200))
    );
    assert_eq!(first.tags["team"], "support");
    assert_ne!(first.user_id_hash.as_deref(), Some("ada@example.org"));
    assert_eq!(spans[1].input_messages[0].role, Role::System);
    assert_eq!(spans[1].usage.tokens_in_cached, None, "empty is not zero");
    assert_eq!(spans[2].status, SpanStatus::Error);
    assert_eq!(
        spans[2].error_message.as_deref(),
        Some("upstream timed out")
    );
    assert_eq!(
        spans[2].start_ns,
        UnixNanos(1_772_438_460_000_000_000),
        "its zone is one hour east"
    );
    assert_eq!(spans[3].end_ns, None, "no latency, no end");
    assert_eq!(spans[3].usage.tokens_out, None);
    let sum = |count: fn(&plumbline_model::Span) -> Option<u64>| {
        spans.iter().map(|span| count(span)).fold(None, add_known)
    };
    assert_eq!(sum(|span| span.usage.tokens_in), Some(440));
    assert_eq!(sum(|span| span.usage.tokens_out), Some(43));
    let unread: Vec<&str> = reading
        .report
        .fields_unread
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(unread, ["Completion tokens (not a count)", "Remark"]);
    let refused: Vec<(&str, &str)> = reading
        .quarantined()
        .iter()
        .map(|row| (row.at.as_str(), row.reason.as_str()))
        .collect();
    assert_eq!(
        refused,
        [
            ("line 7", "`When (UTC)` is not an ISO 8601 time: \"soon\""),
            ("line 8", "a quoted field does not end in its row"),
        ]
    );
    assert_eq!(
        read(&bytes("calls.csv"), &mapping("calls.json"))
            .unwrap()
            .items,
        reading.items,
        "reading again gives the same spans"
    );
}

#[test]
fn json_lines_with_paths_and_parts_beside_their_totals() {
    let reading = read(&bytes("events.jsonl"), &mapping("events.json")).unwrap();
    let spans = reading.spans();
    let kinds: Vec<SpanKind> = spans.iter().map(|span| span.kind).collect();
    assert_eq!(kinds, [SpanKind::Agent, SpanKind::Llm, SpanKind::Tool]);
    assert_eq!(spans[0].start_ns, UnixNanos(1_767_348_000_000_123_000));
    assert_eq!(spans[0].latency_ms(), Some(1_500.0));
    assert_eq!(spans[1].parent_id.as_deref(), Some("a"));
    assert_eq!(spans[1].usage.tokens_in, Some(3_120));
    assert_eq!(spans[1].usage.tokens_out, Some(62));
    assert_eq!(
        spans[1].input_messages[0].content.text(),
        "Where is my order?"
    );
    assert_eq!(spans[2].tool_name.as_deref(), Some("find_order"));
    assert_eq!(spans[2].status, SpanStatus::Error);
    assert_eq!(
        reading.quarantined().len(),
        3,
        "what a list holds is no row either"
    );
    assert_eq!(
        reading.report.fields_unread["usage.service"].example,
        "standard"
    );
    assert_eq!(
        reading.report.fields_unread.len(),
        1,
        "the mapped members of `usage` are read"
    );
}

#[test]
fn rows_without_ids_get_them_from_place_and_content() {
    let csv = b"at,n\n1,5\n1,5\n2,5\n";
    let mapping: ColumnMapping =
        serde_json::from_str(r#"{"time_unit":"s","columns":{"start":"at","tokens_in":"n"}}"#)
            .unwrap();
    let reading = read(csv, &mapping).unwrap();
    let mut ids: Vec<&str> = reading
        .spans()
        .iter()
        .map(|span| span.span_id.as_str())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3, "equal rows are two calls");
    let again = read(csv, &mapping).unwrap();
    assert_eq!(again.spans(), reading.spans());
}

#[test]
fn an_unknown_table_says_its_columns_and_how_to_map_them() {
    let error = read_all(&bytes("calls.csv"), None).err().unwrap();
    let problem = Problem::from(error);
    assert!(
        problem
            .message
            .contains("Call, Conversation, When (UTC), Took (s), Deployment"),
        "{problem}"
    );
    let hint = problem.hint.unwrap();
    assert!(hint.contains("plumbline trace mapping suggest"), "{hint}");
    assert!(hint.contains("--mapping"), "{hint}");
    let error = read_all(&bytes("events.jsonl"), None).err().unwrap();
    assert!(error.to_string().contains("ts_us"), "{error}");
    let words = read_all(b"no table, only words\nsecond line", None);
    assert!(matches!(words, Err(IngestError::Unrecognised { .. })));
}

#[test]
fn a_column_that_is_not_there_is_named_with_those_that_are() {
    let error = read(b"when,tokens\n1,2\n", &mapping("calls.json"))
        .err()
        .unwrap();
    assert!(error.to_string().contains("when, tokens"), "{error}");
    assert!(read(b"a,b\n1,2\n", &ColumnMapping::default()).is_err());
    let named = read_all(b"a,b\n1,2\n", Some(Format::Mapped));
    assert!(matches!(named, Err(IngestError::NoMapping { .. })));
}

#[test]
fn a_suggestion_reads_the_table_it_was_made_for() {
    let bytes = bytes("calls.csv");
    let found = suggest_mapping(&bytes, "calls.csv").unwrap();
    let column = |field| found.mapping.column(field);
    assert_eq!(column(MappedField::TokensIn), Some("Prompt tokens"));
    assert_eq!(column(MappedField::Input), Some("Question"));
    assert_eq!(column(MappedField::Output), Some("Answer"));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&bytes).unwrap();
    let packed = suggest_mapping(&gzip.finish().unwrap(), "calls.csv.gz").unwrap();
    assert_eq!(packed.mapping, found.mapping);
    let azure = b"TIMESTAMP,Model,ContextTokens,GeneratedTokens,Latency_ms\n\
        2023-11-16 18:17:03.9799600,gpt,4808,10,12.5\n";
    let found = suggest_mapping(azure, "azure.csv").unwrap();
    let reading = read(azure, &found.mapping).unwrap();
    assert_eq!(reading.spans()[0].usage.tokens_in, Some(4_808));
    assert_eq!(reading.spans()[0].latency_ms(), Some(12.5));
    assert!(reading.report.fields_unread.is_empty());
}

#[test]
fn hostile_tables_end_in_rows() {
    let mapping: ColumnMapping = serde_json::from_str(
        r#"{"columns":{"tokens_in":"a","output":"b","latency":"c","start":"d"}}"#,
    )
    .unwrap();
    let wide = format!("a,b,c,d\n{}\n", ",".repeat(500_000));
    let deep = format!(
        "a,b,c,d\n1,\"{}\",1,2026-01-01T00:00:00Z\n",
        "[".repeat(100_000)
    );
    let huge = "a,b,c,d\n18446744073709551616,x,1e999,2026-01-01T00:00:00Z\n".to_owned();
    let nul = "a,b,c,d\n1,\0,1,2026-01-01T00:00:00Z\n".to_owned();
    for (text, spans, quarantined) in [(wide, 0, 1), (deep, 1, 0), (huge, 1, 0), (nul, 0, 1)] {
        let reading = read(text.as_bytes(), &mapping).unwrap();
        assert_eq!(reading.spans().len(), spans);
        assert_eq!(reading.quarantined().len(), quarantined);
        for item in &reading.items {
            if let Item::Span { span, .. } = item {
                assert!(span.usage.tokens_in.is_none_or(|count| count == 1));
            }
        }
    }
    let bad = read(b"a,b,c,d\n1,\xff,1,2026-01-01T00:00:00Z\n", &mapping).unwrap();
    assert_eq!(bad.quarantined()[0].reason, "invalid UTF-8 at byte 3");
}
