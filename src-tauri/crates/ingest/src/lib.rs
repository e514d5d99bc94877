//! Trace files in: every format becomes canonical spans, and every record is accounted for.
//!
//! The law of the house: each record that is read reaches the sink exactly once, as a span or as a
//! quarantined row, so `read = spans + quarantined`. What a format carries and nobody reads is counted,
//! with an example, in the report. Nothing here opens a path, reads the clock or trusts its input; every
//! size, depth and index has a bound. A new format is one file and one line in the table of `format`.

mod anthropic_body;
mod anthropic_log;
mod attributes;
mod batch;
mod burstgpt;
mod canonical;
mod claude_code;
mod codex;
mod completeness;
mod content;
mod csv;
mod csv_records;
mod delivery;
mod error;
mod exchange;
mod format;
mod har;
mod head;
mod helicone;
mod http_coding;
mod http_exchange;
mod http_headers;
mod http_stream;
mod identity;
mod inclusive;
mod inspect;
mod instant;
mod json_bytes;
mod json_values;
mod langfuse;
mod langsmith;
mod lines;
mod litellm;
mod llm_logs;
mod loss;
mod mapped;
mod messages;
mod mooncake;
mod openai_body;
mod openai_log;
mod otlp;
mod packed;
mod phoenix;
mod promptfoo;
mod recorded;
mod recorded_json;
mod records;
mod redact;
mod request_csv;
mod sqlite_rows;
mod text;
mod vcr;

pub use canonical::to_canonical_line;
pub use completeness::Completeness;
pub use delivery::{Item, ReadReport};
pub use error::IngestError;
pub use format::{Format, detect};
pub use http_exchange::{HttpExchange, HttpOutcome, HttpReading, read_http};
pub use inspect::{EvalLog, ZIP_MAGIC};
pub use mapped::{MappingSuggestion, suggest_mapping};
pub use otlp::to_otlp;
pub use redact::{OwnPattern, PatternError, RedactedCounts, Redactor};
pub use sqlite_rows::{SQLITE_MAGIC, sqlite_format};

use delivery::Delivery;
use head::HEAD_BYTES;
use packed::Packing;
use plumbline_model::ColumnMapping;
use std::io::{BufRead, Cursor, Read};
use std::ops::ControlFlow;

/// Reads one source from its beginning and hands every record to `sink`.
///
/// Without a `format` the content decides; gzip and Zstandard are read through. `source_name` is used in messages only. Returning
/// `ControlFlow::Break` from the sink stops the reading after that item; the report then says `stopped`.
///
/// # Errors
/// The source cannot be read, its format is not recognised, or a forced CSV has not the columns it needs.
/// Broken records are no errors: they are quarantined.
pub fn read(
    source: &mut dyn BufRead,
    format: Option<Format>,
    source_name: &str,
    sink: &mut dyn FnMut(Item) -> ControlFlow<()>,
) -> Result<ReadReport, IngestError> {
    let how = format.map_or(How::Detected, How::Format);
    read_as(source, how, source_name, sink)
}

/// Reads a table (CSV, or JSON objects) whose columns mean what `mapping` says, otherwise as [`read`].
///
/// # Errors
/// The source cannot be read, the mapping is unfit, or a CSV lacks a column that it names.
pub fn read_mapped(
    source: &mut dyn BufRead,
    mapping: &ColumnMapping,
    source_name: &str,
    sink: &mut dyn FnMut(Item) -> ControlFlow<()>,
) -> Result<ReadReport, IngestError> {
    read_as(source, How::Mapping(mapping), source_name, sink)
}

/// Who says what a source holds.
#[derive(Clone, Copy)]
enum How<'m> {
    /// Its content.
    Detected,
    Format(Format),
    Mapping(&'m ColumnMapping),
}

fn read_as(
    source: &mut dyn BufRead,
    how: How<'_>,
    source_name: &str,
    sink: &mut dyn FnMut(Item) -> ControlFlow<()>,
) -> Result<ReadReport, IngestError> {
    let head = beginning(source, source_name)?;
    match Packing::of(&head) {
        None => {
            let mut delivery = Delivery::new(sink);
            let format = plain(head, source, how, source_name, &mut delivery)?;
            Ok(delivery.into_report(format))
        }
        Some(packing) => {
            let unreadable = |error| IngestError::unreadable(source_name, "the beginning", error);
            let packed = Cursor::new(head).chain(source);
            let (mut inside, trouble) = packing.open(packed).map_err(unreadable)?;
            let head = beginning(&mut inside, source_name)?;
            if head.is_empty()
                && let Some((_, reason)) = trouble.take()
            {
                return Err(unreadable(std::io::Error::other(reason)));
            }
            let mut delivery = Delivery::new(sink);
            let format = plain(head, &mut inside, how, source_name, &mut delivery)?;
            if !delivery.stopped()
                && let Some((byte, reason)) = trouble.take()
            {
                // A row of the report: what came before is good, and that something is missing must show.
                let _ = delivery.quarantine(format!("byte {byte} of the content"), reason, b"");
            }
            Ok(delivery.into_report(format))
        }
    }
}

fn beginning(source: &mut dyn BufRead, source_name: &str) -> Result<Vec<u8>, IngestError> {
    let mut head = Vec::new();
    source
        .take(HEAD_BYTES)
        .read_to_end(&mut head)
        .map_err(|error| IngestError::unreadable(source_name, "the beginning", error))?;
    Ok(head)
}

/// Reads what is not packed, given its beginning; answers with the format it was read as.
fn plain(
    head: Vec<u8>,
    rest: &mut dyn BufRead,
    how: How<'_>,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<Format, IngestError> {
    let format = match how {
        How::Format(format) => format,
        How::Detected => {
            detect(&head).ok_or_else(|| IngestError::unrecognised(source_name, &head))?
        }
        How::Mapping(mapping) => {
            let mut whole = Cursor::new(&head).chain(rest);
            mapped::read_with(mapping, &head, &mut whole, source_name, delivery)?;
            return Ok(Format::Mapped);
        }
    };
    let mut whole = Cursor::new(head).chain(rest);
    format.read(&mut whole, source_name, delivery)?;
    Ok(format)
}
