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
    // 50 expected, give or take 7. Flips and rates of three repeats take few values, so their tests are cautious.
    for count in &alarms[..2] {
        assert!((10..=70).contains(count), "{alarms:?}");
    }
    for count in &alarms[2..] {
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

/// Share of `rounds` intervals that hold `truth`, and of the plain percentile intervals that do.
fn coverage(
    rounds: u64,
    truth: f64,
    scale: Scale,
    mut draw: impl FnMut() -> Vec<f64>,
) -> (f64, f64) {
    let mut random = Random::seeded(16);
    let (mut held, mut held_by_percentile) = (0, 0);
    for round in 0..rounds {
        let differences = draw();
        let test = compared("x", &differences, scale, round, 399).unwrap();
        held += u32::from(test.ci_low.unwrap() <= truth && test.ci_high.unwrap() >= truth);
        let (low, high) = percentile(&differences, &mut random);
        held_by_percentile += u32::from(low <= truth && high >= truth);
    }
    let share = |count: u32| f64::from(count) / rounds as f64;
    (share(held), share(held_by_percentile))
}

#[test]
fn intervals_of_skewed_differences_hold_the_truth_nineteen_times_in_twenty() {
    let mut random = Random::seeded(15);
    for (n, rounds) in [(20, 1_000), (60, 600), (200, 400)] {
        // One side waits much longer than the other: the differences lean, with a mean of 3.
        let (held, plain) = coverage(rounds, 3.0, Scale::Measured, || {
            (0..n)
                .map(|_| 4.0 * exponential(&mut random) - exponential(&mut random))
                .collect()
        });
        assert!((0.93..=0.97).contains(&held), "{held} at n = {n}");
        assert!(
            n > 20 || plain < 0.93,
            "the plain percentile interval is too narrow: {plain}"
        );
    }
}

#[test]
fn intervals_of_even_differences_and_of_case_rates_do_too() {
    let mut random = Random::seeded(17);
    let (held, _) = coverage(1_000, 0.0, Scale::Measured, || {
        (0..20)
            .map(|_| exponential(&mut random) - exponential(&mut random))
            .collect()
    });
    assert!((0.93..=0.97).contains(&held), "{held}");
    // Cases that pass more often than 0.6 lose 0.3: a mean change of −0.12.
    let (held, _) = coverage(1_500, -0.12, Scale::Rates, || {
        (0..60)
            .map(|_| {
                let before = uniform(&mut random);
                let after = if before < 0.6 { before } else { before - 0.3 };
                let mut rate =
                    |p: f64| (0..3).filter(|_| uniform(&mut random) < p).count() as f64 / 3.0;
                rate(after) - rate(before)
            })
            .collect()
    });
    assert!((0.93..=0.97).contains(&held), "{held}");
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
