//! Traces: sums over the spans of one user request, kept up to date while spans arrive.
//!
//! Tokens and cost count model calls and nothing else, so a step that groups others adds nothing twice.
//! Sums saturate: a hostile count can spoil its own trace's figure, never a page.

use crate::door::Tx;
use crate::error::Result;
use crate::money::from_pico;
use crate::page::Page;
use crate::row::{count, count_some, int, int_some};
use crate::table::span_page::SpanFilter;
use crate::workspace::Workspace;
use plumbline_model::{Span, SpanStatus, UnixNanos, Usd, add_known};
use rusqlite::{OptionalExtension, Row, params, params_from_iter};
use serde::{Deserialize, Serialize};

pub(crate) const V1: &str = "
CREATE TABLE trace (
    trace_id TEXT PRIMARY KEY,
    root_name TEXT,
    root_start_ns INTEGER,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER,
    duration_ms REAL GENERATED ALWAYS AS ((end_ns - start_ns) / 1e6) STORED,
    spans INTEGER NOT NULL,
    model_calls INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    tokens_in INTEGER,
    tokens_out INTEGER,
    cost_pico INTEGER,
    unpriced_calls INTEGER NOT NULL
) STRICT;
CREATE INDEX trace_start ON trace (start_ns);
";

/// One user request with all its steps summed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraceRow {
    pub trace_id: String,
    /// The name of the earliest step without a parent.
    pub name: Option<String>,
    pub start_ns: UnixNanos,
    /// From the earliest start to the latest end; `None` while nothing ended.
    pub duration_ms: Option<f64>,
    pub spans: u64,
    pub model_calls: u64,
    pub errors: u64,
    pub tokens_in: Option<u64>,
    pub tokens_out: Option<u64>,
    pub cost_usd: Option<Usd>,
    /// Model calls without a known cost; above zero, `cost_usd` is a lower bound.
    pub unpriced_calls: u64,
}

/// Part of the list of traces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TracePage {
    pub total: u64,
    pub rows: Vec<TraceRow>,
}

/// Order of traces; ties are broken by trace id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceSort {
    #[default]
    Newest,
    Oldest,
    Slowest,
    Costliest,
    MostTokens,
    MostErrors,
}

impl TraceSort {
    fn order(self) -> &'static str {
        match self {
            Self::Newest => " ORDER BY start_ns DESC, trace_id LIMIT ? OFFSET ?",
            Self::Oldest => " ORDER BY start_ns, trace_id LIMIT ? OFFSET ?",
            Self::Slowest => " ORDER BY duration_ms DESC NULLS LAST, trace_id LIMIT ? OFFSET ?",
            Self::Costliest => " ORDER BY cost_pico DESC NULLS LAST, trace_id LIMIT ? OFFSET ?",
            // As reals, since two saturated counts would overflow an integer.
            Self::MostTokens => {
                " ORDER BY coalesce(tokens_in, 0) * 1.0 + coalesce(tokens_out, 0) DESC, trace_id
                  LIMIT ? OFFSET ?"
            }
            Self::MostErrors => " ORDER BY errors DESC, trace_id LIMIT ? OFFSET ?",
        }
    }
}

