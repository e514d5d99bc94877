//! Where the variance of grades or scores comes from: the model's own noise, the cases or the change.

use crate::stats::CasePair;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Shares of the variance of one answer drawn at random from both sides alike. The four shares add up to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct VarianceSplit {
    /// Cases with an answer on both sides.
    pub cases: u64,
    /// The variance that is split, in the square of the scores' unit.
    pub total: f64,
    /// Share of the model's noise: repeats of one case and side that differ.
    pub noise: f64,
    /// Share of what makes a case hard or easy on both sides.
    pub difficulty: f64,
    /// Share of the change that all cases have in common.
    pub change: f64,
    /// Share of the change that differs from case to case.
    pub change_by_case: f64,
}

/// Splits the variance of grades (0 and 1) or scores. `None` below two cases with answers on both sides, where
/// none of them was repeated on a side, and where nothing varies.
///
/// Method of moments by unweighted cell means with two fixed sides (Searle, Casella and McCulloch 1992,
/// "Variance Components", chapters 4 and 5), estimates below 0 taken as 0. The split into noise within and
/// difficulty between questions is that of Miller 2024, "Adding Error Bars to Evals". Repeats that are no
/// number are left out.
#[must_use]
pub fn variance_split(cases: &[CasePair]) -> Option<VarianceSplit> {
    let largest = cases
        .iter()
        .flat_map(|case| case.a.iter().chain(&case.b))
        .filter(|value| value.is_finite())
        .fold(0.0_f64, |most, value| most.max(value.abs()));
    if largest == 0.0 {
        return None;
    }
    let (mut within, mut freedom) = (0.0, 0_u64);
    // Of each case the mean of both sides, half their difference, and 1/nₐ + 1/n_b, all in the largest's unit.
    let (mut levels, mut halves, mut inverse) = (Vec::new(), Vec::new(), 0.0);
    for case in cases {
        let (Some(a), Some(b)) = (Side::of(&case.a, largest), Side::of(&case.b, largest)) else {
            continue;
        };
        within += a.squares + b.squares;
        freedom += a.count + b.count - 2;
        inverse += 1.0 / a.count as f64 + 1.0 / b.count as f64;
        levels.push(0.5 * (a.mean + b.mean));
        halves.push(0.5 * (b.mean - a.mean));
    }
    let count = levels.len() as f64;
    if levels.len() < 2 || freedom == 0 {
        return None;
    }
    let noise = within / freedom as f64;
    // What noise alone adds to the variance of a case's mean, and as much to that of half its difference.
    let from_noise = noise * inverse / count / 4.0;
    let (_, level_variance) = moments(&levels);
    let (half, half_variance) = moments(&halves);
    let parts = [
        noise,
        level_variance - from_noise,
        half * half - half_variance / count,
        half_variance - from_noise,
    ]
    // Below this a part is the rounding of equal values.
    .map(|part| if part > 1e-24 { part } else { 0.0 });
    let total: f64 = parts.iter().sum();
    let in_unit = total * largest * largest;
    if total <= 0.0 || !in_unit.is_finite() {
        return None;
    }
    let [noise, difficulty, change, change_by_case] = parts.map(|part| part / total);
    Some(VarianceSplit {
        cases: levels.len() as u64,
        total: in_unit,
        noise,
        difficulty,
        change,
        change_by_case,
    })
}

/// The repeats of one case and side.
struct Side {
    count: u64,
    mean: f64,
    /// Sum of squared distances from the mean.
    squares: f64,
}

impl Side {
    fn of(values: &[f64], unit: f64) -> Option<Self> {
        let values: Vec<f64> = values
            .iter()
            .filter(|value| value.is_finite())
            .map(|value| value / unit)
            .collect();
        if values.is_empty() {
            return None;
        }
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        Some(Self {
            count: values.len() as u64,
            mean,
            squares: values.iter().map(|value| (value - mean).powi(2)).sum(),
        })
    }
}

