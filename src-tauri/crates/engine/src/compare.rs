//! Compare: two columns of one or two runs, aligned by case key.

use crate::Engine;
use crate::api::{
    CompareFilter, ComparePage, CompareRow, CompareView, ComparedPair, Side, SideView,
};
use crate::replay::{Column, answer_text, column_keys, latencies, preview, totals};
use plumbline_analysis::align::{self, CellView, ComparedRow, Comparison, RowVerdict};
use plumbline_analysis::diff::{DiffOptions, TextDiff, diff_outputs_with, diff_text};
use plumbline_analysis::percentile::nearest_rank;
use plumbline_analysis::verdict::verdict;
use plumbline_model::{Cell, ChatRequest, NanosText, Problem, Run, RunId};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Comparisons that stay in memory, so that paging through one does not compute it again.
const KEPT: usize = 4;

/// One side, loaded.
pub(crate) struct Loaded {
    side: Side,
    run: Run,
    column: Column,
    cells: Vec<Cell>,
}

/// Both sides with what came of comparing them.
pub(crate) struct Compared {
    a: Loaded,
    b: Loaded,
    outcome: Comparison,
}

/// Comparisons of ended runs, newest last.
#[derive(Default)]
pub(crate) struct ComparedBook(Mutex<Vec<(Side, Side, Arc<Compared>)>>);

impl Engine {
    /// Which answers moved between two sides.
    pub fn compare_open(&self, a: &Side, b: &Side) -> Result<CompareView, Problem> {
        let compared = self.compared(a, b)?;
        let outcome = &compared.outcome;
        let prompt_diff = diff_text(&compared.a.column.text, &compared.b.column.text);
        Ok(CompareView {
            a: side_view(&compared.a),
            b: side_view(&compared.b),
            verdict: verdict(outcome),
            matched: outcome.matched,
            same: outcome.same,
            changed: outcome.changed,
            fixed: outcome.fixed,
            broken: outcome.broken,
            only_a: outcome.only_a,
            only_b: outcome.only_b,
            not_comparable: outcome.not_comparable,
            groups: outcome.groups.clone(),
            tests: outcome.tests.clone(),
            prompt_diff: (!prompt_diff.equal).then_some(prompt_diff),
        })
    }

    /// The whole comparison, as reports take it.
    pub fn comparison(&self, a: &Side, b: &Side) -> Result<Comparison, Problem> {
        Ok(self.compared(a, b)?.outcome.clone())
    }

    /// A page of compared cases.
    pub fn compare_rows(
        &self,
        a: &Side,
        b: &Side,
        filter: &CompareFilter,
        offset: u64,
        limit: u64,
    ) -> Result<ComparePage, Problem> {
        let compared = self.compared(a, b)?;
        let cells = Cells::of(&compared);
        let text = filter.text.trim().to_lowercase();
        let wanted: Vec<CompareRow> = compared
            .outcome
            .rows
            .iter()
            .filter(|row| accepts(row, filter))
            .filter(|row| text.is_empty() || cells.mentions(row, &text))
            .map(|row| cells.row(row))
            .collect();
        Ok(ComparePage {
            total: wanted.len() as u64,
            rows: wanted
                .into_iter()
                .skip(offset as usize)
                .take(limit.min(10_000) as usize)
                .collect(),
        })
    }

    /// One case on both sides, with the diff of the answers and of what was asked.
    pub fn compare_pair(
        &self,
        a: &Side,
        b: &Side,
        case_key: &str,
        repeat: u32,
    ) -> Result<ComparedPair, Problem> {
        let compared = self.compared(a, b)?;
        let cells = Cells::of(&compared);
        let row = compared
            .outcome
            .rows
            .iter()
            .find(|row| row.key.case_key == case_key && row.key.repeat == repeat)
            .ok_or_else(|| {
                Problem::not_found(format!(
                    "neither run has the case `{}`",
                    case_key.escape_debug()
                ))
            })?;
        let (cell_a, cell_b) = cells.pair(row);
        let diff = match (cell_a, cell_b) {
            (Some(a), Some(b)) => Some(diff_outputs_with(
                &answer_text(a),
                &answer_text(b),
                DiffOptions::default(),
                true,
            )),
            _ => None,
        };
        let case = self.case(&compared.a.run.plan.dataset, case_key).ok();
        let request_diff = case.as_ref().and_then(|case| {
            let sent = |loaded: &Loaded, cell: Option<&Cell>| {
                let summary = cell.and_then(|cell| cell.summary.as_ref());
                let sent = loaded.column.sent(case, summary).ok()?;
                Some(sent.assembled.request)
            };
            request_diff(&sent(&compared.a, cell_a)?, &sent(&compared.b, cell_b)?)
        });
        Ok(ComparedPair {
            row: cells.row(row),
            a: cell_a.cloned(),
            b: cell_b.cloned(),
            case,
            diff,
            request_diff,
        })
    }

