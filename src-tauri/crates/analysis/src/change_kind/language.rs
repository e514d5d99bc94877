//! In which language a text is, where that is sure.

use crate::diff::word_similarity;

/// Fewer letters tell nothing.
const LEAST_LETTERS: usize = 40;
/// More characters tell nothing more.
const MOST_CHARS: usize = 1_000;

/// Texts that share more of their words than this are in one language; to tell a language is dear.
const SHARED: f64 = 0.3;

/// The ISO 639-3 code of the language of `b`, where both languages are sure and not the same.
pub(super) fn changed(a: &str, b: &str) -> Option<&'static str> {
    if word_similarity(a, b) > SHARED {
        return None;
    }
    let (from, to) = (language(a)?, language(b)?);
    (from != to).then(|| to.code())
}

fn language(text: &str) -> Option<whatlang::Lang> {
    let end = text
        .char_indices()
        .nth(MOST_CHARS)
        .map_or(text.len(), |(at, _)| at);
    let head = text.get(..end)?;
    if head.chars().filter(|c| c.is_alphabetic()).count() < LEAST_LETTERS {
        return None;
    }
    let found = whatlang::detect(head)?;
    found.is_reliable().then(|| found.lang())
}
