//! What a volume of calls would cost.

use super::PriceTableUsed;
use plumbline_model::Usd;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The volume to price. With the factors at their defaults the cost is
/// `requests × (in × price_in + out × price_out)`, exactly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ForecastInput {
    /// `model` or `provider:model`.
    pub model: String,
    pub requests_per_day: u64,
    pub tokens_in: u64,
    pub tokens_out: u64,
    /// How many times the input grows or shrinks; 1 leaves it.
    pub context_factor: f64,
    /// Percent of the input that the provider's prompt cache answers.
    pub cache_hit_percent: f64,
    /// Percent of requests that are sent and paid once more.
    pub retry_percent: f64,
}

/// What it costs, by list price of today.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct Forecast {
    /// One request, without retries.
    pub request_usd: Option<Usd>,
    pub day_usd: Option<Usd>,
    /// Thirty days.
    pub month_usd: Option<Usd>,
    pub price_table: Option<String>,
    pub price_version: Option<String>,
    pub price_entry: Option<String>,
    /// The same as a list, as every sum of money has it.
    pub price_sources: Vec<PriceTableUsed>,
    /// Why the cost is unknown, as a sentence.
    pub unknown_because: Option<String>,
}