    /// Reads `RUN`, `RUN.COLUMN`, `latest` or `latest.COLUMN`.
    pub fn side(&self, text: &str) -> Result<Side, Problem> {
        let (run, column) = match text.rsplit_once('.') {
            Some((run, column)) => (run, Some(column.parse().map_err(|_| not_a_side(text))?)),
            None => (text, None),
        };
        Ok(Side {
            run_id: self.run_id(run).map_err(|_| not_a_side(text))?,
            column,
        })
    }

    /// Reads a run's id; `latest` is the newest run.
    pub fn run_id(&self, text: &str) -> Result<RunId, Problem> {
        if text == "latest" {
            let newest = self.inner.workspace.list_runs()?.into_iter().next();
            return newest.map(|summary| summary.run.id).ok_or_else(|| {
                Problem::not_found("there is no run yet").hint("Start one with `plumbline replay`.")
            });
        }
        text.parse().map_err(|_| {
            Problem::bad_input(format!("`{}` is not a run", text.escape_debug()))
                .hint("`plumbline run list` names the runs; `latest` is the newest.")
        })
    }

    fn compared(&self, a: &Side, b: &Side) -> Result<Arc<Compared>, Problem> {
        let mut book = self
            .inner
            .compared
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = book.iter().position(|(x, y, _)| x == a && y == b) {
            let (.., compared) = &book[at];
            if self.is_as_it_was(&compared.a.run)? && self.is_as_it_was(&compared.b.run)? {
                return Ok(Arc::clone(compared));
            }
            book.remove(at);
        }
        let (loaded_a, loaded_b) = (self.load(a)?, self.load(b)?);
        let outcome = align::compare(&views(&loaded_a.cells), &views(&loaded_b.cells));
        let over = loaded_a.run.ended_ns.is_some() && loaded_b.run.ended_ns.is_some();
        let compared = Arc::new(Compared {
            a: loaded_a,
            b: loaded_b,
            outcome,
        });
        // A run that goes on, or is resumed, would be shown as it was.
        if over {
            if book.len() >= KEPT {
                book.remove(0);
            }
            book.push((a.clone(), b.clone(), Arc::clone(&compared)));
        }
        Ok(compared)
    }

    /// False when a run was resumed since, by whichever process.
    fn is_as_it_was(&self, run: &Run) -> Result<bool, Problem> {
        Ok(self.inner.workspace.run(run.id)?.ended_ns == run.ended_ns)
    }

    fn load(&self, side: &Side) -> Result<Loaded, Problem> {
        let run = self.inner.workspace.run(side.run_id)?;
        let columns = self.run_columns(&run)?;
        let index = match (side.column, columns.len()) {
            (Some(index), count) if (index as usize) < count => index as usize,
            (Some(index), count) => {
                return Err(Problem::not_found(format!(
                    "run {} has {count} columns, numbered from 0; there is no {index}",
                    run.id
                )));
            }
            (None, 1) => 0,
            (None, count) => {
                return Err(
                    Problem::bad_input(format!("run {} has {count} columns", run.id)).hint(
                        format!(
                            "Say which one, such as {}.0; `plumbline run show` lists them.",
                            run.id
                        ),
                    ),
                );
            }
        };
        let key = &column_keys(&run)[index];
        let mut cells = self.inner.workspace.all_cells(run.id)?;
        cells.retain(|cell| key.holds(cell));
        let column = columns
            .into_iter()
            .nth(index)
            .ok_or_else(|| Problem::internal(format!("run {} lost its column {index}", run.id)))?;
        Ok(Loaded {
            side: side.clone(),
            run,
            column,
            cells,
        })
    }

    /// What differs between two files: words for text, paths for JSON.
    pub fn diff_files(a: &Path, b: &Path) -> Result<plumbline_analysis::diff::OutputDiff, Problem> {
        Ok(diff_outputs_with(
            &read_to_diff(a)?,
            &read_to_diff(b)?,
            DiffOptions::default(),
            true,
        ))
    }
}

/// Larger files are not compared as one text.
const MAX_DIFF_BYTES: u64 = 64 * 1024 * 1024;

