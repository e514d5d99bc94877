//! Paired measurements, case by case: interval, test and power of the mean difference.

use super::bootstrap::percentile_t;
use super::quantile::{student_95, two_sided_normal};
use super::share::paired_rate_interval;
use super::sign_flip::sign_flip;
use super::{StatTest, Z95, power};
use crate::resample::{RESAMPLE_PAIRS_LIMIT, RESAMPLES, Random};

/// With fewer differences, draws repeat each other and Student's interval is the better guess.
const LEAST_DRAWN: usize = 10;

/// The repeats of one case on both sides, in the metric's unit. Repeats that are no number are left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CasePair {
    pub a: Vec<f64>,
    pub b: Vec<f64>,
}

impl CasePair {
    /// Mean of B minus mean of A; `None` where a side has no repeat.
    pub(super) fn difference(&self) -> Option<f64> {
        Some(mean(&self.b)? - mean(&self.a)?)
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    let (sum, count) = values
        .iter()
        .filter(|value| value.is_finite())
        .fold((0.0, 0_u64), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f64)
}

/// What the differences are, which says what interval suits where few of them are not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    Measured,
    /// Differences of case rates, −1 to 1.
    Rates,
}

impl Scale {
    /// With fewer differences other than zero nothing is drawn. Rates have another way out, which is cautious.
    fn least_moved(self) -> usize {
        match self {
            Self::Measured => 5,
            Self::Rates => 10,
        }
    }
}

/// Compares measurements by the difference of each case's means, B minus A. `None` where no case was measured
/// on both sides, or a sum leaves the range of a double.
///
/// Test: sign flips, every pattern where 24 differences or fewer are not zero. Interval: percentile-t bootstrap
/// over cases, on neither side narrower than Student's, which stands alone below ten differences and where fewer
/// than five are not zero. Above [`RESAMPLE_PAIRS_LIMIT`] cases both are normal.
#[must_use]
pub fn paired(metric: &str, cases: &[CasePair], seed: u64) -> Option<StatTest> {
    let differences: Vec<f64> = cases.iter().filter_map(CasePair::difference).collect();
    of_differences(metric, &differences, seed)
}

/// [`paired`] for differences that are at hand already, one for each case.
pub(crate) fn of_differences(metric: &str, differences: &[f64], seed: u64) -> Option<StatTest> {
    compared(metric, differences, Scale::Measured, seed, RESAMPLES)
}

pub(super) fn compared(
    metric: &str,
    differences: &[f64],
    scale: Scale,
    seed: u64,
    resamples: u32,
) -> Option<StatTest> {
    let n = differences.len();
    let estimate = differences.iter().sum::<f64>() / n as f64;
    if !estimate.is_finite() {
        return None;
    }
    let mut test = StatTest::bare(metric, "student_sign_flip", estimate, n as u64);
    if n < 2 {
        return Some(test);
    }
    // In units of the largest one, so that no square leaves the range.
    let largest = differences
        .iter()
        .fold(0.0_f64, |most, d| most.max(d.abs()));
    let unit = if largest > 0.0 { largest } else { 1.0 };
    let scaled: Vec<f64> = differences.iter().map(|d| d / unit).collect();
    let mean = scaled.iter().sum::<f64>() / n as f64;
    let variance = scaled.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (n as f64 - 1.0);
    // Equal differences have no spread; what is left of it is rounding.
    let deviation = if variance > 1e-28 {
        variance.sqrt()
    } else {
        0.0
    };
    let error = deviation / (n as f64).sqrt();

    let mut random = Random::seeded(seed);
    let moved = scaled.iter().filter(|d| **d != 0.0).count();
    let interval = if n > RESAMPLE_PAIRS_LIMIT {
        test.method = "paired_normal".to_owned();
        around(mean, Z95 * error)
    } else {
        let drawn = (n >= LEAST_DRAWN && moved >= scale.least_moved() && deviation > 0.0)
            .then(|| percentile_t(&scaled, mean, error, &mut random, resamples))
            .flatten();
        let student = around(mean, student_95(n - 1) * error);
        match (drawn, scale) {
            (Some((low, high)), _) => {
                test.method = "bootstrap_sign_flip".to_owned();
                // For even differences drawing alone is a little too narrow, for skewed ones Student's is.
                (low.min(student.0), high.max(student.1))
            }
            (None, Scale::Measured) => student,
            (None, Scale::Rates) => {
                test.method = "bonett_price_sign_flip".to_owned();
                let (low, high) = paired_rate_interval(differences)?;
                (low / unit, high / unit)
            }
        }
    };
    let in_unit = |bound: f64| {
        let bound = bound * unit;
        match scale {
            Scale::Measured => Some(bound).filter(|bound| bound.is_finite()),
            Scale::Rates => Some(bound.clamp(-1.0, 1.0)),
        }
    };
    (test.ci_low, test.ci_high) = (in_unit(interval.0), in_unit(interval.1));
    test.p_value = Some(if n <= RESAMPLE_PAIRS_LIMIT {
        sign_flip(&scaled, &mut random, resamples)
    } else if error > 0.0 {
        two_sided_normal(mean / error)
    } else if mean == 0.0 {
        1.0
    } else {
        0.0
    });
    test.smallest_shown = power::smallest_mean(deviation, test.n)
        .map(|shown| shown * unit)
        .filter(|shown| shown.is_finite());
    if !test.shown() {
        test.more_needed = power::more_for_mean(mean, deviation, test.n);
    }
    Some(test)
}

