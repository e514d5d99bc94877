//! Usage of OpenAI's chat completions and responses, and of the many servers that speak the same language.
//!
//! Input includes what was read from the cache, output includes reasoning, except where the total shows that the
//! reasoning stands beside it (xAI). Source: OpenAI's API reference; xAI's for the exception.

use super::Usage;

/// The counts as they stand on the wire.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenAiCounts {
    /// `prompt_tokens` or `input_tokens`.
    pub input: Option<u64>,
    /// `cached_tokens` of the input's details.
    pub cached: Option<u64>,
    /// `cache_write_tokens` of the input's details, which gateways add.
    pub cache_write: Option<u64>,
    /// `audio_tokens` of the input's details.
    pub audio_in: Option<u64>,
    /// `completion_tokens` or `output_tokens`.
    pub output: Option<u64>,
    /// `reasoning_tokens` of the output's details.
    pub reasoning: Option<u64>,
    /// `audio_tokens` of the output's details.
    pub audio_out: Option<u64>,
    pub total: Option<u64>,
}

impl From<OpenAiCounts> for Usage {
    fn from(counts: OpenAiCounts) -> Self {
        Self {
            tokens_in: counts.input,
            tokens_in_cached: counts.cached,
            tokens_in_cache_write: counts.cache_write,
            // Every answer of a model without ears says zero of it, which tells nothing.
            tokens_in_audio: counts.audio_in.filter(|tokens| *tokens > 0),
            tokens_out: counts.whole_output(),
            tokens_reasoning: counts.reasoning,
            tokens_out_audio: counts.audio_out.filter(|tokens| *tokens > 0),
            ..Self::default()
        }
        .with_total(counts.total)
    }
}

impl OpenAiCounts {
    fn whole_output(&self) -> Option<u64> {
        let beside = sum(&[self.input, self.output, self.reasoning]);
        let is_beside = self.reasoning > Some(0)
            && self.total.is_some()
            && self.total == beside
            && self.total != sum(&[self.input, self.output]);
        match is_beside {
            true => sum(&[self.output, self.reasoning]),
            false => self.output,
        }
    }
}

/// The sum of counts that are all known.
fn sum(counts: &[Option<u64>]) -> Option<u64> {
    counts
        .iter()
        .try_fold(0_u64, |sum, count| sum.checked_add((*count)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_is_inside_the_output_unless_the_total_shows_it_beside() {
        let counts = |total| OpenAiCounts {
            input: Some(10),
            cached: Some(4),
            output: Some(5),
            reasoning: Some(3),
            total,
            ..OpenAiCounts::default()
        };
        let usage = |total| Usage::from(counts(total));
        assert_eq!(usage(Some(15)).tokens_out, Some(5));
        assert_eq!(usage(Some(18)).tokens_out, Some(8));
        assert_eq!(usage(Some(18)).tokens_unattributed, None);
        assert_eq!(usage(Some(17)).tokens_unattributed, Some(2));
        assert_eq!(usage(None).tokens_in_cached, Some(4));
    }

    #[test]
    fn audio_is_a_part_and_none_of_it_is_not_reported() {
        let counts = OpenAiCounts {
            input: Some(90),
            audio_in: Some(60),
            output: Some(30),
            audio_out: Some(0),
            ..OpenAiCounts::default()
        };
        let usage = Usage::from(counts);
        assert_eq!(
            (usage.tokens_in, usage.tokens_in_audio),
            (Some(90), Some(60))
        );
        assert_eq!((usage.tokens_out, usage.tokens_out_audio), (Some(30), None));
    }
}
