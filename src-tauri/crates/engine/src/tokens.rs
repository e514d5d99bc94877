//! Counting tokens and pricing counts, for the command line and the editor.

use crate::{Engine, clock};
use plumbline_model::{Cost, Problem, ServiceTier, Usage};
use plumbline_tokens::{self as tokens, Encoding};
use serde::Serialize;

/// How many tokens a text is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenCount {
    pub encoding: String,
    pub tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<u32>>,
}

impl Engine {
    /// Counts the tokens of a text in `o200k_base` or `cl100k_base`.
    pub fn count_tokens(encoding: &str, text: &str, with_ids: bool) -> Result<TokenCount, Problem> {
        let encoding: Encoding = encoding.parse()?;
        let ids = with_ids.then(|| tokens::encode(encoding, text));
        Ok(TokenCount {
            encoding: encoding.to_string(),
            tokens: ids
                .as_ref()
                .map_or_else(|| tokens::count(encoding, text), |ids| ids.len() as u64),
            ids,
        })
    }

    /// The cost of a usage now, by the user's overrides and the table in force.
    pub fn cost_of(&self, model: &str, usage: &Usage) -> Cost {
        self.cost_in_tier(model, ServiceTier::Standard, usage)
    }

    /// The same in a service tier, such as a batch.
    pub fn cost_in_tier(&self, model: &str, tier: ServiceTier, usage: &Usage) -> Cost {
        let (provider, model) = match model.split_once(':') {
            Some((provider, model)) => (Some(provider), model),
            None => (None, model),
        };
        self.prices()
            .cost_in_tier(provider, model, tier, usage, clock::now())
    }
}
