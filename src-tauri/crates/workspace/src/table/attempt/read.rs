//! The ledger as it is read.

use super::Attempt;
use crate::error::Result;
use crate::money::from_pico;
use crate::row::{self, Word};
use crate::workspace::Workspace;
use plumbline_model::{AttemptState, CellId, Purpose, RunId, UnixNanos};
use rusqlite::Row;

impl Workspace {
    /// The ledger of a run, in the order of sending.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn attempts(&self, run: RunId) -> Result<Vec<Attempt>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT id, run_id, cell_id, attempt_no, idempotency_key, request_hash, provider, model,
                        state, sent_ns, answered_ns, reserved_pico, cost_pico, http_status, error, purpose
                 FROM attempt WHERE run_id = ?1 ORDER BY sent_ns, id",
            )?;
            let mut rows = statement.query([run.to_string()])?;
            let mut attempts = Vec::new();
            while let Some(row) = rows.next()? {
                attempts.push(read(row)?);
            }
            Ok(attempts)
        })
    }

    /// The ledger of one cell, in the order of sending.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn attempts_of_cell(&self, cell: CellId) -> Result<Vec<Attempt>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT id, run_id, cell_id, attempt_no, idempotency_key, request_hash, provider, model,
                        state, sent_ns, answered_ns, reserved_pico, cost_pico, http_status, error, purpose
                 FROM attempt WHERE cell_id = ?1 ORDER BY attempt_no",
            )?;
            let mut rows = statement.query([cell.to_string()])?;
            let mut attempts = Vec::new();
            while let Some(row) = rows.next()? {
                attempts.push(read(row)?);
            }
            Ok(attempts)
        })
    }
}

fn read(row: &Row<'_>) -> Result<Attempt> {
    let money = |at| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(at)?.map(from_pico));
    Ok(Attempt {
        id: row::id(&row.get::<_, String>(0)?)?,
        run_id: row::id(&row.get::<_, String>(1)?)?,
        cell_id: row::id(&row.get::<_, String>(2)?)?,
        attempt_no: row.get(3)?,
        idempotency_key: row.get(4)?,
        request_hash: row.get(5)?,
        provider: row.get(6)?,
        model: row.get(7)?,
        state: AttemptState::read(&row.get::<_, String>(8)?)?,
        sent_ns: UnixNanos(row.get(9)?),
        answered_ns: row.get::<_, Option<i64>>(10)?.map(UnixNanos),
        reserved_usd: money(11)?,
        cost_usd: money(12)?,
        http_status: row.get(13)?,
        error: row.get(14)?,
        purpose: Purpose::read(&row.get::<_, String>(15)?)?,
    })
}
