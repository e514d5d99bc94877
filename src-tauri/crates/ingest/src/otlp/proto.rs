//! The messages of OTLP traces as protobuf, and how each is written as OTLP/JSON.
//!
//! Only the leaves are declared: who holds whom is walked in `protobuf`, so that a broken span costs itself alone.
//! Field numbers: opentelemetry-proto, `trace.proto`, `resource.proto`, `common.proto` (1.x, stable). JSON by its
//! "JSON Protobuf Encoding": ids are hex, 64-bit integers decimal text, bytes base64, enums numbers.

use crate::identity::hex;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use prost::{Message, Oneof};
use serde_json::{Map, Value, json};

#[derive(Clone, PartialEq, Message)]
pub(super) struct Resource {
    #[prost(message, repeated, tag = "1")]
    pub(super) attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Scope {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    pub(super) version: String,
    #[prost(message, repeated, tag = "3")]
    pub(super) attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Span {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) span_id: Vec<u8>,
    #[prost(string, tag = "3")]
    pub(super) trace_state: String,
    #[prost(bytes = "vec", tag = "4")]
    pub(super) parent_span_id: Vec<u8>,
    #[prost(string, tag = "5")]
    pub(super) name: String,
    #[prost(int32, tag = "6")]
    pub(super) kind: i32,
    #[prost(fixed64, tag = "7")]
    pub(super) start_time_unix_nano: u64,
    #[prost(fixed64, tag = "8")]
    pub(super) end_time_unix_nano: u64,
    #[prost(message, repeated, tag = "9")]
    pub(super) attributes: Vec<KeyValue>,
    #[prost(uint32, tag = "10")]
    pub(super) dropped_attributes_count: u32,
    #[prost(message, repeated, tag = "11")]
    pub(super) events: Vec<Event>,
    #[prost(uint32, tag = "12")]
    pub(super) dropped_events_count: u32,
    #[prost(message, repeated, tag = "13")]
    pub(super) links: Vec<Link>,
    #[prost(uint32, tag = "14")]
    pub(super) dropped_links_count: u32,
    #[prost(message, optional, tag = "15")]
    pub(super) status: Option<Status>,
    #[prost(fixed32, tag = "16")]
    pub(super) flags: u32,
}

/// `logs.proto`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct LogRecord {
    #[prost(fixed64, tag = "1")]
    pub(super) time_unix_nano: u64,
    #[prost(message, optional, tag = "5")]
    pub(super) body: Option<AnyValue>,
    #[prost(message, repeated, tag = "6")]
    pub(super) attributes: Vec<KeyValue>,
    #[prost(bytes = "vec", tag = "9")]
    pub(super) trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "10")]
    pub(super) span_id: Vec<u8>,
    #[prost(fixed64, tag = "11")]
    pub(super) observed_time_unix_nano: u64,
    #[prost(string, tag = "12")]
    pub(super) event_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Event {
    #[prost(fixed64, tag = "1")]
    pub(super) time_unix_nano: u64,
    #[prost(string, tag = "2")]
    pub(super) name: String,
    #[prost(message, repeated, tag = "3")]
    pub(super) attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Link {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) span_id: Vec<u8>,
    #[prost(message, repeated, tag = "4")]
    pub(super) attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Status {
    #[prost(string, tag = "2")]
    pub(super) message: String,
    #[prost(int32, tag = "3")]
    pub(super) code: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct KeyValue {
    #[prost(string, tag = "1")]
    pub(super) key: String,
    #[prost(message, optional, tag = "2")]
    pub(super) value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct AnyValue {
    #[prost(oneof = "Any", tags = "1, 2, 3, 4, 5, 6, 7")]
    pub(super) value: Option<Any>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum Any {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(bool, tag = "2")]
    Flag(bool),
    #[prost(int64, tag = "3")]
    Int(i64),
    #[prost(double, tag = "4")]
    Double(f64),
    #[prost(message, tag = "5")]
    Array(ArrayValue),
    #[prost(message, tag = "6")]
    Pairs(KeyValueList),
    #[prost(bytes = "vec", tag = "7")]
    Bytes(Vec<u8>),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ArrayValue {
    #[prost(message, repeated, tag = "1")]
    pub(super) values: Vec<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct KeyValueList {
    #[prost(message, repeated, tag = "1")]
    pub(super) values: Vec<KeyValue>,
}

impl Resource {
    pub(super) fn to_json(&self) -> Value {
        json!({ "attributes": key_values(&self.attributes) })
    }
}

impl Scope {
    pub(super) fn to_json(&self) -> Value {
        let mut scope = Map::new();
        set_text(&mut scope, "name", &self.name);
        set_text(&mut scope, "version", &self.version);
        set_list(&mut scope, "attributes", key_values(&self.attributes));
        scope.into()
    }
}

impl Span {
    pub(super) fn to_json(&self) -> Value {
        let mut span = Map::new();
        set_text(&mut span, "traceId", &hex(&self.trace_id));
        set_text(&mut span, "spanId", &hex(&self.span_id));
        set_text(&mut span, "parentSpanId", &hex(&self.parent_span_id));
        set_text(&mut span, "traceState", &self.trace_state);
        set_text(&mut span, "name", &self.name);
        set_count(&mut span, "kind", self.kind.into());
        set_nanos(&mut span, "startTimeUnixNano", self.start_time_unix_nano);
        set_nanos(&mut span, "endTimeUnixNano", self.end_time_unix_nano);
        set_list(&mut span, "attributes", key_values(&self.attributes));
        set_count(
            &mut span,
            "droppedAttributesCount",
            self.dropped_attributes_count.into(),
        );
        set_list(
            &mut span,
            "events",
            self.events.iter().map(Event::to_json).collect(),
        );
        set_count(
            &mut span,
            "droppedEventsCount",
            self.dropped_events_count.into(),
        );
        set_list(
            &mut span,
            "links",
            self.links.iter().map(Link::to_json).collect(),
        );
        set_count(
            &mut span,
            "droppedLinksCount",
            self.dropped_links_count.into(),
        );
        if let Some(status) = &self.status {
            let mut json = Map::new();
            set_text(&mut json, "message", &status.message);
            set_count(&mut json, "code", status.code.into());
            span.insert("status".to_owned(), json.into());
        }
        set_count(&mut span, "flags", self.flags.into());
        span.into()
    }
}

impl LogRecord {
    pub(super) fn to_json(&self) -> Value {
        let mut record = Map::new();
        set_nanos(&mut record, "timeUnixNano", self.time_unix_nano);
        set_nanos(
            &mut record,
            "observedTimeUnixNano",
            self.observed_time_unix_nano,
        );
        set_text(&mut record, "traceId", &hex(&self.trace_id));
        set_text(&mut record, "spanId", &hex(&self.span_id));
        set_text(&mut record, "eventName", &self.event_name);
        set_list(&mut record, "attributes", key_values(&self.attributes));
        if self.body.is_some() {
            record.insert("body".to_owned(), any(self.body.as_ref()));
        }
        record.into()
    }
}

impl Event {
    fn to_json(&self) -> Value {
        let mut event = Map::new();
        set_nanos(&mut event, "timeUnixNano", self.time_unix_nano);
        set_text(&mut event, "name", &self.name);
        set_list(&mut event, "attributes", key_values(&self.attributes));
        event.into()
    }
}

impl Link {
    fn to_json(&self) -> Value {
        let mut link = Map::new();
        set_text(&mut link, "traceId", &hex(&self.trace_id));
        set_text(&mut link, "spanId", &hex(&self.span_id));
        set_list(&mut link, "attributes", key_values(&self.attributes));
        link.into()
    }
}

fn key_values(list: &[KeyValue]) -> Vec<Value> {
    list.iter()
        .map(|pair| json!({ "key": pair.key, "value": any(pair.value.as_ref()) }))
        .collect()
}

/// Nesting is bounded by the decoder, at 100 levels.
fn any(value: Option<&AnyValue>) -> Value {
    match value.and_then(|value| value.value.as_ref()) {
        None => json!({}),
        Some(Any::Text(text)) => json!({ "stringValue": text }),
        Some(Any::Flag(flag)) => json!({ "boolValue": flag }),
        Some(Any::Int(int)) => json!({ "intValue": int.to_string() }),
        // JSON has no word for the numbers that are none; protobuf's JSON writes their names.
        Some(Any::Double(double)) if double.is_nan() => json!({ "doubleValue": "NaN" }),
        Some(Any::Double(double)) if double.is_infinite() => {
            json!({ "doubleValue": if *double > 0.0 { "Infinity" } else { "-Infinity" } })
        }
        Some(Any::Double(double)) => json!({ "doubleValue": double }),
        Some(Any::Array(list)) => {
            let values: Vec<Value> = list.values.iter().map(|value| any(Some(value))).collect();
            json!({ "arrayValue": { "values": values } })
        }
        Some(Any::Pairs(pairs)) => {
            json!({ "kvlistValue": { "values": key_values(&pairs.values) } })
        }
        Some(Any::Bytes(bytes)) => json!({ "bytesValue": STANDARD.encode(bytes) }),
    }
}

fn set_text(object: &mut Map<String, Value>, name: &str, text: &str) {
    if !text.is_empty() {
        object.insert(name.to_owned(), text.into());
    }
}

fn set_count(object: &mut Map<String, Value>, name: &str, count: i64) {
    if count != 0 {
        object.insert(name.to_owned(), count.into());
    }
}

fn set_nanos(object: &mut Map<String, Value>, name: &str, nanos: u64) {
    if nanos != 0 {
        object.insert(name.to_owned(), nanos.to_string().into());
    }
}

fn set_list(object: &mut Map<String, Value>, name: &str, list: Vec<Value>) {
    if !list.is_empty() {
        object.insert(name.to_owned(), list.into());
    }
}
