//! Exports as CSV of products whose JSON is read: the same calls, whatever clothes they come in.

use crate::support::{fixture, read_all};
use plumbline_ingest::Format;
use plumbline_model::{Span, SpanKind, UnixNanos};

#[test]
fn helicone_rows_are_the_calls_of_its_json() {
    let csv = read_all(&fixture("helicone/requests.csv"), None).unwrap();
    let json = read_all(&fixture("helicone/requests.jsonl"), None).unwrap();
    assert_eq!(csv.report.format, Format::Helicone);
    assert_eq!(csv.spans(), json.spans());
    let reasons = |reading: &crate::support::Reading| -> Vec<String> {
        let rows = reading.quarantined();
        rows.iter().map(|row| row.reason.clone()).collect()
    };
    assert_eq!(reasons(&csv), reasons(&json));
}

#[test]
fn langfuse_rows_are_the_observations_of_its_download() {
    let csv = read_all(&fixture("langfuse/observations.csv"), None).unwrap();
    let json = read_all(&fixture("langfuse/download.json"), None).unwrap();
    assert_eq!(csv.report.format, Format::Langfuse);
    // What stands in the trace alone is in no row.
    let plain = |span: &Span| {
        let mut span = span.clone();
        (span.session_id, span.user_id_hash, span.environment) = (None, None, None);
        span.tags.clear();
        span
    };
    let spans = |reading: &crate::support::Reading| -> Vec<Span> {
        reading.spans().into_iter().map(plain).collect()
    };
    assert_eq!(spans(&csv), spans(&json));
    assert!(
        csv.spans()
            .iter()
            .any(|span| span.usage.tokens_in == Some(321))
    );
}

#[test]
fn litellm_spend_logs_as_rows() {
    let csv = read_all(&fixture("litellm/spend_logs.csv"), None).unwrap();
    assert_eq!(csv.report.format, Format::Litellm);
    let spans = csv.spans();
    assert_eq!(spans.len(), 2);
    assert_eq!(spans[0].kind, SpanKind::Embedding);
    assert_eq!(spans[0].cache_hit, Some(true));
    let call = spans[1];
    assert_eq!(call.start_ns, UnixNanos(1_772_446_860_250_000_000));
    assert_eq!(call.latency_ms(), Some(2_500.0));
    assert_eq!(call.time_to_first_token_ms, Some(500.0));
    assert_eq!(call.usage.tokens_in, Some(400));
    assert_eq!(call.usage.tokens_in_cached, Some(128));
    assert_eq!(call.cost_usd.unwrap().to_string(), "0.00041");
    assert_eq!(
        call.input_messages[0].content.text(),
        "Where is it?\nAnd \"when\"?"
    );
    assert_eq!(call.output_messages[0].content.text(), "Here, now.");
    assert_eq!(call.tags["request_tags"], "web,beta");
    assert_eq!(
        csv.quarantined()[0].reason,
        "`startTime` is missing or no time"
    );
}
