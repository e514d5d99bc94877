//! A live call: reserved for, in the ledger before it goes out, sent again only where that is safe.

use super::cell::{Asked, CellEnd, blocking, not_sent, workspace};
use super::quoted::quoted_documents;
use super::traffic::Entered;
use crate::clock;
use plumbline_model::{AttemptId, AttemptState, Cell, CellStatus, Origin, Problem, UnixNanos, Usd};
use plumbline_prompts::check_cost;
use plumbline_providers::retry::Verdict;
use plumbline_providers::{Provider, ProviderError};
use plumbline_workspace::{
    AttemptAnswer, AttemptEnd, CacheEntry, CachedFrom, NewAttempt, WorkspaceError,
};
use std::sync::Arc;
use std::time::Duration;

/// Whether an attempt went out.
enum Sent {
    Yes(AttemptId, super::cap::Reservation),
    /// A cancel or a cap came between.
    No,
    /// It can never go out as things are.
    Never(Problem),
}

impl Asked<'_> {
    /// Sends the call, at most as often as the retry policy allows, each attempt in the ledger first.
    pub(super) async fn live(
        &self,
        mut cell: Cell,
        provider: &Arc<dyn Provider>,
    ) -> Result<CellEnd, Problem> {
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
        if let Err(over) = check_cost(bound, &self.column.spec.budget) {
            return not_sent(run, cell, over.into()).await;
        }
        let Some(gate) = run.traffic.gate(&cell.key.target) else {
            let lost = Problem::internal("the cell's model is not part of the run");
            return not_sent(run, cell, lost).await;
        };
        run.retry_budget.count_request();
        for tried in 1.. {
            let slot = match gate.enter(&run.cancel).await {
                Entered::Yes(slot) => slot,
                Entered::GivenUp | Entered::Cancelled => return Ok(CellEnd::LeftOver),
            };
            let (id, reservation) = match self.send(&mut cell, bound).await {
                Ok(Sent::Yes(id, reservation)) => (id, reservation),
                Ok(Sent::No) => {
                    gate.unsent(slot);
                    return Ok(CellEnd::LeftOver);
                }
                Ok(Sent::Never(problem)) => {
                    gate.unsent(slot);
                    return not_sent(run, cell, problem).await;
                }
                Err(problem) => {
                    gate.unsent(slot);
                    return Err(problem);
                }
            };
            let call = self.call(&cell, idempotency_key(&cell));
            match provider.chat(&call, &|_| {}, &run.cancel).await {
                Ok(completion) => {
                    gate.answered(slot);
                    let answered = clock::now();
                    self.accept(&mut cell, completion, Origin::Live, answered);
                    run.cap.settle(reservation, cell.cost.usd);
                    self.book(id, cell, answered).await?;
                    return Ok(CellEnd::Settled);
                }
                Err(error) => {
                    gate.failed(slot, &error);
                    // What may have been paid stays on the bill.
                    let cost = (!error.ambiguous()).then_some(Usd::ZERO);
                    run.cap.settle(reservation, cost);
                    let wait = self.wait_before_another(tried, &error);
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

    fn wait_before_another(&self, tried: u32, error: &ProviderError) -> Option<Duration> {
        let run = self.run;
        match run.retry.decide(tried, error, clock::random_unit()) {
            Verdict::Wait(wait) if run.retry_budget.take_retry() => Some(wait),
            _ => None,
        }
    }

    /// Sets money aside and writes the attempt down. Waits while calls on their way may give money back.
    async fn send(&self, cell: &mut Cell, bound: Option<Usd>) -> Result<Sent, Problem> {
        let run = self.run;
        loop {
            let reserved = tokio::select! {
                reserved = run.cap.reserve(bound.unwrap_or(Usd::ZERO)) => reserved,
                () = run.cancel.cancelled() => return Ok(Sent::No),
            };
            let Some(mut reservation) = reserved else {
                // The cell stays pending, so a resume with a higher cap goes on here.
                run.stop_at_cap(None);
                return Ok(Sent::No);
            };
            let mut next = cell.clone();
            next.attempts += 1;
            let attempt = NewAttempt {
                id: clock::new_attempt_id(),
                cell_id: cell.id,
                attempt_no: next.attempts,
                idempotency_key: idempotency_key(&next),
                request_hash: cell.request_hash.clone(),
                sent_ns: clock::now(),
                reserved_usd: bound,
            };
            let id = attempt.id;
            let ledger = workspace(run);
            match blocking(move || ledger.attempt_sent(attempt)).await {
                Ok(()) => {
                    run.cap.send(&mut reservation);
                    *cell = next;
                    return Ok(Sent::Yes(id, reservation));
                }
                Err(full @ WorkspaceError::DayCap { .. }) => {
                    run.cap.settle(reservation, Some(Usd::ZERO));
                    let may_change = tokio::select! {
                        may_change = run.cap.wait_for_an_end() => may_change,
                        () = run.cancel.cancelled() => return Ok(Sent::No),
                    };
                    if !may_change {
                        run.stop_at_cap(Some(full.to_string()));
                        return Ok(Sent::No);
                    }
                }
                Err(unbounded @ WorkspaceError::NoBound { .. }) => {
                    run.cap.settle(reservation, Some(Usd::ZERO));
                    return Ok(Sent::Never(unbounded.into()));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn book(&self, id: AttemptId, cell: Cell, answered: UnixNanos) -> Result<(), Problem> {
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
            cell,
            cache,
        };
        let ledger = workspace(self.run);
        Ok(blocking(move || ledger.attempt_answered(answer)).await?)
    }

    async fn end_attempt(
        &self,
        id: AttemptId,
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
        Ok(blocking(move || ledger.attempt_ended(end)).await?)
    }
}

/// Names one attempt of one cell: what a provider that knows such keys answers once.
fn idempotency_key(cell: &Cell) -> String {
    format!("{}-{}", cell.id, cell.attempts)
}
