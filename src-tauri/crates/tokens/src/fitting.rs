//! Whether a text has at most so many tokens, and the most of it that has: found without counting the rest.
//!
//! A text is read in stretches between sure places, from the front or from the back, whose counts add up exactly. Each
//! is as long as what is left of the limit is likely to be, so that only a short one is looked at again, token by token.

use crate::sure_cuts::{at_or_before, at_or_behind};
use crate::{Encoding, count, stops};

/// Length of a stretch where nothing is guessed, in bytes: it costs little to set up.
const STRETCH: usize = 512;
/// The shortest one: it leaves little to look at closely.
const SHORTEST: usize = 64;
/// Bytes of a token before any was seen; few, since a stretch that is too long is counted in vain.
const FIRST_GUESS: usize = 2;

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
    while let Some(stretch) = text.get(at..).and_then(|rest| first_stretch(rest, STRETCH)) {
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
    let mut pace = Pace::new(limit);
    let mut at = 0;
    while let Some(stretch) = text
        .get(at..)
        .and_then(|rest| first_stretch(rest, pace.length))
    {
        match pace.take(count(encoding, stretch), stretch.len()) {
            Taken::Fits => at += stretch.len(),
            Taken::TryShorter => {}
            Taken::TooLong => {
                let end = stops::longest_start(encoding, stretch, pace.left());
                pace.tokens += count(encoding, stretch.get(..end).unwrap_or_default());
                at += end;
                break;
            }
        }
    }
    KeptText {
        start: text.get(..at).unwrap_or_default(),
        end: "",
        tokens: pace.tokens,
    }
}

fn end_of(encoding: Encoding, text: &str, limit: u64) -> KeptText<'_> {
    let mut pace = Pace::new(limit);
    let mut at = text.len();
    while let Some(stretch) = text
        .get(..at)
        .and_then(|rest| last_stretch(rest, pace.length))
    {
        match pace.take(count(encoding, stretch), stretch.len()) {
            Taken::Fits => at -= stretch.len(),
            Taken::TryShorter => {}
            Taken::TooLong => {
                let start = stops::longest_end(encoding, stretch, pace.left());
                let kept = stretch.get(start..).unwrap_or_default();
                pace.tokens += count(encoding, kept);
                at -= kept.len();
                break;
            }
        }
    }
    KeptText {
        start: "",
        end: text.get(at..).unwrap_or_default(),
        tokens: pace.tokens,
    }
}

/// How far a text is read, and how much is read next.
struct Pace {
    limit: u64,
    tokens: u64,
    bytes: usize,
    length: usize,
}

/// What becomes of a stretch.
enum Taken {
    Fits,
    /// It goes beyond the limit, and a shorter one may not.
    TryShorter,
    /// The limit is inside of it, and it is as short as can be.
    TooLong,
}

impl Pace {
    fn new(limit: u64) -> Self {
        let mut pace = Self {
            limit,
            tokens: 0,
            bytes: 0,
            length: SHORTEST,
        };
        pace.length = pace.guess();
        pace
    }

    fn left(&self) -> u64 {
        self.limit - self.tokens
    }

    /// Seven eighths of the bytes that are likely to be left: guesses that are too long cost twice.
    fn guess(&self) -> usize {
        let left = usize::try_from(self.left()).unwrap_or(usize::MAX);
        let read = usize::try_from(self.tokens).unwrap_or(usize::MAX);
        let bytes = match self.bytes.checked_div(read) {
            Some(_) => left.saturating_mul(self.bytes) / read / 8 * 7,
            None => left.saturating_mul(FIRST_GUESS),
        };
        bytes.max(SHORTEST)
    }

    fn take(&mut self, tokens: u64, bytes: usize) -> Taken {
        if self.tokens + tokens <= self.limit {
            self.tokens += tokens;
            self.bytes += bytes;
            self.length = self.guess();
            Taken::Fits
        } else if self.length > SHORTEST {
            // Where sure places are rare, halves of the length end at the same one.
            let is_near = bytes <= 2 * self.length;
            self.length = if is_near { self.length / 2 } else { 0 }.max(SHORTEST);
            Taken::TryShorter
        } else {
            Taken::TooLong
        }
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
