//! Rows of traces, kept up to date while spans come and go.

use super::read_models;
use super::sums::{TraceSums, add_pico};
use crate::codec;
use crate::door::Tx;
use crate::error::Result;
use crate::row::{count, count_some, int, int_some};
use crate::stored_id::StoredId;
use crate::table::word::{WordNumbers, Words};
use rusqlite::{OptionalExtension, params};
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

/// The traces that a batch of spans belongs to, read once each and written at its end.
#[derive(Default)]
pub(crate) struct TraceRows<'b> {
    traces: HashMap<&'b str, OpenTrace>,
    next_row: Option<i64>,
}

/// A trace that spans are being added to.
pub(crate) struct OpenTrace {
    pub(crate) row: i64,
    /// No span of it stands in the file yet.
    pub(crate) is_new: bool,
    /// With what the file said before.
    pub(crate) sums: TraceSums,
}

impl<'b> TraceRows<'b> {
    /// The trace with this id; a new one has a row from now on, though nothing stands there yet.
    pub(crate) fn of(&mut self, tx: &Tx<'_>, trace_id: &'b str) -> Result<&mut OpenTrace> {
        match self.traces.entry(trace_id) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let open = match find(tx, trace_id)? {
                    Some(open) => open,
                    None => {
                        let row = match self.next_row {
                            Some(row) => row,
                            None => tx
                                .prepare_cached("SELECT coalesce(max(id), 0) + 1 FROM trace")?
                                .query_row([], |row| row.get(0))?,
                        };
                        self.next_row = Some(row + 1);
                        OpenTrace {
                            row,
                            is_new: true,
                            sums: TraceSums::default(),
                        }
                    }
                };
                Ok(place.insert(open))
            }
        }
    }

    /// Writes them all; one that got no span, since those it was opened for were duplicates, is there already.
    pub(crate) fn write(self, tx: &Tx<'_>, words: &mut WordNumbers) -> Result<()> {
        let mut traces: Vec<_> = self.traces.into_iter().collect();
        // In the order of their rows, so that new ones go to the end of the table one after the other.
        traces.sort_unstable_by_key(|(_, trace)| trace.row);
        for (trace_id, trace) in traces {
            write(tx, trace_id, trace, words)?;
        }
        Ok(())
    }
}

fn find(tx: &Tx<'_>, trace_id: &str) -> Result<Option<OpenTrace>> {
    let mut statement = tx.prepare_cached(
        "SELECT trace.id, (SELECT text FROM word WHERE word.id = root_name), root_start_ns, start_ns, end_ns, spans,
                model_calls, errors, tokens_in, tokens_out, cost_pico, unpriced_calls,
                (SELECT text FROM word WHERE word.id = models)
         FROM trace WHERE trace_id = ?1",
    )?;
    let found = statement.query_row([StoredId::from(trace_id)], |row| {
        let name: Option<String> = row.get(1)?;
        Ok(OpenTrace {
            row: row.get(0)?,
            is_new: false,
            sums: TraceSums {
                root: row.get::<_, Option<i64>>(2)?.map(|start| (start, name)),
                start_ns: row.get(3)?,
                end_ns: row.get(4)?,
                spans: count(row.get(5)?),
                model_calls: count(row.get(6)?),
                errors: count(row.get(7)?),
                tokens_in: count_some(row.get(8)?),
                tokens_out: count_some(row.get(9)?),
                cost_pico: row.get(10)?,
                unpriced_calls: count(row.get(11)?),
                models: read_models(row.get::<_, Option<String>>(12)?.as_deref()),
            },
        })
    });
    Ok(found.optional()?)
}

