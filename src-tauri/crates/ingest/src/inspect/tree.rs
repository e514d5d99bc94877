//! The events of a sample as spans below its root: `span_begin` and `span_end`, the `step`s of older logs, calls,
//! tools and subtasks with what they hold.

use super::calls;
use super::refs::Refs;
use crate::attributes::{Attributes, Unread, as_count, as_text, note};
use crate::delivery::Delivery;
use crate::exchange;
use crate::identity::derived_id;
use crate::instant::iso;
use plumbline_model::{Span, SpanKind, SpanStatus, UnixNanos, add_known};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

/// What must be known of all events before the first is delivered.
#[derive(Default)]
pub(super) struct Scan {
    pub(super) first: Option<UnixNanos>,
    pub(super) last: Option<UnixNanos>,
    /// Model calls, and their tokens as they are written.
    pub(super) calls: u64,
    pub(super) input: Option<u64>,
    pub(super) output: Option<u64>,
    begun: HashSet<String>,
    ends: HashMap<String, UnixNanos>,
}

impl Scan {
    pub(super) fn of(events: &[Value]) -> Self {
        let mut scan = Self::default();
        let mut lists = vec![events];
        while let Some(list) = lists.pop() {
            for event in list {
                scan.event(event);
                lists.extend(
                    event
                        .get("events")
                        .and_then(Value::as_array)
                        .map(Vec::as_slice),
                );
            }
        }
        scan
    }

    fn event(&mut self, event: &Value) {
        let start = time(event, "timestamp");
        for at in [start, time(event, "completed")].into_iter().flatten() {
            self.first = Some(self.first.map_or(at, |first| first.min(at)));
            self.last = Some(self.last.map_or(at, |last| last.max(at)));
        }
        let id = event.get("id").and_then(as_text);
        match (event.get("event").and_then(Value::as_str), id) {
            (Some("span_begin"), Some(id)) => {
                self.begun.insert(id);
            }
            (Some("span_end"), Some(id)) => {
                self.ends.extend(start.map(|at| (id, at)));
            }
            (Some("model"), _) => {
                self.calls += 1;
                let usage = event.get("output").and_then(|output| output.get("usage"));
                // Nobody measured a call that the cache answered, and the sample's sums leave it out.
                if let Some(usage) =
                    usage.filter(|_| event.get("cache").is_none_or(|c| c != "read"))
                {
                    let count = |name: &str| usage.get(name).and_then(as_count);
                    self.input = add_known(self.input, count("input_tokens"));
                    self.output = add_known(self.output, count("output_tokens"));
                }
            }
            _ => {}
        }
    }
}

fn time(event: &Value, name: &str) -> Option<UnixNanos> {
    event.get(name)?.as_str().and_then(iso)
}

/// The walk over the events.
pub(super) struct Tree<'a> {
    trace: &'a str,
    refs: &'a Refs,
    scan: &'a Scan,
    /// Where an event without a time begins.
    start: UnixNanos,
    /// Numbers the events without an id of their own.
    number: u64,
}

impl<'a> Tree<'a> {
    pub(super) fn new(trace: &'a str, refs: &'a Refs, scan: &'a Scan, start: UnixNanos) -> Self {
        Self {
            trace,
            refs,
            scan,
            start,
            number: 0,
        }
    }

