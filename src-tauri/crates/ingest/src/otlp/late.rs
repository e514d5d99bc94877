//! Joining a call and what was said in it when they came in different exports.
//!
//! Both are raw records as this crate hands them on: one export with one span each. The rules are those of `logs`.

use super::logs::ASSEMBLED;
use serde_json::{Map, Value};

const PLACE: &str = "/resourceSpans/0/scopeSpans/0/spans/0";

/// True for a span that was put together from log records because its own was not there.
#[must_use]
pub fn is_assembled(span: &plumbline_model::Span) -> bool {
    span.tags.contains_key(ASSEMBLED)
}

/// The record of `base` with what only `more` says: its events, and attributes that `base` has not. The result is
/// assembled only if `base` is. `None` where one of them is no record of one span.
#[must_use]
pub fn join_late(base: &[u8], more: &[u8]) -> Option<Vec<u8>> {
    let mut base: Value = serde_json::from_slice(base).ok()?;
    let mut more: Value = serde_json::from_slice(more).ok()?;
    let more = more.pointer_mut(PLACE)?.as_object_mut()?;
    let span = base.pointer_mut(PLACE)?.as_object_mut()?;
    let events = list(more, "events");
    let held = list(span, "events");
    // An export that is sent again says nothing new.
    let new = events.into_iter().filter(|event| !held.contains(event));
    let mut events: Vec<Value> = new.collect();
    events.splice(0..0, held);
    events.sort_by_key(nanos);
    let mut attributes = list(span, "attributes");
    for attribute in list(more, "attributes") {
        let key = attribute.get("key");
        let is_known = attributes.iter().any(|held| held.get("key") == key);
        if !is_known && key.and_then(Value::as_str) != Some(ASSEMBLED) {
            attributes.push(attribute);
        }
    }
    let is_assembled = attributes
        .iter()
        .any(|held| held.get("key").and_then(Value::as_str) == Some(ASSEMBLED));
    let starts = [&*span, more].map(|span| span.get("startTimeUnixNano").and_then(number));
    // A call's start is measured; that of records is the first of them.
    if is_assembled && let [Some(held), Some(other)] = starts {
        let first = held.min(other).to_string();
        span.insert("startTimeUnixNano".to_owned(), first.into());
    }
    span.insert("events".to_owned(), events.into());
    span.insert("attributes".to_owned(), attributes.into());
    Some(base.to_string().into_bytes())
}

fn list(span: &mut Map<String, Value>, name: &str) -> Vec<Value> {
    match span.get_mut(name).map(Value::take) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

fn nanos(event: &Value) -> u64 {
    event
        .get("timeUnixNano")
        .and_then(number)
        .unwrap_or_default()
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
