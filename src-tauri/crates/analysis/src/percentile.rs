//! Percentiles by nearest rank, the one definition used wherever Plumbline shows one.
//!
//! The p-th percentile of n values is the value at rank ⌈p / 100 · n⌉ of the sorted values: always a value
//! that was measured, never an interpolation. Callers leave out what was not measured now: a cached
//! answer has no latency of its own and must never be counted here.

use serde::Serialize;
use ts_rs::TS;

/// What a list of measurements looks like. The unit is that of the values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct Summary {
    pub count: u64,
    pub min: f64,
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
    pub mean: f64,
}

impl Summary {
    /// Summarises the values that are numbers; `None` when there is none. Sorts `values` in place.
    #[must_use]
    pub fn of(values: &mut [f64]) -> Option<Self> {
        let values = sorted_finite(values);
        let (first, last) = (values.first()?, values.last()?);
        let count = values.len();
        Some(Self {
            count: count as u64,
            min: *first,
            p50: at_rank(values, 50.0)?,
            p95: at_rank(values, 95.0)?,
            p99: at_rank(values, 99.0)?,
            max: *last,
            mean: values.iter().map(|value| value / count as f64).sum(),
        })
    }
}

/// The `p`-th percentile, `p` in 0 to 100 (clamped), of the values that are numbers. Sorts in place.
#[must_use]
pub fn nearest_rank(values: &mut [f64], p: f64) -> Option<f64> {
    at_rank(sorted_finite(values), p)
}

/// Moves NaN and infinities behind the rest, which is sorted and returned.
fn sorted_finite(values: &mut [f64]) -> &[f64] {
    values.sort_unstable_by(|a, b| {
        b.is_finite()
            .cmp(&a.is_finite())
            .then_with(|| a.total_cmp(b))
    });
    let finite = values.partition_point(|value| value.is_finite());
    &values[..finite]
}

fn at_rank(sorted: &[f64], p: f64) -> Option<f64> {
    // Multiply before dividing: 95 / 100 · 20 must be rank 19, not 20 by rounding.
    let rank = (p.clamp(0.0, 100.0) * sorted.len() as f64 / 100.0).ceil();
    let index = (rank as usize).max(1) - 1;
    sorted.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_textbook_example_of_five_values() {
        let mut values = [15.0, 50.0, 20.0, 40.0, 35.0];
        let at: Vec<_> = [5.0, 30.0, 40.0, 50.0, 100.0]
            .iter()
            .map(|p| nearest_rank(&mut values, *p).unwrap())
            .collect();
        assert_eq!(at, [15.0, 20.0, 20.0, 35.0, 50.0]);
    }

    #[test]
    fn the_95th_of_twenty_is_the_19th() {
        let mut values: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(nearest_rank(&mut values, 95.0), Some(19.0));
        assert_eq!(nearest_rank(&mut values, 0.0), Some(1.0));
    }

    #[test]
    fn nothing_measured_is_none_and_no_number_is_left_out() {
        assert_eq!(nearest_rank(&mut [], 50.0), None);
        assert!(Summary::of(&mut [f64::NAN, f64::INFINITY]).is_none());
        let summary = Summary::of(&mut [f64::NAN, 2.0, 4.0]).unwrap();
        assert_eq!((summary.count, summary.p50, summary.mean), (2, 2.0, 3.0));
    }

    proptest! {
        #[test]
        fn at_least_p_percent_lie_at_or_below(mut values in prop::collection::vec(-1e6..1e6_f64, 1..60), p in 0.0..100.0_f64) {
            let found = nearest_rank(&mut values, p).unwrap();
            prop_assert!(values.contains(&found));
            let n = values.len() as f64;
            let below = values.iter().filter(|value| **value < found).count() as f64;
            let upto = values.iter().filter(|value| **value <= found).count() as f64;
            prop_assert!(upto >= p * n / 100.0 - 1e-9);
            prop_assert!(below < (p * n / 100.0).max(f64::MIN_POSITIVE) + 1e-9);
        }
    }
}
