//! A comparison in one sentence, with its interval and its doubt.
//!
//! Says "not more than chance" where that is so: the sentence never claims what the test does not.

use crate::align::Comparison;
use crate::stats::StatTest;
use std::fmt::Write as _;

/// Below this p-value a difference counts as more than chance.
const LEVEL: f64 = 0.05;

/// Such as `41 of 240 answers moved (17 %, 95 % interval 13–22 %); 9 fixed, 15 broken: not more than chance
/// (p = 0.31).`
#[must_use]
pub fn verdict(comparison: &Comparison) -> String {
    let mut parts = Vec::new();
    match test(comparison, "answers_moved") {
        None => parts.push("No answers could be compared".to_owned()),
        Some(moved) => {
            let interval = match (moved.ci_low, moved.ci_high) {
                (Some(low), Some(high)) => {
                    format!(", 95 % interval {:.0}–{:.0} %", low * 100.0, high * 100.0)
                }
                _ => String::new(),
            };
            parts.push(format!(
                "{} of {} answers moved ({:.0} %{interval})",
                comparison.moved,
                comparison.matched,
                moved.estimate * 100.0,
            ));
        }
    }
    if let Some(flips) = test(comparison, "pass_rate") {
        parts.push(flipped(comparison, flips));
    }
    let aside = [
        (comparison.not_comparable, "not comparable"),
        (comparison.only_a, "only in A"),
        (comparison.only_b, "only in B"),
    ];
    let aside: Vec<String> = aside
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if !aside.is_empty() {
        parts.push(aside.join(", "));
    }
    format!("{}.", parts.join("; "))
}

fn flipped(comparison: &Comparison, flips: &StatTest) -> String {
    let (fixed, broken) = (comparison.fixed, comparison.broken);
    let mut out = if fixed + broken == 0 && flips.estimate == 0.0 {
        format!("none of {} graded answers flipped", comparison.graded)
    } else {
        let p = flips.p_value.unwrap_or(1.0);
        let corrected = flips.p_adjusted.unwrap_or(p);
        let claim = if corrected >= LEVEL {
            "not more than chance"
        } else if flips.estimate < 0.0 {
            "worse, more than chance"
        } else {
            "better, more than chance"
        };
        let mut out = format!("{fixed} fixed, {broken} broken: {claim} ({}", said(p));
        if said(corrected) != said(p) {
            let _ = write!(out, "; {} beside the other tests", said(corrected));
        }
        out.push(')');
        if let Some(more) = flips.more_needed.filter(|_| corrected >= LEVEL) {
            let _ = write!(out, ", and about {} more cases would show it", about(more));
        }
        out
    };
    if comparison.flaky_a > 0 {
        let _ = write!(
            out,
            "; {} flipped before already and count as neither",
            comparison.flaky_a
        );
    }
    out
}

/// Two digits: more are not known.
fn about(count: u64) -> u64 {
    let mut unit = 1;
    while count / unit >= 100 {
        unit *= 10;
    }
    count.div_ceil(unit) * unit
}

fn said(p: f64) -> String {
    if p < 0.001 {
        "p < 0.001".to_owned()
    } else {
        format!("p = {}", short(p))
    }
}

/// Two decimals, or three where two would read as zero or as the level itself.
fn short(p: f64) -> String {
    if p < 0.095 {
        format!("{p:.3}")
    } else {
        format!("{p:.2}")
    }
}

fn test<'c>(comparison: &'c Comparison, metric: &str) -> Option<&'c StatTest> {
    comparison.tests.iter().find(|test| test.metric == metric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats;

    fn comparison(moved: u64, matched: u64, fixed: u64, broken: u64) -> Comparison {
        Comparison {
            matched,
            same: matched - moved,
            changed: moved - fixed - broken,
            fixed,
            broken,
            moved,
            graded: matched,
            tests: [
                stats::moved_share(moved, matched),
                stats::pass_rate(fixed, broken, matched),
            ]
            .into_iter()
            .flatten()
            .collect(),
            ..Comparison::default()
        }
    }

    #[test]
    fn an_even_split_is_not_more_than_chance() {
        assert_eq!(
            verdict(&comparison(41, 240, 9, 15)),
            "41 of 240 answers moved (17 %, 95 % interval 13–22 %); 9 fixed, 15 broken: not more than chance (p = 0.31), and about 1100 more cases would show it."
        );
    }

    #[test]
    fn a_lopsided_split_says_which_way() {
        assert!(
            verdict(&comparison(30, 100, 2, 20)).contains("worse, more than chance (p < 0.001)")
        );
        assert!(
            verdict(&comparison(10, 100, 8, 0)).contains("better, more than chance (p = 0.008)")
        );
    }

    #[test]
    fn nothing_to_compare_and_nothing_flipped_are_said_plainly() {
        assert_eq!(
            verdict(&Comparison {
                only_a: 3,
                ..Comparison::default()
            }),
            "No answers could be compared; 3 only in A."
        );
        assert!(verdict(&comparison(0, 10, 0, 0)).contains("none of 10 graded answers flipped"));
    }
}
