//! LiteLLM: a fallback, an embedding of the spend table, and the product's own example.

use crate::fixtures::snapshot;
use crate::samples::sample;
use crate::support::{fixture, read_all};
use plumbline_ingest::Format;
use plumbline_model::{SpanKind, SpanStatus, UnixNanos};

#[test]
fn calls() {
    let reading = read_all(&fixture("litellm/calls.jsonl"), None).unwrap();
    let spans = reading.spans();
    assert_eq!(
        spans[0].trace_id, spans[1].trace_id,
        "a fallback belongs to its request"
    );
    assert_eq!(
        (spans[0].status, spans[0].http_status),
        (SpanStatus::Error, Some(429))
    );
    assert_eq!(
        spans[0].usage.tokens_in, None,
        "a failed call measured nothing"
    );
    assert_eq!(spans[1].time_to_first_token_ms, Some(400.0));
    assert_eq!(spans[1].model_requested.as_deref(), Some("smart"));
    assert_eq!(
        (spans[2].kind, spans[2].cache_hit),
        (SpanKind::Embedding, Some(true))
    );
    assert_eq!(reading.quarantined()[0].at, "line 4");
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn the_example_of_the_product_is_read() {
    let Some(reading) = sample("litellm/example_standard_logging_payload.json") else {
        return;
    };
    assert_eq!(reading.report.format, Format::Litellm);
    assert_eq!((reading.report.read, reading.report.quarantined), (1, 0));
    let span = reading.spans()[0];
    assert_eq!(span.start_ns, UnixNanos(1_766_000_068_284_660_000));
    assert_eq!(
        (span.usage.tokens_in, span.usage.tokens_out),
        (Some(10), Some(20))
    );
    assert_eq!(span.cost_usd.unwrap().to_string(), "0.00022500000000000002");
    assert_eq!(span.cache_hit, None, "null is unknown, not a miss");
    assert_eq!(span.output_messages[0].content.text(), "hi");
}
