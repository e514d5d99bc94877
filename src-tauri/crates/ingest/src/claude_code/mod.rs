//! Claude Code sessions: JSONL with one line per content block, result or event, and the web export
//! `{loglines: […]}` of the same lines.
//!
//! A prompt begins a turn, which is a trace of its own: an agent's span with the calls and tools of the turn
//! below it. What stands before any prompt belongs to the session as a trace. Lines of a sub-agent (`isSidechain`)
//! make a turn below the one that runs. One call of the model is written as several lines that repeat its usage:
//! lines with the same `message.id` and `requestId` are one span, and the last usage counts. `tool_use` begins a
//! tool and `tool_result` ends it. Lines that are no step (summaries, snapshots, system notes) are counted in the
//! report.
//!
//! Times are ISO text. A line is written when its block is complete, so a call begins, approximately, with the
//! user's line before it; without such a line only `durationMs` of older versions gives a latency. The log holds
//! neither system prompt nor history: a call's input messages are only those that are new to it.
//! Source: session fixtures of ryoppippi/ccusage, daaain/claude-code-log and simonw/claude-code-transcripts.

mod held;
mod session;

use crate::IngestError;
use crate::delivery::Delivery;
use crate::head::{Head, mentions};
use crate::json_values;
use serde_json::Value;
use session::Sessions;
use std::io::BufRead;

/// Recognised by the keys of a line or of the export.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    head.any_object(|keys| {
        let all = |wanted: &[&str]| wanted.iter().all(|key| keys.contains(key));
        all(&["loglines"])
            || all(&["sessionId", "message"])
            || all(&["sessionId", "parentUuid"])
            || all(&["type", "summary", "leafUuid"])
            || all(&["type", "snapshot", "messageId"])
            // Any log may have lines of a type with a message; these count tokens in it.
            || (all(&["type", "message"])
                && mentions(head.bytes(), "usage")
                && mentions(head.bytes(), "input_tokens"))
    })
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    let mut sessions = Sessions::default();
    json_values::each(source, source_name, delivery, &mut |delivery, found| {
        let Value::Object(mut object) = found.value else {
            return delivery.quarantine(found.at, "expected an object", found.raw);
        };
        let Some(Value::Array(lines)) = object.remove("loglines") else {
            return sessions.line(delivery, found.at, object, found.raw);
        };
        for (name, value) in &object {
            delivery.loss().note(name, value);
        }
        for (index, line) in lines.into_iter().enumerate() {
            let at = format!("{} loglines[{index}]", found.at);
            let raw = line.to_string();
            match line {
                Value::Object(line) => sessions.line(delivery, &at, line, raw.as_bytes())?,
                _ => delivery.quarantine(at, "expected an object", raw.as_bytes())?,
            }
        }
        std::ops::ControlFlow::Continue(())
    })?;
    if !delivery.stopped() {
        // A sink that stops here has stopped the reading; there is nothing left to read.
        let _ = sessions.finish(delivery);
    }
    Ok(())
}
