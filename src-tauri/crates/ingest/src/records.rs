//! Records of an export that comes as JSON or as CSV: the same objects either way.
//!
//! A row of CSV becomes the object that the export writes as JSON: names from the header, cells that are JSON opened.

use crate::IngestError;
use crate::csv_records;
use crate::delivery::Delivery;
use crate::head::Head;
use crate::json_values::{self, Found, Take};
use serde_json::Value;
use std::io::{BufRead, Cursor, Read};

/// How much of the text is looked at for its header.
const HEAD_BYTES: u64 = 64 * 1024;

/// True for a first line whose columns satisfy `fits`, which asks for one by its name.
pub(crate) fn has_header(head: &Head<'_>, fits: Fits) -> bool {
    let line = head.first_line();
    // The first line of JSON is no header, whatever its commas.
    if line.starts_with(['{', '[']) {
        return false;
    }
    let columns = csv_records::columns_of(line);
    fits(&|name| columns.iter().any(|column| column == name))
}

pub(crate) type Fits = fn(&dyn Fn(&str) -> bool) -> bool;

/// Hands each record to `take`: rows below a header that `fits`, else the values of JSON.
///
/// # Errors
/// The source fails.
pub(crate) fn each(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
    fits: Fits,
    take: &mut Take<'_>,
) -> Result<(), IngestError> {
    let mut head = Vec::new();
    source
        .take(HEAD_BYTES)
        .read_to_end(&mut head)
        .map_err(|error| IngestError::unreadable(source_name, "the beginning", error))?;
    let is_table = has_header(&Head::of(&head), fits);
    let mut whole = Cursor::new(head).chain(source);
    if !is_table {
        return json_values::each(&mut whole, source_name, delivery, take);
    }
    csv_records::each(
        &mut whole,
        source_name,
        delivery,
        &|_| Ok(()),
        &mut |delivery, found| {
            let value = Value::Object(found.row);
            let raw = value.to_string();
            let at = format!("line {}", found.line);
            let raw = raw.as_bytes();
            take(
                delivery,
                Found {
                    at: &at,
                    raw,
                    value,
                },
            )
        },
    )
}
