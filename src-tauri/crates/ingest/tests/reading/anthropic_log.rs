//! Anthropic's API: messages, pairs, batches, and real usage bodies.

use crate::fixtures::snapshot;
use crate::samples::sample_bytes;
use crate::support::{fixture, read_all};
use plumbline_ingest::Format;
use plumbline_model::{Role, Span, SpanStatus, UnixNanos, Usage, add_known};
use serde_json::{Value, json};

#[test]
fn messages_and_pairs() {
    let reading = read_all(&fixture("anthropic_log/calls.jsonl"), None).unwrap();
    let spans = reading.spans();
    let first = spans[0].usage;
    assert_eq!(
        first.tokens_in,
        Some(1_230),
        "the cache is part of the input"
    );
    assert_eq!(
        (first.tokens_in_cached, first.tokens_in_cache_write),
        (Some(1_000), Some(200))
    );
    assert_eq!(spans[0].start_ns, UnixNanos(0), "a message has no time");
    assert_eq!(spans[0].output_messages[0].tool_calls[0].name, "find_order");
    let roles: Vec<Role> = spans[1]
        .input_messages
        .iter()
        .map(|message| message.role)
        .collect();
    assert_eq!(
        roles,
        [
            Role::System,
            Role::User,
            Role::Assistant,
            Role::Tool,
            Role::User
        ]
    );
    assert_eq!(spans[1].usage.tokens_reasoning, Some(96));
    assert_eq!(spans[1].usage.tokens_in_cached, None, "unknown is not zero");
    assert_eq!(spans[1].latency_ms(), Some(2_100.0));
    assert_eq!((spans[2].http_status, spans[2].end_ns), (Some(529), None));
    assert_eq!(spans[2].request_id.as_deref(), Some("req_5"));
    assert_eq!(spans[3].status, SpanStatus::Truncated);
    assert_eq!(spans[3].provider.as_deref(), Some("aws.bedrock"));
    let report = format!("{:?} {spans:?}", reading.report);
    assert!(!report.contains("not-a-key") && !report.contains("ada@"));
    let places: Vec<&str> = reading
        .quarantined()
        .iter()
        .map(|row| row.at.as_str())
        .collect();
    assert_eq!(places, ["line 5", "line 6"]);
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn what_is_cached_for_an_hour_comes_with_the_span() {
    let line = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "content": [],
        "stop_reason": "end_turn", "usage": {"input_tokens": 10, "output_tokens": 1,
            "cache_creation_input_tokens": 90,
            "cache_creation": {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 60}}});
    let reading = read_all(line.to_string().as_bytes(), None).unwrap();
    let usage = reading.spans()[0].usage;
    assert_eq!(
        (usage.tokens_in, usage.tokens_in_cache_write_1h),
        (Some(100), Some(60))
    );
}

#[test]
fn a_message_batch() {
    let reading = read_all(&fixture("anthropic_log/batch.jsonl"), None).unwrap();
    let spans = reading.spans();
    let statuses: Vec<(&str, SpanStatus)> = spans
        .iter()
        .map(|span| (span.tags["custom_id"].as_str(), span.status))
        .collect();
    assert_eq!(
        statuses,
        [
            ("ticket-2", SpanStatus::Ok),
            ("ticket-1", SpanStatus::Error),
            ("ticket-8", SpanStatus::Cancelled),
            ("ticket-9", SpanStatus::Error),
            ("ticket-3", SpanStatus::Unset),
        ]
    );
    assert_eq!(
        spans[0].input_messages[0].content.text(),
        "Sort: wrong size"
    );
    assert!(
        spans.iter().all(|span| span.end_ns.is_none()),
        "a batch has no latencies"
    );
    assert_eq!(reading.quarantined()[0].at, "line 8");
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn a_log_of_pairs_may_hold_both_dialects() {
    let text = [
        json!({"request": {"model": "a"}, "response": {"type": "message", "role": "assistant", "content": [],
            "stop_reason": "end_turn", "usage": {"input_tokens": 1, "cache_read_input_tokens": 2}}}),
        json!({"request": {"model": "b"}, "response": {"choices": [], "created": 5,
            "usage": {"prompt_tokens": 7, "prompt_tokens_details": {"cached_tokens": 2}}}}),
    ]
    .map(|pair| pair.to_string())
    .join("\n");
    for format in [Format::AnthropicLog, Format::OpenaiLog] {
        let reading = read_all(text.as_bytes(), Some(format)).unwrap();
        let counts: Vec<Option<u64>> = reading
            .spans()
            .iter()
            .map(|span| span.usage.tokens_in)
            .collect();
        assert_eq!(counts, [Some(3), Some(7)]);
    }
}

#[test]
fn real_usage_bodies_keep_their_counts() {
    let Some(bytes) = sample_bytes("usage_bodies/usages_first_800.json") else {
        return;
    };
    let list: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
    let mut spans: Vec<Span> = Vec::new();
    for entry in &list {
        let usage = &entry["body"]["usage"];
        if usage.get("cache_read_input_tokens").is_none() {
            continue;
        }
        let body = json!({"type": "message", "role": "assistant", "model": entry["body"]["model"],
            "content": [], "stop_reason": "end_turn", "usage": usage});
        let reading = read_all(body.to_string().as_bytes(), None).unwrap();
        assert_eq!(reading.report.format, Format::AnthropicLog);
        let span = reading.spans()[0];
        // The file brings what another program made of the same body.
        let theirs = entry["extracted"]
            .as_array()
            .unwrap()
            .iter()
            .find(|extracted| {
                let by = extracted["extractors"].as_array().unwrap();
                by.iter()
                    .any(|by| by["provider_id"] == "anthropic" && by["api_flavor"] == "default")
            });
        let theirs = &theirs.unwrap()["usage"];
        assert_eq!(
            span.usage.tokens_in,
            theirs["input_tokens"].as_u64(),
            "{usage}"
        );
        assert_eq!(
            span.usage.tokens_out,
            theirs["output_tokens"].as_u64(),
            "{usage}"
        );
        spans.push(span.clone());
    }
    let sum = |count: fn(&Usage) -> Option<u64>| {
        spans
            .iter()
            .map(|span| count(&span.usage))
            .fold(None, add_known)
    };
    // Counted from the file by another program.
    assert_eq!(spans.len(), 156);
    assert_eq!(sum(|usage| usage.tokens_in), Some(1_158_904));
    assert_eq!(sum(|usage| usage.tokens_in_cached), Some(22_355));
    assert_eq!(sum(|usage| usage.tokens_in_cache_write), Some(2_374));
    assert_eq!(sum(|usage| usage.tokens_out), Some(20_067));
    assert_eq!(sum(|usage| usage.tokens_reasoning), Some(187));
}
