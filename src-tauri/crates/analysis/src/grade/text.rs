//! Checks of the text itself: equality, parts of it, patterns, length.

use super::outcome::{Outcome, quote};
use plumbline_model::LengthUnit;
use std::borrow::Cow;

pub(super) fn equals(text: &str, value: &str, ignore_case: bool) -> Outcome {
    let (text, value) = (text.trim(), value.trim());
    Outcome::pass_or(
        folded(text, ignore_case) == folded(value, ignore_case),
        || format!("the answer is {}, not {}", quote(text), quote(value)),
    )
}

pub(super) fn contains(text: &str, value: &str, ignore_case: bool) -> Outcome {
    let occurs = folded(text, ignore_case).contains(folded(value, ignore_case).as_ref());
    Outcome::pass_or(occurs, || format!("{} does not occur", quote(value)))
}

pub(super) fn contains_not(text: &str, value: &str, ignore_case: bool) -> Outcome {
    let occurs = contains(text, value, ignore_case).passed == Some(true);
    Outcome::pass_or(!occurs, || format!("{} occurs", quote(value)))
}

pub(super) fn contains_any(text: &str, values: &[String], ignore_case: bool) -> Outcome {
    if values.is_empty() {
        return Outcome::ungraded("there is nothing to look for");
    }
    let text = folded(text, ignore_case);
    let occurs = values
        .iter()
        .any(|value| text.contains(folded(value, ignore_case).as_ref()));
    Outcome::pass_or(occurs, || {
        format!("none of {} occurs", quote(&values.join(", ")))
    })
}

pub(super) fn contains_all(text: &str, values: &[String], ignore_case: bool) -> Outcome {
    if values.is_empty() {
        return Outcome::ungraded("there is nothing to look for");
    }
    let text = folded(text, ignore_case);
    let missing: Vec<&str> = values
        .iter()
        .filter(|value| !text.contains(folded(value, ignore_case).as_ref()))
        .map(String::as_str)
        .collect();
    Outcome::pass_or(missing.is_empty(), || {
        format!("{} does not occur", quote(&missing.join(", ")))
    })
}

pub(super) fn starts_with(text: &str, value: &str, ignore_case: bool) -> Outcome {
    let text = text.trim_start();
    let starts =
        folded(text, ignore_case).starts_with(folded(value.trim_start(), ignore_case).as_ref());
    Outcome::pass_or(starts, || {
        format!(
            "the answer starts {}, not with {}",
            quote(text),
            quote(value)
        )
    })
}

pub(super) fn length(text: &str, unit: LengthUnit, min: Option<u64>, max: Option<u64>) -> Outcome {
    if min.is_none() && max.is_none() {
        return Outcome::ungraded("the length has neither min nor max");
    }
    let text = text.trim();
    let (found, word) = match unit {
        LengthUnit::Characters => (text.chars().count(), "characters"),
        LengthUnit::Words => (text.split_whitespace().count(), "words"),
    };
    let found = found as u64;
    let outcome = match (min, max) {
        (Some(min), _) if found < min => {
            Outcome::fail(format!("the answer has {found} {word}, fewer than {min}"))
        }
        (_, Some(max)) if found > max => {
            Outcome::fail(format!("the answer has {found} {word}, more than {max}"))
        }
        _ => Outcome::pass(),
    };
    outcome.scored(found as f64)
}

fn folded(text: &str, ignore_case: bool) -> Cow<'_, str> {
    if ignore_case {
        Cow::Owned(text.to_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_trimmed_and_case_counts_where_asked() {
        assert_eq!(equals(" yes\n", "yes", false).passed, Some(true));
        assert_eq!(equals("Yes", "yes", false).passed, Some(false));
        assert_eq!(equals("Yes", "yes", true).passed, Some(true));
        assert_eq!(contains("viel Ärger", "ÄRGER", true).passed, Some(true));
        assert_eq!(contains("viel Ärger", "ÄRGER", false).passed, Some(false));
        assert_eq!(contains_not("I'm sorry", "Sorry", true).passed, Some(false));
        assert_eq!(starts_with("  Dear you", "Dear", false).passed, Some(true));
        assert_eq!(starts_with("Oh dear", "dear", true).passed, Some(false));
    }

    #[test]
    fn any_needs_one_and_all_names_what_is_missing() {
        let values = ["red".to_owned(), "blue".to_owned()];
        assert_eq!(contains_any("Blue sky", &values, true).passed, Some(true));
        assert_eq!(contains_any("Blue sky", &values, false).passed, Some(false));
        let all = contains_all("Blue sky", &values, true);
        assert_eq!(all.passed, Some(false));
        assert_eq!(all.message, "`red` does not occur");
        assert_eq!(contains_all("red blue", &values, true).passed, Some(true));
    }

    #[test]
    fn nothing_to_look_for_is_ungraded() {
        assert_eq!(contains_any("x", &[], true).passed, None);
        assert_eq!(contains_all("x", &[], true).passed, None);
        assert_eq!(length("x", LengthUnit::Words, None, None).passed, None);
    }

    #[test]
    fn length_counts_characters_or_words_of_the_trimmed_text() {
        let characters = |min, max| length(" äöü ", LengthUnit::Characters, min, max).passed;
        assert_eq!(characters(Some(3), Some(3)), Some(true));
        assert_eq!(characters(Some(4), None), Some(false));
        assert_eq!(characters(None, Some(2)), Some(false));
        let words = length("one  two\nthree", LengthUnit::Words, None, Some(2));
        assert_eq!((words.passed, words.score), (Some(false), Some(3.0)));
    }
}
