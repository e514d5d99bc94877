//! Lines up the answers of two sides by case and says what became of each.
//!
//! Decides which answers are comparable, which are the same, which changed and in what way, and which cases were fixed
//! or broken. Repeats of a case are folded: a case is one row. Knows nothing of files, runs or prompts: a caller
//! chooses what the two sides are.

mod cell_view;
mod fold;
mod groups;
mod measures;
mod row;

pub use cell_view::CellView;
pub use fold::{DistinctOutput, FoldedSide};

use crate::change_kind::ChangeKind;
use crate::flakiness::Flakiness;
use crate::stats::StatTest;
use fold::Side;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use ts_rs::TS;

/// What became of one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, TS, Deserialize)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RowVerdict {
    /// The same text and tool calls, and no flip of pass or fail.
    Same,
    /// Another answer, without a flip.
    Changed,
    /// Failed before, passes now.
    Fixed,
    /// Passed before in every repeat, and fails now in some.
    Broken,
    OnlyA,
    OnlyB,
    /// On both sides, but one has no whole answer, or the key is not unique.
    NotComparable,
}

impl RowVerdict {
    /// All of them, from what asks most for a look to what asks least.
    pub const ALL: [Self; 7] = [
        Self::Broken,
        Self::Fixed,
        Self::Changed,
        Self::NotComparable,
        Self::OnlyA,
        Self::OnlyB,
        Self::Same,
    ];

    /// The word used in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Changed => "changed",
            Self::Fixed => "fixed",
            Self::Broken => "broken",
            Self::OnlyA => "only_a",
            Self::OnlyB => "only_b",
            Self::NotComparable => "not_comparable",
        }
    }
}

/// One case of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparedRow {
    pub case_key: String,
    pub verdict: RowVerdict,
    /// Why the row is not comparable, or not with all its repeats.
    pub reason: Option<String>,
    /// In what ways the answer changed; empty for the same answer and for rows that are not compared.
    pub kinds: Vec<ChangeKind>,
    /// Share of words that the commonest answers have in common, 0 to 1.
    pub similarity: Option<f64>,
    pub a: Option<FoldedSide>,
    pub b: Option<FoldedSide>,
}

impl ComparedRow {
    /// True when repeats of one side both passed and failed.
    #[must_use]
    pub fn is_flaky(&self) -> bool {
        self.a.iter().chain(&self.b).any(FoldedSide::flips)
    }
}

/// Rows that changed in the same way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangeGroup {
    pub kind: ChangeKind,
    /// Rows of this kind. A row with several kinds counts in each.
    pub count: u64,
    pub fixed: u64,
    pub broken: u64,
    /// Case keys of the first few, in order.
    pub examples: Vec<String>,
}

/// Two sides, compared case by case. `matched = same + changed + fixed + broken`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Comparison {
    pub matched: u64,
    pub same: u64,
    pub changed: u64,
    pub fixed: u64,
    pub broken: u64,
    pub only_a: u64,
    pub only_b: u64,
    pub not_comparable: u64,
    /// Matched rows with an answer that is new, whether or not pass and fail flipped.
    pub moved: u64,
    /// Matched rows graded on both sides.
    pub graded: u64,
    /// Matched rows whose repeats both passed and failed, before and now.
    pub flaky_a: u64,
    pub flaky_b: u64,
    /// Largest first.
    pub groups: Vec<ChangeGroup>,
    pub tests: Vec<StatTest>,
    /// The first 200 cases that are not steady, and where the variance comes from; `None` without repeats.
    pub flakiness: Option<Flakiness>,
    /// In the order of side A, then what only side B has.
    pub rows: Vec<ComparedRow>,
}

/// Compares two sides. Every case of either side becomes exactly one row.
#[must_use]
pub fn compare(a: &[CellView<'_>], b: &[CellView<'_>]) -> Comparison {
    let (sides_a, order_a) = by_case(a);
    let (sides_b, order_b) = by_case(b);
    let mut out = Comparison::default();
    let mut pairs = Vec::new();
    for key in order_a {
        let Some(side_a) = sides_a.get(key) else {
            continue;
        };
        let row = match sides_b.get(key) {
            None => row::lone(key, side_a, RowVerdict::OnlyA),
            Some(side_b) => {
                let row = row::both(key, side_a, side_b);
                if row.verdict != RowVerdict::NotComparable {
                    pairs.push((side_a, side_b));
                }
                row
            }
        };
        out.rows.push(row);
    }
    for key in order_b.into_iter().filter(|key| !sides_a.contains_key(key)) {
        if let Some(side_b) = sides_b.get(key) {
            out.rows.push(row::lone(key, side_b, RowVerdict::OnlyB));
        }
    }
    groups::settle_edits(&mut out.rows);
    count(&mut out);
    out.groups = groups::groups(&out.rows);
    out.tests = measures::tests(&out, &pairs);
    out.flakiness = measures::steadiness(&pairs);
    out
}

type Sides<'i, 'c> = HashMap<&'c str, Side<'i, 'c>>;

/// The cells of each case, and the cases in their order.
fn by_case<'i, 'c>(cells: &'i [CellView<'c>]) -> (Sides<'i, 'c>, Vec<&'c str>) {
    let mut sides: Sides<'i, 'c> = HashMap::with_capacity(cells.len());
    let mut order = Vec::new();
    for cell in cells {
        let side = sides.entry(cell.case_key).or_insert_with(|| {
            order.push(cell.case_key);
            Side { cells: Vec::new() }
        });
        side.cells.push(cell);
    }
    (sides, order)
}

fn count(out: &mut Comparison) {
    for row in &out.rows {
        match row.verdict {
            RowVerdict::Same => out.same += 1,
            RowVerdict::Changed => out.changed += 1,
            RowVerdict::Fixed => out.fixed += 1,
            RowVerdict::Broken => out.broken += 1,
            RowVerdict::OnlyA => out.only_a += 1,
            RowVerdict::OnlyB => out.only_b += 1,
            RowVerdict::NotComparable => out.not_comparable += 1,
        }
        out.moved += u64::from(!row.kinds.is_empty() && row.kinds != [ChangeKind::Noise]);
        if let (Some(a), Some(b), Some(_)) = (&row.a, &row.b, row.similarity) {
            out.graded += u64::from(a.graded > 0 && b.graded > 0);
            out.flaky_a += u64::from(a.flips());
            out.flaky_b += u64::from(b.flips());
        }
    }
    out.matched = out.same + out.changed + out.fixed + out.broken;
}

#[cfg(test)]
mod tests;
