//! Replay: run prompt versions × models × cases × repeats, never paying twice, never passing a cap.
//!
//! `plan` makes the matrix, `estimate` says what it would cost, `execute` walks it, `cell` answers one
//! cell, `paid` sends one request through the ledger, `hearing` asks judges, `owner` says whose run it
//! is, `queue` makes its cells when their turn comes, `reach` knows where a model is, `view` shows what came of it.
//! A request over its budget finds its `way_out`: `summaries` says what is known of one that needs a summary, `sending`
//! asks for it.

mod cap;
mod cell;
mod cell_view;
mod checks;
mod choices;
mod column;
mod estimate;
mod estimate_opinions;
mod estimate_summaries;
mod execute;
mod hearing;
mod inquire;
mod live;
mod opinions;
mod owner;
mod paid;
mod plan;
mod prior;
mod queue;
mod quoted;
mod reach;
mod recompute;
mod sending;
mod summaries;
mod traffic;
mod turns;
mod view;
mod way_out;

pub use checks::{CheckRow, RunChecks};
pub(crate) use column::{Column, RECORDED, column};
pub use plan::parse_target;
pub(crate) use prior::Prior;
pub(crate) use view::{
    ColumnKey, add_to_totals, answer_text, column_keys, is_column, latency_ms, preview,
};

use crate::api::{Estimate, JobKind};
use crate::jobs::JobHandle;
use crate::{Engine, clock};
use column::as_recorded_column;
use execute::Execution;
use owner::owner;
use plan::{AS_RECORDED, Matrix};
use plumbline_model::{
    Cell, CellId, CellKey, CellStatus, Code, Cost, JobId, Problem, Run, RunEstimate, RunId,
    RunPlan, RunStatus, Usd,
};
use plumbline_workspace::{NewRun, RunPrompt};
use queue::{PlannedCells, Queue};
use serde::Serialize;
use std::sync::Arc;
use ts_rs::TS;
use way_out::WayOut;

/// A run that began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ReplayStarted {
    pub run_id: RunId,
    pub job_id: JobId,
}

impl Engine {
    /// Starts a run as a job.
    pub fn replay_start(&self, plan: &RunPlan) -> Result<ReplayStarted, Problem> {
        let matrix = self.matrix(plan)?;
        let cached = self.cached(plan, &matrix)?;
        let estimate = self.estimate_of(&matrix, &cached)?;
        let Matrix {
            columns,
            cases,
            cells,
        } = matrix;
        let run_id = clock::new_run_id();
        let columns: Arc<[Column]> = columns.into();
        let cells = PlannedCells::new(run_id, Arc::clone(&columns), &cases, cells);
        let cells = Arc::new(cells);
        self.create_run(run_id, plan, &estimate, &columns, &cells)?;
        let queue = Queue::of_planned(cells, &cached);
        let execution = match Execution::prepare(self, run_id, plan, columns, cases, queue) {
            Ok(execution) => execution,
            Err(problem) => {
                // A provider that cannot be set up leaves no run that looks as if it were working.
                let ended = Some(clock::now());
                self.inner
                    .workspace
                    .set_run_status(run_id, RunStatus::Interrupted, ended)?;
                return Err(problem);
            }
        };
        Ok(self.spawn(run_id, execution))
    }

    /// Goes on with a run that was interrupted, cancelled or capped. Finished cells stay as they are;
    /// calls whose fate is unknown or whose answer was cut are sent again only with `resend_unknown`.
    pub fn replay_resume(
        &self,
        run_id: RunId,
        resend_unknown: bool,
    ) -> Result<ReplayStarted, Problem> {
        self.resume(run_id, resend_unknown, None)
    }

    /// Goes on like [`Engine::replay_resume`], from now on under this cap.
    pub fn replay_resume_capped(
        &self,
        run_id: RunId,
        resend_unknown: bool,
        cap_usd: Usd,
    ) -> Result<ReplayStarted, Problem> {
        self.resume(run_id, resend_unknown, Some(cap_usd))
    }

    fn resume(
        &self,
        run_id: RunId,
        resend_unknown: bool,
        cap_usd: Option<Usd>,
    ) -> Result<ReplayStarted, Problem> {
        let mut run = self.take_over(run_id)?;
        if cap_usd.is_some() {
            run.plan.cap_usd = cap_usd;
            self.inner.workspace.set_run_cap(run_id, cap_usd)?;
        }
        self.inner.workspace.mark_in_flight_unknown(run_id)?;
        let mut reopened = vec![CellStatus::NotSent, CellStatus::Failed];
        if resend_unknown {
            reopened.extend([CellStatus::Unknown, CellStatus::Truncated]);
        }
        self.inner.workspace.reopen_cells(run_id, &reopened)?;
        let execution = self.run_columns(&run).and_then(|columns| {
            let cases = self.all_cases(&run.plan.dataset)?;
            let queue = Queue::of_resumed(self.inner.workspace.pending_cells(run_id)?);
            let mut execution =
                Execution::prepare(self, run_id, &run.plan, columns.into(), cases, queue)?;
            execution.ask_what_is_unheard(resend_unknown)?;
            Ok(execution)
        });
        match execution {
            Ok(execution) => Ok(self.spawn(run_id, execution)),
            Err(problem) => {
                let ended = Some(clock::now());
                self.inner
                    .workspace
                    .set_run_status(run_id, RunStatus::Interrupted, ended)?;
                Err(problem)
            }
        }
    }

