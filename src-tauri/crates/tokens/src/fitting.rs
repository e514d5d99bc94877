//! Whether a text has at most so many tokens, and the most of it that has: found without counting the rest.
//!
//! From the front a text is read until the limit is reached. From the back it is read in stretches between sure places,
//! whose counts add up exactly; what the last of them has too much is found from its front. Only a few words around the
//! place are looked at token by token.

use crate::any_pieces::any_pieces;
use crate::counting::{Reached, read_up_to};
use crate::sure_cuts::{at_or_before, at_or_behind};
use crate::{Encoding, count, stops};

/// Length of what is read at once where little is left to read, in bytes: it costs little to set up.
const STRETCH: usize = 512;
/// How far beyond the limit to look, in bytes, for where a character ends that takes several.
const NEARBY: usize = 32;
/// Bytes of a token: more than most have, for a reading that stops at the limit.
const LONG_GUESS: usize = 6;
/// And fewer than most have, for one that does not, before any was seen.
const SHORT_GUESS: usize = 2;

/// Which part of a text is cut away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextCut {
    /// The end is kept.
    Head,
    /// The start is kept.
    Tail,
    /// As much of the start as of the end is kept.
    Middle,
}

/// What is kept of a text: a start and an end of it, one of them empty unless the middle was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptText<'t> {
    pub start: &'t str,
    pub end: &'t str,
    /// Of start and end, each counted from scratch by itself.
    pub tokens: u64,
}

impl KeptText<'_> {
    /// Whether nothing of `text`, which this was kept of, is gone.
    #[must_use]
    pub fn is_whole(&self, text: &str) -> bool {
        self.start.len() + self.end.len() == text.len()
    }
}

/// The number of tokens of `text` where it is at most `limit`, else `None`. Exact; reads little beyond the limit.
#[must_use]
pub fn count_up_to(encoding: Encoding, text: &str, limit: u64) -> Option<u64> {
    let read = front_of(encoding, text, limit);
    (read.at == text.len()).then_some(read.tokens)
}

/// The most of `text` that has at most `limit` tokens, cut between tokens and never inside a character. Reads little
/// beyond what is kept; never fails. What is kept counts by itself as stated, though it may be cut into other tokens
/// than it was inside the whole.
#[must_use]
pub fn fit_text(encoding: Encoding, text: &str, limit: u64, cut: TextCut) -> KeptText<'_> {
    match cut {
        TextCut::Tail => start_of(encoding, text, limit),
        TextCut::Head => end_of(encoding, text, limit),
        TextCut::Middle => both_ends_of(encoding, text, limit),
    }
}

fn start_of(encoding: Encoding, text: &str, limit: u64) -> KeptText<'_> {
    let read = front_of(encoding, text, limit);
    let (mut at, mut tokens) = (read.at, read.tokens);
    if at < text.len() {
        let near = Near::around(encoding, text, read, NEARBY);
        (at, tokens) = (near.from, near.tokens_before);
        if tokens < limit || !stops::is_whole_character(text, at) {
            let end = stops::longest_start(encoding, near.stretch, limit - tokens);
            tokens += count(encoding, near.stretch.get(..end).unwrap_or_default());
            at += end;
        }
    }
    KeptText {
        start: text.get(..at).unwrap_or_default(),
        end: "",
        tokens,
    }
}

/// The last end of a piece up to which the text has at most `limit` tokens.
fn front_of(encoding: Encoding, text: &str, limit: u64) -> Reached {
    let mut read = Reached { at: 0, tokens: 0 };
    loop {
        let left = limit - read.tokens;
        // Nothing is counted beyond the limit, so a guess that is too long costs little.
        let length = likely_bytes(left, LONG_GUESS, 1).max(STRETCH);
        let Some(stretch) = text
            .get(read.at..)
            .and_then(|rest| first_stretch(rest, length))
        else {
            return read;
        };
        let here = read_up_to(encoding, stretch, left);
        read.at += here.at;
        read.tokens += here.tokens;
        if here.at < stretch.len() {
            return read;
        }
    }
}

