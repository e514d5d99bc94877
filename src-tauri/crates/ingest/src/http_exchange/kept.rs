//! Exchanges as `read_http` keeps them, one JSON object a line: what a recording proxy writes, and the raw record of
//! every call that came from a cassette or a HAR file. Secrets are out, bodies are plain, streams put together.

use super::{Came, HttpExchange, read_as};
use crate::IngestError;
use crate::delivery::Delivery;
use crate::head::Head;
use crate::json_values;
use crate::recorded::{deliver_reading, headers, text};
use plumbline_model::UnixNanos;
use serde_json::{Map, Value};
use std::io::BufRead;
use std::time::Duration;

/// Recognised by the keys that this crate writes.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    head.any_object(|keys| {
        [
            "method",
            "url",
            "request_headers",
            "response_headers",
            "request_body",
            "response_body",
        ]
        .iter()
        .all(|key| keys.contains(key))
    })
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    json_values::each(
        source,
        source_name,
        delivery,
        &mut |delivery, found| match found.value {
            Value::Object(mut object) if object.contains_key("url") => {
                let came = came(&mut object);
                let exchange = exchange(&object);
                let reading = read_as(&exchange, Some(came));
                deliver_reading(delivery, found.at, &exchange, reading)
            }
            _ => delivery.quarantine(found.at, "expected an exchange with a `url`", found.raw),
        },
    )
}

fn exchange(object: &Map<String, Value>) -> HttpExchange {
    let member = |name: &str| object.get(name).map(text).unwrap_or_default();
    let span = |name: &str| {
        object
            .get(name)
            .and_then(Value::as_u64)
            .map(Duration::from_nanos)
    };
    let status = object.get("status").and_then(Value::as_u64);
    HttpExchange {
        method: member("method"),
        url: member("url"),
        request_headers: headers(object.get("request_headers")),
        request_body: member("request_body").into_bytes(),
        status: status.and_then(|status| u16::try_from(status).ok()),
        response_headers: headers(object.get("response_headers")),
        response_body: Vec::new(),
        started_at: object
            .get("started_at_ns")
            .and_then(Value::as_i64)
            .map(UnixNanos),
        time_to_first_byte: span("time_to_first_byte_ns"),
        duration: span("duration_ns"),
        error: object
            .get("error")
            .and_then(Value::as_str)
            .map(str::to_owned),
    }
}

fn came(object: &mut Map<String, Value>) -> Came {
    let mut came = Came {
        events: object.get("stream_events").and_then(Value::as_u64),
        is_cut: object.get("is_cut") == Some(&Value::Bool(true)),
        ..Came::default()
    };
    match object.remove("response_body") {
        Some(Value::Object(body)) => came.body = body,
        None | Some(Value::Null) => {}
        Some(other) => came.text = Some(text(&other)),
    }
    came
}
