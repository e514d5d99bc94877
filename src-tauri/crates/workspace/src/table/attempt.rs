//! The ledger of paid calls: one row per request, written before it goes out.
//!
//! No provider promises that a request sent twice is billed once, so this table is what stands between
//! a crash and a second bill. Every write here is synced to disk before it is acknowledged; an answer,
//! its cell and its cache entry stand together or not at all.

mod read;

use crate::door::{Durability, Reply, Tx};
use crate::error::{Result, WorkspaceError};
use crate::money::to_pico;
use crate::row::Word;
use crate::table::change::Topic;
use crate::table::opinion::{self, Opinion};
use crate::table::response_cache::{self, CacheEntry};
use crate::table::{cell, cell_body};
use crate::workspace::Workspace;
use plumbline_model::{
    AttemptId, AttemptState, Cell, CellId, Payer, Purpose, RunId, Target, UnixNanos, Usd,
};
use rusqlite::{OptionalExtension, params};

pub(crate) const V1: &str = "
CREATE TABLE attempt (
    id TEXT PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    cell_id TEXT NOT NULL REFERENCES cell (id) ON DELETE CASCADE,
    attempt_no INTEGER NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    state TEXT NOT NULL,
    sent_ns INTEGER NOT NULL,
    answered_ns INTEGER,
    reserved_pico INTEGER,
    cost_pico INTEGER,
    http_status INTEGER,
    error TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX attempt_number ON attempt (cell_id, attempt_no);
CREATE INDEX attempt_run ON attempt (run_id, state);
";

/// Money spent is asked for by day and by model, which version 1 could answer only through the cells.
pub(crate) const V2: &str = "
ALTER TABLE attempt ADD COLUMN provider TEXT NOT NULL DEFAULT '';
ALTER TABLE attempt ADD COLUMN model TEXT NOT NULL DEFAULT '';
UPDATE attempt SET
    provider = coalesce((SELECT provider FROM cell WHERE cell.id = attempt.cell_id), ''),
    model = coalesce((SELECT model FROM cell WHERE cell.id = attempt.cell_id), '');
CREATE INDEX attempt_sent ON attempt (sent_ns);
";

/// Since a judge and embeddings are paid as well.
pub(crate) const V5: &str = "
ALTER TABLE attempt ADD COLUMN purpose TEXT NOT NULL DEFAULT 'answer';
";

/// Since tenants have caps.
pub(crate) const V6: &str = "
ALTER TABLE attempt ADD COLUMN tenant TEXT NOT NULL DEFAULT '';
";

/// A request that is about to go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttempt {
    pub id: AttemptId,
    /// The cell that is answered, or whose answer another model is asked about.
    pub cell_id: CellId,
    pub purpose: Purpose,
    /// Who is asked.
    pub target: Target,
    /// Whom the run is made for.
    pub tenant: Option<String>,
    /// 1 for the first of the cell, whatever it is for.
    pub attempt_no: u32,
    pub idempotency_key: String,
    pub request_hash: String,
    /// Where the answer would be cached, for a run that takes cached answers.
    pub cache_key: Option<String>,
    pub sent_ns: UnixNanos,
    /// The most it may cost; `None` for a model without a price.
    pub reserved_usd: Option<Usd>,
}

/// Whether a request may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admitted {
    /// It is in the ledger: send it.
    Sent,
    /// The cache has its answer by now, so nothing was written: another call of this run or of another was faster.
    Cached,
}

/// An answer that arrived, whole or truncated.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptAnswer {
    pub id: AttemptId,
    pub answered_ns: UnixNanos,
    pub http_status: Option<u16>,
    /// What it cost; `None` when that is unknown.
    pub cost_usd: Option<Usd>,
    /// The cell with its answer.
    pub cell: Cell,
    /// For the cache, unless the run does without.
    pub cache: Option<CacheEntry>,
}

/// An attempt that ended without an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptEnd {
    pub id: AttemptId,
    /// `Failed` when it surely cost nothing, `Unknown` when it may have.
    pub state: AttemptState,
    pub ended_ns: UnixNanos,
    pub http_status: Option<u16>,
    /// What went wrong, as a sentence.
    pub error: String,
    /// The cell, when this was its last attempt.
    pub cell: Option<Cell>,
}

/// One row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub id: AttemptId,
    pub run_id: RunId,
    pub cell_id: CellId,
    pub purpose: Purpose,
    pub attempt_no: u32,
    pub idempotency_key: String,
    pub request_hash: String,
    pub provider: String,
    pub model: String,
    pub state: AttemptState,
    pub sent_ns: UnixNanos,
    pub answered_ns: Option<UnixNanos>,
    pub reserved_usd: Option<Usd>,
    pub cost_usd: Option<Usd>,
    pub http_status: Option<u16>,
    pub error: Option<String>,
}

