//! Answers kept by content address, so that the same request is paid once.
//!
//! Only whole answers go in: an entry cannot be made from a truncated one.

use crate::codec;
use crate::door::{Durability, Tx};
use crate::error::{Result, WorkspaceError};
use crate::page::Clause;
use crate::row::count;
use crate::table::change::Topic;
use crate::workspace::Workspace;
use plumbline_model::{Completion, ResponseStatus, UnixNanos};
use rusqlite::{OptionalExtension, params, params_from_iter};

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

/// A whole answer on its way into the cache.
#[derive(Debug, Clone, PartialEq)]
pub struct CacheEntry {
    key: String,
    provider: String,
    model: String,
    request_hash: String,
    repeat: u32,
    created_ns: UnixNanos,
    completion: Completion,
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
        completion: Completion,
        created_ns: UnixNanos,
    ) -> Result<Self> {
        if completion.status != ResponseStatus::Complete {
            return Err(WorkspaceError::BadInput(
                "a truncated answer is never cached".into(),
            ));
        }
        Ok(Self {
            key,
            provider: target.provider.clone(),
            model: target.model.clone(),
            request_hash,
            repeat,
            created_ns,
            completion,
        })
    }
}

/// Which entries to drop. Conditions that are set must all hold; none set drops everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CachePurge {
    pub provider: Option<String>,
    pub model: Option<String>,
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
}

/// An entry with its answer compressed.
pub(crate) struct PreparedEntry {
    entry: CacheEntry,
    body: Vec<u8>,
}

pub(crate) fn prepare(entry: &CacheEntry) -> Result<PreparedEntry> {
    Ok(PreparedEntry {
        body: codec::pack_json(&entry.completion)?,
        entry: entry.clone(),
    })
}

/// Stores an entry inside the caller's transaction. The newest answer of a request wins.
pub(crate) fn put(tx: &Tx<'_>, prepared: &PreparedEntry) -> Result<()> {
    let entry = &prepared.entry;
    tx.prepare_cached(
        "INSERT OR REPLACE INTO response_cache (key, provider, model, request_hash, repeat, created_ns,
            body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        entry.key,
        entry.provider,
        entry.model,
        entry.request_hash,
        entry.repeat,
        entry.created_ns.0,
        prepared.body
    ])?;
    Ok(())
}

impl Workspace {
    /// The answer under this content address.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn cached_answer(&self, key: &str) -> Result<Option<Completion>> {
        self.read(|conn| {
            let body: Option<Vec<u8>> = conn
                .prepare_cached("SELECT body FROM response_cache WHERE key = ?1")?
                .query_row([key], |row| row.get(0))
                .optional()?;
            body.as_deref().map(codec::unpack_json).transpose()
        })
    }

    /// Drops entries and answers how many.
    ///
    /// # Errors
    /// Those of writing the file.
    pub fn purge_cache(&self, purge: CachePurge) -> Result<u64> {
        let mut clause = Clause::default();
        clause.and_some("provider = ?", purge.provider);
        clause.and_some("model = ?", purge.model);
        clause.and_some("created_ns < ?", purge.before_ns.map(|at| at.0));
        self.write(Durability::Normal, move |tx| {
            let gone = tx
                .prepare(&clause.statement("DELETE FROM response_cache", ""))?
                .execute(params_from_iter(clause.values()))?;
            tx.announce(Topic::Setting, "cache");
            Ok(gone as u64)
        })
    }

    /// How much the cache holds.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn cache_stats(&self) -> Result<CacheStats> {
        self.read(|conn| {
            Ok(conn
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
                    })
                })?)
        })
    }
}
