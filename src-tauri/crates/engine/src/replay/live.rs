//! A live call for the answer of a cell.

use super::cell::{Asked, CellEnd, Step, Storing, not_sent};
use super::column::Column;
use super::execute::Execution;
use super::paid::{Ended, Errand, Question, ask};
use super::quoted::quoted_documents;
use crate::clock;
use plumbline_model::{Cell, Completion, Origin, Problem, Purpose, ResponseStatus, UnixNanos};
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
    /// Sends the request and books what came of it.
    pub(super) async fn live(
        &self,
        cell: &mut Cell,
        column: &Column,
        step: Step,
        provider: &Arc<dyn Provider>,
    ) -> Result<CellEnd, Problem> {
        let run = self.run;
        let bound = self.upper_bound(column, &step, clock::now());
        if let Err(over) = check_cost(bound, &self.column.spec.budget) {
            return not_sent(run, cell, over.into()).await;
        }
        let target = column.target.clone();
        let request_hash = step.request_hash.clone();
        let cache_key = step.cache_key.clone();
        let question = Question {
            purpose: Purpose::Answer,
            target: &target,
            request_hash: &request_hash,
            cache_key: run.use_cache.then_some(&*cache_key),
            bound,
        };
        let mut errand = Chat {
            run,
            provider,
            call: step.call(cell),
        };
        match ask(run, cell, &question, &mut errand).await? {
            Ended::Answered {
                id,
                reservation,
                answer,
            } => {
                let answered_ns = clock::now();
                let cost = self.cost_of(&target, &answer, answered_ns);
                let cost_usd = cost.usd;
                run.cap.settle(reservation, cost_usd);
                let cache = self.cache_entry(cell, &question, &answer, answered_ns)?;
                self.accept(cell, answer, cost, Origin::Live);
                let answer = AttemptAnswer {
                    id,
                    answered_ns,
                    // A success of some kind; which is not told.
                    http_status: None,
                    cost_usd,
                    cell: cell.clone(),
                    cache: cache.map(|entry| {
                        entry.made_from(CachedFrom {
                            prompt_name: Some(cell.key.prompt_name.clone()),
                            prompt_version: Some(cell.key.prompt_version.clone()),
                            documents: quoted_documents(&self.case.variables),
                            cost_usd,
                        })
                    }),
                };
                let workspace = &run.engine.inner.workspace;
                Ok(CellEnd::Storing(Storing::submitted(|reply| {
                    workspace.attempt_answered_then(answer, reply);
                })))
            }
            Ended::LeftOver => Ok(CellEnd::LeftOver),
            // It may be gone again; a resume looks.
            Ended::Cached => Ok(self
                .cached(cell, &cache_key)
                .await?
                .unwrap_or(CellEnd::LeftOver)),
            Ended::Never(problem) => not_sent(run, cell, problem).await,
            Ended::Failed(_) => Ok(CellEnd::Settled),
        }
    }

    /// What the cache keeps of an answer: nothing of one that is not whole.
    fn cache_entry(
        &self,
        cell: &Cell,
        question: &Question<'_>,
        answer: &Completion,
        at: UnixNanos,
    ) -> Result<Option<CacheEntry>, Problem> {
        let key = question.cache_key;
        let Some(key) = key.filter(|_| answer.status == ResponseStatus::Complete) else {
            return Ok(None);
        };
        Ok(Some(CacheEntry::new(
            key.to_owned(),
            question.target,
            question.request_hash.to_owned(),
            cell.key.repeat,
            answer,
            at,
        )?))
    }
}
