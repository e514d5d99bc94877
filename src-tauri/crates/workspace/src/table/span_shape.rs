//! The shape of what a filter accepts: which values occur, and when.

use crate::error::Result;
use crate::page::Clause;
use crate::row::count;
use crate::table::span_page::SpanFilter;
use crate::workspace::Workspace;
use plumbline_model::UnixNanos;
use rusqlite::{Connection, params_from_iter};
use serde::{Deserialize, Serialize};

/// One value and how many spans have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetValue {
    pub value: String,
    pub spans: u64,
}

/// The values that occur among the accepted spans, most frequent first, at most fifty of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanFacets {
    pub kinds: Vec<FacetValue>,
    pub statuses: Vec<FacetValue>,
    pub providers: Vec<FacetValue>,
    pub models: Vec<FacetValue>,
    pub prompts: Vec<FacetValue>,
    pub environments: Vec<FacetValue>,
}

/// One slice of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistogramBucket {
    pub from_ns: UnixNanos,
    /// The first instant after it.
    pub to_ns: UnixNanos,
    pub spans: u64,
    pub model_calls: u64,
    pub errors: u64,
}

impl Workspace {
    /// Which values occur among the accepted spans.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn span_facets(&self, filter: &SpanFilter) -> Result<SpanFacets> {
        let clause = self.span_clause(filter)?;
        self.read(|conn| {
            Ok(SpanFacets {
                kinds: facet(conn, &clause, "SELECT kind, count(*) FROM span")?,
                statuses: facet(conn, &clause, "SELECT status, count(*) FROM span")?,
                providers: facet(conn, &clause, "SELECT provider, count(*) FROM span")?,
                models: facet(conn, &clause, "SELECT model, count(*) FROM span")?,
                prompts: facet(conn, &clause, "SELECT prompt_name, count(*) FROM span")?,
                environments: facet(conn, &clause, "SELECT environment, count(*) FROM span")?,
            })
        })
    }

    /// Start times in `buckets` equal slices (1 to 1,000) from the first accepted span to the last.
    /// Without spans there are no slices.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn span_histogram(
        &self,
        filter: &SpanFilter,
        buckets: usize,
    ) -> Result<Vec<HistogramBucket>> {
        let clause = self.span_clause(filter)?;
        self.read(|conn| {
            let (first, last): (Option<i64>, Option<i64>) = conn
                .prepare(&clause.statement("SELECT min(start_ns), max(start_ns) FROM span", ""))?
                .query_row(params_from_iter(clause.values()), |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?;
            let (Some(first), Some(last)) = (first, last) else {
                return Ok(Vec::new());
            };
            let mut slices = slices(first, last, buckets.clamp(1, 1_000));
            let mut statement = conn.prepare(&clause.statement(
                "SELECT start_ns, kind = 'llm', status = 'error' FROM span",
                "",
            ))?;
            let mut rows = statement.query(params_from_iter(clause.values()))?;
            while let Some(row) = rows.next()? {
                let (at, call, error): (i64, bool, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
                // The last slice also takes the last representable instant, which has no "just past".
                let index = slices.partition_point(|slice| slice.to_ns.0 <= at);
                let index = index.min(slices.len() - 1);
                if let Some(slice) = slices.get_mut(index) {
                    slice.spans += 1;
                    slice.model_calls += u64::from(call);
                    slice.errors += u64::from(error);
                }
            }
            Ok(slices)
        })
    }
}

fn facet(conn: &Connection, clause: &Clause, select: &'static str) -> Result<Vec<FacetValue>> {
    let mut statement =
        conn.prepare(&clause.statement(select, " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50"))?;
    let mut rows = statement.query(params_from_iter(clause.values()))?;
    let mut values = Vec::new();
    while let Some(row) = rows.next()? {
        // Spans without a value have none to choose.
        if let Some(value) = row.get::<_, Option<String>>(0)? {
            values.push(FacetValue {
                value,
                spans: count(row.get(1)?),
            });
        }
    }
    Ok(values)
}

/// Equal slices of `[first, last]`, the last one reaching just past `last`. Computed in 128 bits: a
/// hostile pair of times spans more than an i64 holds.
fn slices(first: i64, last: i64, buckets: usize) -> Vec<HistogramBucket> {
    let (first, last) = (i128::from(first), i128::from(last));
    let width = ((last - first) / buckets as i128 + 1).max(1);
    let edge = |index: usize| {
        let at = first + width * index as i128;
        UnixNanos(i64::try_from(at).unwrap_or(i64::MAX))
    };
    (0..buckets)
        .map(|index| HistogramBucket {
            from_ns: edge(index),
            to_ns: edge(index + 1),
            spans: 0,
            model_calls: 0,
            errors: 0,
        })
        .take_while(|slice| i128::from(slice.from_ns.0) <= last)
        .collect()
}
