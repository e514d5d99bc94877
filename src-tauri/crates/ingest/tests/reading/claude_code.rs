//! Claude Code: a session with a sub-agent and repeated lines, the web export, and public sessions.

use crate::fixtures::snapshot;
use crate::samples::sample;
use crate::support::{Reading, fixture, read_all};
use plumbline_ingest::Format;
use plumbline_model::{Span, SpanKind, SpanStatus, UnixNanos, Usage, add_known};
use serde_json::json;

fn by_id<'r>(reading: &'r Reading, id: &str) -> &'r Span {
    let spans = reading.spans();
    spans.into_iter().find(|span| span.span_id == id).unwrap()
}

fn of_kind(reading: &Reading, kind: SpanKind) -> Vec<&Span> {
    let spans = reading.spans().into_iter();
    spans.filter(|span| span.kind == kind).collect()
}

fn sum(reading: &Reading, count: fn(&Usage) -> Option<u64>) -> Option<u64> {
    let calls = of_kind(reading, SpanKind::Llm).into_iter();
    calls.map(|span| count(&span.usage)).fold(None, add_known)
}

#[test]
fn a_session() {
    let reading = read_all(&fixture("claude_code/session.jsonl"), None).unwrap();
    let call = by_id(&reading, "a-1");
    assert_eq!(
        (call.usage.tokens_in, call.usage.tokens_out),
        (Some(1_205), Some(85)),
        "the lines of one call count once, and the last of them"
    );
    assert_eq!(call.output_messages[0].tool_calls.len(), 2);
    assert_eq!(call.latency_ms(), Some(5_000.0));
    assert_eq!(
        (call.trace_id.as_str(), call.parent_id.as_deref()),
        ("u-1", Some("u-1"))
    );
    let tool = by_id(&reading, "toolu_1");
    assert_eq!(
        (tool.status, tool.latency_ms()),
        (SpanStatus::Error, Some(4_000.0))
    );
    let helper = by_id(&reading, "s-2");
    assert_eq!(
        (helper.trace_id.as_str(), helper.parent_id.as_deref()),
        ("u-1", Some("s-1"))
    );
    assert_eq!(by_id(&reading, "s-1").parent_id.as_deref(), Some("u-1"));
    assert_eq!(by_id(&reading, "u-1").latency_ms(), Some(13_000.0));
    assert_eq!(by_id(&reading, "u-2").status, SpanStatus::Cancelled);
    assert_eq!(by_id(&reading, "toolu_3").end_ns, None, "nothing ended it");
    let failed = by_id(&reading, "a-6");
    assert_eq!(
        (failed.status, failed.usage),
        (SpanStatus::Error, Usage::default())
    );
    assert_eq!(of_kind(&reading, SpanKind::Llm).len(), 5);
    assert_eq!(
        sum(&reading, |usage| usage.tokens_in),
        Some(1_205 + 40 + 1_294 + 1_303)
    );
    assert_eq!(
        sum(&reading, |usage| usage.tokens_out),
        Some(85 + 12 + 20 + 31)
    );
    assert_eq!(reading.report.fields_unread["(repeated line)"].count, 1);
    assert_eq!(reading.report.fields_unread["type=summary"].count, 1);
    let places: Vec<&str> = reading
        .quarantined()
        .iter()
        .map(|row| row.at.as_str())
        .collect();
    assert_eq!(places, ["line 18 content[0]", "line 19", "line 20"]);
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn the_web_export() {
    let reading = read_all(&fixture("claude_code/export.json"), None).unwrap();
    let calls = of_kind(&reading, SpanKind::Llm);
    assert_eq!(
        calls[0].latency_ms(),
        Some(1_500.0),
        "an older version measured it"
    );
    assert_eq!(calls[0].cost_usd.unwrap().to_string(), "0.0012");
    assert_eq!(
        calls[1].end_ns, None,
        "two hours between two answers are no latency"
    );
    assert_eq!(calls[1].usage, Usage::default());
    assert_eq!(reading.quarantined()[0].at, "line 1 loglines[3]");
    insta::assert_json_snapshot!(snapshot(&reading));
}

#[test]
fn memory_stays_flat_however_many_tools_never_end() {
    let mut text = String::new();
    for number in 0..10_000 {
        let message = json!({"id": format!("m{number}"), "content": [
            {"type": "tool_use", "id": format!("t{number}"), "name": "Bash", "input": {}}]});
        let line = json!({"type": "assistant", "sessionId": (number % 200).to_string(), "message": message});
        text.push_str(&line.to_string());
        text.push('\n');
    }
    let reading = read_all(text.as_bytes(), None).unwrap();
    assert_eq!(reading.report.format, Format::ClaudeCode);
    assert_eq!(of_kind(&reading, SpanKind::Llm).len(), 10_000);
    assert_eq!(of_kind(&reading, SpanKind::Tool).len(), 10_000);
}

#[test]
fn public_sessions_are_read_to_their_totals() {
    // File, turns, model calls, tools, tokens in and out.
    for (name, turns, calls, tools, tokens_in, tokens_out) in [
        ("alpha_chat.jsonl", 0, 3, 0, Some(745), Some(250)),
        ("test-transcript.jsonl", 2, 2, 0, Some(4_600), Some(150)),
        ("sample_session.json", 5, 15, 12, None, None),
    ] {
        let Some(reading) = sample(&format!("claude_code/{name}")) else {
            continue;
        };
        assert_eq!(reading.report.format, Format::ClaudeCode, "{name}");
        assert_eq!(reading.report.quarantined, 0, "{name}");
        assert_eq!(of_kind(&reading, SpanKind::Agent).len(), turns, "{name}");
        assert_eq!(of_kind(&reading, SpanKind::Llm).len(), calls, "{name}");
        assert_eq!(of_kind(&reading, SpanKind::Tool).len(), tools, "{name}");
        assert_eq!(sum(&reading, |usage| usage.tokens_in), tokens_in, "{name}");
        assert_eq!(
            sum(&reading, |usage| usage.tokens_out),
            tokens_out,
            "{name}"
        );
        let unread: Vec<&String> = reading.report.fields_unread.keys().collect();
        assert!(unread.is_empty(), "{name}: {unread:?}");
    }
    if let Some(reading) = sample("claude_code/alpha_chat.jsonl") {
        let first = reading.spans()[0];
        assert_eq!(first.start_ns, UnixNanos(1_767_952_800_000_000_000));
        assert_eq!(first.end_ns, None);
        assert_eq!(first.session_id.as_deref(), Some("session-alpha"));
        let cost: plumbline_model::Usd = reading
            .spans()
            .iter()
            .filter_map(|span| span.cost_usd)
            .sum();
        assert_eq!(cost.to_string(), "1.02");
    }
    if let Some(reading) = sample("claude_code/sample_session.json") {
        let tools = of_kind(&reading, SpanKind::Tool);
        assert!(tools.iter().all(|tool| tool.latency_ms() == Some(5_000.0)));
        let failed = tools.iter().filter(|tool| tool.status == SpanStatus::Error);
        assert_eq!(failed.count(), 1);
    }
}