fn read_to_diff(path: &Path) -> Result<String, Problem> {
    let unreadable = |error: std::io::Error| {
        Problem::not_found(format!("cannot read {}: {error}", path.display()))
            .hint("Name two files to compare.")
    };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > MAX_DIFF_BYTES {
        return Err(
            Problem::bad_input(format!("{} is larger than 64 MiB", path.display()))
                .hint("Compare smaller pieces."),
        );
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn not_a_side(text: &str) -> Problem {
    Problem::bad_input(format!(
        "`{}` is neither a run nor a column of one",
        text.escape_debug()
    ))
    .hint("Write RUN or RUN.COLUMN; `plumbline run list` names the runs, `latest` is the newest.")
}

fn side_view(loaded: &Loaded) -> SideView {
    let totals = totals(loaded.cells.iter());
    let mut times = latencies(loaded.cells.iter());
    SideView {
        side: loaded.side.clone(),
        prompt_name: loaded.column.prompt_name.clone(),
        prompt_version: loaded.column.prompt_version.clone(),
        target: loaded.column.target.clone(),
        template_hash: loaded.column.template_hash.clone(),
        started: NanosText(loaded.run.started_ns),
        answered: totals.live + totals.cached + totals.recorded,
        passed: totals.passed,
        graded: totals.graded,
        tokens_in: totals.tokens_in,
        tokens_out: totals.tokens_out,
        cost_usd: totals.cost_usd,
        p50_ms: nearest_rank(&mut times, 50.0),
        p95_ms: nearest_rank(&mut times, 95.0),
    }
}

/// Cells as the alignment wants them. Both sides are one column, so a case and repeat name one cell.
fn views(cells: &[Cell]) -> Vec<CellView<'_>> {
    cells.iter().map(|cell| CellView::of(cell, "")).collect()
}

fn accepts(row: &ComparedRow, filter: &CompareFilter) -> bool {
    let verdict = match filter.verdict {
        Some(verdict) => row.verdict == verdict,
        None => filter.include_same || row.verdict != RowVerdict::Same,
    };
    verdict
        && filter
            .kind
            .as_ref()
            .is_none_or(|kind| row.kinds.iter().any(|own| own.to_string() == *kind))
}

/// Cells of both sides by case and repeat.
struct Cells<'c> {
    a: HashMap<(&'c str, u32), &'c Cell>,
    b: HashMap<(&'c str, u32), &'c Cell>,
}

impl<'c> Cells<'c> {
    fn of(compared: &'c Compared) -> Self {
        let by_key = |cells: &'c [Cell]| {
            cells
                .iter()
                .map(|cell| ((cell.key.case_key.as_str(), cell.key.repeat), cell))
                .collect()
        };
        Self {
            a: by_key(&compared.a.cells),
            b: by_key(&compared.b.cells),
        }
    }

    fn pair(&self, row: &ComparedRow) -> (Option<&'c Cell>, Option<&'c Cell>) {
        let key = (row.key.case_key.as_str(), row.key.repeat);
        (self.a.get(&key).copied(), self.b.get(&key).copied())
    }

    fn mentions(&self, row: &ComparedRow, text: &str) -> bool {
        let (a, b) = self.pair(row);
        row.key.case_key.to_lowercase().contains(text)
            || a.into_iter()
                .chain(b)
                .any(|cell| answer_text(cell).to_lowercase().contains(text))
    }

    fn row(&self, row: &ComparedRow) -> CompareRow {
        let (a, b) = self.pair(row);
        CompareRow {
            case_key: row.key.case_key.clone(),
            repeat: row.key.repeat,
            verdict: row.verdict,
            kinds: row.kinds.clone(),
            reason: row.reason.clone(),
            preview_a: a.map(preview),
            preview_b: b.map(preview),
            passed_a: row.passed_a,
            passed_b: row.passed_b,
        }
    }
}

/// What differs between two requests as they were sent; `None` when nothing does.
fn request_diff(a: &ChatRequest, b: &ChatRequest) -> Option<TextDiff> {
    let diff = diff_text(&readable(a), &readable(b));
    (!diff.equal).then_some(diff)
}

/// A request as a person reads it: messages first, then what shapes the answer.
fn readable(request: &ChatRequest) -> String {
    let mut text = String::new();
    for message in &request.messages {
        text.push_str(&format!(
            "{}:\n{}\n",
            message.role.as_str(),
            message.content.text()
        ));
    }
    let mut rest = |name: &str, value: serde_json::Result<String>| {
        if let Ok(value) = value
            && !matches!(value.as_str(), "[]" | "null" | "{}")
        {
            text.push_str(&format!("{name}: {value}\n"));
        }
    };
    rest(
        "parameters",
        serde_json::to_string_pretty(&request.parameters),
    );
    rest("tools", serde_json::to_string_pretty(&request.tools));
    rest(
        "output schema",
        serde_json::to_string_pretty(&request.output_schema),
    );
    text
}
