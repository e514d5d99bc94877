//! Spans on their way in: one narrow row for what is filtered and summed, the whole of it beside.
//!
//! A span is known by trace id, span id and content. The same content again is a duplicate and stores
//! nothing; other content under the same ids is a conflict, and both are kept as variants.

use crate::codec;
use crate::door::{Durability, Tx};
use crate::error::{Result, WorkspaceError};
use crate::money::to_pico;
use crate::row::{Word, int_some};
use crate::table::change::Topic;
use crate::table::price_source::PriceSources;
use crate::table::span_block::{self, BlockBuilder, PackedBlock};
use crate::table::span_canonical::canonical;
use crate::table::span_preview::preview;
use crate::table::trace::TraceSums;
use crate::table::{import_file, trace};
use crate::workspace::Workspace;
use plumbline_model::{Cost, ImportId, Span};
use rusqlite::{named_params, params};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::mpsc::Receiver;

/// `model`, `latency_ms` and `cost_pico` follow from other columns. They are not generated ones, since
/// SQLite never answers a query from an index alone when it asks for a generated column.
/// What the source reports as cost is preferred over what was computed.
pub(crate) const V1: &str = "
CREATE TABLE span (
    id INTEGER PRIMARY KEY,
    import_id TEXT NOT NULL REFERENCES import_file (id),
    trace_id TEXT NOT NULL,
    span_id TEXT NOT NULL,
    variant INTEGER NOT NULL,
    content_hash BLOB NOT NULL,
    parent_id TEXT,
    request_id TEXT,
    kind TEXT NOT NULL,
    name TEXT,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER,
    latency_ms REAL,
    ttft_ms REAL,
    status TEXT NOT NULL,
    error_type TEXT,
    http_status INTEGER,
    provider TEXT,
    model_requested TEXT,
    model_returned TEXT,
    model TEXT,
    prompt_name TEXT,
    prompt_version TEXT,
    prompt_hash TEXT,
    request_hash TEXT,
    tokens_in INTEGER,
    tokens_in_cached INTEGER,
    tokens_in_cache_write INTEGER,
    tokens_out INTEGER,
    tokens_reasoning INTEGER,
    reported_pico INTEGER,
    computed_pico INTEGER,
    cost_pico INTEGER,
    price_source TEXT,
    attempt INTEGER,
    retry_of TEXT,
    cache_hit INTEGER,
    finish_reason TEXT,
    tool_name TEXT,
    session_id TEXT,
    user_id_hash TEXT,
    environment TEXT,
    documents INTEGER NOT NULL,
    preview TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX span_identity ON span (trace_id, span_id, content_hash);
CREATE INDEX span_start ON span (start_ns);
CREATE INDEX span_import ON span (import_id);
CREATE TABLE span_body (
    span INTEGER PRIMARY KEY REFERENCES span (id) ON DELETE CASCADE,
    body BLOB NOT NULL,
    raw BLOB NOT NULL
) STRICT;
CREATE TABLE span_text (
    span INTEGER PRIMARY KEY REFERENCES span (id) ON DELETE CASCADE,
    text TEXT NOT NULL
) STRICT;
";

/// The index that knows a span by its ids holds no content, and that of imports is gone: the ids of an import's
/// spans stand together, so `import_file` names the first and the last. Both were a tenth of the file.
/// From here on `model_requested`, `model_returned` and `user_id_hash` stay empty: no query asks for them, and the
/// body has them.
pub(crate) const V3: &str = "
DROP INDEX span_identity;
CREATE INDEX span_identity ON span (trace_id, span_id);
DROP INDEX span_import;
";

/// Bytes of the content hash that are kept: two contents that share 16 bytes of SHA-256 are not found in
/// this world, and half the hash saves 32 bytes of row and index a span.
pub(super) const HASH_BYTES: usize = 16;

/// A span with the record it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedSpan {
    pub span: Span,
    /// The source's own bytes.
    pub raw: Vec<u8>,
    /// What the call costs by the price table; `None` for spans that are not model calls.
    pub cost: Option<Cost>,
}

/// What became of a batch: `stored + duplicate` is its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AppendOutcome {
    /// New rows, conflicts included.
    pub stored: u64,
    /// Spans that were there already.
    pub duplicate: u64,
    /// Of the stored ones, those whose ids were taken by other content.
    pub conflict: u64,
}

/// Spans made ready to be stored: hashed, packed into blocks, previewed. Made on any thread, so that the
/// next batch is made ready while this one is written.
pub struct PreparedSpans {
    spans: Vec<Prepared>,
    blocks: Vec<PackedBlock>,
}

struct Prepared {
    span: Span,
    cost: Option<Cost>,
    content_hash: [u8; HASH_BYTES],
    preview: String,
}

