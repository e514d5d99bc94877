//! OpenAI's APIs: responses, pairs, batches, and real usage bodies of many providers.

use crate::fixtures::snapshot;
use crate::samples::sample_bytes;
use crate::support::{fixture, read_all};
use plumbline_ingest::Format;
use plumbline_model::{Span, SpanKind, SpanStatus, UnixNanos, Usage, add_known};
use serde_json::{Value, json};

#[test]
fn responses_and_pairs() {
    let reading = read_all(&fixture("openai_log/calls.jsonl"), None).unwrap();
    let spans = reading.spans();
    assert_eq!(spans[0].usage.tokens_in_cached, Some(1_024));
    assert_eq!(spans[0].end_ns, None, "a bare response has no latency");
    assert_eq!(spans[1].latency_ms(), Some(1_840.5));
    assert_eq!(spans[1].model_requested.as_deref(), Some("gpt-5"));
    assert_eq!(spans[2].status, SpanStatus::Truncated);
    assert_eq!(spans[2].output_messages[1].tool_calls[0].id, "call_2");
    assert_eq!(
        (spans[3].kind, spans[3].embedding_dimensions),
        (SpanKind::Embedding, Some(3))
    );
    assert_eq!(spans[3].request_id.as_deref(), Some("req_e5"));
    assert_eq!((spans[4].http_status, spans[4].end_ns), (Some(429), None));
    assert_eq!(
        spans[5].usage.tokens_out,
        Some(405),
        "the total shows that reasoning stands beside the output"
    );
    assert_eq!(spans[5].cost_usd.unwrap().to_string(), "0.00006");
    let report = format!("{:?} {spans:?}", reading.report);
    assert!(!report.contains("not-a-key") && !report.contains("ada@"));
    let places: Vec<&str> = reading
        .quarantined()
        .iter()
        .map(|row| row.at.as_str())
        .collect();
    assert_eq!(places, ["line 7", "line 8"]);
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn a_batch() {
    let reading = read_all(&fixture("openai_log/batch.jsonl"), None).unwrap();
    let spans = reading.spans();
    assert_eq!((spans.len(), reading.quarantined().len()), (5, 1));
    assert_eq!(spans[0].tags["custom_id"], "ticket-2");
    assert_eq!(
        spans[0].input_messages[0].content.text(),
        "Sort: wrong size",
        "an output finds its input whatever the order"
    );
    assert!(
        spans.iter().all(|span| span.end_ns.is_none()),
        "a batch has no latencies"
    );
    let status = |name: &str| {
        let found = spans.iter().find(|span| span.tags["custom_id"] == name);
        found.unwrap().status
    };
    assert_eq!(status("ticket-1"), SpanStatus::Error);
    assert_eq!(status("ticket-9"), SpanStatus::Error);
    assert_eq!(
        status("ticket-3"),
        SpanStatus::Unset,
        "nothing came back for it"
    );
    assert_eq!(spans[4].kind, SpanKind::Embedding);
    assert_eq!(spans[4].start_ns, UnixNanos(0));
    assert_eq!(spans[4].tags["start_time"], "unknown");
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn a_legacy_call_a_custom_tool_and_a_refusal_are_kept() {
    let body = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [
        {"index": 0, "finish_reason": "function_call", "message": {"role": "assistant", "content": null,
            "function_call": {"name": "f", "arguments": "{\"a\":1}"}}},
        {"index": 1, "message": {"role": "assistant", "content": null, "tool_calls": [
            {"id": "x", "type": "custom", "custom": {"name": "shell", "input": "ls"}}]}},
        {"index": 2, "message": {"role": "assistant", "content": null, "refusal": "No."}},
        7
    ]});
    let reading = read_all(body.to_string().as_bytes(), None).unwrap();
    let said = &reading.spans()[0].output_messages;
    assert_eq!(said[0].tool_calls[0].arguments, json!({"a": 1}));
    assert_eq!(said[1].tool_calls[0].name, "shell");
    assert_eq!(said[2].content.text(), "No.");
    assert_eq!(reading.report.fields_unread["choices"].example, "7");
}

/// Real usage bodies as bare responses of the API that wrote them: chat counts, or those of responses.
#[test]
fn real_usage_bodies_keep_their_counts() {
    let Some(bytes) = sample_bytes("usage_bodies/usages_first_800.json") else {
        return;
    };
    let list: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
    let mut spans: Vec<Span> = Vec::new();
    for entry in &list {
        let usage = &entry["body"]["usage"];
        let is_chat = usage.get("prompt_tokens").is_some();
        if !is_chat && usage.get("input_tokens_details").is_none() {
            continue;
        }
        let mut body =
            json!({"model": entry["body"]["model"], "created": 1, "usage": usage, "object": "x"});
        body[if is_chat { "choices" } else { "output" }] = json!([]);
        let reading = read_all(body.to_string().as_bytes(), None).unwrap();
        assert_eq!(reading.report.format, Format::OpenaiLog);
        spans.push(reading.spans()[0].clone());
    }
    let sum = |count: fn(&Usage) -> Option<u64>| {
        spans
            .iter()
            .map(|span| count(&span.usage))
            .fold(None, add_known)
    };
    // Counted from the file by another program.
    assert_eq!(spans.len(), 208);
    assert_eq!(sum(|usage| usage.tokens_in), Some(88_110));
    assert_eq!(sum(|usage| usage.tokens_in_cached), Some(14_922));
    assert_eq!(sum(|usage| usage.tokens_in_cache_write), Some(12_036));
    assert_eq!(sum(|usage| usage.tokens_out), Some(42_922));
    assert_eq!(sum(|usage| usage.tokens_reasoning), Some(22_383));
}

/// Found by a fuzz target: all answers with an empty id were one span.
#[test]
fn an_empty_id_is_none() {
    let pair = |text: &str| {
        format!(
            "{{\"trace_id\":\"\",\"request\":{{\"model\":\"m\",\"messages\":[]}},\"response\":{{\"id\":\"\",\"object\":\
             \"chat.completion\",\"choices\":[],\"note\":\"{text}\"}}}}\n"
        )
    };
    let text = pair("a") + &pair("b");
    let reading = read_all(text.as_bytes(), Some(Format::OpenaiLog)).unwrap();
    let ids: std::collections::BTreeSet<_> =
        reading.spans().iter().map(|span| &span.span_id).collect();
    assert_eq!(ids.len(), 2, "{:?}", reading.items);
    assert!(
        reading
            .spans()
            .iter()
            .all(|span| !span.span_id.is_empty() && !span.trace_id.is_empty())
    );
}
