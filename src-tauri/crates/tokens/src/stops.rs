//! Where a short stretch of text may be cut: between two tokens, and not inside a character.
//!
//! Some tokens hold a part of a character, and what is kept of a piece may be cut into other pieces than the whole was.
//! So every place that is tried is counted again. A place inside what a reader takes for one character (an accent, a
//! family of emoji) is passed over, as long as another one is near.

use crate::any_pieces::any_pieces;
use crate::vocabulary::Vocabulary;
use crate::{Encoding, count};
use unicode_segmentation::{GraphemeCursor, GraphemeIncomplete};

/// How many places are tried one by one before the steps get longer; what people write needs two or three.
const TRIES: usize = 24;
/// How far to look around a place for the character that it may be inside of, in bytes.
const NEIGHBOURHOOD: usize = 128;

/// A place to cut at, as an offset, and the tokens of the whole text that are kept there.
#[derive(Clone, Copy)]
struct Stop {
    at: usize,
    tokens: u64,
}

/// The longest start of the stretch with at most `allowed` tokens, as the offset of its end.
pub(crate) fn longest_start(encoding: Encoding, stretch: &str, allowed: u64) -> usize {
    let mut stops = vec![Stop { at: 0, tokens: 0 }];
    let mut reached = Stop { at: 0, tokens: 0 };
    for piece in any_pieces(encoding, stretch) {
        let next = reached.behind(piece, count(encoding, piece));
        if next.tokens > allowed {
            // Only the piece in which the limit is reached is taken apart.
            stops.extend(inside(encoding, stretch, reached, piece));
            break;
        }
        stops.push(next);
        reached = next;
    }
    best(
        stretch,
        &stops,
        |at| count(encoding, stretch.get(..at).unwrap_or_default()) <= allowed,
        allowed,
    )
}

/// The longest end of the stretch with at most `allowed` tokens, as the offset of its start.
pub(crate) fn longest_end(encoding: Encoding, stretch: &str, allowed: u64) -> usize {
    let mut pieces = Vec::new();
    let mut end = Stop { at: 0, tokens: 0 };
    for piece in any_pieces(encoding, stretch) {
        pieces.push((end, piece));
        end = end.behind(piece, count(encoding, piece));
    }
    let whole = end.tokens;
    let kept = |stop: Stop| Stop {
        tokens: whole.saturating_sub(stop.tokens),
        ..stop
    };
    let mut stops = vec![kept(end)];
    for (start, piece) in pieces.into_iter().rev() {
        if kept(start).tokens > allowed {
            let ends: Vec<Stop> = inside(encoding, stretch, start, piece).collect();
            // The last of them is the start of the piece behind.
            stops.extend(ends.into_iter().rev().skip(1).map(kept));
            stops.push(kept(start));
            break;
        }
        stops.push(kept(start));
    }
    best(
        stretch,
        &stops,
        |at| count(encoding, stretch.get(at..).unwrap_or_default()) <= allowed,
        allowed,
    )
}

impl Stop {
    fn behind(self, piece: &str, tokens: u64) -> Self {
        Self {
            at: self.at + piece.len(),
            tokens: self.tokens + tokens,
        }
    }
}

/// The ends of the tokens of a piece that starts at a stop, where a character ends too.
fn inside<'t>(
    encoding: Encoding,
    stretch: &'t str,
    start: Stop,
    piece: &str,
) -> impl Iterator<Item = Stop> + use<'t> {
    let ends = Vocabulary::of(encoding).ends(piece.as_bytes());
    let numbered = (1..).zip(ends).map(move |(tokens, end)| Stop {
        at: start.at + end,
        tokens: start.tokens + tokens,
    });
    numbered.filter(move |stop| stretch.is_char_boundary(stop.at))
}

/// The stop that keeps most, of `stops` in order of what they keep; the first keeps nothing.
fn best(stretch: &str, stops: &[Stop], fits: impl Fn(usize) -> bool, allowed: u64) -> usize {
    let place = |index: usize| stops.get(index).map_or(0, |stop| stop.at);
    let good = |index: usize| is_whole_character(stretch, place(index)) && fits(place(index));
    let guess = stops
        .partition_point(|stop| stop.tokens <= allowed)
        .saturating_sub(1);
    // What is kept may have fewer tokens by itself than inside the whole, though seldom.
    let last = (guess + TRIES).min(stops.len().saturating_sub(1));
    let mut index = (guess..=last)
        .take_while(|index| fits(place(*index)))
        .last()
        .unwrap_or(guess);
    if let Some(near) = (index.saturating_sub(TRIES)..=index)
        .rev()
        .find(|i| good(*i))
    {
        return place(near);
    }
    let mut step = 1;
    while index > 0 && !fits(place(index)) {
        index = index.saturating_sub(step);
        step *= 2;
    }
    place(index)
}

/// False inside of what a reader takes for one character.
pub(crate) fn is_whole_character(text: &str, at: usize) -> bool {
    let edge = |mut from: usize| {
        while !text.is_char_boundary(from) {
            from += 1;
        }
        from
    };
    let from = edge(at.saturating_sub(NEIGHBOURHOOD));
    let to = edge((at + NEIGHBOURHOOD).min(text.len()));
    let Some(near) = text.get(from..to) else {
        return false;
    };
    let at = at - from;
    match GraphemeCursor::new(at, near.len(), true).is_boundary(near, 0) {
        Ok(is_boundary) => is_boundary,
        Err(GraphemeIncomplete::InvalidOffset) => false,
        // The neighbourhood is taken for all there is.
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::BOTH;

    #[test]
    fn a_stop_is_never_inside_a_character_though_tokens_end_there() {
        for encoding in BOTH {
            let text = "𠮷𓀀🫠ꙮ".repeat(4);
            let vocabulary = Vocabulary::of(encoding);
            let inside = any_pieces(encoding, &text)
                .flat_map(|piece| vocabulary.ends(piece.as_bytes()))
                .any(|end| !text.is_char_boundary(end));
            assert!(
                inside,
                "{encoding}: the text has no token that ends inside a character"
            );
            for allowed in 0..=count(encoding, &text) {
                assert!(text.is_char_boundary(longest_start(encoding, &text, allowed)));
                assert!(text.is_char_boundary(longest_end(encoding, &text, allowed)));
            }
        }
    }

    #[test]
    fn an_accent_stays_with_its_letter_and_a_family_together() {
        let family = "👨‍👩‍👧‍👦";
        let text = format!("{family}{family}");
        for encoding in BOTH {
            for allowed in 0..=count(encoding, &text) {
                let at = longest_start(encoding, &text, allowed);
                assert!([0, family.len(), text.len()].contains(&at), "{at}");
            }
        }
    }

    #[test]
    fn a_character_that_never_ends_is_cut_all_the_same() {
        let text = format!("e{}", "\u{301}".repeat(5_000));
        for encoding in BOTH {
            let at = longest_start(encoding, &text, 100);
            assert!(at > 50, "{at}");
            assert!(count(encoding, &text[..at]) <= 100);
        }
    }
}
