//! What a rollout has told so far, and the spans that each line completes.

use super::Line;
use super::items::{self, Open};
use super::usage::{added, counts, same};
use crate::attributes::Attributes;
use crate::delivery::Delivery;
use crate::identity::derived_id;
use plumbline_model::{Message, Role, Span, SpanKind, SpanStatus, ToolCall, UnixNanos, Usage};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// The most bytes of response items that wait for the count which closes their call.
const WAITING_BYTES: usize = 64 * 1024 * 1024;
/// The most tool calls that wait for their output.
const OPEN_CALLS: usize = 1_000;

/// Events that repeat a response item.
const REPETITIONS: [&str; 3] = ["user_message", "agent_message", "agent_reasoning"];

#[derive(Default)]
pub(super) struct Session {
    id: String,
    provider: Option<String>,
    tags: BTreeMap<String, String>,
    model: Option<String>,
    parameters: Map<String, Value>,
    turn: Turn,
    /// What the model is given, and since when it has had all of it.
    given: Vec<Message>,
    asked: Option<UnixNanos>,
    /// What came while it was answering: the input of its next call.
    given_next: Vec<Message>,
    asked_next: Option<UnixNanos>,
    said: Vec<Message>,
    last_said: Option<(UnixNanos, Vec<u8>)>,
    waiting_bytes: usize,
    calls: u64,
    sum: Usage,
    open: Vec<Open>,
}

/// From one request of the user to the next.
#[derive(Default)]
struct Turn {
    id: Option<String>,
    start: Option<UnixNanos>,
    raw: Vec<u8>,
    has_context: bool,
    calls: u64,
    error: Option<String>,
}

impl Session {
    pub(super) fn take(&mut self, delivery: &mut Delivery<'_>, line: &Line<'_>) -> ControlFlow<()> {
        if self.id.is_empty() {
            let named = (line.kind == "session_meta").then(|| line.payload.text(&["id"]));
            self.id = named
                .flatten()
                .unwrap_or_else(|| derived_id("codex session", &[line.raw], 16));
        }
        match line.kind.as_str() {
            "session_meta" => {
                self.meta(delivery, line);
                ControlFlow::Continue(())
            }
            "turn_context" => self.context(delivery, line),
            "response_item" => self.item(delivery, line),
            "event_msg" => self.event(delivery, line),
            other => {
                delivery.loss().note(other, &example(line));
                ControlFlow::Continue(())
            }
        }
    }

    /// Spans whose end the file does not hold.
    pub(super) fn finish(mut self, delivery: &mut Delivery<'_>) -> ControlFlow<()> {
        self.end_turn(delivery, None)?;
        for open in std::mem::take(&mut self.open) {
            self.tool(delivery, open, None)?;
        }
        ControlFlow::Continue(())
    }

    fn meta(&mut self, delivery: &mut Delivery<'_>, line: &Line<'_>) {
        if !self.tags.is_empty() {
            // A forked session repeats the beginning of the one it comes from.
            return;
        }
        let meta = &line.payload;
        self.provider = meta.text(&["model_provider"]);
        for (name, tag) in [
            ("cwd", "cwd"),
            ("cli_version", "cli_version"),
            ("originator", "originator"),
            ("source", "source"),
            ("parent_thread_id", "parent_session"),
            ("forked_from_id", "forked_from"),
        ] {
            if let Some(text) = meta.text(&[name]) {
                self.tags.insert(tag.to_owned(), text);
            }
        }
        let git = meta.nested("git");
        if let Some(branch) = git.text(&["branch"]) {
            self.tags.insert("git_branch".to_owned(), branch);
        }
        if let Some(commit) = git.text(&["commit_hash"]) {
            self.tags.insert("git_commit".to_owned(), commit);
        }
        meta.understood(&["id", "session_id", "timestamp"]);
        note(delivery, "session_meta", meta);
        note(delivery, "session_meta.git", &git);
    }

