//! Runs: a matrix of prompt versions × models × cases × repeats, and what became of each cell.

use crate::{
    CellId, Completion, Cost, Divergence, Origin, Problem, RunId, Turn, UnixNanos, Usd,
    ValueSummary,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ts_rs::TS;

/// A model at a provider. Text form: `provider:model`, such as `openai:gpt-4.1-mini`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Target {
    pub provider: String,
    pub model: String,
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.provider, self.model)
    }
}

/// Which cell of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CellKey {
    pub prompt_name: String,
    /// A semantic version, or `working` for the working file.
    pub prompt_version: String,
    pub target: Target,
    pub case_key: String,
    /// 0 for the first repeat.
    pub repeat: u32,
}

/// What became of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CellStatus {
    /// Not started.
    Pending,
    /// Answered in full.
    Complete,
    /// Answered, but the stream ended before its terminal event.
    Truncated,
    /// The provider refused or failed.
    Failed,
    /// Sent, and no answer seen: it may have been paid. Not sent again without consent.
    Unknown,
    /// Never sent: a budget, a cap, a missing recording or a missing variable stopped it.
    NotSent,
}

impl CellStatus {
    /// The word used in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Complete => "complete",
            Self::Truncated => "truncated",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::NotSent => "not_sent",
        }
    }
}

/// State of one row of the ledger of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum AttemptState {
    /// Written before the request goes out.
    Sent,
    /// The answer was stored.
    Answered,
    /// The provider said no, or the request surely never arrived.
    Failed,
    /// Sent, and no answer seen.
    Unknown,
}

/// What a request in the ledger was sent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Purpose {
    /// The answer of a cell.
    Answer,
    /// A judge's verdict about an answer.
    Judge,
    /// The vector of a text.
    Embedding,
    /// A summary of a value that is too long for its prompt.
    Summary,
}

impl Purpose {
    /// The word used in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Judge => "judge",
            Self::Embedding => "embedding",
            Self::Summary => "summary",
        }
    }
}

/// What a run was asked to do: stored with it, so that it can be resumed and compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RunPlan {
    /// Prompt versions as `name@version`, in column order.
    pub prompts: Vec<String>,
    pub targets: Vec<Target>,
    pub dataset: String,
    pub repeats: u32,
    pub concurrency: u32,
    /// Base URL for providers that take one; never set by anything imported.
    pub base_url: Option<String>,
    /// Base URLs by provider, which go before the one for all.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub base_urls: BTreeMap<String, String>,
    pub cap_usd: Option<Usd>,
    /// Whom it is made for, by a name of one's own: on whose bill of the day its calls are too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    #[serde(default, skip_serializing_if = "CallWaits::is_usual")]
    pub waits: CallWaits,
    /// False: neither read nor write the response cache.
    pub use_cache: bool,
    /// False: every call is sent once, whatever comes back.
    #[serde(default = "yes")]
    pub retries: bool,
}

/// How long a call may take, in milliseconds; `None` is as long as usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct CallWaits {
    /// Name lookup, TCP and TLS together.
    pub connect_ms: Option<u64>,
    /// From sending to the first bytes of the answer.
    pub first_token_ms: Option<u64>,
    /// Between two pieces of the answer.
    pub idle_ms: Option<u64>,
    /// The whole call.
    pub total_ms: Option<u64>,
}

impl CallWaits {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl RunPlan {
    /// The base URL that a person gave for a provider.
    #[must_use]
    pub fn base_url_of(&self, provider: &str) -> Option<&str> {
        self.base_urls
            .get(provider)
            .or(self.base_url.as_ref())
            .map(String::as_str)
    }
}

fn yes() -> bool {
    true
}

/// Whether a run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RunStatus {
    Running,
    Finished,
    Cancelled,
    /// Its process ended before it did; `resume` goes on with it.
    Interrupted,
    /// It reached its cap.
    Capped,
}

impl RunStatus {
    /// The word used in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
            Self::Capped => "capped",
        }
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Run {
    pub id: RunId,
    pub plan: RunPlan,
    pub status: RunStatus,
    #[ts(type = "string")]
    pub started_ns: UnixNanos,
    #[ts(type = "string | null")]
    pub ended_ns: Option<UnixNanos>,
    /// What it was expected to cost; `None` for runs of before there were estimates.
    #[serde(default)]
    pub estimate: Option<RunEstimate>,
    /// Why it ended before its end, as a sentence.
    #[serde(default)]
    pub ended_because: Option<String>,
}

/// What the live calls of a run were expected to take before it began. Money is `None` where a model has no price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RunEstimate {
    /// Cells that neither the cache nor a recording answers.
    pub calls: u64,
    pub tokens_in: u64,
    pub tokens_out: u64,
    /// If every answer is as short as one in ten is.
    pub cost_low_usd: Option<Usd>,
    pub cost_usd: Option<Usd>,
    /// If every answer is as long as one in ten is.
    pub cost_high_usd: Option<Usd>,
    /// What a cap reserves.
    pub cost_at_most_usd: Option<Usd>,
}

/// One cell with its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Cell {
    pub id: CellId,
    pub run_id: RunId,
    pub key: CellKey,
    pub status: CellStatus,
    /// `None` until answered.
    pub origin: Option<Origin>,
    pub template_hash: String,
    pub request_hash: String,
    /// Content address in the response cache.
    pub cache_key: String,
    pub tokens_in_estimated: u64,
    pub completion: Option<Completion>,
    pub cost: Cost,
    /// Attempts that were sent for this cell.
    pub attempts: u32,
    /// Why there is no answer.
    pub problem: Option<Problem>,
    /// All assertions of the case passed; `None` when it has none or the answer is not whole.
    pub passed: Option<bool>,
    /// What came before the answer, where recorded tools were called; usage, latency and cost of the cell cover it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<Turn>,
    /// Where the conversation left its recording: the answer is the call that nothing recorded answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diverged: Option<Divergence>,
    /// The model that was asked in place of the column's, since the request was too long for the prompt's budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated_to: Option<Target>,
    /// What stands in the request for a value that was too long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<ValueSummary>,
}

impl Cell {
    /// The model that was asked.
    #[must_use]
    pub fn asked(&self) -> &Target {
        self.escalated_to.as_ref().unwrap_or(&self.key.target)
    }
}

/// Counts and sums of a run. Token sums and cost are `None` when nothing was measured or priced.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct RunTotals {
    pub cells: u64,
    pub pending: u64,
    pub live: u64,
    pub cached: u64,
    pub recorded: u64,
    pub failed: u64,
    pub unknown: u64,
    pub truncated: u64,
    pub not_sent: u64,
    pub passed: u64,
    pub graded: u64,
    /// Conversations that left their recording.
    pub diverged: u64,
    pub requests_sent: u64,
    pub tokens_in: Option<u64>,
    pub tokens_out: Option<u64>,
    /// What the answers are worth by their price, wherever they came from: what a run without cache and recordings
    /// costs.
    pub cost_usd: Option<Usd>,
    /// Answered cells whose cost is unknown; above zero, `cost_usd` is a lower bound.
    pub unpriced_cells: u64,
    /// What the ledger says was paid; `None` when nothing was sent.
    pub paid_usd: Option<Usd>,
    /// What may have been paid besides: reserved for calls on their way, of unknown fate, or whose answer did not
    /// tell what it cost.
    pub possible_usd: Option<Usd>,
    /// What the answers of the cache would have cost.
    pub saved_usd: Option<Usd>,
}
