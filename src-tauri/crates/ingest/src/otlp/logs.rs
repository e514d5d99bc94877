//! GenAI events that arrive as log records, gathered by the span they belong to.
//!
//! Records wait until their span comes in the same source, and are then events of it. A model call without messages
//! waits for its records likewise, up to the end of the source; if 16 MiB of calls waited and no record came, no
//! more do. Records that wait at the end (or are more than 64 MiB) become one span for each span id: a model call
//! with its messages that begins with its first record and has no end. Where the span itself stands in another
//! source, the workspace therefore holds two spans of one id: the call as measured, and what was said in it.
//! Sources: opentelemetry-proto `logs.proto`; semantic conventions, "GenAI events" 1.28 to 1.36 (an event for each
//! message, fields in the body) and 1.37 (`gen_ai.client.inference.operation.details`, all in attributes).

use super::common::OWN_SCOPE;
use super::{Resource, deliver};
use crate::attributes::Attributes;
use crate::delivery::Delivery;
use crate::identity::wire_id;
use crate::json_bytes::Halt;
use crate::otlp::span::Scope;
use crate::otlp::wire::WireOrigin;
use crate::text::unfit;
use plumbline_model::{Span, SpanKind};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// How much waits for spans.
const WAITING_BYTES: usize = 64 * 1024 * 1024;
/// How much of model calls without messages waits for records.
const HELD_BYTES: usize = 16 * 1024 * 1024;
/// Where the loss report counts records that say nothing of a model.
const OTHER: &str = "(log records)";
/// The event that holds a whole call; its attributes are the span's.
const DETAILS: &str = "gen_ai.client.inference.operation.details";
/// Says on a span that no span was there.
pub(super) const ASSEMBLED: &str = "plumbline.assembled.from";

/// Log records whose span has not been seen.
#[derive(Default)]
pub(super) struct Logs {
    groups: Vec<Option<Group>>,
    by_id: HashMap<(String, String), usize>,
    bytes: usize,
    held: Vec<Held>,
    held_bytes: usize,
    /// An event was seen, so more may come.
    has_events: bool,
    gave_up: bool,
}

/// A model call without messages.
struct Held {
    at: String,
    raw: Vec<u8>,
    resource: Vec<u8>,
    scope: Vec<u8>,
}

#[derive(Default)]
struct Group {
    at: String,
    trace_id: String,
    span_id: String,
    start: Option<u64>,
    events: Vec<Value>,
    /// What the records say of the call as a whole, as attributes of the wire.
    attributes: Vec<Value>,
    resource: Vec<u8>,
    scope: Vec<u8>,
}

impl Logs {
    /// Takes one record; `resource` and `scope` as they stand in the file.
    pub(super) fn record(
        &mut self,
        delivery: &mut Delivery<'_>,
        at: &str,
        raw: &[u8],
        resource: &[u8],
        scope: &[u8],
    ) -> Result<(), Halt> {
        let parsed = match unfit(raw) {
            Some(why) => Err(why),
            None => serde_json::from_slice::<Map<String, Value>>(raw)
                .map_err(|error| format!("{error} of the log record")),
        };
        let record = match parsed {
            Ok(record) => Record::of(record),
            Err(why) => return refuse(delivery, at, &why, raw),
        };
        if !record.name.starts_with("gen_ai.") {
            delivery.loss().note(OTHER, &Value::from(record.name));
            delivery.loss().next_record();
            return Ok(());
        }
        let (Some(trace_id), Some(span_id)) = (record.trace_id.clone(), record.span_id.clone())
        else {
            let why = "the event names no span: `traceId` or `spanId` is missing or zero";
            return refuse(delivery, at, why, raw);
        };
        self.has_events = true;
        let next = self.groups.len();
        let index = *self
            .by_id
            .entry((trace_id.clone(), span_id.clone()))
            .or_insert(next);
        if index == next {
            self.bytes += resource.len() + scope.len();
            self.groups.push(Some(Group {
                at: at.to_owned(),
                trace_id,
                span_id,
                resource: resource.to_vec(),
                scope: scope.to_vec(),
                ..Group::default()
            }));
        }
        if let Some(Some(group)) = self.groups.get_mut(index) {
            group.add(record);
        }
        self.bytes += raw.len();
        if self.bytes > WAITING_BYTES {
            self.finish(delivery)?;
        }
        Ok(())
    }

