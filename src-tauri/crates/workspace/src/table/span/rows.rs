//! Rows of spans: a batch goes in whole, each span once.

use super::{AppendOutcome, Prepared, PreparedSpans, content_hash};
use crate::codec;
use crate::door::Tx;
use crate::error::Result;
use crate::money::to_pico;
use crate::row::{Word, int_some};
use crate::stored_id::StoredId;
use crate::table::change::Topic;
use crate::table::import_file;
use crate::table::span_block;
use crate::table::span_canonical::canonical;
use crate::table::trace::{OpenTrace, TraceRows};
use crate::table::word::WordNumbers;
use plumbline_model::Span;
use rusqlite::params;
use std::collections::HashMap;

pub(crate) fn insert_all(
    tx: &Tx<'_>,
    import: &str,
    batch: &PreparedSpans,
) -> Result<AppendOutcome> {
    let mut outcome = AppendOutcome::default();
    let mut traces = TraceRows::default();
    let mut words = WordNumbers::default();
    let mut variants = Variants::default();
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
            let (earlier, known) = variants.of(tx, trace, prepared)?;
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
                variant: earlier + 1,
            };
            insert(tx, &place, prepared, &mut words)?;
            ids = Some((ids.map_or(id, |(first, _)| first), id));
            outcome.stored += 1;
            outcome.conflict += u64::from(earlier > 0);
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

/// How many rows have the ids of spans that came with more than one content: counted once a batch, since a source
/// may say a million things of one span.
#[derive(Default)]
struct Variants<'b> {
    counts: HashMap<(i64, &'b str), i64>,
    /// Whether there are spans that were hashed in the old way.
    are_old: Option<bool>,
}

pub(super) const COUNT_VARIANTS: &str =
    "SELECT count(*) FROM span WHERE trace = ?1 AND span_id = ?2";
pub(super) const FIND_CONTENT: &str =
    "SELECT 1 FROM span WHERE trace = ?1 AND span_id = ?2 AND content_hash = ?3";

impl<'b> Variants<'b> {
    /// How many there are, and whether one of them has this content. When it has not, it is about to be another.
    fn of(
        &mut self,
        tx: &Tx<'_>,
        trace: &OpenTrace,
        prepared: &'b Prepared,
    ) -> Result<(i64, bool)> {
        let is_new = trace.is_new;
        let trace = trace.row;
        let key = (trace, prepared.span.span_id.as_str());
        let span_id = StoredId::from(key.1);
        let variants = match self.counts.get(&key) {
            Some(variants) => *variants,
            // Of a trace that this batch began only this batch's spans are there, and those are counted here.
            None if is_new => {
                self.counts.insert(key, 1);
                0
            }
            None => tx
                .prepare_cached(COUNT_VARIANTS)?
                .query_row(params![trace, span_id], |row| row.get(0))?,
        };
        if variants == 0 {
            return Ok((0, false));
        }
        let known = tx.prepare_cached(FIND_CONTENT)?.exists(params![
            trace,
            span_id,
            prepared.content_hash
        ])? || self.are_old(tx)? && known_by_old_hash(tx, trace, prepared)?;
        self.counts.insert(key, variants + i64::from(!known));
        Ok((variants, known))
    }

    fn are_old(&mut self, tx: &Tx<'_>) -> Result<bool> {
        if let Some(known) = self.are_old {
            return Ok(known);
        }
        let found = tx
            .prepare_cached("SELECT 1 FROM span_body LIMIT 1")?
            .exists([])?;
        self.are_old = Some(found);
        Ok(found)
    }
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