fn around(mean: f64, half: f64) -> (f64, f64) {
    (mean - half, mean + half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_case_counts_once_however_often_it_was_repeated() {
        let cases: Vec<CasePair> = (0..8)
            .map(|i| CasePair {
                a: vec![f64::from(i); 5],
                b: vec![f64::from(i) + 1.0, f64::from(i) + 3.0, f64::NAN],
            })
            .chain([CasePair {
                a: vec![1.0],
                b: Vec::new(),
            }])
            .collect();
        let test = paired("latency_ms", &cases, 1).unwrap();
        assert_eq!((test.n, test.estimate), (8, 2.0));
        // All eight rose: 2 of 256 patterns.
        assert_eq!(test.p_value, Some(2.0 / 256.0));
        assert_eq!(test.more_needed, None);
        assert_eq!(paired("latency_ms", &cases[8..], 1), None);
    }

    #[test]
    fn a_difference_that_is_not_shown_says_what_it_would_take() {
        // Mean 1, deviation √(40 / 9) = 2.108: (2.8016 · 2.108)² + 1.92 = 36.8, that is 27 more than ten.
        let differences = [3.0, -1.0, 3.0, -1.0, 3.0, -1.0, 3.0, -1.0, 3.0, -1.0];
        let test = of_differences("latency_ms", &differences, 1).unwrap();
        assert_eq!(test.more_needed, Some(27));
        let shown = test.smallest_shown.unwrap();
        assert!((2.0..2.2).contains(&shown), "{shown}");
    }

    #[test]
    fn few_differences_get_students_interval() {
        // Mean 2, standard error 1 / √3, Student's quantile with two degrees of freedom 4.303.
        let test = of_differences("x", &[1.0, 2.0, 3.0], 1).unwrap();
        assert_eq!(test.method, "student_sign_flip");
        assert!((test.ci_high.unwrap() - 2.0 - 4.303 / 3.0_f64.sqrt()).abs() < 1e-3);
    }

    proptest! {
        #[test]
        fn any_numbers_give_finite_figures_in_order(
            d in prop::collection::vec(prop_oneof![-1e3..1e3_f64, Just(0.0), any::<f64>()], 0..40),
        ) {
            let Some(test) = compared("x", &d, Scale::Measured, 3, 99) else { return Ok(()) };
            prop_assert!(test.estimate.is_finite());
            prop_assert!(test.p_value.is_none_or(|p| p > 0.0 && p <= 1.0));
            if let (Some(low), Some(high)) = (test.ci_low, test.ci_high) {
                prop_assert!(low.is_finite() && high.is_finite() && low <= high);
            }
            prop_assert!(test.smallest_shown.is_none_or(|shown| shown >= 0.0 && shown.is_finite()));
        }
    }
}
