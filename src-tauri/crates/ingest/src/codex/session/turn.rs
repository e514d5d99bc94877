//! Turns of a session: the span around the calls and tools between one request of the user and the next.

use super::{Session, both, note};
use crate::codex::Line;
use crate::delivery::Delivery;
use plumbline_model::{Message, Role, SpanKind, SpanStatus, UnixNanos, Usage};
use serde_json::Value;
use std::ops::ControlFlow;

/// From one request of the user to the next.
#[derive(Default)]
pub(super) struct Turn {
    pub(super) id: Option<String>,
    pub(super) start: Option<UnixNanos>,
    pub(super) raw: Vec<u8>,
    pub(super) has_context: bool,
    pub(super) calls: u64,
    pub(super) error: Option<String>,
}

impl Session {
    pub(super) fn begin_turn(
        &mut self,
        delivery: &mut Delivery<'_>,
        id: Option<String>,
        line: &Line<'_>,
    ) -> ControlFlow<()> {
        if id.is_some() && self.turn.id == id {
            return ControlFlow::Continue(());
        }
        self.end_turn(delivery, None)?;
        self.turn = Turn {
            id,
            start: Some(line.at),
            raw: line.raw.to_vec(),
            ..Turn::default()
        };
        ControlFlow::Continue(())
    }

    pub(super) fn end_turn(
        &mut self,
        delivery: &mut Delivery<'_>,
        end: Option<(&Line<'_>, bool)>,
    ) -> ControlFlow<()> {
        if let Some((at, raw)) = self.last_said.take() {
            if self.turn.calls == 0 {
                // The model answered, and nothing was counted: a call of unknown size.
                self.model_call(delivery, at, &raw, Usage::default(), None)?;
            } else {
                let example = Value::from(String::from_utf8_lossy(&raw).into_owned());
                let name = "response_item (behind the last count of its turn)";
                delivery.loss().note(name, &example);
            }
            self.said.clear();
        }
        let turn = std::mem::take(&mut self.turn);
        let (Some(id), Some(start)) = (turn.id, turn.start) else {
            return ControlFlow::Continue(());
        };
        let mut span = self.span(id.clone(), SpanKind::Agent, start, Some(id));
        span.parent_id = None;
        span.name = Some("turn".to_owned());
        let raw = match end {
            Some((line, is_aborted)) => {
                let event = &line.payload;
                span.end_ns = Some(line.at).filter(|end| *end >= start);
                span.status = match (&turn.error, is_aborted) {
                    (_, true) => SpanStatus::Cancelled,
                    (Some(_), false) => SpanStatus::Error,
                    (None, false) => SpanStatus::Ok,
                };
                span.time_to_first_token_ms = event.number(&["time_to_first_token_ms"]);
                let last = event.text(&["last_agent_message"]);
                span.output_messages
                    .extend(last.map(|text| Message::text(Role::Assistant, text)));
                event.understood(&[
                    "type",
                    "turn_id",
                    "started_at",
                    "completed_at",
                    "duration_ms",
                ]);
                note(delivery, "turn", event);
                both(&turn.raw, line.raw)
            }
            None => turn.raw,
        };
        span.error_message = turn.error;
        delivery.span(span, raw)
    }
}
