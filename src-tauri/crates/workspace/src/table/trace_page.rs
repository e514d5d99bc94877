//! The list of traces, page by page: each page goes on behind the last row of the one before.
//!
//! A cursor is the sort value of a row and the row itself, so a page costs the same however deep it lies.

use crate::error::{Result, WorkspaceError};
use crate::page::Clause;
use crate::row::{count, int};
use crate::table::span_columns::ListedTraces;
use crate::table::span_page::SpanFilter;
use crate::table::trace::{TraceRow, read};
use crate::table::word::Words;
use crate::workspace::Workspace;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use std::sync::Arc;

/// Rows that one page has at most.
const PAGE_LIMIT: u64 = 10_000;

/// Order of traces; of equal ones, that which came later stands first, under `Oldest` last.
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

/// What an order sorts by and its SQL. Rows without a value come last.
struct Order {
    key: &'static str,
    after: &'static str,
    /// ` DESC` or nothing.
    direction: &'static str,
    real: bool,
}

impl TraceSort {
    fn order(self) -> Order {
        let of = |key, after, direction, real| Order {
            key,
            after,
            direction,
            real,
        };
        match self {
            Self::Newest => of(
                "start_ns",
                "start_ns <= ? AND (start_ns < ? OR id < ?)",
                " DESC",
                false,
            ),
            Self::Oldest => of(
                "start_ns",
                "start_ns >= ? AND (start_ns > ? OR id > ?)",
                "",
                false,
            ),
            Self::Slowest => of(
                "ifnull(duration_ms, -1e999)",
                "ifnull(duration_ms, -1e999) <= ? AND (ifnull(duration_ms, -1e999) < ? OR id < ?)",
                " DESC",
                true,
            ),
            Self::Costliest => of(
                "ifnull(cost_pico, -1)",
                "ifnull(cost_pico, -1) <= ? AND (ifnull(cost_pico, -1) < ? OR id < ?)",
                " DESC",
                false,
            ),
            // As reals, since two saturated counts would overflow an integer.
            Self::MostTokens => of(
                "ifnull(tokens_in, 0) * 1.0 + ifnull(tokens_out, 0)",
                "ifnull(tokens_in, 0) * 1.0 + ifnull(tokens_out, 0) <= ?
                 AND (ifnull(tokens_in, 0) * 1.0 + ifnull(tokens_out, 0) < ? OR id < ?)",
                " DESC",
                true,
            ),
            Self::MostErrors => of(
                "errors",
                "errors <= ? AND (errors < ? OR id < ?)",
                " DESC",
                false,
            ),
        }
    }
}

/// Where a page ended: the sort value of its last row, and that row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TraceCursor {
    value: SortValue,
    row: i64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum SortValue {
    Whole(i64),
    Real(f64),
}

impl std::fmt::Display for TraceCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.value {
            SortValue::Whole(value) => write!(f, "i{value}:{}", self.row),
            SortValue::Real(value) => write!(f, "r{:x}:{}", value.to_bits(), self.row),
        }
    }
}

impl FromStr for TraceCursor {
    type Err = WorkspaceError;

    fn from_str(text: &str) -> Result<Self> {
        let parse = || {
            let (value, row) = text.split_once(':')?;
            let value = match (value.strip_prefix('i'), value.strip_prefix('r')) {
                (Some(whole), _) => SortValue::Whole(whole.parse().ok()?),
                (_, Some(bits)) => {
                    SortValue::Real(f64::from_bits(u64::from_str_radix(bits, 16).ok()?))
                }
                _ => return None,
            };
            Some(Self {
                value,
                row: row.parse().ok()?,
            })
        };
        parse().ok_or_else(|| {
            WorkspaceError::BadInput(format!(
                "`{}` is not a place in a list",
                text.escape_debug()
            ))
        })
    }
}

impl From<SortValue> for Value {
    fn from(value: SortValue) -> Self {
        match value {
            SortValue::Whole(value) => Self::Integer(value),
            SortValue::Real(value) => Self::Real(value),
        }
    }
}

/// Which rows of the list are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TracePlace {
    /// Behind this row; `None` from the start.
    pub after: Option<TraceCursor>,
    /// Rows to leave out from there on.
    pub skip: u64,
    /// At most 10,000.
    pub limit: u64,
}

