//! HAR files: calls of models among everything else a browser fetched.

use crate::fixtures::snapshot;
use crate::support::{fixture, read_all};
use plumbline_ingest::Format;
use plumbline_model::{SpanStatus, UnixNanos};

#[test]
fn calls_are_found_among_the_rest_with_their_times() {
    let reading = read_all(&fixture("har/calls.har"), None).unwrap();
    assert_eq!(reading.report.format, Format::Har);
    let spans = reading.spans();
    assert_eq!((spans.len(), reading.quarantined().len()), (3, 1));
    assert_eq!(reading.quarantined()[0].at, "entries[4]");
    assert_eq!(spans[0].start_ns, UnixNanos(1_767_226_200_250_000_000));
    assert_eq!(spans[0].latency_ms(), Some(900.0));
    assert_eq!(
        spans[0].time_to_first_token_ms, None,
        "an answer in one piece has no first token"
    );
    assert_eq!(
        (spans[0].usage.tokens_in, spans[0].usage.tokens_out),
        (Some(13), Some(2))
    );
    assert_eq!(
        (spans[1].status, spans[1].time_to_first_token_ms),
        (SpanStatus::Truncated, Some(651.0))
    );
    assert_eq!(spans[1].usage.tokens_out, None);
    assert_eq!(spans[2].error_type.as_deref(), Some("overloaded_error"));
    assert_eq!((spans[2].http_status, spans[2].end_ns), (Some(529), None));
    assert_eq!(
        reading.report.fields_unread["(calls of other APIs)"].count,
        1
    );
    assert!(!format!("{:?}", reading.items).contains("not-a-"));
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn a_broken_entry_costs_itself_alone_and_a_cut_says_where() {
    let entry = r#"{"startedDateTime":"2026-01-01T00:00:00Z","request":{"method":"POST","url":"/v1/completions","postData":{"text":"{\"model\":\"m\",\"prompt\":\"p\"}"}},"response":{"status":200,"content":{"text":"{\"id\":\"ID\",\"choices\":[]}"}}}"#;
    let text = format!(
        r#"{{"log":{{"entries":[{},{{"a":not-a-key}},{}"#,
        entry.replace("ID", "one"),
        entry.replace("ID", "two")
    );
    let whole = read_all(format!("{text}]}}}}").as_bytes(), Some(Format::Har)).unwrap();
    assert_eq!((whole.spans().len(), whole.quarantined().len()), (2, 1));
    assert!(!format!("{:?}", whole.items).contains("not-a-key"));
    let cut = read_all(&text.as_bytes()[..text.len() - 5], Some(Format::Har)).unwrap();
    assert_eq!((cut.spans().len(), cut.quarantined().len()), (1, 2));
}

#[test]
fn exchanges_that_were_kept_are_read_again() {
    let reading = read_all(&fixture("http_exchange/calls.jsonl"), None).unwrap();
    assert_eq!(reading.report.format, Format::HttpExchange);
    let spans = reading.spans();
    assert_eq!((spans.len(), reading.quarantined().len()), (2, 1));
    assert_eq!(spans[0].latency_ms(), Some(812.5));
    assert_eq!(spans[0].time_to_first_token_ms, Some(95.25));
    assert_eq!(spans[0].status, SpanStatus::Truncated);
    assert_eq!(spans[0].output_messages[0].content.text(), "Thir");
    assert_eq!(
        (spans[1].status, spans[1].http_status),
        (SpanStatus::Error, None)
    );
    assert_eq!(spans[1].error_type.as_deref(), Some("transport"));
    insta::assert_json_snapshot!(snapshot(&reading));
}
