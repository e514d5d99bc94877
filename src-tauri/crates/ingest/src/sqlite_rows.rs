//! Rows of other programs' databases, one a line: `{"table", "row"}` with an `error` where a row or a table is broken.
//!
//! Which tables are read, and what belongs to their rows, is each format's to say; opening the file is not done here.

use crate::attributes::{Attributes, Unread};
use crate::delivery::Delivery;
use crate::json_values::{self, Found};
use crate::{Format, IngestError, llm_logs, phoenix};
use plumbline_model::{Span, TableRead};
use serde_json::{Map, Value};
use std::io::BufRead;
use std::ops::ControlFlow;

/// The first bytes of every SQLite file.
pub const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// The format of a database with these tables, and which of them are read; `None` when nobody knows it.
#[must_use]
pub fn sqlite_format(tables: &[String]) -> Option<(Format, Vec<TableRead>)> {
    let has = |name: &str| tables.iter().any(|table| table == name);
    let known = |format, reads: &[TableRead]| {
        let reads = reads.iter().filter(|read| has(read.table)).copied();
        Some((format, reads.collect()))
    };
    if (has("responses") && has("conversations")) || (has("turns") && has("threads")) {
        known(Format::LlmLogs, &llm_logs::TABLES)
    } else if has("spans") && has("traces") && has("projects") {
        known(Format::Phoenix, &phoenix::TABLES)
    } else {
        None
    }
}

pub(crate) type ToSpan = fn(&str, Map<String, Value>) -> Result<(Span, Unread), String>;

/// Delivers every row by what `span` makes of its table and its members.
///
/// # Errors
/// The source fails.
pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
    span: ToSpan,
) -> Result<(), IngestError> {
    json_values::each(source, source_name, delivery, &mut |delivery, found| {
        one(delivery, found, span)
    })
}

/// Delivers one line.
pub(crate) fn one(delivery: &mut Delivery<'_>, found: Found<'_>, span: ToSpan) -> ControlFlow<()> {
    let Value::Object(line) = found.value else {
        return delivery.quarantine(found.at, "expected an object", found.raw);
    };
    let line = Attributes::of_object(line);
    let Some(table) = line.text(&["table"]) else {
        return delivery.quarantine(found.at, "a line that names no `table`", found.raw);
    };
    let at = format!("{table}, {}", found.at);
    if let Some(error) = line.text(&["error"]) {
        return delivery.quarantine(at, error, found.raw);
    }
    let Some(Value::Object(row)) = line.take("row").cloned() else {
        return delivery.quarantine(at, "a line without a `row`", found.raw);
    };
    match span(&table, row) {
        Ok((span, unread)) => {
            for (name, value) in &unread {
                delivery.loss().note(name, value);
            }
            delivery.span(span, found.raw.to_vec())
        }
        Err(reason) => delivery.quarantine(at, reason, found.raw),
    }
}

/// Members that are objects of a list that was joined to a row.
pub(crate) fn list(fields: &Attributes, name: &str) -> Vec<Attributes> {
    match fields.take(name) {
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(|item| Some(Attributes::of_object(item.as_object()?.clone())))
            .collect(),
        _ => Vec::new(),
    }
}
