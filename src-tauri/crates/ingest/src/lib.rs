//! Trace files in: every format becomes canonical spans, and every record is accounted for.
//!
//! The law of the house: each record that is read reaches the sink exactly once, as a span or as a
//! quarantined row, so `read = spans + quarantined`. What a format carries and nobody reads is counted,
//! with an example, in the report. Nothing here opens a path, reads the clock or trusts its input; every
//! size, depth and index has a bound. A new format is one file and one line in the table of `format`.

mod anthropic_body;
mod anthropic_log;
mod archive;
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
mod inspect;
mod instant;
mod json_bytes;
mod json_cut;
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

pub use archive::{
    ArchiveLimits, Entry, Guard, KIND_BYTES, Member, Refusal, SourceKind, Visit, Zip, ZipMembers,
    ZipSource, is_beside_traces, open_zip, read_tar,
};
pub use canonical::to_canonical_line;
pub use completeness::Completeness;
pub use delivery::{Item, ReadReport};
pub use error::IngestError;
pub use format::{Format, detect};
pub use http_exchange::{HttpExchange, HttpOutcome, HttpReading, read_http};
pub use inspect::{EvalLog, ZIP_MAGIC};
pub use mapped::{MappingSuggestion, suggest_mapping};
pub use otlp::{check_export, is_assembled, join_late, to_otlp};
pub use redact::{OwnPattern, PatternError, RedactedCounts, Redactor};
pub use sqlite_rows::{SQLITE_MAGIC, sqlite_format};

use delivery::Delivery;
use head::HEAD_BYTES;
use packed::{Packing, Trouble};
use plumbline_model::ColumnMapping;
use std::io::{BufRead, Cursor, Read};
use std::ops::ControlFlow;

/// Who says what a source holds.
#[derive(Debug, Clone, Copy)]
pub enum How<'m> {
    /// Its content.
    Detected,
    Format(Format),
    /// What its columns mean.
    Mapping(&'m ColumnMapping),
}

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
    read_guarded(source, how, source_name, &Guard::default(), sink)
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
    let how = How::Mapping(mapping);
    read_guarded(source, how, source_name, &Guard::default(), sink)
}

/// Reads a source under a guard, such as a member of an archive with its own, otherwise as [`read`].
///
/// # Errors
/// As those of [`read`] and [`read_mapped`].
pub fn read_guarded(
    source: &mut dyn BufRead,
    how: How<'_>,
    source_name: &str,
    guard: &Guard,
    sink: &mut dyn FnMut(Item) -> ControlFlow<()>,
) -> Result<ReadReport, IngestError> {
    let mut delivery = Delivery::new(sink);
    let head = beginning(source, source_name)?;
    let (read, inner) = match Packing::of(&head) {
        None => (
            plain(head, source, how, source_name, &mut delivery),
            Trouble::default(),
        ),
        Some(packing) => {
            let unreadable = |error| IngestError::unreadable(source_name, "the beginning", error);
            let packed = Cursor::new(head).chain(&mut *source);
            let meter = guard.meter.clone();
            let (mut inside, trouble) = packing
                .open_within(packed, meter, !guard.is_member)
                .map_err(unreadable)?;
            let head = beginning(&mut inside, source_name)?;
            (
                plain(head, &mut inside, how, source_name, &mut delivery),
                trouble,
            )
        }
    };
    if guard.is_member && !delivery.stopped() {
        // The sum of a member is told at its very end, which a reader may not have asked for.
        let _ = std::io::copy(source, &mut std::io::sink());
    }
    // What broke outside is why the inside did.
    let trouble = guard.trouble.take().or_else(|| inner.take());
    match (read, trouble) {
        (Ok(format), trouble) => {
            if !delivery.stopped()
                && let Some((byte, reason)) = trouble
            {
                // A row of the report: what came before is good, and that something is missing must show.
                let _ = delivery.quarantine(format!("byte {byte} of the content"), reason, b"");
            }
            Ok(delivery.into_report(format))
        }
        // Too little came to tell what it is.
        (Err(IngestError::Unrecognised { .. }), Some((byte, reason))) => {
            Err(IngestError::unreadable(
                source_name,
                format!("byte {byte} of the content"),
                std::io::Error::other(reason),
            ))
        }
        (Err(error), _) => Err(error),
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
