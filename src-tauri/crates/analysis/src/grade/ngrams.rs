//! Runs of words, counted: what ROUGE and BLEU both compare.

use std::collections::HashMap;

/// Longer texts are not compared by n-grams.
pub(super) const MAX_BYTES: usize = 200_000;

/// How often each run of `n` tokens occurs; empty for `n` of 0.
pub(super) fn counts<'t>(tokens: &'t [String], n: usize) -> HashMap<&'t [String], u64> {
    let mut counts: HashMap<&'t [String], u64> = HashMap::new();
    if n > 0 {
        for run in tokens.windows(n) {
            *counts.entry(run).or_default() += 1;
        }
    }
    counts
}

/// N-grams of `a` that `b` has too, each at most as often as in `b`.
pub(super) fn overlap(a: &HashMap<&[String], u64>, b: &HashMap<&[String], u64>) -> u64 {
    a.iter()
        .map(|(run, count)| b.get(run).map_or(0, |other| *count.min(other)))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_counts_at_most_as_often_as_the_other_text_has_it() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let (the, cat) = (words("the the the the"), words("the cat is on the mat"));
        assert_eq!(overlap(&counts(&the, 1), &counts(&cat, 1)), 2);
        assert_eq!(overlap(&counts(&the, 2), &counts(&cat, 2)), 0);
        assert!(counts(&the, 0).is_empty() && counts(&the, 5).is_empty());
    }
}
