//! One observation becomes one span.

use super::usage::usage;
use crate::attributes::Attributes;
use crate::content::{documents, opened, said};
use crate::delivery::Delivery;
use crate::identity::user_id_hash;
use crate::instant::iso_or_millis;
use plumbline_model::{Role, Span, SpanKind, SpanStatus, Usage};
use serde_json::{Map, Value, json};
use std::ops::ControlFlow;

/// What a trace says that its observations do not.
pub(super) const OF_TRACE: [&str; 8] = [
    "id",
    "name",
    "userId",
    "sessionId",
    "environment",
    "tags",
    "release",
    "version",
];

pub(super) fn deliver(
    delivery: &mut Delivery<'_>,
    at: &str,
    observation: Map<String, Value>,
    trace: &Map<String, Value>,
) -> ControlFlow<()> {
    let trace: Map<String, Value> = OF_TRACE
        .iter()
        .filter_map(|name| trace.get_key_value(*name))
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let alone = Value::Object(observation.clone());
    let raw = if trace.is_empty() {
        alone
    } else {
        json!({ "trace": trace, "observations": [alone] })
    };
    let raw = raw.to_string().into_bytes();
    match span(observation, trace) {
        Ok((span, unread)) => {
            for (name, value) in &unread {
                delivery.loss().note(name, value);
            }
            delivery.span(span, raw)
        }
        Err(reason) => delivery.quarantine(at, reason, &raw),
    }
}

type Unread = Vec<(String, Value)>;

fn span(
    observation: Map<String, Value>,
    trace: Map<String, Value>,
) -> Result<(Span, Unread), String> {
    let fields = Attributes::of_object(observation);
    let trace = Attributes::of_object(trace);
    let time = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| iso_or_millis(fields.take(name)?))
    };
    let start = time(&["startTime", "start_time"]).ok_or("`startTime` is missing or no time")?;
    let id = fields.text(&["id"]).ok_or("the observation has no `id`")?;
    let of_trace = fields
        .text(&["traceId", "trace_id"])
        .or(trace.text(&["id"]));
    let trace_id = of_trace.ok_or("the observation has no `traceId`")?;
    let kind = kind(fields.text(&["type"]).unwrap_or_default().as_str());
    let mut span = Span::new(trace_id, id, kind, start);
    span.parent_id = fields.text(&["parentObservationId", "parent_observation_id"]);
    span.name = fields.text(&["name"]);
    span.end_ns = time(&["endTime", "end_time"]);
    let first = time(&["completionStartTime", "completion_start_time"]);
    span.time_to_first_token_ms = first.map(|at| at.ms_since(start));
    let level = fields.text(&["level"]).unwrap_or_default();
    let message = fields.text(&["statusMessage", "status_message"]);
    if level == "ERROR" {
        span.status = SpanStatus::Error;
        span.error_message = message;
    } else if span.end_ns.is_some() {
        span.status = SpanStatus::Ok;
    }
    call(&fields, &mut span);
    context(&fields, &trace, &mut span);
    let input = opened(fields.take("input").cloned().unwrap_or_default());
    let output = opened(fields.take("output").cloned().unwrap_or_default());
    match span.kind {
        SpanKind::Tool => {
            span.tool_name = span.name.clone();
            span.tool_arguments = Some(input).filter(|value| !value.is_null());
            span.tool_result = Some(output).filter(|value| !value.is_null());
        }
        _ => {
            if span.kind == SpanKind::Retrieval {
                span.documents = documents(&output);
            }
            span.input_messages = said(input, Role::User);
            // Documents that were understood need not be said again.
            if span.documents.is_empty() {
                span.output_messages = said(output, Role::Assistant);
            }
        }
    }
    fields.understood(&UNDERSTOOD);
    let unread = fields
        .unread()
        .filter(|(_, value)| !is_nothing(value))
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect();
    Ok((span, unread))
}

/// Sums and repetitions of what is read, and what only Langfuse's own screens need.
const UNDERSTOOD: [&str; 24] = [
    "latency",
    "timeToFirstToken",
    "time_to_first_token",
    "projectId",
    "project_id",
    "createdAt",
    "updatedAt",
    "internalModel",
    "internalModelId",
    "usagePricingTierId",
    "usagePricingTierName",
    "inputUsage",
    "outputUsage",
    "totalUsage",
    "inputCost",
    "outputCost",
    "inputPrice",
    "outputPrice",
    "totalPrice",
    "promptId",
    "prompt_id",
    "toolCalls",
    "toolCallNames",
    "usage",
];

fn kind(word: &str) -> SpanKind {
    match word {
        "GENERATION" => SpanKind::Llm,
        "EMBEDDING" => SpanKind::Embedding,
        "RETRIEVER" => SpanKind::Retrieval,
        "TOOL" => SpanKind::Tool,
        "AGENT" => SpanKind::Agent,
        "GUARDRAIL" => SpanKind::Guardrail,
        _ => SpanKind::Chain,
    }
}

/// Model, parameters, tokens and cost. Steps that call no model carry zeros, which measure nothing.
fn call(fields: &Attributes, span: &mut Span) {
    let model = fields.text(&["model", "providedModelName", "provided_model_name"]);
    let parameters = fields.json(&["modelParameters", "model_parameters"]);
    let mut details = fields.nested("usageDetails");
    for older in ["usage_details", "usage"] {
        if details.unread().next().is_none() {
            details = fields.nested(older);
        }
    }
    let costs = ["costDetails", "cost_details"].map(|name| fields.nested(name));
    let listed = costs.iter().find_map(|costs| costs.text(&["total"]));
    let summed = fields.text(&["totalCost", "total_cost"]);
    if !matches!(span.kind, SpanKind::Llm | SpanKind::Embedding) {
        return;
    }
    span.model_requested = model;
    if span.kind == SpanKind::Embedding {
        span.embedding_model = span.model_requested.clone();
    }
    if let Some(Value::Object(parameters)) = parameters {
        span.parameters = parameters
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect();
    }
    span.usage = usage(&details);
    let reported = listed.or(summed.filter(|_| span.usage != Usage::default()));
    span.cost_usd = reported.and_then(|text| text.parse().ok());
}

/// Prompt, session, user, environment and tags, of the observation or else of its trace.
fn context(fields: &Attributes, trace: &Attributes, span: &mut Span) {
    span.prompt_name = fields.text(&["promptName", "prompt_name"]);
    span.prompt_version = fields.text(&["promptVersion", "prompt_version"]);
    let either = |names: &[&str]| fields.text(names).or(trace.text(names));
    span.session_id = either(&["sessionId", "session_id"]);
    span.user_id_hash = either(&["userId", "user_id"]).as_deref().map(user_id_hash);
    span.environment = either(&["environment"]);
    for (tag, names) in [("release", ["release"]), ("version", ["version"])] {
        if let Some(value) = either(&names) {
            span.tags.insert(tag.to_owned(), value);
        }
    }
    if let Some(name) = trace.text(&["name"]) {
        span.tags.insert("trace.name".to_owned(), name);
    }
    let tags = trace.texts(&["tags"]);
    if !tags.is_empty() {
        span.tags.insert("tags".to_owned(), tags.join(","));
    }
}

pub(super) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}
