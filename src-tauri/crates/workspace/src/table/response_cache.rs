//! Answers kept by content address, so that the same request is paid once.
//!
//! Only whole answers go in: an entry cannot be made from a truncated one.

use crate::codec;
use crate::door::{Durability, Tx};
use crate::error::{Result, WorkspaceError};
use crate::money::{from_halves, to_pico};
use crate::page::Clause;
use crate::row::count;
use crate::stored_id::StoredId;
use crate::table::change::Topic;
use crate::table::opinion;
use crate::workspace::Workspace;
use plumbline_model::{Completion, ResponseStatus, UnixNanos, Usd};
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

pub(crate) const V1: &str = "
CREATE TABLE response_cache (
    key TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    repeat INTEGER NOT NULL,
    created_ns INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX response_cache_model ON response_cache (model, created_ns);
";

/// What an answer was made from, so that it can be dropped when that changes.
pub(crate) const V4: &str = "
ALTER TABLE response_cache ADD COLUMN prompt_name TEXT;
ALTER TABLE response_cache ADD COLUMN prompt_version TEXT;
ALTER TABLE response_cache ADD COLUMN cost_pico INTEGER;
CREATE TABLE response_cache_document (
    document TEXT NOT NULL,
    key TEXT NOT NULL REFERENCES response_cache (key) ON DELETE CASCADE,
    PRIMARY KEY (document, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX response_cache_document_key ON response_cache_document (key);
";

/// Since keys stand as the bytes they spell: they come in no order, so each answer changes a page of the index of its
/// own, and half as large an index has half as many.
pub(crate) const V6: &str = "
DROP INDEX response_cache_model;
DROP INDEX response_cache_document_key;
ALTER TABLE response_cache RENAME TO old_cache;
ALTER TABLE response_cache_document RENAME TO old_cache_document;
CREATE TABLE response_cache (
    key ANY PRIMARY KEY NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    repeat INTEGER NOT NULL,
    created_ns INTEGER NOT NULL,
    body BLOB NOT NULL,
    prompt_name TEXT,
    prompt_version TEXT,
    cost_pico INTEGER
) STRICT;
INSERT INTO response_cache
    SELECT plumbline_stored_id(key), provider, model, request_hash, repeat, created_ns, body, prompt_name,
        prompt_version, cost_pico
    FROM old_cache ORDER BY rowid;
CREATE INDEX response_cache_model ON response_cache (model, created_ns);
CREATE TABLE response_cache_document (
    document TEXT NOT NULL,
    key ANY NOT NULL REFERENCES response_cache (key) ON DELETE CASCADE,
    PRIMARY KEY (document, key)
) STRICT, WITHOUT ROWID;
INSERT INTO response_cache_document SELECT document, plumbline_stored_id(key) FROM old_cache_document;
CREATE INDEX response_cache_document_key ON response_cache_document (key);
DROP TABLE old_cache_document;
DROP TABLE old_cache;
";

/// A whole answer on its way into the cache.
#[derive(Debug, Clone, PartialEq)]
pub struct CacheEntry {
    key: String,
    provider: String,
    model: String,
    request_hash: String,
    repeat: u32,
    created_ns: UnixNanos,
    /// The answer, packed.
    body: Vec<u8>,
    from: CachedFrom,
}

/// What an answer was made from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CachedFrom {
    pub prompt_name: Option<String>,
    /// A semantic version, or `working`.
    pub prompt_version: Option<String>,
    /// Ids of the documents that the request quotes.
    pub documents: Vec<String>,
    /// What the answer cost.
    pub cost_usd: Option<Usd>,
}

impl CacheEntry {
    /// An entry under its content address, which stands for provider, model, request and repeat.
    ///
    /// # Errors
    /// `BadInput` for an answer that is not whole.
    pub fn new(
        key: String,
        target: &plumbline_model::Target,
        request_hash: String,
        repeat: u32,
        completion: &Completion,
        created_ns: UnixNanos,
    ) -> Result<Self> {
        if completion.status != ResponseStatus::Complete {
            return Err(WorkspaceError::BadInput(
                "a truncated answer is never cached".into(),
            ));
        }
        Ok(Self {
            from: CachedFrom::default(),
            key,
            provider: target.provider.clone(),
            model: target.model.clone(),
            request_hash,
            repeat,
            created_ns,
            body: codec::pack_json(completion)?,
        })
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// With what the answer was made from.
    #[must_use]
    pub fn made_from(self, from: CachedFrom) -> Self {
        Self { from, ..self }
    }
}

/// Which entries to drop. Conditions that are set must all hold; none set drops everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CachePurge {
    pub provider: Option<String>,
    pub model: Option<String>,
    pub prompt_name: Option<String>,
    /// Quotes the document with this id.
    pub document: Option<String>,
    /// Made before.
    pub before_ns: Option<UnixNanos>,
}

/// What the cache holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheStats {
    pub entries: u64,
    /// Compressed size of the answers.
    pub bytes: u64,
    pub oldest_ns: Option<UnixNanos>,
    pub newest_ns: Option<UnixNanos>,
    /// Cells of all runs that it answered.
    pub calls_saved: u64,
    /// What they would have cost.
    pub saved_usd: Option<Usd>,
    /// Of these cells, those whose price is unknown.
    pub unpriced_calls_saved: u64,
}

/// Stores an entry inside the caller's transaction. The newest answer of a request wins.
pub(crate) fn put(tx: &Tx<'_>, entry: &CacheEntry) -> Result<()> {
    let from = &entry.from;
    let key = StoredId::from(entry.key.as_str());
    tx.prepare_cached(
        "INSERT OR REPLACE INTO response_cache (key, provider, model, request_hash, repeat, created_ns,
            body, prompt_name, prompt_version, cost_pico)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        key,
        entry.provider,
        entry.model,
        entry.request_hash,
        entry.repeat,
        entry.created_ns.0,
        entry.body,
        from.prompt_name,
        from.prompt_version,
        from.cost_usd.and_then(to_pico)
    ])?;
    for document in &from.documents {
        tx.prepare_cached(
            "INSERT OR IGNORE INTO response_cache_document (document, key) VALUES (?1, ?2)",
        )?
        .execute(params![document, key])?;
    }
    Ok(())
}

