//! Comparing columns of one or several runs with one of them.

use plumbline_analysis::align::{FoldedSide, RowVerdict};
use plumbline_analysis::diff::{JsonChange, OutputDiff, TextDiff};
use plumbline_analysis::flakiness::Flakiness;
use plumbline_analysis::stats::StatTest;
use plumbline_model::{
    Case, Cell, NanosText, ReviewDecision, ReviewLine, RubricCheck, RunId, Target, Usd,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One side of a comparison: a run, and which of its columns. Text form: `RUN.COLUMN`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Side {
    pub run_id: RunId,
    /// Column of the run's grid; `None` when the run has only one.
    pub column: Option<u32>,
}

/// What stands over one side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SideView {
    pub side: Side,
    pub prompt_name: String,
    pub prompt_version: String,
    pub target: Target,
    pub template_hash: String,
    /// SHA-256 of what was asked and answered; what a sign-off names.
    pub run_hash: String,
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

/// Cases that changed in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ChangeGroup {
    /// Its word, such as `wording` or `json_field:$.label`.
    pub kind: String,
    /// Cases of this kind. A case with several kinds counts in each.
    pub count: u64,
    pub fixed: u64,
    pub broken: u64,
    /// Keys of the first few, in order.
    pub examples: Vec<String>,
}

/// How one side stands against the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PairSummary {
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
    /// Cases whose repeats both passed and failed, at the baseline and here.
    pub flaky_a: u64,
    pub flaky_b: u64,
    pub groups: Vec<ChangeGroup>,
    pub tests: Vec<StatTest>,
    /// Cases that are not steady, and where the variance of pass and fail comes from; `None` without repeats.
    pub flakiness: Option<Flakiness>,
    /// What differs in the prompts themselves.
    #[serde(skip_deserializing)]
    pub prompt_diff: Option<TextDiff>,
}

/// The answer to: which answers moved?
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct CompareView {
    /// The baseline first, then up to five others.
    pub sides: Vec<SideView>,
    /// One for each side but the first, in their order.
    pub pairs: Vec<PairSummary>,
}

impl CompareView {
    /// The baseline, the first side that is compared with it, and how.
    #[must_use]
    pub fn first_pair(&self) -> Option<(&SideView, &SideView, &PairSummary)> {
        match (self.sides.as_slice(), self.pairs.as_slice()) {
            ([a, b, ..], [pair, ..]) => Some((a, b, pair)),
            _ => None,
        }
    }
}

/// Which compared cases to show. Every condition that is set must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct CompareFilter {
    /// The side that the other conditions are about, from 1; `None` for any side.
    pub column: Option<u32>,
    /// One verdict only; `None` shows all but the same.
    pub verdict: Option<RowVerdict>,
    pub include_same: bool,
    /// One kind of change only, as its word in the groups.
    pub kind: Option<String>,
    /// Found anywhere in the case's key or in an answer, whatever its case.
    pub text: String,
    /// Cases whose repeats both passed and failed.
    pub flaky: bool,
    /// Cases with an answer that somebody gave this label.
    pub label: Option<String>,
    /// Cases that nobody decided about yet, on the side of `column`, else on the first one compared.
    pub undecided: bool,
}

/// One answer of a compared case, as small as a grid needs it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CompareCell {
    /// Against the baseline; `None` at the baseline itself.
    pub verdict: Option<RowVerdict>,
    /// Words of kinds of change.
    pub kinds: Vec<String>,
    /// Why the two cannot be compared, or not with all repeats.
    pub reason: Option<String>,
    /// The start of the commonest answer.
    pub preview: String,
    /// `None` where it was not graded, or where repeats disagree.
    pub passed: Option<bool>,
    /// Repeats both passed and failed.
    pub flips: bool,
    /// Different answers of the repeats.
    pub distinct: u32,
    pub repeats: u32,
}

/// One compared case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CompareRow {
    /// Its place in the whole comparison, from 0.
    pub position: u64,
    pub case_key: String,
    /// The gravest of its sides.
    pub verdict: RowVerdict,
    /// One for each side; `None` where neither the side nor the baseline has the case.
    pub cells: Vec<Option<CompareCell>>,
    /// What was decided about the case or one of its groups, for the side of the filter, else the first one compared.
    pub decision: Option<ReviewDecision>,
    /// What the labels of its answers are.
    pub labels: Vec<String>,
}

