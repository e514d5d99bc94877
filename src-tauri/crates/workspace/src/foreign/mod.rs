//! Other programs' SQLite files, read and never touched: rows of ordinary tables as lines of JSON.
//!
//! The file is data from anywhere. It is opened read-only and no file appears beside it; no view, trigger, virtual
//! table or generated column of it is evaluated; sizes, depths and the steps spent on one row have bounds; what is
//! damaged ends as a line that says so, and everything before it stands.

mod find;
mod join;
mod json;
mod open;
mod rows;
#[cfg(test)]
mod tests;

pub use rows::ForeignRows;

use crate::error::{Result, WorkspaceError};
use open::Opened;
use plumbline_model::TableRead;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Tables whose names are looked at.
const TABLES: u32 = 20_000;

/// Another program's database, open for reading.
pub struct ForeignDatabase {
    path: PathBuf,
    opened: Opened,
    watch: Watch,
}

impl ForeignDatabase {
    /// Opens the file. A WAL with content beside it is read through a private copy of both.
    ///
    /// # Errors
    /// `BadInput` says what is wrong with the file: it is cut, damaged, locked or in the middle of a write.
    pub fn open(path: &Path) -> Result<Self> {
        let watch = Watch::default();
        let path = path
            .canonicalize()
            .map_err(|error| WorkspaceError::cannot_open(path, error))?;
        let opened = open::open(&path, &watch)?;
        Ok(Self {
            path,
            opened,
            watch,
        })
    }

    /// Names of the ordinary tables, in order; neither views nor virtual tables.
    ///
    /// # Errors
    /// `BadInput` when the schema cannot be read.
    pub fn tables(&self) -> Result<Vec<String>> {
        self.watch.begin_row();
        tables(&self.opened.conn).map_err(|error| refused(&self.path, &error))
    }

    /// The rows of these tables as lines of JSON, in the order of the list and of each table.
    #[must_use]
    pub fn rows(self, reads: Vec<TableRead>) -> ForeignRows {
        ForeignRows::start(self.opened, self.watch, reads)
    }
}

fn tables(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    // A virtual table has no page of its own.
    conn.prepare(
        "SELECT name FROM main.sqlite_schema
         WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND length(name) <= 200
         ORDER BY name LIMIT ?1",
    )?
    .query_map([TABLES], |row| row.get(0))?
    .collect()
}

/// What a person is told when the file as a whole cannot be read.
fn refused(path: &Path, error: &rusqlite::Error) -> WorkspaceError {
    WorkspaceError::BadInput(format!(
        "{} cannot be read as an SQLite database: {}",
        path.display(),
        reason(error)
    ))
}

/// SQLite's words, and for the usual cases ours.
fn reason(error: &rusqlite::Error) -> String {
    use rusqlite::ErrorCode as Code;
    match error.sqlite_error_code() {
        Some(Code::NotADatabase) => {
            "its content is not SQLite's; it may be encrypted or damaged".to_owned()
        }
        Some(Code::DatabaseCorrupt) => format!("it is damaged or cut off ({error})"),
        Some(Code::OperationInterrupted) => {
            "one row took more steps than any honest file needs, or the reading was stopped"
                .to_owned()
        }
        Some(Code::DatabaseBusy | Code::DatabaseLocked) => {
            "another program is writing to it; close that program and try again".to_owned()
        }
        Some(Code::TooBig) => "a value is larger than 64 MiB".to_owned(),
        _ => error.to_string(),
    }
}

/// Stops SQLite when somebody says so, and when one row takes too long.
#[derive(Clone, Default)]
struct Watch {
    stop: Arc<AtomicBool>,
    spent: Arc<AtomicU64>,
}

impl Watch {
    /// Steps of SQLite's machine between two looks.
    const STEPS: i32 = 10_000;
    /// Looks that one row may take: a thousand million steps, some ten seconds.
    const LOOKS: u64 = 100_000;

    fn begin_row(&self) {
        self.spent.store(0, Ordering::Relaxed);
    }

    fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        let spent = self.spent.fetch_add(1, Ordering::Relaxed);
        self.stop.load(Ordering::Relaxed) || spent > Self::LOOKS
    }
}
