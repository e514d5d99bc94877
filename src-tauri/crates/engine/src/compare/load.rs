//! The cells of the sides, reduced to what a comparison looks at: a run may be too large to hold whole.

use crate::Engine;
use crate::api::{Side, SideView};
use crate::replay::{Column, ColumnKey, add_to_totals, column_keys, latency_ms, preview};
use plumbline_analysis::align::CellView;
use plumbline_analysis::percentile::nearest_rank;
use plumbline_model::{
    Cell, CellId, CellStatus, NanosText, Origin, Problem, Run, RunId, RunTotals, ToolCall, Usd,
};
use sha2::{Digest, Sha256};
use std::ops::ControlFlow;

/// One side, loaded.
pub(super) struct Loaded {
    pub view: SideView,
    pub answers: Vec<Answer>,
}

/// A cell as far as it is compared and listed.
pub(super) struct Answer {
    pub id: CellId,
    pub case_key: String,
    pub repeat: u32,
    pub preview: String,
    status: CellStatus,
    text: String,
    tool_calls: Vec<ToolCall>,
    passed: Option<bool>,
    latency_ms: Option<f64>,
    tokens_out: Option<u64>,
    cost_usd: Option<Usd>,
    origin: Option<Origin>,
}

impl Answer {
    fn of(cell: Cell) -> Self {
        let preview = preview(&cell);
        let mut answer = Self {
            id: cell.id,
            case_key: cell.key.case_key,
            repeat: cell.key.repeat,
            preview,
            status: cell.status,
            text: String::new(),
            tool_calls: Vec::new(),
            passed: cell.passed,
            latency_ms: None,
            tokens_out: None,
            cost_usd: cell.cost.usd,
            origin: cell.origin,
        };
        if let Some(completion) = cell.completion {
            answer.text = completion.text;
            answer.tool_calls = completion.tool_calls;
            answer.latency_ms = completion.latency_ms;
            answer.tokens_out = completion.usage.tokens_out;
        }
        answer
    }

    pub(super) fn view(&self) -> CellView<'_> {
        CellView {
            case_key: &self.case_key,
            repeat: self.repeat,
            status: self.status,
            text: &self.text,
            tool_calls: &self.tool_calls,
            passed: self.passed,
            latency_ms: self.latency_ms,
            tokens_out: self.tokens_out,
            cost_usd: self.cost_usd,
            origin: self.origin,
        }
    }
}

/// A side that is being read.
struct Reading {
    side: Side,
    run: Run,
    key: ColumnKey,
    column: Column,
    totals: RunTotals,
    latencies_ms: Vec<f64>,
    hash: Sha256,
    answers: Vec<Answer>,
}

impl Reading {
    fn take(&mut self, cell: Cell) {
        add_to_totals(&mut self.totals, &cell);
        self.latencies_ms.extend(latency_ms(&cell));
        let text = cell
            .completion
            .as_ref()
            .map_or("", |completion| &completion.text);
        let calls = cell
            .completion
            .as_ref()
            .and_then(|completion| serde_json::to_string(&completion.tool_calls).ok())
            .unwrap_or_default();
        for part in [
            cell.key.case_key.as_str(),
            &cell.key.repeat.to_string(),
            &cell.request_hash,
            cell.status.as_str(),
            text,
            &calls,
            match cell.passed {
                Some(true) => "passed",
                Some(false) => "failed",
                None => "",
            },
        ] {
            // With their lengths, so that no two lists of parts are one text.
            self.hash.update((part.len() as u64).to_le_bytes());
            self.hash.update(part);
        }
        self.answers.push(Answer::of(cell));
    }

    fn done(mut self) -> Loaded {
        let totals = self.totals;
        let mut times = self.latencies_ms;
        self.hash.update(&self.column.template_hash);
        let view = SideView {
            side: self.side,
            prompt_name: self.column.prompt_name.clone(),
            prompt_version: self.column.prompt_version.clone(),
            target: self.column.target.clone(),
            template_hash: self.column.template_hash.clone(),
            run_hash: self
                .hash
                .finalize()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            started: NanosText(self.run.started_ns),
            answered: totals.live + totals.cached + totals.recorded,
            passed: totals.passed,
            graded: totals.graded,
            tokens_in: totals.tokens_in,
            tokens_out: totals.tokens_out,
            cost_usd: totals.cost_usd,
            p50_ms: nearest_rank(&mut times, 50.0),
            p95_ms: nearest_rank(&mut times, 95.0),
        };
        Loaded {
            view,
            answers: self.answers,
        }
    }
}

impl Engine {
    /// Reads the sides, each run once. `seen` hears of every cell, and stops the reading by saying so.
    ///
    /// # Errors
    /// `NotFound` for a run or column that is not there; `BadInput` where a column must be named.
    pub(super) fn load_sides(
        &self,
        sides: &[Side],
        seen: &mut dyn FnMut() -> ControlFlow<Problem>,
    ) -> Result<Vec<Loaded>, Problem> {
        let mut readings = sides
            .iter()
            .map(|side| self.reading(side))
            .collect::<Result<Vec<_>, _>>()?;
        let mut runs: Vec<RunId> = readings.iter().map(|reading| reading.run.id).collect();
        runs.dedup();
        let mut done: Vec<RunId> = Vec::new();
        for run in runs {
            if done.contains(&run) {
                continue;
            }
            done.push(run);
            let mut stopped = None;
            self.inner.workspace.each_cell(run, &mut |cell| {
                if let ControlFlow::Break(problem) = seen() {
                    stopped = Some(problem);
                    return ControlFlow::Break(());
                }
                let mut own = readings
                    .iter_mut()
                    .filter(|reading| reading.run.id == run && reading.key.holds(&cell));
                let first = own.next();
                for other in own {
                    other.take(cell.clone());
                }
                if let Some(first) = first {
                    first.take(cell);
                }
                ControlFlow::Continue(())
            })?;
            if let Some(problem) = stopped {
                return Err(problem);
            }
        }
        Ok(readings.into_iter().map(Reading::done).collect())
    }

    fn reading(&self, side: &Side) -> Result<Reading, Problem> {
        let (run, column, key) = self.column_of(side)?;
        Ok(Reading {
            side: side.clone(),
            run,
            key,
            column,
            totals: RunTotals::default(),
            latencies_ms: Vec::new(),
            hash: Sha256::new(),
            answers: Vec::new(),
        })
    }

    /// The run and the column that a side names.
    pub(super) fn column_of(&self, side: &Side) -> Result<(Run, Column, ColumnKey), Problem> {
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
        let lost = || Problem::internal(format!("run {} lost its column {index}", run.id));
        let key = column_keys(&run).into_iter().nth(index).ok_or_else(lost)?;
        let column = columns.into_iter().nth(index).ok_or_else(lost)?;
        Ok((run, column, key))
    }
}
