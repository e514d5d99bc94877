//! One cell: from the cache, from a recording, or from a live call.

use super::execute::Execution;
use super::plan::Column;
use crate::clock;
use plumbline_analysis::grade::Answer;
use plumbline_model::{
    AssembledRequest, Case, Cell, CellStatus, Code, Completion, Cost, Origin, Problem,
    ResponseStatus, Target, UnixNanos, Usage, Usd,
};
use plumbline_providers::{Call, Provider, ProviderError};
use plumbline_tokens::tokens_in_at_most;
use plumbline_workspace::{Workspace, WorkspaceError};
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
    async fn answer(
        &self,
        cell: &mut Cell,
        provider: &Arc<dyn Provider>,
    ) -> Result<CellEnd, Problem> {
        let run = self.run;
        if self.column.is_recorded() {
            return self.recorded(cell, provider).await;
        }
        if run.use_cache {
            let (workspace, key) = (workspace(run), cell.cache_key.clone());
            if let Some(completion) = blocking(move || workspace.cached_answer(&key)).await? {
                self.accept(cell, completion, Origin::Cached, clock::now());
                return store(run, cell).await;
            }
        }
        self.live(cell, provider).await
    }

    async fn recorded(
        &self,
        cell: &mut Cell,
        provider: &Arc<dyn Provider>,
    ) -> Result<CellEnd, Problem> {
        let call = self.call(cell);
        match provider.chat(&call, &|_| {}, &self.run.cancel).await {
            Ok(completion) => {
                self.accept(cell, completion, Origin::Recorded, clock::now());
                store(self.run, cell).await
            }
            Err(ProviderError::Cancelled { .. }) => Ok(CellEnd::LeftOver),
            Err(error) => not_sent(self.run, cell, Problem::from(error)).await,
        }
    }

    pub(super) fn call(&self, cell: &Cell) -> Call {
        Call {
            model: cell.key.target.model.clone(),
            request: self.assembled.request.clone(),
            request_hash: cell.request_hash.clone(),
            idempotency_key: String::new(),
            repeat: cell.key.repeat,
        }
    }

    /// Puts an answer into its cell: status, cost, grade.
    pub(super) fn accept(
        &self,
        cell: &mut Cell,
        completion: Completion,
        origin: Origin,
        at: UnixNanos,
    ) {
        cell.status = match completion.status {
            ResponseStatus::Complete => CellStatus::Complete,
            ResponseStatus::Truncated => CellStatus::Truncated,
        };
        cell.origin = Some(origin);
        cell.problem = None;
        cell.cost = self.cost_of(&self.column.target, &completion.usage, at);
        cell.completion = Some(completion);
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
    pub(super) fn cost_of(&self, target: &Target, usage: &Usage, at: UnixNanos) -> Cost {
        let provider = self.run.priced_by(target);
        self.run.prices.cost(provider, &target.model, usage, at)
    }

    pub(super) fn upper_bound(&self, at: UnixNanos) -> Option<Usd> {
        let target = &self.column.target;
        let tokens_in = tokens_in_at_most(&target.model, &self.assembled);
        self.column.cost_at_most(&self.run.prices, tokens_in, at)
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
    let (workspace, cells) = (workspace(run), [cell.clone()]);
    blocking(move || workspace.update_cells(&cells)).await?;
    Ok(CellEnd::Settled)
}

pub(super) fn workspace(run: &Arc<Execution>) -> Workspace {
    run.engine.inner.workspace.clone()
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
