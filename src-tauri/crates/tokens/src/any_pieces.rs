//! Cuts text of any script into the pieces of the published splitting expressions (tiktoken, `openai_public.py`).
//!
//! The expressions try their alternatives in order and take back as little as they can; each function here finds
//! where that ends in one pass over the characters. Knows nothing of vocabularies.

use crate::Encoding;
use crate::classes::{Class, class_of};

/// The pieces of a text, in order.
pub(crate) fn any_pieces(encoding: Encoding, text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = match encoding {
            Encoding::O200kBase => o200k(rest, first),
            Encoding::Cl100kBase => cl100k(rest, first),
        };
        let (piece, later) = rest.split_at(end);
        rest = later;
        Some(piece)
    })
}

fn o200k(text: &str, first: char) -> usize {
    let class = class_of(first);
    let leads = leads(first, class).then(|| first.len_utf8());
    let starts = || leads.into_iter().chain([0]);
    // A word that ends in small letters, else one of capitals alone.
    let word = starts()
        .find_map(|start| small_word(text, start))
        .or_else(|| starts().find_map(|start| capital_word(text, start)));
    match word {
        Some(end) => end + contraction(&text[end..]),
        None => no_word(text, first, class, |after| {
            matches!(after, '\r' | '\n' | '/')
        }),
    }
}

fn cl100k(text: &str, first: char) -> usize {
    let length = contraction(text);
    if length > 0 {
        return length;
    }
    let class = class_of(first);
    let leads = leads(first, class).then(|| first.len_utf8());
    let word = leads.into_iter().chain([0]).find_map(|start| {
        let end = run(text, start, |_, class| class.is_letter());
        (end > start).then_some(end)
    });
    word.unwrap_or_else(|| no_word(text, first, class, |after| matches!(after, '\r' | '\n')))
}

/// `[^\r\n\p{L}\p{N}]`: what may stand before a word and belong to it.
fn leads(first: char, class: Class) -> bool {
    !class.is_letter() && class != Class::Number && !matches!(first, '\r' | '\n')
}

/// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`
fn small_word(text: &str, start: usize) -> Option<usize> {
    let mut last_both = None;
    let mut capitals = start;
    for character in text[start..].chars() {
        match class_of(character) {
            Class::Upper => {}
            Class::Letter | Class::Mark => last_both = Some(capitals + character.len_utf8()),
            Class::Lower => return Some(run(text, capitals, |_, class| class.is_small())),
            _ => break,
        }
        capitals += character.len_utf8();
    }
    // Without a small letter behind them, the first part gives back up to the last that may be in the second.
    last_both
}

/// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+`; small letters behind them would have been a word before.
fn capital_word(text: &str, start: usize) -> Option<usize> {
    let end = run(text, start, |_, class| {
        matches!(class, Class::Upper | Class::Letter | Class::Mark)
    });
    (end > start).then_some(end)
}

/// Numbers, marks and white space.
fn no_word(text: &str, first: char, class: Class, after_marks: fn(char) -> bool) -> usize {
    if class == Class::Number {
        let three = text.char_indices().nth(3).map_or(text.len(), |(at, _)| at);
        return run(&text[..three], 0, |_, class| class == Class::Number);
    }
    let start = usize::from(first == ' ');
    let marks = run(text, start, |_, class| {
        matches!(class, Class::Other | Class::Mark)
    });
    if marks > start {
        return run(text, marks, |character, _| after_marks(character));
    }
    let (mut end, mut last_line_end, mut last_length, mut spaces) = (0, None, 0, 0);
    for character in text.chars().take_while(|c| class_of(*c) == Class::Space) {
        last_length = character.len_utf8();
        end += last_length;
        spaces += 1;
        if matches!(character, '\r' | '\n') {
            last_line_end = Some(end);
        }
    }
    match last_line_end {
        Some(line_end) => line_end,
        // The last space before a word goes with the word.
        None if end < text.len() && spaces > 1 => end - last_length,
        None => end,
    }
}

/// Where the run of characters that belong ends.
fn run(text: &str, from: usize, belongs: impl Fn(char, Class) -> bool) -> usize {
    let length: usize = text[from..]
        .chars()
        .take_while(|character| belongs(*character, class_of(*character)))
        .map(char::len_utf8)
        .sum();
    from + length
}

/// Length of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at the start, in any case; 0 for anything else. The long s
/// is an s in another case.
fn contraction(text: &str) -> usize {
    let Some(rest) = text.strip_prefix('\'') else {
        return 0;
    };
    let mut characters = rest.chars().map(|c| c.to_ascii_lowercase());
    match (characters.next(), characters.next()) {
        (Some('s' | 't' | 'm' | 'd'), _) => 2,
        (Some('\u{17f}'), _) => 3,
        (Some('r' | 'v'), Some('e')) | (Some('l'), Some('l')) => 3,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{BOTH, short_texts};
    use crate::vocabulary::linear;
    use proptest::prelude::*;

    fn is_cut_as_published(text: &str) -> Result<(), String> {
        for encoding in BOTH {
            let expected: Vec<&str> = linear(encoding).split(text).collect();
            let found: Vec<&str> = any_pieces(encoding, text).collect();
            if found != expected {
                return Err(format!("{encoding}: {found:?}, published {expected:?}"));
            }
        }
        Ok(())
    }

    #[test]
    fn every_short_text_of_the_telling_characters_is_cut_as_the_expression_cuts_it() {
        // One of each class that the expressions tell apart, and what makes contractions.
        let letters = [
            'a', 'É', 'ǅ', 'ʰ', '一', '\u{301}', '٣', '7', ' ', '\u{a0}', '\n', '\'', 's',
            '\u{17f}', '-', '/',
        ];
        for text in short_texts(&letters, 4) {
            is_cut_as_published(&text).unwrap();
        }
    }

    #[test]
    fn every_character_is_of_the_class_that_the_expression_has_it_in() {
        let mut text = String::new();
        for character in '\0'..=char::MAX {
            text.extend(['a', character, 'B', character, '7', character, ' ']);
            if text.len() > 100_000 {
                is_cut_as_published(&text).unwrap();
                text.clear();
            }
        }
        is_cut_as_published(&text).unwrap();
    }

    proptest! {
        #[test]
        fn any_text_is_cut_as_the_published_expression_cuts_it(
            text in "(?s)([ \t\r\n\u{a0}\u{3000}]{0,4}|[a-zA-Z']{0,6}|[0-9]{0,5}|[é一ſǅʰÉ\u{301}]{0,5}|[!-/]{0,3}|.){0,16}"
        ) {
            prop_assert_eq!(is_cut_as_published(&text), Ok(()));
        }
    }
}