    /// Delivers the events of a list, which stand below `parent` unless they say otherwise.
    pub(super) fn walk(
        &mut self,
        events: Vec<Value>,
        parent: &str,
        at: &str,
        delivery: &mut Delivery<'_>,
    ) -> ControlFlow<()> {
        let step_ends = step_ends(&events);
        let mut steps: Vec<String> = Vec::new();
        for (index, event) in events.into_iter().enumerate() {
            let at = format!("{at} events[{index}]");
            let Value::Object(mut event) = event else {
                delivery.quarantine(at, "expected an event", event.to_string().as_bytes())?;
                continue;
            };
            self.number += 1;
            let kind = event
                .get("event")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            let inside = event.get("span_id").and_then(as_text);
            let below = inside
                .filter(|id| self.scan.begun.contains(id))
                .unwrap_or_else(|| steps.last().map_or(parent, String::as_str).to_owned());
            let nested = match event.remove("events") {
                Some(Value::Array(nested)) => nested,
                _ => Vec::new(),
            };
            let id = self.id(&event);
            let raw = Value::Object(event.clone()).to_string().into_bytes();
            let (mut span, unread) = match kind.as_str() {
                "model" => calls::model(self.trace, id, event, self.refs),
                "tool" => calls::tool(self.trace, id, event, self.refs),
                "subtask" => self.group(id, &event),
                "span_begin" => {
                    let id = event.get("id").and_then(as_text).unwrap_or(id);
                    let parent_id = event.get("parent_id").and_then(as_text);
                    let above = parent_id
                        .filter(|above| self.scan.begun.contains(above) && *above != id)
                        .unwrap_or_else(|| parent.to_owned());
                    let (mut span, unread) = self.group(id, &event);
                    span.end_ns = self.scan.ends.get(&span.span_id).copied();
                    span.parent_id = Some(above);
                    (span, unread)
                }
                "step" if event.get("action").is_some_and(|action| action == "begin") => {
                    let (mut span, unread) = self.group(id.clone(), &event);
                    span.end_ns = step_ends.get(&index).copied();
                    steps.push(id);
                    (span, unread)
                }
                "step" => {
                    steps.pop();
                    continue;
                }
                // They repeat what the sample says of itself, or end what was begun.
                "span_end" | "sample_init" | "error" | "sample_limit" => continue,
                "score"
                    if event
                        .get("intermediate")
                        .is_none_or(|is| is == &Value::Bool(false)) =>
                {
                    continue;
                }
                "" => {
                    delivery.quarantine(at, "the event names no kind", &raw)?;
                    continue;
                }
                other => {
                    let name = format!("events of the kind `{other}`");
                    delivery.loss().note(&name, &Value::Object(event));
                    self.walk(nested, &below, &at, delivery)?;
                    continue;
                }
            };
            span.parent_id.get_or_insert(below);
            if span.start_ns == UnixNanos(0) {
                span.start_ns = self.start;
            }
            let id = span.span_id.clone();
            exchange::deliver(delivery, &at, &raw, Ok((span, unread)))?;
            self.walk(nested, &id, &at, delivery)?;
        }
        ControlFlow::Continue(())
    }

    /// The event's own id, else one from its place.
    fn id(&self, event: &Map<String, Value>) -> String {
        event.get("uuid").and_then(as_text).unwrap_or_else(|| {
            let parts = [self.trace.as_bytes(), &self.number.to_be_bytes()];
            derived_id("inspect event", &parts, 8)
        })
    }

    /// A span that groups others.
    fn group(&self, id: String, event: &Map<String, Value>) -> (Span, Unread) {
        let fields = Attributes::of_object(event.clone());
        let kind = match event.get("type").and_then(Value::as_str) {
            Some("agent") => SpanKind::Agent,
            _ => SpanKind::Chain,
        };
        let start = fields.text(&["timestamp"]).and_then(|text| iso(&text));
        let mut span = Span::new(self.trace, id, kind, start.unwrap_or(self.start));
        span.name = fields.text(&["name"]);
        span.end_ns = fields.text(&["completed"]).and_then(|text| iso(&text));
        if let Some(kind) = fields.text(&["type"]) {
            span.tags.insert("step_type".to_owned(), kind);
        }
        span.status = SpanStatus::Unset;
        fields.understood(&["event", "uuid", "id", "span_id", "parent_id", "action"]);
        fields.understood(&["working_start", "working_time"]);
        let mut unread = Unread::new();
        note(&mut unread, "events.", &fields);
        (span, unread)
    }
}

/// When each step of a list ends, by the place of its beginning.
fn step_ends(events: &[Value]) -> HashMap<usize, UnixNanos> {
    let (mut open, mut ends) = (Vec::new(), HashMap::new());
    for (index, event) in events.iter().enumerate() {
        if event.get("event").is_none_or(|kind| kind != "step") {
            continue;
        }
        if event.get("action").is_some_and(|action| action == "begin") {
            open.push(index);
        } else if let (Some(begun), Some(at)) = (open.pop(), time(event, "timestamp")) {
            ends.insert(begun, at);
        }
    }
    ends
}