    fn context(&mut self, delivery: &mut Delivery<'_>, line: &Line<'_>) -> ControlFlow<()> {
        let context = &line.payload;
        let id = context.text(&["turn_id"]);
        if id.is_some() || self.turn.has_context {
            self.begin_turn(delivery, id, line)?;
        }
        self.turn.has_context = true;
        self.turn.start = self.turn.start.or(Some(line.at));
        self.model = context.text(&["model"]).or(self.model.take());
        self.parameters = Map::new();
        if let Some(effort) = context.take("effort").filter(|effort| !effort.is_null()) {
            self.parameters
                .insert("reasoning_effort".to_owned(), effort.clone());
        }
        context.understood(&["cwd"]);
        note(delivery, "turn_context", context);
        self.ask(line.at);
        ControlFlow::Continue(())
    }

    fn event(&mut self, delivery: &mut Delivery<'_>, line: &Line<'_>) -> ControlFlow<()> {
        let event = &line.payload;
        let part = line.part();
        match part.as_str() {
            "token_count" => return self.token_count(delivery, line),
            "task_started" | "turn_started" => {
                self.begin_turn(delivery, event.text(&["turn_id"]), line)?;
                self.ask(line.at);
            }
            "task_complete" | "turn_complete" | "turn_aborted" => {
                return self.end_turn(delivery, Some((line, part == "turn_aborted")));
            }
            "error" => self.turn.error = event.text(&["message"]),
            repeated if REPETITIONS.contains(&repeated) => {}
            other => delivery
                .loss()
                .note(&format!("event_msg.{other}"), &example(line)),
        }
        ControlFlow::Continue(())
    }

    fn item(&mut self, delivery: &mut Delivery<'_>, line: &Line<'_>) -> ControlFlow<()> {
        let part = line.part();
        match part.as_str() {
            "message" => {
                let Some(message) = items::message(&line.payload) else {
                    let reason = "the message has no `role` or no content that is one";
                    return delivery.quarantine(line.place, reason, line.raw);
                };
                if message.role == Role::Assistant {
                    self.say(delivery, message, line);
                } else {
                    self.give(delivery, message, line);
                }
            }
            "function_call" | "custom_tool_call" | "local_shell_call" | "tool_search_call" => {
                return self.begin_call(delivery, items::call(line, &part), line);
            }
            "function_call_output" | "custom_tool_call_output" | "tool_search_output" => {
                return self.end_call(delivery, line);
            }
            "web_search_call" => {
                // The provider runs it, and writes one line when it is done.
                let call = items::call(line, &part);
                let open = self.opened(call, line);
                return self.tool(delivery, open, None);
            }
            // What the model thought is encrypted, and at most summed up.
            "reasoning" => {
                if let Some(Value::Array(summary)) = line.payload.take("summary")
                    && !summary.is_empty()
                {
                    let example = Value::from(summary.clone());
                    delivery.loss().note("response_item.reasoning", &example);
                }
            }
            other => delivery
                .loss()
                .note(&format!("response_item.{other}"), &example(line)),
        }
        ControlFlow::Continue(())
    }

    fn say(&mut self, delivery: &mut Delivery<'_>, message: Message, line: &Line<'_>) {
        if self.has_room(delivery, line) {
            self.said.push(message);
        }
        self.last_said = Some((line.at, line.raw.to_vec()));
    }

    fn give(&mut self, delivery: &mut Delivery<'_>, message: Message, line: &Line<'_>) {
        if !self.has_room(delivery, line) {
            return;
        }
        if self.said.is_empty() {
            self.given.push(message);
        } else {
            self.given_next.push(message);
        }
        self.ask(line.at);
    }

    /// Notes since when the model has had all of its input.
    fn ask(&mut self, at: UnixNanos) {
        if self.said.is_empty() {
            self.asked = Some(at);
        } else {
            self.asked_next = Some(at);
        }
    }

    fn has_room(&mut self, delivery: &mut Delivery<'_>, line: &Line<'_>) -> bool {
        self.waiting_bytes = self.waiting_bytes.saturating_add(line.raw.len());
        let has_room = self.waiting_bytes <= WAITING_BYTES;
        if !has_room {
            let name = "response_item (beyond 64 MiB without a count)";
            delivery.loss().note(name, &example(line));
        }
        has_room
    }

