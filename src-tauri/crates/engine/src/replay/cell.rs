//! One cell: from the cache, from a recording, or from a live call that the ledger knows before it is sent.

use super::execute::Execution;
use super::plan::Column;
use crate::clock;
use plumbline_analysis::grade::{Answer, Opinions};
use plumbline_model::{
    AssembledRequest, AttemptState, Case, Cell, CellStatus, Code, Completion, Cost, Origin,
    Problem, ResponseStatus, UnixNanos, Usd,
};
use plumbline_providers::retry::Verdict;
use plumbline_providers::{Call, Provider, ProviderError};
use plumbline_workspace::{
    AttemptAnswer, AttemptEnd, CacheEntry, NewAttempt, Workspace, WorkspaceError,
};
use std::sync::Arc;

/// Whether the run is through with a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CellEnd {
    Settled,
    /// A cancel or the cap came between: a resume has something left to do or to decide.
    LeftOver,
}

/// Answers one cell and stores what became of it.
///
/// An error means that the workspace could not be written; a provider's failure is the cell's own.
pub(super) async fn answer_cell(run: &Arc<Execution>, mut cell: Cell) -> Result<CellEnd, Problem> {
    let Some(column) = run.column_of(&cell) else {
        return not_sent(
            run,
            cell,
            Problem::internal("the cell's column is not part of the run"),
        )
        .await;
    };
    let Some(case) = run.case(&cell.key.case_key) else {
        let gone = Problem::not_found(format!(
            "the dataset has no case `{}` any more",
            cell.key.case_key
        ))
        .hint("Start a new run over the dataset as it is now.");
        return not_sent(run, cell, gone).await;
    };
    let assembled = match column.assemble(case) {
        Ok(assembled) if assembled.request_hash == cell.request_hash => assembled,
        Ok(_) => {
            let changed =
                Problem::new(Code::Conflict, "the case changed since the run was started")
                    .hint("Start a new run over the dataset as it is now.");
            return not_sent(run, cell, changed).await;
        }
        Err(problem) => return not_sent(run, cell, problem).await,
    };
    let Some(provider) = run.provider(&cell.key.target) else {
        return not_sent(
            run,
            cell,
            Problem::internal("the cell's model is not part of the run"),
        )
        .await;
    };
    let asked = Asked {
        run,
        column,
        case,
        assembled,
    };
    if column.is_recorded() {
        return asked.recorded(cell, provider).await;
    }
    if run.use_cache {
        let (workspace, key) = (workspace(run), cell.cache_key.clone());
        if let Some(completion) = blocking(move || workspace.cached_answer(&key)).await? {
            asked.accept(&mut cell, completion, Origin::Cached, clock::now());
            return store(run, cell).await;
        }
    }
    asked.live(cell, provider).await
}

struct Asked<'r> {
    run: &'r Arc<Execution>,
    column: &'r Column,
    case: &'r Case,
    assembled: AssembledRequest,
}

