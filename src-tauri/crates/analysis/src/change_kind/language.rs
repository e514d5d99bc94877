//! In which language a text is, where that is sure.

/// Fewer letters tell nothing.
const LEAST_LETTERS: usize = 40;
/// More characters tell nothing more.
const MOST_CHARS: usize = 1_000;

/// The ISO 639-3 code of the language of `b`, where both languages are sure and not the same.
pub(super) fn changed(a: &str, b: &str) -> Option<&'static str> {
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
