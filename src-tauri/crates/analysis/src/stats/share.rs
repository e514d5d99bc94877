//! Shares and differences of paired shares: Wilson's interval, McNemar's test, Bonett and Price's interval.

use super::Z95;
use super::quantile::two_sided_normal;

/// Beyond this many flips the normal approximation of the binomial is as good and takes no time.
const EXACT_FLIPS_LIMIT: u64 = 1_000_000;

/// Wilson's 95 % interval for a share (Wilson 1927, without continuity correction); `None` for no trials.
#[must_use]
pub fn wilson(successes: u64, trials: u64) -> Option<(f64, f64)> {
    if trials == 0 {
        return None;
    }
    let n = trials as f64;
    let p = successes.min(trials) as f64 / n;
    let z2 = Z95 * Z95;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z95 / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    // At 0 and 1 the formula reaches the end exactly; rounding must not pass it.
    Some(((centre - half).clamp(0.0, p), (centre + half).clamp(p, 1.0)))
}

/// McNemar's exact test (two-sided binomial, p = 1/2): how likely a split at least this uneven is when
/// neither direction is favoured. 1 when nothing flipped.
#[must_use]
pub fn mcnemar_exact(fixed: u64, broken: u64) -> f64 {
    let n = fixed.saturating_add(broken);
    let fewer = fixed.min(broken);
    if n == 0 {
        return 1.0;
    }
    if n > EXACT_FLIPS_LIMIT {
        let apart = (fixed.abs_diff(broken) as f64 - 1.0).max(0.0);
        return two_sided_normal(apart / (n as f64).sqrt());
    }
    // Terms as logarithms: 2^-n leaves the range of a double beyond a thousand flips.
    let mut log_term = -(n as f64) * std::f64::consts::LN_2;
    let mut tail = log_term.exp();
    for k in 0..fewer {
        log_term += ((n - k) as f64 / (k + 1) as f64).ln();
        tail += log_term.exp();
    }
    (2.0 * tail).min(1.0)
}

/// 95 % interval of the difference of two paired shares, (`fixed` − `broken`) / `pairs` (Bonett and Price 2012).
#[must_use]
pub fn paired_share_interval(fixed: u64, broken: u64, pairs: u64) -> Option<(f64, f64)> {
    if pairs == 0 {
        return None;
    }
    let n = pairs as f64 + 2.0;
    let (up, down) = ((fixed as f64 + 1.0) / n, (broken as f64 + 1.0) / n);
    let half = Z95 * ((up + down - (up - down).powi(2)) / n).max(0.0).sqrt();
    Some(((up - down - half).max(-1.0), (up - down + half).min(1.0)))
}

/// Bonett and Price's interval carried over to differences of case rates, each between −1 and 1: one case that
/// rose by 1 and one that fell by 1 are added, then the mean gets its normal interval. For differences of −1, 0
/// and 1 it is [`paired_share_interval`]. `None` without cases.
pub(super) fn paired_rate_interval(differences: &[f64]) -> Option<(f64, f64)> {
    if differences.is_empty() {
        return None;
    }
    let n = differences.len() as f64 + 2.0;
    let mean = differences.iter().sum::<f64>() / n;
    let square = (differences.iter().map(|d| d * d).sum::<f64>() + 2.0) / n;
    let half = Z95 * ((square - mean * mean) / n).max(0.0).sqrt();
    Some(((mean - half).max(-1.0), (mean + half).min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resample::Random;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 5e-4
    }

    #[test]
    fn mcnemar_agrees_with_hand_computed_binomials() {
        // 2 · (1 + 8) / 2^8, and 2 · (1 + 10 + 45) / 2^10.
        assert!(near(mcnemar_exact(1, 7), 0.0703));
        assert!(near(mcnemar_exact(8, 2), 0.1094));
        assert!(near(mcnemar_exact(0, 6), 0.03125));
        assert_eq!(mcnemar_exact(0, 0), 1.0);
        assert_eq!(mcnemar_exact(5, 5), 1.0);
        assert!(near(mcnemar_exact(9, 15), 0.3075));
        let many = mcnemar_exact(5_000, 5_400);
        assert!(
            many > 0.0 && many < 1e-3,
            "thousands of flips neither underflow nor lie: {many}"
        );
        // Above the limit and below it: 2 · (1 − Φ(1,499 / √1,000,500)) = 0.134.
        assert!(near(mcnemar_exact(499_500, 501_000), 0.1340));
        assert!(near(mcnemar_exact(499_200, 500_699), 0.1340));
        assert!(near(mcnemar_exact(u64::MAX, u64::MAX), 1.0));
    }

    #[test]
    fn wilson_agrees_with_published_values() {
        // Newcombe 1998, table I: 81/263, 15/148, 0/20, 1/29.
        for (x, n, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let (l, h) = wilson(x, n).unwrap();
            assert!(near(l, low) && near(h, high), "{x}/{n}: {l} {h}");
        }
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(7, 7).unwrap().1, 1.0);
    }

    #[test]
    fn the_paired_interval_is_centred_and_stays_within_one() {
        let (low, high) = paired_share_interval(10, 10, 100).unwrap();
        assert!(near(low, -high) && high > 0.05 && high < 0.15);
        assert!(
            paired_share_interval(1, 0, 1).is_some_and(|(low, high)| low >= -1.0 && high <= 1.0)
        );
    }

    #[test]
    fn whole_cases_get_the_same_interval_by_either_way() {
        let differences = [1.0, 1.0, 1.0, -1.0, 0.0, 0.0, 0.0, 0.0];
        let (low, high) = paired_rate_interval(&differences).unwrap();
        let (l, h) = paired_share_interval(3, 1, 8).unwrap();
        assert!((low - l).abs() < 1e-12 && (high - h).abs() < 1e-12);
        assert_eq!(paired_rate_interval(&[]), None);
    }

    #[test]
    fn two_runs_of_the_same_thing_rarely_raise_mcnemars_alarm() {
        let mut random = Random::seeded(7);
        let alarms = (0..2_000)
            .filter(|_| {
                let (mut fixed, mut broken) = (0, 0);
                for _ in 0..60 {
                    match random.below(8) {
                        0 => fixed += 1,
                        1 => broken += 1,
                        _ => {}
                    }
                }
                mcnemar_exact(fixed, broken) < 0.05
            })
            .count();
        // An exact test of counts is cautious: at most the level, not equal to it.
        assert!((10..=110).contains(&alarms), "{alarms} of 2,000");
    }
}
