//! Waterfalls: their order, their flaws, and the critical path.

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
