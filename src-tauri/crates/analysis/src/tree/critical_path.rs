//! What the end of a trace waited for.

use super::SpanHead;
use plumbline_model::UnixNanos;

/// The spans that the end of the trace waited for, each with the nanoseconds it ran without a child on the
/// path: its self time there.
///
/// Going back from the end: of the children that run before the current point, the one that ends last is what
/// was waited for; go on from its start. A child counts only within its parent; an unfinished span lasts to
/// the end of the trace. This is the critical path of CRISP (Zhang et al., USENIX ATC 2022, section 3) as
/// Jaeger's trace page draws it.
pub(super) fn critical_path(
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
