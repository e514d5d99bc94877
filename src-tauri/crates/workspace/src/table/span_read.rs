//! Whole spans: one with its source record, or all of a trace.

use crate::codec;
use crate::error::{Result, WorkspaceError};
use crate::money::from_pico;
use crate::page::Page;
use crate::row::{self, count};
use crate::stored_id::StoredId;
use crate::table::span_block::Bodies;
use crate::workspace::Workspace;
use plumbline_model::{ImportId, PriceSource, Span, Usd};
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

/// One span with where it came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpanRecord {
    pub span: Span,
    /// The source's own record as text; invalid UTF-8 is replaced.
    pub raw: String,
    pub import_id: ImportId,
    /// The file it was read from.
    pub path: String,
    pub variant: u64,
    /// How many rows share these ids; above one, the sources contradict each other.
    pub variants: u64,
    /// As computed from the price table.
    pub cost_computed_usd: Option<Usd>,
    /// Which price table that was.
    pub price_source: Option<PriceSource>,
}

impl Workspace {
    /// One span with its source record. Variant 1 is the content that came first.
    ///
    /// # Errors
    /// `NotFound` when no span has these ids.
    pub fn span(&self, trace_id: &str, span_id: &str, variant: u64) -> Result<SpanRecord> {
        self.read(|conn| {
            let found = conn
                .prepare_cached(
                    "SELECT span.id, import_file.id, path, variant, iif(reported, computed_pico, cost_pico),
                            (SELECT text FROM word WHERE word.id = price_source),
                            (SELECT count(*) FROM span AS same
                             WHERE same.trace = span.trace AND same.span_id = span.span_id)
                     FROM span
                     JOIN import_file ON import_file.id = (SELECT text FROM word WHERE word.id = span.import)
                     WHERE trace = (SELECT id FROM trace WHERE trace_id = ?1) AND span_id = ?2 AND variant = ?3",
                )?
                .query_row(params![StoredId::from(trace_id), StoredId::from(span_id), row::int(variant)], |row| {
                    let texts: (String, String, Option<String>) =
                        (row.get(1)?, row.get(2)?, row.get(5)?);
                    let numbers: (i64, Option<i64>, i64) = (row.get(3)?, row.get(4)?, row.get(6)?);
                    Ok((row.get::<_, i64>(0)?, texts, numbers))
                })
                .optional()?;
            let Some((id, (import_id, path, source), (variant, cost, variants))) = found else {
                return Err(WorkspaceError::NotFound(format!(
                    "the span `{trace_id}/{span_id}`, variant {variant},"
                )));
            };
            let (body, raw) = Bodies::new(conn).body_and_raw(id)?;
            Ok(SpanRecord {
                span: codec::from_json(&body)?,
                raw: String::from_utf8_lossy(&raw).into_owned(),
                import_id: row::id(&import_id)?,
                path,
                variant: count(variant),
                variants: count(variants),
                cost_computed_usd: cost.map(from_pico),
                price_source: source
                    .map(|source| codec::from_json(source.as_bytes()))
                    .transpose()?,
            })
        })
    }

    /// Whole spans of a trace in order of start. A trace may hold a million: ask page by page.
    ///
    /// # Errors
    /// Those of reading the file; an unknown trace has no spans.
    pub fn trace_spans(&self, trace_id: &str, page: Page) -> Result<Vec<Span>> {
        self.read(|conn| {
            let [limit, offset] = page.bound();
            let mut statement = conn.prepare_cached(
                "SELECT id FROM span WHERE trace = (SELECT id FROM trace WHERE trace_id = ?1)
                 ORDER BY start_ns, id LIMIT ?2 OFFSET ?3",
            )?;
            let mut rows = statement.query(params![StoredId::from(trace_id), limit, offset])?;
            let mut bodies = Bodies::new(conn);
            let mut spans = Vec::new();
            while let Some(row) = rows.next()? {
                spans.push(codec::from_json(&bodies.body(row.get(0)?)?)?);
            }
            Ok(spans)
        })
    }

    /// Hands every whole span that the filter accepts to `each`, in order of start, until it breaks.
    /// One snapshot, one span in memory at a time.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn each_span(
        &self,
        filter: &crate::SpanFilter,
        each: &mut dyn FnMut(Span) -> std::ops::ControlFlow<()>,
    ) -> Result<()> {
        let clause = self.span_clause(filter)?;
        self.read(|conn| {
            let mut statement = conn
                .prepare(&clause.statement("SELECT span.id FROM span", " ORDER BY start_ns, id"))?;
            let mut rows = statement.query(rusqlite::params_from_iter(clause.values()))?;
            let mut bodies = Bodies::new(conn);
            while let Some(row) = rows.next()? {
                let body = bodies.body(row.get(0)?)?;
                if each(codec::from_json(&body)?).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }
}