impl Asked<'_> {
    async fn recorded(
        &self,
        mut cell: Cell,
        provider: &Arc<dyn Provider>,
    ) -> Result<CellEnd, Problem> {
        let call = self.call(&cell, String::new());
        match provider.chat(&call, &|_| {}, &self.run.cancel).await {
            Ok(completion) => {
                self.accept(&mut cell, completion, Origin::Recorded, clock::now());
                store(self.run, cell).await
            }
            Err(ProviderError::Cancelled { .. }) => Ok(CellEnd::LeftOver),
            Err(error) => not_sent(self.run, cell, Problem::from(error)).await,
        }
    }

    /// Sends the call, at most as often as the retry policy allows, each attempt in the ledger first.
    async fn live(&self, mut cell: Cell, provider: &Arc<dyn Provider>) -> Result<CellEnd, Problem> {
        let run = self.run;
        let bound = self.upper_bound(clock::now());
        if run.cap.is_set() && bound.is_none() {
            let unpriced = Problem::bad_input(format!(
                "the most a call of {} may cost is unknown, so the cap cannot be kept",
                cell.key.target
            ))
            .hint("Set a price of your own and max_tokens in the prompt, or run without a cap.");
            return not_sent(run, cell, unpriced).await;
        }
        run.retry_budget.count_request();
        for tried in 1.. {
            let reserved = tokio::select! {
                reserved = run.cap.reserve(bound.unwrap_or(Usd::ZERO)) => reserved,
                () = run.cancel.cancelled() => return Ok(CellEnd::LeftOver),
            };
            let Some(reservation) = reserved else {
                // The cell stays pending, so a resume with a higher cap goes on here.
                run.capped.store(true, std::sync::atomic::Ordering::Relaxed);
                return Ok(CellEnd::LeftOver);
            };
            let attempt = NewAttempt {
                id: clock::new_attempt_id(),
                cell_id: cell.id,
                attempt_no: cell.attempts + 1,
                idempotency_key: format!("{}-{}", cell.id, cell.attempts + 1),
                request_hash: cell.request_hash.clone(),
                sent_ns: clock::now(),
                reserved_usd: bound,
            };
            let call = self.call(&cell, attempt.idempotency_key.clone());
            let id = attempt.id;
            let ledger = workspace(run);
            blocking(move || ledger.attempt_sent(attempt)).await?;
            cell.attempts += 1;
            match provider.chat(&call, &|_| {}, &run.cancel).await {
                Ok(completion) => {
                    let answered = clock::now();
                    self.accept(&mut cell, completion, Origin::Live, answered);
                    run.cap.settle(reservation, cell.cost.usd);
                    self.book(id, cell, answered).await?;
                    return Ok(CellEnd::Settled);
                }
                Err(error) => {
                    // What may have been paid stays on the bill.
                    run.cap.settle(
                        reservation,
                        if error.ambiguous() {
                            bound
                        } else {
                            Some(Usd::ZERO)
                        },
                    );
                    let verdict = run.retry.decide(tried, &error, clock::random_unit());
                    let wait = match verdict {
                        Verdict::Wait(wait) if run.retry_budget.take_retry() => Some(wait),
                        _ => None,
                    };
                    self.end_attempt(id, &mut cell, &error, wait.is_none())
                        .await?;
                    match (wait, error) {
                        (Some(wait), _) => tokio::select! {
                            () = tokio::time::sleep(wait) => {}
                            () = run.cancel.cancelled() => return Ok(CellEnd::LeftOver),
                        },
                        (None, ProviderError::Cancelled { .. }) => return Ok(CellEnd::LeftOver),
                        (None, _) => return Ok(CellEnd::Settled),
                    }
                }
            }
        }
        Ok(CellEnd::Settled)
    }

    async fn book(
        &self,
        id: plumbline_model::AttemptId,
        cell: Cell,
        answered: UnixNanos,
    ) -> Result<(), Problem> {
        let complete = cell.status == CellStatus::Complete;
        let cache = match cell
            .completion
            .clone()
            .filter(|_| self.run.use_cache && complete)
        {
            Some(completion) => Some(CacheEntry::new(
                cell.cache_key.clone(),
                &cell.key.target,
                cell.request_hash.clone(),
                cell.key.repeat,
                completion,
                answered,
            )?),
            None => None,
        };
        let answer = AttemptAnswer {
            id,
            answered_ns: answered,
            http_status: None,
            cost_usd: cell.cost.usd,
            cell,
            cache,
        };
        let ledger = workspace(self.run);
        blocking(move || ledger.attempt_answered(answer)).await
    }

    async fn end_attempt(
        &self,
        id: plumbline_model::AttemptId,
        cell: &mut Cell,
        error: &ProviderError,
        last: bool,
    ) -> Result<(), Problem> {
        let state = if error.ambiguous() {
            AttemptState::Unknown
        } else {
            AttemptState::Failed
        };
        if last {
            let cancelled_unsent = matches!(error, ProviderError::Cancelled { sent: false });
            cell.status = match state {
                AttemptState::Unknown => CellStatus::Unknown,
                _ if cancelled_unsent => CellStatus::Pending,
                _ => CellStatus::Failed,
            };
            cell.problem = Some(Problem::from(error.clone()));
        }
        let end = AttemptEnd {
            id,
            state,
            ended_ns: clock::now(),
            http_status: error.http_status(),
            error: error.to_string(),
            cell: last.then(|| cell.clone()),
        };
        let ledger = workspace(self.run);
        blocking(move || ledger.attempt_ended(end)).await
    }

    fn call(&self, cell: &Cell, idempotency_key: String) -> Call {
        Call {
            model: cell.key.target.model.clone(),
            request: self.assembled.request.clone(),
            request_hash: cell.request_hash.clone(),
            idempotency_key,
            repeat: cell.key.repeat,
        }
    }

    /// Puts an answer into its cell: status, cost, grade.
    fn accept(&self, cell: &mut Cell, completion: Completion, origin: Origin, at: UnixNanos) {
        cell.status = match completion.status {
            ResponseStatus::Complete => CellStatus::Complete,
            ResponseStatus::Truncated => CellStatus::Truncated,
        };
        cell.origin = Some(origin);
        cell.problem = None;
        cell.cost = self.cost(&completion, at);
        cell.passed = self.run.grader.passed(&Answer {
            completion: &completion,
            cost: &cell.cost,
            origin,
            case: self.case,
            output_schema: self.column.spec.output_schema.as_ref(),
            opinions: &Opinions::default(),
        });
        cell.completion = Some(completion);
    }

    /// What the answer costs. A recording costs what the call would: its own model's price.
    fn cost(&self, completion: &Completion, at: UnixNanos) -> Cost {
        let target = &self.column.target;
        let provider = self.run.priced_by(target);
        self.run
            .prices
            .cost(provider, &target.model, &completion.usage, at)
    }

    fn upper_bound(&self, at: UnixNanos) -> Option<Usd> {
        let target = &self.column.target;
        let out = self.column.max_tokens_out()?;
        // The count before sending is an estimate; a margin keeps the bound above what is measured.
        let tokens_in = self.assembled.tokens_in_estimated * 5 / 4 + 64;
        self.run
            .prices
            .upper_bound(Some(&target.provider), &target.model, tokens_in, out, at)
    }
}

async fn not_sent(
    run: &Arc<Execution>,
    mut cell: Cell,
    problem: Problem,
) -> Result<CellEnd, Problem> {
    cell.status = CellStatus::NotSent;
    cell.problem = Some(problem);
    store(run, cell).await
}

async fn store(run: &Arc<Execution>, cell: Cell) -> Result<CellEnd, Problem> {
    let workspace = workspace(run);
    blocking(move || workspace.update_cells(&[cell])).await?;
    Ok(CellEnd::Settled)
}

fn workspace(run: &Arc<Execution>) -> Workspace {
    run.engine.inner.workspace.clone()
}

/// Runs a call of the workspace where it may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, WorkspaceError> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Problem::internal(
            "a write to the workspace stopped unexpectedly",
        )),
    }
}
