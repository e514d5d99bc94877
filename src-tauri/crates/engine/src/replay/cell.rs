//! One cell: from the cache, from a recording, or from a live call.

use super::column::Column;
use super::execute::Execution;
use super::queue::Known;
use super::sending::{Prepared, Sending};
use super::turns::{answer_calls, whole_conversation};
use crate::clock;
use plumbline_analysis::grade::Answer;
use plumbline_model::{
    Case, Cell, CellStatus, ChatRequest, Completion, Cost, Origin, Problem, ResponseStatus, Target,
    Turn, UnixNanos, Usd,
};
use plumbline_prompts::identify;
use plumbline_providers::{Call, Provider, ProviderError};
use plumbline_tokens::{RequestCounter, tokens_in_at_most};
use plumbline_workspace::{Reply, Workspace, WorkspaceError};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Whether the run is through with a cell.
#[derive(Debug)]
pub(super) enum CellEnd {
    Settled,
    /// It is once this is on the disk.
    Storing(Storing),
    /// A cancel or the cap came between: a resume has something left to do or to decide.
    LeftOver,
}

/// A write on its way to the disk.
#[derive(Debug)]
pub(super) struct Storing(oneshot::Receiver<Result<(), WorkspaceError>>);

impl Storing {
    pub(super) fn submitted(submit: impl FnOnce(Reply<()>)) -> Self {
        Self(submitted(submit))
    }

    pub(super) async fn stored(self) -> Result<(), Problem> {
        Ok(outcome(self.0).await?)
    }
}

/// Answers one cell and stores what became of it.
///
/// An error means that the workspace could not be written; a provider's failure is the cell's own.
pub(super) async fn answer_cell(
    run: &Arc<Execution>,
    mut cell: Cell,
    known: Option<Known>,
) -> Result<CellEnd, Problem> {
    let Some(column) = run.column_of(&cell) else {
        let lost = Problem::internal("the cell's column is not part of the run");
        return not_sent(run, &mut cell, lost).await;
    };
    let Some(case) = run.case(&cell.key.case_key) else {
        let gone = Problem::not_found(format!(
            "the dataset has no case `{}` any more",
            cell.key.case_key
        ))
        .hint("Start a new run over the dataset as it is now.");
        return not_sent(run, &mut cell, gone).await;
    };
    let asked = Asked { run, column, case };
    // One that has its answer lacks only what others have to say about it.
    if cell.status == CellStatus::Pending {
        let sending = match asked.prepare(&mut cell, known).await? {
            Prepared::Yes(sending) => sending,
            Prepared::No(problem) => return not_sent(run, &mut cell, problem).await,
            Prepared::LeftOver => return Ok(CellEnd::LeftOver),
        };
        let provider = match run.provider(&sending.column.target) {
            Ok(provider) => provider,
            Err(problem) => return not_sent(run, &mut cell, problem).await,
        };
        match asked.answer(&mut cell, &sending, provider).await? {
            CellEnd::LeftOver => return Ok(CellEnd::LeftOver),
            end if !asked.is_heard_of(&cell) => return Ok(end),
            // The ledger takes one thing after the other, so what is heard is stored after the answer.
            CellEnd::Storing(write) => write.stored().await?,
            CellEnd::Settled => {}
        }
    }
    asked.hear(&mut cell).await
}

/// A cell with everything that answering it takes.
pub(super) struct Asked<'r> {
    pub(super) run: &'r Arc<Execution>,
    pub(super) column: &'r Column,
    pub(super) case: &'r Case,
}

