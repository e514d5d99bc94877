//! Rows of an import that were not understood, each with its place and reason.

use crate::door::{Durability, Tx};
use crate::error::Result;
use crate::page::Page;
use crate::row;
use crate::table::import_file;
use crate::workspace::Workspace;
use plumbline_model::{ImportId, QuarantinedRow};
use rusqlite::params;
use serde::{Deserialize, Serialize};

pub(crate) const V1: &str = "
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    import_id TEXT NOT NULL REFERENCES import_file (id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    reason TEXT NOT NULL,
    raw TEXT NOT NULL
) STRICT;
CREATE INDEX quarantine_import ON quarantine (import_id, id);
";

/// Part of the quarantine of one import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantinePage {
    pub total: u64,
    pub rows: Vec<QuarantinedRow>,
}

impl Workspace {
    /// Stores rows that were not understood.
    ///
    /// # Errors
    /// `NotFound` when the import never began or is finished.
    pub fn append_quarantine(&self, import: ImportId, rows: Vec<QuarantinedRow>) -> Result<()> {
        self.write(Durability::Normal, move |tx| {
            insert_all(tx, &import.to_string(), &rows)
        })
    }

    /// Quarantined rows in the order they were read.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn quarantine(&self, import: ImportId, page: Page) -> Result<QuarantinePage> {
        let import = import.to_string();
        self.read(|conn| {
            let total: i64 = conn
                .prepare_cached("SELECT count(*) FROM quarantine WHERE import_id = ?1")?
                .query_row([&import], |row| row.get(0))?;
            let [limit, offset] = page.bound();
            let mut statement = conn.prepare_cached(
                "SELECT at, reason, raw FROM quarantine WHERE import_id = ?1
                 ORDER BY id LIMIT ?2 OFFSET ?3",
            )?;
            let rows = statement
                .query_map(params![import, limit, offset], |row| {
                    Ok(QuarantinedRow {
                        at: row.get(0)?,
                        reason: row.get(1)?,
                        raw: row.get(2)?,
                    })
                })?
                .collect::<rusqlite::Result<_>>()?;
            Ok(QuarantinePage {
                total: row::count(total),
                rows,
            })
        })
    }
}

pub(crate) fn insert_all(tx: &Tx<'_>, import: &str, rows: &[QuarantinedRow]) -> Result<()> {
    import_file::add_counts(tx, import, 0, 0, rows.len() as u64)?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO quarantine (import_id, at, reason, raw) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for row in rows {
        insert.execute(params![import, row.at, row.reason, row.raw])?;
    }
    Ok(())
}
