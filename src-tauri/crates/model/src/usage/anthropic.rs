//! Usage of Anthropic's Messages API, wherever it is sold.
//!
//! `input_tokens` leaves out what was read from the cache and what was written to it; output includes thinking.
//! Source: Anthropic's API reference (messages, prompt caching).

use super::{Usage, add_known, with_cache};

/// The counts as they stand on the wire. In a stream they are cumulative.
#[derive(Debug, Clone, Copy, Default)]
pub struct AnthropicCounts {
    /// `input_tokens`: neither read from the cache nor written to it.
    pub fresh: Option<u64>,
    /// `cache_read_input_tokens`.
    pub read: Option<u64>,
    /// `cache_creation_input_tokens`.
    pub written: Option<u64>,
    /// `cache_creation.ephemeral_5m_input_tokens`.
    pub written_5m: Option<u64>,
    /// `cache_creation.ephemeral_1h_input_tokens`.
    pub written_1h: Option<u64>,
    pub output: Option<u64>,
    /// `output_tokens_details.thinking_tokens`.
    pub thinking: Option<u64>,
}

impl AnthropicCounts {
    /// With each count replaced by a later one, where there is one: an event of a stream repeats or corrects.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        Self {
            fresh: later.fresh.or(self.fresh),
            read: later.read.or(self.read),
            written: later.written.or(self.written),
            written_5m: later.written_5m.or(self.written_5m),
            written_1h: later.written_1h.or(self.written_1h),
            output: later.output.or(self.output),
            thinking: later.thinking.or(self.thinking),
        }
    }
}

impl From<AnthropicCounts> for Usage {
    /// Without `input_tokens` the whole input is unknown.
    fn from(counts: AnthropicCounts) -> Self {
        let written = counts
            .written
            .or(add_known(counts.written_5m, counts.written_1h));
        Self {
            tokens_in: with_cache(counts.fresh, counts.read, written),
            tokens_in_cached: counts.read,
            tokens_in_cache_write: written,
            tokens_in_cache_write_1h: counts.written_1h.filter(|tokens| *tokens > 0),
            tokens_out: counts.output,
            tokens_reasoning: counts.thinking,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_input_holds_the_cache_and_an_hour_of_it_is_told_apart() {
        let counts = AnthropicCounts {
            fresh: Some(20),
            read: Some(3_000),
            written: Some(100),
            written_5m: Some(40),
            written_1h: Some(60),
            output: Some(7),
            ..AnthropicCounts::default()
        };
        let usage = Usage::from(counts);
        assert_eq!(usage.tokens_in, Some(3_120));
        assert_eq!(usage.tokens_in_cache_write, Some(100));
        assert_eq!(usage.tokens_in_cache_write_1h, Some(60));
        let by_age = AnthropicCounts {
            written: None,
            ..counts
        };
        assert_eq!(Usage::from(by_age), usage, "the ages add up to the whole");
        let no_input = AnthropicCounts {
            fresh: None,
            ..counts
        };
        assert_eq!(Usage::from(no_input).tokens_in, None);
    }

    #[test]
    fn a_later_event_replaces_what_it_says_again() {
        let first = AnthropicCounts {
            fresh: Some(10),
            output: Some(1),
            ..AnthropicCounts::default()
        };
        let last = AnthropicCounts {
            output: Some(33),
            ..AnthropicCounts::default()
        };
        let usage = Usage::from(first.then(last));
        assert_eq!(usage, Usage::of(10, 33));
    }
}
