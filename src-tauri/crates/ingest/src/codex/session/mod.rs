//! What a rollout has told so far, and the spans that each line completes.

mod tools;
mod turn;

use super::Line;
use super::items::{self, Open};
use super::usage::{added, counts, same};
use crate::attributes::Attributes;
use crate::delivery::Delivery;
use crate::identity::derived_id;
use plumbline_model::{Message, Role, Span, SpanKind, SpanStatus, UnixNanos, Usage};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use turn::Turn;

/// The most bytes of response items that wait for the count which closes their call.
const WAITING_BYTES: usize = 64 * 1024 * 1024;

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
