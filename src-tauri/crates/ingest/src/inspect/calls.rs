//! Model and tool events as spans.
//!
//! `input_tokens` leaves out what was read from or written to the provider's cache; logs before that rule hold it
//! inside, which the total shows. A call that Inspect's own cache answered repeats the tokens of the call that was
//! made once: they are not read.

use super::refs::Refs;
use crate::attributes::{Attributes, Unread, note};
use crate::instant::iso;
use crate::lines::LINE_BYTES;
use crate::messages::from_json;
use plumbline_model::{
    Counted, Message, OfferedTool, Role, Span, SpanKind, SpanStatus, UnixNanos, add_known,
};
use serde_json::{Map, Value};

/// What stands in the loss report where a reference could not be followed.
const UNRESOLVED: &str =
    "references to attachments or messages (missing, or more than 64 MiB for one event)";

/// Read elsewhere, or a measure of Inspect's scheduler.
const COMMON: [&str; 7] = [
    "event",
    "uuid",
    "span_id",
    "working_start",
    "working_time",
    "pending",
    "traceback_ansi",
];

/// The span of a model event. A start that is not written is 1970-01-01, for the caller to replace.
pub(super) fn model(
    trace: &str,
    id: String,
    mut event: Map<String, Value>,
    refs: &Refs,
) -> (Span, Unread) {
    let mut unread = Unread::new();
    let mut input = match event.remove("input") {
        Some(Value::Array(list)) => list,
        Some(Value::Null) | None => Vec::new(),
        Some(one) => vec![one],
    };
    let call = event.remove("call").unwrap_or_default();
    let mut complete = event
        .remove("input_refs")
        .is_none_or(|ranges| ranges.is_null() || refs.messages(&ranges, &mut input));
    let mut input = Value::Array(input);
    let mut room = LINE_BYTES;
    complete &= refs.resolve(&mut input, &mut room);
    let fields = resolved(event, refs, &mut room, &mut complete);
    let mut span = begun(trace, id, SpanKind::Llm, &fields);
    let answer = fields.nested("output");
    let asked = fields.text(&["model"]).unwrap_or_default();
    let (provider, model) = split(&asked);
    span.provider = provider.map(str::to_owned);
    span.model_requested = Some(model.to_owned()).filter(|model| !model.is_empty());
    // Some providers answer with the name that the log asked by.
    let returned = answer.text(&["model"]);
    span.model_returned = returned.map(|name| {
        if name == asked {
            model.to_owned()
        } else {
            name
        }
    });
    span.name = span.model_requested.clone();
    span.input_messages = messages(input, Role::User, &mut unread);
    answered(&answer, &mut span, &mut unread);
    sent(&fields, &mut span);
    let response = call.get("response");
    let of_response = |name: &str| response?.get(name)?.as_str().map(str::to_owned);
    span.request_id = of_response("id");
    span.provider_fingerprint = of_response("system_fingerprint");
    span.attempt = fields
        .count(&["retries"])
        .and_then(|retries| u32::try_from(retries.checked_add(1)?).ok());
    span.cache_hit = fields.text(&["cache"]).map(|cache| cache == "read");
    measured(&answer, &mut span, &mut unread);
    if let Some(role) = fields.text(&["role"]) {
        span.tags.insert("model_role".to_owned(), role);
    }
    status(
        &fields,
        fields.text(&["error"]).or(answer.text(&["error"])),
        &mut span,
    );
    answer.understood(&["completion", "time", "input_context_tokens"]);
    finish(complete, &fields, &mut unread);
    note(&mut unread, "events.output.", &answer);
    (span, unread)
}

/// The span of a tool event; as [`model`].
pub(super) fn tool(
    trace: &str,
    id: String,
    event: Map<String, Value>,
    refs: &Refs,
) -> (Span, Unread) {
    let mut unread = Unread::new();
    let (mut room, mut complete) = (LINE_BYTES, true);
    let fields = resolved(event, refs, &mut room, &mut complete);
    let mut span = begun(trace, id, SpanKind::Tool, &fields);
    span.tool_name = fields.text(&["function"]);
    span.name.clone_from(&span.tool_name);
    let given = |name: &str| fields.take(name).filter(|value| !value.is_null()).cloned();
    span.tool_arguments = given("arguments");
    span.tool_result = given("result");
    if let Some(call) = fields.text(&["id"]) {
        span.tags.insert("tool_call_id".to_owned(), call);
    }
    let error = fields.nested("error");
    status(&fields, error.text(&["message"]), &mut span);
    span.error_type = error.text(&["type"]);
    if !error.is_empty() || fields.flag(&["failed"]) == Some(true) {
        span.status = SpanStatus::Error;
    }
    // The view is made from the arguments; the message is one of the next call's.
    fields.understood(&["type", "view", "message_id", "agent_span_id"]);
    finish(complete, &fields, &mut unread);
    (span, unread)
}

fn resolved(
    mut event: Map<String, Value>,
    refs: &Refs,
    room: &mut usize,
    complete: &mut bool,
) -> Attributes {
    for value in event.values_mut() {
        *complete &= refs.resolve(value, room);
    }
    Attributes::of_object(event)
}

