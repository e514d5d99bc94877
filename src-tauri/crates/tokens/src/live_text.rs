//! The count of one text that is being edited: what an edit cannot reach is not counted again.
//!
//! The text is kept as stretches between sure places, each with its count. A sure place is known by its two neighbours,
//! so it stays one wherever both of them are in what the old and the new text have in common at their ends. Only the
//! stretches between the last such place before the change and the first behind it are counted.

use crate::common_ends::CommonEnds;
use crate::sure_cuts::at_or_behind;
use crate::{Encoding, count};

/// Least length of a stretch, in bytes, where the text has sure places: an edit counts one to three of them.
const LENGTH: usize = 256;

#[derive(Debug, Clone, Copy)]
struct Stretch {
    bytes: usize,
    tokens: u64,
}

/// The last text with what is known of it: at most twice its length, and 16 bytes for each [`LENGTH`] bytes, twice too.
#[derive(Debug, Clone, Default)]
pub(crate) struct LiveText {
    text: String,
    stretches: Vec<Stretch>,
}

impl LiveText {
    /// The room taken by the text that is kept, in bytes.
    pub(crate) fn room(&self) -> usize {
        self.text.capacity()
    }

    /// As [`count`]. Every call of one text takes the same encoding.
    pub(crate) fn count(&mut self, encoding: Encoding, text: &str) -> u64 {
        let same = CommonEnds::of(&self.text, text);
        if same.front < text.len().max(self.text.len()) {
            self.replace(encoding, text, same);
        }
        self.stretches.iter().map(|stretch| stretch.tokens).sum()
    }

    fn replace(&mut self, encoding: Encoding, text: &str, same: CommonEnds) {
        let (kept_before, from) = whole_within(self.stretches.iter(), same.front);
        let (kept_behind, behind) = whole_within(self.stretches.iter().rev(), same.back);
        let changed = text.get(from..text.len() - behind).unwrap_or_default();
        let gone = kept_before..self.stretches.len() - kept_behind;
        self.stretches.splice(gone, stretches(encoding, changed));
        self.join_short();
        self.text
            .replace_range(from..self.text.len() - behind, changed);
        self.text.shrink_to(2 * text.len());
        self.stretches.shrink_to(2 * self.stretches.len());
    }

    /// Leaves no two neighbours that are short together, which many edits would make.
    fn join_short(&mut self) {
        self.stretches.dedup_by(|next, kept| {
            let short = kept.bytes + next.bytes <= 2 * LENGTH;
            if short {
                kept.bytes += next.bytes;
                kept.tokens += next.tokens;
            }
            short
        });
    }
}

/// How many stretches end inside of `common`, with a neighbour beyond their end, and their length.
fn whole_within<'s>(stretches: impl Iterator<Item = &'s Stretch>, common: usize) -> (usize, usize) {
    let mut bytes = 0;
    let ends = stretches.map(|stretch| {
        bytes += stretch.bytes;
        bytes
    });
    ends.take_while(|end| *end < common)
        .fold((0, 0), |(number, _), end| (number + 1, end))
}

/// The stretches of a text between two sure places.
fn stretches(encoding: Encoding, text: &str) -> impl Iterator<Item = Stretch> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (stretch, later) = rest.split_at(at_or_behind(rest, LENGTH.min(rest.len())));
        rest = later;
        Some(Stretch {
            bytes: stretch.len(),
            tokens: count(encoding, stretch),
        })
    })
}

#[cfg(test)]
#[path = "live_text_tests.rs"]
mod tests;
