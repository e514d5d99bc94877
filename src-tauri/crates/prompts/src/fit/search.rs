//! Finds how long a value may be for the whole request to be within its cap.
//!
//! What a value adds to the request is not the sum of its tokens: a template may use it twice, filter it or leave it
//! out. So each length is rendered and counted, the next one is guessed from the counts, and only counts decide.

use super::fitter::Measured;
use super::shorten::{Shortener, Shorter};
use plumbline_model::{Trim, Trimmed};
use serde_json::Value;

/// Lengths tried at most; a text takes two or three, a list as many as halving it does.
const ROUNDS: usize = 24;
/// Rounds after which every second one halves the interval, since the guesses do not help.
const GUESSES: usize = 4;

/// The value as it is used now.
pub(super) struct Found {
    pub(super) shorter: Shorter,
    pub(super) measured: Measured,
    /// Of the whole value.
    pub(super) tokens_before: u64,
}

impl Found {
    /// What was cut, of a variable or section that is yet to be named.
    pub(super) fn trimmed(&self, trim: &Trim) -> Trimmed {
        Trimmed {
            variable: None,
            section: None,
            policy: trim.policy.into(),
            tokens_before: self.tokens_before,
            tokens_after: self.shorter.tokens,
            items_dropped: self.shorter.items_dropped,
        }
    }
}

/// The longest value with which the request has at most `cap` tokens; where there is none the shortest one, if it
/// makes the request shorter than `whole` tokens at all. `measure` gives `None` for a value that cannot be rendered.
pub(super) fn longest_within(
    shortener: &Shortener<'_>,
    whole: u64,
    cap: u64,
    mut measure: impl FnMut(&Value) -> Option<Measured>,
) -> Option<Found> {
    let tokens_before = shortener.tokens();
    let (least, whole_step) = shortener.steps();
    // From `low` on it may be too short, or is known to fit; from `high` on it is too long.
    let (mut low, mut high) = (least, whole_step);
    let mut best: Option<Found> = None;
    // What the request lost for so many tokens of the value.
    let (mut lost, mut lost_of_value) = (1, 1);
    let mut tried_low = false;
    for round in 0..ROUNDS {
        if low >= high || (tried_low && low + 1 >= high) {
            break;
        }
        let lowest = low + u64::from(tried_low);
        let step = if round >= GUESSES && round % 2 == 1 {
            lowest + (high - 1 - lowest) / 2
        } else {
            let excess = u128::from(whole - cap);
            let needed = (excess * u128::from(lost_of_value)).div_ceil(u128::from(lost));
            let needed = u64::try_from(needed).unwrap_or(u64::MAX);
            let guess = shortener.step_within(tokens_before.saturating_sub(needed));
            guess.clamp(lowest, high - 1)
        };
        let shorter = shortener.at(step);
        if shorter.tokens >= tokens_before {
            high = step;
            continue;
        }
        let Some(measured) = measure(&shorter.value) else {
            (low, tried_low) = (step, true);
            continue;
        };
        if measured.tokens < whole {
            lost = whole - measured.tokens;
            lost_of_value = tokens_before - shorter.tokens;
        }
        if measured.tokens > cap {
            high = step;
            continue;
        }
        let slack = cap - measured.tokens;
        (low, tried_low) = (step, true);
        best = Some(Found {
            shorter,
            measured,
            tokens_before,
        });
        if slack <= shortener.slack(cap) {
            break;
        }
    }
    best.or_else(|| {
        if least >= whole_step {
            return None;
        }
        let shorter = shortener.at(least);
        let measured = measure(&shorter.value)?;
        let helps = shorter.tokens < tokens_before && measured.tokens < whole;
        helps.then_some(Found {
            shorter,
            measured,
            tokens_before,
        })
    })
}
