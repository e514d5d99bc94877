//! Langfuse observations: the trace download of its screens (`{trace, observations}`), pages of its API
//! (`{data, meta}`), exports of observations (a list, one a line, or CSV), and ingestion batches (`{batch}`).
//!
//! Names come in camel case from the API and in snake case from exports; both are read. The trace repeats its
//! observations without their content, which is not read twice. In a batch an observation is created and
//! updated by several events, which are put together. Times are ISO text, `latency` is in seconds.
//! Source: langfuse/langfuse, the API's `commons` and `ingestion` definitions and the trace download.

mod observation;
mod usage;

use crate::IngestError;
use crate::attributes::Attributes;
use crate::delivery::Delivery;
use crate::head::Head;
use crate::records;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::BufRead;
use std::ops::ControlFlow;

/// Recognised by the keys of a download, a batch of events, a page or an observation.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    head.any_object(|keys| {
        let has = |key| keys.contains(key);
        let download = has("trace") && has("observations");
        let camel = has("traceId") && has("type") && has("parentObservationId");
        let snake = has("trace_id") && has("type") && has("parent_observation_id");
        let batch = has("batch") && keys.len() <= 2;
        // Of a page only the outer keys can be seen; other APIs page with a cursor of another name.
        let page = has("data") && has("meta") && keys.len() == 2;
        download || camel || snake || batch || page
    }) || records::has_header(head, is_observation)
}

/// The columns of an export of observations.
fn is_observation(has: &dyn Fn(&str) -> bool) -> bool {
    let either = |snake: &str, camel: &str| has(snake) || has(camel);
    has("id")
        && has("type")
        && either("trace_id", "traceId")
        && either("start_time", "startTime")
        && (either("parent_observation_id", "parentObservationId")
            || either("usage_details", "usageDetails"))
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    records::each(
        source,
        source_name,
        delivery,
        is_observation,
        &mut |delivery, found| {
            let at = found.at;
            let Value::Object(mut object) = found.value else {
                return delivery.quarantine(at, "expected an object", found.raw);
            };
            let Some(name) = LISTS.iter().find(|name| object.contains_key(**name)) else {
                return observation::deliver(delivery, at, object, &Map::new());
            };
            let Some(Value::Array(list)) = object.remove(*name) else {
                return delivery.quarantine(at, format!("`{name}` is not a list"), found.raw);
            };
            match *name {
                "batch" => batch(delivery, at, list),
                "observations" => {
                    // The API gives a trace with its observations inside, a download has both side by side.
                    let trace = match object.remove("trace") {
                        Some(Value::Object(trace)) => trace,
                        _ => object,
                    };
                    note_unread(delivery, &trace);
                    each(delivery, &format!("{at} observations"), list, &trace)
                }
                _ => each(delivery, &format!("{at} data"), list, &Map::new()),
            }
        },
    )
}

/// Where records of ours are inside another object, in this order.
const LISTS: [&str; 3] = ["observations", "data", "batch"];

/// What a trace says beside what its observations take from it, and beside sums and repetitions of them.
fn note_unread(delivery: &mut Delivery<'_>, trace: &Map<String, Value>) {
    const UNDERSTOOD: [&str; 11] = [
        "observations",
        "projectId",
        "timestamp",
        "createdAt",
        "updatedAt",
        "htmlPath",
        "latency",
        "totalCost",
        "bookmarked",
        "public",
        "meta",
    ];
    for (name, value) in trace {
        let is_known =
            observation::OF_TRACE.contains(&name.as_str()) || UNDERSTOOD.contains(&name.as_str());
        if !is_known && !value.is_null() && !observation::is_nothing(value) {
            delivery.loss().note(&format!("trace.{name}"), value);
        }
    }
}

