//! Levenshtein distance between an answer and a value, by characters.

use super::outcome::{Outcome, within};
use rapidfuzz::distance::levenshtein;

/// The work grows with the product of both lengths.
const MAX_BYTES: usize = 20_000;

pub(super) fn check(
    text: &str,
    value: &str,
    max_distance: Option<u64>,
    min_similarity: Option<f64>,
) -> Outcome {
    if max_distance.is_none() && min_similarity.is_none() {
        return Outcome::ungraded("neither max_distance nor min_similarity is given");
    }
    let (text, value) = match (
        within("the answer", text.trim(), MAX_BYTES),
        within("the value", value.trim(), MAX_BYTES),
    ) {
        (Ok(text), Ok(value)) => (text, value),
        (Err(outcome), _) | (_, Err(outcome)) => return outcome,
    };
    let distance = levenshtein::distance(text.chars(), value.chars());
    let longer = text.chars().count().max(value.chars().count());
    let similarity = 1.0 - distance as f64 / longer.max(1) as f64;
    let outcome = match (max_distance, min_similarity) {
        (Some(max), _) if distance as u64 > max => Outcome::fail(format!(
            "the answer is {distance} edits away, more than {max}"
        )),
        (_, Some(min)) if similarity < min => {
            Outcome::fail(format!("the similarity is {similarity:.4}, below {min}"))
        }
        _ => Outcome::pass(),
    };
    outcome.scored(match min_similarity {
        Some(_) => similarity,
        None => distance as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted_by_character_not_by_byte() {
        let outcome = check("kitten", "sitting", Some(3), None);
        assert_eq!((outcome.passed, outcome.score), (Some(true), Some(3.0)));
        assert_eq!(
            check("kitten", "sitting", Some(2), None).passed,
            Some(false)
        );
        assert_eq!(check("für", "fur", Some(1), None).score, Some(1.0));
    }

    #[test]
    fn similarity_is_over_the_longer_text() {
        let outcome = check("abcd", "abc", None, Some(0.75));
        assert_eq!((outcome.passed, outcome.score), (Some(true), Some(0.75)));
        assert_eq!(check("", "", None, Some(1.0)).passed, Some(true));
    }

    #[test]
    fn a_text_too_long_to_compare_is_ungraded_with_the_reason() {
        let outcome = check(&"a".repeat(MAX_BYTES + 1), "a", Some(1), None);
        assert_eq!(outcome.passed, None);
        assert!(
            outcome.message.contains("20001 bytes"),
            "{}",
            outcome.message
        );
    }
}
