//! Token counts of one model call, in the inclusive convention of OpenTelemetry GenAI.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a provider measured. Every field is `None` when it was not reported: unknown is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct Usage {
    /// Total input, cached part included.
    pub tokens_in: Option<u64>,
    /// Part of `tokens_in` that was read from the provider's prompt cache.
    pub tokens_in_cached: Option<u64>,
    /// Part of `tokens_in` that was written to the provider's prompt cache.
    pub tokens_in_cache_write: Option<u64>,
    /// Total output, reasoning included.
    pub tokens_out: Option<u64>,
    /// Part of `tokens_out` spent on reasoning.
    pub tokens_reasoning: Option<u64>,
    /// What the provider's own total counts beyond `tokens_in` and `tokens_out`; which of both it belongs to is not
    /// known. `None` when there was no total, or nothing beyond.
    pub tokens_unattributed: Option<u64>,
}

impl Usage {
    /// Usage with only the two totals known.
    #[must_use]
    pub fn of(tokens_in: u64, tokens_out: u64) -> Self {
        Self {
            tokens_in: Some(tokens_in),
            tokens_out: Some(tokens_out),
            ..Self::default()
        }
    }

    /// What `total` counts beyond input and output; `None` when that is nothing. An unknown count explains nothing.
    #[must_use]
    pub fn beyond(&self, total: Option<u64>) -> Option<u64> {
        let explained = add_known(self.tokens_in, self.tokens_out).unwrap_or(0);
        total?.checked_sub(explained).filter(|tokens| *tokens > 0)
    }

    /// Both together, count by count; a sum is unknown only when both are.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            tokens_in: add_known(self.tokens_in, other.tokens_in),
            tokens_in_cached: add_known(self.tokens_in_cached, other.tokens_in_cached),
            tokens_in_cache_write: add_known(
                self.tokens_in_cache_write,
                other.tokens_in_cache_write,
            ),
            tokens_out: add_known(self.tokens_out, other.tokens_out),
            tokens_reasoning: add_known(self.tokens_reasoning, other.tokens_reasoning),
            tokens_unattributed: add_known(self.tokens_unattributed, other.tokens_unattributed),
        }
    }

    /// True when nothing at all was reported.
    #[must_use]
    pub fn is_unreported(&self) -> bool {
        *self == Self::default()
    }
}

/// Adds two optional counts; the sum is unknown only when both are.
#[must_use]
pub fn add_known(left: Option<u64>, right: Option<u64>) -> Option<u64> {
    match (left, right) {
        (None, None) => None,
        (left, right) => Some(left.unwrap_or(0).saturating_add(right.unwrap_or(0))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_tells_only_what_is_beyond_the_two() {
        let usage = Usage::of(5, 845);
        assert_eq!(usage.beyond(Some(2_023)), Some(1_173));
        assert_eq!(usage.beyond(Some(850)), None, "nothing is not zero tokens");
        assert_eq!(usage.beyond(Some(7)), None, "a total that is too small");
        assert_eq!(usage.beyond(None), None);
        assert_eq!(Usage::default().beyond(Some(9)), Some(9));
    }
}
