//! What came of a run: the list, the columns, the grid.

use super::Column;
use crate::Engine;
use crate::api::{
    CellBrief, ErrorCount, GridFilter, GridPage, GridRow, PriceTableUsed, RunColumn, RunRow,
    RunView,
};
use plumbline_analysis::percentile::nearest_rank;
use plumbline_model::{
    Cell, CellKey, CellStatus, Completion, NanosText, Origin, Problem, Run, RunId, RunTotals,
    add_known,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Characters of an answer in the grid.
const PREVIEW_CHARS: usize = 160;

impl Engine {
    /// All runs, newest first.
    pub fn run_list(&self) -> Result<Vec<RunRow>, Problem> {
        self.notice_dead_runs()?;
        let mut rows = Vec::new();
        for summary in self.inner.workspace.list_runs()? {
            let mut latencies = self.inner.workspace.run_latencies_ms(summary.run.id)?;
            rows.push(run_row(summary.run, summary.totals, &mut latencies));
        }
        Ok(rows)
    }

    /// One run with its columns.
    pub fn run_open(&self, run_id: RunId) -> Result<RunView, Problem> {
        self.notice_dead_runs()?;
        let run = self.inner.workspace.run(run_id)?;
        let totals = self.inner.workspace.run_totals(run_id)?;
        let cells = self.inner.workspace.all_cells(run_id)?;
        let columns = columns_of(&run)
            .into_iter()
            .map(|(key, index)| column_view(&key, index, &cells))
            .collect();
        let mut latencies = latencies(cells.iter());
        Ok(RunView {
            row: run_row(run, totals, &mut latencies),
            columns,
            errors: errors(&cells),
            price_sources: price_sources(&cells),
        })
    }

    /// A page of the grid: one row per case and repeat.
    pub fn run_grid(
        &self,
        run_id: RunId,
        filter: &GridFilter,
        offset: u64,
        limit: u64,
    ) -> Result<GridPage, Problem> {
        let run = self.inner.workspace.run(run_id)?;
        let columns: HashMap<ColumnKey, usize> = columns_of(&run)
            .into_iter()
            .map(|(key, index)| (key, index as usize))
            .collect();
        let mut order: HashMap<(String, u32), usize> = HashMap::new();
        let mut rows: Vec<GridRow> = Vec::new();
        let mut wanted: Vec<bool> = Vec::new();
        for cell in self.inner.workspace.all_cells(run_id)? {
            let row = (cell.key.case_key.clone(), cell.key.repeat);
            let at = *order.entry(row.clone()).or_insert_with(|| {
                rows.push(GridRow {
                    case_key: row.0,
                    repeat: row.1,
                    cells: vec![None; columns.len()],
                });
                wanted.push(false);
                rows.len() - 1
            });
            wanted[at] |= matches(&cell, filter);
            if let Some(column) = columns.get(&ColumnKey::of(&cell.key)) {
                rows[at].cells[*column] = Some(brief(&cell));
            }
        }
        let kept: Vec<GridRow> = rows
            .into_iter()
            .zip(wanted)
            .filter_map(|(row, wanted)| wanted.then_some(row))
            .collect();
        Ok(GridPage {
            total: kept.len() as u64,
            rows: kept
                .into_iter()
                .skip(offset as usize)
                .take(limit.min(1_000) as usize)
                .collect(),
        })
    }
}

/// Which column a cell belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ColumnKey {
    prompt: String,
    target: plumbline_model::Target,
}

impl ColumnKey {
    /// True when the cell stands in this column.
    pub(crate) fn holds(&self, cell: &Cell) -> bool {
        Self::of(&cell.key) == *self
    }

    fn of(key: &CellKey) -> Self {
        Self {
            prompt: format!("{}@{}", key.prompt_name, key.prompt_version),
            target: key.target.clone(),
        }
    }
}

/// The columns of a run in grid order.
pub(crate) fn column_keys(run: &Run) -> Vec<ColumnKey> {
    columns_of(run).into_iter().map(|(key, _)| key).collect()
}

fn columns_of(run: &Run) -> Vec<(ColumnKey, u32)> {
    let mut columns = Vec::new();
    for target in &run.plan.targets {
        for reference in &run.plan.prompts {
            let (name, version) = crate::prompts::split_reference(reference);
            let key = ColumnKey {
                prompt: format!("{name}@{version}"),
                target: target.clone(),
            };
            columns.push((key, columns.len() as u32));
        }
    }
    columns
}

pub(crate) fn is_column(column: &Column, key: &CellKey) -> bool {
    column.target == key.target
        && column.prompt_name == key.prompt_name
        && column.prompt_version == key.prompt_version
}

fn column_view(key: &ColumnKey, index: u32, cells: &[Cell]) -> RunColumn {
    let own: Vec<&Cell> = cells
        .iter()
        .filter(|cell| ColumnKey::of(&cell.key) == *key)
        .collect();
    let mut times = latencies(own.iter().copied());
    let mut first_tokens: Vec<f64> = measured(own.iter().copied())
        .filter_map(|completion| completion.time_to_first_token_ms)
        .collect();
    let (name, version) = crate::prompts::split_reference(&key.prompt);
    RunColumn {
        index,
        prompt_name: name.to_owned(),
        prompt_version: version.to_owned(),
        target: key.target.clone(),
        template_hash: own
            .first()
            .map(|cell| cell.template_hash.clone())
            .unwrap_or_default(),
        totals: totals(own.iter().copied()),
        p50_ms: nearest_rank(&mut times, 50.0),
        p95_ms: nearest_rank(&mut times, 95.0),
        time_to_first_token_p50_ms: nearest_rank(&mut first_tokens, 50.0),
    }
}

