//! The repeats of one case on one side, folded: which different answers there are, and how often each.

use super::CellView;
use crate::change_kind::same_calls;
use plumbline_model::CellStatus;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use ts_rs::TS;

/// What one side answered to a case.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FoldedSide {
    /// Cells of the case on this side, whatever became of them.
    pub repeats: u32,
    /// Whole answers; what follows is about these.
    pub answered: u32,
    pub graded: u32,
    pub passed: u32,
    /// The different answers, the commonest first.
    pub outputs: Vec<DistinctOutput>,
}

/// An answer that one or several repeats gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DistinctOutput {
    /// The first repeat that gave it, from 0.
    pub repeat: u32,
    pub count: u32,
    /// `None` where it was not graded.
    pub passed: Option<bool>,
}

/// Whether the repeats passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grade {
    Ungraded,
    Passes,
    Fails,
    /// Some repeats passed and some failed.
    Flips,
}

impl FoldedSide {
    pub(super) fn grade(&self) -> Grade {
        match (self.graded, self.passed) {
            (0, _) => Grade::Ungraded,
            (graded, passed) if passed == graded => Grade::Passes,
            (_, 0) => Grade::Fails,
            _ => Grade::Flips,
        }
    }

    /// True when some repeats passed and some failed.
    #[must_use]
    pub fn flips(&self) -> bool {
        self.grade() == Grade::Flips
    }

    /// Passed or failed, where all graded repeats agree.
    #[must_use]
    pub fn all_passed(&self) -> Option<bool> {
        match self.grade() {
            Grade::Passes => Some(true),
            Grade::Fails => Some(false),
            Grade::Ungraded | Grade::Flips => None,
        }
    }
}

/// The cells of one case on one side.
pub(super) struct Side<'i, 'c> {
    pub cells: Vec<&'i CellView<'c>>,
}

impl<'i, 'c> Side<'i, 'c> {
    pub(super) fn answers(&self) -> impl Iterator<Item = &'i CellView<'c>> {
        self.cells
            .iter()
            .copied()
            .filter(|cell| cell.status == CellStatus::Complete)
    }

    /// A repeat that more than one cell claims to be.
    pub(super) fn twice(&self) -> Option<usize> {
        let mut seen = HashMap::new();
        for cell in &self.cells {
            *seen.entry(cell.repeat).or_insert(0) += 1;
        }
        seen.into_values().filter(|count| *count > 1).max()
    }

    pub(super) fn fold(&self) -> FoldedSide {
        let mut folded = FoldedSide {
            repeats: self.cells.len() as u32,
            ..FoldedSide::default()
        };
        let mut first: Vec<&CellView<'_>> = Vec::new();
        let mut by_text: HashMap<&str, Vec<usize>> = HashMap::new();
        for cell in self.answers() {
            folded.answered += 1;
            folded.graded += u32::from(cell.passed.is_some());
            folded.passed += u32::from(cell.passed == Some(true));
            let known = by_text.entry(cell.text).or_default();
            let same = known
                .iter()
                .copied()
                .find(|at| same_calls(first[*at].tool_calls, cell.tool_calls));
            match same.and_then(|at| folded.outputs.get_mut(at)) {
                Some(output) => output.count += 1,
                None => {
                    known.push(first.len());
                    first.push(cell);
                    folded.outputs.push(DistinctOutput {
                        repeat: cell.repeat,
                        count: 1,
                        passed: cell.passed,
                    });
                }
            }
        }
        // Stable: of equally common answers the earlier stays first.
        folded
            .outputs
            .sort_by_key(|output| std::cmp::Reverse(output.count));
        folded
    }

    pub(super) fn repeat(&self, repeat: u32) -> Option<&'i CellView<'c>> {
        self.cells
            .iter()
            .copied()
            .find(|cell| cell.repeat == repeat)
    }
}
