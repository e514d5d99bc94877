//! Simulated comparisons: do the tests raise the alarm as often as they say, and find what they say they find?

use super::paired::{CasePair, Scale, compared};
use super::pass_rate::{pass_rate, pass_rate_with};
use super::{StatTest, holm, mcnemar_exact};
use crate::resample::Random;

/// Fewer draws than in earnest: a p-value of 199 patterns has the same level, only more noise.
const DRAWS: u32 = 199;

fn uniform(random: &mut Random) -> f64 {
    (random.bits() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Waiting times: mean 1, skewness 2.
fn exponential(random: &mut Random) -> f64 {
    -(1.0 - uniform(random)).ln()
}

fn alarm(test: &StatTest) -> bool {
    test.p_value.unwrap() <= 0.05
}

#[test]
fn a_thousand_comparisons_of_the_same_thing() {
    let mut random = Random::seeded(11);
    let rounds = 1_000;
    let (mut alarms, mut family, mut uncorrected) = ([0; 5], 0, 0);
    for round in 0..rounds {
        let mut flips = (0, 0);
        let mut rates = Vec::new();
        let mut measured = [const { Vec::new() }; 3];
        for _ in 0..30 {
            let passes = 0.3 + 0.6 * uniform(&mut random);
            let mut pass = || f64::from(u8::from(uniform(&mut random) < passes));
            let case = CasePair {
                a: vec![pass(), pass(), pass()],
                b: vec![pass(), pass(), pass()],
            };
            flips.0 += u64::from(case.a[0] < case.b[0]);
            flips.1 += u64::from(case.a[0] > case.b[0]);
            rates.push(case);
            let mut pair =
                |scale: f64| scale * (exponential(&mut random) - exponential(&mut random));
            measured[0].push(pair(900.0));
            measured[1].push(pair(40.0).round());
            measured[2].push(pair(0.002).powi(3));
        }
        let mut tests = vec![
            pass_rate(flips.0, flips.1, 30).unwrap(),
            pass_rate_with(&rates, round, DRAWS).unwrap(),
        ];
        tests.extend(
            measured
                .iter()
                .map(|d| compared("x", d, Scale::Measured, round, DRAWS).unwrap()),
        );
        holm(&mut tests);
        for (count, test) in alarms.iter_mut().zip(&tests) {
            *count += u32::from(alarm(test));
        }
        uncorrected += u32::from(tests.iter().any(alarm));
        family += u32::from(tests.iter().any(|test| test.p_adjusted.unwrap() <= 0.05));
    }
    // 50 expected, give or take 7; McNemar's exact test is cautious, so it has no lower bound to keep.
    assert!((1..=70).contains(&alarms[0]), "{alarms:?}");
    for count in &alarms[1..] {
        assert!((30..=70).contains(count), "{alarms:?}");
    }
    assert!(
        uncorrected > 120,
        "five tests raise more alarms than one: {uncorrected}"
    );
    assert!(family <= 65, "{family} of {rounds} families");
}

#[test]
fn repeats_of_a_noisy_case_do_not_count_as_cases() {
    let mut random = Random::seeded(12);
    let rounds = 1_000;
    let (mut by_case, mut by_repeat) = (0, 0);
    for round in 0..rounds {
        // A rewording moves each case up or down by chance and none on the whole; repeats mostly agree.
        let mut side = || {
            let passes = if random.below(2) == 0 { 0.1 } else { 0.9 };
            (0..5)
                .map(|_| f64::from(u8::from(uniform(&mut random) < passes)))
                .collect::<Vec<f64>>()
        };
        let cases: Vec<CasePair> = (0..30)
            .map(|_| CasePair {
                a: side(),
                b: side(),
            })
            .collect();
        by_case += u32::from(alarm(&pass_rate_with(&cases, round, DRAWS).unwrap()));
        let pairs = || cases.iter().flat_map(|case| case.a.iter().zip(&case.b));
        let fixed = pairs().filter(|(a, b)| a < b).count() as u64;
        let broken = pairs().filter(|(a, b)| a > b).count() as u64;
        by_repeat += u32::from(mcnemar_exact(fixed, broken) <= 0.05);
    }
    assert!((30..=70).contains(&by_case), "{by_case}");
    assert!(
        by_repeat > 200,
        "repeats taken for pairs: {by_repeat} of {rounds}"
    );
}

#[test]
fn a_drop_of_the_smallest_shown_size_is_found_four_times_in_five() {
    let mut random = Random::seeded(13);
    for flipped in [12, 40, 90] {
        let shown = pass_rate(flipped / 2, flipped / 2, 200)
            .unwrap()
            .smallest_shown
            .unwrap();
        let differ = (flipped as f64 / 200.0).max(shown);
        let found = (0..300)
            .filter(|_| {
                let (mut fixed, mut broken) = (0, 0);
                for _ in 0..200 {
                    let u = uniform(&mut random);
                    broken += u64::from(u < 0.5 * (differ + shown));
                    fixed += u64::from(u >= 0.5 * (differ + shown) && u < differ);
                }
                let test = pass_rate(fixed, broken, 200).unwrap();
                alarm(&test) && test.estimate < 0.0
            })
            .count();
        assert!(
            (210..=270).contains(&found),
            "{flipped}: {found} of 300 at {shown}"
        );
    }
}

#[test]
fn a_slowdown_of_the_smallest_shown_size_is_found_four_times_in_five() {
    let mut random = Random::seeded(14);
    let mut differences = |shift: f64| -> Vec<f64> {
        (0..60)
            .map(|_| shift + exponential(&mut random) - exponential(&mut random))
            .collect()
    };
    let found = (0..300)
        .filter(|round| {
            let none = compared("x", &differences(0.0), Scale::Measured, *round, 1).unwrap();
            let slower = differences(none.smallest_shown.unwrap());
            alarm(&compared("x", &slower, Scale::Measured, *round, DRAWS).unwrap())
        })
        .count();
    assert!((210..=270).contains(&found), "{found} of 300");
}

#[test]
fn intervals_of_skewed_differences_hold_the_truth_nineteen_times_in_twenty() {
    let mut random = Random::seeded(15);
    for (n, rounds) in [(20, 1_500), (60, 800), (200, 500)] {
        let mut held = 0;
        let mut missed_by_percentile = 0;
        for round in 0..rounds {
            // One side waits much longer than the other: the differences lean, with a mean of 3.
            let differences: Vec<f64> = (0..n)
                .map(|_| 4.0 * exponential(&mut random) - exponential(&mut random))
                .collect();
            let test = compared("x", &differences, Scale::Measured, round, 399).unwrap();
            held += u32::from(test.ci_low.unwrap() <= 3.0 && test.ci_high.unwrap() >= 3.0);
            if n == 20 {
                let (low, high) = percentile(&differences, &mut random);
                missed_by_percentile += u32::from(low > 3.0 || high < 3.0);
            }
        }
        let coverage = f64::from(held) / rounds as f64;
        assert!((0.93..=0.97).contains(&coverage), "{coverage} at n = {n}");
        if n == 20 {
            let missed = f64::from(missed_by_percentile) / rounds as f64;
            assert!(
                missed > 0.07,
                "the plain percentile interval is too narrow: {missed}"
            );
        }
    }
}

/// The interval that is not used, to show why.
fn percentile(values: &[f64], random: &mut Random) -> (f64, f64) {
    let n = values.len();
    let mut means: Vec<f64> = (0..DRAWS)
        .map(|_| {
            (0..n)
                .map(|_| values[random.below(n as u64) as usize])
                .sum::<f64>()
                / n as f64
        })
        .collect();
    means.sort_unstable_by(f64::total_cmp);
    (means[4], means[194])
}
