//! The normal and Student's distributions, as far as a test or an interval needs them.

/// 2 · (1 − Φ(|z|)) by Abramowitz and Stegun 7.1.26; absolute error below 2e-7.
pub(super) fn two_sided_normal(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let poly = t
        * (0.254_829_592
            + t * (-0.284_496_736
                + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    (poly * (-x * x).exp()).clamp(0.0, 1.0)
}

/// Student's quantile from the normal one, for `df` ≥ 5 (Abramowitz and Stegun 26.7.5; error below 1e-3).
pub(super) fn student(z: f64, df: f64) -> f64 {
    let z2 = z * z;
    let terms = [
        z * (z2 + 1.0) / 4.0,
        z * ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0,
        z * (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0,
        z * ((((79.0 * z2 + 776.0) * z2 + 1482.0) * z2 - 1920.0) * z2 - 945.0) / 92_160.0,
    ];
    terms.iter().rev().fold(0.0, |sum, term| (sum + term) / df) + z
}

/// Student's two-sided 95 % quantile for any `df` ≥ 1.
pub(super) fn student_95(df: usize) -> f64 {
    match df {
        // The expansion is poor this low; these are the tabled values.
        0 | 1 => 12.706_205,
        2 => 4.302_653,
        3 => 3.182_446,
        4 => 2.776_445,
        _ => student(super::Z95, df as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_agree_with_the_tables() {
        assert!((two_sided_normal(1.96) - 0.05).abs() < 1e-4);
        for (df, tabled) in [
            (1, 12.706),
            (4, 2.776),
            (5, 2.571),
            (9, 2.262),
            (30, 2.042),
            (120, 1.980),
        ] {
            assert!((student_95(df) - tabled).abs() < 1e-3, "{df}");
        }
        // One-sided 80 % with 10 degrees of freedom: 0.879.
        assert!((student(0.841_621_2, 10.0) - 0.879).abs() < 1e-3);
    }
}
