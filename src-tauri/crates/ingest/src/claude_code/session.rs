//! Lines of sessions become turns, calls and tools.

use super::held::{Held, Step, text};
use crate::anthropic_body::{messages, tool_call};
use crate::attributes::{Attributes, Unread, as_text, note};
use crate::delivery::Delivery;
use crate::exchange::begun;
use crate::identity::derived_id;
use crate::instant::{epoch_millis, iso};
use plumbline_model::{Message, Role, Span, SpanKind, SpanStatus, UnixNanos};
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::ops::ControlFlow;

/// The most sessions and sub-agents that are followed at a time.
const LANES: usize = 64;
/// The most bytes of user lines that wait for the call that they are input of.
const INPUT_BYTES: usize = 1024 * 1024;
/// How a user's line begins that says that the turn was stopped.
const INTERRUPTED: &str = "[Request interrupted by user";

/// One session, or one sub-agent of it.
#[derive(Default)]
struct Lane {
    number: u64,
    session: Option<String>,
    agent: Option<String>,
    /// The trace and the span of the turn that runs.
    turn: Option<Turn>,
    /// The time of the last line, and whether the user wrote it.
    last: Option<(UnixNanos, bool)>,
    /// What the user said since the last call.
    input: Vec<Message>,
    input_bytes: usize,
}

#[derive(Clone)]
struct Turn {
    number: u64,
    trace: String,
    span: String,
}

struct Line<'a> {
    at: &'a str,
    raw: &'a [u8],
    fields: Attributes,
    id: String,
    time: Option<UnixNanos>,
}

/// All sessions of a source.
#[derive(Default)]
pub(super) struct Sessions {
    held: Held,
    lanes: VecDeque<Lane>,
    lanes_begun: u64,
}

impl Sessions {
    pub(super) fn line(
        &mut self,
        delivery: &mut Delivery<'_>,
        at: &str,
        object: Map<String, Value>,
        raw: &[u8],
    ) -> ControlFlow<()> {
        let fields = Attributes::of_object(object);
        let message = match fields.take("message") {
            Some(Value::Object(message)) => Some(message.clone()),
            Some(Value::String(said)) => Some(Map::from_iter([(
                "content".to_owned(),
                said.clone().into(),
            )])),
            _ => None,
        };
        let role = message.as_ref().and_then(|message| text(message, "role"));
        let kind = fields.text(&["type"]).or(role);
        let id = fields.text(&["uuid"]);
        let line = Line {
            id: id.unwrap_or_else(|| derived_id("claude code", &[at.as_bytes(), raw], 16)),
            time: fields.text(&["timestamp"]).and_then(|time| iso(&time)),
            at,
            raw,
            fields,
        };
        match (kind.as_deref(), message) {
            (Some("assistant"), Some(message)) => self.assistant(delivery, &line, message),
            (Some("user"), Some(message)) => self.user(delivery, &line, message),
            (Some("assistant" | "user"), None) => {
                delivery.quarantine(at, "the line has no `message`", raw)
            }
            (Some(other), _) => {
                let example = String::from_utf8_lossy(&raw[..raw.len().min(400)]);
                let example = Value::from(example.into_owned());
                delivery.loss().note(&format!("type={other}"), &example);
                delivery.loss().next_record();
                ControlFlow::Continue(())
            }
            (None, _) => delivery.quarantine(at, "this is no line of a session", raw),
        }
    }

    /// Hands on what is held.
    pub(super) fn finish(mut self, delivery: &mut Delivery<'_>) -> ControlFlow<()> {
        for at in 0..self.lanes.len() {
            self.end_turn(at);
        }
        self.held.emit_all(delivery)
    }

    fn assistant(
        &mut self,
        delivery: &mut Delivery<'_>,
        line: &Line<'_>,
        message: Map<String, Value>,
    ) -> ControlFlow<()> {
        let lane = self.lane(delivery, line)?;
        let request = line.fields.text(&["requestId"]);
        let key = text(&message, "id")
            .map(|id| format!("call {id} {}", request.as_deref().unwrap_or_default()));
        let known = key.as_deref().and_then(|key| self.held.number_of(key));
        if known.is_none() && key.as_deref().is_some_and(|key| self.held.is_finished(key)) {
            return repeated(delivery, line);
        }
        let fresh = match known.and_then(|number| self.held.add_line(number, line.raw)) {
            Some(step) => {
                let fresh = step.merge(message);
                grow(step, line);
                fresh
            }
            None => {
                let mut step = Step::new(self.call(lane, line, request), line.raw);
                step.lane = Some(self.lanes[lane].number);
                step.key = key;
                let fresh = step.merge(message);
                grow(&mut step, line);
                self.held.add(delivery, step)?;
                fresh
            }
        };
        self.lanes[lane].last = line.time.map(|time| (time, false));
        let blocks = fresh.iter().filter(|block| is_block(block, "tool_use"));
        for (index, block) in blocks.enumerate() {
            self.begin_tool(delivery, lane, line, index, block)?;
        }
        self.held.shrink(delivery)
    }