impl Workspace {
    /// Notes that a request is about to go out. Send it only after this returned.
    ///
    /// # Errors
    /// `NotFound` when there is no such cell; `Conflict` when this attempt of the cell was already
    /// sent, or another one is still on its way; `DayCap` when the day's money does not pay for it,
    /// `NoBound` when a day has a cap and nobody knows the most this request may cost.
    pub fn attempt_sent(&self, attempt: NewAttempt) -> Result<Admitted> {
        self.write(Durability::Full, move |tx| sent(tx, &attempt))
    }

    /// The same without waiting: `reply` is told once it is on disk.
    pub fn attempt_sent_then(&self, attempt: NewAttempt, reply: Reply<Admitted>) {
        self.submit_then(Durability::Full, move |tx| sent(tx, &attempt), reply);
    }

    /// Stores an answer, its cell and its cache entry in one transaction.
    ///
    /// # Errors
    /// `Conflict` when the attempt is already closed: an answer is booked once. `NotFound` when it was
    /// never sent.
    pub fn attempt_answered(&self, answer: AttemptAnswer) -> Result<()> {
        let work = booked(answer)?;
        self.write(Durability::Full, work)
    }

    /// The same without waiting: `reply` is told once it is on disk.
    pub fn attempt_answered_then(&self, answer: AttemptAnswer, reply: Reply<()>) {
        match booked(answer) {
            Ok(work) => self.submit_then(Durability::Full, work, reply),
            Err(error) => reply(Err(error)),
        }
    }

    /// Stores what another model was paid for saying about the answer of a cell, together with the cell.
    ///
    /// # Errors
    /// Those of [`Workspace::attempt_answered`].
    pub fn attempt_gave_opinion(&self, answer: AttemptAnswer, opinion: Opinion) -> Result<()> {
        let body = cell_body::pack(&answer.cell)?;
        let said = opinion::pack(&opinion)?;
        self.write(Durability::Full, move |tx| {
            book(tx, &answer)?;
            opinion::put(tx, answer.cell.run_id, &opinion, &said)?;
            cell::update(tx, &answer.cell, &body)
        })
    }

    /// Closes an attempt without an answer, and with it the cell when no retry follows.
    ///
    /// # Errors
    /// `BadInput` for another state than failed or unknown; `Conflict` when it is already closed.
    pub fn attempt_ended(&self, end: AttemptEnd) -> Result<()> {
        if !matches!(end.state, AttemptState::Failed | AttemptState::Unknown) {
            return Err(WorkspaceError::BadInput(
                "an attempt without an answer is failed or unknown".into(),
            ));
        }
        let body = end.cell.as_ref().map(cell_body::pack).transpose()?;
        self.write(Durability::Full, move |tx| {
            let open = open(tx, end.id, end.state, end.cell.as_ref().map(|cell| cell.id))?;
            open.settle(tx, (end.state == AttemptState::Failed).then_some(0))?;
            tx.prepare_cached(
                "UPDATE attempt SET state = ?2, answered_ns = ?3, http_status = ?4, error = ?5
                 WHERE id = ?1",
            )?
            .execute(params![
                end.id.to_string(),
                end.state.word(),
                end.ended_ns.0,
                end.http_status,
                end.error
            ])?;
            match (&end.cell, &body) {
                (Some(cell), Some(body)) => cell::update(tx, cell, body),
                _ => Ok(()),
            }
        })
    }

    /// Before a run is resumed: what its dead process had on its way becomes unknown, and so do the
    /// cells. Answers how many.
    ///
    /// # Errors
    /// Those of writing the file.
    pub fn mark_in_flight_unknown(&self, run: RunId) -> Result<u64> {
        self.write(Durability::Full, move |tx| {
            let run = run.to_string();
            tx.prepare_cached(
                "UPDATE cell SET status = 'unknown'
                 WHERE status = 'pending' AND id IN
                    (SELECT cell_id FROM attempt WHERE run_id = ?1 AND state = 'sent')",
            )?
            .execute([&run])?;
            let marked = tx
                .prepare_cached(
                    "UPDATE attempt SET state = 'unknown',
                            error = 'its process ended before an answer was seen'
                     WHERE run_id = ?1 AND state = 'sent'",
                )?
                .execute([&run])?;
            tx.announce(Topic::Cell, run);
            Ok(marked as u64)
        })
    }
}

/// Packs an answer; the rest is done behind the door.
fn booked(
    mut answer: AttemptAnswer,
) -> Result<impl FnOnce(&Tx<'_>) -> Result<()> + Send + 'static> {
    let cache = answer.cache.take();
    // The answer of a conversation is that of all its turns, and no cache holds it.
    let packed = cache.as_ref().filter(|_| answer.cell.turns.is_empty());
    let body = match packed {
        Some(entry) => cell_body::pack_beside(&answer.cell, Some(entry.body()))?,
        None => cell_body::pack(&answer.cell)?,
    };
    Ok(move |tx: &Tx<'_>| {
        book(tx, &answer)?;
        cell::update(tx, &answer.cell, &body)?;
        if let Some(cache) = &cache {
            response_cache::put(tx, cache)?;
        }
        Ok(())
    })
}