fn begun(trace: &str, id: String, kind: SpanKind, fields: &Attributes) -> Span {
    let time = |name: &str| fields.text(&[name]).and_then(|text| iso(&text));
    let start = time("timestamp").unwrap_or(UnixNanos(0));
    let mut span = Span::new(trace, id, kind, start);
    span.end_ns = time("completed");
    span
}

fn finish(complete: bool, fields: &Attributes, unread: &mut Unread) {
    fields.understood(&COMMON);
    if !complete {
        unread.push((UNRESOLVED.to_owned(), Value::Null));
    }
    note(unread, "events.", fields);
}

/// `provider/model`, where the model's name may hold slashes of its own.
fn split(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((provider, model)) => (Some(provider), model),
        None => (None, name),
    }
}

fn answered(answer: &Attributes, span: &mut Span, unread: &mut Unread) {
    let Some(Value::Array(choices)) = answer.json(&["choices"]) else {
        return;
    };
    let mut said = Vec::new();
    for choice in choices {
        let Value::Object(mut choice) = choice else {
            continue;
        };
        said.extend(choice.remove("message"));
        let stop = choice.remove("stop_reason");
        let stop = stop
            .as_ref()
            .and_then(Value::as_str)
            .filter(|stop| *stop != "unknown");
        span.finish_reason = span.finish_reason.take().or(stop.map(str::to_owned));
        note(
            unread,
            "events.output.choices.",
            &Attributes::of_object(choice),
        );
    }
    span.output_messages = messages(said.into(), Role::Assistant, unread);
}

fn sent(fields: &Attributes, span: &mut Span) {
    if let Some(Value::Object(config)) = fields.json(&["config"]) {
        span.parameters = config
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect();
    }
    let tools = fields.json(&["tools"]);
    for tool in tools
        .as_ref()
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        span.tools.push(OfferedTool {
            name: tool
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            version: None,
            description: tool
                .get("description")
                .and_then(Value::as_str)
                .map(str::to_owned),
            schema: tool.get("parameters").cloned().unwrap_or_default(),
        });
    }
    if let Some(choice) = fields
        .take("tool_choice")
        .filter(|choice| !choice.is_null())
        && !span.tools.is_empty()
    {
        span.parameters
            .insert("tool_choice".to_owned(), choice.clone());
    }
}

fn measured(answer: &Attributes, span: &mut Span, unread: &mut Unread) {
    let usage = answer.nested("usage");
    if span.cache_hit == Some(true) {
        return;
    }
    let counted = Counted {
        input: usage.count(&["input_tokens"]),
        output: usage.count(&["output_tokens"]),
        total: usage.count(&["total_tokens"]),
        read: usage.count(&["input_tokens_cache_read"]),
        written: usage.count(&["input_tokens_cache_write"]),
        reasoning: usage.count(&["reasoning_tokens"]),
    };
    let both = add_known(counted.input, counted.output);
    let leaves_cache_out = counted.total.is_none_or(|total| Some(total) > both);
    span.usage = counted.usage(leaves_cache_out);
    span.cost_usd = usage
        .text(&["total_cost"])
        .and_then(|text| text.parse().ok());
    note(unread, "events.output.usage.", &usage);
}

fn status(fields: &Attributes, error: Option<String>, span: &mut Span) {
    span.status = match &error {
        Some(error) if error.starts_with("Cancelled by ") => SpanStatus::Cancelled,
        Some(_) => SpanStatus::Error,
        None if fields.flag(&["pending"]) == Some(true) => SpanStatus::Unset,
        None => match span.finish_reason.as_deref() {
            Some("max_tokens" | "model_length") => SpanStatus::Truncated,
            _ => SpanStatus::Ok,
        },
    };
    if span.status == SpanStatus::Unset {
        span.end_ns = None;
    }
    span.error_message = error;
}

/// Messages of Inspect: a call names its `function`, an answer the function that gave it.
pub(super) fn messages(value: Value, speaker: Role, unread: &mut Unread) -> Vec<Message> {
    let list = match value {
        Value::Array(list) => list,
        Value::Null => return Vec::new(),
        one => vec![one],
    };
    let list = list.into_iter().map(spelled).collect();
    match from_json(list, speaker) {
        Ok(messages) => messages,
        Err(why) => {
            unread.push(("messages (not understood)".to_owned(), why.into()));
            Vec::new()
        }
    }
}

fn spelled(mut message: Value) -> Value {
    let Value::Object(object) = &mut message else {
        return message;
    };
    if let Some(Value::Array(calls)) = object.get_mut("tool_calls") {
        for call in calls.iter_mut().filter_map(Value::as_object_mut) {
            if let Some(name) = call.remove("function") {
                call.insert("name".to_owned(), name);
                // With a `type`, arguments would be taken for JSON text.
                call.remove("type");
            }
        }
    }
    if let Some(function @ Value::String(_)) = object.remove("function") {
        object.insert("name".to_owned(), function);
    }
    message
}
