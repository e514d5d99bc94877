//! HAR 1.2, as browsers and proxies save it: `{log: {entries: [{startedDateTime, time, request, response, timings}]}}`.
//!
//! Times are in milliseconds, -1 is unknown. Blocked, DNS, connecting (which includes TLS), sending and waiting
//! come before the first byte. Bodies are text without their coding, or base64. Only calls of models become spans.
//! Source: W3C draft "HTTP Archive (HAR) format", 14 August 2012.

use crate::delivery::Delivery;
use crate::head::{Head, mentions};
use crate::recorded::{self, from_base64, moment, object, text};
use crate::recorded_json::{self, Place};
use crate::{HttpExchange, IngestError};
use serde_json::{Map, Value};
use std::io::BufRead;
use std::time::Duration;

/// The longest time that is believed, in milliseconds: a day.
const MOST_MS: f64 = 86_400_000.0;

static PLACE: Place = Place {
    within: Some("log"),
    lists: &["entries"],
    understood: &["version", "creator", "browser", "pages", "comment"],
};

/// Recognised by `log` as the outer key, with entries or their maker inside.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    head.any_object(|keys| keys.contains("log"))
        && ["entries", "creator"]
            .iter()
            .any(|name| mentions(head.bytes(), name))
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    recorded_json::each(
        source,
        source_name,
        delivery,
        &PLACE,
        &mut |delivery, at, entry| recorded::deliver(delivery, at, &exchange(&entry)),
    )
}

fn exchange(entry: &Map<String, Value>) -> HttpExchange {
    let empty = Map::new();
    let request = object(entry, "request").unwrap_or(&empty);
    let response = object(entry, "response").unwrap_or(&empty);
    let timings = object(entry, "timings").unwrap_or(&empty);
    let member =
        |fields: &Map<String, Value>, name: &str| fields.get(name).map(text).unwrap_or_default();
    let content = object(response, "content").unwrap_or(&empty);
    let posted = object(request, "postData").unwrap_or(&empty);
    let status = response.get("status").and_then(Value::as_u64);
    // `ssl` is a part of `connect`.
    let before_first_byte = ["blocked", "dns", "connect", "send", "wait"]
        .iter()
        .filter_map(|name| millis(timings.get(*name)))
        .reduce(|sum, more| sum + more);
    let wait = millis(timings.get("wait"));
    let failure = ["_error", "_errorText"]
        .iter()
        .find_map(|name| response.get(*name).or(entry.get(*name)))
        .and_then(Value::as_str)
        .filter(|reason| !reason.is_empty());
    HttpExchange {
        method: member(request, "method"),
        url: member(request, "url"),
        request_headers: headers(request),
        request_body: body(posted),
        // Browsers write 0 where no response came.
        status: status
            .and_then(|status| u16::try_from(status).ok())
            .filter(|status| *status > 0),
        response_headers: headers(response),
        response_body: body(content),
        started_at: moment(&member(entry, "startedDateTime")),
        time_to_first_byte: wait.and(before_first_byte),
        duration: millis(entry.get("time")),
        error: failure.map(str::to_owned),
    }
}

/// A list of `{name, value}`.
fn headers(message: &Map<String, Value>) -> Vec<(String, String)> {
    let list = message.get("headers").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .map(|header| {
            let part = |name: &str| header.get(name).map(text).unwrap_or_default();
            (part("name"), part("value"))
        })
        .collect()
}

fn body(content: &Map<String, Value>) -> Vec<u8> {
    let said = content.get("text").map(text).unwrap_or_default();
    let is_base64 = content
        .get("encoding")
        .and_then(Value::as_str)
        .is_some_and(|encoding| encoding.eq_ignore_ascii_case("base64"));
    match from_base64(&said) {
        Some(bytes) if is_base64 => bytes,
        _ => said.into_bytes(),
    }
}

fn millis(value: Option<&Value>) -> Option<Duration> {
    let ms = value?.as_f64()?;
    (0.0..=MOST_MS)
        .contains(&ms)
        .then(|| Duration::from_secs_f64(ms / 1e3))
}