    /// The span with the records that waited for it as its events; `None` where none did.
    pub(super) fn joined(&mut self, span: &[u8]) -> Option<Vec<u8>> {
        if self.by_id.is_empty() {
            return None;
        }
        let mut span: Map<String, Value> = serde_json::from_slice(span).ok()?;
        let id = |span: &Map<String, Value>, names: [&str; 2], bytes| {
            let text = names.iter().find_map(|name| span.get(*name)?.as_str())?;
            wire_id(text, bytes)
        };
        let trace_id = id(&span, ["traceId", "trace_id"], 16)?;
        let span_id = id(&span, ["spanId", "span_id"], 8)?;
        let index = self.by_id.remove(&(trace_id, span_id))?;
        let group = self.groups.get_mut(index)?.take()?;
        append(&mut span, "events", group.events);
        let held: Vec<&str> = keys(span.get("attributes")).collect();
        let new = group.attributes.iter();
        let new = new.filter(|attribute| keys_of(attribute).is_none_or(|key| !held.contains(&key)));
        let new = new.cloned().collect();
        append(&mut span, "attributes", new);
        Some(Value::Object(span).to_string().into_bytes())
    }

    /// Keeps a model call without messages, whose records may come; true when it is kept.
    pub(super) fn holds(
        &mut self,
        span: &Span,
        at: &str,
        raw: &[u8],
        resource: &Resource,
        scope: &Scope,
    ) -> bool {
        // What is too long to be kept with every span cannot wait with one.
        let is_whole =
            |attributes: &Attributes, raw: &[u8]| attributes.is_empty() || !raw.is_empty();
        let is_silent = span.input_messages.is_empty() && span.output_messages.is_empty();
        // What we exported ourselves carries its messages and keeps its order.
        if self.gave_up
            || scope.name == OWN_SCOPE
            || span.kind != SpanKind::Llm
            || !is_silent
            || !is_whole(&resource.attributes, &resource.raw)
            || !is_whole(&scope.attributes, &scope.raw)
        {
            return false;
        }
        let held = Held {
            at: at.to_owned(),
            raw: raw.to_vec(),
            resource: resource.raw.clone(),
            scope: scope.raw.clone(),
        };
        self.held_bytes += held.raw.len() + held.resource.len() + held.scope.len();
        self.held.push(held);
        true
    }

    /// Hands on the calls that wait once they are too many.
    pub(super) fn release_if_full(&mut self, delivery: &mut Delivery<'_>) -> Result<(), Halt> {
        if self.held_bytes <= HELD_BYTES {
            return Ok(());
        }
        self.gave_up = !self.has_events;
        self.release(delivery)
    }

    fn release(&mut self, delivery: &mut Delivery<'_>) -> Result<(), Halt> {
        self.held_bytes = 0;
        for held in std::mem::take(&mut self.held) {
            let raw = self.joined(&held.raw).unwrap_or(held.raw);
            hand_over(delivery, &held.at, &raw, held.resource, held.scope)?;
        }
        Ok(())
    }

    /// Hands on what still waits: calls, with their records where some came, then the other records as spans.
    pub(super) fn finish(&mut self, delivery: &mut Delivery<'_>) -> Result<(), Halt> {
        self.release(delivery)?;
        self.by_id.clear();
        self.bytes = 0;
        for group in std::mem::take(&mut self.groups).into_iter().flatten() {
            let (at, resource, scope) = (
                group.at.clone(),
                group.resource.clone(),
                group.scope.clone(),
            );
            let raw = group.into_span().to_string().into_bytes();
            hand_over(delivery, &at, &raw, resource, scope)?;
        }
        Ok(())
    }
}

fn refuse(delivery: &mut Delivery<'_>, at: &str, why: &str, raw: &[u8]) -> Result<(), Halt> {
    if delivery.quarantine(at, why, raw).is_break() {
        return Err(Halt::Stopped);
    }
    Ok(())
}

/// Hands on a span whose resource and scope were kept as text.
fn hand_over(
    delivery: &mut Delivery<'_>,
    at: &str,
    raw: &[u8],
    resource: Vec<u8>,
    scope: Vec<u8>,
) -> Result<(), Halt> {
    let resource = Resource {
        attributes: origin(&resource).1,
        raw: resource,
    };
    let (name, attributes) = origin(&scope);
    let scope = Scope {
        name,
        attributes,
        raw: scope,
    };
    deliver(delivery, at, raw, (Some(&resource), Some(&scope)), None)
}

fn origin(raw: &[u8]) -> (String, Attributes) {
    let origin: WireOrigin = serde_json::from_slice(raw).unwrap_or_default();
    let attributes = Attributes::of(origin.attributes.unwrap_or_default());
    (origin.name.unwrap_or_default(), attributes)
}