fn end_of(encoding: Encoding, text: &str, limit: u64) -> KeptText<'_> {
    let (mut at, mut tokens) = (text.len(), 0);
    let mut length = likely_bytes(limit, SHORT_GUESS, 1);
    while let Some(stretch) = text.get(..at).and_then(|rest| last_stretch(rest, length)) {
        let left = limit - tokens;
        let all = count(encoding, stretch);
        if all <= left {
            at -= stretch.len();
            tokens += all;
            length = next_length(likely_bytes(limit - tokens, text.len() - at, tokens));
            continue;
        }
        // What is too much is at its front.
        let read = read_up_to(encoding, stretch, all - left - 1);
        let begun = at - stretch.len();
        let word = Near::around(encoding, stretch, read, 1);
        let behind = all - word.tokens_up_to(encoding);
        at = begun + word.from + word.stretch.len();
        if behind == left && stops::is_whole_character(text, at) {
            tokens = limit;
            break;
        }
        let near = Near::around(encoding, stretch, read, NEARBY);
        let behind = all - near.tokens_up_to(encoding);
        let start = stops::longest_end(encoding, near.stretch, left - behind);
        let kept = near.stretch.get(start..).unwrap_or_default();
        tokens += behind + count(encoding, kept);
        at = begun + near.from + start;
        break;
    }
    KeptText {
        start: "",
        end: text.get(at..).unwrap_or_default(),
        tokens,
    }
}

/// A few words between sure places, around where a limit is reached.
struct Near<'t> {
    stretch: &'t str,
    from: usize,
    tokens_before: u64,
}

impl<'t> Near<'t> {
    fn around(encoding: Encoding, text: &'t str, read: Reached, beyond: usize) -> Self {
        let from = at_or_before(text, read.at);
        let to = at_or_behind(text, read.at + beyond);
        let stretch = text.get(from..to).unwrap_or_default();
        let mut end = from;
        let between = any_pieces(encoding, stretch).take_while(|piece| {
            end += piece.len();
            end <= read.at
        });
        let between: u64 = between.map(|piece| count(encoding, piece)).sum();
        Self {
            stretch,
            from,
            tokens_before: read.tokens - between,
        }
    }

    fn tokens_up_to(&self, encoding: Encoding) -> u64 {
        self.tokens_before + count(encoding, self.stretch)
    }
}

/// How many bytes `left` tokens are likely to have, where `bytes` had `tokens`.
fn likely_bytes(left: u64, bytes: usize, tokens: u64) -> usize {
    let left = usize::try_from(left).unwrap_or(usize::MAX);
    let tokens = usize::try_from(tokens.max(1)).unwrap_or(usize::MAX);
    left.saturating_mul(bytes) / tokens
}

/// Most of what is likely to be left, as what is read beyond the limit is read twice; at last a little more than that.
fn next_length(likely: usize) -> usize {
    if likely > STRETCH / 2 {
        likely / 4 * 3
    } else {
        likely + likely / 16 + NEARBY
    }
}

fn both_ends_of(encoding: Encoding, text: &str, limit: u64) -> KeptText<'_> {
    let front = start_of(encoding, text, limit.div_ceil(2));
    let rest = text.get(front.start.len()..).unwrap_or_default();
    let back = end_of(encoding, rest, limit - front.tokens);
    if !back.is_whole(rest) {
        return KeptText {
            end: back.end,
            tokens: front.tokens + back.tokens,
            ..front
        };
    }
    // Nothing is gone, so both ends are one text, which may count otherwise than its halves.
    match count_up_to(encoding, text, limit) {
        Some(tokens) => KeptText {
            start: text,
            end: "",
            tokens,
        },
        None => start_of(encoding, text, limit),
    }
}

/// The start of a text up to a sure place; `None` where nothing is left.
fn first_stretch(text: &str, length: usize) -> Option<&str> {
    let end = at_or_behind(text, length.min(text.len()));
    text.get(..end).filter(|stretch| !stretch.is_empty())
}

/// The end of a text from a sure place on; `None` where nothing is left.
fn last_stretch(text: &str, length: usize) -> Option<&str> {
    let start = at_or_before(text, text.len().saturating_sub(length));
    text.get(start..).filter(|stretch| !stretch.is_empty())
}

#[cfg(test)]
#[path = "fitting_tests.rs"]
mod tests;
