//! Request traces in the shape of the public BurstGPT traces: a time, a model and two token counts a row.
//!
//! `Timestamp` is in seconds from midnight of the trace's first day, which names no date: the first day is
//! 1970-01-01, and only differences mean something. `Elapsed time`, where a release has it, is the latency in
//! seconds from the request to its last token. A request without response tokens failed. Columns are found by
//! name, wherever they stand. The trace has no ids, so they are derived from each row and its place.
//! Source: HPMLL/BurstGPT, `data/BurstGPT_*.csv`.

use crate::IngestError;
use crate::csv::{self, Columns, Row, Table, count};
use crate::delivery::Delivery;
use crate::head::Head;
use crate::identity::derived_id;
use crate::instant::epoch_seconds;
use plumbline_model::{Span, SpanKind, SpanStatus, UnixNanos};
use serde_json::Value;
use std::io::BufRead;

const TIME: &str = "Timestamp";
const MODEL: &str = "Model";
const TOKENS_IN: &str = "Request tokens";
const TOKENS_OUT: &str = "Response tokens";
const TOTAL: &str = "Total tokens";
const LOG_TYPE: &str = "Log Type";
const SESSION: &str = "Session ID";
const ELAPSED: &str = "Elapsed time";

/// Recognised by its header.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    csv::detect::<Requests>(head.first_line())
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    csv::read::<Requests>(source, source_name, delivery)
}

struct Requests {
    time: usize,
    model: usize,
    tokens_in: usize,
    tokens_out: usize,
    /// The sum of the two before it; it says nothing that a span keeps.
    total: Option<usize>,
    log_type: Option<usize>,
    session: Option<usize>,
    elapsed: Option<usize>,
}

impl Table for Requests {
    fn of(columns: &Columns) -> Result<Self, &'static str> {
        Ok(Self {
            time: columns.at(TIME)?,
            model: columns.at(MODEL)?,
            tokens_in: columns.at(TOKENS_IN)?,
            tokens_out: columns.at(TOKENS_OUT)?,
            total: columns.at(TOTAL).ok(),
            log_type: columns.at(LOG_TYPE).ok(),
            session: columns.at(SESSION).ok(),
            elapsed: columns.at(ELAPSED).ok(),
        })
    }

    fn used(&self) -> Vec<usize> {
        let always = [self.time, self.model, self.tokens_in, self.tokens_out];
        let sometimes = [self.total, self.log_type, self.session, self.elapsed];
        always
            .into_iter()
            .chain(sometimes.into_iter().flatten())
            .collect()
    }

    fn span(&self, row: &Row<'_>) -> Result<Span, String> {
        let text = |column: Option<usize>| {
            let field = column.map_or("", |column| row.field(column));
            (!field.is_empty()).then(|| field.to_owned())
        };
        let start = seconds(TIME, row.field(self.time))?;
        let number = row.number.to_string();
        let id = |bytes| derived_id("burstgpt_csv", &[number.as_bytes(), row.bytes], bytes);
        let mut span = Span::new(id(16), id(8), SpanKind::Llm, start);
        span.usage.tokens_in = count(TOKENS_IN, row.field(self.tokens_in))?;
        span.usage.tokens_out = count(TOKENS_OUT, row.field(self.tokens_out))?;
        span.status = match span.usage.tokens_out {
            None => SpanStatus::Unset,
            Some(0) => SpanStatus::Error,
            Some(_) => SpanStatus::Ok,
        };
        span.model_requested = text(Some(self.model));
        span.session_id = text(self.session);
        if let Some(elapsed) = text(self.elapsed) {
            let elapsed = seconds(ELAPSED, &elapsed)?;
            let end = start.0.checked_add(elapsed.0);
            span.end_ns = Some(UnixNanos(
                end.ok_or_else(|| format!("`{ELAPSED}` is too large"))?,
            ));
        }
        if let Some(log_type) = text(self.log_type) {
            span.tags.insert("log_type".to_owned(), log_type);
        }
        Ok(span)
    }
}

/// Seconds that are not negative, exact to the nanosecond.
fn seconds(name: &str, text: &str) -> Result<UnixNanos, String> {
    epoch_seconds(&Value::from(text))
        .filter(|at| at.0 >= 0)
        .ok_or_else(|| format!("`{name}` is not a number of seconds: `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact_and_neither_negative_nor_words() {
        assert_eq!(seconds(TIME, "5"), Ok(UnixNanos(5_000_000_000)));
        assert_eq!(seconds(TIME, "0.1"), Ok(UnixNanos(100_000_000)));
        for wrong in ["", "-1", "soon", "1e3", "NaN", "99999999999999"] {
            assert!(seconds(TIME, wrong).is_err(), "{wrong}");
        }
    }
}
