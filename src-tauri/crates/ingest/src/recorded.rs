//! What recorders of HTTP have in common: an exchange is handed on as a call of a model, or counted as something else.

use crate::delivery::Delivery;
use crate::instant::iso;
use crate::{HttpExchange, HttpOutcome, HttpReading, read_http};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plumbline_model::UnixNanos;
use serde_json::{Map, Value};
use std::ops::ControlFlow;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// Where the loss report counts exchanges that are no calls of a model.
const OTHER: &str = "(calls of other APIs)";

/// Hands on what an exchange turns out to be. A start that no recorder wrote is taken from the response's `Date`.
pub(crate) fn deliver(
    delivery: &mut Delivery<'_>,
    at: &str,
    exchange: &HttpExchange,
) -> ControlFlow<()> {
    deliver_reading(delivery, at, exchange, read_http(exchange))
}

/// Hands on what was read of an exchange.
pub(crate) fn deliver_reading(
    delivery: &mut Delivery<'_>,
    at: &str,
    exchange: &HttpExchange,
    reading: HttpReading,
) -> ControlFlow<()> {
    match reading.outcome {
        HttpOutcome::ModelCall {
            mut span,
            raw,
            fields_unread,
        } => {
            if span.start_ns.0 == 0
                && let Some(date) = crate::http_headers::value(&exchange.response_headers, "date")
                && let Some(at) = moment(date)
            {
                span.start_ns = at;
                let took = exchange.duration.map(|took| took.as_nanos());
                span.end_ns = took
                    .and_then(|took| at.0.checked_add(i64::try_from(took).ok()?))
                    .map(UnixNanos);
                let source = "the Date header of the response".to_owned();
                span.tags.insert("start_time".to_owned(), source);
            }
            for (name, value) in &fields_unread {
                delivery.loss().note(name, value);
            }
            delivery.span(*span, raw)
        }
        HttpOutcome::NotModelCall => {
            let (url, _) = crate::http_headers::safe_url(&exchange.url);
            let place = url.split('?').next().unwrap_or_default();
            let example = Value::String(format!("{} {place}", exchange.method));
            delivery.loss().note(OTHER, &example);
            delivery.loss().next_record();
            ControlFlow::Continue(())
        }
        HttpOutcome::Unreadable { reason, raw } => delivery.quarantine(at, reason, &raw),
    }
}

/// Refuses a record whose text may hold keys: its size is reported, its text is not kept.
pub(crate) fn refuse(
    delivery: &mut Delivery<'_>,
    at: &str,
    reason: &str,
    record_bytes: usize,
) -> ControlFlow<()> {
    let reason = format!(
        "{reason} ({record_bytes} bytes, not kept here because recordings hold keys of APIs)"
    );
    delivery.quarantine(at, reason, b"")
}

/// A time as ISO 8601 or as HTTP writes it (RFC 9110, section 5.6.7).
pub(crate) fn moment(text: &str) -> Option<UnixNanos> {
    iso(text.trim()).or_else(|| {
        let at = OffsetDateTime::parse(text.trim(), &Rfc2822).ok()?;
        i64::try_from(at.unix_timestamp_nanos()).ok().map(UnixNanos)
    })
}

/// Headers as a map from names to a text or a list of texts.
pub(crate) fn headers(value: Option<&Value>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for (name, value) in value.and_then(Value::as_object).into_iter().flatten() {
        match value {
            Value::Array(values) => {
                headers.extend(values.iter().map(|value| (name.clone(), text(value))));
            }
            other => headers.push((name.clone(), text(other))),
        }
    }
    headers
}

/// A scalar as its text; null is empty.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The bytes that base64 text stands for, whatever its line ends.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let dense: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    STANDARD.decode(dense).ok()
}

/// A member that is an object.
pub(crate) fn object<'v>(
    fields: &'v Map<String, Value>,
    name: &str,
) -> Option<&'v Map<String, Value>> {
    fields.get(name).and_then(Value::as_object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_both_kinds_are_read() {
        let at = Some(UnixNanos(1_445_412_480_000_000_000));
        assert_eq!(moment("Wed, 21 Oct 2015 07:28:00 GMT"), at);
        assert_eq!(moment("2015-10-21T07:28:00Z"), at);
        assert_eq!(moment("yesterday"), None);
    }
}
