//! Whole spans: every text is visited, ids and measures stay, and the source record says the same.

use crate::dice::redactor;
use plumbline_ingest::{OwnPattern, RedactedCounts, Redactor, to_canonical_line};
use plumbline_model::{QuarantinedRow, Span, SpanKind, UnixNanos};
use serde_json::{Value, json};

const KEY: &str = "sk-ant-api03-C4n4ryC4n4ryC4n4ryC4n4ry";

/// Every text of a value becomes one that holds the key.
fn poison(value: &mut Value) -> usize {
    match value {
        Value::String(text) => {
            *text = format!("{text} {KEY}");
            1
        }
        Value::Array(items) => items.iter_mut().map(poison).sum(),
        Value::Object(fields) => {
            let count = fields
                .iter_mut()
                .map(|(_, value)| poison(value))
                .sum::<usize>();
            let free = ["parameters", "prompt_variables", "tags"];
            for name in free {
                if let Some(Value::Object(inner)) = fields.get_mut(name) {
                    inner.insert(format!("named {KEY}"), json!("x"));
                }
            }
            count
        }
        _ => 0,
    }
}

/// A span with every field filled; the words that are no free text are put back after the poisoning.
fn full() -> Value {
    let mut span = serde_json::to_value(Span::new("t", "s", SpanKind::Llm, UnixNanos(5))).unwrap();
    let fields = span.as_object_mut().unwrap();
    for (name, value) in fields.iter_mut() {
        let is_measure = [
            "_ms",
            "_ns",
            "tokens",
            "cost",
            "attempt",
            "http_status",
            "cache_hit",
            "dimensions",
        ]
        .iter()
        .any(|part| name.contains(part));
        if value.is_null() && !is_measure {
            *value = json!("text");
        }
    }
    for (name, value) in [
        ("parameters", json!({"stop": ["a"], "extra": {"deep": "b"}})),
        ("prompt_variables", json!({"question": "q"})),
        (
            "documents",
            json!([{"id": "d", "source": "s", "content": "c"}]),
        ),
        ("tool_arguments", json!({"a": ["b", {"c": "d"}]})),
        ("tool_result", json!("r")),
        (
            "tools",
            json!([{"name": "n", "version": "v", "schema": {"description": "s"}}]),
        ),
        (
            "input_messages",
            json!([{"role": "user", "content": "c", "tool_call_id": "i", "name": "n"}]),
        ),
        (
            "output_messages",
            json!([{"role": "assistant", "content": [{"text": "p"}], "tool_calls": [{"id": "i", "name": "n", "arguments": {"a": "b"}}]}]),
        ),
        ("tags", json!({"k": "v"})),
    ] {
        fields.insert(name.to_owned(), value);
    }
    span
}

/// Words of a fixed set are no free text.
fn mend(span: &mut Value) {
    span["kind"] = json!("llm");
    span["status"] = json!("ok");
    span["start_ns"] = json!(5);
    for name in ["input_messages", "output_messages"] {
        for message in span[name].as_array_mut().unwrap() {
            message["role"] = json!("user");
        }
    }
}

#[test]
fn no_text_of_a_span_is_passed_over() {
    let mut value = full();
    let poisoned = poison(&mut value);
    mend(&mut value);
    let mut span: Span = serde_json::from_value(value).unwrap();
    let before = serde_json::to_string(&span).unwrap();
    let canaries = before.matches(KEY).count();
    assert!(canaries > 40 && poisoned > 40, "{canaries}: {before}");
    let mut raw = before.into_bytes();
    let mut counts = RedactedCounts::new();
    redactor().span(&mut span, &mut raw, &mut counts);
    let after = serde_json::to_string(&span).unwrap();
    let raw = String::from_utf8(raw).unwrap();
    assert!(!after.contains("C4n4ry"), "{after}");
    assert!(!raw.contains("C4n4ry"), "{raw}");
    assert_eq!(
        counts["anthropic_key"], canaries as u64,
        "the record repeats the span and counts once"
    );
    assert_eq!(
        serde_json::from_str::<Span>(&raw).unwrap(),
        span,
        "both say the same"
    );
}

#[test]
fn ids_models_and_measures_stay() {
    let mut span = Span::new(
        "4111111111111111",
        "+14155550132",
        SpanKind::Llm,
        UnixNanos(1_790_000_000_123_456_789),
    );
    span.request_id = Some("req_415-555-0132".to_owned());
    span.model_requested = Some("ft:gpt-4o:acme@example.com::id".to_owned());
    span.usage.tokens_in = Some(4_111_111_111_111_111);
    let (before, mut raw) = (span.clone(), to_canonical_line(&span).into_bytes());
    let line = raw.clone();
    let mut counts = RedactedCounts::new();
    redactor().span(&mut span, &mut raw, &mut counts);
    assert_eq!(span, before);
    assert_eq!(raw, line);
    assert!(counts.is_empty(), "{counts:?}");
    span.trace_id = KEY.to_owned();
    redactor().span(&mut span, &mut raw, &mut counts);
    assert!(
        span.trace_id.starts_with("[redacted:anthropic_key:"),
        "{}",
        span.trace_id
    );
}

#[test]
fn a_redacted_span_redacts_to_itself() {
    let mut value = full();
    poison(&mut value);
    mend(&mut value);
    let mut span: Span = serde_json::from_value(value).unwrap();
    let mut raw = to_canonical_line(&span).into_bytes();
    redactor().span(&mut span, &mut raw, &mut RedactedCounts::new());
    let (once, raw_once) = (span.clone(), raw.clone());
    let mut counts = RedactedCounts::new();
    redactor().span(&mut span, &mut raw, &mut counts);
    assert_eq!((span, raw), (once, raw_once));
    assert!(counts.is_empty(), "{counts:?}");
}

#[test]
fn a_row_that_was_cut_keeps_no_half_of_a_key() {
    let row = |raw: String| {
        let mut row = QuarantinedRow {
            at: "line 7".into(),
            reason: format!("unknown variant `{KEY}`"),
            raw,
        };
        redactor().quarantined(&mut row, &mut RedactedCounts::new());
        row
    };
    let whole = row(format!("{{\"broken\": \"{KEY}\""));
    assert!(!format!("{whole:?}").contains("C4n4ry"), "{whole:?}");
    for kept in 1..KEY.len() {
        let cut = row(format!("{{\"broken\": \"{}…", &KEY[..kept]));
        assert!(!cut.raw.contains("sk-"), "{cut:?}");
        assert!(cut.raw.starts_with("{\"broken\": "), "{cut:?}");
    }
}

#[test]
fn patterns_of_ones_own_work_beside_ours_and_never_within_a_placeholder() {
    let own = vec![
        OwnPattern::new("customer-id", r"\bC-\d{4,}\b").unwrap(),
        OwnPattern::new("hexes", r"[0-9a-f]{8}").unwrap(),
    ];
    let redactor = Redactor::new([3; 32], own);
    let mut counts = RedactedCounts::new();
    let text = "C-1234 wrote from ada@example.org about deadbeef";
    let once = redactor.text(text, &mut counts).into_owned();
    assert!(
        !once.contains("C-1234") && !once.contains("ada@") && !once.contains("deadbeef"),
        "{once}"
    );
    assert_eq!(
        counts.keys().collect::<Vec<_>>(),
        ["customer-id", "email", "hexes"]
    );
    assert_eq!(redactor.text(&once, &mut counts), once);
    let json = redactor.text(r#"{"x":"C-1234"}"#, &mut counts).into_owned();
    assert!(
        json.starts_with(r#"{"x":"[redacted:customer-id:"#),
        "{json}"
    );
}
