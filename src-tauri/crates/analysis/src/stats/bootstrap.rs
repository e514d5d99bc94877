//! The percentile-t bootstrap interval of a mean (Efron 1979; Hall 1988).
//!
//! Drawing the mean alone gives intervals that are too narrow and, for skewed differences, on the wrong side.
//! Drawing its Student ratio corrects both to second order.

use crate::resample::Random;

/// 95 % interval of the mean of `values`, whose mean is `mean` and standard error `error`. `None` where so
/// many draws have no spread that a bound is not known. Never beyond the values themselves: a single outlier
/// would else put the bound at a multiple of itself.
pub(super) fn percentile_t(
    values: &[f64],
    mean: f64,
    error: f64,
    random: &mut Random,
    resamples: u32,
) -> Option<(f64, f64)> {
    let n = values.len();
    let centred: Vec<f64> = values.iter().map(|value| value - mean).collect();
    // Below this a draw's spread is rounding.
    let least = error * error * 1e-12;
    let mut ratios: Vec<f64> = (0..resamples)
        .map(|_| {
            let (mut sum, mut squares) = (0.0, 0.0);
            for _ in 0..n {
                let drawn = centred[random.below(n as u64) as usize];
                sum += drawn;
                squares += drawn * drawn;
            }
            let n = n as f64;
            let error_squared = (squares - sum * sum / n) / (n - 1.0) / n;
            if error_squared > least {
                sum / n / error_squared.sqrt()
            } else {
                f64::INFINITY.copysign(sum)
            }
        })
        .collect();
    ratios.sort_unstable_by(f64::total_cmp);
    let rank = (0.025 * (f64::from(resamples) + 1.0)) as usize;
    let low = ratios.get(rank.max(1) - 1)?;
    let high = ratios.get(ratios.len().checked_sub(rank.max(1))?)?;
    if !low.is_finite() || !high.is_finite() {
        return None;
    }
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some((
        (mean - high * error).max(least),
        (mean - low * error).min(most),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_outlier_bounds_nothing_and_spread_values_lie_inside() {
        let mut lone = [0.0; 20];
        lone[3] = 1.0;
        assert_eq!(
            percentile_t(&lone, 0.05, 0.05, &mut Random::seeded(1), 999),
            None
        );
        let even: Vec<f64> = (0..21).map(|i| f64::from(i) - 10.0).collect();
        // Standard error of −10 … 10: √(38.5 / 21) = 1.354; Student's interval is ±2.82.
        let (low, high) = percentile_t(&even, 0.0, 1.354, &mut Random::seeded(1), 1_999).unwrap();
        assert!(
            (-3.2..=-2.5).contains(&low) && (2.5..=3.2).contains(&high),
            "{low} {high}"
        );
    }
}
