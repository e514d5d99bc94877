//! How a connection is opened: every pragma of the workspace stands here and nowhere else.
//!
//! WAL lets a window read while a command line writes. `trusted_schema` off and the defensive switch
//! keep a file that somebody sent from running anything when it is opened.

use crate::error::{Result, WorkspaceError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How long a connection waits for another's lock before it gives up.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_millis(5_000);

/// Pages of 16 KB took bulk inserts of spans from 97,000 to 130,000 rows/s in a trial against 4 KB.
const PAGE_SIZE: i64 = 16_384;

/// Pages that the writer keeps while spans come in: the indexes of a million are looked up at random.
pub(crate) const BULK_CACHE_KIB: i64 = 96 * 1024;
/// Pages that it keeps for the ledger, which is written where it ends.
pub(crate) const LEDGER_CACHE_KIB: i64 = 12 * 1024;

/// The WAL is folded back at 64 MB, since every time costs two syncs to disk.
const CHECKPOINT_PAGES: i64 = 4_000;

/// The oldest SQLite whose WAL is safe with several connections (the "WAL-reset bug" was fixed there).
pub const OLDEST_SQLITE: i32 = 3_051_003;

/// The SQLite that is built in, such as `3.51.3`.
#[must_use]
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// The same as a number, `major * 1_000_000 + minor * 1_000 + patch`.
#[must_use]
pub fn sqlite_version_number() -> i32 {
    rusqlite::version_number()
}

/// Opens the connection that may write. The file exists already, possibly empty.
pub(crate) fn open_writer(path: &Path) -> Result<Connection> {
    let conn = open(path)?;
    // Takes effect only on a file without pages.
    conn.pragma_update(None, "page_size", PAGE_SIZE)?;
    conn.pragma_update(None, "secure_delete", "FAST")?;
    conn.pragma_update(None, "cache_size", -BULK_CACHE_KIB)?;
    conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    Ok(conn)
}

/// Turns on WAL. The switch needs the file for itself and does not wait by itself, so this does.
pub(crate) fn enter_wal(conn: &Connection) -> Result<()> {
    const PAUSE: Duration = Duration::from_millis(10);
    let mut left = BUSY_TIMEOUT.as_millis() / PAUSE.as_millis();
    loop {
        let mode = conn
            .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
        match mode {
            Ok(_) => break,
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && left > 0 =>
            {
                left -= 1;
                thread::sleep(PAUSE);
            }
            Err(error) => return Err(error.into()),
        }
    }
    conn.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    Ok(())
}

/// Opens a connection that only reads. It is opened for writing and barred from it by `query_only`:
/// a read-only handle that closes last could not fold the WAL back into the file.
pub(crate) fn open_reader(path: &Path) -> Result<Connection> {
    let conn = open(path)?;
    conn.pragma_update(None, "query_only", true)?;
    Ok(conn)
}

/// Opens for `VACUUM INTO`, which `query_only` would forbid although it leaves this file alone.
pub(crate) fn open_to_copy(path: &Path) -> Result<Connection> {
    open(path)
}

/// Opens without leaving a trace behind: no checkpoint when it closes.
pub(crate) fn open_to_look(path: &Path) -> Result<Connection> {
    let conn = open(path)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    conn.pragma_update(None, "query_only", true)?;
    Ok(conn)
}

fn open(path: &Path) -> Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if is_memory(path) {
        flags |= OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_CREATE;
    }
    let conn = Connection::open_with_flags(path, flags)
        .map_err(|error| WorkspaceError::cannot_open(path, error))?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(64);
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "cell_size_check", true)?;
    Ok(conn)
}

/// True for the shared in-memory file that tests use.
pub(crate) fn is_memory(path: &Path) -> bool {
    path.to_str()
        .is_some_and(|path| path.starts_with("file:/") && path.ends_with("?vfs=memdb"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_sqlite_has_the_wal_reset_fix() {
        assert!(
            sqlite_version_number() >= OLDEST_SQLITE,
            "SQLite {} corrupts a WAL that two connections share",
            sqlite_version()
        );
    }
}