/// Answers whose times were measured in a call: not those of the response cache.
fn measured<'c>(cells: impl Iterator<Item = &'c Cell>) -> impl Iterator<Item = &'c Completion> {
    cells.filter_map(measured_in)
}

fn measured_in(cell: &Cell) -> Option<&Completion> {
    let is_measured = cell.status == CellStatus::Complete && cell.origin != Some(Origin::Cached);
    cell.completion.as_ref().filter(|_| is_measured)
}

/// How long the call of a cell took; `None` where none was made.
pub(crate) fn latency_ms(cell: &Cell) -> Option<f64> {
    measured_in(cell)?.latency_ms
}

fn latencies<'c>(cells: impl Iterator<Item = &'c Cell>) -> Vec<f64> {
    cells.filter_map(latency_ms).collect()
}

/// Counts and sums over some cells.
fn totals<'c>(cells: impl Iterator<Item = &'c Cell>) -> RunTotals {
    let mut totals = RunTotals::default();
    for cell in cells {
        add_to_totals(&mut totals, cell);
    }
    totals
}

/// A cell counts once, by its status, and when complete by its origin.
pub(crate) fn add_to_totals(totals: &mut RunTotals, cell: &Cell) {
    totals.cells += 1;
    totals.requests_sent += u64::from(cell.attempts);
    let counter = match (cell.status, cell.origin) {
        (CellStatus::Pending, _) => &mut totals.pending,
        (CellStatus::Failed, _) => &mut totals.failed,
        (CellStatus::Unknown, _) => &mut totals.unknown,
        (CellStatus::Truncated, _) => &mut totals.truncated,
        (CellStatus::NotSent, _) => &mut totals.not_sent,
        (CellStatus::Complete, Some(Origin::Cached)) => &mut totals.cached,
        (CellStatus::Complete, Some(Origin::Recorded)) => &mut totals.recorded,
        (CellStatus::Complete, _) => &mut totals.live,
    };
    *counter += 1;
    totals.diverged += u64::from(cell.diverged.is_some());
    if let Some(passed) = cell.passed {
        totals.graded += 1;
        totals.passed += u64::from(passed);
    }
    let Some(completion) = &cell.completion else {
        return;
    };
    totals.tokens_in = add_known(totals.tokens_in, completion.usage.tokens_in);
    totals.tokens_out = add_known(totals.tokens_out, completion.usage.tokens_out);
    match cell.cost.usd {
        Some(cost) => {
            let part = match cell.origin {
                Some(Origin::Live) => Some(&mut totals.paid_usd),
                Some(Origin::Cached) => Some(&mut totals.saved_usd),
                _ => None,
            };
            for sum in part.into_iter().chain([&mut totals.cost_usd]) {
                *sum = Some(sum.unwrap_or_default() + cost);
            }
        }
        None => totals.unpriced_cells += 1,
    }
}

fn run_row(run: Run, totals: RunTotals, latencies: &mut [f64]) -> RunRow {
    RunRow {
        id: run.id,
        status: run.status,
        started: NanosText(run.started_ns),
        ended: run.ended_ns.map(NanosText),
        ended_because: run.ended_because,
        estimate: run.estimate,
        plan: run.plan,
        totals,
        p50_ms: nearest_rank(latencies, 50.0),
        p95_ms: nearest_rank(latencies, 95.0),
    }
}

/// The price tables behind the known costs, each once.
fn price_sources(cells: &[Cell]) -> Vec<PriceTableUsed> {
    let known = cells.iter().filter(|cell| cell.cost.usd.is_some());
    let used: BTreeSet<_> = known
        .filter_map(|cell| cell.cost.source.clone())
        .map(PriceTableUsed::from)
        .collect();
    used.into_iter().collect()
}

fn errors(cells: &[Cell]) -> Vec<ErrorCount> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for problem in cells.iter().filter_map(|cell| cell.problem.as_ref()) {
        *counts.entry(&problem.message).or_default() += 1;
    }
    let mut errors: Vec<ErrorCount> = counts
        .into_iter()
        .map(|(message, count)| ErrorCount {
            message: message.to_owned(),
            count,
        })
        .collect();
    errors.sort_by_key(|error| std::cmp::Reverse(error.count));
    errors.truncate(20);
    errors
}

fn matches(cell: &Cell, filter: &GridFilter) -> bool {
    let text = filter.text.trim().to_lowercase();
    filter.status.is_none_or(|status| cell.status == status)
        && (!filter.only_failing || cell.passed == Some(false))
        && (text.is_empty()
            || cell.key.case_key.to_lowercase().contains(&text)
            || answer_text(cell).to_lowercase().contains(&text))
}

fn brief(cell: &Cell) -> CellBrief {
    let completion = cell.completion.as_ref();
    CellBrief {
        id: cell.id,
        status: cell.status,
        origin: cell.origin,
        preview: preview(cell),
        passed: cell.passed,
        diverged: cell.diverged.is_some(),
        latency_ms: completion.and_then(|completion| completion.latency_ms),
        tokens_out: completion.and_then(|completion| completion.usage.tokens_out),
        cost_usd: cell.cost.usd,
    }
}

/// The answer of a cell as text.
pub(crate) fn answer_text(cell: &Cell) -> String {
    cell.completion.as_ref().map(said).unwrap_or_default()
}

/// What was said, then the tools that were called.
pub(super) fn said(completion: &Completion) -> String {
    let mut text = completion.text.clone();
    for call in &completion.tool_calls {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("{}({})", call.name, call.arguments));
    }
    text
}

/// The first characters of an answer, or why there is none.
pub(crate) fn preview(cell: &Cell) -> String {
    let text = match &cell.problem {
        Some(problem) if cell.completion.is_none() => problem.message.clone(),
        _ => answer_text(cell),
    };
    text.chars().take(PREVIEW_CHARS).collect()
}
