//! One sample in one epoch: the root of its trace, and what runs below it.

use super::refs::Refs;
use super::tree::{Scan, Tree};
use super::{Log, calls};
use crate::attributes::{Attributes, Unread, as_text, note};
use crate::delivery::Delivery;
use crate::exchange;
use crate::identity::derived_id;
use crate::instant::iso;
use crate::lines::LINE_BYTES;
use plumbline_model::{Role, Span, SpanKind, SpanStatus, UnixNanos, add_known};
use serde_json::{Map, Value};
use std::ops::ControlFlow;

/// Longer targets and metadata are not kept as tags.
const TAG_CHARS: usize = 200;

pub(super) fn deliver(
    log: &Log,
    at: &str,
    mut object: Map<String, Value>,
    delivery: &mut Delivery<'_>,
) -> ControlFlow<()> {
    let (id, epoch) = (text_of(&object, "id"), text_of(&object, "epoch"));
    if id.is_none() && epoch.is_none() {
        let raw = Value::Object(object).to_string();
        let why = "this is no sample: it has neither `id` nor `epoch`";
        return delivery.quarantine(at, why, raw.as_bytes());
    }
    let trace = text_of(&object, "uuid").unwrap_or_else(|| {
        let parts = [&log.run, &log.task, &id, &epoch];
        let parts = parts.map(|part| part.as_deref().unwrap_or_default().as_bytes());
        derived_id("inspect sample", &parts, 16)
    });
    let refs = Refs::take(&mut object);
    let events = events(&mut object);
    let scan = Scan::of(&events);
    let messages = object.remove("messages");
    let raw = Value::Object(object.clone()).to_string().into_bytes();
    let (root, unread, output) = root(log, &trace, object, &refs, &scan);
    let (start, end) = (root.start_ns, root.end_ns);
    exchange::deliver(delivery, at, &raw, Ok((root, unread)))?;
    if scan.calls == 0
        && let Some(output @ Value::Object(_)) = output
        && output
            .get("choices")
            .is_some_and(|choices| choices.get(0).is_some())
    {
        // Logs without events keep the last answer and the conversation before it.
        let mut event = Map::from_iter([("output".to_owned(), output)]);
        event.insert("input".to_owned(), before_the_answer(messages));
        event.insert("model".to_owned(), log.model.clone().into());
        let raw = Value::Object(event.clone()).to_string().into_bytes();
        let (mut span, unread) = calls::model(
            &trace,
            derived_id("inspect output", &[trace.as_bytes()], 8),
            event,
            &refs,
        );
        (span.parent_id, span.start_ns, span.end_ns) = (Some(trace.clone()), start, end);
        span.tags
            .insert("recorded".to_owned(), "last answer only".to_owned());
        exchange::deliver(delivery, at, &raw, Ok((span, unread)))?;
    }
    Tree::new(&trace, &refs, &scan, start).walk(events, &trace, at, delivery)
}

/// `events`, or `transcript.events` in logs of 2024.
fn events(sample: &mut Map<String, Value>) -> Vec<Value> {
    let own = sample.remove("events");
    let old = sample
        .get_mut("transcript")
        .and_then(|transcript| transcript.get_mut("events"))
        .map(Value::take);
    let is_list = |value: &Value| value.as_array().is_some_and(|list| !list.is_empty());
    match own.filter(is_list).or(old) {
        Some(Value::Array(events)) => events,
        _ => Vec::new(),
    }
}

fn before_the_answer(messages: Option<Value>) -> Value {
    let Some(Value::Array(mut list)) = messages else {
        return Value::Null;
    };
    let is_answer = |message: &Value| message.get("role").is_some_and(|role| role == "assistant");
    if list.last().is_some_and(is_answer) {
        list.pop();
    }
    list.into()
}

fn text_of(object: &Map<String, Value>, name: &str) -> Option<String> {
    object.get(name).and_then(as_text)
}

