//! What comes in while somebody waits for the answer: synced before it is acknowledged.

use crate::codec;
use crate::door::{Durability, Tx};
use crate::error::{Result, WorkspaceError};
use crate::stored_id::StoredId;
use crate::table::change::Topic;
use crate::table::span::{self, HASH_BYTES, PendingAppend, PreparedSpans};
use crate::table::span_canonical::canonical;
use crate::table::word::WordNumbers;
use crate::table::{quarantine, trace};
use crate::workspace::Workspace;
use plumbline_model::{ImportFile, ImportId, QuarantinedRow, Span};
use rusqlite::{OptionalExtension, params};

/// Rows of spans that were taken out, in the order in which it happened: who keeps columns of spans in memory
/// learns it here.
pub(crate) const V3: &str = "
CREATE TABLE span_removed (
    number INTEGER PRIMARY KEY,
    span INTEGER NOT NULL
) STRICT;
";

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
    let (mut taken, mut words) = (0_i64, WordNumbers::default());
    for old in replaced {
        let found: Option<i64> = tx
            .prepare_cached(
                "SELECT id FROM span
                 WHERE trace = (SELECT id FROM trace WHERE trace_id = ?1) AND span_id = ?2
                    AND content_hash = ?3 AND import = (SELECT id FROM word WHERE text = ?4)",
            )?
            .query_row(
                params![
                    StoredId::from(old.trace_id.as_str()),
                    StoredId::from(old.span_id.as_str()),
                    old.hash,
                    import
                ],
                |row| row.get(0),
            )
            .optional()?;
        let Some(id) = found else {
            continue;
        };
        tx.prepare_cached("DELETE FROM span WHERE id = ?1")?
            .execute([id])?;
        tx.prepare_cached("INSERT INTO span_removed (span) VALUES (?1)")?
            .execute([id])?;
        trace::recount(tx, &old.trace_id, &mut words)?;
        taken += 1;
    }
    if taken > 0 {
        tx.prepare_cached("UPDATE import_file SET stored = stored - ?2 WHERE id = ?1")?
            .execute(params![import, taken])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SpanFilter;
    use crate::testing::*;
    use crate::workspace::Workspace;

    #[test]
    fn a_span_that_was_replaced_leaves_the_lists_that_knew_it() {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(&dir.path().join("w.db")).unwrap();
        let import = begin(&workspace, 1);
        let silent = call("t", "a", 1);
        let mut told = silent.clone();
        told.model_returned = Some("gpt-4.1-mini-2025".into());
        let submit = |span: &Span, replaced| {
            let spans = PreparedSpans::new(vec![imported(span.clone())]).unwrap();
            let pending = workspace.submit_live(import, spans, Vec::new(), replaced);
            pending.wait().unwrap()
        };
        submit(&silent, Vec::new());
        let models = || {
            let facets = workspace.span_facets(&SpanFilter::default()).unwrap();
            let models = facets.models.into_iter();
            models
                .map(|model| (model.value, model.spans))
                .collect::<Vec<_>>()
        };
        assert_eq!(models(), [("gpt-4.1-mini".to_owned(), 1)]);
        submit(&told, vec![SpanContent::of(&silent).unwrap()]);
        assert_eq!(models(), [("gpt-4.1-mini-2025".to_owned(), 1)]);
        let asked = SpanFilter {
            model: Some("gpt-4.1-mini".into()),
            ..SpanFilter::default()
        };
        assert_eq!(workspace.trace_count(&asked).unwrap(), 0);
        let trace = workspace.trace_row("t").unwrap().unwrap();
        assert_eq!(
            (trace.spans, trace.models),
            (1, vec!["gpt-4.1-mini-2025".to_owned()])
        );
        assert!(
            workspace
                .doctor()
                .unwrap()
                .iter()
                .all(|check| check.ok || check.name == "permissions")
        );
    }
}