impl TracePlace {
    /// The first rows of the list.
    #[must_use]
    pub fn first(limit: u64) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }
}

/// Part of the list of traces.
#[derive(Debug, Clone, PartialEq)]
pub struct TracePage {
    pub rows: Vec<TraceRow>,
    /// Where the next page goes on; `None` when this one ended the list.
    pub next: Option<TraceCursor>,
}

impl Workspace {
    /// Traces that have at least one span which the filter accepts.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn traces(
        &self,
        filter: &SpanFilter,
        sort: TraceSort,
        place: TracePlace,
    ) -> Result<TracePage> {
        self.read(|conn| {
            if *filter == SpanFilter::default() {
                return page(conn, sort, place, Clause::default());
            }
            let listed = self.listed(conn, filter)?;
            let mut clause = Clause::default();
            clause.and_fixed("plumbline_listed(id)");
            with_listed(conn, listed, || page(conn, sort, place, clause))
        })
    }

    /// How many traces the filter leaves.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn trace_count(&self, filter: &SpanFilter) -> Result<u64> {
        self.read(|conn| {
            if *filter != SpanFilter::default() {
                return Ok(self.listed(conn, filter)?.len());
            }
            let total = conn
                .prepare_cached("SELECT count(*) FROM trace")?
                .query_row([], |row| row.get(0))?;
            Ok(count(total))
        })
    }
}

/// Lets SQL ask whether a trace is listed: a list in order of an index then stops at the end of its page.
fn with_listed<T>(
    conn: &Connection,
    listed: Arc<ListedTraces>,
    query: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let name = "plumbline_listed";
    conn.create_scalar_function(name, 1, FunctionFlags::SQLITE_UTF8, move |call| {
        Ok(call
            .get_raw(0)
            .as_i64()
            .is_ok_and(|trace| listed.holds(trace)))
    })?;
    let answer = query();
    conn.remove_function(name, 1)?;
    answer
}

fn page(
    conn: &Connection,
    sort: TraceSort,
    place: TracePlace,
    mut clause: Clause,
) -> Result<TracePage> {
    let order = sort.order();
    let limit = place.limit.min(PAGE_LIMIT);
    let mut values = Vec::new();
    if let Some(after) = place.after {
        if matches!(after.value, SortValue::Real(_)) != order.real {
            return Err(WorkspaceError::BadInput(
                "the place belongs to a list in another order".into(),
            ));
        }
        clause.and_fixed(order.after);
        values.extend([
            after.value.into(),
            after.value.into(),
            Value::Integer(after.row),
        ]);
    }
    values.extend([int(limit), int(place.skip)].map(Value::Integer));
    let mut statement = conn.prepare(&page_sql(&order, &clause))?;
    let mut found = statement.query(params_from_iter(values))?;
    let (mut rows, mut words) = (Vec::new(), Words::new(conn));
    let mut last = None;
    while let Some(row) = found.next()? {
        rows.push(read(row, &mut words)?);
        let value = match order.real {
            true => SortValue::Real(row.get(13)?),
            false => SortValue::Whole(row.get(13)?),
        };
        last = Some(TraceCursor {
            value,
            row: row.get(12)?,
        });
    }
    Ok(TracePage {
        next: last.filter(|_| rows.len() as u64 == limit),
        rows,
    })
}

/// The rows are chosen first, by their numbers alone, and read afterwards: an order without an index then
/// sorts two numbers a trace, not whole rows.
fn page_sql(order: &Order, clause: &Clause) -> String {
    let Order { key, direction, .. } = order;
    let by = format!(" ORDER BY {key}{direction}, trace.id{direction}");
    let chosen = clause.statement("SELECT id AS place FROM trace", "");
    format!(
        "SELECT trace_id, root_name, start_ns, duration_ms, spans, model_calls, errors, tokens_in,
            tokens_out, cost_pico, unpriced_calls, models, trace.id, {key}
         FROM ({chosen}{by} LIMIT ? OFFSET ?) CROSS JOIN trace ON trace.id = place{by}"
    )
}

#[cfg(test)]
mod tests;
