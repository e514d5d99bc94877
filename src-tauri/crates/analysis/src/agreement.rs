//! Agreement of raters, and who wins side by side.
//!
//! For nominal labels: a judge's grades against a person's, two judges, several people. Agreement is told apart
//! from what chance alone would bring.

use crate::stats::{Z95, mcnemar_exact};
use serde::Serialize;
use std::collections::BTreeMap;
use ts_rs::TS;

/// Cohen's kappa of two raters over nominal labels (Cohen 1960): 1 for full agreement, 0 for that of chance,
/// down to −1. `None` without pairs, and where both only ever gave one and the same label.
#[must_use]
pub fn cohen_kappa<L: Ord>(pairs: &[(L, L)]) -> Option<f64> {
    let mut labels: BTreeMap<&L, (u64, u64)> = BTreeMap::new();
    let mut agreed = 0_u64;
    for (first, second) in pairs {
        labels.entry(first).or_default().0 += 1;
        labels.entry(second).or_default().1 += 1;
        agreed += u64::from(first == second);
    }
    if labels.len() < 2 {
        return None;
    }
    let n = pairs.len() as f64;
    let by_chance: f64 = labels
        .values()
        .map(|(a, b)| *a as f64 / n * (*b as f64 / n))
        .sum();
    // Two labels at least are in use, so chance cannot reach 1 but by rounding.
    (by_chance < 1.0).then(|| (agreed as f64 / n - by_chance) / (1.0 - by_chance))
}

/// Krippendorff's alpha for nominal labels, any number of raters and missing values (Krippendorff 2011,
/// "Computing Krippendorff's Alpha-Reliability"). One list for each unit, in it one label or none for each
/// rater. `None` where no unit has two labels, and where those that can be paired are all the same.
#[must_use]
pub fn krippendorff_alpha<L: Ord>(units: &[Vec<Option<L>>]) -> Option<f64> {
    let mut totals: BTreeMap<&L, u64> = BTreeMap::new();
    let mut disagreed = 0.0;
    for unit in units {
        let mut counts: BTreeMap<&L, u64> = BTreeMap::new();
        for label in unit.iter().flatten() {
            *counts.entry(label).or_default() += 1;
        }
        let labels: u64 = counts.values().sum();
        if labels < 2 {
            continue;
        }
        let m = labels as f64;
        // Ordered pairs within the unit that differ, each unit weighing as many as it has labels.
        let differ: f64 = counts.values().map(|c| *c as f64 * (m - *c as f64)).sum();
        disagreed += differ / (m - 1.0);
        for (label, count) in counts {
            *totals.entry(label).or_default() += count;
        }
    }
    if totals.len() < 2 {
        return None;
    }
    let n = totals.values().sum::<u64>() as f64;
    let by_chance: f64 = totals
        .values()
        .map(|c| *c as f64 * (n - *c as f64) / (n - 1.0))
        .sum();
    Some(1.0 - disagreed / by_chance)
}

/// How often one side was preferred, a tie counting half.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct WinRate {
    pub better: u64,
    pub worse: u64,
    pub ties: u64,
    /// (better + ties / 2) / all, 0 to 1.
    pub rate: f64,
    /// 95 % interval.
    pub ci_low: f64,
    pub ci_high: f64,
    /// Exact two-sided sign test, ties dropped; 1 where all were ties.
    pub p_value: f64,
}

