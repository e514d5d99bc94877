//! The figures of a comparison: each case counts once, however many repeats it has.

use super::fold::Side;
use super::{CellView, Comparison};
use crate::stats::{self, CasePair, StatTest};
use plumbline_model::Origin;
use rust_decimal::prelude::ToPrimitive;

/// Any fixed number: the figures of a comparison must not change between two looks at it.
const SEED: u64 = 20_261_124;

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
