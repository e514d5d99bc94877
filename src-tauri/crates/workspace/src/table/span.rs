//! Spans on their way in: one narrow row for what is filtered and summed, the whole of it beside.
//!
//! A span is known by trace id, span id and content. The same content again is a duplicate and stores
//! nothing; other content under the same ids is a conflict, and both are kept as variants.

use crate::codec;
use crate::door::{Durability, Tx};
use crate::error::{Result, WorkspaceError};
use crate::money::to_pico;
use crate::row::{Word, int_some};
use crate::stored_id::StoredId;
use crate::table::change::Topic;
use crate::table::import_file;
use crate::table::span_block::{self, BlockBuilder, PackedBlock};
use crate::table::span_canonical::{canonical, write_canonical};
use crate::table::trace::TraceRows;
use crate::table::word::WordNumbers;
use crate::workspace::Workspace;
use plumbline_model::{Cost, ImportId, Span};
use rusqlite::params;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::mpsc::Receiver;

mod schema;
pub(crate) use schema::{V1, V3};

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

/// Spans made ready to be stored: hashed and packed into blocks. Made on any thread, so that the
/// next batch is made ready while this one is written.
pub struct PreparedSpans {
    spans: Vec<Prepared>,
    blocks: Vec<PackedBlock>,
}

struct Prepared {
    /// Without what only its body says.
    span: Span,
    documents: usize,
    cost: Option<Cost>,
    content_hash: [u8; HASH_BYTES],
}

