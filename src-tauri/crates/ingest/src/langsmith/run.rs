//! One run becomes one span.

use super::langchain;
use super::messages::{answered, asked};
use super::{id_of, last_id};
use crate::attributes::Attributes;
use crate::delivery::Delivery;
use crate::instant::iso_or_millis;
use crate::messages::arguments;
use crate::otlp::indexed;
use plumbline_model::{Document, Span, SpanKind, SpanStatus, Usage};
use serde_json::{Map, Value};
use std::ops::ControlFlow;

/// Inputs of a model call that are settings of it.
const PARAMETERS: [&str; 12] = [
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "seed",
    "stop",
    "stream",
    "frequency_penalty",
    "presence_penalty",
    "reasoning_effort",
];

pub(super) fn deliver(
    delivery: &mut Delivery<'_>,
    at: &str,
    run: Map<String, Value>,
) -> ControlFlow<()> {
    let raw = Value::Object(run.clone()).to_string().into_bytes();
    match span(run) {
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

fn span(run: Map<String, Value>) -> Result<(Span, Unread), String> {
    let id = id_of(&run).ok_or("the run has no `id`")?;
    let fields = Attributes::of_object(run);
    let start = fields
        .take("start_time")
        .and_then(iso_or_millis)
        .ok_or("`start_time` is missing or no time")?;
    let order = fields.text(&["dotted_order"]).unwrap_or_default();
    let parent = fields.text(&["parent_run_id"]).or_else(|| {
        // The segment before the last is the parent's.
        let (before, _) = order.rsplit_once('.')?;
        last_id(before)
    });
    let trace = fields.text(&["trace_id"]).unwrap_or_else(|| id.clone());
    let mut span = Span::new(
        trace,
        id,
        kind(fields.text(&["run_type"]).as_deref()),
        start,
    );
    span.parent_id = parent;
    span.name = fields.text(&["name"]);
    span.end_ns = fields.take("end_time").and_then(iso_or_millis);
    let first_token = fields.take("first_token_time").and_then(iso_or_millis);
    span.time_to_first_token_ms = first_token.map(|at| at.ms_since(start));
    status(&fields, &mut span);
    let metadata = fields.nested("extra").nested("metadata");
    describe(&fields, &metadata, &mut span);
    let inputs = fields.nested("inputs");
    let outputs = fields.nested("outputs");
    match span.kind {
        SpanKind::Tool => {
            span.tool_name = span.name.clone();
            span.tool_arguments = fields.json(&["inputs"]).map(only_input);
            span.tool_result = fields.json(&["outputs"]).map(only_output);
        }
        SpanKind::Retrieval => span.documents = documents(&outputs),
        _ => {}
    }
    if span.kind == SpanKind::Llm {
        call(&inputs, &outputs, &mut span);
    }
    span.usage = usage(&fields, &outputs);
    span.cost_usd = fields
        .text(&["total_cost"])
        .and_then(|text| text.parse().ok());
    fields.understood(&[
        // Sums and parts of what is read, and what only LangSmith's own screens need.
        "total_tokens",
        "prompt_cost",
        "completion_cost",
        "id",
        "child_run_ids",
        "direct_child_run_ids",
        "parent_run_ids",
        "serialized",
        "session_id",
        "attachments",
        "execution_order",
        // A streamed call keeps every piece beside the whole.
        "events",
    ]);
    let mut unread: Unread = Vec::new();
    for (prefix, part) in [
        ("", &fields),
        ("extra.metadata.", &metadata),
        ("inputs.", &inputs),
        ("outputs.", &outputs),
    ] {
        // Inputs and outputs of other steps are their content, whatever it is called.
        if prefix.ends_with("puts.") && span.kind != SpanKind::Llm {
            continue;
        }
        unread.extend(
            part.unread()
                .filter(|(_, value)| !is_nothing(value))
                .map(|(name, value)| (format!("{prefix}{name}"), value.clone())),
        );
    }
    Ok((span, unread))
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

fn kind(run_type: Option<&str>) -> SpanKind {
    match run_type {
        Some("llm") => SpanKind::Llm,
        Some("tool") => SpanKind::Tool,
        Some("retriever") => SpanKind::Retrieval,
        Some("embedding") => SpanKind::Embedding,
        _ => SpanKind::Chain,
    }
}

fn status(fields: &Attributes, span: &mut Span) {
    let error = fields.text(&["error"]);
    span.status = match (fields.text(&["status"]).as_deref(), &error) {
        (_, Some(_)) | (Some("error"), None) => SpanStatus::Error,
        (Some("success"), None) => SpanStatus::Ok,
        (Some("interrupted"), None) => SpanStatus::Cancelled,
        // A batch names no status: a run that ended without an error went well.
        (None, None) if span.end_ns.is_some() => SpanStatus::Ok,
        _ => SpanStatus::Unset,
    };
    if let Some(error) = error {
        // `ValueError('bad')Traceback …`: the class stands before the first bracket.
        let class = error
            .split(['(', ':', '\n'])
            .next()
            .unwrap_or_default()
            .trim();
        if !class.is_empty() && class.len() <= 80 && !class.contains(' ') {
            span.error_type = Some(class.to_owned());
        }
        let told = error.split("Traceback (most recent call last)").next();
        span.error_message = told.map(|text| text.trim().to_owned());
    }
}

/// What the application said of the run: model, session, tags.
fn describe(fields: &Attributes, metadata: &Attributes, span: &mut Span) {
    span.provider = metadata.text(&["ls_provider"]);
    span.model_requested = metadata.text(&["ls_model_name"]);
    span.session_id = metadata.text(&["session_id", "thread_id", "conversation_id"]);
    let user = metadata.text(&["user_id"]);
    span.user_id_hash = user.as_deref().map(crate::identity::user_id_hash);
    span.environment = metadata.text(&["environment", "env"]);
    for (name, parameter) in [
        ("ls_temperature", "temperature"),
        ("ls_max_tokens", "max_tokens"),
        ("ls_stop", "stop"),
    ] {
        if let Some(value) = metadata.take(name).filter(|value| !value.is_null()) {
            span.parameters.insert(parameter.to_owned(), value.clone());
        }
    }
    metadata.understood(&["ls_model_type", "ls_method"]);
    if let Some(project) = fields.text(&["session_name"]) {
        span.tags.insert("project".to_owned(), project);
    }
    let tags = fields.texts(&["tags"]);
    if !tags.is_empty() {
        span.tags.insert("tags".to_owned(), tags.join(","));
    }
}

fn call(inputs: &Attributes, outputs: &Attributes, span: &mut Span) {
    let requested = inputs.text(&["model"]);
    span.model_requested = span.model_requested.take().or(requested);
    let legacy = outputs.nested("llm_output");
    let said = langchain::first_message(outputs);
    let told = said.nested("response_metadata");
    span.model_returned = outputs
        .text(&["model"])
        .or(legacy.text(&["model_name"]))
        .or(told.text(&["model_name", "model"]));
    span.request_id = outputs.text(&["id"]).or(told.text(&["id"]));
    span.provider_fingerprint = outputs.text(&["system_fingerprint"]);
    for name in PARAMETERS {
        if let Some(value) = inputs.take(name).filter(|value| !value.is_null()) {
            let value = value.clone();
            span.parameters.entry(name).or_insert(value);
        }
    }
    if let Some(Value::Array(tools)) = inputs.json(&["tools"]) {
        span.tools = tools.iter().map(indexed::tool).collect();
    }
    span.input_messages = asked(inputs);
    (span.output_messages, span.finish_reason) = answered(outputs);
    let reason = told.text(&["finish_reason", "stop_reason"]);
    span.finish_reason = span.finish_reason.take().or(reason);
    outputs.understood(&["object", "created", "llm_output", "run", "type"]);
}

/// The counts of the outputs, of their messages, or of the run; a count that is nowhere stays unknown.
fn usage(fields: &Attributes, outputs: &Attributes) -> Usage {
    let written = langchain::usage(outputs);
    let (own, total) = own_usage(fields, outputs);
    // The run's sums are LangSmith's own and know no parts; what a message says is the provider's.
    let usage = Usage {
        tokens_in: own.tokens_in.or(written.tokens_in),
        tokens_in_cached: own.tokens_in_cached.or(written.tokens_in_cached),
        tokens_in_cache_write: own.tokens_in_cache_write.or(written.tokens_in_cache_write),
        tokens_out: own.tokens_out.or(written.tokens_out),
        tokens_reasoning: own.tokens_reasoning.or(written.tokens_reasoning),
        tokens_in_audio: own.tokens_in_audio.or(written.tokens_in_audio),
        tokens_out_audio: own.tokens_out_audio.or(written.tokens_out_audio),
        ..Usage::default()
    };
    Usage {
        tokens_unattributed: usage.beyond(total).or(written.tokens_unattributed),
        ..usage
    }
}

/// The counts that the outputs or the run carry themselves, and their total.
fn own_usage(fields: &Attributes, outputs: &Attributes) -> (Usage, Option<u64>) {
    let reported = outputs.nested("usage_metadata");
    let inside = reported.nested("input_token_details");
    let outside = reported.nested("output_token_details");
    let openai = outputs.nested("usage");
    let prompt = fields.nested("prompt_token_details");
    let completion = fields.nested("completion_token_details");
    let legacy = outputs.nested("llm_output").nested("token_usage");
    let first = |counts: &[(&Attributes, &str)]| {
        counts
            .iter()
            .filter_map(|(part, name)| part.count(&[name]))
            .next()
    };
    let total = first(&[
        (&reported, "total_tokens"),
        (&openai, "total_tokens"),
        (&legacy, "total_tokens"),
        (fields, "total_tokens"),
    ]);
    let usage = Usage {
        tokens_in: first(&[
            (&reported, "input_tokens"),
            (&openai, "prompt_tokens"),
            (&legacy, "prompt_tokens"),
            (fields, "prompt_tokens"),
        ]),
        tokens_in_cached: first(&[(&inside, "cache_read"), (&prompt, "cache_read")]),
        tokens_in_cache_write: first(&[(&inside, "cache_creation"), (&prompt, "cache_creation")]),
        tokens_out: first(&[
            (&reported, "output_tokens"),
            (&openai, "completion_tokens"),
            (&legacy, "completion_tokens"),
            (fields, "completion_tokens"),
        ]),
        tokens_reasoning: first(&[(&outside, "reasoning"), (&completion, "reasoning")]),
        tokens_in_audio: first(&[(&inside, "audio"), (&prompt, "audio")]).filter(|n| *n > 0),
        tokens_out_audio: first(&[(&outside, "audio"), (&completion, "audio")]).filter(|n| *n > 0),
        ..Usage::default()
    };
    (usage, total)
}

/// `{"input": …}` is how a plain argument is wrapped.
fn only_input(value: Value) -> Value {
    match value {
        Value::Object(mut object) if object.len() == 1 && object.contains_key("input") => {
            arguments(object.remove("input").unwrap_or_default())
        }
        other => other,
    }
}

fn only_output(value: Value) -> Value {
    match value {
        Value::Object(mut object) if object.len() == 1 && object.contains_key("output") => {
            arguments(object.remove("output").unwrap_or_default())
        }
        other => other,
    }
}

fn documents(outputs: &Attributes) -> Vec<Document> {
    let found = match outputs.json(&["documents", "output"]) {
        Some(Value::Array(found)) => found,
        _ => return Vec::new(),
    };
    found
        .into_iter()
        .filter_map(|document| match document {
            Value::Object(object) => Some(Attributes::of_object(object)),
            _ => None,
        })
        .map(|document| {
            let metadata = document.nested("metadata");
            Document {
                id: document
                    .text(&["id"])
                    .or_else(|| metadata.text(&["id", "doc_id"]))
                    .unwrap_or_default(),
                score: metadata.number(&["score", "relevance_score"]),
                source: metadata.text(&["source"]),
                content: document.text(&["page_content"]),
            }
        })
        .collect()
}
