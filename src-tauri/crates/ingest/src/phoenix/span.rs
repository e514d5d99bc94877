//! One span of Phoenix becomes one canonical span.

use super::flat::flatten;
use crate::attributes::{Attributes, Unread, as_text, note};
use crate::instant::iso_or_millis;
use crate::otlp::{self, Scope, WireEvent, WireSpan, WireStatus};
use crate::sqlite_rows::list;
use plumbline_model::{Span, Usd};
use serde_json::{Map, Value};

/// A span of the REST API, of an export, or a record of a dataframe, whose names have dots instead of members.
pub(super) fn of_object(mut object: Map<String, Value>) -> Result<(Span, Unread), String> {
    let mut attributes = match object.remove("attributes") {
        Some(Value::Object(attributes)) => attributes,
        _ => Map::new(),
    };
    let mut others = Map::new();
    for (name, value) in object {
        match name.strip_prefix("attributes.") {
            Some(rest) => attributes.insert(rest.to_owned(), value),
            None => others.insert(name, value),
        };
    }
    let fields = Attributes::of_object(others);
    let context = fields.nested("context");
    let trace = context
        .text(&["trace_id"])
        .or(fields.text(&["context.trace_id"]));
    let id = context
        .text(&["span_id"])
        .or(fields.text(&["context.span_id"]));
    fields.understood(&["id"]);
    map(&fields, trace, id, attributes)
}

/// A row of `spans` with what was joined to it.
pub(super) fn of_row(table: &str, row: Map<String, Value>) -> Result<(Span, Unread), String> {
    if table != "spans" {
        return Err(format!("`{table}` is no table of spans"));
    }
    let fields = Attributes::of_object(row);
    let attributes = match fields.json(&["attributes"]) {
        Some(Value::Object(attributes)) => attributes,
        Some(_) => return Err("`attributes` is no JSON object".to_owned()),
        None => Map::new(),
    };
    let trace = fields.nested("trace");
    let (costs, annotations) = (list(&fields, "costs"), list(&fields, "annotations"));
    let (mut span, unread) = map(
        &fields,
        trace.text(&["trace_id"]),
        fields.text(&["span_id"]),
        attributes,
    )?;
    if let Some(project) = trace.nested("project").text(&["name"]) {
        span.tags
            .insert("openinference.project.name".to_owned(), project);
    }
    let session = trace.nested("session").text(&["session_id"]);
    span.session_id = span.session_id.take().or(session);
    if span.is_model_call() {
        let usage = &mut span.usage;
        usage.tokens_in = usage
            .tokens_in
            .or(fields.count(&["llm_token_count_prompt"]));
        usage.tokens_out = usage
            .tokens_out
            .or(fields.count(&["llm_token_count_completion"]));
        if span.cost_usd.is_none() {
            let amounts: Vec<Usd> = costs
                .iter()
                .filter_map(|cost| cost.text(&["total_cost"])?.parse().ok())
                .collect();
            span.cost_usd = (!amounts.is_empty()).then(|| amounts.into_iter().sum());
        }
    }
    for annotation in annotations {
        let said = annotation.text(&["label"]).or(annotation.text(&["score"]));
        if let (Some(name), Some(said)) = (annotation.text(&["name"]), said) {
            span.tags.insert(format!("annotation.{name}"), said);
        }
    }
    Ok((span, unread))
}

/// Sums over descendants, keys of the database, and figures that were taken from the attributes.
const UNDERSTOOD: [&str; 12] = [
    "id",
    "trace_rowid",
    "cumulative_error_count",
    "cumulative_llm_token_count_prompt",
    "cumulative_llm_token_count_completion",
    "cumulative_token_count.prompt",
    "cumulative_token_count.completion",
    "cumulative_token_count.total",
    "latency_ms",
    "llm_token_count_prompt",
    "llm_token_count_completion",
    "gradient_start_color",
];

fn map(
    fields: &Attributes,
    trace_id: Option<String>,
    span_id: Option<String>,
    mut attributes: Map<String, Value>,
) -> Result<(Span, Unread), String> {
    let time = |name: &str| fields.take(name).and_then(iso_or_millis);
    let kind = fields.text(&["span_kind"]);
    if let Some(kind) = kind
        && !attributes.contains_key("openinference.span.kind")
    {
        attributes.insert("openinference.span.kind".to_owned(), kind.into());
    }
    let events = match fields.json(&["events"]) {
        Some(Value::Array(list)) => list.into_iter().filter_map(event).collect(),
        _ => Vec::new(),
    };
    let wire = WireSpan {
        trace_id,
        span_id,
        // Tables written as text hold the word.
        parent_id: fields.text(&["parent_id"]).filter(|id| id != "None"),
        name: fields.text(&["name"]),
        start: time("start_time"),
        end: time("end_time"),
        attributes: flatten(attributes),
        events,
        status: WireStatus {
            code: fields.take("status_code").cloned().unwrap_or_default(),
            message: fields.text(&["status_message"]),
        },
        unknown: Unread::new(),
    };
    if wire.start.is_none() {
        return Err("`start_time` is missing or no time".to_owned());
    }
    let mapped = otlp::map(wire, &Attributes::default(), &Scope::default())?;
    let mut unread = mapped.unread;
    fields.understood(&UNDERSTOOD);
    note(&mut unread, "", fields);
    Ok((mapped.span, unread))
}

fn event(value: Value) -> Option<WireEvent> {
    let Value::Object(mut event) = value else {
        return None;
    };
    let time = event.remove("timestamp");
    let attributes = match event.remove("attributes") {
        Some(Value::Object(attributes)) => flatten(attributes),
        _ => Vec::new(),
    };
    Some(WireEvent {
        name: event.remove("name").as_ref().and_then(as_text),
        time: time.as_ref().and_then(iso_or_millis),
        attributes: Some(attributes),
    })
}
