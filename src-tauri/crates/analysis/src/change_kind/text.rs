//! The kinds of change between two texts.

use super::{ChangeKind, edits, facts, language};
use crate::diff::split_words;
use unicode_normalization::UnicodeNormalization;

/// A label has at most this many words and characters.
const LABEL_WORDS: usize = 4;
const LABEL_CHARS: usize = 48;

pub(super) fn kinds(a: &str, b: &str) -> Vec<ChangeKind> {
    if visible_characters(a).eq(visible_characters(b)) {
        return vec![ChangeKind::Whitespace];
    }
    if bare(a).eq(bare(b)) {
        return vec![ChangeKind::Formatting];
    }
    let mut kinds = Vec::new();
    let (words_a, words_b) = (words(a), words(b));
    if has_digit(a) && has_digit(b) && without_numbers(a) == without_numbers(b) {
        kinds.push(ChangeKind::Number);
    } else if is_label(a, words_a) && is_label(b, words_b) {
        kinds.push(ChangeKind::Label);
    } else if let Some(code) = language::changed(a, b) {
        // Another language has other words throughout: nothing else is worth telling.
        return vec![ChangeKind::Language(code)];
    } else {
        if words_b >= 2 * words_a {
            kinds.push(ChangeKind::Longer2x);
        } else if words_a >= 2 * words_b {
            kinds.push(ChangeKind::Shorter2x);
        }
        if facts::is_missing(a, b) {
            kinds.push(ChangeKind::FactMissing);
        }
        if kinds.is_empty() {
            kinds.push(ChangeKind::Wording);
        }
    }
    kinds.extend(edits::edits(a, b).into_iter().map(ChangeKind::Edit));
    kinds
}

fn words(text: &str) -> usize {
    split_words(text)
        .into_iter()
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .count()
}

fn is_label(text: &str, words: usize) -> bool {
    let text = text.trim();
    words <= LABEL_WORDS && text.chars().count() <= LABEL_CHARS && !text.contains('\n')
}

/// What is left without white space, invisible characters and compatible forms (UAX 15, NFKC).
fn visible_characters(text: &str) -> impl Iterator<Item = char> {
    text.nfkc().filter(|c| {
        !c.is_whitespace()
            && !matches!(
                *c,
                '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}'
            )
    })
}

/// Letters and digits in order, case ignored: what is left when formatting is taken away.
///
/// Signs that carry meaning between digits stay, or `1.5` would equal `15`.
fn bare(text: &str) -> impl Iterator<Item = char> {
    let mut before_digit = false;
    let mut chars = text.chars().peekable();
    std::iter::from_fn(move || {
        loop {
            let c = chars.next()?;
            let next_digit = chars.peek().is_some_and(char::is_ascii_digit);
            let sign =
                next_digit && (c == '-' || (before_digit && matches!(c, '.' | ',' | ':' | '/')));
            before_digit = c.is_ascii_digit();
            if c.is_alphanumeric() || sign {
                return Some(c);
            }
        }
    })
    .flat_map(char::to_lowercase)
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

fn without_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_number = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next_digit = chars.peek().is_some_and(char::is_ascii_digit);
        if c.is_ascii_digit() || (in_number && matches!(c, '.' | ',') && next_digit) {
            if !in_number {
                out.push('#');
            }
            in_number = true;
        } else {
            in_number = false;
            out.push(c);
        }
    }
    out
}
