//! The figures of a comparison: each case counts once, however many repeats it has.

use super::fold::Side;
use super::{CellView, Comparison};
use crate::flakiness::{CaseFlakiness, Flakiness, RepeatView, RepeatedCase, flakiness};
use crate::stats::{self, CasePair, StatTest};
use plumbline_model::Origin;
use rust_decimal::prelude::ToPrimitive;

/// Any fixed number: the figures of a comparison must not change between two looks at it.
const SEED: u64 = 20_261_124;
/// Unsteady cases listed at most.
const UNSTEADY_LIMIT: usize = 200;

/// How steady the cases are that flip or answer in several ways; `None` where no case was repeated.
pub(super) fn steadiness(pairs: &[(&Side<'_, '_>, &Side<'_, '_>)]) -> Option<Flakiness> {
    let repeats = |side: &Side<'_, '_>| -> Vec<RepeatView<'static>> {
        side.answers()
            .map(|cell| RepeatView {
                output: cell.output_hash(),
                passed: cell.passed,
                assertions: &[],
            })
            .collect()
    };
    let cases: Vec<RepeatedCase<'_>> = pairs
        .iter()
        .map(|(a, b)| RepeatedCase {
            case_key: a.cells.first().map_or("", |cell| cell.case_key),
            a: repeats(a),
            b: repeats(b),
        })
        .collect();
    if !cases
        .iter()
        .any(|case| case.a.len() > 1 || case.b.len() > 1)
    {
        return None;
    }
    let mut found = flakiness(&cases);
    let flips = |case: &CaseFlakiness| case.flips_at_baseline || case.flips_at_candidate;
    found
        .cases
        .retain(|case| flips(case) || case.distinct_a > 1 || case.distinct_b > 1);
    // Stable: those that flip first, in their order.
    found.cases.sort_by_key(|case| !flips(case));
    found.cases.truncate(UNSTEADY_LIMIT);
    Some(found)
}

pub(super) fn tests(out: &Comparison, pairs: &[(&Side<'_, '_>, &Side<'_, '_>)]) -> Vec<StatTest> {
    let cases = |value: fn(&CellView<'_>) -> Option<f64>| -> Vec<CasePair> {
        let values = |side: &Side<'_, '_>| side.answers().filter_map(value).collect();
        pairs
            .iter()
            .map(|(a, b)| CasePair {
                a: values(a),
                b: values(b),
            })
            .collect()
    };
    let passes = cases(|cell| cell.passed.map(|passed| f64::from(u8::from(passed))));
    // A cached answer took no time now: its stored latency says nothing about this run.
    let latency = cases(|cell| {
        cell.latency_ms
            .filter(|_| cell.origin != Some(Origin::Cached))
    });
    let tokens_out = cases(|cell| cell.tokens_out.map(|tokens| tokens as f64));
    // A double is for the statistic only; sums of money stay decimal.
    let cost = cases(|cell| cell.cost_usd.and_then(|usd| usd.0.to_f64()));
    let mut tests: Vec<StatTest> = [
        stats::moved_share(out.moved, out.matched),
        stats::pass_rate_of(&passes),
        stats::paired("latency_ms", &latency, SEED),
        stats::paired("tokens_out", &tokens_out, SEED),
        stats::paired("cost_usd", &cost, SEED),
    ]
    .into_iter()
    .flatten()
    .collect();
    stats::holm(&mut tests);
    tests
}
