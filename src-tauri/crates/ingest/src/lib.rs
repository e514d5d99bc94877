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
mod instant;
mod json_bytes;
mod json_values;
mod langfuse;
mod langsmith;
mod lines;
mod litellm;
mod loss;
mod messages;
mod mooncake;
mod openai_body;
mod openai_log;
mod otlp;
mod packed;
mod promptfoo;
mod recorded;
mod recorded_json;
mod request_csv;
mod text;
mod vcr;

pub use canonical::to_canonical_line;
pub use completeness::Completeness;
pub use delivery::{Item, ReadReport};
pub use error::IngestError;
pub use format::{Format, detect};
pub use http_exchange::{HttpExchange, HttpOutcome, HttpReading, read_http};
pub use otlp::to_otlp;

use delivery::Delivery;
use head::HEAD_BYTES;
use packed::Packing;
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
    let head = beginning(source, source_name)?;
    match Packing::of(&head) {
        None => {
            let mut delivery = Delivery::new(sink);
            let format = plain(head, source, format, source_name, &mut delivery)?;
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
            let format = plain(head, &mut inside, format, source_name, &mut delivery)?;
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
    format: Option<Format>,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<Format, IngestError> {
    let Some(format) = format.or_else(|| detect(&head)) else {
        return Err(IngestError::unrecognised(source_name, &head));
    };
    let mut whole = Cursor::new(head).chain(rest);
    format.read(&mut whole, source_name, delivery)?;
    Ok(format)
}
