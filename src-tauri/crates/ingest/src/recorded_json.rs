//! The list of exchanges inside a recording that is JSON (`{log: {entries: […]}}`, `{interactions: […]}`), cut out
//! one by one, so that a recording may be larger than memory and an exchange that is broken costs itself alone.

use crate::IngestError;
use crate::delivery::Delivery;
use crate::json_bytes::{Halt, JsonBytes};
use crate::lines::LINE_BYTES;
use crate::recorded::refuse;
use crate::text::unfit;
use serde_json::{Map, Value};
use std::io::BufRead;
use std::ops::ControlFlow;

/// How much of a value that nobody reads is kept as its example.
const EXAMPLE_BYTES: usize = 2_000;

/// Where the exchanges stand.
pub(crate) struct Place {
    /// The member that holds the list's object; `None` where the outer object does.
    pub(crate) within: Option<&'static str>,
    pub(crate) lists: &'static [&'static str],
    /// Members beside the list that say nothing about a call.
    pub(crate) understood: &'static [&'static str],
}

type Take<'t> = dyn FnMut(&mut Delivery<'_>, &str, Map<String, Value>) -> ControlFlow<()> + 't;

/// Hands each exchange to `take` with its path.
///
/// # Errors
/// The source fails.
pub(crate) fn each(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
    place: &Place,
    take: &mut Take<'_>,
) -> Result<(), IngestError> {
    let mut json = JsonBytes::new(source);
    match walk(&mut json, delivery, place, take) {
        Ok(()) | Err(Halt::Stopped) => Ok(()),
        Err(Halt::Io(error)) => {
            let at = format!("byte {}", json.offset);
            Err(IngestError::unreadable(source_name, at, error))
        }
        Err(Halt::Broken { offset, reason }) => {
            let reason = format!("{reason}; what follows is not read");
            let _ = delivery.quarantine(format!("byte {offset}"), reason, b"");
            Ok(())
        }
    }
}

fn walk(
    json: &mut JsonBytes<'_>,
    delivery: &mut Delivery<'_>,
    place: &Place,
    take: &mut Take<'_>,
) -> Result<(), Halt> {
    json.skip_mark()?;
    let Some(within) = place.within else {
        members(json, delivery, place, take)?;
        return end(json);
    };
    json.expect(b'{')?;
    let mut first = true;
    while let Some(key) = json.next_member(&mut first)? {
        if key == within {
            members(json, delivery, place, take)?;
        } else {
            skip(json, delivery, &key, place)?;
        }
    }
    end(json)
}

fn end(json: &mut JsonBytes<'_>) -> Result<(), Halt> {
    match json.next_solid()? {
        None => Ok(()),
        Some(_) => json.broken("something stands behind the end of the recording"),
    }
}

fn members(
    json: &mut JsonBytes<'_>,
    delivery: &mut Delivery<'_>,
    place: &Place,
    take: &mut Take<'_>,
) -> Result<(), Halt> {
    json.expect(b'{')?;
    let mut first = true;
    while let Some(key) = json.next_member(&mut first)? {
        if place.lists.contains(&key.as_str()) && json.next_solid()? == Some(b'[') {
            list(json, delivery, &key, take)?;
        } else {
            skip(json, delivery, &key, place)?;
        }
    }
    Ok(())
}

fn list(
    json: &mut JsonBytes<'_>,
    delivery: &mut Delivery<'_>,
    key: &str,
    take: &mut Take<'_>,
) -> Result<(), Halt> {
    json.expect(b'[')?;
    let (mut first, mut index, mut raw) = (true, 0_u64, Vec::new());
    while json.next_element(&mut first)? {
        let before = json.offset;
        let whole = json.capture(&mut raw, LINE_BYTES)?;
        let at = format!("{key}[{index}]");
        let parsed = match unfit(&raw) {
            _ if !whole => Err("the exchange is longer than 64 MiB".to_owned()),
            Some(why) => Err(why),
            None => serde_json::from_slice(&raw).map_err(|error| error.to_string()),
        };
        let flow = match parsed {
            Ok(Value::Object(object)) => take(delivery, &at, object),
            Ok(_) => refuse(delivery, &at, "expected an object", raw.len()),
            Err(why) => {
                let bytes = usize::try_from(json.offset - before).unwrap_or(usize::MAX);
                refuse(delivery, &at, &why, bytes)
            }
        };
        if flow.is_break() {
            return Err(Halt::Stopped);
        }
        index += 1;
    }
    Ok(())
}

fn skip(
    json: &mut JsonBytes<'_>,
    delivery: &mut Delivery<'_>,
    key: &str,
    place: &Place,
) -> Result<(), Halt> {
    let mut value = Vec::new();
    json.capture(&mut value, EXAMPLE_BYTES)?;
    if !place.understood.contains(&key) && value != b"null" && value != b"[]" {
        let example = String::from_utf8_lossy(&value).into_owned();
        delivery.loss().note(key, &Value::String(example));
    }
    Ok(())
}
