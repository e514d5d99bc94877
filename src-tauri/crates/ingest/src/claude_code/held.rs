//! Steps that have begun and may still grow, within a bound: the oldest go out first.

use crate::anthropic_body;
use crate::attributes::{Unread, as_text};
use crate::delivery::Delivery;
use plumbline_model::{Span, SpanKind, SpanStatus, Usage};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;

/// The most steps that are held.
const STEPS: usize = 4_096;
/// The most bytes of lines that they may come from.
const BYTES: usize = 64 * 1024 * 1024;
/// How many finished calls and tools are remembered, so that a repeated line is not counted again.
const FINISHED: usize = 1 << 18;

/// A turn, a call or a tool.
pub(super) struct Step {
    pub(super) span: Span,
    /// The message of a call, put together from its lines.
    pub(super) message: Option<Map<String, Value>>,
    pub(super) unread: Unread,
    /// The lane it belongs to; tools outlive their turn.
    pub(super) lane: Option<u64>,
    /// What a later line refers to it by.
    pub(super) key: Option<String>,
    /// Its lines as the elements of a JSON list.
    lines: Vec<u8>,
    blocks: HashSet<u64>,
}

impl Step {
    pub(super) fn new(span: Span, raw: &[u8]) -> Self {
        Self {
            span,
            message: None,
            unread: Unread::new(),
            lane: None,
            key: None,
            lines: raw.to_vec(),
            blocks: HashSet::new(),
        }
    }

    /// Adds a line of the same call: what it says later counts. Blocks that are new come back.
    pub(super) fn merge(&mut self, message: Map<String, Value>) -> Vec<Value> {
        let held = self.message.get_or_insert_default();
        let mut fresh = Vec::new();
        for (name, value) in message {
            match (name.as_str(), value) {
                (_, Value::Null) => {}
                ("content", Value::Array(blocks)) => {
                    let new = blocks
                        .into_iter()
                        .filter(|block| self.blocks.insert(hash(&block.to_string())));
                    fresh.extend(new);
                }
                (_, value) => {
                    held.insert(name, value);
                }
            }
        }
        match held.get_mut("content") {
            Some(Value::Array(content)) => content.extend(fresh.iter().cloned()),
            Some(_) => {}
            None => {
                held.insert("content".to_owned(), fresh.clone().into());
            }
        }
        fresh
    }

    /// Hands it on.
    fn deliver(mut self, delivery: &mut Delivery<'_>) -> ControlFlow<()> {
        if let Some(message) = self.message.take() {
            self.answer(message);
        }
        for (name, value) in &self.unread {
            delivery.loss().note(name, value);
        }
        let raw = match self.span.kind {
            SpanKind::Agent => self.lines,
            _ => [b"[", &self.lines[..], b"]"].concat(),
        };
        delivery.span(self.span, raw)
    }

    fn answer(&mut self, message: Map<String, Value>) {
        let is_made_up = message.get("model").and_then(Value::as_str) == Some("<synthetic>");
        let failed = self.span.status == SpanStatus::Error;
        let kind = self.span.error_type.take();
        let unread = anthropic_body::response("message.", message, &mut self.span);
        self.unread.extend(unread);
        if is_made_up {
            // The program wrote it itself; no model was asked or none answered.
            self.span.model_returned = None;
            self.span.finish_reason = None;
            self.span.usage = Usage::default();
            self.span.kind = if failed {
                SpanKind::Llm
            } else {
                SpanKind::Chain
            };
        }
        if failed {
            self.span.status = SpanStatus::Error;
            self.span.error_type = kind;
            let told = self.span.output_messages.first();
            self.span.error_message = told.map(|message| message.content.text());
        }
    }
}

/// Held steps by number, which is their order.
#[derive(Default)]
pub(super) struct Held {
    number: u64,
    steps: BTreeMap<u64, Step>,
    by_key: HashMap<String, u64>,
    bytes: usize,
    finished: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Held {
    /// Holds a step; its number.
    pub(super) fn add(&mut self, delivery: &mut Delivery<'_>, step: Step) -> ControlFlow<(), u64> {
        self.number += 1;
        let number = self.number;
        self.bytes += step.lines.len();
        if let Some(key) = &step.key {
            self.by_key.insert(key.clone(), number);
        }
        self.steps.insert(number, step);
        self.shrink(delivery)?;
        ControlFlow::Continue(number)
    }

    pub(super) fn number_of(&self, key: &str) -> Option<u64> {
        self.by_key.get(key).copied()
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut Step> {
        self.steps.get_mut(&number)
    }

    /// Notes one more line of a step that is held.
    pub(super) fn add_line(&mut self, number: u64, raw: &[u8]) -> Option<&mut Step> {
        let step = self.steps.get_mut(&number)?;
        step.lines.push(b',');
        step.lines.extend_from_slice(raw);
        self.bytes += raw.len() + 1;
        Some(step)
    }

    /// True when this call or tool has been handed on already.
    pub(super) fn is_finished(&self, key: &str) -> bool {
        self.finished.contains(&hash(key))
    }

    pub(super) fn emit(&mut self, delivery: &mut Delivery<'_>, number: u64) -> ControlFlow<()> {
        let Some(step) = self.steps.remove(&number) else {
            return ControlFlow::Continue(());
        };
        self.bytes = self.bytes.saturating_sub(step.lines.len());
        if let Some(key) = &step.key {
            self.by_key.remove(key);
            let mark = hash(key);
            if self.finished.insert(mark) {
                self.order.push_back(mark);
            }
            if self.order.len() > FINISHED
                && let Some(oldest) = self.order.pop_front()
            {
                self.finished.remove(&oldest);
            }
        }
        step.deliver(delivery)
    }

    /// Hands on the turn and the calls of a lane; its tools may still end.
    pub(super) fn emit_lane(&mut self, delivery: &mut Delivery<'_>, lane: u64) -> ControlFlow<()> {
        let of_lane = |step: &Step| step.lane == Some(lane);
        let numbers: Vec<u64> = self
            .steps
            .iter()
            .filter(|(_, step)| of_lane(step))
            .map(|(number, _)| *number)
            .collect();
        for number in numbers {
            self.emit(delivery, number)?;
        }
        ControlFlow::Continue(())
    }

    pub(super) fn emit_all(&mut self, delivery: &mut Delivery<'_>) -> ControlFlow<()> {
        while let Some((number, _)) = self.steps.first_key_value() {
            let number = *number;
            self.emit(delivery, number)?;
        }
        ControlFlow::Continue(())
    }

    /// Hands on the oldest steps until the rest is within the bounds.
    pub(super) fn shrink(&mut self, delivery: &mut Delivery<'_>) -> ControlFlow<()> {
        while (self.bytes > BYTES || self.steps.len() > STEPS)
            && let Some((number, _)) = self.steps.first_key_value()
        {
            let number = *number;
            self.emit(delivery, number)?;
        }
        ControlFlow::Continue(())
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The text of a member.
pub(super) fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    object.get(name).and_then(as_text)
}
