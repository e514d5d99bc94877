//! Comparisons that were computed: what came of each case, so that a page of a large one is a query.
//!
//! Nothing stands here that cannot be computed again. A comparison is of runs at a revision; one of runs that changed
//! since is computed anew, and only the newest few are kept.

use crate::door::{Durability, Tx};
use crate::error::Result;
use crate::row::{count, int};
use crate::workspace::Workspace;
use plumbline_model::{RunId, UnixNanos};
use rusqlite::{OptionalExtension, Row, params};

pub(crate) const V9: &str = "
ALTER TABLE run ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
CREATE TABLE comparison (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    sides TEXT NOT NULL,
    computed_ns INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX comparison_sides ON comparison (sides);
CREATE TABLE compared_case (
    comparison INTEGER NOT NULL REFERENCES comparison (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    case_key TEXT NOT NULL,
    verdict TEXT NOT NULL,
    PRIMARY KEY (comparison, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX compared_case_key ON compared_case (comparison, case_key);
CREATE TABLE compared_cell (
    comparison INTEGER NOT NULL REFERENCES comparison (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    col INTEGER NOT NULL,
    verdict TEXT,
    flips INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (comparison, position, col)
) STRICT, WITHOUT ROWID;
CREATE TABLE compared_kind (
    comparison INTEGER NOT NULL REFERENCES comparison (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    position INTEGER NOT NULL,
    col INTEGER NOT NULL,
    PRIMARY KEY (comparison, kind, position, col)
) STRICT, WITHOUT ROWID;
";

/// Comparisons kept, the newest.
const KEPT: i64 = 8;

/// A comparison that was computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredComparison {
    pub id: i64,
    /// As it was given.
    pub body: String,
}

/// A comparison to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewComparison {
    /// The sides and the revisions of their runs.
    pub key: String,
    /// The sides alone: an older comparison of them is dropped.
    pub sides: String,
    pub computed: UnixNanos,
    pub body: String,
    pub cases: Vec<NewComparedCase>,
}

/// What came of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewComparedCase {
    pub case_key: String,
    /// The gravest verdict of its sides.
    pub verdict: String,
    /// By column; `None` where the side does not have the case.
    pub cells: Vec<Option<NewComparedCell>>,
}

/// What came of one case on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewComparedCell {
    pub verdict: Option<String>,
    pub flips: bool,
    pub kinds: Vec<String>,
    /// What is shown, as its caller writes it.
    pub body: String,
}

impl Workspace {
    /// How often the cells of a run were written: the same number means the same answers.
    ///
    /// # Errors
    /// `NotFound` when there is no such run.
    pub fn run_revision(&self, run: RunId) -> Result<u64> {
        self.read(|conn| {
            let revision: Option<i64> = conn
                .prepare_cached("SELECT revision FROM run WHERE id = ?1")?
                .query_row([run.to_string()], |row| row.get(0))
                .optional()?;
            revision
                .map(count)
                .ok_or_else(|| crate::table::run::missing(run))
        })
    }

    /// The comparison that was kept under a key.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn comparison(&self, key: &str) -> Result<Option<StoredComparison>> {
        self.read(|conn| {
            let found = conn
                .prepare_cached("SELECT id, body FROM comparison WHERE key = ?1")?
                .query_row([key], read)
                .optional()?;
            Ok(found)
        })
    }

    /// The comparison of these sides that was computed last, of whatever revisions, if that is not before `since`.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn comparison_since(
        &self,
        sides: &str,
        since: UnixNanos,
    ) -> Result<Option<StoredComparison>> {
        self.read(|conn| {
            let found = conn
                .prepare_cached(
                    "SELECT id, body FROM comparison WHERE sides = ?1 AND computed_ns >= ?2",
                )?
                .query_row(params![sides, since.0], read)
                .optional()?;
            Ok(found)
        })
    }

    /// Keeps a comparison in the place of older ones of the same sides.
    ///
    /// # Errors
    /// Those of writing the file.
    pub fn keep_comparison(&self, new: NewComparison) -> Result<i64> {
        self.write(Durability::Normal, move |tx| keep(tx, &new))
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<StoredComparison> {
    Ok(StoredComparison {
        id: row.get(0)?,
        body: row.get(1)?,
    })
}

fn keep(tx: &Tx<'_>, new: &NewComparison) -> Result<i64> {
    tx.prepare_cached("DELETE FROM comparison WHERE sides = ?1 OR key = ?2")?
        .execute([&new.sides, &new.key])?;
    let id = tx
        .prepare_cached(
            "INSERT INTO comparison (key, sides, computed_ns, body) VALUES (?1, ?2, ?3, ?4)",
        )?
        .insert(params![new.key, new.sides, new.computed.0, new.body])?;
    let mut case = tx.prepare_cached(
        "INSERT INTO compared_case (comparison, position, case_key, verdict) VALUES (?1, ?2, ?3, ?4)",
    )?;
    let mut cell = tx.prepare_cached(
        "INSERT INTO compared_cell (comparison, position, col, verdict, flips, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let mut kind = tx.prepare_cached(
        "INSERT OR IGNORE INTO compared_kind (comparison, kind, position, col) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (position, row) in (0_u64..).zip(&new.cases) {
        let position = int(position);
        case.execute(params![id, position, row.case_key, row.verdict])?;
        for (column, of_side) in (0_i64..).zip(&row.cells) {
            let Some(of_side) = of_side else { continue };
            cell.execute(params![
                id,
                position,
                column,
                of_side.verdict,
                of_side.flips,
                of_side.body
            ])?;
            for word in &of_side.kinds {
                kind.execute(params![id, word, position, column])?;
            }
        }
    }
    tx.prepare_cached(
        "DELETE FROM comparison WHERE id NOT IN (SELECT id FROM comparison ORDER BY id DESC LIMIT ?1)",
    )?
    .execute([KEPT])?;
    Ok(id)
}
