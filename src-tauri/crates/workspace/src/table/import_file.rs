//! Imports: one row per file that was read, from its first batch to its loss report.
//!
//! The row is there before the first span, and complete only after the last: an import that was cut
//! shows as incomplete, with the counts of what was committed.

use crate::codec;
use crate::door::{Durability, Tx};
use crate::error::{Result, WorkspaceError};
use crate::page::Clause;
use crate::row::{self, count};
use crate::table::change::Topic;
use crate::table::word::is_word;
use crate::workspace::Workspace;
use plumbline_model::{ImportFile, ImportId, LossCounts, UnixNanos};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

pub(crate) const V1: &str = "
CREATE TABLE import_file (
    id TEXT PRIMARY KEY,
    path TEXT NOT NULL,
    format TEXT NOT NULL,
    sha256 TEXT,
    started_ns INTEGER NOT NULL,
    ended_ns INTEGER,
    complete INTEGER NOT NULL DEFAULT 0,
    stored INTEGER NOT NULL DEFAULT 0,
    duplicate INTEGER NOT NULL DEFAULT 0,
    quarantined INTEGER NOT NULL DEFAULT 0,
    report TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX import_file_sha256 ON import_file (sha256);
";

/// The row ids of an import's spans lie between these; those of another that ran beside it may, too.
pub(crate) const V3: &str = "
ALTER TABLE import_file ADD COLUMN first_span INTEGER;
ALTER TABLE import_file ADD COLUMN last_span INTEGER;
UPDATE import_file SET
    first_span = (SELECT min(id) FROM span WHERE import_id = import_file.id),
    last_span = (SELECT max(id) FROM span WHERE import_id = import_file.id);
";

/// An import that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewImport {
    pub id: ImportId,
    pub path: String,
    /// As ingest names it, such as `otlp_json`.
    pub format: String,
    pub started_ns: UnixNanos,
}

/// An import as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportRow {
    pub id: ImportId,
    pub path: String,
    pub format: String,
    /// SHA-256 of the file's bytes, 64 hex digits; known once it was read to the end.
    pub sha256: Option<String>,
    pub started_ns: UnixNanos,
    pub ended_ns: Option<UnixNanos>,
    /// False while it runs, and for ever when it was cut.
    pub complete: bool,
    /// What was committed so far.
    pub counts: LossCounts,
    /// The loss report; of an import that goes on, as it was kept last.
    pub report: Option<ImportFile>,
}

impl Workspace {
    /// Notes that a file is being read.
    ///
    /// # Errors
    /// Those of writing the file.
    pub fn begin_import(&self, import: NewImport) -> Result<()> {
        self.write(Durability::Normal, move |tx| {
            let id = import.id.to_string();
            tx.prepare_cached(
                "INSERT INTO import_file (id, path, format, started_ns) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![id, import.path, import.format, import.started_ns.0])?;
            tx.announce(Topic::Import, id);
            Ok(())
        })
    }

    /// Closes an import with its loss report. `sha256` lets the same file be recognised next time.
    ///
    /// # Errors
    /// `NotFound` for an import that never began; `Damaged` when the report's counts differ from what
    /// was committed, since then a row was lost on the way.
    pub fn finish_import(
        &self,
        import: ImportId,
        sha256: Option<&str>,
        report: &ImportFile,
        ended_ns: UnixNanos,
    ) -> Result<()> {
        let (sha256, counts) = (sha256.map(str::to_owned), report.counts);
        let report = codec::json(report)?;
        self.write(Durability::Normal, move |tx| {
            let stored = find(tx, import)?.counts;
            if stored != counts {
                return Err(WorkspaceError::Damaged(format!(
                    "the import's report says {counts:?}, but {stored:?} was committed"
                )));
            }
            let id = import.to_string();
            tx.prepare_cached(
                "UPDATE import_file SET sha256 = ?2, report = ?3, ended_ns = ?4, complete = 1
                 WHERE id = ?1",
            )?
            .execute(params![id, sha256, report, ended_ns.0])?;
            tx.announce(Topic::Import, id);
            Ok(())
        })
    }

    /// One import.
    ///
    /// # Errors
    /// `NotFound` when there is none with this id.
    pub fn import(&self, import: ImportId) -> Result<ImportRow> {
        self.read(|conn| find(conn, import))
    }

    /// All imports, newest first.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn list_imports(&self) -> Result<Vec<ImportRow>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT id, path, format, sha256, started_ns, ended_ns, complete, stored, duplicate,
                        quarantined, report
                 FROM import_file ORDER BY id DESC",
            )?;
            let mut rows = statement.query([])?;
            let mut imports = Vec::new();
            while let Some(row) = rows.next()? {
                imports.push(read(row)?);
            }
            Ok(imports)
        })
    }

    /// The latest complete import of a file with these bytes.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn import_of_content(&self, sha256: &str) -> Result<Option<ImportRow>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT id, path, format, sha256, started_ns, ended_ns, complete, stored, duplicate,
                        quarantined, report
                 FROM import_file WHERE sha256 = ?1 AND complete = 1 ORDER BY id DESC LIMIT 1",
            )?;
            let mut rows = statement.query([sha256])?;
            rows.next()?.map(read).transpose()
        })
    }
}

