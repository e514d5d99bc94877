//! One cell: from the cache, from a recording, or from a live call.

use super::execute::Execution;
use super::plan::Column;
use super::turns::{answer_calls, whole_conversation};
use crate::clock;
use plumbline_analysis::grade::Answer;
use plumbline_model::{
    AssembledRequest, Case, Cell, CellStatus, Code, Completion, Cost, Origin, Problem,
    ResponseStatus, Target, Turn, UnixNanos, Usd,
};
use plumbline_prompts::{cache_key, request_hash};
use plumbline_providers::{Call, Provider, ProviderError};
use plumbline_tokens::{count_request, tokens_in_at_most};
use plumbline_workspace::{Reply, Workspace, WorkspaceError};
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
    let assembled = match column.assemble(case) {
        Ok(assembled) if assembled.request_hash == cell.request_hash => assembled,
        Ok(_) => {
            let changed =
                Problem::new(Code::Conflict, "the case changed since the run was started")
                    .hint("Start a new run over the dataset as it is now.");
            return not_sent(run, &mut cell, changed).await;
        }
        Err(problem) => return not_sent(run, &mut cell, problem).await,
    };
    let Some(provider) = run.provider(&cell.key.target) else {
        let lost = Problem::internal("the cell's model is not part of the run");
        return not_sent(run, &mut cell, lost).await;
    };
    let asked = Asked {
        run,
        column,
        case,
        assembled,
    };
    // One that has its answer lacks only what others have to say about it.
    if cell.status == CellStatus::Pending
        && asked.answer(&mut cell, provider).await? == CellEnd::LeftOver
    {
        return Ok(CellEnd::LeftOver);
    }
    asked.hear(&mut cell).await
}

/// A cell with everything that answering it takes.
pub(super) struct Asked<'r> {
    pub(super) run: &'r Arc<Execution>,
    pub(super) column: &'r Column,
    pub(super) case: &'r Case,
    assembled: AssembledRequest,
}

impl Asked<'_> {
    /// Answers the cell; a conversation goes on as long as its recording answers the tools that are called.
    async fn answer(
        &self,
        cell: &mut Cell,
        provider: &Arc<dyn Provider>,
    ) -> Result<CellEnd, Problem> {
        loop {
            let turns = cell.turns.len();
            let end = self.step(cell, provider).await?;
            if end == CellEnd::LeftOver || cell.turns.len() == turns {
                return Ok(end);
            }
        }
    }

    async fn step(
        &self,
        cell: &mut Cell,
        provider: &Arc<dyn Provider>,
    ) -> Result<CellEnd, Problem> {
        let run = self.run;
        let step = self.next_step(cell);
        if self.column.is_recorded() {
            return self.recorded(cell, step, provider).await;
        }
        if run.use_cache {
            let (workspace, key) = (workspace(run), step.cache_key.clone());
            if let Some(completion) = blocking(move || workspace.cached_answer(&key)).await? {
                let cost = self.cost_of(&self.column.target, &completion, clock::now());
                self.accept(cell, completion, cost, Origin::Cached);
                return store(run, cell).await;
            }
        }
        self.live(cell, step, provider).await
    }

    fn next_step(&self, cell: &Cell) -> Step {
        if cell.turns.is_empty() {
            return Step {
                assembled: self.assembled.clone(),
                cache_key: cell.cache_key.clone(),
            };
        }
        let request = self.assembled.request.after(&cell.turns);
        let hash = request_hash(&request);
        let target = &cell.key.target;
        Step {
            cache_key: cache_key(&target.provider, &target.model, &hash, cell.key.repeat),
            assembled: AssembledRequest {
                template_hash: self.assembled.template_hash.clone(),
                request_hash: hash,
                tokens_in_estimated: count_request(self.column.encoding, &request),
                encoding: self.column.encoding.to_string(),
                request,
            },
        }
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
                let cost = self.cost_of(&self.column.target, &completion, clock::now());
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
            cell.cost = cost;
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

    pub(super) fn upper_bound(&self, step: &Step, at: UnixNanos) -> Option<Usd> {
        let tokens_in = tokens_in_at_most(&self.column.target.model, &step.assembled);
        self.column
            .cost_at_most(&self.run.prices, tokens_in, self.case, at)
    }
}

/// One request of a cell: its first, or the one that follows some turns.
pub(super) struct Step {
    pub(super) assembled: AssembledRequest,
    pub(super) cache_key: String,
}

impl Step {
    pub(super) fn call(self, cell: &Cell) -> Call {
        Call {
            model: cell.key.target.model.clone(),
            request: self.assembled.request,
            request_hash: self.assembled.request_hash,
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

pub(super) async fn store(run: &Arc<Execution>, cell: &Cell) -> Result<CellEnd, Problem> {
    written(|reply| workspace(run).update_cell_then(cell.clone(), reply)).await?;
    Ok(CellEnd::Settled)
}

pub(super) fn workspace(run: &Arc<Execution>) -> Workspace {
    run.engine.inner.workspace.clone()
}

/// Waits for a write without holding a thread: at every moment of a run as many wait as there are calls.
pub(super) async fn written<T: Send + 'static>(
    submit: impl FnOnce(Reply<T>),
) -> Result<T, WorkspaceError> {
    let (told, outcome) = tokio::sync::oneshot::channel();
    // Who waited may be gone; the write stands all the same.
    submit(Box::new(move |outcome| drop(told.send(outcome))));
    outcome
        .await
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
