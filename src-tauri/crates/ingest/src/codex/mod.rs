//! Rollouts of Codex CLI: one session a file, one `{timestamp, type, payload}` a line, times in ISO 8601.
//!
//! A line is no step by itself. A `token_count` closes a model call, made of the response items before it; a tool
//! call and its output are one tool span; a turn with an id is the span around both. The session is the trace and
//! the turn is the request. `input_tokens` includes `cached_input_tokens`, and `output_tokens` includes
//! `reasoning_output_tokens`. A call begins with the last thing that the model was given, which is as near as the
//! log comes; its input is what was added since the call before. The files of older versions, whose lines have no
//! `payload`, are not this format.
//! Source: openai/codex, `codex-rs/protocol/src/protocol.rs` (RolloutItem, TokenUsageInfo).

mod items;
mod session;
mod usage;

use crate::IngestError;
use crate::attributes::Attributes;
use crate::delivery::Delivery;
use crate::head::Head;
use crate::instant::iso;
use crate::json_values;
use plumbline_model::UnixNanos;
use serde_json::Value;
use session::Session;
use std::io::BufRead;

/// The kinds of lines that tell a rollout from other logs with the same three keys.
const KINDS: [&str; 5] = [
    "session_meta",
    "turn_context",
    "response_item",
    "event_msg",
    "compacted",
];

/// Recognised by the keys of a line and the word for its kind.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    let has_keys = head.any_object(|keys| {
        ["timestamp", "type", "payload"]
            .iter()
            .all(|key| keys.contains(key))
    });
    has_keys && KINDS.iter().any(|kind| has_word(head.bytes(), kind))
}

/// True when the word stands somewhere in quotes.
fn has_word(bytes: &[u8], word: &str) -> bool {
    let quoted = format!("\"{word}\"");
    bytes
        .windows(quoted.len())
        .any(|window| window == quoted.as_bytes())
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    let mut session = Session::default();
    json_values::each(source, source_name, delivery, &mut |delivery, found| {
        let (place, raw) = (found.at, found.raw);
        match Line::of(found.value, place, raw) {
            Ok(line) => session.take(delivery, &line),
            Err(reason) => delivery.quarantine(place, reason, raw),
        }
    })?;
    if !delivery.stopped() {
        // A sink that stops here has stopped the reading; there is nothing left to read.
        let _ = session.finish(delivery);
    }
    Ok(())
}

/// One line, opened.
struct Line<'a> {
    place: &'a str,
    raw: &'a [u8],
    at: UnixNanos,
    kind: String,
    payload: Attributes,
}

impl<'a> Line<'a> {
    fn of(value: Value, place: &'a str, raw: &'a [u8]) -> Result<Self, String> {
        let Value::Object(mut object) = value else {
            return Err("expected an object".to_owned());
        };
        let at = object.remove("timestamp");
        let at = at.as_ref().and_then(Value::as_str).and_then(iso);
        let at = at.ok_or("`timestamp` is missing or no time")?;
        let Some(Value::String(kind)) = object.remove("type") else {
            return Err("`type` is missing or no text".to_owned());
        };
        let Some(Value::Object(payload)) = object.remove("payload") else {
            return Err("`payload` is missing or no object".to_owned());
        };
        Ok(Self {
            place,
            raw,
            at,
            kind,
            payload: Attributes::of_object(payload),
        })
    }

    /// The payload's own kind, which response items and events have.
    fn part(&self) -> String {
        self.payload.text(&["type"]).unwrap_or_default()
    }
}
