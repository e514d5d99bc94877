//! Paired differences of measurements: bootstrap interval and sign-flip test.
//!
//! Latency and cost are skewed, so nothing here assumes a bell curve while resampling is affordable; above
//! that many pairs the mean is as good as normal. Deterministic: the same pairs give the same figures.

use crate::stats::StatTest;

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

/// Compares paired measurements by their differences, new minus old. `None` without pairs.
///
/// Interval: percentile bootstrap of the mean. Test: random sign flips, whose null is that the two sides
/// are exchangeable within each pair.
#[must_use]
pub fn paired(metric: &str, differences: &[f64], seed: u64) -> Option<StatTest> {
    paired_with(metric, differences, seed, RESAMPLES)
}

fn paired_with(metric: &str, differences: &[f64], seed: u64, resamples: u32) -> Option<StatTest> {
    let n = differences.len();
    if n == 0 || !differences.iter().all(|value| value.is_finite()) {
        return None;
    }
    let mean = mean(differences.iter().copied(), n);
    if !mean.is_finite() {
        return None;
    }
    let mut test = StatTest {
        metric: metric.to_owned(),
        method: "bootstrap_sign_flip".to_owned(),
        estimate: mean,
        ci_low: None,
        ci_high: None,
        p_value: None,
        n: n as u64,
    };
    if n < 2 {
        return Some(test);
    }
    if n > RESAMPLE_PAIRS_LIMIT {
        normal(&mut test, differences);
        return Some(test);
    }
    let mut random = Random::seeded(seed);
    let mut means: Vec<f64> = (0..resamples)
        .map(|_| mean_of(n, |_| differences[random.below(n as u64) as usize]))
        .collect();
    means.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        means
            .get((share * means.len() as f64) as usize)
            .or(means.last())
            .copied()
    };
    (test.ci_low, test.ci_high) = (at(0.025), at(0.975));
    test.p_value = Some(sign_flip(differences, mean, &mut random, resamples));
    Some(test)
}

fn mean(values: impl Iterator<Item = f64>, n: usize) -> f64 {
    values.sum::<f64>() / n as f64
}

fn mean_of(n: usize, value: impl FnMut(usize) -> f64) -> f64 {
    mean((0..n).map(value), n)
}

/// Share of sign patterns whose mean is at least as far from zero; the observed one counts as one of them.
fn sign_flip(differences: &[f64], observed: f64, random: &mut Random, resamples: u32) -> f64 {
    // Rounding must not make a pattern equal to the observed one look smaller.
    let reach = observed.abs() * (1.0 - 1e-9);
    let mut as_far = 1_u32;
    for _ in 0..resamples {
        let mut bits = 0;
        let flipped = mean_of(differences.len(), |i| {
            if i % 64 == 0 {
                bits = random.bits();
            }
            let flip = bits >> (i % 64) & 1 == 1;
            if flip {
                -differences[i]
            } else {
                differences[i]
            }
        });
        as_far += u32::from(flipped.abs() >= reach);
    }
    f64::from(as_far) / f64::from(resamples + 1)
}

fn normal(test: &mut StatTest, differences: &[f64]) {
    let n = differences.len() as f64;
    let variance: f64 = differences
        .iter()
        .map(|value| (value - test.estimate).powi(2) / (n - 1.0))
        .sum();
    let error = (variance / n).sqrt();
    test.method = "paired_normal".to_owned();
    test.ci_low = Some(test.estimate - 1.96 * error);
    test.ci_high = Some(test.estimate + 1.96 * error);
    test.p_value = Some(if error > 0.0 {
        two_sided_normal(test.estimate / error)
    } else if test.estimate == 0.0 {
        1.0
    } else {
        0.0
    });
}

/// 2 · (1 − Φ(|z|)) by Abramowitz and Stegun 7.1.26; absolute error below 2e-7.
fn two_sided_normal(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let poly = t
        * (0.254_829_592
            + t * (-0.284_496_736
                + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    (poly * (-x * x).exp()).clamp(0.0, 1.0)
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
        assert!((two_sided_normal(1.96) - 0.05).abs() < 1e-4);
    }

    #[test]
    fn two_runs_of_the_same_thing_raise_a_false_alarm_about_one_time_in_twenty() {
        let mut random = Random::seeded(42);
        let rounds = 600;
        let (mut alarms, mut outside) = (0, 0);
        for round in 0..rounds {
            // Skewed like latencies: the square of a uniform, old and new drawn alike.
            let mut draw = || (random.below(1_000) as f64 / 100.0).powi(2);
            let differences: Vec<f64> = (0..30).map(|_| draw() - draw()).collect();
            let test = paired_with("latency_ms", &differences, round, 200).unwrap();
            alarms += usize::from(test.p_value.unwrap() <= 0.05);
            outside += usize::from(test.ci_low.unwrap() > 0.0 || test.ci_high.unwrap() < 0.0);
        }
        assert!(
            (12..=51).contains(&alarms),
            "{alarms} false alarms in {rounds} (30 expected)"
        );
        assert!(
            (12..=66).contains(&outside),
            "{outside} intervals missed zero in {rounds}"
        );
    }
}