impl Workspace {
    /// Traces that have at least one span which the filter accepts.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn traces(&self, filter: &SpanFilter, sort: TraceSort, page: Page) -> Result<TracePage> {
        let spans = self.span_clause(filter)?;
        let clause = if spans.is_empty() {
            spans
        } else {
            spans.within(" WHERE trace_id IN (SELECT span.trace_id FROM span", ")")
        };
        self.read(|conn| {
            let total: i64 = conn
                .prepare(&clause.statement("SELECT count(*) FROM trace", ""))?
                .query_row(params_from_iter(clause.values()), |row| row.get(0))?;
            let mut statement = conn.prepare(&clause.statement(
                "SELECT trace_id, root_name, start_ns, duration_ms, spans, model_calls, errors,
                        tokens_in, tokens_out, cost_pico, unpriced_calls
                 FROM trace",
                sort.order(),
            ))?;
            let rows = statement
                .query_map(params_from_iter(clause.values_and_page(page)), read)?
                .collect::<rusqlite::Result<_>>()?;
            Ok(TracePage {
                total: count(total),
                rows,
            })
        })
    }

    /// One trace's sums, or `None` when there is none with this id.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn trace_row(&self, trace_id: &str) -> Result<Option<TraceRow>> {
        self.read(|conn| {
            Ok(conn
                .prepare_cached(
                    "SELECT trace_id, root_name, start_ns, duration_ms, spans, model_calls, errors,
                            tokens_in, tokens_out, cost_pico, unpriced_calls
                     FROM trace WHERE trace_id = ?1",
                )?
                .query_row([trace_id], read)
                .optional()?)
        })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<TraceRow> {
    Ok(TraceRow {
        trace_id: row.get(0)?,
        name: row.get(1)?,
        start_ns: UnixNanos(row.get(2)?),
        duration_ms: row.get(3)?,
        spans: count(row.get(4)?),
        model_calls: count(row.get(5)?),
        errors: count(row.get(6)?),
        tokens_in: count_some(row.get(7)?),
        tokens_out: count_some(row.get(8)?),
        cost_usd: row.get::<_, Option<i64>>(9)?.map(from_pico),
        unpriced_calls: count(row.get(10)?),
    })
}

/// What some spans of one trace add to it.
#[derive(Debug, Default)]
pub(crate) struct TraceSums {
    root: Option<(i64, Option<String>)>,
    start_ns: Option<i64>,
    end_ns: Option<i64>,
    spans: u64,
    model_calls: u64,
    errors: u64,
    tokens_in: Option<u64>,
    tokens_out: Option<u64>,
    cost_pico: Option<i64>,
    unpriced_calls: u64,
}

impl TraceSums {
    pub(crate) fn add(&mut self, span: &Span, cost_pico: Option<i64>) {
        let call = span.is_model_call();
        let usage = if call { span.usage } else { Default::default() };
        self.combine(Self {
            root: match span.parent_id {
                None => Some((span.start_ns.0, span.name.clone())),
                Some(_) => None,
            },
            start_ns: Some(span.start_ns.0),
            end_ns: span.end_ns.map(|end| end.0),
            spans: 1,
            model_calls: u64::from(call),
            errors: u64::from(span.status == SpanStatus::Error),
            tokens_in: usage.tokens_in,
            tokens_out: usage.tokens_out,
            cost_pico: cost_pico.filter(|_| call),
            unpriced_calls: u64::from(call && cost_pico.is_none()),
        });
    }

    fn combine(&mut self, other: Self) {
        self.root = match (self.root.take(), other.root) {
            (Some(mine), Some(theirs)) if theirs.0 < mine.0 => Some(theirs),
            (mine, theirs) => mine.or(theirs),
        };
        self.start_ns = lesser(self.start_ns, other.start_ns);
        self.end_ns = self.end_ns.max(other.end_ns);
        self.spans += other.spans;
        self.model_calls += other.model_calls;
        self.errors += other.errors;
        self.tokens_in = add_known(self.tokens_in, other.tokens_in);
        self.tokens_out = add_known(self.tokens_out, other.tokens_out);
        self.cost_pico = add_pico(self.cost_pico, other.cost_pico);
        self.unpriced_calls += other.unpriced_calls;
    }
}

fn lesser(left: Option<i64>, right: Option<i64>) -> Option<i64> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (left, right) => left.or(right),
    }
}

fn add_pico(left: Option<i64>, right: Option<i64>) -> Option<i64> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.saturating_add(right)),
        (left, right) => left.or(right),
    }
}

