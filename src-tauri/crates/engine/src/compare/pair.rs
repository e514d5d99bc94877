//! One case on two sides: both answers, what differs in them, and what differs in what was asked.

use super::kept::StoredCell;
use super::request::request_diff;
use super::rows::row;
use crate::Engine;
use crate::api::{ComparedPair, Side, ToolCallDiff};
use plumbline_analysis::diff::{DiffOptions, diff_outputs_with, diff_tool_calls};
use plumbline_model::{Cell, Problem, ReviewSubject, ToolCall};

impl Engine {
    /// The cells of a case with the commonest answer of each side; `None` where a side does not have the case.
    pub(crate) fn compared_cells(
        &self,
        sides: &[Side],
        case_key: &str,
    ) -> Result<Vec<Option<Cell>>, Problem> {
        let kept = self.kept(sides)?;
        let workspace = &self.inner.workspace;
        let mut cells: Vec<Option<Cell>> = sides.iter().map(|_| None).collect();
        let Some(case) = workspace.compared_case(kept.id, case_key)? else {
            return Ok(cells);
        };
        for (column, body) in &case.cells {
            let id = StoredCell::read(body)?.cell_of(None);
            if let (Some(id), Some(place)) = (id, cells.get_mut(*column as usize)) {
                *place = Some(workspace.cell(id)?);
            }
        }
        Ok(cells)
    }

    /// One case at the baseline and on another side, which is counted from 1. `repeats` picks a repeat of each; else
    /// the commonest answers are shown.
    ///
    /// # Errors
    /// `NotFound` for a case that neither has; those of [`Engine::compare_open`].
    pub fn compare_pair(
        &self,
        sides: &[Side],
        column: u32,
        case_key: &str,
        repeats: Option<(u32, u32)>,
    ) -> Result<ComparedPair, Problem> {
        let kept = self.kept(sides)?;
        let missing = || {
            Problem::not_found(format!(
                "neither run has the case `{}`",
                case_key.escape_debug()
            ))
        };
        let workspace = &self.inner.workspace;
        let found = workspace.compared_case(kept.id, case_key)?;
        let (row, mut stored) = row(
            found.ok_or_else(missing)?,
            sides.len(),
            &self.said_about(sides, column)?,
        )?;
        let (side_a, side_b) = match (sides.first(), sides.get(column as usize)) {
            (Some(a), Some(b)) if column > 0 => (a, b),
            _ => {
                return Err(Problem::bad_input(format!(
                    "a comparison of {} sides has no side {column} beside its baseline",
                    sides.len()
                )));
            }
        };
        let stored_b = stored.get_mut(column as usize).and_then(Option::take);
        let stored_a = stored.first_mut().and_then(Option::take);
        let cell = |id: Option<_>| id.map(|id| workspace.cell(id)).transpose();
        let a = cell(
            stored_a
                .as_ref()
                .and_then(|side| side.cell_of(repeats.map(|r| r.0))),
        )?;
        let b = cell(
            stored_b
                .as_ref()
                .and_then(|side| side.cell_of(repeats.map(|r| r.1))),
        )?;
        let (diff, tool_calls) = match (&a, &b) {
            (Some(a), Some(b)) => {
                let diff = diff_outputs_with(text(a), text(b), DiffOptions::default(), true);
                (Some(diff), tool_calls(calls(a), calls(b)))
            }
            _ => (None, Vec::new()),
        };
        let (run_a, column_a, _) = self.column_of(side_a)?;
        let (_, column_b, _) = self.column_of(side_b)?;
        let case = self.case(&run_a.plan.dataset, case_key).ok();
        let request_diff = case.as_ref().and_then(|case| {
            let sent = |column: &crate::replay::Column, cell: Option<&Cell>| {
                let summary = cell.and_then(|cell| cell.summary.as_ref());
                let sent = column.sent(case, summary).ok()?;
                Some(sent.assembled.request)
            };
            request_diff(&sent(&column_a, a.as_ref())?, &sent(&column_b, b.as_ref())?)
        });
        let mut reviews = workspace.reviews(&ReviewSubject::Pair {
            a: side_a.to_string(),
            b: side_b.to_string(),
            case_key: case_key.to_owned(),
        })?;
        for cell in a.iter().chain(&b) {
            reviews.extend(workspace.reviews(&ReviewSubject::Cell { cell: cell.id })?);
        }
        reviews.sort_by_key(|line| std::cmp::Reverse(line.seq));
        Ok(ComparedPair {
            row,
            folded_a: stored_a.map(|side| side.folded),
            folded_b: stored_b.map(|side| side.folded),
            a,
            b,
            case,
            diff,
            tool_calls,
            request_diff,
            reviews,
        })
    }
}

fn text(cell: &Cell) -> &str {
    cell.completion
        .as_ref()
        .map_or("", |completion| &completion.text)
}

fn calls(cell: &Cell) -> &[ToolCall] {
    cell.completion
        .as_ref()
        .map_or(&[], |completion| &completion.tool_calls)
}

fn tool_calls(a: &[ToolCall], b: &[ToolCall]) -> Vec<ToolCallDiff> {
    diff_tool_calls(a, b)
        .into_iter()
        .map(|pair| ToolCallDiff {
            name: pair.name.to_owned(),
            a: pair.a.cloned(),
            b: pair.b.cloned(),
            changes: pair.changes,
        })
        .collect()
}
