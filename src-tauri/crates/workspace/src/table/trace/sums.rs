//! What spans add up to.
//!
//! Tokens and cost count model calls and nothing else, so a step that groups others adds nothing twice.
//! Sums saturate: a hostile count can spoil its own trace's figure, never a page.

use plumbline_model::{Span, SpanStatus, add_known};
use std::collections::BTreeSet;

/// Models that a trace names.
const MODELS_KEPT: usize = 16;

/// What some spans of one trace add to it.
#[derive(Debug, Default)]
pub(crate) struct TraceSums {
    pub(super) root: Option<(i64, Option<String>)>,
    pub(super) start_ns: Option<i64>,
    pub(super) end_ns: Option<i64>,
    pub(super) spans: u64,
    pub(super) model_calls: u64,
    pub(super) errors: u64,
    pub(super) tokens_in: Option<u64>,
    pub(super) tokens_out: Option<u64>,
    pub(super) cost_pico: Option<i64>,
    pub(super) unpriced_calls: u64,
    pub(super) models: BTreeSet<String>,
}

impl TraceSums {
    pub(crate) fn add(&mut self, span: &Span, cost_pico: Option<i64>) {
        let call = span.is_model_call();
        let usage = if call { span.usage } else { Default::default() };
        self.combine(Self {
            root: match span.parent_id {
                None => Some((span.start_ns.0, span.name.clone())),
                Some(_) => None,
            },
            start_ns: Some(span.start_ns.0),
            end_ns: span.end_ns.map(|end| end.0),
            spans: 1,
            model_calls: u64::from(call),
            errors: u64::from(span.status == SpanStatus::Error),
            tokens_in: usage.tokens_in,
            tokens_out: usage.tokens_out,
            cost_pico: cost_pico.filter(|_| call),
            unpriced_calls: u64::from(call && cost_pico.is_none()),
            models: BTreeSet::new(),
        });
        if let Some(model) = span.model().filter(|_| call) {
            self.add_model(model);
        }
    }

    pub(super) fn add_model(&mut self, model: &str) {
        if self.models.len() < MODELS_KEPT && !self.models.contains(model) {
            self.models.insert(model.to_owned());
        }
    }

    pub(super) fn combine(&mut self, other: Self) {
        self.root = match (self.root.take(), other.root) {
            (Some(mine), Some(theirs)) if theirs.0 < mine.0 => Some(theirs),
            (mine, theirs) => mine.or(theirs),
        };
        self.start_ns = lesser(self.start_ns, other.start_ns);
        self.end_ns = self.end_ns.max(other.end_ns);
        self.spans += other.spans;
        self.model_calls += other.model_calls;
        self.errors += other.errors;
        self.tokens_in = add_known(self.tokens_in, other.tokens_in);
        self.tokens_out = add_known(self.tokens_out, other.tokens_out);
        self.cost_pico = add_pico(self.cost_pico, other.cost_pico);
        self.unpriced_calls += other.unpriced_calls;
        for model in &other.models {
            self.add_model(model);
        }
    }
}

fn lesser(left: Option<i64>, right: Option<i64>) -> Option<i64> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (left, right) => left.or(right),
    }
}

pub(super) fn add_pico(left: Option<i64>, right: Option<i64>) -> Option<i64> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.saturating_add(right)),
        (left, right) => left.or(right),
    }
}
