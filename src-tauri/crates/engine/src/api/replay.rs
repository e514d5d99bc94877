//! Replays: the plan, the estimate, the grid, the cell.

use super::PriceTableUsed;
use plumbline_analysis::grade::AssertionOutcome;
use plumbline_analysis::highlight::Token;
use plumbline_model::{
    Case, Cell, CellId, CellStatus, ChatRequest, NanosText, Origin, Purpose, RunEstimate, RunId,
    RunPlan, RunStatus, RunTotals, Target, Trimmed, Usd,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a plan would do and cost, before anything is sent.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct Estimate {
    pub cells: u64,
    /// Cells that need a live call.
    pub live: u64,
    /// Cells the response cache answers.
    pub cached: u64,
    /// Cells a recording answers.
    pub recorded: u64,
    /// Questions to judges and for embeddings, at most: each is asked once a run, and none that an earlier run asked.
    pub opinions: u64,
    /// Cells that cannot be sent, with the first few reasons.
    pub blocked: u64,
    pub blocked_reasons: Vec<String>,
    /// Cells whose values are cut to fit the budget of their prompt.
    pub trimmed: u64,
    /// Cells that go to another model, since they are too long for the budget of their prompt.
    pub escalated: u64,
    /// Cells with a value that another prompt summarises.
    pub summarised: u64,
    /// Summaries that are asked for: each once a run, and none that an earlier run asked for.
    pub summaries: u64,
    /// Input tokens over the live cells, counted before sending.
    pub tokens_in: u64,
    /// The same as the models measure it, where earlier calls tell how far the count is off.
    pub tokens_in_expected: u64,
    /// Output tokens if every answer is as long as earlier ones are on average.
    pub tokens_out_expected: u64,
    /// Most output tokens the live cells may produce.
    pub tokens_out_max: u64,
    /// Cost of the live cells if every answer is as short as one in ten earlier ones.
    pub cost_low_usd: Option<Usd>,
    /// Cost of the live cells if answers are as long as earlier ones were on average.
    pub cost_expected_usd: Option<Usd>,
    /// Cost of the live cells if every answer is as long as one in ten earlier ones.
    pub cost_high_usd: Option<Usd>,
    /// Cost of the live cells if every answer reaches its limit: the figure a cap is held against.
    pub cost_upper_usd: Option<Usd>,
    /// What the figures of each column with live cells rest on.
    pub columns: Vec<EstimateColumn>,
    /// Models without a price: their cost is unknown.
    pub unpriced: Vec<Target>,
    pub price_table: String,
    pub price_version: String,
    /// The plan cannot start, and why.
    pub problems: Vec<String>,
    /// What may end the run before its end, such as a cap below the most it can cost.
    pub warnings: Vec<String>,
}

/// What is known about one column before it is sent.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct EstimateColumn {
    pub prompt_name: String,
    pub prompt_version: String,
    pub target: Target,
    pub live: u64,
    pub output: EstimatePrior,
    /// `None` where too few calls were both counted and measured.
    pub count_error: Option<CountError>,
}

/// Where a guess about the length of answers comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum PriorFrom {
    /// Earlier calls of this prompt by this model.
    Prompt,
    /// Earlier calls of this model.
    Model,
    /// Nothing but the limit of the request.
    Limit,
}

/// How long answers are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct EstimatePrior {
    pub from: PriorFrom,
    /// Calls it was read off.
    pub calls: u64,
    pub tokens_out_p10: u64,
    pub tokens_out_mean: u64,
    pub tokens_out_p90: u64,
}

/// How far tokens counted before sending are from those the provider measured.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct CountError {
    /// Calls it was read off.
    pub calls: u64,
    /// Measured tokens for each counted one.
    pub ratio: f64,
    /// What nine of ten calls stay below once the ratio is applied, as a share of the measured tokens.
    pub error_p90: f64,
}

/// Which models a person can choose without typing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ModelChoice {
    pub target: Target,
    /// Answers of this model that are recorded in the workspace.
    pub recordings: u64,
    pub priced: bool,
    /// Where the name comes from: `recording`, `trace`, `price table`, `prompt`.
    pub known_from: String,
}

/// One run in the list.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct RunRow {
    pub id: RunId,
    pub status: RunStatus,
    pub plan: RunPlan,
    pub started: NanosText,
    pub ended: Option<NanosText>,
    /// Why it ended before its end.
    pub ended_because: Option<String>,
    /// What was expected of its live calls before it began.
    pub estimate: Option<RunEstimate>,
    pub totals: RunTotals,
    /// Over answers that were not served from the response cache.
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
}

/// One column of a run's grid: a prompt version on a model.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct RunColumn {
    /// Position in the grid, 0 first.
    pub index: u32,
    pub prompt_name: String,
    pub prompt_version: String,
    pub target: Target,
    pub template_hash: String,
    pub totals: RunTotals,
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub time_to_first_token_p50_ms: Option<f64>,
}

/// One run, opened.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct RunView {
    pub row: RunRow,
    pub columns: Vec<RunColumn>,
    /// Failures by message, most frequent first.
    pub errors: Vec<ErrorCount>,
    /// The price tables that the costs of its cells were computed from.
    pub price_sources: Vec<PriceTableUsed>,
}

/// How often a failure happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ErrorCount {
    pub message: String,
    pub count: u64,
}

/// One cell, as small as a grid needs it.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct CellBrief {
    pub id: CellId,
    pub status: CellStatus,
    pub origin: Option<Origin>,
    /// The first 160 characters of the answer.
    pub preview: String,
    pub passed: Option<bool>,
    /// The conversation left its recording.
    pub diverged: bool,
    pub latency_ms: Option<f64>,
    pub tokens_out: Option<u64>,
    pub cost_usd: Option<Usd>,
}

/// One row of the grid: a case, and its cell in every column.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct GridRow {
    pub case_key: String,
    pub repeat: u32,
    /// By column index; `None` where the run has no such cell.
    pub cells: Vec<Option<CellBrief>>,
}

/// A page of the grid.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct GridPage {
    pub total: u64,
    pub rows: Vec<GridRow>,
}

/// Which grid rows to show.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct GridFilter {
    /// Any cell of the row has this status.
    pub status: Option<CellStatus>,
    /// Any cell of the row failed its assertions.
    pub only_failing: bool,
    /// In the case key or an answer.
    pub text: String,
}

/// One attempt in the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct AttemptRow {
    pub attempt: u32,
    /// What it was sent for.
    pub purpose: Purpose,
    /// Who was asked.
    pub target: Target,
    pub state: String,
    pub idempotency_key: String,
    pub sent: NanosText,
    pub answered: Option<NanosText>,
    pub http_status: Option<u16>,
    pub error: Option<String>,
    pub cost_usd: Option<Usd>,
}

/// One cell, opened.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct CellView {
    pub cell: Cell,
    /// `None` when the dataset no longer has it.
    pub case: Option<Case>,
    /// The request as assembled again from the stored prompt and case; `None` when its hash is no longer the cell's.
    pub request: Option<ChatRequest>,
    /// What was cut of the case's values, so that the request fits the prompt's budget.
    pub trimmed: Vec<Trimmed>,
    pub attempts: Vec<AttemptRow>,
    pub outcomes: Vec<AssertionOutcome>,
    /// The answer by line with syntax classes; empty for prose.
    pub highlighted: Vec<Vec<Token>>,
}
