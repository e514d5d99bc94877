//! What comes in while somebody waits for the answer: synced before it is acknowledged.

use crate::codec;
use crate::door::{Durability, Tx};
use crate::error::{Result, WorkspaceError};
use crate::table::change::Topic;
use crate::table::span::{self, HASH_BYTES, PendingAppend, PreparedSpans};
use crate::table::span_canonical::canonical;
use crate::table::{quarantine, trace};
use crate::workspace::Workspace;
use plumbline_model::{ImportFile, ImportId, QuarantinedRow, Span};
use rusqlite::params;

/// A span by its ids and its content, whether it is stored or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanContent {
    trace_id: String,
    span_id: String,
    hash: [u8; HASH_BYTES],
}

impl SpanContent {
    /// That of this span.
    ///
    /// # Errors
    /// `BadInput` for a span that cannot be stored.
    pub fn of(span: &Span) -> Result<Self> {
        Ok(Self {
            trace_id: span.trace_id.clone(),
            span_id: span.span_id.clone(),
            hash: span::content_hash(&canonical(span)?),
        })
    }
}

impl Workspace {
    /// Hands in spans and quarantined rows that stand together, without waiting for their commit. Once it is
    /// acknowledged it survives a power loss; after a crash all of it is there or none.
    ///
    /// `replaced` are spans that this import stored before and that fuller ones among `spans` stand for now.
    pub fn submit_live(
        &self,
        import: ImportId,
        spans: PreparedSpans,
        rows: Vec<QuarantinedRow>,
        replaced: Vec<SpanContent>,
    ) -> PendingAppend {
        PendingAppend {
            answer: self.submit(Durability::Full, move |tx| {
                let import = import.to_string();
                take_out(tx, &import, &replaced)?;
                if !rows.is_empty() {
                    quarantine::insert_all(tx, &import, &rows)?;
                }
                span::insert_all(tx, &import, &spans)
            }),
            path: self.path().to_owned(),
        }
    }

    /// Keeps the loss report of an import that goes on, so that others can show it.
    ///
    /// # Errors
    /// `NotFound` when the import never began or is finished.
    pub fn keep_report(&self, import: ImportId, report: &ImportFile) -> Result<()> {
        let report = codec::json(report)?;
        self.write(Durability::Normal, move |tx| {
            let id = import.to_string();
            let changed = tx
                .prepare_cached(
                    "UPDATE import_file SET report = ?2 WHERE id = ?1 AND complete = 0",
                )?
                .execute(params![id, report])?;
            if changed == 0 {
                return Err(WorkspaceError::NotFound(format!("an open import `{id}`")));
            }
            tx.announce(Topic::Import, id);
            Ok(())
        })
    }
}

/// Deletes spans of this import, and takes them out of the sums of their traces and of the import's count.
fn take_out(tx: &Tx<'_>, import: &str, replaced: &[SpanContent]) -> Result<()> {
    let mut taken = 0;
    for old in replaced {
        let deleted = tx
            .prepare_cached(
                "DELETE FROM span
                 WHERE trace_id = ?1 AND span_id = ?2 AND content_hash = ?3 AND import_id = ?4",
            )?
            .execute(params![old.trace_id, old.span_id, old.hash, import])?;
        if deleted > 0 {
            trace::recount(tx, &old.trace_id)?;
        }
        taken += deleted as i64;
    }
    if taken > 0 {
        tx.prepare_cached("UPDATE import_file SET stored = stored - ?2 WHERE id = ?1")?
            .execute(params![import, taken])?;
    }
    Ok(())
}