/// The win rate of side by side judgements; `None` without any.
///
/// Interval: Wilson's, with the variance of a score of 0, ½ or 1, θ·(1 − θ) − t / 4, in place of θ·(1 − θ). The
/// share of ties t is taken as ties / (n + z²), as Wilson's centre takes z² judgements for untied: without that
/// a handful of ties and nothing else would look certain. Without ties it is Wilson's interval itself.
#[must_use]
pub fn win_rate(better: u64, worse: u64, ties: u64) -> Option<WinRate> {
    let n = better as f64 + worse as f64 + ties as f64;
    if n == 0.0 {
        return None;
    }
    let rate = (better as f64 + 0.5 * ties as f64) / n;
    let z2 = Z95 * Z95;
    let tied = ties as f64 / (n + z2);
    // (rate − θ)² = z² · (θ·(1 − θ) − t / 4) / n, solved for θ.
    let scale = 1.0 + z2 / n;
    let centre = (rate + z2 / (2.0 * n)) / scale;
    let product = (rate * rate + z2 * tied / (4.0 * n)) / scale;
    let half = (centre * centre - product).max(0.0).sqrt();
    Some(WinRate {
        better,
        worse,
        ties,
        rate,
        ci_low: (centre - half).clamp(0.0, rate),
        ci_high: (centre + half).clamp(rate, 1.0),
        p_value: mcnemar_exact(better, worse),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resample::Random;
    use crate::stats::wilson;

    fn near(found: Option<f64>, expected: f64) {
        assert!(
            (found.unwrap() - expected).abs() < 5e-4,
            "{found:?} {expected}"
        );
    }

    #[test]
    fn kappa_agrees_with_the_textbook_table() {
        // 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: observed 0.7, by chance 0.5.
        let mut pairs = vec![("yes", "yes"); 20];
        pairs.extend(vec![("yes", "no"); 5]);
        pairs.extend(vec![("no", "yes"); 10]);
        pairs.extend(vec![("no", "no"); 15]);
        near(cohen_kappa(&pairs), 0.4);
        near(cohen_kappa(&[(1, 2), (2, 1)]), -1.0);
        near(cohen_kappa(&[(1, 1), (2, 2), (3, 3)]), 1.0);
        // One rater used one label only: no better than chance, but defined.
        near(cohen_kappa(&[(1, 1), (1, 2)]), 0.0);
        assert_eq!(cohen_kappa(&[(1, 1), (1, 1)]), None);
        assert_eq!(cohen_kappa::<u8>(&[]), None);
    }

    /// One text for each rater, one character for each unit, a dot where the rater was silent.
    fn units(raters: &[&str]) -> Vec<Vec<Option<char>>> {
        let rows: Vec<Vec<char>> = raters.iter().map(|row| row.chars().collect()).collect();
        (0..rows[0].len())
            .map(|unit| {
                rows.iter()
                    .map(|row| Some(row[unit]).filter(|label| *label != '.'))
                    .collect()
            })
            .collect()
    }

    #[test]
    fn alpha_agrees_with_krippendorffs_examples() {
        near(
            krippendorff_alpha(&units(&["0100000010", "1110010000"])),
            0.095,
        );
        near(
            krippendorff_alpha(&units(&[
                "123321412...",
                "1233224125.3",
                ".3332342251.",
                "12332441251.",
            ])),
            0.743,
        );
    }

    #[test]
    fn alpha_needs_pairs_and_two_labels() {
        near(krippendorff_alpha(&units(&["aabb", "aabb"])), 1.0);
        assert_eq!(krippendorff_alpha(&units(&["aaaa", "aaaa"])), None);
        assert_eq!(krippendorff_alpha(&units(&["ab..", "..ab"])), None);
        assert_eq!(krippendorff_alpha::<u8>(&[]), None);
        assert_eq!(krippendorff_alpha::<u8>(&[Vec::new()]), None);
    }

    #[test]
    fn wins_without_ties_are_wilsons_and_ties_count_half() {
        let untied = win_rate(81, 182, 0).unwrap();
        let (low, high) = wilson(81, 263).unwrap();
        assert!((untied.ci_low - low).abs() < 1e-12 && (untied.ci_high - high).abs() < 1e-12);
        let tied = win_rate(8, 2, 10).unwrap();
        assert_eq!(tied.rate, 0.65);
        // Ties dropped: 2 · (1 + 10 + 45) / 2^10.
        assert!((tied.p_value - 0.1094).abs() < 5e-4);
        let as_halves = wilson(13, 20).unwrap();
        assert!(tied.ci_low > as_halves.0 && tied.ci_high < as_halves.1);
        let nothing = win_rate(0, 0, 3).unwrap();
        assert!(nothing.ci_low < 0.4 && nothing.ci_high > 0.6 && nothing.p_value == 1.0);
        assert_eq!(win_rate(0, 0, 0), None);
        assert_eq!(win_rate(5, 0, 0).unwrap().ci_high, 1.0);
    }

    #[test]
    fn the_interval_of_wins_holds_the_truth_nineteen_times_in_twenty() {
        let mut random = Random::seeded(21);
        for n in [20, 100] {
            let held = (0..2_000)
                .filter(|_| {
                    let (mut better, mut worse) = (0, 0);
                    for _ in 0..n {
                        match random.below(10) {
                            0..=4 => better += 1,
                            5..=6 => worse += 1,
                            _ => {}
                        }
                    }
                    let wins = win_rate(better, worse, n - better - worse).unwrap();
                    wins.ci_low <= 0.65 && wins.ci_high >= 0.65
                })
                .count();
            assert!(
                (1_860..=1_960).contains(&held),
                "{held} of 2,000 at n = {n}"
            );
        }
    }
}
