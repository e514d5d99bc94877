//! BurstGPT: both headers, failures that are rows without response tokens, rows that are none.

use crate::fixtures::snapshot;
use crate::support::{fixture, read_all};
use plumbline_ingest::Format;
use plumbline_model::{SpanStatus, UnixNanos};
use std::collections::BTreeSet;

#[test]
fn requests() {
    let bytes = fixture("burstgpt_csv/requests.csv");
    let reading = read_all(&bytes, None).unwrap();
    let places: Vec<&str> = reading
        .quarantined()
        .iter()
        .map(|row| row.at.as_str())
        .collect();
    assert_eq!(places, ["line 7", "line 9", "line 10"]);
    let spans = reading.spans();
    assert_eq!(spans[0].start_ns, UnixNanos(12_000_000_000));
    assert_eq!(
        (spans[1].status, spans[1].usage.tokens_out),
        (SpanStatus::Error, Some(0))
    );
    assert_eq!(spans[4].usage.tokens_in, None, "an empty field is unknown");
    assert!(spans.iter().all(|span| span.end_ns.is_none()));
    let ids: BTreeSet<&str> = spans.iter().map(|span| span.span_id.as_str()).collect();
    assert_eq!(ids.len(), 6, "equal rows in two places are two requests");
    assert_eq!(spans, read_all(&bytes, None).unwrap().spans());
    assert!(reading.report.fields_unread.is_empty());
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn sessions() {
    let reading = read_all(&fixture("burstgpt_csv/sessions.csv"), None).unwrap();
    let spans = reading.spans();
    assert_eq!(spans[0].latency_ms(), Some(1_500.0));
    assert_eq!(spans[0].session_id, spans[1].session_id);
    assert_eq!((spans[3].end_ns, &spans[3].session_id), (None, &None));
    assert_eq!(
        reading.quarantined()[0].reason,
        "`Elapsed time` is too large"
    );
    assert_eq!(reading.report.fields_unread["Region"].count, 1);
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn a_missing_column_is_named() {
    let error = read_all(b"Timestamp,Model\n1,x\n", Some(Format::BurstgptCsv))
        .err()
        .unwrap();
    assert!(error.to_string().contains("`Request tokens`"), "{error}");
}
