//! Money and time over imported calls and replays.

use super::PriceTableUsed;
use plumbline_analysis::cost_curve::LorenzPoint;
use plumbline_model::{Payer, Usd};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The money of a day (UTC) over all runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct DayBudget {
    /// What all runs together may spend; `None` without a cap.
    pub cap_usd: Option<Usd>,
    /// What today's requests cost at most: what was paid, and what is reserved for the rest.
    pub at_most_usd: Usd,
    /// The same by key and by tenant: whoever has a cap or paid something today.
    pub payers: Vec<PayerBudget>,
}

/// The money of a day of one payer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PayerBudget {
    /// `key:PROVIDER` or `tenant:NAME`.
    #[ts(type = "string")]
    pub payer: Payer,
    /// `None` without a cap.
    pub cap_usd: Option<Usd>,
    pub at_most_usd: Usd,
}

impl DayBudget {
    /// What all runs together may still spend today; `None` without a cap.
    #[must_use]
    pub fn left(&self) -> Option<Usd> {
        left(self.cap_usd, self.at_most_usd)
    }
}

impl PayerBudget {
    /// What may still be spent today; `None` without a cap.
    #[must_use]
    pub fn left(&self) -> Option<Usd> {
        left(self.cap_usd, self.at_most_usd)
    }
}

fn left(cap: Option<Usd>, at_most: Usd) -> Option<Usd> {
    Some(Usd(cap?.0 - at_most.0).max(Usd::ZERO))
}

/// What a statistic is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CostScope {
    /// Imported model calls.
    #[default]
    Traces,
    /// Answers of replays that were sent live or recorded.
    Replays,
}

/// What to group by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum StatKey {
    Model,
    Day,
    PromptVersion,
}

/// One group of calls. Keys that were not asked for are `None`.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct StatGroup {
    pub model: Option<String>,
    /// `YYYY-MM-DD`, UTC.
    pub day: Option<String>,
    /// `name@version`.
    pub prompt_version: Option<String>,
    pub calls: u64,
    pub errors: u64,
    /// Nearest rank, over calls with a known latency that were not cache hits.
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub tokens_in: Option<u64>,
    pub tokens_in_cached: Option<u64>,
    pub tokens_out: Option<u64>,
    /// Computed from the price table where the model is priced, else as reported by the source.
    pub cost_usd: Option<Usd>,
    /// Calls whose cost is unknown; above zero, `cost_usd` is a lower bound.
    pub unpriced_calls: u64,
}

/// The Cost screen.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct CostView {
    pub scope: CostScope,
    pub total: StatGroup,
    pub by_model: Vec<StatGroup>,
    pub by_day: Vec<StatGroup>,
    pub by_prompt_version: Vec<StatGroup>,
    /// By model and day, for the chart.
    pub by_model_and_day: Vec<StatGroup>,
    /// Cheapest calls first: share of calls and share of money; empty when nothing is priced.
    pub lorenz: Vec<LorenzPoint>,
    /// Share of money that the most expensive tenth of calls takes.
    pub top_decile_share: Option<f64>,
    pub price_table: String,
    pub price_version: String,
    /// The price tables that the costs were computed from, which may be older than the one in force.
    pub price_sources: Vec<PriceTableUsed>,
    /// Prices of the user's own that were applied, as sentences.
    pub overrides: Vec<String>,
}