impl PreparedSpans {
    /// Makes a batch ready; some thousand spans are a good size.
    ///
    /// # Errors
    /// `BadInput` for a span or a record larger than 256 MB.
    pub fn new(imported: Vec<ImportedSpan>) -> Result<Self> {
        let mut blocks = BlockBuilder::default();
        let mut spans = Vec::with_capacity(imported.len());
        for ImportedSpan { span, raw, cost } in imported {
            let body = canonical(&span)?;
            blocks.add(&body, &raw)?;
            spans.push(Prepared {
                content_hash: content_hash(&body),
                preview: preview(&span),
                cost,
                span,
            });
        }
        Ok(Self {
            spans,
            blocks: blocks.finish()?,
        })
    }
}

pub(super) fn content_hash(body: &[u8]) -> [u8; HASH_BYTES] {
    let whole: [u8; 32] = Sha256::digest(body).into();
    let mut kept = [0; HASH_BYTES];
    kept.copy_from_slice(&whole[..HASH_BYTES]);
    kept
}

/// A batch on its way into the file.
pub struct PendingAppend {
    pub(super) answer: Receiver<Result<AppendOutcome>>,
    pub(super) path: PathBuf,
}

impl PendingAppend {
    /// Waits for the commit.
    ///
    /// # Errors
    /// As [`Workspace::append_spans`].
    pub fn wait(self) -> Result<AppendOutcome> {
        self.answer
            .recv()
            .unwrap_or_else(|_| Err(WorkspaceError::Stopped("the writer is gone".into())))
            .map_err(|error| error.at(&self.path))
    }
}

impl Workspace {
    /// Stores a batch in one transaction: all of it or, after a crash, none. Batches of some thousand
    /// spans are fastest. Compression happens on the calling thread, not behind the door.
    ///
    /// # Errors
    /// `NotFound` when the import never began or is finished.
    pub fn append_spans(
        &self,
        import: ImportId,
        spans: Vec<ImportedSpan>,
    ) -> Result<AppendOutcome> {
        let prepared = PreparedSpans::new(spans)?;
        self.submit_spans(import, prepared).wait()
    }

    /// Hands a batch in without waiting for its commit.
    pub fn submit_spans(&self, import: ImportId, prepared: PreparedSpans) -> PendingAppend {
        PendingAppend {
            answer: self.submit(Durability::Normal, move |tx| {
                insert_all(tx, &import.to_string(), &prepared)
            }),
            path: self.path().to_owned(),
        }
    }
}

pub(super) fn insert_all(
    tx: &Tx<'_>,
    import: &str,
    batch: &PreparedSpans,
) -> Result<AppendOutcome> {
    let mut outcome = AppendOutcome::default();
    let mut traces: HashMap<&str, TraceSums> = HashMap::new();
    let mut number = span_block::next_number(tx)?;
    let (mut sources, mut ids) = (PriceSources::default(), None);
    let mut rest = batch.spans.as_slice();
    for block in &batch.blocks {
        let (spans, later) = rest.split_at(block.spans.min(rest.len()));
        rest = later;
        let stored_before = outcome.stored;
        for (slot, prepared) in spans.iter().enumerate() {
            let (variants, known) = variants_of(tx, prepared)?;
            if known {
                outcome.duplicate += 1;
                continue;
            }
            let id = span_block::span_id(number, slot);
            let source = sources.number(tx, prepared.cost.as_ref())?;
            insert(tx, id, import, prepared, variants + 1, source)?;
            ids = Some((ids.map_or(id, |(first, _)| first), id));
            outcome.stored += 1;
            outcome.conflict += u64::from(variants > 0);
            traces
                .entry(&prepared.span.trace_id)
                .or_default()
                .add(&prepared.span, effective_cost(prepared));
        }
        if outcome.stored > stored_before {
            span_block::insert(tx, number, block)?;
            number += 1;
        }
    }
    for (trace_id, sums) in traces {
        trace::merge(tx, trace_id, sums)?;
    }
    import_file::add_counts(tx, import, outcome.stored, outcome.duplicate, 0)?;
    if let Some((first, last)) = ids {
        import_file::add_ids(tx, import, first, last)?;
    }
    if outcome.stored > 0 {
        tx.announce(Topic::Span, import);
    }
    Ok(outcome)
}

