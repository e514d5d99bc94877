//! What a comparison hands to a format: plain values, filled by whoever compared.
//!
//! Every figure that may be unknown is optional; unknown is never zero. Texts are as they were, hostile or not.

use super::ShareError;
use plumbline_analysis::align::RowVerdict;
use plumbline_analysis::diff::OutputDiff;
use plumbline_model::{CellStatus, Origin, Problem, Usd};
use serde::{Serialize, Serializer};

/// All that stands above the rows.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SharedHead {
    pub title: String,
    /// One sentence, with its interval and its doubt.
    pub verdict: String,
    /// The first is the baseline that the others are compared with.
    pub columns: Vec<SharedColumn>,
    pub counts: Vec<SharedCount>,
    /// Ways of changing, in the order to show; rows refer to them by `kind`.
    pub groups: Vec<SharedGroup>,
    pub tests: Vec<SharedTest>,
    pub signoffs: Vec<SharedSignoff>,
    /// When the file was made, as RFC 3339 in UTC.
    pub written_utc: String,
}

/// One run of the comparison.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SharedColumn {
    /// How the column is called everywhere in the file; unique.
    pub name: String,
    pub prompt: Option<String>,
    pub version: Option<String>,
    pub model: Option<String>,
    pub template_hash: Option<String>,
    pub run_id: Option<String>,
    pub run_hash: Option<String>,
    pub answered: Option<u64>,
    pub passed: Option<u64>,
    pub graded: Option<u64>,
    pub tokens_in: Option<u64>,
    pub tokens_out: Option<u64>,
    pub cost_usd: Option<Usd>,
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
}

/// How many cases of a column are something.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SharedCount {
    /// The column's name; `None` where the count is of the whole comparison.
    pub column: Option<String>,
    /// Such as `broken`.
    pub what: String,
    pub count: u64,
}

/// Cases that changed in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SharedGroup {
    /// The column's name; `None` where there is only one candidate.
    pub column: Option<String>,
    /// Such as `json_field:$.label`.
    pub kind: String,
    pub count: u64,
    pub fixed: u64,
    pub broken: u64,
    /// Case keys.
    pub examples: Vec<String>,
    /// By whom and why the change was accepted; `None` where it was not.
    pub accepted: Option<String>,
}

/// One statistic with its interval and test.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SharedTest {
    /// The column's name; `None` where there is only one candidate.
    pub column: Option<String>,
    /// What is measured, with its unit, such as `pass_rate` or `latency_ms`.
    pub metric: String,
    pub method: String,
    /// A share of 0 to 1 for `pass_rate` and `answers_moved`, else in the metric's unit.
    pub estimate: Option<f64>,
    pub ci_low: Option<f64>,
    pub ci_high: Option<f64>,
    pub p_value: Option<f64>,
    /// After the correction for several tests.
    pub p_adjusted: Option<f64>,
    pub n: u64,
    /// The smallest difference that this many cases would have shown, in the estimate's unit.
    pub smallest_shown: Option<f64>,
    /// Further cases needed to show the difference that was found.
    pub more_needed: Option<u64>,
}

/// Somebody's word on the comparison.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SharedSignoff {
    pub by: String,
    /// RFC 3339 in UTC.
    pub when_utc: String,
    pub decision: String,
    pub note: Option<String>,
}

/// One case over all columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SharedRow {
    pub case_key: String,
    /// Name and value, names unique.
    pub variables: Vec<(String, String)>,
    pub expected: Option<String>,
    /// One for each column, in their order; `None` where the column has no such case.
    pub cells: Vec<Option<SharedCell>>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SharedCell {
    /// `None` where there is no answer, which is not the empty answer.
    pub text: Option<String>,
    pub tool_calls_json: Option<String>,
    pub status: CellStatus,
    pub origin: Option<Origin>,
    pub passed: Option<bool>,
    pub score: Option<f64>,
    /// Against the baseline; `None` for the baseline itself.
    pub verdict: Option<RowVerdict>,
    pub kinds: Vec<String>,
    /// Why the case failed, broke or cannot be compared.
    pub reason: Option<String>,
    pub latency_ms: Option<f64>,
    pub tokens_in: Option<u64>,
    pub tokens_out: Option<u64>,
    pub cost_usd: Option<Usd>,
    /// Different answers among the repeats.
    pub distinct: Option<u32>,
    pub repeats: Option<u32>,
    /// From the baseline's answer to this one. Not part of the tables: both texts are.
    #[serde(skip)]
    pub diff: Option<OutputDiff>,
    pub labels: Vec<String>,
    pub notes: Vec<String>,
}

impl Default for SharedCell {
    /// A cell of which nothing is known but that it was answered.
    fn default() -> Self {
        Self {
            text: None,
            tool_calls_json: None,
            status: CellStatus::Complete,
            origin: None,
            passed: None,
            score: None,
            verdict: None,
            kinds: Vec::new(),
            reason: None,
            latency_ms: None,
            tokens_in: None,
            tokens_out: None,
            cost_usd: None,
            distinct: None,
            repeats: None,
            diff: None,
            labels: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl SharedCell {
    /// Whether repeats of the same request answered differently.
    #[must_use]
    pub fn flaky(&self) -> bool {
        self.distinct.is_some_and(|distinct| distinct > 1)
    }
}

impl SharedRow {
    /// What became of the case in a column; `None` for the baseline and where neither side has the case.
    #[must_use]
    pub fn verdict(&self, column: usize) -> Option<RowVerdict> {
        if column == 0 {
            return None;
        }
        let side = |at: usize| self.cells.get(at).and_then(Option::as_ref);
        match (side(0), side(column)) {
            (None, None) => None,
            (Some(_), None) => Some(RowVerdict::OnlyA),
            (None, Some(_)) => Some(RowVerdict::OnlyB),
            (Some(_), Some(cell)) => cell.verdict,
        }
    }
}

/// The row, if it was read and has as many cells as there are columns.
pub(super) fn checked(
    row: Result<SharedRow, Problem>,
    head: &SharedHead,
) -> Result<SharedRow, ShareError> {
    let row = row.map_err(ShareError::Row)?;
    if row.cells.len() == head.columns.len() {
        Ok(row)
    } else {
        Err(ShareError::Shape {
            cells: row.cells.len(),
            columns: head.columns.len(),
        })
    }
}

pub(super) fn as_object<S: Serializer>(
    pairs: &[(String, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}
