//! Cases that do not answer the same way twice: how often repeats of one case and side disagree.
//!
//! A case that flips by itself cannot tell what a change did. Knows nothing of files or runs: the caller says
//! which answers are repeats of which case.

mod variance;

pub use variance::{VarianceSplit, variance_split};

use crate::stats::CasePair;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use ts_rs::TS;

/// One answer among the repeats of a case.
#[derive(Debug, Clone, Copy)]
pub struct RepeatView<'r> {
    /// Hash of the answer; equal answers share it.
    pub output: u64,
    pub passed: Option<bool>,
    /// Every assertion that was judged, by name. Of one name twice, all must have held.
    pub assertions: &'r [(&'r str, bool)],
}

/// The repeats of one case on both sides.
#[derive(Debug, Clone, Default)]
pub struct RepeatedCase<'r> {
    pub case_key: &'r str,
    pub a: Vec<RepeatView<'r>>,
    pub b: Vec<RepeatView<'r>>,
}

/// How steady one case is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CaseFlakiness {
    pub case_key: String,
    /// Different answers among the repeats of a side.
    pub distinct_a: u64,
    pub distinct_b: u64,
    /// Whether side A, the baseline, both passed and failed.
    pub flips_at_baseline: bool,
    /// Whether side B, the candidate, both passed and failed.
    pub flips_at_candidate: bool,
    /// Chance that two graded repeats drawn at random disagree, 0 to 1; `None` below two.
    pub flip_rate_a: Option<f64>,
    pub flip_rate_b: Option<f64>,
}

/// How steady one assertion is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AssertionFlakiness {
    pub assertion: String,
    /// Cases where it was judged at least twice on one side.
    pub cases: u64,
    /// Of these, cases where it both held and failed on one side.
    pub flipping_cases: u64,
    /// Chance that two repeats of one case and side disagree, 0 to 1, mean over those cases; `None` without.
    pub flip_rate: Option<f64>,
}

/// What the repeats of a comparison say about its steadiness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Flakiness {
    /// In the order given.
    pub cases: Vec<CaseFlakiness>,
    /// The least steady first, then by name.
    pub assertions: Vec<AssertionFlakiness>,
    /// Where the variance of pass and fail comes from; `None` where repeats cannot tell.
    pub variance: Option<VarianceSplit>,
}

/// Passes among graded repeats.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    passed: u64,
    graded: u64,
}

impl Tally {
    fn add(&mut self, passed: bool) {
        self.passed += u64::from(passed);
        self.graded += 1;
    }

    fn flips(self) -> bool {
        self.passed > 0 && self.passed < self.graded
    }

    /// 2·k·(n − k) / (n·(n − 1)): the share of pairs that disagree, which estimates 2·p·(1 − p) without bias.
    fn flip_rate(self) -> Option<f64> {
        let (k, n) = (self.passed as f64, self.graded as f64);
        (self.graded > 1).then(|| 2.0 * k * (n - k) / (n * (n - 1.0)))
    }
}