/// Whether there is an answer under this content address.
pub(crate) fn has(conn: &Connection, key: &str) -> Result<bool> {
    Ok(conn
        .prepare_cached("SELECT 1 FROM response_cache WHERE key = ?1")?
        .exists([StoredId::from(key)])?)
}

impl Workspace {
    /// The answer under this content address.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn cached_answer(&self, key: &str) -> Result<Option<Completion>> {
        self.read_once(|conn| {
            let body: Option<Vec<u8>> = conn
                .prepare_cached("SELECT body FROM response_cache WHERE key = ?1")?
                .query_row([StoredId::from(key)], |row| row.get(0))
                .optional()?;
            body.as_deref().map(codec::unpack_json).transpose()
        })
    }

    /// Drops entries, and keeps opinions of the same conditions from later runs; answers how many.
    ///
    /// # Errors
    /// Those of writing the file.
    pub fn purge_cache(&self, purge: CachePurge) -> Result<u64> {
        let mut clause = Clause::default();
        clause.and_some("provider = ?", purge.provider.clone());
        clause.and_some("model = ?", purge.model.clone());
        clause.and_some("prompt_name = ?", purge.prompt_name.clone());
        clause.and_some(
            "key IN (SELECT key FROM response_cache_document WHERE document = ?)",
            purge.document.clone(),
        );
        clause.and_some("created_ns < ?", purge.before_ns.map(|at| at.0));
        self.write(Durability::Normal, move |tx| {
            let gone = tx
                .prepare(&clause.statement("DELETE FROM response_cache", ""))?
                .execute(params_from_iter(clause.values()))?;
            let opinions = opinion::purge(tx, &purge)?;
            tx.announce(Topic::Setting, "cache");
            Ok(gone as u64 + opinions)
        })
    }

    /// How much the cache holds.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn cache_stats(&self) -> Result<CacheStats> {
        self.read(|conn| {
            let mut stats = conn
                .prepare_cached(
                    "SELECT count(*), coalesce(sum(length(body)), 0), min(created_ns), max(created_ns)
                     FROM response_cache",
                )?
                .query_row([], |row| {
                    Ok(CacheStats {
                        entries: count(row.get(0)?),
                        bytes: count(row.get(1)?),
                        oldest_ns: row.get::<_, Option<i64>>(2)?.map(UnixNanos),
                        newest_ns: row.get::<_, Option<i64>>(3)?.map(UnixNanos),
                        ..CacheStats::default()
                    })
                })?;
            conn.prepare_cached(
                "SELECT count(*), sum(cost_pico / 1000000000), sum(cost_pico % 1000000000),
                        count(*) FILTER (WHERE cost_pico IS NULL)
                 FROM cell WHERE origin = 'cached'",
            )?
            .query_row([], |row| {
                stats.calls_saved = count(row.get(0)?);
                stats.saved_usd = from_halves(row.get(1)?, row.get(2)?);
                stats.unpriced_calls_saved = count(row.get(3)?);
                Ok(())
            })?;
            Ok(stats)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;

    #[test]
    fn entries_go_by_prompt_model_age_and_changed_document() {
        let workspace = Workspace::in_memory().unwrap();
        let kept = |key: &str, prompt: &str, documents: &[&str], created: i64| {
            let entry = CacheEntry::new(
                key.into(),
                &target(),
                "r".repeat(64),
                0,
                &completion("billing"),
                UnixNanos(created),
            );
            let entry = entry.unwrap().made_from(CachedFrom {
                prompt_name: Some(prompt.into()),
                documents: documents.iter().map(|id| (*id).to_owned()).collect(),
                ..CachedFrom::default()
            });
            workspace
                .write(Durability::Normal, move |tx| put(tx, &entry))
                .unwrap();
        };
        let left = || workspace.cache_stats().unwrap().entries;
        let purge = |purge: CachePurge| workspace.purge_cache(purge).unwrap();
        kept("a", "triage", &["doc-1", "doc-2"], 10);
        kept("b", "triage", &["doc-2"], 20);
        kept("c", "answer", &[], 30);
        kept("d", "answer", &["doc-1"], 40);
        let by = CachePurge::default;
        assert_eq!(
            purge(CachePurge {
                document: Some("doc-9".into()),
                ..by()
            }),
            0
        );
        assert_eq!(
            purge(CachePurge {
                document: Some("doc-1".into()),
                ..by()
            }),
            2
        );
        assert!(workspace.cached_answer("a").unwrap().is_none());
        assert_eq!(
            purge(CachePurge {
                prompt_name: Some("triage".into()),
                ..by()
            }),
            1
        );
        assert_eq!(
            purge(CachePurge {
                before_ns: Some(UnixNanos(30)),
                ..by()
            }),
            0
        );
        assert_eq!(
            purge(CachePurge {
                model: Some(target().model),
                ..by()
            }),
            1
        );
        assert_eq!(left(), 0);
        let documents = workspace.read(|conn| {
            Ok(
                conn.query_row("SELECT count(*) FROM response_cache_document", [], |row| {
                    row.get(0)
                })?,
            )
        });
        assert_eq!(documents, Ok(0_i64), "no entry, no document of it");
    }
}
