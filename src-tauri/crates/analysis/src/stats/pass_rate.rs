//! Shares of answers and of passes, as tests of a comparison.

use super::paired::{CasePair, Scale, compared};
use super::share::{mcnemar_exact, paired_share_interval, wilson};
use super::{StatTest, power};
use crate::resample::RESAMPLES;

/// Any fixed number: the figures must not change between two looks.
const SEED: u64 = 20_261_128;

/// The share of answers that moved.
pub(crate) fn moved_share(moved: u64, matched: u64) -> Option<StatTest> {
    let (low, high) = wilson(moved, matched)?;
    let mut test = StatTest::bare(
        "answers_moved",
        "wilson",
        moved as f64 / matched as f64,
        matched,
    );
    (test.ci_low, test.ci_high) = (Some(low), Some(high));
    Some(test)
}

/// The change of the pass rate over pairs graded on both sides.
pub(crate) fn pass_rate(fixed: u64, broken: u64, graded: u64) -> Option<StatTest> {
    let (low, high) = paired_share_interval(fixed, broken, graded)?;
    let estimate = (fixed as f64 - broken as f64) / graded as f64;
    let mut test = StatTest::bare("pass_rate", "mcnemar_exact", estimate, graded);
    (test.ci_low, test.ci_high) = (Some(low), Some(high));
    test.p_value = Some(mcnemar_exact(fixed, broken));
    test.smallest_shown = power::smallest_share(fixed.saturating_add(broken), graded);
    if !test.shown() {
        test.more_needed = power::more_for_share(fixed, broken, graded);
    }
    Some(test)
}

/// The change of the pass rate over cases, 1 for a pass and 0 for a fail. `None` without a case graded on both
/// sides, and where a value is neither.
///
/// One repeat on both sides of every case: McNemar's exact test. Else the sign-flip test on the differences of
/// the cases' own pass rates, with a bootstrap interval over cases; where fewer than ten cases differ, Bonett
/// and Price's interval carried over to rates. The method says which.
#[must_use]
pub fn pass_rate_of(cases: &[CasePair]) -> Option<StatTest> {
    pass_rate_with(cases, SEED, RESAMPLES)
}

pub(super) fn pass_rate_with(cases: &[CasePair], seed: u64, resamples: u32) -> Option<StatTest> {
    let graded = cases
        .iter()
        .filter(|case| !case.a.is_empty() && !case.b.is_empty());
    let (mut fixed, mut broken, mut single) = (0, 0, true);
    let mut differences = Vec::with_capacity(cases.len());
    for case in graded {
        if !case.a.iter().chain(&case.b).all(|v| *v == 0.0 || *v == 1.0) {
            return None;
        }
        let difference = case.difference()?;
        single &= case.a.len() == 1 && case.b.len() == 1;
        fixed += u64::from(difference > 0.0);
        broken += u64::from(difference < 0.0);
        differences.push(difference);
    }
    if single {
        return pass_rate(fixed, broken, differences.len() as u64);
    }
    compared("pass_rate", &differences, Scale::Rates, seed, resamples)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(a: &[f64], b: &[f64]) -> CasePair {
        CasePair {
            a: a.to_vec(),
            b: b.to_vec(),
        }
    }

    #[test]
    fn single_repeats_are_mcnemars() {
        let mut cases = vec![case(&[0.0], &[1.0]); 8];
        cases.extend(vec![case(&[1.0], &[0.0]); 2]);
        cases.extend(vec![case(&[1.0], &[1.0]); 30]);
        cases.push(case(&[1.0], &[]));
        let test = pass_rate_of(&cases).unwrap();
        assert_eq!(Some(test.clone()), pass_rate(8, 2, 40));
        assert!((test.p_value.unwrap() - 0.1094).abs() < 5e-4);
        assert!(test.more_needed.is_some() && test.smallest_shown.is_some());
    }

    #[test]
    fn repeats_are_rates_of_cases_and_the_method_says_so() {
        // Eight cases rose by a half: 2 of 256 patterns, though there are 32 repeats.
        let mut cases = vec![case(&[0.0, 0.0], &[1.0, 0.0]); 8];
        cases.extend(vec![case(&[1.0, 1.0], &[1.0, 1.0]); 8]);
        let test = pass_rate_of(&cases).unwrap();
        assert_eq!((test.n, test.estimate), (16, 0.25));
        assert_eq!(test.p_value, Some(2.0 / 256.0));
        assert_eq!(test.method, "bonett_price_sign_flip");
        cases.extend(vec![case(&[0.0, 1.0], &[1.0, 1.0, 1.0]); 4]);
        let test = pass_rate_of(&cases).unwrap();
        assert_eq!(test.method, "bootstrap_sign_flip");
        assert!(test.ci_low.unwrap() > 0.0 && test.ci_high.unwrap() < 1.0);
    }

    #[test]
    fn no_flip_among_repeats_is_not_certainty() {
        let test = pass_rate_of(&vec![case(&[1.0, 1.0], &[1.0, 1.0]); 20]).unwrap();
        assert_eq!((test.estimate, test.p_value), (0.0, Some(1.0)));
        assert!(test.ci_low.unwrap() < -0.05 && test.ci_high.unwrap() > 0.05);
    }

    #[test]
    fn what_is_no_grade_is_refused() {
        assert_eq!(pass_rate_of(&[case(&[0.5], &[1.0])]), None);
        assert_eq!(pass_rate_of(&[case(&[f64::NAN], &[1.0])]), None);
        assert_eq!(pass_rate_of(&[case(&[], &[1.0])]), None);
        assert_eq!(pass_rate_of(&[]), None);
    }
}
