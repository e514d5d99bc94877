//! What a comparison could have shown, and how many more cases it would take: two-sided 5 % tests at 80 % power.

use super::Z95;
use super::quantile::student;

/// The 80 % point of the normal distribution.
const Z80: f64 = 0.841_621_233_572_914;
/// With fewer pairs that differ, an exact test cannot fall below 5 %: 2 / 2⁵ = 0.0625, 2 / 2⁶ = 0.031.
const LEAST_PAIRS: u64 = 6;
/// With fewer expected flips the normal approximation asks for too much.
const FEW_FLIPS: f64 = 40.0;
/// Beyond this many the answer is "never", not a number.
const MOST_CASES: f64 = 1e9;

/// Smallest shown mean difference for `n` differences with standard deviation `deviation`, by Student's
/// quantiles (Zar 1984, "Biostatistical Analysis"). `None` without spread and below six pairs.
pub(super) fn smallest_mean(deviation: f64, n: u64) -> Option<f64> {
    if n < LEAST_PAIRS || deviation <= 0.0 {
        return None;
    }
    let df = (n - 1) as f64;
    let shown = (student(Z95, df) + student(Z80, df)) * deviation / (n as f64).sqrt();
    shown.is_finite().then_some(shown)
}

/// How many pairs more than `n` would show a mean difference of `seen`; Guenther's correction for Student's
/// test (Guenther 1981) stands for the small samples.
pub(super) fn more_for_mean(seen: f64, deviation: f64, n: u64) -> Option<u64> {
    if seen == 0.0 || deviation <= 0.0 {
        return None;
    }
    let needed = ((Z95 + Z80) * deviation / seen).powi(2) + Z95 * Z95 / 2.0;
    more(needed.max(LEAST_PAIRS as f64), n)
}