impl PreparedSpans {
    /// Makes a batch ready; some thousand spans are a good size.
    ///
    /// # Errors
    /// `BadInput` for a span or a record larger than 256 MB.
    pub fn new(imported: Vec<ImportedSpan>) -> Result<Self> {
        let mut blocks = BlockBuilder::default();
        let mut spans = Vec::with_capacity(imported.len());
        let mut body = Vec::new();
        for ImportedSpan {
            mut span,
            raw,
            cost,
        } in imported
        {
            write_canonical(&span, &mut body)?;
            blocks.add(&body, &raw)?;
            let documents = span.documents.len();
            drop_content(&mut span);
            spans.push(Prepared {
                content_hash: content_hash(&body),
                documents,
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

/// Lets go of what no column holds, so that a batch that waits to be written holds it once: in its blocks.
fn drop_content(span: &mut Span) {
    span.input_messages = Vec::new();
    span.output_messages = Vec::new();
    span.documents = Vec::new();
    span.tools = Vec::new();
    span.tool_arguments = None;
    span.tool_result = None;
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
    let mut traces = TraceRows::default();
    let mut words = WordNumbers::default();
    let import_word = words.number(tx, import)?;
    let mut number = span_block::next_number(tx)?;
    let mut ids = None;
    let mut rest = batch.spans.as_slice();
    for block in &batch.blocks {
        let (spans, later) = rest.split_at(block.spans.min(rest.len()));
        rest = later;
        let stored_before = outcome.stored;
        for (slot, prepared) in spans.iter().enumerate() {
            let trace = traces.of(tx, &prepared.span.trace_id)?;
            let (variants, known) = variants_of(tx, trace.row, prepared)?;
            if known {
                outcome.duplicate += 1;
                continue;
            }
            let id = span_block::span_id(number, slot);
            trace.sums.add(&prepared.span, effective_cost(prepared));
            let place = Place {
                id,
                trace: trace.row,
                import: import_word,
                variant: variants + 1,
            };
            insert(tx, &place, prepared, &mut words)?;
            ids = Some((ids.map_or(id, |(first, _)| first), id));
            outcome.stored += 1;
            outcome.conflict += u64::from(variants > 0);
        }
        if outcome.stored > stored_before {
            span_block::insert(tx, number, block)?;
            number += 1;
        }
    }
    traces.write(tx, &mut words)?;
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
fn variants_of(tx: &Tx<'_>, trace: i64, prepared: &Prepared) -> Result<(i64, bool)> {
    let mut statement = tx.prepare_cached(
        "SELECT count(*), coalesce(max(content_hash = ?3), 0) FROM span WHERE trace = ?1 AND span_id = ?2",
    )?;
    let span_id = StoredId::from(prepared.span.span_id.as_str());
    let (variants, known) = statement
        .query_row(params![trace, span_id, prepared.content_hash], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok((
        variants,
        known || (variants > 0 && known_by_old_hash(tx, trace, prepared)?),
    ))
}

/// Workspaces of version 2 and older hashed the fields in another order: what they hold is hashed anew.
fn known_by_old_hash(tx: &Tx<'_>, trace: i64, prepared: &Prepared) -> Result<bool> {
    let mut statement = tx.prepare_cached(
        "SELECT body FROM span JOIN span_body ON span_body.span = span.id
         WHERE trace = ?1 AND span_id = ?2",
    )?;
    let span_id = StoredId::from(prepared.span.span_id.as_str());
    let mut rows = statement.query(params![trace, span_id])?;
    while let Some(row) = rows.next()? {
        let stored: Span = codec::unpack_json(&row.get::<_, Vec<u8>>(0)?)?;
        if content_hash(&canonical(&stored)?) == prepared.content_hash {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Where a span goes.
struct Place {
    id: i64,
    trace: i64,
    import: i64,
    variant: i64,
}

/// Stores the columns that lists, filters and sums ask for; what only the whole span shows stays in its body.
fn insert(tx: &Tx<'_>, place: &Place, prepared: &Prepared, words: &mut WordNumbers) -> Result<()> {
    let (span, usage) = (&prepared.span, &prepared.span.usage);
    let mut word = |text: &Option<String>| words.of(tx, text.as_deref());
    let names = (word(&span.name)?, word(&span.tool_name)?);
    let prompt = (
        word(&span.prompt_name)?,
        word(&span.prompt_version)?,
        word(&span.prompt_hash)?,
    );
    let ends = (word(&span.error_type)?, word(&span.finish_reason)?);
    let around = (
        word(&span.provider)?,
        word(&span.environment)?,
        word(&span.session_id)?,
    );
    let model = words.of(tx, span.model())?;
    let source = prepared.cost.as_ref().and_then(|cost| cost.source.as_ref());
    let source = words.of_price_source(tx, source)?;
    let reported = span.cost_usd.and_then(to_pico);
    tx.prepare_cached(
        "INSERT INTO span (id, trace, span_id, variant, content_hash, import, kind, status, start_ns, duration_ns,
            parent_id, name, model, provider, prompt_name, prompt_version, prompt_hash, environment, session,
            tool_name, error_type, finish_reason, price_source, cost_pico, reported, computed_pico,
            tokens_in, tokens_in_cached, tokens_in_cache_write, tokens_out, tokens_reasoning,
            tokens_unattributed, ttft_ms, http_status, attempt, cache_hit, documents, request_id, request_hash, retry_of)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
            ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        place.id,
        place.trace,
        StoredId::from(span.span_id.as_str()),
        place.variant,
        prepared.content_hash,
        place.import,
        span.kind.word(),
        span.status.word(),
        span.start_ns.0,
        span.end_ns.map(|end| end.0.wrapping_sub(span.start_ns.0)),
        span.parent_id.as_deref().map(StoredId::from),
        names.0,
        model,
        around.0,
        prompt.0,
        prompt.1,
        prompt.2,
        around.1,
        around.2,
        names.1,
        ends.0,
        ends.1,
        source,
        effective_cost(prepared),
        reported.is_some(),
        reported.and_then(|_| computed_pico(prepared)),
        int_some(usage.tokens_in),
        int_some(usage.tokens_in_cached),
        int_some(usage.tokens_in_cache_write),
        int_some(usage.tokens_out),
        int_some(usage.tokens_reasoning),
        int_some(usage.tokens_unattributed),
        span.time_to_first_token_ms,
        span.http_status,
        span.attempt,
        span.cache_hit,
        prepared.documents as i64,
        span.request_id.as_deref().map(StoredId::from),
        span.request_hash.as_deref().map(StoredId::from),
        span.retry_of.as_deref().map(StoredId::from),
    ])?;
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
