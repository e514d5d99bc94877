//! Migrations: every schema the workspace ever had, in order, and the way from each to the newest.
//!
//! The SQL stands beside its table; this file only orders it. A migration that has shipped is never
//! edited, since files out there already ran it: a change is a new entry at the end.
//! All pending ones run in one transaction, so a crash leaves the old schema or the new one.

use crate::backup;
use crate::connection::{enter_wal, is_memory};
use crate::error::{Result, WorkspaceError};
use crate::recognise::{refuse_newer, user_version};
use crate::stored_id::StoredId;
use crate::table;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::Path;

/// SQLite's `application_id` of our files: "Plmb".
pub const APPLICATION_ID: i32 = 0x506c_6d62;

/// The newest schema, stored as `user_version`.
pub const WORKSPACE_VERSION: i64 = MIGRATIONS.len() as i64;

/// Entry N holds the statements that lead from version N to version N + 1.
pub(crate) const MIGRATIONS: &[&[&str]] = &[
    &[
        table::setting::V1,
        table::change::V1,
        table::import_file::V1,
        table::quarantine::V1,
        table::span::V1,
        table::trace::V1,
        table::prompt_release::V1,
        table::dataset::V1,
        table::run::V1,
        table::cell::V1,
        table::attempt::V1,
        table::response_cache::V1,
        table::recording::V1,
        table::price_override::V1,
    ],
    &[
        table::attempt::V2,
        table::call_stats::V2,
        table::run_prompt::V2,
    ],
    &[
        table::span_block::V3,
        table::column_mapping::V3,
        table::import_file::V3,
        table::word::V3,
        table::trace::V3,
        table::span::V3,
        table::call_stats::V3,
        table::live_intake::V3,
    ],
    &[
        table::day_bill::V4,
        table::run::V4,
        table::response_cache::V4,
    ],
    &[
        table::attempt::V5,
        table::opinion::V5,
        table::cell::V5,
        table::price_override::V5,
        table::price_table::V5,
    ],
    &[
        table::attempt::V6,
        table::day_bill::V6,
        table::response_cache::V6,
        table::cell::V6,
    ],
    &[table::environment_change::V7],
    &[table::prompt_file::V8, table::tool_release::V8],
    &[table::review::V9, table::comparison::V9],
];

/// Brings the file to the newest schema. An older file with content is backed up first.
pub(crate) fn migrate(conn: &mut Connection, path: &Path) -> Result<()> {
    let found = user_version(conn)?;
    refuse_newer(path, found)?;
    if found < WORKSPACE_VERSION {
        if found > 0 && !is_memory(path) {
            backup::before_migration(conn, path, found)?;
        }
        // Else a table that makes room for its successor would take the rows along that refer to it; the switch
        // does nothing inside a transaction.
        conn.pragma_update(None, "foreign_keys", false)?;
        let migrated = migrate_all(conn, path);
        conn.pragma_update(None, "foreign_keys", true)?;
        migrated?;
    }
    enter_wal(conn)?;
    if (1..WORKSPACE_VERSION).contains(&found) {
        // The new version has to stand in the file's header, where an older Plumbline looks for it.
        // A reader that holds the WAL back is no reason to fail: the look through SQLite covers it.
        // The switch to WAL may leave the file in a transaction, which the next statement that reads it ends.
        conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    Ok(())
}

fn migrate_all(conn: &mut Connection, path: &Path) -> Result<()> {
    let tx = Transaction::new(conn, TransactionBehavior::Immediate)?;
    // Asked again under the lock: another process may have been faster.
    let locked = user_version(&tx)?;
    refuse_newer(path, locked)?;
    apply(&tx, locked, WORKSPACE_VERSION)?;
    if locked > 0 && tx.prepare("PRAGMA foreign_key_check")?.exists([])? {
        return Err(WorkspaceError::Damaged(
            "rows refer to others that are not there; it stays at its old version".into(),
        ));
    }
    tx.commit()?;
    Ok(())
}

/// Runs the migrations between two versions inside the caller's transaction.
pub(crate) fn apply(tx: &Connection, from: i64, to: i64) -> Result<()> {
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    let to = usize::try_from(to).unwrap_or(0).min(MIGRATIONS.len());
    offer_functions(tx)?;
    for statements in MIGRATIONS.get(from..to).unwrap_or_default() {
        for sql in *statements {
            tx.execute_batch(sql)?;
        }
    }
    if from < to {
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", to as i64)?;
    }
    Ok(())
}

/// What migrations compute as the code does that writes new rows.
fn offer_functions(conn: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    conn.create_scalar_function("plumbline_stored_id", 1, flags, |call| {
        let text: Option<String> = call.get(0)?;
        Ok(text.map(|text| Value::from(StoredId::from(text.as_str()))))
    })?;
    conn.create_scalar_function("plumbline_duration_ns", 2, flags, |call| {
        let (start, end): (i64, Option<i64>) = (call.get(0)?, call.get(1)?);
        Ok(end.map(|end| end.wrapping_sub(start)))
    })?;
    Ok(())
}

#[cfg(test)]
mod tests;
