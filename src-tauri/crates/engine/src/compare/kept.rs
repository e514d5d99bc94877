//! A comparison as the workspace keeps it, and when a kept one still holds.

use super::load::Answer;
use super::sides::checked;
use crate::api::{CompareCell, CompareView, PairSummary, Side, SideView};
use crate::{Engine, clock};
use plumbline_analysis::align::{ComparedRow, FoldedSide};
use plumbline_analysis::diff::diff_text;
use plumbline_model::{CellId, Problem, UnixNanos};
use plumbline_workspace::StoredComparison;
use serde::{Deserialize, Serialize};
use std::sync::PoisonError;

/// Changes whenever the same runs would compare otherwise than before.
const EDITION: u32 = 2;

/// How long a comparison of a run that goes on is shown before it is computed again.
const MOMENT_NS: i64 = 3_000_000_000;

/// What stands over a comparison.
#[derive(Serialize, Deserialize)]
pub(super) struct Head {
    pub sides: Vec<SideView>,
    pub pairs: Vec<PairSummary>,
}

/// What is kept of one case on one side.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredCell {
    pub cell: CompareCell,
    pub folded: FoldedSide,
    /// Cells by repeat.
    pub cells: Vec<(u32, CellId)>,
}

impl StoredCell {
    pub(super) fn of(
        row: Option<&ComparedRow>,
        kinds: Vec<String>,
        folded: Option<&FoldedSide>,
        answers: &[&Answer],
    ) -> Self {
        let folded = folded.cloned().unwrap_or_default();
        let commonest = folded.outputs.first().map(|output| output.repeat);
        let shown = answers
            .iter()
            .find(|answer| Some(answer.repeat) == commonest)
            .or(answers.first());
        let cell = CompareCell {
            verdict: row.map(|row| row.verdict),
            kinds,
            reason: row.and_then(|row| row.reason.clone()),
            preview: shown
                .map(|answer| answer.preview.clone())
                .unwrap_or_default(),
            passed: folded.all_passed(),
            flips: folded.flips(),
            distinct: folded.outputs.len() as u32,
            repeats: folded.repeats,
        };
        Self {
            cell,
            cells: answers
                .iter()
                .map(|answer| (answer.repeat, answer.id))
                .collect(),
            folded,
        }
    }

    pub(super) fn read(body: &str) -> Result<Self, Problem> {
        serde_json::from_str(body).map_err(|error| unreadable(&error))
    }

    /// The cell of a repeat, or of the commonest answer.
    pub(super) fn cell_of(&self, repeat: Option<u32>) -> Option<CellId> {
        let commonest = || self.folded.outputs.first().map(|output| output.repeat);
        let wanted = repeat.or_else(commonest);
        self.cells
            .iter()
            .find(|(repeat, _)| wanted.is_none_or(|wanted| *repeat == wanted))
            .map(|(_, cell)| *cell)
    }
}

impl Engine {
    /// Which answers moved between a baseline and up to five others.
    ///
    /// # Errors
    /// `BadInput` for fewer than two sides or more than six; `NotFound` for a run or column that is not there;
    /// `Cancelled` when the job that compares is cancelled.
    pub fn compare_open(&self, sides: &[Side]) -> Result<CompareView, Problem> {
        let kept = self.kept(sides)?;
        let mut head: Head =
            serde_json::from_str(&kept.body).map_err(|error| unreadable(&error))?;
        let texts = sides
            .iter()
            .map(|side| Ok(self.column_of(side)?.1.text))
            .collect::<Result<Vec<_>, Problem>>()?;
        if let Some((first, others)) = texts.split_first() {
            for (pair, other) in head.pairs.iter_mut().zip(others) {
                let diff = diff_text(first, other);
                pair.prompt_diff = (!diff.equal).then_some(diff);
            }
        }
        Ok(CompareView {
            sides: head.sides,
            pairs: head.pairs,
        })
    }

    /// The comparison of the runs as they are now; computed if nobody did.
    pub(crate) fn kept(&self, sides: &[Side]) -> Result<StoredComparison, Problem> {
        checked(sides)?;
        let find = || -> Result<(String, Option<StoredComparison>), Problem> {
            let key = self.comparison_key(sides)?;
            let found = self.inner.workspace.comparison(&key)?;
            Ok((key, found))
        };
        if let (_, Some(found)) = find()? {
            return Ok(found);
        }
        let _one = self
            .inner
            .comparing
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (key, found) = find()?;
        if let Some(found) = found {
            return Ok(found);
        }
        if let Some(found) = self.recent(sides)? {
            return Ok(found);
        }
        self.compute(sides, &key)?;
        let kept = self.inner.workspace.comparison(&key)?;
        kept.ok_or_else(|| Problem::internal("the comparison was not kept"))
    }

    /// A comparison of a run that still goes on, as it was a moment ago: with every answer it would be computed anew.
    fn recent(&self, sides: &[Side]) -> Result<Option<StoredComparison>, Problem> {
        let workspace = &self.inner.workspace;
        for side in sides {
            if workspace.run(side.run_id)?.ended_ns.is_none() {
                let since = UnixNanos(clock::now().0.saturating_sub(MOMENT_NS));
                return Ok(workspace.comparison_since(&sides_text(sides), since)?);
            }
        }
        Ok(None)
    }

    fn comparison_key(&self, sides: &[Side]) -> Result<String, Problem> {
        let mut key = format!("{EDITION}");
        for side in sides {
            let revision = self.inner.workspace.run_revision(side.run_id)?;
            key.push_str(&format!(" {side}@{revision}"));
        }
        Ok(key)
    }
}

pub(super) fn sides_text(sides: &[Side]) -> String {
    let texts: Vec<String> = sides.iter().map(ToString::to_string).collect();
    texts.join(" ")
}

fn unreadable(error: &serde_json::Error) -> Problem {
    Problem::internal(format!("a kept comparison cannot be read: {error}"))
}