/// Closes an attempt with its answer.
fn book(tx: &Tx<'_>, answer: &AttemptAnswer) -> Result<()> {
    let open = open(tx, answer.id, AttemptState::Answered, Some(answer.cell.id))?;
    let cost_pico = answer.cost_usd.and_then(to_pico);
    open.settle(tx, cost_pico)?;
    tx.prepare_cached(
        "UPDATE attempt SET state = 'answered', answered_ns = ?2, cost_pico = ?3, http_status = ?4
         WHERE id = ?1",
    )?
    .execute(params![
        answer.id.to_string(),
        answer.answered_ns.0,
        cost_pico,
        answer.http_status
    ])?;
    Ok(())
}

fn sent(tx: &Tx<'_>, attempt: &NewAttempt) -> Result<Admitted> {
    if let Some(key) = &attempt.cache_key
        && response_cache::has(tx, key)?
    {
        return Ok(Admitted::Cached);
    }
    let cell_id = attempt.cell_id.to_string();
    let run_id: Option<String> = tx
        .prepare_cached("SELECT run_id FROM cell WHERE id = ?1")?
        .query_row([&cell_id], |row| row.get(0))
        .optional()?;
    let Some(run_id) = run_id else {
        return Err(WorkspaceError::NotFound(format!("the cell {cell_id}")));
    };
    let taken: bool = tx
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM attempt
                            WHERE cell_id = ?1 AND (state = 'sent' OR attempt_no = ?2))",
        )?
        .query_row(params![cell_id, attempt.attempt_no], |row| row.get(0))?;
    if taken {
        return Err(WorkspaceError::Conflict(format!(
            "attempt {} of the cell {cell_id} was already sent, or an earlier one is on its way",
            attempt.attempt_no
        )));
    }
    let reserved_pico = attempt.reserved_usd.and_then(to_pico);
    let payers = payers(&attempt.target.provider, attempt.tenant.as_deref());
    tx.reserve(attempt.sent_ns, reserved_pico, payers)?;
    tx.prepare_cached(
        "INSERT INTO attempt (id, run_id, cell_id, attempt_no, idempotency_key, request_hash, state,
            sent_ns, reserved_pico, provider, model, purpose, tenant)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'sent', ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        attempt.id.to_string(),
        run_id,
        cell_id,
        attempt.attempt_no,
        attempt.idempotency_key,
        attempt.request_hash,
        attempt.sent_ns.0,
        reserved_pico,
        attempt.target.provider,
        attempt.target.model,
        attempt.purpose.word(),
        attempt.tenant.as_deref().unwrap_or_default()
    ])?;
    tx.prepare_cached("UPDATE cell SET attempts = attempts + 1 WHERE id = ?1")?
        .execute([&cell_id])?;
    tx.announce(Topic::Cell, run_id);
    Ok(Admitted::Sent)
}

/// Who pays for a request.
fn payers(provider: &str, tenant: Option<&str>) -> Vec<Payer> {
    let mut payers = vec![Payer::All, Payer::Key(provider.to_owned())];
    payers.extend(tenant.map(|tenant| Payer::Tenant(tenant.to_owned())));
    payers
}

/// An attempt that is not closed.
struct Open {
    sent_ns: UnixNanos,
    reserved_pico: Option<i64>,
    payers: Vec<Payer>,
}

impl Open {
    /// Books what it came to cost.
    fn settle(self, tx: &Tx<'_>, cost_pico: Option<i64>) -> Result<()> {
        tx.settle(self.sent_ns, self.reserved_pico, cost_pico, self.payers)
    }
}

/// Makes sure the attempt may be closed this way, and that it belongs to the cell.
fn open(tx: &Tx<'_>, id: AttemptId, to: AttemptState, cell: Option<CellId>) -> Result<Open> {
    let found = tx
        .prepare_cached(
            "SELECT state, cell_id, sent_ns, reserved_pico, provider, tenant
             FROM attempt WHERE id = ?1",
        )?
        .query_row([id.to_string()], |row| {
            let (provider, tenant): (String, String) = (row.get(4)?, row.get(5)?);
            let open = Open {
                sent_ns: UnixNanos(row.get(2)?),
                reserved_pico: row.get(3)?,
                payers: payers(
                    &provider,
                    Some(tenant.as_str()).filter(|name| !name.is_empty()),
                ),
            };
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, open))
        })
        .optional()?;
    let Some((state, cell_id, open)) = found else {
        return Err(WorkspaceError::NotFound(format!("the attempt {id}")));
    };
    if cell.is_some_and(|cell| cell.to_string() != cell_id) {
        return Err(WorkspaceError::BadInput(format!(
            "the attempt {id} belongs to the cell {cell_id}, not to the one it came with"
        )));
    }
    // A late answer may settle what was unknown; nothing reopens what is settled.
    let late_answer = state == "unknown" && to == AttemptState::Answered;
    if state != "sent" && !late_answer {
        return Err(WorkspaceError::Conflict(format!(
            "the attempt {id} is already {state}"
        )));
    }
    Ok(open)
}

#[cfg(test)]
mod tests;
