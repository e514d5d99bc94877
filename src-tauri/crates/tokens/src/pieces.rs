//! Cuts text where both published splitting expressions surely cut it, and ASCII text into their pieces.
//!
//! The expressions look ahead one character at most and never behind, so text may be counted part by part
//! between places where every match must end. Knows nothing of vocabularies.

use crate::Encoding;

/// A part of a text that can be counted by itself.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) enum Part<'t> {
    Ascii(&'t str),
    /// Holds something else than ASCII; surrounded by at most one word on either side.
    Mixed(&'t str),
}

/// The text as parts, in order.
pub(crate) fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let bytes = rest.as_bytes();
        let Some(foreign) = bytes.iter().position(|byte| !byte.is_ascii()) else {
            return Some(Part::Ascii(std::mem::take(&mut rest)));
        };
        let cut_before = (1..=foreign).rev().find(|at| is_cut(bytes, *at));
        let end = cut_before
            .or_else(|| (foreign + 1..bytes.len()).find(|at| is_cut(bytes, *at)))
            .unwrap_or(bytes.len());
        let (part, later) = rest.split_at(end);
        rest = later;
        Some(match cut_before {
            Some(_) => Part::Ascii(part),
            None => Part::Mixed(part),
        })
    })
}

/// True where no match can reach across: before a space after a visible character, since a space only
/// begins a word or stands among white space; and between a line feed and a letter or digit, since
/// nothing but white space and `/` follows a line feed inside a match.
fn is_cut(bytes: &[u8], at: usize) -> bool {
    let (before, after) = (bytes[at - 1], bytes[at]);
    (after == b' ' && before.is_ascii_graphic())
        || (before == b'\n' && after.is_ascii_alphanumeric())
}

/// The end of the piece that begins at `from`, in ASCII text. Follows the published expressions
/// (tiktoken, `openai_public.py`) for the characters that ASCII has.
pub(crate) fn piece_end(encoding: Encoding, text: &[u8], from: usize) -> usize {
    let at = |index: usize| text.get(index).copied().unwrap_or_default();
    let first = at(from);
    // A line end never leads a word; `at` gives NUL beyond the end, which is no letter.
    let leads = !first.is_ascii_alphanumeric() && first != b'\r' && first != b'\n';
    let word = from + usize::from(leads);
    match encoding {
        Encoding::O200kBase if at(word).is_ascii_alphabetic() => {
            let lower = run(text, word, |byte| byte.is_ascii_uppercase());
            let end = run(text, lower, |byte| byte.is_ascii_lowercase());
            return end + contraction(text, end);
        }
        Encoding::Cl100kBase => {
            let length = contraction(text, from);
            if length > 0 {
                return from + length;
            }
            if at(word).is_ascii_alphabetic() {
                return run(text, word, |byte| byte.is_ascii_alphabetic());
            }
        }
        Encoding::O200kBase => {}
    }
    if first.is_ascii_digit() {
        let three = &text[..text.len().min(from + 3)];
        return run(three, from, |byte| byte.is_ascii_digit());
    }
    let mark = from + usize::from(first == b' ');
    let marks = run(text, mark, is_mark);
    if marks > mark {
        return match encoding {
            Encoding::O200kBase => run(text, marks, |byte| matches!(byte, b'\r' | b'\n' | b'/')),
            Encoding::Cl100kBase => run(text, marks, |byte| matches!(byte, b'\r' | b'\n')),
        };
    }
    let end = run(text, from, is_space);
    let line_end = text[from..end]
        .iter()
        .rposition(|byte| matches!(byte, b'\r' | b'\n'));
    match line_end {
        Some(last) => from + last + 1,
        // The last space before a word goes with the word.
        None if end < text.len() && end - from > 1 => end - 1,
        None => end,
    }
}

/// Where the run of bytes that belong ends. Called for bytes that one piece takes, so that cutting stays linear.
fn run(text: &[u8], from: usize, belongs: impl Fn(u8) -> bool) -> usize {
    text[from..]
        .iter()
        .position(|byte| !belongs(*byte))
        .map_or(text.len(), |length| from + length)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

fn is_mark(byte: u8) -> bool {
    !is_space(byte) && !byte.is_ascii_alphanumeric()
}

/// Length of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at `from`, in any case; 0 for anything else.
fn contraction(text: &[u8], from: usize) -> usize {
    let lower = |index: usize| text.get(index).map(u8::to_ascii_lowercase);
    if lower(from) != Some(b'\'') {
        return 0;
    }
    match (lower(from + 1), lower(from + 2)) {
        (Some(b's' | b't' | b'm' | b'd'), _) => 2,
        (Some(b'r' | b'v'), Some(b'e')) | (Some(b'l'), Some(b'l')) => 3,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{BOTH, short_texts};
    use crate::vocabulary::linear;
    use proptest::prelude::*;

    fn pieces(encoding: Encoding, text: &str) -> Vec<&str> {
        let mut pieces = Vec::new();
        let mut from = 0;
        while from < text.len() {
            let end = piece_end(encoding, text.as_bytes(), from);
            pieces.push(&text[from..end]);
            from = end;
        }
        pieces
    }

    /// All pieces of a text, the mixed parts cut by the expression itself.
    fn all_pieces(encoding: Encoding, text: &str) -> Vec<&str> {
        parts(text)
            .flat_map(|part| match part {
                Part::Ascii(text) => pieces(encoding, text),
                Part::Mixed(text) => linear(encoding).split(text).collect(),
            })
            .collect()
    }

    #[test]
    fn every_short_text_of_the_telling_characters_is_cut_as_the_expression_cuts_it() {
        // One of each class that the expressions tell apart, and what makes contractions.
        let letters = [
            'a', 'S', 'l', '\'', ' ', '\t', '\n', '\r', '7', '-', '/', '\0',
        ];
        for text in short_texts(&letters, 5) {
            for encoding in BOTH {
                let expected: Vec<&str> = linear(encoding).split(&text).collect();
                assert_eq!(pieces(encoding, &text), expected, "{encoding}: {text:?}");
            }
        }
    }

    #[test]
    fn a_foreign_word_takes_only_its_neighbours_out_of_the_ascii() {
        // The space after a letter that is not ASCII is no sure cut; the line end is.
        let found: Vec<Part<'_>> = parts("one two caf\u{e9} three\nfour").collect();
        assert_eq!(
            found,
            [
                Part::Ascii("one two"),
                Part::Mixed(" caf\u{e9} three\n"),
                Part::Ascii("four")
            ]
        );
    }

    proptest! {
        #[test]
        fn parts_never_cut_a_piece(
            text in "(?s)([ \t\r\n\u{a0}\u{3000}]{0,4}|[a-zA-Z']{0,6}|[0-9]{0,5}|[é一ſǅʰ\u{301}]{0,3}|[!-/]{0,3}|.){0,16}"
        ) {
            for encoding in BOTH {
                let expected: Vec<&str> = linear(encoding).split(&text).collect();
                prop_assert_eq!(all_pieces(encoding, &text), expected);
            }
        }
    }
}
