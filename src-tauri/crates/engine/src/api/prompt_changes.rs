//! What differs between two versions of a prompt, beyond the words.

use crate::api::PriorFrom;
use plumbline_analysis::diff::TextDiff;
use plumbline_model::{PriceSource, Role, Usd};
use serde::Serialize;
use ts_rs::TS;

/// What became of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum MessageChangeKind {
    Same,
    Changed,
    Added,
    Removed,
}

/// One message of either version, or the two that stand for one another.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct MessageChange {
    pub role: Role,
    pub kind: MessageChangeKind,
    /// Template tokens before variables are filled in; `None` on the side where there is no such message.
    pub tokens_before: Option<u64>,
    pub tokens_after: Option<u64>,
}

/// What 1,000 calls cost with either version, over the cases of the last run of this prompt.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct CostChange {
    pub dataset: String,
    /// Cases that both versions make a request of.
    pub cases: u64,
    /// `provider:model` that each version was written for.
    pub model_before: String,
    pub model_after: String,
    /// Mean over the cases, rounded.
    pub tokens_in_before: u64,
    pub tokens_in_after: u64,
    /// Mean length of answers that is assumed for either version, and where it comes from.
    pub tokens_out_before: u64,
    pub tokens_out_after: u64,
    pub tokens_out_from: PriorFrom,
    /// `None` for a model without a price.
    pub usd_per_1000_before: Option<Usd>,
    pub usd_per_1000_after: Option<Usd>,
    pub source: Option<PriceSource>,
}

/// Two versions of a prompt against each other.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct PromptChanges {
    pub from: String,
    pub to: String,
    /// `major`, `minor`, `patch` or `none`; `None` where a version cannot be parsed.
    pub computed: Option<String>,
    pub reasons: Vec<String>,
    /// In the order of the newer version; removed ones stand where they were.
    pub messages: Vec<MessageChange>,
    pub encoding: String,
    pub cost: Option<CostChange>,
    /// Why there is no cost.
    pub no_cost_because: Option<String>,
    #[serde(flatten)]
    pub diff: TextDiff,
}
