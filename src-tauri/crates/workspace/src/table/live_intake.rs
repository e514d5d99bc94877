//! What comes in while somebody waits for the answer: synced before it is acknowledged.

use crate::codec;
use crate::door::Durability;
use crate::error::{Result, WorkspaceError};
use crate::table::change::Topic;
use crate::table::quarantine;
use crate::table::span::{self, PendingAppend, PreparedSpans};
use crate::workspace::Workspace;
use plumbline_model::{ImportFile, ImportId, QuarantinedRow};
use rusqlite::params;

impl Workspace {
    /// Hands in spans and quarantined rows that stand together, without waiting for their commit. Once it is
    /// acknowledged it survives a power loss; after a crash all of it is there or none.
    pub fn submit_live(
        &self,
        import: ImportId,
        spans: PreparedSpans,
        rows: Vec<QuarantinedRow>,
    ) -> PendingAppend {
        PendingAppend {
            answer: self.submit(Durability::Full, move |tx| {
                let import = import.to_string();
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
