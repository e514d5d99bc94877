//! The canonical JSONL: one span a line, as other tools are asked to write it and as we write it.
//!
//! A line is good or quarantined as a whole; unknown fields are counted and stay in the raw line.

mod fields;
mod parts;
mod said;

pub(crate) use fields::{Draft, Key, STRUCTURED};

use crate::IngestError;
use crate::delivery::Delivery;
use crate::head::Head;
use crate::lines::{LINE_BYTES, Lines};
use crate::text::unfit;
use plumbline_model::Span;
use serde::de::DeserializeSeed;
use serde_json::{Map, Value};
use std::io::BufRead;
use std::ops::ControlFlow;

/// Recognised by the keys of its lines.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    head.any_object(|keys| {
        let has = |key| keys.contains(key);
        has("trace_id") && has("span_id") && (has("kind") || has("start_ns"))
    })
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    let mut lines = Lines::new(source, LINE_BYTES);
    loop {
        let number = lines.number() + 1;
        let line = match lines.next() {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(()),
            Err(error) => {
                let at = format!("line {number}");
                return Err(IngestError::unreadable(source_name, at, error));
            }
        };
        if !line.is_too_long && line.bytes.trim_ascii().is_empty() {
            continue;
        }
        let understood = if line.is_too_long {
            Err("the line is longer than 64 MiB".to_owned())
        } else {
            read_line(line.bytes)
        };
        let flow = match understood {
            Ok((span, unread)) => {
                for (name, value) in &unread {
                    delivery.loss().note(name, value);
                }
                delivery.span(span, line.bytes.to_vec())
            }
            Err(reason) => delivery.quarantine(format!("line {}", line.number), reason, line.bytes),
        };
        if flow == ControlFlow::Break(()) {
            return Ok(());
        }
    }
}

type Unread = Vec<(String, Value)>;

fn read_line(bytes: &[u8]) -> Result<(Span, Unread), String> {
    if let Some(why) = unfit(bytes) {
        return Err(why);
    }
    let mut draft = Draft::default();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    (&mut draft)
        .deserialize(&mut reader)
        .and_then(|()| reader.end())
        .map_err(|error| reason(&error))?;
    draft.finish()
}

/// The error without its line, which is always 1 here: the row says the line of the file.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, _)) => format!("{what}, at byte {}", error.column()),
        None => text,
    }
}

/// A span as one line of the canonical JSONL, without the line end. Absent fields are left out.
#[must_use]
pub fn to_canonical_line(span: &Span) -> String {
    let fields = to_fields(span);
    let mut line = String::from("{");
    // In the order of the table of fields: ids and times first read better than the alphabet.
    for name in fields::NAMES {
        if let Some(value) = fields.get(name) {
            if line.len() > 1 {
                line.push(',');
            }
            line.push_str(&format!("\"{name}\":{value}"));
        }
    }
    line.push('}');
    line
}