impl Asked<'_> {
    /// Answers the cell; a conversation goes on as long as its recording answers the tools that are called.
    async fn answer(
        &self,
        cell: &mut Cell,
        sending: &Sending<'_>,
        provider: &Arc<dyn Provider>,
    ) -> Result<CellEnd, Problem> {
        loop {
            let turns = cell.turns.len();
            let end = self.step(cell, sending, provider).await?;
            if matches!(end, CellEnd::LeftOver) || cell.turns.len() == turns {
                return Ok(end);
            }
            if let CellEnd::Storing(write) = end {
                write.stored().await?;
            }
        }
    }

    async fn step(
        &self,
        cell: &mut Cell,
        sending: &Sending<'_>,
        provider: &Arc<dyn Provider>,
    ) -> Result<CellEnd, Problem> {
        let run = self.run;
        let step = next_step(sending, cell);
        if self.column.is_recorded() {
            return self.recorded(cell, step, provider).await;
        }
        let may_be_cached = run.use_cache && (sending.known.was_cached || !cell.turns.is_empty());
        if may_be_cached && let Some(end) = self.cached(cell, &step.cache_key).await? {
            return Ok(end);
        }
        self.live(cell, sending.column, step, provider).await
    }

    /// Takes the answer of the cache, where it has one.
    pub(super) async fn cached(
        &self,
        cell: &mut Cell,
        cache_key: &str,
    ) -> Result<Option<CellEnd>, Problem> {
        // One look by key, which is shorter than the way to another thread and back.
        let Some(completion) = self.run.engine.inner.workspace.cached_answer(cache_key)? else {
            return Ok(None);
        };
        let cost = self.cost_of(cell.asked(), &completion, clock::now());
        self.accept(cell, completion, cost, Origin::Cached);
        store(self.run, cell).await.map(Some)
    }

    async fn recorded(
        &self,
        cell: &mut Cell,
        step: Step,
        provider: &Arc<dyn Provider>,
    ) -> Result<CellEnd, Problem> {
        let call = step.call(cell);
        match provider.chat(&call, &|_| {}, &self.run.cancel).await {
            Ok(completion) => {
                let cost = self.cost_of(cell.asked(), &completion, clock::now());
                self.accept(cell, completion, cost, Origin::Recorded);
                store(self.run, cell).await
            }
            Err(ProviderError::Cancelled { .. }) => Ok(CellEnd::LeftOver),
            Err(error) => not_sent(self.run, cell, Problem::from(error)).await,
        }
    }

    /// Puts an answer into its cell: status, cost, grade; or goes on to the next turn.
    pub(super) fn accept(
        &self,
        cell: &mut Cell,
        completion: Completion,
        cost: Cost,
        origin: Origin,
    ) {
        cell.problem = None;
        if cell.turns.is_empty() {
            cell.cost = match &cell.summary {
                Some(summary) => summary.cost.clone().plus(cost),
                None => cost,
            };
            cell.origin = Some(origin);
        } else {
            cell.cost = std::mem::take(&mut cell.cost).plus(cost);
            // One turn that was paid now makes it a live conversation.
            let was_live = cell.origin == Some(Origin::Live);
            cell.origin = Some(if was_live { Origin::Live } else { origin });
        }
        let whole = completion.status == ResponseStatus::Complete;
        let recorded = &self.case.tool_results;
        if whole && !completion.tool_calls.is_empty() && !recorded.is_empty() {
            match answer_calls(&completion.tool_calls, recorded, &cell.turns) {
                Ok(results) => {
                    cell.turns.push(Turn {
                        completion,
                        results,
                    });
                    return;
                }
                Err(diverged) => cell.diverged = Some(diverged),
            }
        }
        cell.status = if whole {
            CellStatus::Complete
        } else {
            CellStatus::Truncated
        };
        cell.completion = Some(whole_conversation(&cell.turns, completion));
        cell.passed = self.grade(cell);
    }

    /// Whether the answer of a cell passes, by what other models said about it so far.
    pub(super) fn grade(&self, cell: &Cell) -> Option<bool> {
        let (completion, origin) = (cell.completion.as_ref()?, cell.origin?);
        let opinions = self
            .run
            .hearing
            .book(|book| book.about(self.case, completion));
        self.run.grader.passed(&Answer {
            completion,
            cost: &cell.cost,
            origin,
            case: self.case,
            output_schema: self.column.spec.output_schema.as_ref(),
            opinions: &opinions,
        })
    }

    /// What a call costs. A recording costs what the call would: its own model's price.
    pub(super) fn cost_of(&self, target: &Target, answer: &Completion, at: UnixNanos) -> Cost {
        let provider = self.run.priced_by(target);
        self.run
            .prices
            .cost_of_answer(provider, &target.model, answer, at)
    }

    pub(super) fn upper_bound(&self, column: &Column, step: &Step, at: UnixNanos) -> Option<Usd> {
        let tokens_in = step.tokens_in_at_most;
        column.cost_at_most(&self.run.prices, tokens_in, self.case, at)
    }
}

