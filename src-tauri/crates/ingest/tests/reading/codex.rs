//! Codex: a session with tools, repeats, a lost count and an interrupted turn; old turns without ids; a real file.

use crate::fixtures::snapshot;
use crate::samples::sample;
use crate::support::{Reading, fixture, read_all};
use plumbline_ingest::Format;
use plumbline_model::{Span, SpanKind, SpanStatus, UnixNanos, add_known};
use serde_json::{Value, json};

fn of(reading: &Reading, kind: SpanKind) -> Vec<&Span> {
    let spans = reading.spans();
    spans.into_iter().filter(|span| span.kind == kind).collect()
}

fn sums(calls: &[&Span]) -> [Option<u64>; 4] {
    let sum = |count: fn(&Span) -> Option<u64>| {
        calls.iter().map(|span| count(span)).fold(None, add_known)
    };
    [
        sum(|span| span.usage.tokens_in),
        sum(|span| span.usage.tokens_in_cached),
        sum(|span| span.usage.tokens_out),
        sum(|span| span.usage.tokens_reasoning),
    ]
}

fn lines(lines: &[Value]) -> Vec<u8> {
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    lines.join("\n").into_bytes()
}

#[test]
fn a_session() {
    let bytes = fixture("codex/bike-shop.jsonl");
    let reading = read_all(&bytes, None).unwrap();
    let calls = of(&reading, SpanKind::Llm);
    assert_eq!(calls.len(), 4, "three counted, one that was interrupted");
    assert_eq!(
        sums(&calls),
        [Some(16_400), Some(14_336), Some(310), Some(160)],
        "the calls add up to the last sum of the session"
    );
    assert_eq!(calls[0].latency_ms(), Some(3_100.0));
    assert_eq!(
        calls[1].usage.tokens_in,
        Some(5_500),
        "a count without `last_token_usage` is the difference of the sums"
    );
    assert_eq!(
        calls[1].input_messages[0].tool_call_id.as_deref(),
        Some("call_1")
    );
    assert_eq!(
        calls[2].input_messages[0].tool_call_id.as_deref(),
        Some("call_2"),
        "an output written before the count belongs to the next call"
    );
    assert!(calls[3].usage.is_unreported(), "unknown is not zero");
    let tools = of(&reading, SpanKind::Tool);
    let names: Vec<_> = tools.iter().map(|span| span.name.as_deref()).collect();
    assert_eq!(
        names,
        [
            Some("shell"),
            Some("apply_patch"),
            Some("web_search"),
            Some("shell")
        ]
    );
    assert_eq!(
        (tools[0].status, tools[0].latency_ms()),
        (SpanStatus::Error, Some(3_500.0))
    );
    assert_eq!(tools[3].end_ns, None, "the call was never answered");
    let turns = of(&reading, SpanKind::Agent);
    let ends: Vec<_> = turns.iter().map(|span| span.status).collect();
    assert_eq!(
        ends,
        [SpanStatus::Ok, SpanStatus::Cancelled, SpanStatus::Error]
    );
    for span in calls.iter().chain(&tools) {
        let parent = span.parent_id.as_deref();
        assert!(turns.iter().any(|turn| Some(&*turn.span_id) == parent));
    }
    let places: Vec<&str> = reading
        .quarantined()
        .iter()
        .map(|row| row.at.as_str())
        .collect();
    assert_eq!(places, ["line 20", "line 26", "line 30", "line 31"]);
    assert_eq!(reading.spans(), read_all(&bytes, None).unwrap().spans());
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn turns_without_ids_and_without_counts() {
    let item = |second: u8, role: &str, text: &str| {
        json!({"timestamp": format!("2025-10-29T00:59:{second}Z"), "type": "response_item", "payload":
            {"type": "message", "role": role, "content": [{"type": "text", "text": text}]}})
    };
    let context = |second: u8| {
        json!({"timestamp": format!("2025-10-29T00:59:{second}Z"), "type": "turn_context",
            "payload": {"model": "m"}})
    };
    let reading = read_all(
        &lines(&[
            context(10),
            item(11, "user", "a"),
            item(12, "assistant", "b"),
            context(20),
            item(21, "user", "c"),
            item(22, "assistant", "d"),
        ]),
        None,
    )
    .unwrap();
    assert_eq!(reading.report.read, 2, "one call a turn, and no turn spans");
    for (span, answer) in reading.spans().iter().zip(["b", "d"]) {
        assert_eq!(span.latency_ms(), Some(1_000.0));
        assert!(span.usage.is_unreported());
        assert_eq!(span.output_messages[0].content.text(), answer);
        assert_eq!(span.parent_id, None);
    }
}

#[test]
fn a_real_session_adds_up() {
    let Some(reading) = sample("codex_cli/session-alpha.jsonl") else {
        return;
    };
    assert_eq!(reading.report.format, Format::Codex);
    assert_eq!((reading.report.read, reading.report.quarantined), (2, 0));
    let calls = of(&reading, SpanKind::Llm);
    assert_eq!(sums(&calls), [Some(3_500), Some(750), Some(425), Some(275)]);
    let beyond: Vec<_> = calls
        .iter()
        .map(|call| call.usage.tokens_unattributed)
        .collect();
    assert_eq!(
        beyond,
        [Some(75), Some(200)],
        "its totals say more than input and output, which moves neither"
    );
    assert_eq!(calls[0].start_ns, UnixNanos(1_778_662_800_000_000_000));
    assert_eq!(calls[0].latency_ms(), Some(60_000.0));
    assert_eq!(calls[0].model(), Some("gpt-5.2-codex"));
    assert_eq!(calls[1].model(), Some("gpt-5.3-codex"));
    assert_eq!(
        calls[1].end_ns, None,
        "nothing says when it was asked, a day after the call before"
    );
}
