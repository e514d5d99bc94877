//! What resampling needs: a seeded generator and how often to draw. The tests themselves are in `stats`.

use crate::stats::{self, StatTest};

/// How often the pairs are drawn anew.
pub const RESAMPLES: u32 = 2_000;
/// Beyond this many pairs the normal approximation replaces resampling.
pub const RESAMPLE_PAIRS_LIMIT: usize = 5_000;

/// A small generator (SplitMix64) for resampling and simulation; not for secrets.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A generator whose sequence depends on `seed` alone.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 for bound 0. Its bias is below 2^-32 for bounds below 2^32.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }
}

/// Compares paired measurements by their differences, new minus old; see [`stats::paired`] for how, and use it
/// where a case has repeats. `None` without pairs or where a difference is no number.
#[must_use]
pub fn paired(metric: &str, differences: &[f64], seed: u64) -> Option<StatTest> {
    stats::of_differences(metric, differences, seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_pairs_give_the_same_figures() {
        let differences: Vec<f64> = (0..40).map(|i| f64::from(i % 7) - 2.0).collect();
        assert_eq!(
            paired("latency_ms", &differences, 1),
            paired("latency_ms", &differences, 1)
        );
    }

    #[test]
    fn a_clear_shift_is_seen_and_no_shift_is_not() {
        let shifted: Vec<f64> = (0..30).map(|i| 10.0 + f64::from(i % 5)).collect();
        let test = paired("latency_ms", &shifted, 1).unwrap();
        assert!(test.p_value.unwrap() < 0.01 && test.ci_low.unwrap() > 0.0);
        assert_eq!(test.estimate, 12.0);
        let none = paired("latency_ms", &[0.0; 30], 1).unwrap();
        assert_eq!(
            (none.p_value, none.ci_low, none.ci_high),
            (Some(1.0), Some(0.0), Some(0.0))
        );
    }

    #[test]
    fn too_few_or_broken_pairs_make_no_claim() {
        assert_eq!(paired("x", &[], 1), None);
        assert_eq!(paired("x", &[f64::NAN, 1.0], 1), None);
        let one = paired("x", &[3.0], 1).unwrap();
        assert_eq!((one.estimate, one.ci_low, one.p_value), (3.0, None, None));
    }

    #[test]
    fn many_pairs_use_the_normal_approximation() {
        let differences: Vec<f64> = (0..10_000)
            .map(|i| if i % 2 == 0 { 1.0 } else { -1.0 })
            .collect();
        let test = paired("x", &differences, 1).unwrap();
        assert_eq!(test.method, "paired_normal");
        assert!(test.p_value.unwrap() > 0.99);
    }
}