fn each(
    delivery: &mut Delivery<'_>,
    at: &str,
    list: Vec<Value>,
    trace: &Map<String, Value>,
) -> ControlFlow<()> {
    for (index, value) in list.into_iter().enumerate() {
        let at = format!("{at}[{index}]");
        match value {
            Value::Object(object) => observation::deliver(delivery, &at, object, trace)?,
            other => delivery.quarantine(at, "expected an object", other.to_string().as_bytes())?,
        }
    }
    ControlFlow::Continue(())
}

/// What an observation's events are called before `-create` and `-update`: its type.
const OBSERVED: [&str; 11] = [
    "span",
    "generation",
    "event",
    "observation",
    "agent",
    "tool",
    "chain",
    "retriever",
    "evaluator",
    "embedding",
    "guardrail",
];

/// What the events of one batch say of one observation.
struct Told {
    at: String,
    body: Map<String, Value>,
}

fn batch(delivery: &mut Delivery<'_>, at: &str, events: Vec<Value>) -> ControlFlow<()> {
    let mut traces: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut order: BTreeMap<usize, Told> = BTreeMap::new();
    let mut by_id: HashMap<String, usize> = HashMap::new();
    for (index, event) in events.into_iter().enumerate() {
        let at = format!("{at} batch[{index}]");
        let event = match event {
            Value::Object(object) => Attributes::of_object(object),
            other => {
                delivery.quarantine(at, "expected an event", other.to_string().as_bytes())?;
                continue;
            }
        };
        let kind = event.text(&["type"]).unwrap_or_default();
        let Some(Value::Object(mut body)) = event.json(&["body"]) else {
            let raw = format!("{{\"type\":{}}}", Value::from(kind));
            delivery.quarantine(at, "the event has no `body`", raw.as_bytes())?;
            continue;
        };
        let id = body.get("id").and_then(Value::as_str).map(str::to_owned);
        match (kind.split_once('-'), id) {
            (Some(("trace", _)), Some(id)) => merge(traces.entry(id).or_default(), body),
            (Some((what, _)), Some(id)) if OBSERVED.contains(&what) => {
                if what != "observation" {
                    body.entry("type").or_insert(what.to_uppercase().into());
                }
                let place = *by_id.entry(id).or_insert(index);
                let told = order.entry(place).or_insert(Told {
                    at,
                    body: Map::new(),
                });
                merge(&mut told.body, body);
            }
            // Scores judge, and the SDK's own log is about itself: neither is a step.
            (Some(("score" | "sdk", _)), _) => {
                delivery
                    .loss()
                    .note(&format!("batch.{kind}"), &Value::Object(body));
            }
            (Some((what, _)), None) if what == "trace" || OBSERVED.contains(&what) => {
                let raw = Value::Object(body).to_string();
                let reason = format!("the body of a `{kind}` has no `id`");
                delivery.quarantine(at, reason, raw.as_bytes())?;
            }
            _ => {
                let raw = Value::Object(body).to_string();
                let reason = format!("an event of the unknown type `{kind}`");
                delivery.quarantine(at, reason, raw.as_bytes())?;
            }
        }
    }
    let nothing = Map::new();
    let mut named: BTreeSet<String> = BTreeSet::new();
    for told in order.into_values() {
        let trace = told.body.get("traceId").and_then(Value::as_str);
        named.extend(trace.map(str::to_owned));
        let trace = trace.and_then(|id| traces.get(id)).unwrap_or(&nothing);
        observation::deliver(delivery, &told.at, told.body, trace)?;
    }
    for (id, trace) in traces.iter().filter(|(id, _)| !named.contains(*id)) {
        // A trace alone is no step; that it was there must show.
        let example = trace.get("name").unwrap_or(&Value::Null);
        let example = if example.is_null() {
            id.as_str().into()
        } else {
            example.clone()
        };
        delivery
            .loss()
            .note("batch.trace-create (without observations)", &example);
    }
    ControlFlow::Continue(())
}

/// Later events correct earlier ones; what they leave out stays.
fn merge(known: &mut Map<String, Value>, news: Map<String, Value>) {
    for (name, value) in news {
        if !value.is_null() {
            known.insert(name, value);
        }
    }
}
