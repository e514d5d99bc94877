//! Tool calls of a session: each waits for its output, and both are one span.

use super::{Session, both, note};
use crate::codex::Line;
use crate::codex::items::{self, Open};
use crate::delivery::Delivery;
use crate::identity::derived_id;
use plumbline_model::{Message, Role, SpanKind, SpanStatus, ToolCall};
use serde_json::Value;
use std::ops::ControlFlow;

/// The most tool calls that wait for their output.
const OPEN_CALLS: usize = 1_000;

impl Session {
    pub(super) fn begin_call(
        &mut self,
        delivery: &mut Delivery<'_>,
        call: ToolCall,
        line: &Line<'_>,
    ) -> ControlFlow<()> {
        let mut message = Message::text(Role::Assistant, "");
        message.tool_calls.push(call.clone());
        self.say(delivery, message, line);
        let before = self.position(&call.id);
        let open = self.opened(call, line);
        if open.call.id.is_empty() {
            // Nothing can answer it.
            return self.tool(delivery, open, None);
        }
        self.open.push(open);
        let first = (self.open.len() > OPEN_CALLS).then_some(0);
        match before.or(first) {
            Some(index) => {
                let left = self.open.remove(index);
                self.tool(delivery, left, None)
            }
            None => ControlFlow::Continue(()),
        }
    }

    pub(super) fn end_call(
        &mut self,
        delivery: &mut Delivery<'_>,
        line: &Line<'_>,
    ) -> ControlFlow<()> {
        let id = line.payload.text(&["call_id"]).unwrap_or_default();
        let (answer, status) = items::answer(&line.payload);
        let Some(index) = self.position(&id) else {
            let reason = "the output of a tool call that is not in this file";
            return delivery.quarantine(line.place, reason, line.raw);
        };
        self.give(delivery, items::told(&id, &answer), line);
        let open = self.open.remove(index);
        self.tool(delivery, open, Some((line, answer, status)))
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.open.iter().position(|open| open.call.id == id)
    }

    pub(super) fn opened(&self, call: ToolCall, line: &Line<'_>) -> Open {
        Open {
            at: line.at,
            raw: line.raw.to_vec(),
            turn: self.turn.id.clone(),
            call,
        }
    }

    pub(super) fn tool(
        &self,
        delivery: &mut Delivery<'_>,
        open: Open,
        end: Option<(&Line<'_>, Value, SpanStatus)>,
    ) -> ControlFlow<()> {
        let id = if open.call.id.is_empty() {
            derived_id("codex tool", &[self.id.as_bytes(), &open.raw], 8)
        } else {
            open.call.id
        };
        let mut span = self.span(id, SpanKind::Tool, open.at, open.turn);
        span.name = Some(open.call.name.clone());
        span.tool_name = Some(open.call.name);
        span.tool_arguments = Some(open.call.arguments).filter(|given| !given.is_null());
        let raw = match end {
            Some((line, answer, status)) => {
                span.end_ns = Some(line.at).filter(|end| *end >= open.at);
                span.status = status;
                span.tool_result = Some(answer).filter(|answer| !answer.is_null());
                note(delivery, "output", &line.payload);
                both(&open.raw, line.raw)
            }
            None => open.raw,
        };
        delivery.span(span, raw)
    }
}
