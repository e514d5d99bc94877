//! One interaction of a cassette, in any of its dialects, as an exchange.

use crate::HttpExchange;
use crate::recorded::{from_base64, headers, moment, object, text};
use serde_json::{Map, Value};
use std::time::Duration;

/// `has_binary` says that the YAML marked a text as binary: bodies which are base64 are then what it stands for.
pub(super) fn exchange(fields: &Map<String, Value>, has_binary: bool) -> HttpExchange {
    let empty = Map::new();
    let request = object(fields, "request").unwrap_or(&empty);
    let response = object(fields, "response").unwrap_or(&empty);
    let member = |names: &[&str]| {
        let found = names.iter().find_map(|name| request.get(*name));
        found.map(text).unwrap_or_default()
    };
    let recorded = fields.get("recorded_at").map(text);
    HttpExchange {
        method: member(&["method"]),
        url: member(&["uri", "url"]),
        request_headers: headers(request.get("headers")),
        request_body: body(request.get("body"), has_binary),
        status: status(response),
        response_headers: headers(response.get("headers")),
        // `content` is how vcrpy before 6 kept responses of httpx.
        response_body: body(response.get("body").or(response.get("content")), has_binary),
        started_at: recorded.as_deref().and_then(moment),
        time_to_first_byte: None,
        duration: response.get("duration").and_then(duration),
        error: None,
    }
}

fn status(response: &Map<String, Value>) -> Option<u16> {
    let status = response.get("status");
    let code = status
        .and_then(|status| status.get("code"))
        .or(response.get("code"))
        .or(response.get("status_code"))
        .or(status)?;
    let code = code
        .as_u64()
        .or_else(|| code.as_str()?.get(..3)?.parse().ok());
    code.and_then(|code| u16::try_from(code).ok())
}

/// Text, `{string}`, or `{base64_string}`.
fn body(value: Option<&Value>, has_binary: bool) -> Vec<u8> {
    let Some(value) = value else {
        return Vec::new();
    };
    if let Some(Value::String(encoded)) = value.get("base64_string") {
        return from_base64(encoded).unwrap_or_default();
    }
    let said = match value {
        Value::Object(object) => object.get("string").map(text).unwrap_or_default(),
        other => text(other),
    };
    match from_base64(&said) {
        Some(bytes) if has_binary => bytes,
        _ => said.into_bytes(),
    }
}

/// Nanoseconds as a number, or text as Go writes it (`1.5s`, `320.5ms`).
fn duration(value: &Value) -> Option<Duration> {
    if let Some(nanos) = value.as_u64() {
        return (nanos > 0).then(|| Duration::from_nanos(nanos));
    }
    let text = value.as_str()?.trim();
    let (number, seconds) = [("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9), ("s", 1.0)]
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, *seconds)))?;
    let number: f64 = number.parse().ok()?;
    (number > 0.0 && number.is_finite())
        .then(|| Duration::try_from_secs_f64(number * seconds).ok())
        .flatten()
}
