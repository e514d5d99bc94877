//! Which vocabulary a text is counted with, and which one belongs to a model.
//!
//! Only OpenAI publishes its vocabularies; for every other model the count is a stand-in that is shown
//! as an estimate.

use crate::TokensError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use tiktoken_rs::tokenizer::{Tokenizer, get_tokenizer};
use ts_rs::TS;

/// A byte-pair vocabulary with its splitting rule.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, TS,
)]
#[ts(export)]
pub enum Encoding {
    /// GPT-4o and later.
    #[default]
    #[serde(rename = "o200k_base")]
    O200kBase,
    /// GPT-3.5, GPT-4 and the third-generation embeddings.
    #[serde(rename = "cl100k_base")]
    Cl100kBase,
}

impl Encoding {
    /// The published name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::O200kBase => "o200k_base",
            Self::Cl100kBase => "cl100k_base",
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Encoding {
    type Err = TokensError;
    fn from_str(text: &str) -> Result<Self, TokensError> {
        match text {
            "o200k_base" => Ok(Self::O200kBase),
            "cl100k_base" => Ok(Self::Cl100kBase),
            other => Err(TokensError::UnknownEncoding(other.to_owned())),
        }
    }
}

/// The vocabulary of a model, named as `model`, `provider:model` or `provider/model`.
///
/// Follows OpenAI's published list (tiktoken 0.14, `model.py`). Models of other makers and names nobody
/// knows are counted with `o200k_base`; OpenAI models older than `cl100k_base` with `cl100k_base`.
#[must_use]
pub fn encoding_for_model(model: &str) -> Encoding {
    match tokenizer_of(model) {
        Some(Tokenizer::O200kBase | Tokenizer::O200kHarmony) | None => Encoding::O200kBase,
        Some(_) => Encoding::Cl100kBase,
    }
}

/// The vocabulary of a model whose maker published it; `None` where counting is a stand-in.
#[must_use]
pub fn published_encoding(model: &str) -> Option<Encoding> {
    match tokenizer_of(model)? {
        Tokenizer::O200kBase | Tokenizer::O200kHarmony => Some(Encoding::O200kBase),
        Tokenizer::Cl100kBase => Some(Encoding::Cl100kBase),
        _ => None,
    }
}

fn tokenizer_of(model: &str) -> Option<Tokenizer> {
    let model = model.trim().to_ascii_lowercase();
    let after_colon = model.split_once(':').map_or("", |(_, rest)| rest);
    let after_slash = model.rsplit_once('/').map_or("", |(_, rest)| rest);
    [model.as_str(), after_colon, after_slash]
        .into_iter()
        .find_map(get_tokenizer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_find_their_published_vocabulary() {
        for model in [
            "gpt-4",
            "gpt-4-turbo",
            "openai:gpt-3.5-turbo",
            "azure/gpt-35-turbo",
        ] {
            assert_eq!(encoding_for_model(model), Encoding::Cl100kBase, "{model}");
        }
        for model in [
            "gpt-4o",
            "gpt-4o-mini",
            "GPT-4.1-mini",
            "ft:gpt-4o:acme::1",
            "o3",
        ] {
            assert_eq!(encoding_for_model(model), Encoding::O200kBase, "{model}");
        }
        for model in ["claude-sonnet-4-5", "", "::", "local:smollm2", "gpt-99"] {
            assert_eq!(
                encoding_for_model(model),
                Encoding::O200kBase,
                "an unknown model is counted with the newest vocabulary: {model}"
            );
        }
    }

    #[test]
    fn names_round_trip_and_others_are_refused() {
        for encoding in [Encoding::O200kBase, Encoding::Cl100kBase] {
            assert_eq!(encoding.to_string().parse(), Ok(encoding));
            assert_eq!(
                serde_json::to_value(encoding).unwrap(),
                serde_json::json!(encoding.as_str())
            );
        }
        assert!("p50k_base".parse::<Encoding>().is_err());
    }
}
