//! Places in a text of any script where both splitting expressions end every match, whatever stands further away.
//!
//! Between two such places a text is counted by itself, from the front or from the back: the count of the whole is the
//! sum. The expressions look ahead one character at most and never behind, so two neighbours tell. Knows nothing of
//! vocabularies.

use crate::classes::{Class, class_of};

/// True where no match can reach from `before` to `after`, and none that ends between them looks ahead.
fn is_sure(before: char, after: char) -> bool {
    let (left, right) = (class_of(before), class_of(after));
    let line_end = |character| matches!(character, '\r' | '\n');
    match (left, right) {
        // White space stands behind nothing but white space, save line ends behind marks; a number is with numbers only.
        (Class::Number, Class::Number) => false,
        (Class::Number, _) => true,
        (Class::Space, right) => line_end(before) && (right.is_letter() || right == Class::Number),
        (_, Class::Number) => true,
        (left, Class::Space) => left.is_letter() || !line_end(after),
        // Behind a word's letters stands a contraction at most.
        (left, Class::Other) => left.is_letter() && after != '\'',
        _ => false,
    }
}

/// The first sure place at or behind `from`, else the end of the text.
pub(crate) fn at_or_behind(text: &str, from: usize) -> usize {
    let from = (from.max(1)..text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len());
    let mut before = text.get(..from).and_then(|start| start.chars().next_back());
    for (at, after) in text.get(from..).unwrap_or_default().char_indices() {
        if before.is_some_and(|before| is_sure(before, after)) {
            return from + at;
        }
        before = Some(after);
    }
    text.len()
}

/// The last sure place at or before `to`, else the start of the text.
pub(crate) fn at_or_before(text: &str, to: usize) -> usize {
    let to = (0..=to.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    let mut after = text.get(to..).and_then(|end| end.chars().next());
    for (at, before) in text.get(..to).unwrap_or_default().char_indices().rev() {
        if after.is_some_and(|after| is_sure(before, after)) {
            return at + before.len_utf8();
        }
        after = Some(before);
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::any_pieces::any_pieces;
    use crate::testing::{BOTH, short_texts};
    use proptest::prelude::*;

    /// Every sure place of the text leaves the pieces on both sides as they were.
    fn sure_places_hold(text: &str) -> Result<(), String> {
        for (at, _) in text.char_indices().skip(1) {
            if at_or_behind(text, at) != at {
                continue;
            }
            for encoding in BOTH {
                let whole: Vec<&str> = any_pieces(encoding, text).collect();
                let (left, right) = text.split_at(at);
                let halves = any_pieces(encoding, left).chain(any_pieces(encoding, right));
                if !halves.eq(whole.iter().copied()) {
                    return Err(format!("{encoding}: {text:?} at {at}"));
                }
            }
        }
        Ok(())
    }

    #[test]
    fn no_piece_of_a_short_text_reaches_across_a_sure_place() {
        // One of each class that the expressions tell apart, and what makes contractions and line ends.
        let letters = [
            'a', 'É', 'ʰ', '一', '\u{301}', '7', ' ', '\u{a0}', '\n', '\r', '\'', 's', '-', '/',
        ];
        for text in short_texts(&letters, 4) {
            sure_places_hold(&text).unwrap();
        }
    }

    #[test]
    fn the_nearest_place_is_found_from_both_sides() {
        let text = "один два, 三四。five\n\nsix";
        let places: Vec<usize> = (1..=text.len())
            .filter(|at| at_or_behind(text, *at) == *at)
            .collect();
        assert!(places.len() > 5, "{places:?}");
        for at in 0..=text.len() {
            let behind = places.iter().copied().find(|place| *place >= at.max(1));
            assert_eq!(at_or_behind(text, at), behind.unwrap_or(text.len()));
            let before = places
                .iter()
                .copied()
                .rev()
                .find(|place| *place <= at && *place < text.len());
            assert_eq!(at_or_before(text, at), before.unwrap_or(0), "{at}");
        }
        assert_eq!((at_or_behind("", 5), at_or_before("", 5)), (0, 0));
    }

    proptest! {
        #[test]
        fn no_piece_reaches_across_a_sure_place(
            text in "(?s)([ \t\r\n\u{a0}\u{3000}]{0,4}|[a-zA-Z']{0,6}|[0-9]{0,5}|[é一ſǅʰÉ\u{301}]{0,5}|[!-/]{0,3}|.){0,16}"
        ) {
            prop_assert_eq!(sure_places_hold(&text), Ok(()));
        }
    }
}
