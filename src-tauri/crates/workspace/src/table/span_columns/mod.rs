//! What lists filter by, of every span, in memory: facets, counts and filtered lists read no row of the file.
//!
//! Spans are added with rising row ids, so a refresh reads what came after the last id known; the few that are taken
//! out again stand in `span_removed`.
//! About 44 bytes a span: 44 MB for a million. Read on first need; a list without a filter never asks.

mod listed;
mod words;

use crate::error::Result;
use crate::row::Word;
use crate::table::span_page::SpanFilter;
use crate::table::word::Words;
use crate::workspace::Workspace;
pub(crate) use listed::ListedTraces;
use plumbline_model::{SpanKind, SpanStatus};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params_from_iter};
use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};
pub(crate) use words::WordColumn;

/// Filters whose traces are kept.
const KEPT: usize = 4;

/// The facets, in the order of their columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Facet {
    Kind,
    Status,
    Model,
    Prompt,
    Environment,
}

impl Facet {
    pub(crate) const ALL: [Self; 5] = [
        Self::Kind,
        Self::Status,
        Self::Model,
        Self::Prompt,
        Self::Environment,
    ];

    /// Its bit among the conditions a span fails.
    pub(crate) fn bit(self) -> u8 {
        1 << self as u8
    }

    fn wanted(self, filter: &SpanFilter) -> Option<&str> {
        match self {
            Self::Kind => filter.kind.map(SpanKind::word),
            Self::Status => filter.status.map(SpanStatus::word),
            Self::Model => filter.model.as_deref(),
            Self::Prompt => filter.prompt_name.as_deref(),
            Self::Environment => filter.environment.as_deref(),
        }
    }
}

/// The columns, by position; positions follow row ids.
#[derive(Default)]
pub(crate) struct SpanColumns {
    ids: Vec<i64>,
    starts: Vec<i64>,
    /// Rows of the traces.
    traces: Vec<i64>,
    facets: [WordColumn; 5],
    /// Positions of spans that are no longer there, and up to which number that is known.
    removed: HashSet<usize>,
    removed_to: i64,
}

/// Up to where columns were read: the last span and the last removal.
pub(crate) type ReadTo = (i64, i64);

impl SpanColumns {
    pub(crate) fn start(&self, row: usize) -> i64 {
        self.starts.get(row).copied().unwrap_or(0)
    }

    pub(crate) fn facet(&self, facet: Facet) -> &WordColumn {
        &self.facets[facet as usize]
    }

    pub(crate) fn code(&self, facet: Facet, word: &str) -> u32 {
        self.facet(facet).code(word).unwrap_or(u32::MAX)
    }

    fn last_id(&self) -> i64 {
        self.ids.last().copied().unwrap_or(i64::MIN)
    }

    fn read_to(&self) -> ReadTo {
        (self.last_id(), self.removed_to)
    }

    fn read_on(&mut self, conn: &Connection) -> Result<()> {
        let mut statement = conn.prepare_cached(
            "SELECT id, start_ns, trace, kind, status, model, prompt_name, environment
             FROM span WHERE id > ?1 ORDER BY id",
        )?;
        let mut words = Words::new(conn);
        let mut rows = statement.query([self.last_id()])?;
        while let Some(row) = rows.next()? {
            self.ids.push(row.get(0)?);
            self.starts.push(row.get(1)?);
            self.traces.push(row.get(2)?);
            let [kind, status, named @ ..] = &mut self.facets;
            kind.push(text(row, 3)?);
            status.push(text(row, 4)?);
            for (column, at) in named.iter_mut().zip(5..) {
                column.push_number(row.get(at)?, &mut words)?;
            }
        }
        let mut statement = conn.prepare_cached(
            "SELECT number, span FROM span_removed WHERE number > ?1 ORDER BY number",
        )?;
        let mut rows = statement.query([self.removed_to])?;
        while let Some(row) = rows.next()? {
            self.removed_to = row.get(0)?;
            if let Ok(position) = self.ids.binary_search(&row.get(1)?) {
                self.removed.insert(position);
            }
        }
        Ok(())
    }

