//! Whose file is this? Decided from its first 100 bytes, before SQLite touches it.
//!
//! A file that is foreign or newer is refused by plain reading, so that not one byte of it changes.
//! Layout of the header: <https://sqlite.org/fileformat.html#the_database_header>.

use crate::connection::open_to_look;
use crate::error::{Result, WorkspaceError};
use crate::migration::{APPLICATION_ID, WORKSPACE_VERSION};
use rusqlite::Connection;
use std::fs::File;
use std::io::Read;
use std::path::Path;

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const USER_VERSION_AT: usize = 60;
const APPLICATION_ID_AT: usize = 68;

/// Refuses every file that is neither empty nor ours nor old enough.
pub(crate) fn recognise(path: &Path) -> Result<()> {
    let header = read_header(path)?;
    if header.is_empty() {
        return Ok(());
    }
    if !header.starts_with(MAGIC) || header.len() < 100 {
        return Err(foreign(path, "it is not an SQLite file"));
    }
    let application = big_endian(&header, APPLICATION_ID_AT);
    if application != APPLICATION_ID {
        return Err(foreign(path, "it is an SQLite file of another program"));
    }
    let version = i64::from(big_endian(&header, USER_VERSION_AT));
    if version < 0 {
        return Err(foreign(path, "its version is negative"));
    }
    refuse_newer(path, version)?;
    // A newer program may have died before its WAL reached the file: look through SQLite as well.
    if has_wal(path) {
        let conn = open_to_look(path)?;
        refuse_newer(path, user_version(&conn)?)?;
    }
    Ok(())
}

/// The schema version that the file carries.
pub(crate) fn user_version(conn: &Connection) -> Result<i64> {
    Ok(conn.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// The error for a version above ours.
pub(crate) fn refuse_newer(path: &Path, version: i64) -> Result<()> {
    if version > WORKSPACE_VERSION {
        return Err(WorkspaceError::NewerWorkspace {
            file: path.to_owned(),
            needs: version,
            knows: WORKSPACE_VERSION,
        });
    }
    Ok(())
}

fn read_header(path: &Path) -> Result<Vec<u8>> {
    let file = File::open(path).map_err(|error| WorkspaceError::cannot_open(path, error))?;
    let mut header = Vec::with_capacity(100);
    file.take(100)
        .read_to_end(&mut header)
        .map_err(|error| WorkspaceError::cannot_open(path, error))?;
    Ok(header)
}

fn big_endian(header: &[u8], at: usize) -> i32 {
    let mut word = [0; 4];
    word.copy_from_slice(&header[at..at + 4]);
    i32::from_be_bytes(word)
}

fn has_wal(path: &Path) -> bool {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    std::fs::metadata(wal).is_ok_and(|meta| meta.len() > 0)
}

fn foreign(path: &Path, why: &str) -> WorkspaceError {
    WorkspaceError::NotAWorkspace {
        file: path.to_owned(),
        why: why.to_owned(),
    }
}
