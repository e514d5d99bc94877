//! Cassettes of four recorders, and real public ones.

use crate::fixtures::snapshot;
use crate::samples::sample_bytes;
use crate::support::{Reading, fixture, read_all, root};
use plumbline_ingest::Format;
use plumbline_model::{Span, SpanStatus, UnixNanos, add_known};
use std::path::{Path, PathBuf};

fn read(name: &str) -> Reading {
    let reading = read_all(&fixture(name), None).unwrap();
    assert_eq!(reading.report.format, Format::Vcr);
    assert!(!format!("{:?} {:?}", reading.items, reading.report).contains("not-a-"));
    reading
}

#[test]
fn what_vcrpy_recorded() {
    let reading = read("vcr/vcrpy.yaml");
    let spans = reading.spans();
    assert_eq!((spans.len(), reading.quarantined().len()), (4, 0));
    assert_eq!(spans[0].usage.tokens_in_cached, Some(16));
    assert_eq!(spans[0].tags["openai-processing-ms"], "412");
    assert_eq!(
        spans[1].output_messages[0].content.text(),
        "Yes, on Tuesday."
    );
    assert_eq!(spans[1].usage.tokens_out, Some(5));
    assert_eq!(
        spans[2].output_messages[0].content.text(),
        "Größe M – gern.",
        "the body is binary and gzip"
    );
    assert_eq!(spans[2].usage.tokens_in, Some(130));
    assert_eq!(spans[2].start_ns, UnixNanos(1_767_226_200_000_000_000));
    assert_eq!(
        (spans[3].status, spans[3].error_message.as_deref()),
        (SpanStatus::Error, Some("Rate limit reached"))
    );
    assert_eq!(
        reading.report.fields_unread["(calls of other APIs)"].count,
        1
    );
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn what_betamax_ruby_and_go_recorded() {
    let reading = read("vcr/betamax.json");
    let said: Vec<_> = reading
        .spans()
        .iter()
        .map(|span| (span.span_id.as_str(), span.usage.tokens_in))
        .collect();
    assert!(said.contains(&("msg_01Bike", Some(130))), "{said:?}");

    let reading = read("vcr/ruby.yml");
    let spans = reading.spans();
    assert_eq!((spans.len(), reading.quarantined().len()), (2, 1));
    assert_eq!(reading.quarantined()[0].at, "line 32");
    assert_eq!(spans[0].start_ns, UnixNanos(1_767_225_720_000_000_000));
    assert_eq!(spans[0].output_messages[0].content.text(), "Yes.");
    assert_eq!(
        (
            spans[1].embedding_dimensions,
            spans[1].request_id.as_deref()
        ),
        (Some(2), Some("req_bike6")),
        "its headers are named in the first interaction"
    );

    let reading = read("vcr/go.yaml");
    let span = reading.spans()[0];
    assert_eq!(
        (span.status, span.http_status),
        (SpanStatus::Truncated, Some(200))
    );
    assert_eq!(span.latency_ms(), Some(1_500.0));
}

fn cassettes(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            cassettes(&path, found);
        } else if path.extension().is_some_and(|end| end == "yaml") {
            found.push(path);
        }
    }
}

#[test]
fn real_cassettes_add_up() {
    if sample_bytes("http_cassettes/langchain-ai+langsmith-sdk/python/cassettes/_expect.yaml")
        .is_none()
    {
        return;
    }
    let mut found = Vec::new();
    cassettes(&root().join("../shared/samples/http_cassettes"), &mut found);
    let mut spans: Vec<Span> = Vec::new();
    let (mut others, mut refused) = (0, 0);
    for path in &found {
        let reading = read_all(&std::fs::read(path).unwrap(), None).unwrap();
        assert_eq!(reading.report.format, Format::Vcr, "{}", path.display());
        refused += reading.quarantined().len();
        let other = reading.report.fields_unread.get("(calls of other APIs)");
        others += other.map_or(0, |field| field.count);
        spans.extend(reading.spans().into_iter().cloned());
    }
    let sum = |count: fn(&Span) -> Option<u64>| spans.iter().map(count).fold(None, add_known);
    // Counted from the files by another program. The others are calls of Gemini.
    assert_eq!(
        (found.len(), spans.len(), others, refused),
        (61, 203, 37, 0)
    );
    assert_eq!(sum(|span| span.usage.tokens_in), Some(6_021));
    assert_eq!(sum(|span| span.usage.tokens_out), Some(8_284));
    let failed = spans.iter().filter(|span| span.status == SpanStatus::Error);
    assert_eq!(failed.count(), 22);
    assert!(spans.iter().all(|span| !span.tags.contains_key("stream")));
}
