//! A paid request: reserved for, in the ledger before it goes out, sent again only where that is safe.

use super::cap::Reservation;
use super::cell::{blocking, workspace, written};
use super::execute::Execution;
use super::traffic::Entered;
use crate::clock;
use plumbline_model::{AttemptId, AttemptState, Cell, CellStatus, Problem, Purpose, Target, Usd};
use plumbline_providers::ProviderError;
use plumbline_providers::retry::Verdict;
use plumbline_workspace::{Admitted, AttemptEnd, NewAttempt, WorkspaceError};
use std::sync::Arc;
use std::time::Duration;

/// What is asked of whom, and the most it may cost.
pub(super) struct Question<'q> {
    pub(super) purpose: Purpose,
    pub(super) target: &'q Target,
    pub(super) request_hash: &'q str,
    /// Where its answer would be cached, if it is one that is.
    pub(super) cache_key: Option<&'q str>,
    pub(super) bound: Option<Usd>,
}

/// How a question is sent, once.
pub(super) trait Errand {
    type Answer: Send;

    fn send(
        &mut self,
        idempotency_key: String,
    ) -> impl Future<Output = Result<Self::Answer, ProviderError>> + Send;
}

/// How a question ended.
pub(super) enum Ended<T> {
    /// It is still open in the ledger and in the cap: book it.
    Answered {
        id: AttemptId,
        reservation: Reservation,
        answer: T,
    },
    /// A cancel, a cap or a provider that is down came between.
    LeftOver,
    /// The cache has its answer since a moment ago.
    Cached,
    /// It can never go out as things are.
    Never(Problem),
    /// The ledger has it, and the cell where it was about its answer.
    Failed(ProviderError),
}

/// Whether an attempt went out.
enum Sent {
    Yes(AttemptId, Reservation),
    /// A cancel or a cap came between.
    No,
    Cached,
    /// It can never go out as things are.
    Never(Problem),
}

/// Asks at most as often as the retry policy allows.
pub(super) async fn ask<E: Errand>(
    run: &Arc<Execution>,
    cell: &mut Cell,
    question: &Question<'_>,
    errand: &mut E,
) -> Result<Ended<E::Answer>, Problem> {
    if run.cap.is_set() && question.bound.is_none() {
        let unpriced = Problem::bad_input(format!(
            "the most a call of {} may cost is unknown, so the cap cannot be kept",
            question.target
        ))
        .hint("Set a price of your own and max_tokens in the prompt, or run without a cap.");
        return Ok(Ended::Never(unpriced));
    }
    let Some(gate) = run.traffic.gate(question.target) else {
        return Ok(Ended::Never(Problem::internal(
            "the model is not part of the run",
        )));
    };
    run.retry_budget.count_request();
    for tried in 1.. {
        let slot = match gate.enter(&run.cancel).await {
            Entered::Yes(slot) => slot,
            Entered::GivenUp | Entered::Cancelled => return Ok(Ended::LeftOver),
        };
        let (id, reservation) = match send(run, cell, question).await {
            Ok(Sent::Yes(id, reservation)) => (id, reservation),
            Ok(Sent::No) => {
                gate.unsent(slot);
                return Ok(Ended::LeftOver);
            }
            Ok(Sent::Cached) => {
                gate.unsent(slot);
                return Ok(Ended::Cached);
            }
            Ok(Sent::Never(problem)) => {
                gate.unsent(slot);
                return Ok(Ended::Never(problem));
            }
            Err(problem) => {
                gate.unsent(slot);
                return Err(problem);
            }
        };
        let error = match errand.send(idempotency_key(cell)).await {
            Ok(answer) => {
                gate.answered(slot);
                return Ok(Ended::Answered {
                    id,
                    reservation,
                    answer,
                });
            }
            Err(error) => error,
        };
        gate.failed(slot, &error);
        // What may have been paid stays on the bill.
        let cost = (!error.ambiguous()).then_some(Usd::ZERO);
        run.cap.settle(reservation, cost);
        let wait = wait_before_another(run, tried, &error);
        end(run, id, cell, question.purpose, &error, wait.is_none()).await?;
        match (wait, error) {
            (Some(wait), _) => tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = run.cancel.cancelled() => return Ok(Ended::LeftOver),
            },
            (None, ProviderError::Cancelled { .. }) => return Ok(Ended::LeftOver),
            (None, error) => return Ok(Ended::Failed(error)),
        }
    }
    Ok(Ended::LeftOver)
}

fn wait_before_another(run: &Execution, tried: u32, error: &ProviderError) -> Option<Duration> {
    match run.retry.decide(tried, error, clock::random_unit()) {
        Verdict::Wait(wait) if run.retry_budget.take_retry() => Some(wait),
        _ => None,
    }
}

/// Sets money aside and writes the attempt down. Waits while calls on their way may give money back.
async fn send(
    run: &Arc<Execution>,
    cell: &mut Cell,
    question: &Question<'_>,
) -> Result<Sent, Problem> {
    loop {
        let reserved = tokio::select! {
            reserved = run.cap.reserve(question.bound.unwrap_or(Usd::ZERO)) => reserved,
            () = run.cancel.cancelled() => return Ok(Sent::No),
        };
        let Some(mut reservation) = reserved else {
            // What was not asked stays open, so a resume with a higher cap goes on here.
            run.stop_at_cap(None);
            return Ok(Sent::No);
        };
        let attempt_no = cell.attempts + 1;
        let attempt = NewAttempt {
            id: clock::new_attempt_id(),
            cell_id: cell.id,
            purpose: question.purpose,
            target: question.target.clone(),
            tenant: run.tenant.clone(),
            attempt_no,
            idempotency_key: key_of(cell, attempt_no),
            request_hash: question.request_hash.to_owned(),
            cache_key: question.cache_key.map(str::to_owned),
            sent_ns: clock::now(),
            reserved_usd: question.bound,
        };
        let id = attempt.id;
        match written(|reply| workspace(run).attempt_sent_then(attempt, reply)).await {
            Ok(Admitted::Cached) => {
                run.cap.settle(reservation, Some(Usd::ZERO));
                return Ok(Sent::Cached);
            }
            Ok(Admitted::Sent) => {
                run.cap.send(&mut reservation);
                cell.attempts = attempt_no;
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

async fn end(
    run: &Arc<Execution>,
    id: AttemptId,
    cell: &mut Cell,
    purpose: Purpose,
    error: &ProviderError,
    last: bool,
) -> Result<(), Problem> {
    let state = if error.ambiguous() {
        AttemptState::Unknown
    } else {
        AttemptState::Failed
    };
    // An answer stands, whatever becomes of what others are asked about it.
    let closes_cell = last && purpose == Purpose::Answer;
    if closes_cell {
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
        cell: closes_cell.then(|| cell.clone()),
    };
    let ledger = workspace(run);
    Ok(blocking(move || ledger.attempt_ended(end)).await?)
}

/// Names one attempt of one cell: what a provider that knows such keys answers once.
fn idempotency_key(cell: &Cell) -> String {
    key_of(cell, cell.attempts)
}

fn key_of(cell: &Cell, attempt_no: u32) -> String {
    format!("{}-{attempt_no}", cell.id)
}
