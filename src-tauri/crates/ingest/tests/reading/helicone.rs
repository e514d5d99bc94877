//! Helicone: bodies and notes in place of bodies, a failure, a cache hit, and requests that are no model calls.

use crate::fixtures::snapshot;
use crate::support::{fixture, read_all};
use plumbline_ingest::Format;
use plumbline_model::{SpanKind, SpanStatus, add_known};

#[test]
fn requests() {
    let reading = read_all(&fixture("helicone/requests.jsonl"), None).unwrap();
    assert_eq!(reading.report.format, Format::Helicone);
    let spans = reading.spans();
    assert_eq!(
        spans[0].usage.tokens_in,
        Some(1_200),
        "the provider's own count, cached input inside"
    );
    assert_eq!(spans[0].cost_usd.unwrap().to_string(), "0.0014");
    assert_eq!(spans[0].cache_hit, Some(false));
    assert_eq!(spans[0].time_to_first_token_ms, Some(320.0));
    assert_ne!(spans[0].user_id_hash.as_deref(), Some("ada@example.org"));
    assert_eq!(spans[0].trace_id, spans[1].trace_id, "one session");
    assert_eq!(
        spans[1].usage.tokens_in,
        Some(4_220),
        "Anthropic's input leaves the cache out"
    );
    assert_eq!(spans[1].time_to_first_token_ms, None);
    assert!(spans[1].input_messages.is_empty(), "a note is no message");
    assert_eq!(
        (spans[2].status, spans[2].http_status),
        (SpanStatus::Error, Some(429))
    );
    assert!(spans[2].usage.is_unreported() && spans[2].cost_usd.is_none());
    assert_eq!(spans[2].latency_ms(), Some(85.0));
    assert_eq!(spans[3].cache_hit, Some(true));
    assert_eq!(
        (spans[4].status, spans[4].end_ns),
        (SpanStatus::Cancelled, None)
    );
    assert_eq!(spans[5].kind, SpanKind::Embedding);
    assert_eq!(spans[6].kind, SpanKind::Tool);
    let calls = spans.iter().filter(|span| span.is_model_call());
    let tokens_in = calls.map(|span| span.usage.tokens_in).fold(None, add_known);
    assert_eq!(tokens_in, Some(6_620), "model calls alone are summed");
    let reasons: Vec<&str> = reading
        .quarantined()
        .iter()
        .map(|row| row.reason.as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "`request_id` is missing",
            "`request_created_at` is missing or no time"
        ]
    );
    assert_eq!(reading.report.fields_unread["scores"].count, 1);
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn an_array_gives_the_same_spans_as_lines() {
    let lines = fixture("helicone/requests.jsonl");
    let text = String::from_utf8(lines.clone()).unwrap();
    let array = format!("[{}]", text.trim().replace('\n', ","));
    assert_eq!(
        read_all(array.as_bytes(), None).unwrap().spans(),
        read_all(&lines, None).unwrap().spans()
    );
}
