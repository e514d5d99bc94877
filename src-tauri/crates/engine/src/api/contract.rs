//! How well the answers of a prompt keep its output schema.

use plumbline_model::{CellId, RunId};
use serde::Serialize;
use ts_rs::TS;

/// Where answers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum AnswersFrom {
    /// Runs of this workspace.
    Replay,
    /// Imported calls that name the version.
    Import,
}

/// One answer, so that it can be opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum AnswerRef {
    Cell { run_id: RunId, cell_id: CellId },
    Span { trace_id: String, span_id: String },
}

/// One way in which answers break the schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct FailingPathRow {
    /// As a JSON pointer, with `*` for any index; empty for the answer itself.
    pub path: String,
    /// The keyword of the schema that is broken; `json` where the answer is none.
    pub rule: String,
    pub answers: u64,
    /// What the first such answer was told.
    pub message: String,
    pub example: AnswerRef,
}

/// The answers of one version from one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ContractRow {
    pub version: String,
    pub template_hash: String,
    pub from: AnswersFrom,
    /// Whole answers that were held against the version's schema.
    pub answers: u64,
    pub kept: u64,
    pub not_json: u64,
    /// Answers that were cut, failed or are not held by the source; they are not counted above.
    pub not_whole: u64,
    /// More answers exist than were looked at.
    pub more: bool,
    /// Most frequent first, at most twenty.
    pub failing: Vec<FailingPathRow>,
    /// How many more ways there are.
    pub failing_more: u64,
}