    /// The span of a call whose first line this is.
    fn call(&mut self, lane: usize, line: &Line<'_>, request: Option<String>) -> Span {
        let mut span = self.span(lane, line, line.id.clone(), SpanKind::Llm);
        let lane = &mut self.lanes[lane];
        if let (Some(time), Some((before, true))) = (line.time, lane.last)
            && before <= time
        {
            span.start_ns = before;
            span.end_ns = Some(time);
        }
        span.request_id = request;
        span.input_messages = std::mem::take(&mut lane.input);
        lane.input_bytes = 0;
        span
    }

    fn begin_tool(
        &mut self,
        delivery: &mut Delivery<'_>,
        lane: usize,
        line: &Line<'_>,
        index: usize,
        block: &Value,
    ) -> ControlFlow<()> {
        let call = tool_call(block);
        let key = format!("tool {}", call.id);
        let is_named = !call.id.is_empty();
        if is_named && (self.held.number_of(&key).is_some() || self.held.is_finished(&key)) {
            return ControlFlow::Continue(());
        }
        let id = if is_named {
            call.id
        } else {
            format!("{}-{index}", line.id)
        };
        let mut span = self.span(lane, line, id, SpanKind::Tool);
        span.name = Some(call.name.clone());
        span.tool_name = Some(call.name);
        span.tool_arguments = Some(call.arguments);
        let mut step = Step::new(span, block.to_string().as_bytes());
        step.key = is_named.then_some(key);
        self.held.add(delivery, step)?;
        ControlFlow::Continue(())
    }

    fn user(
        &mut self,
        delivery: &mut Delivery<'_>,
        line: &Line<'_>,
        message: Map<String, Value>,
    ) -> ControlFlow<()> {
        let lane = self.lane(delivery, line)?;
        let mut answers = false;
        if let Some(Value::Array(blocks)) = message.get("content") {
            let results = blocks.iter().filter(|block| is_block(block, "tool_result"));
            for (index, block) in results.enumerate() {
                answers = true;
                self.end_tool(delivery, line, index, block)?;
            }
        }
        let said = messages(Value::Object(message), Role::User);
        let is_note = line.fields.flag(&["isMeta"]) == Some(true)
            || line.fields.flag(&["isCompactSummary"]) == Some(true);
        let is_stop = said
            .iter()
            .any(|message| message.content.text().starts_with(INTERRUPTED));
        if is_stop {
            self.stop(lane);
        } else if !answers && !is_note {
            self.begin_turn(delivery, lane, line, &said)?;
        }
        let lane = &mut self.lanes[lane];
        lane.last = line.time.map(|time| (time, true));
        if lane.input_bytes.saturating_add(line.raw.len()) <= INPUT_BYTES {
            lane.input_bytes += line.raw.len();
            lane.input.extend(said);
        }
        ControlFlow::Continue(())
    }

    fn end_tool(
        &mut self,
        delivery: &mut Delivery<'_>,
        line: &Line<'_>,
        index: usize,
        block: &Value,
    ) -> ControlFlow<()> {
        let id = block
            .get("tool_use_id")
            .and_then(as_text)
            .unwrap_or_default();
        let key = format!("tool {id}");
        let Some(number) = self.held.number_of(&key) else {
            if self.held.is_finished(&key) {
                return repeated(delivery, line);
            }
            let at = format!("{} content[{index}]", line.at);
            let reason = "the result of a tool whose call is not in this file";
            return delivery.quarantine(at, reason, line.raw);
        };
        if let Some(step) = self.held.add_line(number, line.raw) {
            step.span.end_ns = line.time.filter(|time| *time >= step.span.start_ns);
            step.span.tool_result = block.get("content").cloned();
            step.span.status = match block.get("is_error").and_then(Value::as_bool) {
                Some(true) => SpanStatus::Error,
                _ => SpanStatus::Ok,
            };
            step.unread.extend(unread(line));
        }
        self.held.emit(delivery, number)
    }

    fn begin_turn(
        &mut self,
        delivery: &mut Delivery<'_>,
        at: usize,
        line: &Line<'_>,
        said: &[Message],
    ) -> ControlFlow<()> {
        self.end_turn(at);
        self.held.emit_lane(delivery, self.lanes[at].number)?;
        let mut span = self.span(at, line, line.id.clone(), SpanKind::Agent);
        let lane = &mut self.lanes[at];
        if lane.agent.is_none() {
            span.trace_id = span.span_id.clone();
        }
        span.name = Some(
            if lane.agent.is_some() {
                "sub-agent"
            } else {
                "turn"
            }
            .to_owned(),
        );
        span.input_messages = said.to_vec();
        let (trace, id) = (span.trace_id.clone(), span.span_id.clone());
        let mut step = Step::new(span, line.raw);
        step.lane = Some(lane.number);
        step.unread = unread(line);
        let number = self.held.add(delivery, step)?;
        self.lanes[at].turn = Some(Turn {
            number,
            trace,
            span: id,
        });
        ControlFlow::Continue(())
    }