/// The root, what nobody reads of the sample, and its output.
fn root(
    log: &Log,
    trace: &str,
    mut object: Map<String, Value>,
    refs: &Refs,
    scan: &Scan,
) -> (Span, Unread, Option<Value>) {
    let mut unread = Unread::new();
    let output = object.remove("output");
    let mut room = LINE_BYTES;
    let mut complete = true;
    for value in object.values_mut() {
        complete &= refs.resolve(value, &mut room);
    }
    if !complete {
        unread.push(("attachments (not resolved)".to_owned(), Value::Null));
    }
    let fields = Attributes::of_object(object);
    let time = |name: &str| fields.text(&[name]).and_then(|text| iso(&text));
    let start = time("started_at").or(scan.first).or(log.created);
    let mut span = Span::new(trace, trace, SpanKind::Chain, start.unwrap_or(UnixNanos(0)));
    if start.is_none() {
        span.tags
            .insert("start_time".to_owned(), "unknown".to_owned());
    }
    span.end_ns = time("completed_at").or(scan.last);
    span.session_id.clone_from(&log.run);
    let id = fields.text(&["id"]).unwrap_or_default();
    span.name = Some(match &log.task {
        Some(task) => format!("{task} {id}"),
        None => id.clone(),
    });
    let mut tag = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            span.tags.insert(name.to_owned(), value);
        }
    };
    tag("sample_id", Some(id).filter(|id| !id.is_empty()));
    tag("epoch", fields.text(&["epoch"]));
    tag("task", log.task.clone());
    tag("model", log.model.clone());
    tag("log_status", log.status.clone());
    tag(
        "tags",
        Some(log.tags.join(", ")).filter(|tags| !tags.is_empty()),
    );
    let target = fields
        .text(&["target"])
        .or(Some(fields.texts(&["target"]).join(", ")));
    tag(
        "target",
        target.filter(|text| !text.is_empty() && text.len() <= TAG_CHARS),
    );
    let metadata = fields.nested("metadata");
    for (name, value) in metadata.under("") {
        match as_text(value).filter(|text| text.len() <= TAG_CHARS) {
            Some(text) => tag(&format!("metadata.{name}"), Some(text)),
            None => unread.push(("metadata (long or nested)".to_owned(), value.clone())),
        }
    }
    scores(&fields, &mut span, &mut unread);
    ended(&fields, &mut span);
    usage(&fields, scan, &mut unread);
    let input = fields.take("input").cloned().unwrap_or_default();
    span.input_messages = calls::messages(input, Role::User, &mut unread);
    // Read from the events; what they say of working time is not kept.
    fields.understood(&["uuid", "transcript", "error_retries", "turn_count"]);
    note(&mut unread, "", &fields);
    if let Some(retries) = fields
        .take("error_retries")
        .filter(|list| list.as_array().is_some_and(|l| !l.is_empty()))
    {
        unread.push(("error_retries".to_owned(), retries.clone()));
    }
    (span, unread, output)
}

/// Final scores as tags: `score.NAME`, and `score.NAME.KEY` for a score of several values.
fn scores(fields: &Attributes, span: &mut Span, unread: &mut Unread) {
    let mut set = |name: String, value: &Value| {
        let text = as_text(value).unwrap_or_else(|| value.to_string());
        if text.len() <= TAG_CHARS {
            span.tags.insert(name, text);
        } else {
            unread.push(("scores (long values)".to_owned(), value.clone()));
        }
    };
    // One score without a name in logs of early 2024.
    if let Some(value) = fields.nested("score").take("value") {
        set("score".to_owned(), value);
    }
    for (name, score) in fields.nested("scores").under("") {
        match score.get("value") {
            Some(Value::Object(values)) => {
                for (key, value) in values {
                    set(format!("score.{name}.{key}"), value);
                }
            }
            Some(Value::Null) | None => {}
            Some(value) => set(format!("score.{name}"), value),
        }
    }
    for (_, score) in fields.nested("scores").under("") {
        for part in ["answer", "explanation", "metadata"] {
            if let Some(value) = score.get(part).filter(|value| !value.is_null()) {
                unread.push((format!("scores.{part}"), value.clone()));
            }
        }
    }
}

/// Errors and limits.
fn ended(fields: &Attributes, span: &mut Span) {
    let error = fields.nested("error");
    let limit = fields.nested("limit");
    span.error_message = error.text(&["message"]);
    // `RuntimeError('…')`
    span.error_type = span
        .error_message
        .as_deref()
        .and_then(|message| message.split_once('('))
        .map(|(name, _)| name)
        .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'))
        .map(str::to_owned);
    for (name, tag) in [
        ("type", "limit"),
        ("limit", "limit_value"),
        ("reason", "limit_reason"),
    ] {
        if let Some(text) = limit.text(&[name]) {
            span.tags.insert(tag.to_owned(), text);
        }
    }
    span.status = if !error.is_empty() {
        SpanStatus::Error
    } else if !limit.is_empty() {
        SpanStatus::Truncated
    } else if span.end_ns.is_some() {
        SpanStatus::Ok
    } else {
        SpanStatus::Unset
    };
}

/// The sample's sums repeat those of its calls; where they do not, that is shown.
fn usage(fields: &Attributes, scan: &Scan, unread: &mut Unread) {
    let sums = fields.nested("model_usage");
    let sum = |name: &str| {
        let counts = sums
            .under("")
            .map(|(_, usage)| usage.get(name).and_then(Value::as_u64));
        counts.fold(None, add_known)
    };
    let (input, output) = (sum("input_tokens"), sum("output_tokens"));
    if (input, output) != (None, None) && (input, output) != (scan.input, scan.output) {
        let counts = serde_json::json!({"input_tokens": input, "output_tokens": output});
        unread.push((
            "model_usage (differs from the sum of its calls)".to_owned(),
            counts,
        ));
    }
}