fn append(object: &mut Map<String, Value>, name: &str, mut more: Vec<Value>) {
    match object.get_mut(name) {
        Some(Value::Array(list)) => list.append(&mut more),
        _ => {
            object.insert(name.to_owned(), Value::Array(more));
        }
    }
}

fn keys_of(attribute: &Value) -> Option<&str> {
    attribute.get("key")?.as_str()
}

fn keys(attributes: Option<&Value>) -> impl Iterator<Item = &str> {
    let list = attributes.and_then(Value::as_array);
    list.into_iter().flatten().filter_map(keys_of)
}

/// One record with its fields on one level.
struct Record {
    name: String,
    trace_id: Option<String>,
    span_id: Option<String>,
    nanos: Option<u64>,
    /// Attributes and the members of the body, as attributes of the wire.
    fields: Vec<Value>,
}

impl Record {
    fn of(mut record: Map<String, Value>) -> Self {
        let mut take = |names: [&str; 2]| names.iter().find_map(|name| record.remove(*name));
        let text = |value: Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
        let nanos = |value: Option<Value>| {
            let value = value?;
            value
                .as_u64()
                .or_else(|| value.as_str()?.parse().ok())
                .filter(|at| *at > 0)
        };
        let time = nanos(take(["timeUnixNano", "time_unix_nano"]));
        let observed = nanos(take(["observedTimeUnixNano", "observed_time_unix_nano"]));
        let trace_id = text(take(["traceId", "trace_id"])).and_then(|id| wire_id(&id, 16));
        let span_id = text(take(["spanId", "span_id"])).and_then(|id| wire_id(&id, 8));
        let name = text(take(["eventName", "event_name"])).filter(|name| !name.is_empty());
        let mut fields = match record.remove("attributes") {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        };
        let attribute = fields
            .iter()
            .find(|field| keys_of(field) == Some("event.name"));
        let named = attribute
            .and_then(|field| field.get("value")?.get("stringValue")?.as_str())
            .map(str::to_owned);
        fields.retain(|field| keys_of(field) != Some("event.name"));
        body(record.remove("body").unwrap_or_default(), &mut fields);
        Self {
            name: name.or(named).unwrap_or_default(),
            trace_id,
            span_id,
            nanos: time.or(observed),
            fields,
        }
    }
}

/// The members of a body that is a map; any other body is what was said.
fn body(mut body: Value, fields: &mut Vec<Value>) {
    let members = body
        .get_mut("kvlistValue")
        .and_then(|list| list.get_mut("values"))
        .map(Value::take);
    match members {
        Some(Value::Array(members)) => fields.extend(members),
        Some(_) => {}
        None if body.as_object().is_some_and(|body| !body.is_empty()) => {
            fields.push(json!({"key": "content", "value": body}));
        }
        None => {}
    }
}

impl Group {
    fn add(&mut self, record: Record) {
        self.start = match (self.start, record.nanos) {
            (Some(held), Some(at)) => Some(held.min(at)),
            (held, at) => held.or(at),
        };
        let is_details = record.name == DETAILS;
        let is_shared = |field: &Value| {
            keys_of(field).is_some_and(|key| {
                ["gen_ai.system", "gen_ai.provider.name"].contains(&key) || is_details
            })
        };
        let (shared, own): (Vec<Value>, Vec<Value>) =
            record.fields.into_iter().partition(is_shared);
        for field in shared {
            let key = keys_of(&field);
            if !self.attributes.iter().any(|held| keys_of(held) == key) {
                self.attributes.push(field);
            }
        }
        if !is_details {
            let mut event = json!({"name": record.name, "attributes": own});
            if let Some(nanos) = record.nanos {
                event["timeUnixNano"] = nanos.to_string().into();
            }
            self.events.push(event);
        }
    }

    fn into_span(mut self) -> Value {
        let text = |key: &str, text: &str| json!({"key": key, "value": {"stringValue": text}});
        if !keys(Some(&Value::Array(self.attributes.clone())))
            .any(|key| key == "gen_ai.operation.name")
        {
            self.attributes.push(text("gen_ai.operation.name", "chat"));
        }
        self.attributes.push(text(ASSEMBLED, "log records"));
        json!({
            "traceId": self.trace_id,
            "spanId": self.span_id,
            // Records without a time leave the span without a start, which quarantines it.
            "startTimeUnixNano": self.start.map(|at| at.to_string()),
            "attributes": self.attributes,
            "events": self.events,
        })
    }
}