    /// Starts a run and waits for it.
    pub(crate) fn replay_within(&self, plan: &RunPlan, job: &JobHandle) -> Result<RunId, Problem> {
        let started = self.replay_start(plan)?;
        let ended = loop {
            if job.cancel().is_cancelled() {
                self.job_cancel(started.job_id)?;
            }
            let job = self.inner.jobs.wait_a_little(started.job_id)?;
            if let Some(job) = job {
                break job;
            }
        };
        match ended.problem {
            Some(problem) => Err(problem),
            None => Ok(started.run_id),
        }
    }

    fn spawn(&self, run_id: RunId, execution: Execution) -> ReplayStarted {
        let mut job = self
            .inner
            .jobs
            .start(JobKind::Replay, &execution.label(), "cells");
        let job_id = job.id();
        job.result(run_id.to_string());
        self.inner.runtime.spawn(async move {
            let (outcome, job) = execution.run(job).await;
            job.end(&outcome);
        });
        ReplayStarted { run_id, job_id }
    }

    /// Writes a run down with all its cells.
    fn create_run(
        &self,
        run_id: RunId,
        plan: &RunPlan,
        estimate: &Estimate,
        columns: &[Column],
        cells: &Arc<PlannedCells>,
    ) -> Result<(), Problem> {
        let summarisers = columns.iter().filter_map(|column| match &column.way_out {
            WayOut::Summarise(summariser) => Some(&summariser.column),
            _ => None,
        });
        let prompts = columns.iter().chain(summarisers).map(|column| RunPrompt {
            name: column.prompt_name.clone(),
            version: column.prompt_version.clone(),
            template_hash: column.template_hash.clone(),
            text: column.text.to_string(),
        });
        let new = NewRun {
            run: Run {
                id: run_id,
                plan: plan.clone(),
                status: RunStatus::Running,
                started_ns: clock::now(),
                ended_ns: None,
                estimate: Some(RunEstimate {
                    calls: estimate.live,
                    tokens_in: estimate.tokens_in_expected,
                    tokens_out: estimate.tokens_out_expected,
                    cost_low_usd: estimate.cost_low_usd,
                    cost_usd: estimate.cost_expected_usd,
                    cost_high_usd: estimate.cost_high_usd,
                    cost_at_most_usd: estimate.cost_upper_usd,
                }),
                ended_because: None,
            },
            owner: owner(),
            prompts: prompts.collect(),
        };
        Ok(self.inner.workspace.create_run(new, cells.all())?)
    }

    /// The columns of a run as it was started: with the prompt texts that were kept with it.
    pub(crate) fn run_columns(&self, run: &Run) -> Result<Vec<Column>, Problem> {
        let kept = self.inner.workspace.run_prompts(run.id)?;
        let mut columns = Vec::new();
        for target in &run.plan.targets {
            for reference in &run.plan.prompts {
                if reference == AS_RECORDED {
                    columns.push(as_recorded_column(target, &run.plan));
                    continue;
                }
                let find = |name: &str, version: &str| {
                    let found = kept.iter().find(|p| p.name == name && p.version == version);
                    let text = found.map(|prompt| prompt.text.clone()).ok_or_else(|| {
                        Problem::internal(format!("run {} lost the text of {reference}", run.id))
                    })?;
                    Ok((plumbline_prompts::parse(&text)?, text))
                };
                let (name, version) = crate::prompts::split_reference(reference);
                let (spec, text) = find(name, version)?;
                columns.push(column(version, target, spec, text)?.ready_for(&run.plan, find)?);
            }
        }
        Ok(columns)
    }
}

fn new_cell(
    run_id: RunId,
    id: CellId,
    column: &Column,
    case_key: String,
    planned: &plan::Planned,
) -> Cell {
    let (request_hash, cache_key, tokens_in) = match &planned.request {
        Ok(request) => (
            request.request_hash.clone(),
            request.cache_key.clone(),
            request.tokens_in,
        ),
        Err(_) => (String::new(), String::new(), 0),
    };
    Cell {
        id,
        run_id,
        key: CellKey {
            prompt_name: column.prompt_name.clone(),
            prompt_version: column.prompt_version.clone(),
            target: column.target.clone(),
            case_key,
            repeat: planned.repeat,
        },
        status: if planned.request.is_ok() {
            CellStatus::Pending
        } else {
            CellStatus::NotSent
        },
        origin: None,
        template_hash: column.template_hash.clone(),
        request_hash,
        cache_key,
        tokens_in_estimated: tokens_in,
        completion: None,
        cost: Cost::default(),
        attempts: 0,
        problem: planned.request.as_ref().err().cloned(),
        passed: None,
        turns: Vec::new(),
        diverged: None,
        escalated_to: None,
        summary: None,
    }
}

/// The problem of a run that a person stopped.
pub(crate) fn cancelled(done: u64, of: u64) -> Problem {
    Problem::new(
        Code::Cancelled,
        format!("the run was cancelled after {done} of {of} cells"),
    )
    .hint("What was answered is kept; resume the run to go on.")
}
