//! One cell: from the cache, from a recording, or from a live call.

use super::execute::Execution;
use super::plan::Column;
use crate::clock;
use plumbline_analysis::grade::{Answer, Opinions};
use plumbline_model::{
    AssembledRequest, Case, Cell, CellStatus, Code, Completion, Cost, Origin, Problem,
    ResponseStatus, UnixNanos, Usd,
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

/// A cell with everything that answering it takes.
pub(super) struct Asked<'r> {
    pub(super) run: &'r Arc<Execution>,
    pub(super) column: &'r Column,
    pub(super) case: &'r Case,
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

    pub(super) fn call(&self, cell: &Cell, idempotency_key: String) -> Call {
        Call {
            model: cell.key.target.model.clone(),
            request: self.assembled.request.clone(),
            request_hash: cell.request_hash.clone(),
            idempotency_key,
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
            .cost_of_answer(provider, &target.model, completion, at)
    }

    pub(super) fn upper_bound(&self, at: UnixNanos) -> Option<Usd> {
        let target = &self.column.target;
        let tokens_in = tokens_in_at_most(&target.model, &self.assembled);
        self.column.cost_at_most(&self.run.prices, tokens_in, at)
    }
}

pub(super) async fn not_sent(
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
