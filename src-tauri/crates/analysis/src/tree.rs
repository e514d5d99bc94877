//! A trace's spans as the rows of a waterfall.
//!
//! Decides who stands under whom when the data does not make a tree: a missing parent, a span that is its own
//! parent, a cycle and a repeated id each become a flagged root, so that every span is reached exactly once.
//! No recursion; O(n log n).

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

/// The spans that the end of the trace waited for, each with the nanoseconds it ran without a child on the
/// path: its self time there.
///
/// Going back from the end: of the children that run before the current point, the one that ends last is what
/// was waited for; go on from its start. A child counts only within its parent; an unfinished span lasts to
/// the end of the trace. This is the critical path of CRISP (Zhang et al., USENIX ATC 2022, section 3) as
/// Jaeger's trace page draws it.
fn critical_path(
    spans: &[SpanHead<'_>],
    roots: &[usize],
    children: &[Vec<usize>],
) -> Vec<Option<i64>> {
    let last = spans
        .iter()
        .map(|span| span.end_ns.unwrap_or(span.start_ns).max(span.start_ns))
        .max();
    let mut path = vec![None; spans.len()];
    let Some(last) = last else {
        return path;
    };
    let end = |index: usize| {
        spans[index]
            .end_ns
            .unwrap_or(last)
            .max(spans[index].start_ns)
    };
    let mut stack: Vec<(Option<usize>, UnixNanos, UnixNanos)> =
        vec![(None, UnixNanos(i64::MIN), last)];
    while let Some((parent, from, until)) = stack.pop() {
        let members = parent.map_or(roots, |parent| &children[parent]);
        // A child may outlive its parent; what happens after the parent's end did not hold it up.
        let mut by_end: Vec<(UnixNanos, usize)> = members
            .iter()
            .filter(|index| spans[**index].start_ns <= until)
            .map(|index| (end(*index).min(until), *index))
            .filter(|(end, _)| *end >= from)
            .collect();
        by_end.sort_unstable_by_key(|(end, index)| {
            (std::cmp::Reverse(*end), spans[*index].start_ns, *index)
        });
        let (mut point, mut own) = (until, 0_i64);
        for (end, index) in by_end {
            if end <= point {
                own = own.saturating_add(point.0.saturating_sub(end.0));
                point = spans[index].start_ns.max(from);
                stack.push((Some(index), point, end));
            }
        }
        if let Some(parent) = parent {
            path[parent] = Some(own.saturating_add(point.0.saturating_sub(from.0)));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn head<'s>(id: &'s str, parent: Option<&'s str>, start: i64, end: i64) -> SpanHead<'s> {
        SpanHead {
            span_id: id,
            parent_id: parent,
            start_ns: UnixNanos(start * 1_000_000),
            end_ns: Some(UnixNanos(end * 1_000_000)),
        }
    }

    fn outline(spans: &[SpanHead<'_>]) -> Vec<String> {
        build(spans)
            .iter()
            .map(|row| {
                let mark = if row.critical { "*" } else { "" };
                let flaw = row
                    .flaw
                    .map(|flaw| format!(" {flaw:?}"))
                    .unwrap_or_default();
                format!(
                    "{}{}{mark}{flaw}",
                    ">".repeat(row.depth as usize),
                    spans[row.index as usize].span_id
                )
            })
            .collect()
    }

    #[test]
    fn children_stand_under_parents_by_start_whatever_the_order_of_arrival() {
        let spans = [
            head("c", Some("b"), 5, 6),
            head("b", Some("a"), 2, 9),
            head("d", Some("a"), 1, 2),
            head("a", None, 0, 10),
        ];
        assert_eq!(outline(&spans), ["a*", ">d*", ">b*", ">>c*"]);
        let rows = build(&spans);
        assert_eq!(
            (
                rows[0].children,
                rows[2].start_offset_ms,
                rows[2].duration_ms
            ),
            (2, 2.0, Some(7.0))
        );
    }

    #[test]
    fn the_critical_path_follows_what_was_waited_for() {
        let spans = [
            head("root", None, 0, 100),
            head("fast", Some("root"), 0, 30),
            head("slow", Some("root"), 0, 60),
            head("after", Some("root"), 60, 95),
            head("background", Some("root"), 10, 400),
        ];
        // The background task outlives the root, so it is what the end of the root overlaps.
        assert_eq!(
            outline(&spans[..4]),
            ["root*", ">fast", ">slow*", ">after*"]
        );
        assert!(
            build(&spans)
                .iter()
                .any(|row| row.index == 4 && row.critical)
        );
    }

    #[test]
    fn self_times_on_the_path_add_up_to_the_trace() {
        let spans = [
            head("root", None, 0, 100),
            head("fast", Some("root"), 0, 30),
            head("slow", Some("root"), 5, 60),
            head("inside", Some("slow"), 10, 50),
            head("early", Some("inside"), 2, 20),
            head("after", Some("root"), 60, 95),
        ];
        let of = |id: &str| {
            let rows = build(&spans);
            let found = rows
                .iter()
                .find(|row| spans[row.index as usize].span_id == id);
            found.map_or(-1.0, |row| row.critical_self_ms)
        };
        // Before `slow` began, the root waited for nobody else: `fast` ran past that point.
        assert_eq!(["root", "fast", "slow"].map(of), [10.0, 0.0, 15.0]);
        assert_eq!(["inside", "early", "after"].map(of), [30.0, 10.0, 35.0]);
        let all: f64 = build(&spans).iter().map(|row| row.critical_self_ms).sum();
        assert_eq!(all, 100.0);
    }

    #[test]
    fn flawed_parents_become_flagged_roots() {
        let spans = [
            head("orphan", Some("gone"), 0, 1),
            head("self", Some("self"), 1, 2),
            head("x", Some("z"), 5, 6),
            head("y", Some("x"), 4, 6),
            head("z", Some("y"), 7, 8),
            head("orphan", None, 9, 9),
        ];
        let found: Vec<String> = outline(&spans)
            .into_iter()
            .map(|line| line.replace('*', ""))
            .collect();
        assert_eq!(
            found,
            [
                "orphan Orphan",
                "self SelfParent",
                "y Cycle",
                ">z",
                ">>x",
                "orphan DuplicateId"
            ]
        );
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_and_a_million_children_are_built() {
        let ids: Vec<String> = (0..100_000).map(|i| i.to_string()).collect();
        let chain: Vec<SpanHead<'_>> = (0..ids.len())
            .rev()
            .map(|i| {
                head(
                    &ids[i],
                    i.checked_sub(1).map(|p| ids[p].as_str()),
                    i as i64,
                    200_000,
                )
            })
            .collect();
        let rows = build(&chain);
        assert_eq!(rows.last().map(|row| row.depth), Some(99_999));
        let mut wide = vec![head("r", None, 0, 10)];
        wide.extend(ids.iter().map(|id| head(id, Some("r"), 1, 2)));
        assert_eq!(build(&wide)[0].children, 100_000);
    }

    #[test]
    fn extreme_times_do_not_overflow() {
        let spans = [
            SpanHead {
                span_id: "a",
                parent_id: None,
                start_ns: UnixNanos(i64::MIN),
                end_ns: Some(UnixNanos(i64::MAX)),
            },
            SpanHead {
                span_id: "b",
                parent_id: Some("a"),
                start_ns: UnixNanos(i64::MAX),
                end_ns: None,
            },
        ];
        assert!(
            build(&spans)
                .iter()
                .all(|row| row.start_offset_ms.is_finite())
        );
        assert!(build(&[]).is_empty());
    }

    /// Says for each span whether walking up ends at a root, the slow and obvious way.
    fn naive_depth(spans: &[SpanHead<'_>], rows: &[WaterfallRow], index: usize) -> Option<u32> {
        let cut = |i: usize| {
            rows.iter()
                .any(|row| row.index as usize == i && row.depth == 0)
        };
        let mut here = index;
        for depth in 0..=spans.len() as u32 {
            if cut(here) {
                return Some(depth);
            }
            here = spans
                .iter()
                .position(|span| Some(span.span_id) == spans[here].parent_id)?;
        }
        None
    }

    proptest! {
        #[test]
        fn every_span_is_reached_once_at_its_true_depth(
            graph in prop::collection::vec((0_u8..14, prop::option::of(0_u8..16), 0_i64..20, 0_i64..20), 0..24),
        ) {
            let ids: Vec<(String, Option<String>)> = graph.iter()
                .map(|(id, parent, ..)| (id.to_string(), parent.map(|parent| parent.to_string())))
                .collect();
            let spans: Vec<SpanHead<'_>> = ids.iter().zip(&graph)
                .map(|((id, parent), (_, _, start, length))| head(id, parent.as_deref(), *start, start + length))
                .collect();
            let rows = build(&spans);
            let mut seen: Vec<u32> = rows.iter().map(|row| row.index).collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..spans.len() as u32).collect::<Vec<_>>());
            let critical_ms: f64 = rows.iter().map(|row| row.critical_self_ms).sum();
            prop_assert!(rows.iter().all(|row| row.critical_self_ms >= 0.0));
            prop_assert!(critical_ms <= 40.0 + 1e-6, "longer than the trace: {}", critical_ms);
            for (at, row) in rows.iter().enumerate() {
                prop_assert_eq!(Some(row.depth), naive_depth(&spans, &rows, row.index as usize));
                // A flaw other than a repeated id is the only reason to cut a span off its parent.
                let lost = row.depth == 0 && spans[row.index as usize].parent_id.is_some();
                prop_assert!(!lost || row.flaw.is_some());
                let below = rows[at + 1..].iter().take_while(|next| next.depth > row.depth);
                prop_assert_eq!(below.filter(|next| next.depth == row.depth + 1).count(), row.children as usize);
            }
        }
    }
}
