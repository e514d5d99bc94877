//! Comparing two columns of one or two runs.

use plumbline_analysis::ChangeKind;
use plumbline_analysis::align::{ChangeGroup, RowVerdict};
use plumbline_analysis::diff::{OutputDiff, TextDiff};
use plumbline_analysis::stats::StatTest;
use plumbline_model::{Case, Cell, NanosText, RunId, Target, Usd};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One side of a comparison: a run, and which of its columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Side {
    pub run_id: RunId,
    /// Column of the run's grid; `None` when the run has only one.
    pub column: Option<u32>,
}

/// What stands over one side.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct SideView {
    pub side: Side,
    pub prompt_name: String,
    pub prompt_version: String,
    pub target: Target,
    pub template_hash: String,
    pub started: NanosText,
    pub answered: u64,
    pub passed: u64,
    pub graded: u64,
    pub tokens_in: Option<u64>,
    pub tokens_out: Option<u64>,
    pub cost_usd: Option<Usd>,
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
}

/// The answer to: which answers moved?
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct CompareView {
    pub a: SideView,
    pub b: SideView,
    /// One sentence with its interval.
    pub verdict: String,
    pub matched: u64,
    pub same: u64,
    pub changed: u64,
    pub fixed: u64,
    pub broken: u64,
    pub only_a: u64,
    pub only_b: u64,
    pub not_comparable: u64,
    pub groups: Vec<ChangeGroup>,
    pub tests: Vec<StatTest>,
    /// What differs in the prompts themselves.
    pub prompt_diff: Option<TextDiff>,
}

/// Which compared rows to show.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct CompareFilter {
    /// One verdict only; `None` shows all but the same.
    pub verdict: Option<RowVerdict>,
    pub include_same: bool,
    /// One kind of change only, as its word in the groups.
    pub kind: Option<String>,
    pub text: String,
}

/// One compared case, as small as a list needs it.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct CompareRow {
    pub case_key: String,
    pub repeat: u32,
    pub verdict: RowVerdict,
    pub kinds: Vec<ChangeKind>,
    /// Why the two cannot be compared.
    pub reason: Option<String>,
    pub preview_a: Option<String>,
    pub preview_b: Option<String>,
    pub passed_a: Option<bool>,
    pub passed_b: Option<bool>,
}

/// A page of compared cases.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct ComparePage {
    pub total: u64,
    pub rows: Vec<CompareRow>,
}

/// One case on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct ComparedPair {
    pub row: CompareRow,
    pub case: Option<Case>,
    pub a: Option<Cell>,
    pub b: Option<Cell>,
    pub diff: Option<OutputDiff>,
    /// What differs in the request as it was sent.
    pub request_diff: Option<TextDiff>,
}
