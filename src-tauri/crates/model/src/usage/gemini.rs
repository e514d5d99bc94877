//! Usage of Google's Gemini: thoughts stand beside the candidates, cached content inside the prompt.
//!
//! What tools put into the prompt is counted beside it and paid as input.
//! Source: Google's API reference (`UsageMetadata`).

use super::{Usage, add_known};

/// The counts as they stand on the wire.
#[derive(Debug, Clone, Copy, Default)]
pub struct GeminiCounts {
    /// `promptTokenCount`, cached content included.
    pub prompt: Option<u64>,
    /// `cachedContentTokenCount`.
    pub cached: Option<u64>,
    /// `toolUsePromptTokenCount`.
    pub tool_prompt: Option<u64>,
    /// `candidatesTokenCount`, thoughts left out.
    pub candidates: Option<u64>,
    /// `thoughtsTokenCount`.
    pub thoughts: Option<u64>,
    /// Audio of `promptTokensDetails`.
    pub audio_in: Option<u64>,
    /// Audio of `cacheTokensDetails`; zero where the details tell of other kinds only.
    pub audio_cached: Option<u64>,
    /// Audio of `candidatesTokensDetails`.
    pub audio_out: Option<u64>,
    /// `totalTokenCount`.
    pub total: Option<u64>,
}

impl From<GeminiCounts> for Usage {
    fn from(counts: GeminiCounts) -> Self {
        let tokens_in_audio = counts.audio_in.filter(|tokens| *tokens > 0);
        Self {
            tokens_in: counts
                .prompt
                .map(|prompt| prompt.saturating_add(counts.tool_prompt.unwrap_or(0))),
            tokens_in_cached: counts.cached,
            tokens_in_audio,
            tokens_in_audio_cached: tokens_in_audio.and(counts.audio_cached),
            tokens_out: add_known(counts.candidates, counts.thoughts),
            tokens_reasoning: counts.thoughts,
            tokens_out_audio: counts.audio_out.filter(|tokens| *tokens > 0),
            ..Self::default()
        }
        .with_total(counts.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_output_and_what_tools_read_is_input() {
        let usage = Usage::from(GeminiCounts {
            prompt: Some(100),
            cached: Some(60),
            tool_prompt: Some(25),
            candidates: Some(10),
            thoughts: Some(30),
            audio_in: Some(50),
            audio_cached: Some(0),
            total: Some(165),
            ..GeminiCounts::default()
        });
        let expected = Usage {
            tokens_in_cached: Some(60),
            tokens_in_audio: Some(50),
            tokens_in_audio_cached: Some(0),
            tokens_reasoning: Some(30),
            ..Usage::of(125, 40)
        };
        assert_eq!(usage, expected);
    }
}
