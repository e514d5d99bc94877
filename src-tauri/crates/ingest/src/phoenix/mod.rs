//! Arize Phoenix: rows of its SQLite database, pages of its REST API in both forms, spans one a line or in a list, and
//! records of its spans dataframe.
//!
//! What a span says is read by the OpenInference conventions, like everywhere else; here its attributes are brought
//! into their flat form. Sums over a span's descendants (`cumulative_*`) stand beside and are not read. Costs of the
//! database are Phoenix's own, by its price table. Annotations become tags.
//! Source: Arize-ai/phoenix, `db/models.py`, `server/api/routers/v1/spans.py` and the client's spans dataframe.

mod flat;
mod span;

use crate::IngestError;
use crate::delivery::Delivery;
use crate::head::{Head, mentions};
use crate::sqlite_rows;
use crate::{json_values, otlp};
use plumbline_model::{HowJoined, Joined, TableRead};
use serde_json::{Map, Value};
use std::io::BufRead;
use std::ops::ControlFlow;

const PROJECT: [Joined; 2] = [
    Joined {
        name: "project",
        own: "project_rowid",
        theirs: "id",
        how: HowJoined::One,
        read: TableRead {
            table: "projects",
            joined: &[],
        },
    },
    Joined {
        name: "session",
        own: "project_session_rowid",
        theirs: "id",
        how: HowJoined::One,
        read: TableRead {
            table: "project_sessions",
            joined: &[],
        },
    },
];

/// Spans with their trace and its project, their cost and what was said of them.
pub(crate) static TABLES: [TableRead; 1] = [TableRead {
    table: "spans",
    joined: &[
        Joined {
            name: "trace",
            own: "trace_rowid",
            theirs: "id",
            how: HowJoined::One,
            read: TableRead {
                table: "traces",
                joined: &PROJECT,
            },
        },
        Joined {
            name: "costs",
            own: "id",
            theirs: "span_rowid",
            how: HowJoined::Many,
            read: TableRead {
                table: "span_costs",
                joined: &[],
            },
        },
        Joined {
            name: "annotations",
            own: "id",
            theirs: "span_rowid",
            how: HowJoined::Many,
            read: TableRead {
                table: "span_annotations",
                joined: &[],
            },
        },
    ],
}];

/// Recognised by the keys of a span, of a dataframe's record, of a page of spans, or of a row.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    let mentioned = |name: &str| mentions(head.bytes(), name);
    head.any_object(|keys| {
        let has = |key: &str| keys.contains(key);
        let span = has("context") && has("span_kind") && has("start_time");
        let record = has("context.span_id") && has("context.trace_id");
        let page = has("data") && has("next_cursor") && keys.len() == 2;
        let row = has("table") && has("row") && mentioned("trace_rowid");
        let spans = || {
            mentioned("span_kind") && mentioned("context")
                || mentioned("start_time_unix_nano") && mentioned("trace_id")
        };
        span || record || row || page && spans()
    })
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    json_values::each(source, source_name, delivery, &mut |delivery, found| {
        let at = found.at;
        match &found.value {
            Value::Object(line) if line.contains_key("table") => {
                sqlite_rows::one(delivery, found, span::of_row)
            }
            Value::Object(page) if is_page(page) => match page.get("data") {
                Some(Value::Array(list)) => {
                    for (index, value) in list.iter().enumerate() {
                        let at = format!("{at} data[{index}]");
                        deliver(delivery, &at, value, value.to_string().as_bytes())?;
                    }
                    ControlFlow::Continue(())
                }
                _ => delivery.quarantine(at, "`data` is not a list of spans", found.raw),
            },
            Value::Object(frame) if frame.get("context.span_id").is_some_and(Value::is_object) => {
                columns(delivery, at, frame)
            }
            value => deliver(delivery, at, value, found.raw),
        }
    })
}

/// A page of the REST interface; one that was cut has lost its cursor, which stands at its end.
fn is_page(object: &Map<String, Value>) -> bool {
    object.contains_key("next_cursor") || object.len() == 1 && object.contains_key("data")
}

/// A dataframe column by column, each an object from the row's name to its cell, as pandas writes by default.
fn columns(delivery: &mut Delivery<'_>, at: &str, frame: &Map<String, Value>) -> ControlFlow<()> {
    let ids = frame.get("context.span_id").and_then(Value::as_object);
    for name in ids.into_iter().flat_map(|ids| ids.keys()) {
        let cells = frame.iter().filter_map(|(column, cells)| {
            let cell = cells.get(name).filter(|cell| !cell.is_null())?;
            Some((column.clone(), cell.clone()))
        });
        let record = Value::Object(cells.collect());
        let raw = record.to_string();
        deliver(
            delivery,
            &format!("{at} row {name}"),
            &record,
            raw.as_bytes(),
        )?;
    }
    ControlFlow::Continue(())
}

fn deliver(delivery: &mut Delivery<'_>, at: &str, value: &Value, raw: &[u8]) -> ControlFlow<()> {
    let Value::Object(object) = value else {
        return delivery.quarantine(at, "expected a span as an object", raw);
    };
    // The OTLP form of a page: its attributes are a list, its ids stand outside.
    if object.contains_key("start_time_unix_nano") || object.contains_key("startTimeUnixNano") {
        return otlp::deliver_alone(delivery, at, raw);
    }
    match span::of_object(object.clone()) {
        Ok((span, unread)) => {
            for (name, value) in &unread {
                delivery.loss().note(name, value);
            }
            delivery.span(span, raw.to_vec())
        }
        Err(reason) => delivery.quarantine(at, reason, raw),
    }
}
