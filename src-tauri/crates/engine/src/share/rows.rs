//! The rows of a shared comparison, read page by page: no more than a page of them is held.

use crate::Engine;
use crate::api::{CompareFilter, CompareRow, Side};
use plumbline_analysis::align::RowVerdict;
use plumbline_analysis::diff::{DiffOptions, diff_outputs_with};
use plumbline_model::{Cell, CellStatus, Problem, ReviewSubject, ReviewWord};
use plumbline_report::share::{SharedCell, SharedRow};
use std::cell::RefCell;
use std::collections::VecDeque;

const PAGE_ROWS: u64 = 200;

/// Hears how many cases of how many are read.
pub(super) type Seen<'s> = RefCell<&'s mut (dyn FnMut(u64, u64) -> Result<(), Problem> + 's)>;

/// All cases of a comparison, in their order.
pub(super) struct Rows<'e, 's> {
    engine: &'e Engine,
    sides: &'e [Side],
    seen: &'e Seen<'s>,
    dataset: String,
    page: VecDeque<CompareRow>,
    read: u64,
    total: u64,
    is_over: bool,
}

impl<'e, 's> Rows<'e, 's> {
    pub(super) fn new(
        engine: &'e Engine,
        sides: &'e [Side],
        seen: &'e Seen<'s>,
    ) -> Result<Self, Problem> {
        let first = sides
            .first()
            .ok_or_else(|| Problem::internal("a comparison without sides"))?;
        let dataset = engine.inner.workspace.run(first.run_id)?.plan.dataset;
        Ok(Self {
            engine,
            sides,
            seen,
            dataset,
            page: VecDeque::new(),
            read: 0,
            total: 0,
            is_over: false,
        })
    }

    fn step(&mut self) -> Result<Option<SharedRow>, Problem> {
        if self.page.is_empty() {
            let filter = CompareFilter {
                include_same: true,
                ..CompareFilter::default()
            };
            let page = self
                .engine
                .compare_rows(self.sides, &filter, self.read, PAGE_ROWS)?;
            self.total = page.total;
            self.read += page.rows.len() as u64;
            self.page = page.rows.into();
        }
        let Some(row) = self.page.pop_front() else {
            return Ok(None);
        };
        let done = self.read - self.page.len() as u64;
        (self.seen.borrow_mut())(done, self.total)?;
        self.row(row).map(Some)
    }

    fn row(&self, row: CompareRow) -> Result<SharedRow, Problem> {
        let case = self.engine.case(&self.dataset, &row.case_key).ok();
        let mut cells: Vec<Option<SharedCell>> = Vec::new();
        let mut base: Option<Cell> = None;
        let stored = self.engine.compared_cells(self.sides, &row.case_key)?;
        for (column, (shown, cell)) in row.cells.iter().zip(stored).enumerate() {
            let (Some(shown), Some(cell)) = (shown, cell) else {
                cells.push(None);
                continue;
            };
            let diff = match &base {
                Some(base) if column > 0 && shown.verdict != Some(RowVerdict::Same) => Some(
                    diff_outputs_with(text(base), text(&cell), DiffOptions::default(), false),
                ),
                _ => None,
            };
            let (labels, notes) = self.said(&cell)?;
            let completion = cell.completion.as_ref();
            cells.push(Some(SharedCell {
                text: completion.map(|completion| completion.text.clone()),
                tool_calls_json: completion
                    .filter(|completion| !completion.tool_calls.is_empty())
                    .and_then(|completion| serde_json::to_string(&completion.tool_calls).ok()),
                status: cell.status,
                origin: cell.origin,
                passed: shown.passed,
                score: None,
                verdict: shown.verdict,
                kinds: shown.kinds.clone(),
                reason: shown.reason.clone().or_else(|| {
                    let problem = cell.problem.as_ref();
                    problem
                        .filter(|_| cell.status != CellStatus::Complete)
                        .map(|problem| problem.message.clone())
                }),
                latency_ms: completion.and_then(|completion| completion.latency_ms),
                tokens_in: completion.and_then(|completion| completion.usage.tokens_in),
                tokens_out: completion.and_then(|completion| completion.usage.tokens_out),
                cost_usd: cell.cost.usd,
                distinct: Some(shown.distinct),
                repeats: Some(shown.repeats),
                diff,
                labels,
                notes,
            }));
            if column == 0 {
                base = Some(cell);
            }
        }
        Ok(SharedRow {
            case_key: row.case_key,
            variables: case
                .map(|case| {
                    case.variables
                        .into_iter()
                        .map(|(name, value)| match value {
                            serde_json::Value::String(text) => (name, text),
                            other => (name, other.to_string()),
                        })
                        .collect()
                })
                .unwrap_or_default(),
            expected: None,
            cells,
        })
    }

    /// The labels of a cell and the notes about it.
    fn said(&self, cell: &Cell) -> Result<(Vec<String>, Vec<String>), Problem> {
        let lines = self
            .engine
            .inner
            .workspace
            .reviews(&ReviewSubject::Cell { cell: cell.id })?;
        let (mut labels, mut notes) = (Vec::new(), Vec::new());
        for line in lines {
            match line.word {
                ReviewWord::Labels { labels: now } => labels = now,
                ReviewWord::Note { text } => notes.push(format!("{}: {text}", line.reviewer)),
                _ => {}
            }
        }
        Ok((labels, notes))
    }
}

impl Iterator for Rows<'_, '_> {
    type Item = Result<SharedRow, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = self.step().transpose();
        self.is_over = !matches!(next, Some(Ok(_)));
        next
    }
}

fn text(cell: &Cell) -> &str {
    cell.completion
        .as_ref()
        .map_or("", |completion| &completion.text)
}
