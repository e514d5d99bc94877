//! Traces: sums over the spans of one user request, kept up to date while spans arrive.

mod rows;
mod schema;
mod sums;

use crate::error::Result;
use crate::money::from_pico;
use crate::row::{count, count_some};
use crate::stored_id::{ReadId, StoredId};
use crate::table::word::Words;
use crate::workspace::Workspace;
use plumbline_model::{UnixNanos, Usd};
pub(crate) use rows::{OpenTrace, TraceRows, recount, replace_cost};
use rusqlite::Row;
pub(crate) use schema::{V1, V3};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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
            let mut statement = conn.prepare_cached(
                "SELECT trace_id, root_name, start_ns, duration_ms, spans, model_calls, errors,
                        tokens_in, tokens_out, cost_pico, unpriced_calls, models
                 FROM trace WHERE trace_id = ?1",
            )?;
            let mut rows = statement.query([StoredId::from(trace_id)])?;
            let row = rows.next()?;
            row.map(|row| read(row, &mut Words::new(conn))).transpose()
        })
    }
}

/// The columns of a row, in the order of its fields.
pub(crate) fn read(row: &Row<'_>, words: &mut Words<'_>) -> Result<TraceRow> {
    Ok(TraceRow {
        trace_id: row.get::<_, ReadId>(0)?.0,
        name: words.text(row, 1)?,
        start_ns: UnixNanos(row.get(2)?),
        duration_ms: row.get(3)?,
        spans: count(row.get(4)?),
        model_calls: count(row.get(5)?),
        errors: count(row.get(6)?),
        tokens_in: count_some(row.get(7)?),
        tokens_out: count_some(row.get(8)?),
        cost_usd: row.get::<_, Option<i64>>(9)?.map(from_pico),
        unpriced_calls: count(row.get(10)?),
        models: read_models(words.at(row, 11)?.as_deref())
            .into_iter()
            .collect(),
    })
}

/// Names of models as a JSON array; anything else, which only a damaged file holds, names none.
fn read_models(stored: Option<&str>) -> BTreeSet<String> {
    stored
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}