/// Adds to the row of one trace, making it when it is new.
pub(crate) fn merge(tx: &Tx<'_>, trace_id: &str, sums: TraceSums) -> Result<()> {
    let known = tx
        .prepare_cached(
            "SELECT root_name, root_start_ns, start_ns, end_ns, spans, model_calls, errors, tokens_in,
                    tokens_out, cost_pico, unpriced_calls
             FROM trace WHERE trace_id = ?1",
        )?
        .query_row([trace_id], |row| {
            let name: Option<String> = row.get(0)?;
            Ok(TraceSums {
                root: row.get::<_, Option<i64>>(1)?.map(|start| (start, name)),
                start_ns: row.get(2)?,
                end_ns: row.get(3)?,
                spans: count(row.get(4)?),
                model_calls: count(row.get(5)?),
                errors: count(row.get(6)?),
                tokens_in: count_some(row.get(7)?),
                tokens_out: count_some(row.get(8)?),
                cost_pico: row.get(9)?,
                unpriced_calls: count(row.get(10)?),
            })
        })
        .optional()?;
    let mut all = known.unwrap_or_default();
    all.combine(sums);
    let (root_start_ns, root_name) = all.root.unzip();
    tx.prepare_cached(
        "INSERT OR REPLACE INTO trace (trace_id, root_name, root_start_ns, start_ns, end_ns, spans,
            model_calls, errors, tokens_in, tokens_out, cost_pico, unpriced_calls)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        trace_id,
        root_name.flatten(),
        root_start_ns,
        all.start_ns.unwrap_or(0),
        all.end_ns,
        int(all.spans),
        int(all.model_calls),
        int(all.errors),
        int_some(all.tokens_in),
        int_some(all.tokens_out),
        all.cost_pico,
        int(all.unpriced_calls),
    ])?;
    Ok(())
}

/// Sums a trace anew after spans of it were taken out.
pub(crate) fn recount(tx: &Tx<'_>, trace_id: &str) -> Result<()> {
    let mut all = TraceSums::default();
    let mut statement = tx.prepare_cached(
        "SELECT parent_id IS NULL, name, start_ns, end_ns, kind = 'llm', status = 'error', tokens_in,
                tokens_out, cost_pico
         FROM span WHERE trace_id = ?1",
    )?;
    let mut rows = statement.query([trace_id])?;
    while let Some(row) = rows.next()? {
        let call: bool = row.get(4)?;
        let (start, cost): (i64, Option<i64>) = (row.get(2)?, row.get(8)?);
        all.combine(TraceSums {
            root: row
                .get::<_, bool>(0)?
                .then(|| row.get(1))
                .transpose()?
                .map(|name| (start, name)),
            start_ns: Some(start),
            end_ns: row.get(3)?,
            spans: 1,
            model_calls: u64::from(call),
            errors: u64::from(row.get::<_, bool>(5)?),
            tokens_in: count_some(row.get(6)?).filter(|_| call),
            tokens_out: count_some(row.get(7)?).filter(|_| call),
            cost_pico: cost.filter(|_| call),
            unpriced_calls: u64::from(call && cost.is_none()),
        });
    }
    tx.prepare_cached("DELETE FROM trace WHERE trace_id = ?1")?
        .execute([trace_id])?;
    if all.spans > 0 {
        merge(tx, trace_id, all)?;
    }
    Ok(())
}

/// Replaces the cost of one model call within its trace's sums.
pub(crate) fn replace_cost(
    tx: &Tx<'_>,
    trace_id: &str,
    before: Option<i64>,
    after: Option<i64>,
) -> Result<()> {
    let found: Option<(Option<i64>, i64)> = tx
        .prepare_cached("SELECT cost_pico, unpriced_calls FROM trace WHERE trace_id = ?1")?
        .query_row([trace_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((cost, unpriced)) = found else {
        return Ok(());
    };
    let cost = add_pico(cost, before.map(i64::saturating_neg));
    let unpriced = unpriced - i64::from(before.is_none()) + i64::from(after.is_none());
    tx.prepare_cached("UPDATE trace SET cost_pico = ?2, unpriced_calls = ?3 WHERE trace_id = ?1")?
        .execute(params![trace_id, add_pico(cost, after), unpriced])?;
    Ok(())
}
