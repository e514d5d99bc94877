//! Copies of a live workspace that are checked before anybody relies on them.
//!
//! A plain copy of a file that is being written is not a backup. `VACUUM INTO` reads one snapshot while
//! writers go on, and leaves out free pages.

use crate::connection::open_to_copy;
use crate::error::{Result, WorkspaceError};
use crate::file_mode::{make_private_file, make_private_parent};
use crate::recognise::user_version;
use crate::workspace::Workspace;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};

impl Workspace {
    /// Writes a verified copy to `to`, which must not exist. Other processes may go on writing.
    ///
    /// # Errors
    /// `Conflict` when a file stands at `to`; `Damaged` when the copy does not pass its check.
    pub fn backup(&self, to: &Path) -> Result<()> {
        make_private_parent(to)?;
        if !make_private_file(to)? {
            return Err(WorkspaceError::Conflict(format!(
                "{} exists already; a backup does not replace files",
                to.display()
            )));
        }
        let copied = open_to_copy(self.path()).and_then(|conn| copy(&conn, to));
        let outcome = copied.and_then(|()| verify(to).map(|_| ()));
        if outcome.is_err() {
            // Half a backup is worse than none; the first error is the one worth telling.
            let _ = std::fs::remove_file(to);
        }
        outcome.map_err(|error| error.at(to))
    }
}

/// Keeps a verified copy of an older workspace as `<file>.backup-v<N>` before it is migrated.
pub(crate) fn before_migration(conn: &Connection, path: &Path, version: i64) -> Result<()> {
    let partial = beside(
        path,
        &format!(".backup-v{version}.{}.part", std::process::id()),
    );
    let _ = std::fs::remove_file(&partial);
    make_private_file(&partial)?;
    let outcome = copy(conn, &partial).and_then(|()| verify(&partial));
    match outcome {
        Ok(copied) if copied == version => keep(&partial, path, version),
        // Another process migrated meanwhile, and made its own backup of the older file.
        Ok(_) => {
            let _ = std::fs::remove_file(&partial);
            Ok(())
        }
        Err(error) => {
            let _ = std::fs::remove_file(&partial);
            Err(error)
        }
    }
}

/// Gives the copy its name without ever replacing an earlier backup.
fn keep(partial: &Path, path: &Path, version: i64) -> Result<()> {
    let mut name = beside(path, &format!(".backup-v{version}"));
    let mut number = 1;
    while name.exists() {
        number += 1;
        name = beside(path, &format!(".backup-v{version}.{number}"));
    }
    std::fs::rename(partial, &name).map_err(|error| WorkspaceError::cannot_open(&name, error))?;
    tracing::info!(file = %name.display(), "kept a backup before migrating");
    Ok(())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn copy(conn: &Connection, to: &Path) -> Result<()> {
    let to = to
        .to_str()
        .ok_or_else(|| WorkspaceError::BadInput(format!("{} is not valid UTF-8", to.display())))?;
    conn.execute("VACUUM INTO ?1", [to])?;
    Ok(())
}

/// Checks a copy from end to end and answers its schema version.
fn verify(file: &Path) -> Result<i64> {
    let conn = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let verdict: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(WorkspaceError::Damaged(format!(
            "the backup {} does not pass its check: {verdict}",
            file.display()
        )));
    }
    user_version(&conn)
}