/// A span as the fields of the canonical JSONL; absent ones are left out.
pub(crate) fn to_fields(span: &Span) -> Map<String, Value> {
    match serde_json::to_value(span) {
        Ok(Value::Object(fields)) => fields.into_iter().filter(|(_, v)| !v.is_null()).collect(),
        // A span is plain data with text keys, which JSON can always hold.
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumbline_model::{SpanKind, SpanStatus, UnixNanos};
    use serde_json::json;

    fn line(value: &Value) -> Result<(Span, Unread), String> {
        read_line(value.to_string().as_bytes())
    }

    fn minimal() -> Value {
        json!({"trace_id": "t", "span_id": "s", "kind": "llm", "start_ns": 5})
    }

    fn with(name: &str, value: Value) -> Value {
        let mut line = minimal();
        line[name] = value;
        line
    }

    #[test]
    fn the_four_required_fields_are_enough_and_null_is_absent() {
        let mut nulls = minimal();
        for name in fields::NAMES {
            if nulls.get(name).is_none() {
                nulls[name] = Value::Null;
            }
        }
        let (span, unread) = line(&nulls).unwrap();
        assert_eq!(span, Span::new("t", "s", SpanKind::Llm, UnixNanos(5)));
        assert_eq!(span.status, SpanStatus::Unset);
        assert!(unread.is_empty());
    }

    #[test]
    fn nanoseconds_come_as_integer_or_text_without_loss() {
        let ns = 1_790_000_000_123_456_789_i64;
        for value in [json!(ns), json!(ns.to_string())] {
            let (span, _) = line(&with("start_ns", value)).unwrap();
            assert_eq!(span.start_ns, UnixNanos(ns));
        }
    }

    #[test]
    fn a_missing_or_mistyped_field_is_named() {
        for name in ["trace_id", "span_id", "kind", "start_ns"] {
            let mut incomplete = minimal();
            incomplete.as_object_mut().unwrap().remove(name);
            assert_eq!(
                line(&incomplete).unwrap_err(),
                format!("missing field `{name}`")
            );
        }
        for (name, wrong) in [
            ("kind", json!("robot")),
            ("tokens_in", json!("12")),
            ("tokens_in", json!(-1)),
            ("tokens_out", json!(1.5)),
            ("start_ns", json!("noon")),
            ("name", json!(5)),
            ("status", json!("fine")),
            ("http_status", json!(70_000)),
            ("parameters", json!([1])),
            ("documents", json!({"id": "d"})),
            ("documents", json!([{"id": "d", "score": "high"}])),
            ("input_messages", json!([7])),
            ("tags", json!({"a": 1})),
            ("cost_usd", json!("cheap")),
            ("cache_hit", json!("yes")),
            ("tools", json!(["search"])),
        ] {
            let reason = line(&with(name, wrong)).unwrap_err();
            assert!(reason.contains(&format!("`{name}`")), "{reason}");
        }
    }

    #[test]
    fn a_count_beyond_64_bits_is_refused_not_rounded() {
        let text = r#"{"trace_id":"t","span_id":"s","kind":"llm","start_ns":5,"tokens_in":18446744073709551616}"#;
        assert!(
            read_line(text.as_bytes())
                .unwrap_err()
                .contains("`tokens_in`")
        );
    }

    #[test]
    fn unknown_fields_are_handed_back_with_their_values() {
        let (_, unread) = line(&with("vendor_note", json!({"a": 1}))).unwrap();
        assert_eq!(unread, [("vendor_note".to_owned(), json!({"a": 1}))]);
        let (span, unread) = line(&with("documents", json!([{"id": 7, "page": 3}]))).unwrap();
        assert_eq!(
            span.documents[0].id, "7",
            "ids are text whatever the source used"
        );
        assert_eq!(unread, [("documents[].page".to_owned(), json!(3))]);
    }

    #[test]
    fn broken_text_is_refused_with_a_reason() {
        for (bytes, word) in [
            (&b"{\"trace_id\":\"t"[..], "EOF"),
            (b"{} x", "trailing"),
            (b"[]", "an object"),
            (b"{\"name\":\"\xff\"}", "UTF-8"),
            (br#"{"name":"\ud800"}"#, "hex escape"),
            (b"{\"name\":\"a\0\"}", "NUL"),
        ] {
            let reason = read_line(bytes).unwrap_err();
            assert!(reason.contains(word), "{reason}");
        }
        let trailing = minimal().to_string() + " {}";
        assert!(
            read_line(trailing.as_bytes())
                .unwrap_err()
                .contains("trailing")
        );
    }

    #[test]
    fn deep_nesting_is_an_error_even_in_a_field_nobody_reads() {
        for name in ["unheard_of", "tool_result"] {
            let deep = format!(
                r#"{{"trace_id":"t","span_id":"s","kind":"llm","start_ns":5,"{name}":{}{}}}"#,
                "[".repeat(100_000),
                "]".repeat(100_000)
            );
            assert!(
                read_line(deep.as_bytes())
                    .unwrap_err()
                    .contains("recursion")
            );
        }
    }

    #[test]
    fn the_last_of_two_equal_keys_counts() {
        let text =
            r#"{"trace_id":"t","span_id":"s","kind":"llm","start_ns":5,"name":"a","name":"b"}"#;
        let (span, _) = read_line(text.as_bytes()).unwrap();
        assert_eq!(span.name.as_deref(), Some("b"));
    }
}