/// Looks at the repeats of every case.
#[must_use]
pub fn flakiness(cases: &[RepeatedCase<'_>]) -> Flakiness {
    let graded: Vec<CasePair> = cases
        .iter()
        .map(|case| CasePair {
            a: grades(&case.a),
            b: grades(&case.b),
        })
        .collect();
    Flakiness {
        cases: cases.iter().map(of_case).collect(),
        assertions: of_assertions(cases),
        variance: variance_split(&graded),
    }
}

fn grades(side: &[RepeatView<'_>]) -> Vec<f64> {
    side.iter()
        .filter_map(|repeat| Some(f64::from(u8::from(repeat.passed?))))
        .collect()
}

fn of_case(case: &RepeatedCase<'_>) -> CaseFlakiness {
    let distinct = |side: &[RepeatView<'_>]| {
        let outputs: BTreeSet<u64> = side.iter().map(|repeat| repeat.output).collect();
        outputs.len() as u64
    };
    let tally = |side: &[RepeatView<'_>]| {
        let mut tally = Tally::default();
        side.iter()
            .filter_map(|repeat| repeat.passed)
            .for_each(|passed| tally.add(passed));
        tally
    };
    let (a, b) = (tally(&case.a), tally(&case.b));
    CaseFlakiness {
        case_key: case.case_key.to_owned(),
        distinct_a: distinct(&case.a),
        distinct_b: distinct(&case.b),
        flips_at_baseline: a.flips(),
        flips_at_candidate: b.flips(),
        flip_rate_a: a.flip_rate(),
        flip_rate_b: b.flip_rate(),
    }
}

/// Cases, flipping cases and the sum of the cases' flip rates.
type Sums = (u64, u64, f64);

fn of_assertions(cases: &[RepeatedCase<'_>]) -> Vec<AssertionFlakiness> {
    let mut sums: BTreeMap<&str, Sums> = BTreeMap::new();
    for case in cases {
        let (a, b) = (tallies(&case.a), tallies(&case.b));
        let names: BTreeSet<&str> = a.keys().chain(b.keys()).copied().collect();
        for name in names {
            let sides: Vec<Tally> = [a.get(name), b.get(name)]
                .into_iter()
                .flatten()
                .copied()
                .collect();
            let rates: Vec<f64> = sides.iter().filter_map(|side| side.flip_rate()).collect();
            let sum = sums.entry(name).or_default();
            if !rates.is_empty() {
                sum.0 += 1;
                sum.1 += u64::from(sides.iter().any(|side| side.flips()));
                sum.2 += rates.iter().sum::<f64>() / rates.len() as f64;
            }
        }
    }
    let mut found: Vec<AssertionFlakiness> = sums
        .into_iter()
        .map(
            |(name, (cases, flipping_cases, rates))| AssertionFlakiness {
                assertion: name.to_owned(),
                cases,
                flipping_cases,
                flip_rate: (cases > 0).then(|| rates / cases as f64),
            },
        )
        .collect();
    // Stable: equal rates stay in the order of their names.
    found.sort_by(|x, y| {
        let rate = |found: &AssertionFlakiness| found.flip_rate.unwrap_or(-1.0);
        rate(y).total_cmp(&rate(x))
    });
    found
}

fn tallies<'r>(side: &[RepeatView<'r>]) -> BTreeMap<&'r str, Tally> {
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for repeat in side {
        let mut held: BTreeMap<&str, bool> = BTreeMap::new();
        for (name, ok) in repeat.assertions {
            *held.entry(name).or_insert(true) &= ok;
        }
        for (name, ok) in held {
            tallies.entry(name).or_default().add(ok);
        }
    }
    tallies
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn repeat<'r>(
        output: u64,
        passed: Option<bool>,
        assertions: &'r [(&'r str, bool)],
    ) -> RepeatView<'r> {
        RepeatView {
            output,
            passed,
            assertions,
        }
    }

    #[test]
    fn a_case_that_flips_by_itself_is_told_with_its_side() {
        let (yes, no) = (Some(true), Some(false));
        let case = RepeatedCase {
            case_key: "c",
            a: vec![
                repeat(1, yes, &[]),
                repeat(1, yes, &[]),
                repeat(2, no, &[]),
                repeat(3, None, &[]),
            ],
            b: vec![repeat(4, no, &[])],
        };
        let found = &flakiness(&[case]).cases[0];
        assert_eq!((found.distinct_a, found.distinct_b), (3, 1));
        assert!(found.flips_at_baseline && !found.flips_at_candidate);
        // Three pairs of three graded repeats, two of them unlike: 2·2·1 / (3·2).
        assert_eq!(found.flip_rate_a, Some(2.0 / 3.0));
        assert_eq!(found.flip_rate_b, None);
    }

    #[test]
    fn assertions_are_ranked_by_how_often_they_flip() {
        let held = [("json", true), ("tone", true), ("once", true)];
        let off = [("json", true), ("tone", false)];
        let doubled = [("tone", true), ("tone", false)];
        let cases = [
            RepeatedCase {
                case_key: "c",
                a: vec![repeat(1, None, &held), repeat(1, None, &off)],
                b: vec![repeat(1, None, &off), repeat(1, None, &doubled)],
            },
            RepeatedCase {
                case_key: "d",
                a: vec![repeat(1, None, &off), repeat(1, None, &off)],
                b: Vec::new(),
            },
        ];
        let found = flakiness(&cases);
        let figures: Vec<_> = found
            .assertions
            .iter()
            .map(|a| (a.assertion.as_str(), a.cases, a.flipping_cases, a.flip_rate))
            .collect();
        // Tone: side A of c always disagrees, side B never; d never: mean of 0.5 and 0.
        assert_eq!(
            figures,
            [
                ("tone", 2, 1, Some(0.25)),
                ("json", 2, 0, Some(0.0)),
                ("once", 0, 0, None),
            ]
        );
        assert_eq!(found.variance, None);
    }

    proptest! {
        #[test]
        fn the_flip_rate_is_the_share_of_unlike_pairs(passed in prop::collection::vec(any::<bool>(), 0..12)) {
            let mut tally = Tally::default();
            passed.iter().for_each(|p| tally.add(*p));
            let pairs = (0..passed.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
            let (mut unlike, mut all) = (0.0, 0.0);
            for (i, j) in pairs {
                all += 1.0;
                unlike += f64::from(u8::from(passed[i] != passed[j]));
            }
            let expected = (all > 0.0).then(|| unlike / all);
            prop_assert_eq!(tally.flip_rate().is_some(), expected.is_some());
            if let (Some(rate), Some(expected)) = (tally.flip_rate(), expected) {
                prop_assert!((rate - expected).abs() < 1e-12);
                prop_assert_eq!(tally.flips(), rate > 0.0);
            }
        }
    }
}
