//! OTLP as protobuf: an `ExportTraceServiceRequest` or an `ExportLogsServiceRequest`, or several one after another.
//! Both are built alike; a log record is told from a span by how its bytes begin.
//!
//! One `ResourceSpans` is in memory at a time. Spans are cut out by their lengths and decoded one by one, then
//! read as the OTLP/JSON they are equal to, so both encodings give the same rows and the raw record is text.
//! Wire format: protobuf "Encoding", length-delimited fields; containers of traces use the numbers 1 to 3 only.

use super::logs::Logs;
use super::proto;
use super::span::Scope;
use super::wire::WireOrigin;
use super::{Resource, deliver};
use crate::IngestError;
use crate::attributes::Attributes;
use crate::delivery::Delivery;
use crate::head::Head;
use crate::json_bytes::Halt;
use crate::lines::LINE_BYTES;
use prost::Message;
use serde_json::Value;
use std::io::{BufRead, Read};

/// The tag of field 1, 2 and 3 with a length behind it.
const FIRST: u8 = 0x0a;
const SECOND: u8 = 0x12;
const THIRD: u8 = 0x1a;
/// How a log record begins (its time, severity, attributes, observed time or name) and no span does: a span begins
/// with its trace id.
const LOG_RECORD: [u8; 5] = [0x09, 0x10, 0x32, 0x59, 0x62];
/// The longest resource or scope that is kept with the raw record of each of its spans.
const KEPT_ORIGIN_BYTES: usize = 16 * 1024;

/// Recognised by its outermost structure: what looks like lengths must agree with each other.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    let bytes = head.bytes();
    let Some((length, rest)) = bytes.strip_prefix(&[FIRST]).and_then(varint) else {
        return false;
    };
    // Resource and ScopeSpans follow each other; the last of them in sight may be cut by the end of the head.
    let whole = usize::try_from(length).is_ok_and(|length| length <= rest.len());
    let inside = match usize::try_from(length) {
        Ok(length) if whole => &rest[..length],
        _ => rest,
    };
    let mut at = inside;
    let mut seen_scope = false;
    while let Some((tag, behind)) = at.split_first() {
        if ![FIRST, SECOND, THIRD].contains(tag) {
            return false;
        }
        seen_scope |= *tag == SECOND;
        let Some((length, behind)) = varint(behind) else {
            return !whole && seen_scope;
        };
        // Attributes, a count, a scope or a span: how a resource and a scope's spans can begin.
        let odd = |byte: &u8| ![FIRST, 0x10, SECOND].contains(byte);
        if *tag != THIRD && length > 0 && behind.first().is_some_and(odd) {
            return false;
        }
        match usize::try_from(length)
            .ok()
            .and_then(|length| behind.get(length..))
        {
            Some(next) => at = next,
            None => return !whole && (seen_scope || *tag == FIRST),
        }
    }
    seen_scope
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    let mut offset = 0_u64;
    match file(source, &mut offset, delivery) {
        Ok(()) | Err(Halt::Stopped) => Ok(()),
        Err(Halt::Io(error)) => Err(IngestError::unreadable(
            source_name,
            format!("byte {offset}"),
            error,
        )),
        Err(Halt::Broken { offset, reason }) => {
            let reason = format!("{reason}; what follows is not read");
            let _ = delivery.quarantine(format!("byte {offset}"), reason, b"");
            Ok(())
        }
    }
}

fn file(
    source: &mut dyn BufRead,
    offset: &mut u64,
    delivery: &mut Delivery<'_>,
) -> Result<(), Halt> {
    let mut logs = Logs::default();
    let walked = groups(source, offset, delivery, &mut logs);
    // What waits was read before a break and is handed over all the same.
    if !matches!(walked, Err(Halt::Stopped)) {
        logs.finish(delivery)?;
    }
    walked
}

fn groups(
    source: &mut dyn BufRead,
    offset: &mut u64,
    delivery: &mut Delivery<'_>,
    logs: &mut Logs,
) -> Result<(), Halt> {
    let mut index = 0_u64;
    while !source.fill_buf()?.is_empty() {
        let start = *offset;
        let broken = |reason: &str| {
            Err(Halt::Broken {
                offset: start,
                reason: reason.to_owned(),
            })
        };
        let mut tag = [0];
        source.read_exact(&mut tag)?;
        let Some((length, width)) = read_varint(source)? else {
            return broken("a length is cut off or malformed");
        };
        *offset += 1 + width;
        if tag[0] & 7 != 2 {
            return broken("this is no field of an export");
        }
        if length > LINE_BYTES as u64 {
            return broken("a group of spans is longer than 64 MiB");
        }
        let mut group = Vec::new();
        source.take(length).read_to_end(&mut group)?;
        *offset += group.len() as u64;
        if (group.len() as u64) < length {
            // What is whole of it is read; the cut is a row of its own.
            resource_spans(&group, index, delivery, logs)?;
            return broken("the file is cut off inside this group of spans");
        }
        if tag[0] == FIRST {
            resource_spans(&group, index, delivery, logs)?;
        } else {
            delivery
                .loss()
                .note(&format!("field {}", tag[0] >> 3), &Value::Null);
        }
        index += 1;
    }
    Ok(())
}