fn write(tx: &Tx<'_>, trace_id: &str, trace: OpenTrace, words: &mut WordNumbers) -> Result<()> {
    let OpenTrace { row, sums, .. } = trace;
    let (root_start_ns, root_name) = sums.root.unzip();
    let root_name = words.of(tx, root_name.flatten().as_deref())?;
    let models = match sums.models.is_empty() {
        true => None,
        false => Some(words.number(tx, &codec::json(&sums.models)?)?),
    };
    // Updated in place: spans and a list's cursor name the row, which must not move while spans arrive.
    tx.prepare_cached(
        "INSERT INTO trace (id, trace_id, root_name, root_start_ns, start_ns, end_ns, spans,
            model_calls, errors, tokens_in, tokens_out, cost_pico, unpriced_calls, models)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
         ON CONFLICT (id) DO UPDATE SET root_name = ?3, root_start_ns = ?4, start_ns = ?5,
            end_ns = ?6, spans = ?7, model_calls = ?8, errors = ?9, tokens_in = ?10, tokens_out = ?11,
            cost_pico = ?12, unpriced_calls = ?13, models = ?14",
    )?
    .execute(params![
        row,
        StoredId::from(trace_id),
        root_name,
        root_start_ns,
        sums.start_ns.unwrap_or(0),
        sums.end_ns,
        int(sums.spans),
        int(sums.model_calls),
        int(sums.errors),
        int_some(sums.tokens_in),
        int_some(sums.tokens_out),
        sums.cost_pico,
        int(sums.unpriced_calls),
        models,
    ])?;
    Ok(())
}

/// Sums a trace anew after spans of it were taken out; one without spans is no trace any more.
pub(crate) fn recount(tx: &Tx<'_>, trace_id: &str, words: &mut WordNumbers) -> Result<()> {
    let Some(OpenTrace { row: trace, .. }) = find(tx, trace_id)? else {
        return Ok(());
    };
    let mut all = TraceSums::default();
    let mut statement = tx.prepare_cached(
        "SELECT parent_id IS NULL, name, start_ns, duration_ns, kind = 'llm', status = 'error', tokens_in,
                tokens_out, cost_pico, model
         FROM span WHERE trace = ?1",
    )?;
    let mut names = Words::new(tx);
    let mut rows = statement.query([trace])?;
    while let Some(row) = rows.next()? {
        let call: bool = row.get(4)?;
        let (start, cost): (i64, Option<i64>) = (row.get(2)?, row.get(8)?);
        let duration: Option<i64> = row.get(3)?;
        all.combine(TraceSums {
            root: row
                .get::<_, bool>(0)?
                .then(|| names.text(row, 1))
                .transpose()?
                .map(|name| (start, name)),
            start_ns: Some(start),
            end_ns: duration.map(|duration| start.wrapping_add(duration)),
            spans: 1,
            model_calls: u64::from(call),
            errors: u64::from(row.get::<_, bool>(5)?),
            tokens_in: count_some(row.get(6)?).filter(|_| call),
            tokens_out: count_some(row.get(7)?).filter(|_| call),
            cost_pico: cost.filter(|_| call),
            unpriced_calls: u64::from(call && cost.is_none()),
            models: BTreeSet::new(),
        });
        if let Some(model) = names.at(row, 9)?.filter(|_| call) {
            all.add_model(&model);
        }
    }
    if all.spans == 0 {
        tx.prepare_cached("DELETE FROM trace WHERE id = ?1")?
            .execute([trace])?;
        return Ok(());
    }
    let open = OpenTrace {
        row: trace,
        is_new: false,
        sums: all,
    };
    write(tx, trace_id, open, words)
}

/// Replaces the cost of one model call within its trace's sums.
pub(crate) fn replace_cost(
    tx: &Tx<'_>,
    trace: i64,
    before: Option<i64>,
    after: Option<i64>,
) -> Result<()> {
    let found: Option<(Option<i64>, i64)> = tx
        .prepare_cached("SELECT cost_pico, unpriced_calls FROM trace WHERE id = ?1")?
        .query_row([trace], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((cost, unpriced)) = found else {
        return Ok(());
    };
    let cost = add_pico(cost, before.map(i64::saturating_neg));
    let unpriced = unpriced - i64::from(before.is_none()) + i64::from(after.is_none());
    tx.prepare_cached("UPDATE trace SET cost_pico = ?2, unpriced_calls = ?3 WHERE id = ?1")?
        .execute(params![trace, add_pico(cost, after), unpriced])?;
    Ok(())
}