fn next_step(sending: &Sending<'_>, cell: &Cell) -> Step {
    if cell.turns.is_empty() {
        return Step {
            request: sending.request.clone(),
            request_hash: cell.request_hash.clone(),
            cache_key: cell.cache_key.clone(),
            tokens_in_at_most: sending.known.tokens_in_at_most,
        };
    }
    let column = sending.column;
    let request = sending.request.after(&cell.turns);
    let mut counter = RequestCounter::new(column.encoding);
    let assembled = identify(request, &column.template_hash, &mut counter);
    Step {
        cache_key: column.cache_key(&assembled.request_hash, cell.key.repeat),
        tokens_in_at_most: tokens_in_at_most(&column.target.model, &assembled),
        request_hash: assembled.request_hash,
        request: assembled.request,
    }
}

/// One request of a cell: its first, or the one that follows some turns.
pub(super) struct Step {
    request: ChatRequest,
    pub(super) request_hash: String,
    pub(super) cache_key: String,
    tokens_in_at_most: Option<u64>,
}

impl Step {
    pub(super) fn call(self, cell: &Cell) -> Call {
        Call {
            model: cell.asked().model.clone(),
            request: self.request,
            request_hash: self.request_hash,
            idempotency_key: String::new(),
            repeat: cell.key.repeat,
        }
    }
}

pub(super) async fn not_sent(
    run: &Arc<Execution>,
    cell: &mut Cell,
    problem: Problem,
) -> Result<CellEnd, Problem> {
    cell.status = CellStatus::NotSent;
    cell.problem = Some(problem);
    store(run, cell).await
}

/// Stores a cell that cost nothing.
pub(super) async fn store(run: &Arc<Execution>, cell: &Cell) -> Result<CellEnd, Problem> {
    let workspace = &run.engine.inner.workspace;
    Ok(CellEnd::Storing(Storing::submitted(|reply| {
        workspace.update_cell_then(cell.clone(), reply);
    })))
}

pub(super) fn workspace(run: &Arc<Execution>) -> Workspace {
    run.engine.inner.workspace.clone()
}

/// Waits for a write without holding a thread: at every moment of a run as many wait as there are calls.
pub(super) async fn written<T: Send + 'static>(
    submit: impl FnOnce(Reply<T>),
) -> Result<T, WorkspaceError> {
    outcome(submitted(submit)).await
}

fn submitted<T: Send + 'static>(
    submit: impl FnOnce(Reply<T>),
) -> oneshot::Receiver<Result<T, WorkspaceError>> {
    let (told, outcome) = oneshot::channel();
    // Who waited may be gone; the write stands all the same.
    submit(Box::new(move |outcome| drop(told.send(outcome))));
    outcome
}

async fn outcome<T>(
    told: oneshot::Receiver<Result<T, WorkspaceError>>,
) -> Result<T, WorkspaceError> {
    told.await
        .unwrap_or_else(|_| Err(WorkspaceError::Stopped("the writer is gone".into())))
}

/// Runs a call of the workspace where it may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, WorkspaceError> + Send + 'static,
) -> Result<T, WorkspaceError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        Err(WorkspaceError::Stopped(
            "the thread of a write is gone".into(),
        ))
    })
}
