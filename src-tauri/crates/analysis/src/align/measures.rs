//! The figures of a comparison: each case counts once, with the mean of its repeats.

use super::fold::Side;
use super::{CellView, Comparison};
use crate::resample;
use crate::stats::{self, StatTest};
use plumbline_model::Origin;
use rust_decimal::prelude::ToPrimitive;

/// Any fixed number: the figures of a comparison must not change between two looks at it.
const SEED: u64 = 20_261_124;

pub(super) fn tests(out: &Comparison, pairs: &[(&Side<'_, '_>, &Side<'_, '_>)]) -> Vec<StatTest> {
    let mean = |side: &Side<'_, '_>, value: fn(&CellView<'_>) -> Option<f64>| {
        let values: Vec<f64> = side
            .answers()
            .filter_map(value)
            .filter(|value| value.is_finite())
            .collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let differences = |value: fn(&CellView<'_>) -> Option<f64>| -> Vec<f64> {
        pairs
            .iter()
            .filter_map(|(a, b)| Some(mean(b, value)? - mean(a, value)?))
            .collect()
    };
    // A cached answer took no time now: its stored latency says nothing about this run.
    let latency = differences(|cell| {
        cell.latency_ms
            .filter(|_| cell.origin != Some(Origin::Cached))
    });
    let tokens_out = differences(|cell| cell.tokens_out.map(|tokens| tokens as f64));
    // A double is for the statistic only; sums of money stay decimal.
    let cost = differences(|cell| cell.cost_usd.and_then(|usd| usd.0.to_f64()));
    [
        stats::moved_share(out.moved, out.matched),
        stats::pass_rate(out.fixed, out.broken, out.graded),
        resample::paired("latency_ms", &latency, SEED),
        resample::paired("tokens_out", &tokens_out, SEED),
        resample::paired("cost_usd", &cost, SEED),
    ]
    .into_iter()
    .flatten()
    .collect()
}
