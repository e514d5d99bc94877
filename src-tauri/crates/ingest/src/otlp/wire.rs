//! A span, a resource and a scope as they stand on the wire of OTLP/JSON.
//!
//! camelCase by the specification; snake_case is tolerated. Fields nobody knows are kept with their values.

use super::anyvalue::KeyValue;
use crate::canonical::Key;
use plumbline_model::UnixNanos;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// One span.
#[derive(Default)]
pub(crate) struct WireSpan {
    pub(crate) trace_id: Option<String>,
    pub(crate) span_id: Option<String>,
    pub(crate) parent_id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) start: Option<UnixNanos>,
    pub(crate) end: Option<UnixNanos>,
    pub(crate) attributes: Vec<KeyValue>,
    pub(crate) events: Vec<WireEvent>,
    pub(crate) status: WireStatus,
    pub(crate) unknown: Vec<(String, Value)>,
}

/// One event of a span.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct WireEvent {
    pub(crate) name: Option<String>,
    #[serde(rename = "timeUnixNano", alias = "time_unix_nano")]
    pub(crate) time: Option<UnixNanos>,
    pub(crate) attributes: Option<Vec<KeyValue>>,
}

/// How a span ended.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct WireStatus {
    /// 0 unset, 1 ok, 2 error, or the name of one of these.
    pub(crate) code: Value,
    pub(crate) message: Option<String>,
}

/// A resource or a scope.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct WireOrigin {
    pub(crate) name: Option<String>,
    pub(crate) attributes: Option<Vec<KeyValue>>,
}

impl<'de> Deserialize<'de> for WireSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = WireSpan;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a span as an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WireSpan, A::Error> {
        let mut span = WireSpan::default();
        while let Some(Key(key)) = map.next_key()? {
            let name = &*key;
            match name {
                "traceId" | "trace_id" => span.trace_id = next(name, &mut map)?,
                "spanId" | "span_id" => span.span_id = next(name, &mut map)?,
                "parentSpanId" | "parent_span_id" => span.parent_id = next(name, &mut map)?,
                "name" => span.name = next(name, &mut map)?,
                "startTimeUnixNano" | "start_time_unix_nano" => span.start = next(name, &mut map)?,
                "endTimeUnixNano" | "end_time_unix_nano" => span.end = next(name, &mut map)?,
                "attributes" => span.attributes = next(name, &mut map)?.unwrap_or_default(),
                "events" => span.events = next(name, &mut map)?.unwrap_or_default(),
                "status" => span.status = next(name, &mut map)?.unwrap_or_default(),
                // Client or server and the sampling flags: nothing that a canonical span says.
                "kind" | "flags" => {
                    next::<Value, _>(name, &mut map)?;
                }
                _ => {
                    // As a value, not skipped: reading it bounds its depth, skipping would not.
                    let value: Value = next(name, &mut map)?.unwrap_or_default();
                    if !is_nothing(&value) {
                        span.unknown.push((key.into_owned(), value));
                    }
                }
            }
        }
        Ok(span)
    }
}

/// Zero, empty and null: what a producer writes for a field it does not use.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Number(number) => number.as_u64() == Some(0),
        Value::Bool(_) | Value::Object(_) => false,
    }
}

fn next<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    name: &str,
    map: &mut A,
) -> Result<Option<T>, A::Error> {
    map.next_value()
        .map_err(|error| A::Error::custom(format!("`{name}`: {error}")))
}
