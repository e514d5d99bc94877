//! The formats that prompts are read from and written in.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A way in which prompts are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum PromptFormat {
    /// A prompt file of ours.
    Plumbline,
    /// Whole histories of ours as one JSON document.
    Json,
    /// Langfuse's API for prompts: one, a page of them, or one a line.
    Langfuse,
    /// Commits of the LangChain hub, as LangSmith gives them.
    Langsmith,
    /// A promptfoo config, or its results.
    Promptfoo,
    /// One Prompty file.
    Prompty,
    /// One Dotprompt file.
    Dotprompt,
    /// Bodies of OpenAI's chat completions or responses.
    Openai,
    /// Bodies of Anthropic's messages.
    Anthropic,
    /// Any other text: one message of a user.
    Text,
}

impl PromptFormat {
    pub const ALL: [Self; 10] = [
        Self::Plumbline,
        Self::Json,
        Self::Langfuse,
        Self::Langsmith,
        Self::Promptfoo,
        Self::Prompty,
        Self::Dotprompt,
        Self::Openai,
        Self::Anthropic,
        Self::Text,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plumbline => "plumbline",
            Self::Json => "json",
            Self::Langfuse => "langfuse",
            Self::Langsmith => "langsmith",
            Self::Promptfoo => "promptfoo",
            Self::Prompty => "prompty",
            Self::Dotprompt => "dotprompt",
            Self::Openai => "openai",
            Self::Anthropic => "anthropic",
            Self::Text => "text",
        }
    }

    /// Whether one file of it holds a whole history.
    #[must_use]
    pub fn holds_histories(self) -> bool {
        matches!(
            self,
            Self::Json | Self::Langfuse | Self::Langsmith | Self::Promptfoo
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_one_word_of_its_own_in_code_and_in_json() {
        let words: std::collections::BTreeSet<&str> =
            PromptFormat::ALL.iter().map(|one| one.as_str()).collect();
        assert_eq!(words.len(), PromptFormat::ALL.len());
        for format in PromptFormat::ALL {
            assert_eq!(serde_json::json!(format), format.as_str());
        }
    }
}