    /// The turn ends with the last line of its lane.
    fn end_turn(&mut self, at: usize) {
        let lane = &mut self.lanes[at];
        if let Some(turn) = lane.turn.take()
            && let Some(step) = self.held.get_mut(turn.number)
        {
            let last = lane.last.map(|(time, _)| time);
            step.span.end_ns = last.filter(|last| *last > step.span.start_ns);
        }
    }

    fn stop(&mut self, at: usize) {
        if let Some(turn) = &self.lanes[at].turn
            && let Some(step) = self.held.get_mut(turn.number)
        {
            step.span.status = SpanStatus::Cancelled;
        }
    }

    /// A span at the time of this line, in the trace of the turn that runs.
    fn span(&self, at: usize, line: &Line<'_>, id: String, kind: SpanKind) -> Span {
        let lane = &self.lanes[at];
        let mut span = begun(Some(id), kind, line.time, line.raw);
        // A sub-agent works for the session's own turn.
        let around = lane.agent.as_ref().and_then(|_| {
            let of_session = |other: &&Lane| other.session == lane.session && other.agent.is_none();
            self.lanes.iter().find(of_session)?.turn.as_ref()
        });
        let own = lane.turn.as_ref().filter(|_| kind != SpanKind::Agent);
        if let Some(turn) = own.or(around) {
            span.trace_id = turn.trace.clone();
            span.parent_id = Some(turn.span.clone());
        } else if let Some(session) = &lane.session
            && kind != SpanKind::Agent
        {
            span.trace_id = session.clone();
        }
        span.session_id = lane.session.clone();
        for (name, tag) in [
            ("agentId", "agent_id"),
            ("cwd", "cwd"),
            ("gitBranch", "git_branch"),
            ("version", "version"),
        ] {
            if let Some(value) = line.fields.text(&[name]) {
                span.tags.insert(tag.to_owned(), value);
            }
        }
        span
    }

    /// The lane of a line; the one that began first makes room when there are too many.
    fn lane(&mut self, delivery: &mut Delivery<'_>, line: &Line<'_>) -> ControlFlow<(), usize> {
        let session = line.fields.text(&["sessionId"]);
        let is_side = line.fields.flag(&["isSidechain"]) == Some(true);
        let agent = line.fields.text(&["agentId"]);
        let agent = is_side.then(|| agent.unwrap_or_else(|| "sidechain".to_owned()));
        let same = |lane: &Lane| lane.session == session && lane.agent == agent;
        if let Some(at) = self.lanes.iter().position(same) {
            return ControlFlow::Continue(at);
        }
        if self.lanes.len() == LANES {
            self.end_turn(0);
            if let Some(oldest) = self.lanes.pop_front() {
                self.held.emit_lane(delivery, oldest.number)?;
            }
        }
        self.lanes_begun += 1;
        self.lanes.push_back(Lane {
            number: self.lanes_begun,
            session,
            agent,
            ..Lane::default()
        });
        ControlFlow::Continue(self.lanes.len() - 1)
    }
}

fn is_block(block: &Value, kind: &str) -> bool {
    block.get("type").and_then(Value::as_str) == Some(kind)
}

/// What a line of a call says beside its message.
fn grow(step: &mut Step, line: &Line<'_>) {
    let span = &mut step.span;
    if let (Some(time), Some(end)) = (line.time, span.end_ns) {
        span.end_ns = Some(end.max(time));
    }
    let took = line.fields.take("durationMs").and_then(epoch_millis);
    if let (Some(time), Some(took)) = (line.time, took.filter(|took| took.0 > 0))
        && let Some(start) = time.0.checked_sub(took.0)
    {
        span.start_ns = UnixNanos(start);
        span.end_ns = Some(time);
    }
    let cost = line.fields.take("costUSD").filter(|cost| cost.is_number());
    if let Some(cost) = cost.and_then(|cost| cost.to_string().parse().ok()) {
        span.cost_usd = Some(cost);
    }
    if line.fields.flag(&["isApiErrorMessage"]) == Some(true) {
        span.status = SpanStatus::Error;
        span.error_type = line.fields.text(&["error"]);
    }
    step.unread.extend(unread(line));
}

/// A line of a call or tool that has gone out: counted, and not a second time as a step.
fn repeated(delivery: &mut Delivery<'_>, line: &Line<'_>) -> ControlFlow<()> {
    let example = Value::from(line.at);
    delivery.loss().note("(repeated line)", &example);
    delivery.loss().next_record();
    ControlFlow::Continue(())
}

/// Fields of a line that nobody reads. The tool's own record of its result is in the raw record.
fn unread(line: &Line<'_>) -> Unread {
    line.fields.understood(&[
        // A line that joins a step comes from the same place as the step's first line.
        "agentId",
        "cwd",
        "gitBranch",
        "version",
        "parentUuid",
        "userType",
        "toolUseResult",
        "sourceToolAssistantUUID",
        "isSidechain",
        "isMeta",
        "isCompactSummary",
        "requestId",
        "isApiErrorMessage",
    ]);
    let mut unread = Unread::new();
    note(&mut unread, "", &line.fields);
    unread
}