    /// Hands on the position of every span that passes the time, the errors and `ids` (sorted), with a bit
    /// for each facet of the filter that it fails.
    pub(crate) fn each(
        &self,
        filter: &SpanFilter,
        ids: Option<&[i64]>,
        mut each: impl FnMut(usize, u8),
    ) {
        let wanted: Vec<(Facet, u32)> = Facet::ALL
            .into_iter()
            .filter_map(|facet| Some((facet, self.code(facet, facet.wanted(filter)?))))
            .collect();
        let error = filter
            .only_errors
            .then(|| self.code(Facet::Status, SpanStatus::Error.word()));
        let from = filter.from_ns.map_or(i64::MIN, |at| at.0);
        let to = filter.to_ns.map(|at| at.0);
        let mut look = |row: usize| {
            let start = self.starts[row];
            if start < from || to.is_some_and(|to| start >= to) || self.removed.contains(&row) {
                return;
            }
            if error.is_some_and(|error| self.facet(Facet::Status).code_at(row) != error) {
                return;
            }
            let mut failed = 0;
            for (facet, code) in &wanted {
                if self.facet(*facet).code_at(row) != *code {
                    failed |= facet.bit();
                }
            }
            each(row, failed);
        };
        match ids {
            None => (0..self.ids.len()).for_each(look),
            Some(ids) => {
                let mut row = 0;
                for id in ids {
                    row += self.ids[row..].partition_point(|known| known < id);
                    if self.ids.get(row) == Some(id) {
                        look(row);
                    }
                }
            }
        }
    }
}

fn text<'r>(row: &'r Row<'_>, at: usize) -> Result<Option<&'r str>> {
    Ok(match row.get_ref(at)? {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    })
}

/// The columns of an open workspace, and the traces of the latest filters.
#[derive(Default)]
pub(crate) struct Columns {
    spans: RwLock<SpanColumns>,
    listed: RwLock<Vec<Kept>>,
}

struct Kept {
    filter: SpanFilter,
    read_to: ReadTo,
    traces: Arc<ListedTraces>,
}

impl Workspace {
    /// Asks the columns, read up to the newest span of `conn`.
    pub(crate) fn columns<T>(
        &self,
        conn: &Connection,
        ask: impl FnOnce(&SpanColumns) -> T,
    ) -> Result<T> {
        let lock = &self.column_store().spans;
        let (newest, removed): (Option<i64>, i64) = conn
            .prepare_cached(
                "SELECT (SELECT max(id) FROM span), (SELECT coalesce(max(number), 0) FROM span_removed)",
            )?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let known = lock.read().unwrap_or_else(PoisonError::into_inner);
        if newest.is_none_or(|newest| newest <= known.last_id()) && removed <= known.removed_to {
            return Ok(ask(&known));
        }
        drop(known);
        let mut columns = lock.write().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = columns.read_on(conn) {
            // Half a row would shift every later one.
            *columns = SpanColumns::default();
            return Err(error);
        }
        drop(columns);
        Ok(ask(&lock.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Sorted row ids that the conditions without a column leave; `None` when the filter has none of them.
    pub(crate) fn narrowed(
        &self,
        conn: &Connection,
        filter: &SpanFilter,
    ) -> Result<Option<Vec<i64>>> {
        let found = match filter.text.as_deref().filter(|text| !text.is_empty()) {
            Some(text) => Some(self.search(conn, text)?),
            None => None,
        };
        let clause = filter.rest_clause();
        if clause.is_empty() {
            return Ok(found);
        }
        let ids: Vec<i64> = conn
            .prepare(&clause.statement("SELECT id FROM span", " ORDER BY id"))?
            .query_map(params_from_iter(clause.values()), |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Some(match found {
            Some(found) => ids
                .into_iter()
                .filter(|id| found.binary_search(id).is_ok())
                .collect(),
            None => ids,
        }))
    }

    /// The traces with a span that the filter accepts.
    pub(crate) fn listed(
        &self,
        conn: &Connection,
        filter: &SpanFilter,
    ) -> Result<Arc<ListedTraces>> {
        let ids = self.narrowed(conn, filter)?;
        self.columns(conn, |columns| {
            let store = &self.column_store().listed;
            let read_to = columns.read_to();
            let known = store.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(kept) = known
                .iter()
                .find(|kept| kept.read_to == read_to && kept.filter == *filter)
            {
                return Arc::clone(&kept.traces);
            }
            drop(known);
            let mut traces = ListedTraces::default();
            let mut before = None;
            columns.each(filter, ids.as_deref(), |row, failed| {
                let trace = columns.traces[row];
                if failed == 0 && before != Some(trace) {
                    traces.insert(trace);
                    before = Some(trace);
                }
            });
            let traces = Arc::new(traces);
            let mut kept = store.write().unwrap_or_else(PoisonError::into_inner);
            kept.retain(|kept| kept.read_to == read_to && kept.filter != *filter);
            if kept.len() == KEPT {
                kept.remove(0);
            }
            kept.push(Kept {
                filter: filter.clone(),
                read_to,
                traces: Arc::clone(&traces),
            });
            traces
        })
    }
}