/// Smallest shown difference of two pass rates over `n` pairs of which `flipped` differ.
///
/// Connor 1987, "Sample size for testing differences in proportions for the paired-sample design", with the
/// continuity correction that an exact test needs: n·δ − 1 = z₉₅·√(n·ψ) + z₈₀·√(n·(ψ − δ²)), where ψ is the
/// share that differs, at least δ itself. Where few pairs differ, McNemar's own power takes its place. `None`
/// where even a difference of 1 would not be shown.
pub(super) fn smallest_share(flipped: u64, n: u64) -> Option<f64> {
    if n < LEAST_PAIRS {
        return None;
    }
    let pairs = n as f64;
    let seen = flipped as f64 / pairs;
    let excess = |delta: f64| {
        let differ = seen.max(delta);
        if pairs * differ < FEW_FLIPS {
            return exact_power(n, differ, delta) - 0.8;
        }
        pairs * delta
            - 1.0
            - Z95 * (pairs * differ).sqrt()
            - Z80 * (pairs * (differ - delta * delta)).max(0.0).sqrt()
    };
    let (mut low, mut high) = (LEAST_PAIRS as f64 / pairs, 1.0);
    if excess(high) < 0.0 {
        return None;
    }
    // Forty halvings leave less than a double shows of a share.
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if excess(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(high)
}

/// Chance that McNemar's exact test shows a difference of `delta` the right way round, over `n` pairs of which
/// each differs with chance `differ` ≥ `delta`. Summed over the numbers of flips; expects few of them.
fn exact_power(n: u64, differ: f64, delta: f64) -> f64 {
    let differ = differ.min(1.0 - 1e-9);
    let minor = (0.5 * (1.0 - delta / differ)).max(0.0);
    let expected = n as f64 * differ;
    // Eight standard deviations above the mean nothing is left to sum.
    let most = n.min((expected + 8.0 * expected.sqrt() + 10.0) as u64);
    let odds = differ.ln() - (-differ).ln_1p();
    let mut log_chance = n as f64 * (-differ).ln_1p();
    let mut power = 0.0;
    for flips in 0..=most {
        let (mut even, mut true_term) =
            (0.5_f64.powi(flips as i32), (1.0 - minor).powi(flips as i32));
        let (mut tail, mut shown) = (even, 0.0);
        let mut fewer = 0;
        while 2.0 * tail <= super::LEVEL && fewer <= flips {
            shown += true_term;
            let ratio = (flips - fewer) as f64 / (fewer + 1) as f64;
            even *= ratio;
            tail += even;
            true_term *= ratio * minor / (1.0 - minor);
            fewer += 1;
        }
        power += log_chance.exp() * shown;
        log_chance += ((n - flips) as f64 / (flips + 1) as f64).ln() + odds;
    }
    power
}

/// How many pairs more than `n` would show the difference of `fixed` and `broken` flips: Connor's equation of
/// [`smallest_share`], solved for the number of pairs.
pub(super) fn more_for_share(fixed: u64, broken: u64, n: u64) -> Option<u64> {
    if fixed == broken || n == 0 {
        return None;
    }
    let pairs = n as f64;
    let delta = fixed.abs_diff(broken) as f64 / pairs;
    let differ = (fixed as f64 + broken as f64) / pairs;
    let spread = Z95 * differ.sqrt() + Z80 * (differ - delta * delta).max(0.0).sqrt();
    let root = (spread + (spread * spread + 4.0 * delta).sqrt()) / (2.0 * delta);
    more((root * root).max(LEAST_PAIRS as f64 / differ), n)
}

fn more(needed: f64, n: u64) -> Option<u64> {
    // What is not shown yet takes at least one more, whatever the approximation says.
    let more = (needed - n as f64).ceil().max(1.0);
    (more <= MOST_CASES).then_some(more as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_agree_with_the_textbook_formula() {
        // (1.96 + 0.8416)² · (2 / 1)² + 1.92 = 33.3: 34 pairs for half a standard deviation.
        assert_eq!(more_for_mean(1.0, 2.0, 4), Some(30));
        // And 34 pairs show about half a standard deviation.
        assert!((smallest_mean(2.0, 34).unwrap() - 1.0).abs() < 0.01);
        assert_eq!(smallest_mean(0.0, 34), None);
        assert_eq!(smallest_mean(1.0, 5), None);
        assert_eq!(more_for_mean(0.0, 2.0, 4), None);
        assert_eq!(more_for_mean(1e-9, 2.0, 4), None);
    }

    #[test]
    fn shares_agree_with_connors_equation_both_ways() {
        // ψ = 0.2, δ = 0.1: (1.96·√0.2 + 0.8416·√0.19)² / 0.01 = 154.6, plus about 2/δ for continuity.
        assert_eq!(more_for_share(15, 5, 100), Some(75));
        // 1000·δ − 1 = 1.96·√200 + 0.8416·√(200 − 1000·δ²) at δ = 0.04057.
        let shown = smallest_share(200, 1_000).unwrap();
        assert!((shown - 0.040_57).abs() < 2e-5, "{shown}");
    }

    #[test]
    fn where_few_differ_the_exact_power_is_met() {
        // Six flips of six pairs, all one way with certainty: always shown; five never.
        assert!((exact_power(6, 1.0, 1.0) - 1.0).abs() < 1e-6);
        assert!(exact_power(5, 1.0, 1.0) < 1e-6);
        // Seven pairs differ for certain, six in seven of them one way: shown at 7 to 0 alone, (6/7)^7.
        assert!((exact_power(7, 1.0, 5.0 / 7.0) - (6.0_f64 / 7.0).powi(7)).abs() < 1e-6);
        // All flips one way: a Poisson count is at least six four times in five at a mean of 7.91.
        let shown = smallest_share(0, 10_000).unwrap();
        assert!((shown * 1e4 - 7.91).abs() < 0.02, "{shown}");
        // The approximation takes over near where the two agree.
        let (exact, connor) = (
            smallest_share(39, 400).unwrap(),
            smallest_share(40, 400).unwrap(),
        );
        assert!((exact - connor).abs() < 0.1 * connor, "{exact} {connor}");
    }

    #[test]
    fn few_pairs_show_nothing_small() {
        assert_eq!(smallest_share(0, 5), None);
        assert_eq!(more_for_share(3, 3, 50), None);
        for n in [6, 12, 50, 200, 10_000] {
            for flipped in [0, 3, n / 4, n] {
                let shown = smallest_share(flipped, n);
                assert!(shown.is_none_or(|shown| shown * n as f64 >= 6.0 && shown <= 1.0));
            }
        }
        assert!(smallest_share(0, 50).is_some());
    }
}