/// How many rows have these ids, and whether one of them has this content.
fn variants_of(tx: &Tx<'_>, prepared: &Prepared) -> Result<(i64, bool)> {
    let mut statement = tx.prepare_cached(
        "SELECT count(*), coalesce(max(content_hash = ?3), 0) FROM span
         WHERE trace_id = ?1 AND span_id = ?2",
    )?;
    let (trace_id, span_id) = (&prepared.span.trace_id, &prepared.span.span_id);
    let (variants, known) = statement
        .query_row(params![trace_id, span_id, prepared.content_hash], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok((
        variants,
        known || (variants > 0 && known_by_old_hash(tx, &prepared.span)?),
    ))
}

/// Workspaces of version 2 and older hashed the fields in another order: there the spans are compared.
fn known_by_old_hash(tx: &Tx<'_>, span: &Span) -> Result<bool> {
    let mut statement = tx.prepare_cached(
        "SELECT body FROM span JOIN span_body ON span_body.span = span.id
         WHERE trace_id = ?1 AND span_id = ?2",
    )?;
    let mut rows = statement.query([&span.trace_id, &span.span_id])?;
    while let Some(row) = rows.next()? {
        let stored: Span = codec::unpack_json(&row.get::<_, Vec<u8>>(0)?)?;
        if stored == *span {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Stores the columns that lists, filters and sums ask for; what only the whole span shows stays in its body.
fn insert(
    tx: &Tx<'_>,
    id: i64,
    import: &str,
    prepared: &Prepared,
    variant: i64,
    price_source: Option<i64>,
) -> Result<()> {
    let span = &prepared.span;
    let usage = &span.usage;
    tx.prepare_cached(
        "INSERT INTO span (id, import_id, trace_id, span_id, variant, content_hash, parent_id, request_id,
            kind, name, start_ns, end_ns, latency_ms, ttft_ms, status, error_type, http_status, provider,
            model, prompt_name, prompt_version, prompt_hash, request_hash,
            tokens_in, tokens_in_cached, tokens_in_cache_write, tokens_out, tokens_reasoning,
            reported_pico, computed_pico, cost_pico, price_source, attempt, retry_of, cache_hit, finish_reason,
            tool_name, session_id, environment, documents, preview)
         VALUES (:id, :import, :trace_id, :span_id, :variant, :content_hash, :parent_id, :request_id,
            :kind, :name, :start_ns, :end_ns, :latency_ms, :ttft_ms, :status, :error_type, :http_status, :provider,
            :model, :prompt_name, :prompt_version, :prompt_hash,
            :request_hash, :tokens_in, :tokens_in_cached, :tokens_in_cache_write, :tokens_out,
            :tokens_reasoning, :reported_pico, :computed_pico, :cost_pico, :price_source, :attempt, :retry_of,
            :cache_hit, :finish_reason, :tool_name, :session_id, :environment,
            :documents, :preview)",
    )?
    .execute(named_params! {
        ":id": id,
        ":import": import,
        ":trace_id": span.trace_id,
        ":span_id": span.span_id,
        ":variant": variant,
        ":content_hash": prepared.content_hash,
        ":parent_id": span.parent_id,
        ":request_id": span.request_id,
        ":kind": span.kind.word(),
        ":name": span.name,
        ":start_ns": span.start_ns.0,
        ":end_ns": span.end_ns.map(|end| end.0),
        ":latency_ms": span.latency_ms(),
        ":ttft_ms": span.time_to_first_token_ms,
        ":status": span.status.word(),
        ":error_type": span.error_type,
        ":http_status": span.http_status,
        ":provider": span.provider,
        ":model": span.model(),
        ":prompt_name": span.prompt_name,
        ":prompt_version": span.prompt_version,
        ":prompt_hash": span.prompt_hash,
        ":request_hash": span.request_hash,
        ":tokens_in": int_some(usage.tokens_in),
        ":tokens_in_cached": int_some(usage.tokens_in_cached),
        ":tokens_in_cache_write": int_some(usage.tokens_in_cache_write),
        ":tokens_out": int_some(usage.tokens_out),
        ":tokens_reasoning": int_some(usage.tokens_reasoning),
        ":reported_pico": span.cost_usd.and_then(to_pico),
        ":computed_pico": computed_pico(prepared),
        ":cost_pico": effective_cost(prepared),
        ":price_source": price_source,
        ":attempt": span.attempt,
        ":retry_of": span.retry_of,
        ":cache_hit": span.cache_hit,
        ":finish_reason": span.finish_reason,
        ":tool_name": span.tool_name,
        ":session_id": span.session_id,
        ":environment": span.environment,
        ":documents": span.documents.len() as i64,
        ":preview": prepared.preview,
    })?;
    Ok(())
}

fn computed_pico(prepared: &Prepared) -> Option<i64> {
    prepared.cost.as_ref()?.usd.and_then(to_pico)
}

fn effective_cost(prepared: &Prepared) -> Option<i64> {
    prepared
        .span
        .cost_usd
        .and_then(to_pico)
        .or_else(|| computed_pico(prepared))
}

#[cfg(test)]
mod tests;
