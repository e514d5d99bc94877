//! A trace's spans as the rows of a waterfall.
//!
//! Decides who stands under whom when the data does not make a tree: a missing parent, a span that is its own
//! parent, a cycle and a repeated id each become a flagged root, so that every span is reached exactly once.
//! No recursion; O(n log n).

mod critical_path;

use critical_path::critical_path;
use plumbline_model::{Span, UnixNanos};
use serde::Serialize;
use std::collections::HashMap;
use ts_rs::TS;

/// What the tree needs to know of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanHead<'s> {
    pub span_id: &'s str,
    pub parent_id: Option<&'s str>,
    pub start_ns: UnixNanos,
    /// `None` while unfinished.
    pub end_ns: Option<UnixNanos>,
}

impl<'s> SpanHead<'s> {
    /// The head of a span.
    #[must_use]
    pub fn of(span: &'s Span) -> Self {
        Self {
            span_id: &span.span_id,
            // An empty parent is how some sources write a root.
            parent_id: span.parent_id.as_deref().filter(|id| !id.is_empty()),
            start_ns: span.start_ns,
            end_ns: span.end_ns,
        }
    }
}

/// Why a span that names a parent stands as a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TreeFlaw {
    /// Its parent is not in the trace.
    Orphan,
    /// It names itself as parent.
    SelfParent,
    /// Its parents lead back to it; the circle was cut above this span.
    Cycle,
    /// Another span with this id came first; children belong to that one.
    DuplicateId,
}

/// One row of a waterfall, in order from top to bottom.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct WaterfallRow {
    /// Position of the span in the input.
    pub index: u32,
    /// 0 for a root.
    pub depth: u32,
    /// Direct children.
    pub children: u32,
    /// From the earliest start of the trace.
    pub start_offset_ms: f64,
    /// `None` while unfinished; negative when the source's clock ran backwards.
    pub duration_ms: Option<f64>,
    /// Part of the chain of spans that the end of the trace waited for.
    pub critical: bool,
    /// Time on that chain that no child accounts for; 0 beside it. All rows together last as long as the
    /// chain, which is the trace without the gaps between its roots.
    pub critical_self_ms: f64,
    pub flaw: Option<TreeFlaw>,
}

/// Builds the rows: parents before children, brothers by start and then by position.
#[must_use]
pub fn build(spans: &[SpanHead<'_>]) -> Vec<WaterfallRow> {
    let (parents, flaws) = parents(spans);
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
    let mut roots = Vec::new();
    for (index, parent) in parents.iter().enumerate() {
        match parent {
            Some(parent) => children[*parent].push(index),
            None => roots.push(index),
        }
    }
    let by_start =
        |list: &mut Vec<usize>| list.sort_by_key(|index| (spans[*index].start_ns, *index));
    children.iter_mut().for_each(by_start);
    by_start(&mut roots);
    let critical = critical_path(spans, &roots, &children);
    let origin = spans
        .iter()
        .map(|span| span.start_ns)
        .min()
        .unwrap_or_default();

    let mut rows = Vec::with_capacity(spans.len());
    let mut stack: Vec<(usize, u32)> = roots.iter().rev().map(|root| (*root, 0)).collect();
    while let Some((index, depth)) = stack.pop() {
        let span = &spans[index];
        rows.push(WaterfallRow {
            index: index as u32,
            depth,
            children: children[index].len() as u32,
            start_offset_ms: span.start_ns.ms_since(origin),
            duration_ms: span.end_ns.map(|end| end.ms_since(span.start_ns)),
            critical: critical[index].is_some(),
            critical_self_ms: critical[index].unwrap_or_default() as f64 / 1e6,
            flaw: flaws[index],
        });
        stack.extend(
            children[index]
                .iter()
                .rev()
                .map(|child| (*child, depth + 1)),
        );
    }
    rows
}

type Parents = (Vec<Option<usize>>, Vec<Option<TreeFlaw>>);

/// The parent of each span, with circles cut, and what was wrong.
fn parents(spans: &[SpanHead<'_>]) -> Parents {
    let mut by_id: HashMap<&str, usize> = HashMap::with_capacity(spans.len());
    for (index, span) in spans.iter().enumerate() {
        by_id.entry(span.span_id).or_insert(index);
    }
    let mut flaws = vec![None; spans.len()];
    let mut parents: Vec<Option<usize>> = spans
        .iter()
        .enumerate()
        .map(|(index, span)| {
            let first = by_id.get(span.span_id) == Some(&index);
            let parent = span.parent_id.map(|id| by_id.get(id).copied());
            let (parent, flaw) = match parent {
                _ if span.parent_id == Some(span.span_id) => (None, Some(TreeFlaw::SelfParent)),
                Some(None) => (None, Some(TreeFlaw::Orphan)),
                Some(Some(parent)) => (Some(parent), None),
                None => (None, None),
            };
            flaws[index] = flaw.or((!first).then_some(TreeFlaw::DuplicateId));
            parent
        })
        .collect();
    cut_cycles(spans, &mut parents, &mut flaws);
    (parents, flaws)
}

/// Each span has one parent, so a circle is met at most once on the way up: walk up, marking each walk.
fn cut_cycles(
    spans: &[SpanHead<'_>],
    parents: &mut [Option<usize>],
    flaws: &mut [Option<TreeFlaw>],
) {
    let mut walk_of = vec![0_usize; spans.len()];
    for start in 0..spans.len() {
        let walk = start + 1;
        let mut here = Some(start);
        while let Some(index) = here.filter(|index| walk_of[*index] == 0) {
            walk_of[index] = walk;
            here = parents[index];
        }
        let Some(met) = here.filter(|index| walk_of[*index] == walk) else {
            continue;
        };
        // Cut above the member that started first: most likely the true root.
        let mut top = met;
        let mut member = parents[met];
        while let Some(index) = member.filter(|index| *index != met) {
            if (spans[index].start_ns, index) < (spans[top].start_ns, top) {
                top = index;
            }
            member = parents[index];
        }
        parents[top] = None;
        flaws[top] = Some(TreeFlaw::Cycle);
    }
}

#[cfg(test)]
mod tests;
