//! The sign-flip test of paired differences (Fisher 1935): if both sides are alike, each difference could as
//! well have had the other sign.

use crate::resample::Random;

/// Up to this many differences that are not zero every pattern of signs is counted; above, some are drawn.
const EXACT_LIMIT: usize = 24;

/// Share of sign patterns whose sum is at least as far from zero as that of `differences`, two-sided. Where
/// patterns are drawn, the observed one counts as one of them, so the share is never 0. Expects sizes of at
/// most about 1: sums must not leave the range.
pub(super) fn sign_flip(differences: &[f64], random: &mut Random, resamples: u32) -> f64 {
    // A zero is the same with either sign.
    let moved: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    let size: f64 = moved.iter().map(|d| d.abs()).sum();
    // Rounding must not make a pattern equal to the observed one look smaller.
    let reach = moved.iter().sum::<f64>().abs() - 1e-12 * size;
    if reach <= 0.0 {
        1.0
    } else if moved.len() <= EXACT_LIMIT {
        exact(&moved, reach)
    } else {
        sampled(&moved, reach, random, resamples)
    }
}

/// Counts patterns by pairing the sums of one half with the sorted sums of the other.
fn exact(moved: &[f64], reach: f64) -> f64 {
    let (left, right) = moved.split_at(moved.len() / 2);
    let (left, mut right) = (sums(left), sums(right));
    right.sort_unstable_by(f64::total_cmp);
    let far: usize = left
        .iter()
        .map(|l| right.len() - right.partition_point(|r| l + r < reach))
        .sum();
    // As many patterns lie as far on the other side.
    2.0 * far as f64 / (left.len() as f64 * right.len() as f64)
}

fn sums(part: &[f64]) -> Vec<f64> {
    part.iter().fold(vec![0.0], |sums, d| {
        sums.iter().flat_map(|sum| [sum + d, sum - d]).collect()
    })
}

fn sampled(moved: &[f64], reach: f64, random: &mut Random, resamples: u32) -> f64 {
    let mut as_far = 1_u32;
    for _ in 0..resamples {
        let mut sum = 0.0;
        for chunk in moved.chunks(64) {
            let mut bits = random.bits();
            for d in chunk {
                // The drawn bit becomes the sign bit: a branch on chance would be slow.
                sum += f64::from_bits(d.to_bits() ^ (bits << 63));
                bits >>= 1;
            }
        }
        as_far += u32::from(sum.abs() >= reach);
    }
    f64::from(as_far) / f64::from(resamples + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::mcnemar_exact;

    fn p(differences: &[f64]) -> f64 {
        sign_flip(differences, &mut Random::seeded(1), 2_000)
    }

    #[test]
    fn small_samples_are_counted_in_full() {
        // All six up: 2 of 64 patterns. 1, 2, −0.5: sums as far as 2.5 are ±3.5 and ±2.5, 4 of 8.
        assert_eq!(p(&[1.0; 6]), 0.03125);
        assert_eq!(p(&[1.0, 2.0, -0.5]), 0.5);
        assert_eq!(p(&[0.0, 0.0]), 1.0);
        assert_eq!(p(&[]), 1.0);
        assert_eq!(p(&[1.0, -1.0]), 1.0);
        // Zeros say nothing.
        assert_eq!(p(&[1.0, 0.0, 1.0, 0.0]), 0.5);
    }

    #[test]
    fn for_flips_alone_it_is_mcnemars_test() {
        for (fixed, broken) in [(1, 7), (8, 2), (9, 15), (12, 12), (17, 7)] {
            let mut flips = vec![1.0; fixed];
            flips.resize(fixed + broken, -1.0);
            let exact = mcnemar_exact(fixed as u64, broken as u64);
            assert!((p(&flips) - exact).abs() < 1e-9, "{fixed} {broken}");
        }
    }

    #[test]
    fn drawn_patterns_come_near_the_exact_share() {
        let mut flips = vec![0.7; 23];
        flips.resize(35, -0.7);
        assert!((p(&flips) - mcnemar_exact(23, 12)).abs() < 0.02);
    }
}
