//! Traces: sums over the spans of one user request, kept up to date while spans arrive.
//!
//! Tokens and cost count model calls and nothing else, so a step that groups others adds nothing twice.
//! Sums saturate: a hostile count can spoil its own trace's figure, never a page.

use crate::codec;
use crate::door::Tx;
use crate::error::Result;
use crate::money::from_pico;
use crate::row::{count, count_some, int, int_some};
use crate::workspace::Workspace;
use plumbline_model::{Span, SpanStatus, UnixNanos, Usd, add_known};
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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

/// The models stand beside the sums, so that a page of the list looks at no span.
pub(crate) const V3: &str = "
ALTER TABLE trace ADD COLUMN models TEXT;
UPDATE trace SET models = (
    SELECT json_group_array(model) FROM (
        SELECT DISTINCT model FROM span
        WHERE span.trace_id = trace.trace_id AND kind = 'llm' AND model IS NOT NULL
        ORDER BY model LIMIT 16))
    WHERE model_calls > 0;
";

/// Models that a trace names.
const MODELS_KEPT: usize = 16;

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
    /// Models that were called, by name; the first 16 of a trace that called more.
    pub models: Vec<String>,
}

impl Workspace {
    /// One trace's sums, or `None` when there is none with this id.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn trace_row(&self, trace_id: &str) -> Result<Option<TraceRow>> {
        self.read(|conn| {
            Ok(conn
                .prepare_cached(
                    "SELECT trace_id, root_name, start_ns, duration_ms, spans, model_calls, errors,
                            tokens_in, tokens_out, cost_pico, unpriced_calls, models
                     FROM trace WHERE trace_id = ?1",
                )?
                .query_row([trace_id], read)
                .optional()?)
        })
    }
}

/// The columns of a row, in the order of its fields.
pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<TraceRow> {
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
        models: read_models(row.get(11)?).into_iter().collect(),
    })
}

/// Names of models as a JSON array; anything else, which only a damaged file holds, names none.
fn read_models(stored: Option<String>) -> BTreeSet<String> {
    stored
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default()
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
    models: BTreeSet<String>,
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
            models: BTreeSet::new(),
        });
        if let Some(model) = span.model().filter(|_| call) {
            self.add_model(model);
        }
    }

    fn add_model(&mut self, model: &str) {
        if self.models.len() < MODELS_KEPT && !self.models.contains(model) {
            self.models.insert(model.to_owned());
        }
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
        for model in &other.models {
            self.add_model(model);
        }
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
                    tokens_out, cost_pico, unpriced_calls, models
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
                models: read_models(row.get(11)?),
            })
        })
        .optional()?;
    let mut all = known.unwrap_or_default();
    all.combine(sums);
    let (root_start_ns, root_name) = all.root.unzip();
    let models = match all.models.is_empty() {
        true => None,
        false => Some(codec::json(&all.models)?),
    };
    // Updated in place: a list's cursor names the row, which must not move while spans arrive.
    tx.prepare_cached(
        "INSERT INTO trace (trace_id, root_name, root_start_ns, start_ns, end_ns, spans,
            model_calls, errors, tokens_in, tokens_out, cost_pico, unpriced_calls, models)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
         ON CONFLICT (trace_id) DO UPDATE SET root_name = ?2, root_start_ns = ?3, start_ns = ?4,
            end_ns = ?5, spans = ?6, model_calls = ?7, errors = ?8, tokens_in = ?9, tokens_out = ?10,
            cost_pico = ?11, unpriced_calls = ?12, models = ?13",
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
        models,
    ])?;
    Ok(())
}

/// Sums a trace anew after spans of it were taken out.
pub(crate) fn recount(tx: &Tx<'_>, trace_id: &str) -> Result<()> {
    let mut all = TraceSums::default();
    let mut statement = tx.prepare_cached(
        "SELECT parent_id IS NULL, name, start_ns, end_ns, kind = 'llm', status = 'error', tokens_in,
                tokens_out, cost_pico, model
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
            models: BTreeSet::new(),
        });
        if let Some(model) = row.get::<_, Option<String>>(9)?.filter(|_| call) {
            all.add_model(&model);
        }
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
