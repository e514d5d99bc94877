//! What a prompt comes to with each of some models.

use super::PriorFrom;
use plumbline_model::{PriceSource, Role, Usd};
use serde::Serialize;
use ts_rs::TS;

/// What was counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "from", rename_all = "snake_case")]
#[ts(export)]
pub enum CountedFrom {
    /// The templates, before variables are filled in.
    Template,
    /// The request that one case makes.
    Case { dataset: String, key: String },
}

/// A prompt with one model.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct ModelCost {
    /// As `provider:model`.
    pub model: String,
    pub encoding: String,
    /// False where the maker keeps its vocabulary to itself and another one stands in.
    pub own_encoding: bool,
    /// Tokens of each message, in order.
    pub sections: Vec<u64>,
    /// Tools, schema and the frames of messages.
    pub other_tokens: u64,
    /// All of it.
    pub tokens_in: u64,
    /// The message that costs most; `None` where there is none.
    pub dearest: Option<u32>,
    /// Its share of the input, 0 to 1.
    pub dearest_share: Option<f64>,
    /// Mean length of answers that is assumed; `None` where nothing says how long they are.
    pub tokens_out: Option<u64>,
    pub tokens_out_from: PriorFrom,
    /// Calls that it was read off.
    pub tokens_out_calls: u64,
    /// Of 1,000 calls; `None` without a price.
    pub usd_in_per_1000: Option<Usd>,
    /// Input and output; `None` without a price, and where the length of answers is not known.
    pub usd_per_1000: Option<Usd>,
    pub source: Option<PriceSource>,
    /// Why there is no price, as a sentence.
    pub no_price_because: Option<String>,
}

/// A prompt with some models, its own first.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct PromptCosts {
    pub counted: CountedFrom,
    /// Why the chosen case could not be counted and the templates were; `None` when it was.
    pub not_rendered_because: Option<String>,
    pub roles: Vec<Role>,
    pub models: Vec<ModelCost>,
}
