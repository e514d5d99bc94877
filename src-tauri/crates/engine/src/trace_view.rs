//! One trace as a waterfall: its spans in a tree, priced, with what failed and what was waited for.

use crate::Engine;
use crate::api::{KindTime, TraceColumns, TraceStep, TraceView};
use crate::traces::trace_row;
use plumbline_analysis::tree::{self, SpanHead};
use plumbline_model::{Problem, SpanStatus};
use plumbline_workspace::TraceHead;
use std::collections::HashMap;

/// Spans of one trace that are opened at once; the window says so when a trace has more.
const MAX_TRACE_SPANS: u64 = 200_000;
/// Failed steps whose message is read from the stored body; further ones show their error's type.
const MAX_MESSAGES: usize = 200;

impl Engine {
    /// One trace as a waterfall.
    pub fn trace_open(&self, trace_id: &str) -> Result<TraceView, Problem> {
        let row = self
            .inner
            .workspace
            .trace_row(trace_id)?
            .ok_or_else(|| no_trace(trace_id))?;
        let heads = self
            .inner
            .workspace
            .trace_heads(trace_id, MAX_TRACE_SPANS)?;
        let spans: Vec<SpanHead<'_>> = heads.iter().map(tree_head).collect();
        let mut messages = MAX_MESSAGES;
        let mut rows = Vec::with_capacity(heads.len());
        for bar in tree::build(&spans) {
            let Some(head) = heads.get(bar.index as usize) else {
                continue;
            };
            let mut step = step(head, &bar);
            if head.status == SpanStatus::Error && messages > 0 {
                messages -= 1;
                step.error = self.error_message(trace_id, head)?.or(step.error);
            }
            rows.push(step);
        }
        let total_ms = rows
            .iter()
            .map(|row| row.start_offset_ms + row.duration_ms.unwrap_or_default())
            .fold(0.0, f64::max);
        Ok(TraceView {
            row: trace_row(row),
            rows,
            total_ms,
        })
    }

    fn error_message(&self, trace_id: &str, head: &TraceHead) -> Result<Option<String>, Problem> {
        let record = self
            .inner
            .workspace
            .span(trace_id, &head.span_id, head.variant)?;
        Ok(record.span.error_message)
    }

    /// The same, column by column, as a window takes it.
    pub fn trace_columns(&self, trace_id: &str) -> Result<TraceColumns, Problem> {
        Ok(columns(self.trace_open(trace_id)?))
    }
}

fn step(head: &TraceHead, bar: &tree::WaterfallRow) -> TraceStep {
    let failed = (head.status == SpanStatus::Error).then(|| "failed".to_owned());
    TraceStep {
        span_id: head.span_id.clone(),
        variant: head.variant,
        name: step_name(head),
        kind: head.kind,
        status: head.status,
        model: head.model.clone(),
        depth: bar.depth,
        children: bar.children,
        start_offset_ms: bar.start_offset_ms,
        duration_ms: bar.duration_ms,
        time_to_first_token_ms: head.ttft_ms,
        critical: bar.critical,
        critical_self_ms: bar.critical_self_ms,
        flaw: bar.flaw,
        tokens_in: head.usage.tokens_in,
        tokens_out: head.usage.tokens_out,
        cost_usd: head.cost_usd,
        error: head.error_type.clone().or(failed),
    }
}

fn columns(view: TraceView) -> TraceColumns {
    let mut words = Words::default();
    let steps = view.rows;
    let at = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    let (mut kinds, mut statuses) = (Vec::new(), Vec::new());
    TraceColumns {
        row: view.row,
        total_ms: view.total_ms,
        critical_path: critical_path(&steps),
        variants: positions(&steps, |step| (step.variant != 1).then_some(step.variant)),
        name: steps.iter().map(|step| words.of(&step.name)).collect(),
        kind: steps
            .iter()
            .map(|step| position(&mut kinds, step.kind))
            .collect(),
        status: steps
            .iter()
            .map(|step| position(&mut statuses, step.status))
            .collect(),
        kinds,
        statuses,
        model: steps
            .iter()
            .map(|step| step.model.as_ref().map(|model| words.of(model)))
            .collect(),
        depth: steps.iter().map(|step| step.depth).collect(),
        children: steps.iter().map(|step| step.children).collect(),
        start_offset_ms: steps.iter().map(|step| step.start_offset_ms).collect(),
        duration_ms: steps.iter().map(|step| step.duration_ms).collect(),
        time_to_first_token_ms: steps
            .iter()
            .map(|step| step.time_to_first_token_ms)
            .collect(),
        critical_self_ms: steps
            .iter()
            .map(|step| step.critical.then_some(step.critical_self_ms))
            .collect(),
        flaws: positions(&steps, |step| step.flaw),
        tokens_in: steps.iter().map(|step| step.tokens_in).collect(),
        tokens_out: steps.iter().map(|step| step.tokens_out).collect(),
        cost_usd: steps.iter().map(|step| step.cost_usd).collect(),
        errors: steps
            .iter()
            .enumerate()
            .filter_map(|(index, step)| Some((at(index), words.of(step.error.as_ref()?))))
            .collect(),
        words: words.list,
        span_id: steps.into_iter().map(|step| step.span_id).collect(),
    }
}

/// Each word once, by position.
#[derive(Default)]
struct Words {
    list: Vec<String>,
    known: HashMap<String, u32>,
}

impl Words {
    fn of(&mut self, word: &str) -> u32 {
        if let Some(known) = self.known.get(word) {
            return *known;
        }
        let position = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(word.to_owned());
        self.known.insert(word.to_owned(), position);
        position
    }
}

/// Where a value of a small set stands in the list of those met so far.
fn position<T: PartialEq>(known: &mut Vec<T>, value: T) -> u8 {
    let at = known.iter().position(|other| *other == value);
    let at = at.unwrap_or_else(|| {
        known.push(value);
        known.len() - 1
    });
    u8::try_from(at).unwrap_or(u8::MAX)
}

fn positions<T>(steps: &[TraceStep], of: impl Fn(&TraceStep) -> Option<T>) -> Vec<(u32, T)> {
    (0..)
        .zip(steps)
        .filter_map(|(index, step)| Some((index, of(step)?)))
        .collect()
}

fn critical_path(steps: &[TraceStep]) -> Vec<KindTime> {
    let mut times: Vec<KindTime> = Vec::new();
    for step in steps.iter().filter(|step| step.critical) {
        let known = times.iter().position(|time| time.kind == step.kind);
        let at = known.unwrap_or_else(|| {
            times.push(KindTime {
                kind: step.kind,
                ms: 0.0,
                steps: 0,
            });
            times.len() - 1
        });
        if let Some(time) = times.get_mut(at) {
            time.ms += step.critical_self_ms;
            time.steps += 1;
        }
    }
    times.sort_by(|a, b| b.ms.total_cmp(&a.ms));
    times
}

fn tree_head(head: &TraceHead) -> SpanHead<'_> {
    SpanHead {
        span_id: &head.span_id,
        // An empty parent is how some sources write a root.
        parent_id: head.parent_id.as_deref().filter(|id| !id.is_empty()),
        start_ns: head.start_ns,
        end_ns: head.end_ns,
    }
}

fn step_name(head: &TraceHead) -> String {
    head.name
        .clone()
        .or_else(|| head.tool_name.clone())
        .or_else(|| head.model.clone())
        .unwrap_or_else(|| head.kind.as_str().to_owned())
}

fn no_trace(trace_id: &str) -> Problem {
    Problem::not_found(format!("there is no trace `{}`", trace_id.escape_debug()))
        .hint("`plumbline trace list` names the newest ones.")
}