    fn token_count(&mut self, delivery: &mut Delivery<'_>, line: &Line<'_>) -> ControlFlow<()> {
        let info = line.payload.nested("info");
        let sum = counts(&info, "total_token_usage");
        let mut usage = counts(&info, "last_token_usage");
        let is_limits_only = line.payload.take("info").is_none_or(Value::is_null);
        // News of rate limits, and a refused call, repeat the sum of the call before.
        if is_limits_only || (!sum.is_unreported() && same(sum, self.sum)) {
            return ControlFlow::Continue(());
        }
        if usage.is_unreported() {
            usage = added(sum, self.sum);
        }
        if !sum.is_unreported() {
            self.sum = sum;
        }
        if usage.is_unreported() {
            let reason = "a token count without a count of this call";
            return delivery.quarantine(line.place, reason, line.raw);
        }
        let returned = info.text(&["model"]);
        note(delivery, "token_count", &line.payload);
        note(delivery, "token_count.info", &info);
        self.model_call(delivery, line.at, line.raw, usage, returned)
    }

    fn model_call(
        &mut self,
        delivery: &mut Delivery<'_>,
        at: UnixNanos,
        raw: &[u8],
        usage: Usage,
        returned: Option<String>,
    ) -> ControlFlow<()> {
        self.calls += 1;
        self.turn.calls += 1;
        let number = self.calls.to_string();
        let id = derived_id(
            "codex call",
            &[self.id.as_bytes(), number.as_bytes(), raw],
            8,
        );
        let asked = self.asked.filter(|asked| *asked <= at);
        let mut span = self.span(id, SpanKind::Llm, asked.unwrap_or(at), self.turn.id.clone());
        // Without a known beginning the length of the call is unknown as well.
        span.end_ns = asked.map(|_| at);
        if !usage.is_unreported() {
            // Codex counts a call when its stream has come to its end.
            span.status = SpanStatus::Ok;
        }
        span.provider = self.provider.clone();
        span.model_requested = self.model.clone();
        span.model_returned = returned;
        span.parameters = self.parameters.clone();
        span.usage = usage;
        span.input_messages =
            std::mem::replace(&mut self.given, std::mem::take(&mut self.given_next));
        span.output_messages = std::mem::take(&mut self.said);
        self.asked = self.asked_next.take();
        self.last_said = None;
        self.waiting_bytes = 0;
        delivery.span(span, raw.to_vec())
    }

    fn begin_call(
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

    fn end_call(&mut self, delivery: &mut Delivery<'_>, line: &Line<'_>) -> ControlFlow<()> {
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

    fn opened(&self, call: ToolCall, line: &Line<'_>) -> Open {
        Open {
            at: line.at,
            raw: line.raw.to_vec(),
            turn: self.turn.id.clone(),
            call,
        }
    }

    fn tool(
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

    fn begin_turn(
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

    fn end_turn(
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

    /// A step of this session, below its turn.
    fn span(&self, id: String, kind: SpanKind, start: UnixNanos, turn: Option<String>) -> Span {
        let mut span = Span::new(self.id.clone(), id, kind, start);
        span.parent_id = turn.clone();
        span.request_id = turn;
        span.session_id = Some(self.id.clone());
        span.tags = self.tags.clone();
        span
    }
}

/// Two lines as one JSON text.
fn both(first: &[u8], second: &[u8]) -> Vec<u8> {
    if first.is_empty() {
        return second.to_vec();
    }
    [b"[", first, b",", second, b"]"].concat()
}

fn example(line: &Line<'_>) -> Value {
    Value::from(String::from_utf8_lossy(&line.raw[..line.raw.len().min(400)]).into_owned())
}

fn note(delivery: &mut Delivery<'_>, prefix: &str, part: &Attributes) {
    for (name, value) in part.unread() {
        delivery.loss().note(&format!("{prefix}.{name}"), value);
    }
}