/// One group: its resource, then the spans of each scope.
fn resource_spans(
    bytes: &[u8],
    index: u64,
    delivery: &mut Delivery<'_>,
    logs: &mut Logs,
) -> Result<(), Halt> {
    let mut resource = Resource::default();
    for Field {
        tag,
        payload,
        whole,
    } in Fields(bytes)
    {
        if tag == FIRST && whole {
            match proto::Resource::decode(payload) {
                Ok(message) => {
                    let (origin, raw) = origin(&message.to_json());
                    resource.attributes = Attributes::of(origin.attributes.unwrap_or_default());
                    resource.raw = raw;
                }
                Err(error) => delivery.loss().note(
                    "resource (not understood)",
                    &Value::String(error.to_string()),
                ),
            }
        }
    }
    let scopes = Fields(bytes).filter(|field| field.tag == SECOND);
    for (number, Field { payload, .. }) in scopes.enumerate() {
        let at = format!("resourceSpans[{index}].scopeSpans[{number}]");
        scope_spans(payload, &at, &resource, delivery, logs)?;
    }
    Ok(())
}

fn scope_spans(
    bytes: &[u8],
    at: &str,
    resource: &Resource,
    delivery: &mut Delivery<'_>,
    logs: &mut Logs,
) -> Result<(), Halt> {
    let mut scope = Scope::default();
    for Field {
        tag,
        payload,
        whole,
    } in Fields(bytes)
    {
        if tag == FIRST && whole {
            match proto::Scope::decode(payload) {
                Ok(message) => {
                    let (origin, raw) = origin(&message.to_json());
                    scope.name = origin.name.unwrap_or_default();
                    scope.attributes = Attributes::of(origin.attributes.unwrap_or_default());
                    scope.raw = raw;
                }
                Err(error) => delivery
                    .loss()
                    .note("scope (not understood)", &Value::String(error.to_string())),
            }
        }
    }
    let spans = Fields(bytes).filter(|field| field.tag == SECOND && field.whole);
    for (number, Field { payload, .. }) in spans.enumerate() {
        if payload
            .first()
            .is_some_and(|byte| LOG_RECORD.contains(byte))
        {
            let at = format!(
                "{}.logRecords[{number}]",
                at.replace("resourceSpans", "resourceLogs")
                    .replace("scopeSpans", "scopeLogs")
            );
            match proto::LogRecord::decode(payload) {
                Ok(record) => {
                    let raw = record.to_json().to_string();
                    logs.record(delivery, &at, raw.as_bytes(), &resource.raw, &scope.raw)?;
                }
                Err(error) => {
                    if delivery
                        .quarantine(at, format!("{error}"), payload)
                        .is_break()
                    {
                        return Err(Halt::Stopped);
                    }
                }
            }
            continue;
        }
        let at = format!("{at}.spans[{number}]");
        match proto::Span::decode(payload) {
            Ok(span) => {
                let raw = span.to_json().to_string().into_bytes();
                let raw = logs.joined(&raw).unwrap_or(raw);
                let origin = (Some(resource), Some(&scope));
                deliver(delivery, &at, &raw, origin, Some(&mut *logs))?;
            }
            Err(error) => {
                if delivery
                    .quarantine(at, format!("{error}"), payload)
                    .is_break()
                {
                    return Err(Halt::Stopped);
                }
            }
        }
    }
    Ok(())
}

fn origin(json: &Value) -> (WireOrigin, Vec<u8>) {
    let raw = json.to_string().into_bytes();
    let origin = serde_json::from_slice(&raw).unwrap_or_default();
    let kept = if raw.len() <= KEPT_ORIGIN_BYTES {
        raw
    } else {
        Vec::new()
    };
    (origin, kept)
}

struct Field<'a> {
    tag: u8,
    payload: &'a [u8],
    /// False when the bytes end before the payload does.
    whole: bool,
}

/// The length-delimited fields of a message. It ends where the bytes are cut or no message.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let (tag, behind) = std::mem::take(&mut self.0).split_first()?;
        let (length, behind) = varint(behind)?;
        if tag & 7 != 2 || *tag & 0x80 != 0 {
            return None;
        }
        let inside = usize::try_from(length)
            .ok()
            .filter(|length| *length <= behind.len());
        let (payload, rest) = behind.split_at(inside.unwrap_or(behind.len()));
        self.0 = rest;
        Some(Field {
            tag: *tag,
            payload,
            whole: inside.is_some(),
        })
    }
}

/// A base-128 number of at most ten bytes, and what follows it.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f).checked_shl(7 * u32::try_from(at).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

fn read_varint(source: &mut dyn BufRead) -> std::io::Result<Option<(u64, u64)>> {
    let mut bytes = Vec::with_capacity(10);
    while bytes.len() < 10 {
        let mut byte = [0];
        if source.take(1).read(&mut byte)? == 0 {
            return Ok(None);
        }
        bytes.push(byte[0]);
        if byte[0] & 0x80 == 0 {
            return Ok(varint(&bytes).map(|(value, _)| (value, bytes.len() as u64)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_width_are_read_and_endless_ones_are_none() {
        assert_eq!(varint(&[0x05, 9]), Some((5, &[9][..])));
        assert_eq!(varint(&[0xac, 0x02]), Some((300, &[][..])));
        assert_eq!(varint(&[0xff; 9]), None, "cut");
        assert_eq!(varint(&[0xff; 20]), None, "endless");
        let mut widest = [0xff; 10];
        widest[9] = 1;
        assert_eq!(varint(&widest), Some((u64::MAX, &[][..])));
    }

    #[test]
    fn text_that_begins_with_line_ends_is_not_mistaken_for_an_export() {
        for text in [
            "\n\n\n{\"a\":1}\n",
            "\n",
            "\n\n",
            "\n{\"resourceSpans\":[]}",
            "\n\u{12}\n",
        ] {
            assert!(!detect(&Head::of(text.as_bytes())), "{text:?}");
        }
    }
}
