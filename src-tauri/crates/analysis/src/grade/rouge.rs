//! ROUGE-N: n-grams that an answer shares with a reference.
//!
//! Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries". Words are runs of letters and digits in
//! lower case, without stemming: for ASCII the same as Google's `rouge-score`.

use super::ngrams::{MAX_BYTES, counts, overlap};
use super::outcome::{Outcome, within};
use plumbline_model::RougeMeasure;

/// Longer runs say nothing about an answer.
const MAX_N: u32 = 9;

pub(super) fn check(
    text: &str,
    reference: &str,
    n: u32,
    min: f64,
    measure: RougeMeasure,
) -> Outcome {
    if !(1..=MAX_N).contains(&n) {
        return Outcome::ungraded(format!("n is {n}; ROUGE-N is made for 1 to {MAX_N}"));
    }
    match (
        within("the answer", text, MAX_BYTES),
        within("the value", reference, MAX_BYTES),
    ) {
        (Ok(text), Ok(reference)) => {
            let score = rouge_n(text, reference, n as usize, measure);
            Outcome::at_least(&format!("ROUGE-{n}"), score, min)
        }
        (Err(outcome), _) | (_, Err(outcome)) => outcome,
    }
}

/// 0 when a text is too short to hold an n-gram.
fn rouge_n(text: &str, reference: &str, n: usize, measure: RougeMeasure) -> f64 {
    let (text, reference) = (words(text), words(reference));
    let (found, wanted) = (counts(&text, n), counts(&reference, n));
    let shared = overlap(&found, &wanted) as f64;
    let share = |all: u64| if all == 0 { 0.0 } else { shared / all as f64 };
    let precision = share(found.values().sum());
    let recall = share(wanted.values().sum());
    match measure {
        RougeMeasure::Recall => recall,
        RougeMeasure::F1 if precision + recall == 0.0 => 0.0,
        RougeMeasure::F1 => 2.0 * precision * recall / (precision + recall),
    }
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::published_scores;
    use super::*;

    #[test]
    fn scores_are_those_of_the_published_implementation() {
        for row in published_scores() {
            for (n, f1, recall) in [
                (1, "rouge1_f1", "rouge1_recall"),
                (2, "rouge2_f1", "rouge2_recall"),
                (3, "rouge3_f1", "rouge3_recall"),
            ] {
                for (name, measure) in [(f1, RougeMeasure::F1), (recall, RougeMeasure::Recall)] {
                    let ours = rouge_n(&row.answer, &row.reference, n, measure);
                    assert!(
                        (ours - row.scores[name]).abs() < 1e-9,
                        "{name} of {row:?}: {ours}"
                    );
                }
            }
        }
    }

    #[test]
    fn words_of_any_script_count() {
        assert_eq!(
            rouge_n("Größe zählt", "größe ZÄHLT", 1, RougeMeasure::F1),
            1.0
        );
    }

    #[test]
    fn an_n_that_makes_no_sense_and_a_text_too_long_are_ungraded() {
        let check = |text: &str, n| check(text, "a", n, 0.0, RougeMeasure::F1).passed;
        assert_eq!(check("a", 0), None);
        assert_eq!(check("a", u32::MAX), None);
        assert_eq!(check(&"a ".repeat(MAX_BYTES), 1), None);
        assert_eq!(check("a", 1), Some(true));
    }
}
