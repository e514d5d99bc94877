//! A live call for the answer of a cell.

use super::cell::{Asked, CellEnd, blocking, not_sent, workspace};
use super::execute::Execution;
use super::paid::{Ended, Errand, Question, ask};
use super::quoted::quoted_documents;
use crate::clock;
use plumbline_model::{
    AttemptId, Cell, CellStatus, Completion, Origin, Problem, Purpose, UnixNanos,
};
use plumbline_prompts::check_cost;
use plumbline_providers::{Call, Provider, ProviderError};
use plumbline_workspace::{AttemptAnswer, CacheEntry, CachedFrom};
use std::sync::Arc;

/// A request for an answer in words.
pub(super) struct Chat<'c> {
    pub(super) run: &'c Execution,
    pub(super) provider: &'c Arc<dyn Provider>,
    pub(super) call: Call,
}

impl Errand for Chat<'_> {
    type Answer = Completion;

    async fn send(&mut self, idempotency_key: String) -> Result<Completion, ProviderError> {
        self.call.idempotency_key = idempotency_key;
        self.provider
            .chat(&self.call, &|_| {}, &self.run.cancel)
            .await
    }
}

impl Asked<'_> {
    /// Sends the call and books what came of it.
    pub(super) async fn live(
        &self,
        cell: &mut Cell,
        provider: &Arc<dyn Provider>,
    ) -> Result<CellEnd, Problem> {
        let run = self.run;
        let bound = self.upper_bound(clock::now());
        if let Err(over) = check_cost(bound, &self.column.spec.budget) {
            return not_sent(run, cell, over.into()).await;
        }
        let target = cell.key.target.clone();
        let request_hash = cell.request_hash.clone();
        let question = Question {
            purpose: Purpose::Answer,
            target: &target,
            request_hash: &request_hash,
            bound,
        };
        let mut errand = Chat {
            run,
            provider,
            call: self.call(cell),
        };
        match ask(run, cell, &question, &mut errand).await? {
            Ended::Answered {
                id,
                reservation,
                answer,
            } => {
                let answered = clock::now();
                self.accept(cell, answer, Origin::Live, answered);
                run.cap.settle(reservation, cell.cost.usd);
                self.book(id, cell, answered).await?;
                Ok(CellEnd::Settled)
            }
            Ended::LeftOver => Ok(CellEnd::LeftOver),
            Ended::Never(problem) => not_sent(run, cell, problem).await,
            Ended::Failed(_) => Ok(CellEnd::Settled),
        }
    }

    async fn book(&self, id: AttemptId, cell: &Cell, answered: UnixNanos) -> Result<(), Problem> {
        let complete = cell.status == CellStatus::Complete;
        let completion = cell
            .completion
            .clone()
            .filter(|_| self.run.use_cache && complete);
        let cache = match completion {
            Some(completion) => {
                let entry = CacheEntry::new(
                    cell.cache_key.clone(),
                    &cell.key.target,
                    cell.request_hash.clone(),
                    cell.key.repeat,
                    completion,
                    answered,
                )?;
                Some(entry.made_from(CachedFrom {
                    prompt_name: Some(cell.key.prompt_name.clone()),
                    prompt_version: Some(cell.key.prompt_version.clone()),
                    documents: quoted_documents(&self.case.variables),
                    cost_usd: cell.cost.usd,
                }))
            }
            None => None,
        };
        let answer = AttemptAnswer {
            id,
            answered_ns: answered,
            // A success of some kind; which is not told.
            http_status: None,
            cost_usd: cell.cost.usd,
            cell: cell.clone(),
            cache,
        };
        let ledger = workspace(self.run);
        Ok(blocking(move || ledger.attempt_answered(answer)).await?)
    }
}