/// A page of compared cases.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct ComparePage {
    pub total: u64,
    pub rows: Vec<CompareRow>,
}

/// A whole comparison at a glance: the gravest verdict of each stretch of the filtered cases, in order.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct CompareMap {
    pub total: u64,
    pub stretches: Vec<RowVerdict>,
}

/// How one tool call stands against the one of the other side.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct ToolCallDiff {
    pub name: String,
    /// `None` when only the new answer makes it.
    pub a: Option<serde_json::Value>,
    /// `None` when only the old answer makes it.
    pub b: Option<serde_json::Value>,
    /// Argument by argument, where both make it.
    pub changes: Vec<JsonChange>,
}

/// One case on two sides.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct ComparedPair {
    pub row: CompareRow,
    pub case: Option<Case>,
    pub a: Option<Cell>,
    pub b: Option<Cell>,
    /// The different answers of the repeats.
    pub folded_a: Option<FoldedSide>,
    pub folded_b: Option<FoldedSide>,
    pub diff: Option<OutputDiff>,
    /// Calls of tools in the order of the new answer, then those that it no longer makes.
    pub tool_calls: Vec<ToolCallDiff>,
    /// What differs in the request as it was sent.
    pub request_diff: Option<TextDiff>,
    /// What reviewers said about the pair and both cells, newest first.
    pub reviews: Vec<ReviewLine>,
}

/// A pair as a blind reviewer sees it: two answers in random order, and nothing of where they come from.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct BlindPair {
    pub case_key: String,
    /// Stands for this order; given back with the judgement.
    pub ticket: String,
    pub variables: Vec<(String, String)>,
    pub left: String,
    pub right: String,
    /// Items of the checklist of these sides.
    pub rubric: Vec<String>,
    /// Pairs of these sides that this reviewer judged, and that are to be judged in all.
    pub judged: u64,
    pub total: u64,
}

/// What a blind reviewer says: which side of the screen is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum BlindChoice {
    Left,
    Right,
    Tie,
    BothBad,
    Skip,
}

/// A blind judgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct BlindJudgement {
    pub ticket: String,
    pub choice: BlindChoice,
    #[serde(default)]
    pub note: String,
    #[serde(default)]
    pub checks: Vec<RubricCheck>,
}

/// A judged share with its interval.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct WinRate {
    pub better: u64,
    pub worse: u64,
    pub tie: u64,
    pub both_bad: u64,
    /// Share of pairs that the new side wins, ties and pairs that are both bad counting half; `None` without a judgement.
    pub rate: Option<f64>,
    pub ci_low: Option<f64>,
    pub ci_high: Option<f64>,
    /// Exact sign test, ties dropped.
    pub p_value: Option<f64>,
}

/// How far reviewers agree.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct Agreement {
    /// Pairs that at least two reviewers judged.
    pub pairs: u64,
    /// Cohen's kappa, for exactly two reviewers.
    pub kappa: Option<f64>,
    /// Krippendorff's alpha, nominal.
    pub alpha: Option<f64>,
}

/// What reviewers made of two sides.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct ReviewSummary {
    /// Of all reviewers; a pair that they disagree about counts for each.
    pub wins: WinRate,
    pub reviewers: Vec<ReviewerSummary>,
    pub agreement: Agreement,
    /// Moved cases that were accepted, rejected, and not decided.
    pub accepted: u64,
    pub rejected: u64,
    pub undecided: u64,
    /// Kinds of change that were decided as a whole.
    pub groups: Vec<GroupDecision>,
    /// Newest first.
    pub sign_offs: Vec<SignOffView>,
    pub labels: Vec<LabelCount>,
    pub rubric: Vec<String>,
}

/// What one reviewer judged.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct ReviewerSummary {
    pub reviewer: String,
    pub wins: WinRate,
    pub skipped: u64,
}

/// What was decided about a kind of change.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct GroupDecision {
    pub kind: String,
    pub decision: ReviewDecision,
    /// Cases that it was about when it was decided.
    pub cases: u64,
    pub reviewer: String,
    pub at: NanosText,
}

/// A sign-off, and whether it still is about what the runs hold.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct SignOffView {
    pub line: ReviewLine,
    /// Both run hashes are as they were signed.
    pub is_current: bool,
}

/// How many answers have a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct LabelCount {
    pub label: String,
    pub count: u64,
}
