//! Token counts of one model call, in the inclusive convention of OpenTelemetry GenAI.
//!
//! One file below for each shape in which a vendor reports them: its counts as they stand on the wire become
//! [`Usage`] there and nowhere else, for answers that are received and for logs that are read alike.

mod anthropic;
mod bedrock;
mod counted;
mod gemini;
mod ollama;
mod openai;

pub use anthropic::AnthropicCounts;
pub use bedrock::BedrockCounts;
pub use counted::Counted;
pub use gemini::GeminiCounts;
pub use ollama::OllamaCounts;
pub use openai::OpenAiCounts;

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
    /// Part of `tokens_in_cache_write` that is kept for an hour; the rest is kept for five minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub tokens_in_cache_write_1h: Option<u64>,
    /// Part of `tokens_in` that is audio.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub tokens_in_audio: Option<u64>,
    /// Part of both `tokens_in_audio` and `tokens_in_cached`: audio that was read from the cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub tokens_in_audio_cached: Option<u64>,
    /// Part of `tokens_out` that is audio.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub tokens_out_audio: Option<u64>,
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
        self.by_count(other, add_known)
    }

    /// What is left without the other, which is a part of it; an unknown part takes nothing.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.by_count(other, |all, part| {
            all.map(|all| all.saturating_sub(part.unwrap_or(0)))
        })
    }

    fn by_count(
        &self,
        other: &Self,
        join: impl Fn(Option<u64>, Option<u64>) -> Option<u64>,
    ) -> Self {
        Self {
            tokens_in: join(self.tokens_in, other.tokens_in),
            tokens_in_cached: join(self.tokens_in_cached, other.tokens_in_cached),
            tokens_in_cache_write: join(self.tokens_in_cache_write, other.tokens_in_cache_write),
            tokens_in_cache_write_1h: join(
                self.tokens_in_cache_write_1h,
                other.tokens_in_cache_write_1h,
            ),
            tokens_in_audio: join(self.tokens_in_audio, other.tokens_in_audio),
            tokens_in_audio_cached: join(self.tokens_in_audio_cached, other.tokens_in_audio_cached),
            tokens_out: join(self.tokens_out, other.tokens_out),
            tokens_out_audio: join(self.tokens_out_audio, other.tokens_out_audio),
            tokens_reasoning: join(self.tokens_reasoning, other.tokens_reasoning),
            tokens_unattributed: join(self.tokens_unattributed, other.tokens_unattributed),
        }
    }

    /// With what its total counts beyond input and output as tokens that nobody attributed.
    #[must_use]
    pub fn with_total(self, total: Option<u64>) -> Self {
        Self {
            tokens_unattributed: self.beyond(total),
            ..self
        }
    }

    /// Without the parts that are larger than what they are a part of: a contradiction is unreported.
    #[must_use]
    pub fn without_contradictions(self) -> Self {
        let part_of = |part: Option<u64>, whole: Option<u64>| {
            part.filter(|part| whole.is_none_or(|whole| *part <= whole))
        };
        let tokens_in_cached = part_of(self.tokens_in_cached, self.tokens_in);
        let tokens_in_cache_write = part_of(self.tokens_in_cache_write, self.tokens_in);
        let tokens_in_audio = part_of(self.tokens_in_audio, self.tokens_in);
        let audio_cached = part_of(self.tokens_in_audio_cached, tokens_in_audio);
        Self {
            tokens_in_cached,
            tokens_in_cache_write,
            tokens_in_cache_write_1h: part_of(
                self.tokens_in_cache_write_1h,
                Some(tokens_in_cache_write.unwrap_or(0)),
            ),
            tokens_in_audio,
            tokens_in_audio_cached: part_of(audio_cached, tokens_in_cached),
            tokens_reasoning: part_of(self.tokens_reasoning, self.tokens_out),
            tokens_out_audio: part_of(self.tokens_out_audio, self.tokens_out),
            ..self
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

/// What this API calls input leaves the cached parts out: the whole of it.
fn with_cache(fresh: Option<u64>, read: Option<u64>, written: Option<u64>) -> Option<u64> {
    let cache = add_known(read, written).unwrap_or(0);
    fresh.map(|fresh| fresh.saturating_add(cache))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_larger_than_its_whole_is_unreported() {
        let usage = Usage {
            tokens_in_cached: Some(11),
            tokens_in_cache_write: Some(4),
            tokens_in_cache_write_1h: Some(5),
            tokens_in_audio: Some(3),
            tokens_in_audio_cached: Some(2),
            tokens_reasoning: Some(5),
            tokens_out_audio: Some(6),
            ..Usage::of(10, 5)
        };
        let kept = Usage {
            tokens_in_cache_write: Some(4),
            tokens_in_audio: Some(3),
            tokens_in_audio_cached: Some(2),
            tokens_reasoning: Some(5),
            ..Usage::of(10, 5)
        };
        assert_eq!(usage.without_contradictions(), kept);
    }

    #[test]
    fn parts_that_were_not_reported_leave_no_trace_in_what_is_stored() {
        let json = serde_json::to_string(&Usage::of(1, 2)).unwrap();
        assert!(!json.contains("1h") && !json.contains("audio"), "{json}");
        assert_eq!(
            serde_json::from_str::<Usage>(&json).unwrap(),
            Usage::of(1, 2)
        );
    }

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