/// The condition that a span is of this import.
pub(crate) fn spans_of(clause: &mut Clause, import: Option<ImportId>) {
    let id = import.map(|id| id.to_string());
    clause.and_some(
        "span.id >= (SELECT first_span FROM import_file WHERE id = ?)",
        id.clone(),
    );
    clause.and_some(
        "span.id <= (SELECT last_span FROM import_file WHERE id = ?)",
        id.clone(),
    );
    clause.and_some(is_word!("import"), id);
}

/// Notes the row ids of spans that were added to an import.
pub(crate) fn add_ids(tx: &Tx<'_>, import: &str, first: i64, last: i64) -> Result<()> {
    tx.prepare_cached(
        "UPDATE import_file SET first_span = min(coalesce(first_span, ?2), ?2),
                last_span = max(coalesce(last_span, ?3), ?3)
         WHERE id = ?1",
    )?
    .execute(params![import, first, last])?;
    Ok(())
}

/// Adds to the counts of an open import.
pub(crate) fn add_counts(
    tx: &Tx<'_>,
    import: &str,
    stored: u64,
    duplicate: u64,
    quarantined: u64,
) -> Result<()> {
    let changed = tx
        .prepare_cached(
            "UPDATE import_file SET stored = stored + ?2, duplicate = duplicate + ?3,
                    quarantined = quarantined + ?4
             WHERE id = ?1 AND complete = 0",
        )?
        .execute(params![
            import,
            row::int(stored),
            row::int(duplicate),
            row::int(quarantined)
        ])?;
    if changed == 0 {
        return Err(WorkspaceError::NotFound(format!(
            "an open import `{import}`"
        )));
    }
    tx.announce(Topic::Import, import);
    Ok(())
}

fn find(conn: &Connection, import: ImportId) -> Result<ImportRow> {
    let mut statement = conn.prepare_cached(
        "SELECT id, path, format, sha256, started_ns, ended_ns, complete, stored, duplicate,
                quarantined, report
         FROM import_file WHERE id = ?1",
    )?;
    statement
        .query_row([import.to_string()], |row| Ok(read(row)))
        .optional()?
        .unwrap_or_else(|| Err(WorkspaceError::NotFound(format!("the import `{import}`"))))
}

fn read(row: &Row<'_>) -> Result<ImportRow> {
    let id: String = row.get(0)?;
    let [stored, duplicate, quarantined] =
        [count(row.get(7)?), count(row.get(8)?), count(row.get(9)?)];
    let report: Option<String> = row.get(10)?;
    Ok(ImportRow {
        id: row::id(&id)?,
        path: row.get(1)?,
        format: row.get(2)?,
        sha256: row.get(3)?,
        started_ns: UnixNanos(row.get(4)?),
        ended_ns: row.get::<_, Option<i64>>(5)?.map(UnixNanos),
        complete: row.get(6)?,
        counts: LossCounts {
            read: stored + duplicate + quarantined,
            stored,
            duplicate,
            quarantined,
        },
        report: report
            .map(|report| codec::from_json(report.as_bytes()))
            .transpose()?,
    })
}
