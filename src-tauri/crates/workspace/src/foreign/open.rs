//! The one way in which another program's file is opened.
//!
//! A read-only handle on a WAL database would make `-wal` and `-shm` beside it, so such a file is opened as immutable
//! when its WAL is empty, and copied with its WAL into a folder of our own otherwise. A rollback journal with content
//! is refused: rolling back is writing, and a journal can name other files.

use super::{Watch, refused};
use crate::error::{Result, WorkspaceError};
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// The first bytes of a journal that waits to be rolled back.
const HOT_JOURNAL: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
/// Where the header says whether the file uses a WAL: 2 then, else 1.
const READ_VERSION_AT: usize = 19;
/// The largest value or row, in bytes.
const VALUE_BYTES: i32 = 64 * 1024 * 1024;
/// How often a copy is tried that somebody writes to meanwhile.
const TRIES: u32 = 3;

/// A connection, and the folder of the copy that it reads.
pub(super) struct Opened {
    pub(super) conn: Connection,
    /// After `conn`, so that it closes before its file goes.
    _copy: Option<TempDir>,
}

pub(super) fn open(path: &Path, watch: &Watch) -> Result<Opened> {
    if !path.is_file() {
        return Err(WorkspaceError::cannot_open(path, "it is no ordinary file"));
    }
    if is_hot(&beside(path, "-journal")) {
        return Err(WorkspaceError::BadInput(format!(
            "{} is in the middle of a write: {}-journal waits to be rolled back. Open it once with the program it \
             belongs to, then import it",
            path.display(),
            path.display()
        )));
    }
    let uses_wal = header(path)?.get(READ_VERSION_AT) == Some(&2);
    let has_wal = fs::metadata(beside(path, "-wal")).is_ok_and(|meta| meta.len() > 0);
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let (conn, copy) = match (uses_wal, has_wal) {
        (true, true) => {
            let (dir, file) = copy(path)?;
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            (Connection::open_with_flags(file, flags), Some(dir))
        }
        (true, false) => {
            let flags = read_only | OpenFlags::SQLITE_OPEN_URI;
            (Connection::open_with_flags(immutable(path), flags), None)
        }
        // SQLite's own locks keep a writer and this reader apart, and a reader makes no file.
        (false, _) => (Connection::open_with_flags(path, read_only), None),
    };
    let mut conn = conn.map_err(|error| refused(path, &error))?;
    guard(&mut conn, watch).map_err(|error| refused(path, &error))?;
    Ok(Opened { conn, _copy: copy })
}

/// Every bound and every switch that keeps a file from doing anything.
fn guard(conn: &mut Connection, watch: &Watch) -> rusqlite::Result<()> {
    conn.busy_timeout(Duration::from_millis(2_000))?;
    for (switch, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_CREATE, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_WRITE, false),
    ] {
        conn.set_db_config(switch, on)?;
    }
    for (limit, most) in [
        (Limit::SQLITE_LIMIT_LENGTH, VALUE_BYTES),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, 1024 * 1024),
        (Limit::SQLITE_LIMIT_COLUMN, 500),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 10),
        (Limit::SQLITE_LIMIT_VDBE_OP, 100_000),
        (Limit::SQLITE_LIMIT_FUNCTION_ARG, 16),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100),
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 16),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 1),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        conn.set_limit(limit, most)?;
    }
    let look = watch.clone();
    conn.progress_handler(Watch::STEPS, Some(move || look.is_over()))?;
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.pragma_update(None, "cell_size_check", true)?;
    conn.pragma_update(None, "mmap_size", 0)?;
    // In KiB when negative: what a sort or a scan may keep.
    conn.pragma_update(None, "cache_size", -8_000)?;
    conn.authorizer(Some(only_reading))?;
    Ok(())
}

/// Nothing but reading of tables, whatever a schema would have a statement do.
fn only_reading(context: AuthContext<'_>) -> Authorization {
    match context.action {
        // Functions are asked for by the defaults of columns, which nothing here evaluates. Generated columns are not
        // read, and views and triggers are off.
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Function { .. } => {
            Authorization::Allow
        }
        AuthAction::Pragma { pragma_name, .. }
            if ["table_xinfo", "index_list", "index_info"].contains(&pragma_name) =>
        {
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn header(path: &Path) -> Result<Vec<u8>> {
    let mut header = Vec::new();
    File::open(path)
        .and_then(|file| file.take(100).read_to_end(&mut header))
        .map_err(|error| WorkspaceError::cannot_open(path, error))?;
    Ok(header)
}

fn is_hot(journal: &Path) -> bool {
    header(journal).is_ok_and(|header| header.starts_with(&HOT_JOURNAL))
}

/// `file:` with everything escaped that a URI could understand otherwise.
fn immutable(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                uri.push(char::from(*byte));
            }
            other => {
                // Writing to a string cannot fail.
                let _ = write!(uri, "%{other:02X}");
            }
        }
    }
    uri + "?immutable=1"
}

/// The file and its WAL as they were at one moment.
fn copy(path: &Path) -> Result<(TempDir, PathBuf)> {
    let failed = |error: std::io::Error| {
        WorkspaceError::BadInput(format!(
            "{} has a WAL beside it and cannot be copied to be read: {error}",
            path.display()
        ))
    };
    let wal = beside(path, "-wal");
    let state = || {
        [path, &wal].map(|file| {
            let meta = fs::metadata(file).ok()?;
            Some((meta.len(), meta.modified().ok()?))
        })
    };
    for _ in 0..TRIES {
        let before = state();
        let dir = tempfile::tempdir().map_err(failed)?;
        let file = dir.path().join("copy.db");
        fs::copy(path, &file).map_err(failed)?;
        match fs::copy(&wal, beside(&file, "-wal")) {
            Ok(_) => {}
            // Its program closed it meanwhile, and all of it stands in the file.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed(error)),
        }
        if state() == before {
            return Ok((dir, file));
        }
    }
    Err(WorkspaceError::BadInput(format!(
        "{} is being written to; close the program it belongs to and try again",
        path.display()
    )))
}
