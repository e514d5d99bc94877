//! Whether a text has at most so many tokens, and the most of it that has: found without counting the rest.
//!
//! A text is read in stretches between sure places, from the front or from the back, whose counts add up exactly. Only
//! the stretch in which the limit is reached is looked at again, at last token by token.

use crate::sure_cuts::{at_or_before, at_or_behind};
use crate::{Encoding, count, stops};

/// Least lengths of a stretch, in bytes: the longer costs little to set up, the shorter leaves little to look at closely.
const STRETCHES: [usize; 2] = [512, 64];

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
    let (mut at, mut tokens) = (0, 0);
    while let Some(stretch) = text
        .get(at..)
        .and_then(|rest| first_stretch(rest, STRETCHES[0]))
    {
        tokens += count(encoding, stretch);
        if tokens > limit {
            return None;
        }
        at += stretch.len();
    }
    Some(tokens)
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
    let (mut at, mut tokens) = (0, 0);
    for length in STRETCHES {
        while let Some(stretch) = text.get(at..).and_then(|rest| first_stretch(rest, length)) {
            let counted = count(encoding, stretch);
            if tokens + counted > limit {
                break;
            }
            tokens += counted;
            at += stretch.len();
        }
    }
    let shortest = STRETCHES.last().copied().unwrap_or(1);
    if let Some(stretch) = text
        .get(at..)
        .and_then(|rest| first_stretch(rest, shortest))
    {
        let end = stops::longest_start(encoding, stretch, limit - tokens);
        tokens += count(encoding, stretch.get(..end).unwrap_or_default());
        at += end;
    }
    KeptText {
        start: text.get(..at).unwrap_or_default(),
        end: "",
        tokens,
    }
}

fn end_of(encoding: Encoding, text: &str, limit: u64) -> KeptText<'_> {
    let (mut at, mut tokens) = (text.len(), 0);
    for length in STRETCHES {
        while let Some(stretch) = text.get(..at).and_then(|rest| last_stretch(rest, length)) {
            let counted = count(encoding, stretch);
            if tokens + counted > limit {
                break;
            }
            tokens += counted;
            at -= stretch.len();
        }
    }
    let shortest = STRETCHES.last().copied().unwrap_or(1);
    if let Some(stretch) = text.get(..at).and_then(|rest| last_stretch(rest, shortest)) {
        let start = stops::longest_end(encoding, stretch, limit - tokens);
        let kept = stretch.get(start..).unwrap_or_default();
        tokens += count(encoding, kept);
        at -= kept.len();
    }
    KeptText {
        start: "",
        end: text.get(at..).unwrap_or_default(),
        tokens,
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