/// Mean and sample variance of two values or more.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, squares / (n - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resample::Random;
    use proptest::prelude::*;

    fn case(a: &[f64], b: &[f64]) -> CasePair {
        CasePair {
            a: a.to_vec(),
            b: b.to_vec(),
        }
    }

    #[test]
    fn a_pure_source_takes_the_whole() {
        let difficulty = [case(&[0.0; 3], &[0.0; 3]), case(&[1.0; 3], &[1.0; 3])];
        assert_eq!(variance_split(&difficulty).unwrap().difficulty, 1.0);
        let change = [case(&[0.0; 2], &[1.0; 2]), case(&[0.0; 2], &[1.0; 2])];
        let split = variance_split(&change).unwrap();
        // Half the answers 0 and half 1: a variance of 1/4, all of it the change.
        assert_eq!((split.change, split.total), (1.0, 0.25));
        let by_case = [case(&[0.0; 2], &[1.0; 2]), case(&[1.0; 2], &[0.0; 2])];
        assert_eq!(variance_split(&by_case).unwrap().change_by_case, 1.0);
        let noise = [
            case(&[0.0, 1.0], &[1.0, 0.0]),
            case(&[1.0, 0.0], &[0.0, 1.0]),
        ];
        assert_eq!(variance_split(&noise).unwrap().noise, 1.0);
    }

    #[test]
    fn without_repeats_or_variance_nothing_is_split() {
        assert_eq!(
            variance_split(&[case(&[0.0], &[1.0]), case(&[1.0], &[1.0])]),
            None
        );
        assert_eq!(variance_split(&[case(&[0.0, 1.0], &[1.0])]), None);
        assert_eq!(variance_split(&vec![case(&[1.0; 2], &[1.0; 2]); 5]), None);
        assert_eq!(variance_split(&vec![case(&[0.0; 2], &[]); 5]), None);
        assert_eq!(variance_split(&[]), None);
    }

    #[test]
    fn the_sources_of_a_simulated_comparison_are_found_again() {
        let mut random = Random::seeded(31);
        // Uniform with mean 0 and the given variance: half the width is √(3 · variance).
        let mut draw = |variance: f64| {
            let u = (random.bits() >> 11) as f64 / (1_u64 << 53) as f64;
            (2.0 * u - 1.0) * (3.0 * variance).sqrt()
        };
        // Noise 2, difficulty 4, a common change of ±1 (variance 1), one by case of variance 3.
        let cases: Vec<CasePair> = (0..4_000)
            .map(|i| {
                let (level, half) = (10.0 + draw(4.0), 1.0 + draw(3.0));
                let mut side = |mean: f64, n: usize| (0..n).map(|_| mean + draw(2.0)).collect();
                // Repeats differ in number, some are missing.
                CasePair {
                    a: side(level - half, 1 + i % 3),
                    b: side(level + half, 2 + i % 2),
                }
            })
            .collect();
        let split = variance_split(&cases).unwrap();
        assert!((split.total - 10.0).abs() < 0.4, "{split:?}");
        for (found, expected) in [
            (split.noise, 0.2),
            (split.difficulty, 0.4),
            (split.change, 0.1),
            (split.change_by_case, 0.3),
        ] {
            assert!((found - expected).abs() < 0.02, "{split:?}");
        }
    }

    proptest! {
        #[test]
        fn shares_add_up_to_one(
            sides in prop::collection::vec(
                (prop::collection::vec(any::<f64>(), 0..4), prop::collection::vec(-1e3..1e3_f64, 0..4)),
                0..12,
            ),
        ) {
            let cases: Vec<CasePair> = sides.into_iter().map(|(a, b)| CasePair { a, b }).collect();
            if let Some(split) = variance_split(&cases) {
                let shares = [split.noise, split.difficulty, split.change, split.change_by_case];
                prop_assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)));
                prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            }
        }
    }
}
