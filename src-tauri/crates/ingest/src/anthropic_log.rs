//! Logs of Anthropic's API: bare message objects, `{request, response}` pairs, and Message Batches.
//!
//! A batch is requests `{custom_id, params}` and results `{custom_id, result: {type, message | error}}` with type
//! succeeded, errored, canceled or expired. Where both are in one source, requests before results, they are
//! joined by `custom_id`; a request without result is an unfinished call. Messages have no times: where the
//! logger wrote none beside them, the span starts at 1970-01-01 and says so in a tag.
//! Source: Anthropic's API reference (messages, message batches).

use crate::IngestError;
use crate::anthropic_body;
use crate::attributes::{Attributes, Unread, as_text, note};
use crate::batch::{Batch, Inputs, Understood, member};
use crate::delivery::Delivery;
use crate::exchange::{self, Dialect, deliver};
use crate::head::{Head, mentions};
use crate::json_values::{self, Found};
use plumbline_model::{Span, SpanKind, SpanStatus};
use serde_json::{Map, Value};
use std::io::BufRead;
use std::ops::ControlFlow;

static BATCH: Batch = Batch {
    names: ["batch_request", "batch_result"],
    span: batch,
};

/// Recognised by the keys of a message or of a batch; a pair by words that only this API uses.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    head.any_object(|keys| {
        let all = |wanted: &[&str]| wanted.iter().all(|key| keys.contains(key));
        all(&["custom_id", "result"])
            || all(&["custom_id", "params"])
            || all(&BATCH.names)
            || all(&["role", "content", "model", "stop_reason"])
            || (all(&["request", "response"])
                && ["stop_reason", "anthropic-version", "anthropic_version"]
                    .iter()
                    .any(|word| mentions(head.bytes(), word)))
    })
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    let mut inputs = Inputs::of(&BATCH);
    json_values::each(source, source_name, delivery, &mut |delivery, found| {
        one(&mut inputs, delivery, found)
    })?;
    inputs.finish(delivery);
    Ok(())
}

fn one(inputs: &mut Inputs<'_>, delivery: &mut Delivery<'_>, found: Found<'_>) -> ControlFlow<()> {
    let Value::Object(object) = found.value else {
        return delivery.quarantine(found.at, "expected an object", found.raw);
    };
    let understood = if let Some(id) = object.get("custom_id").and_then(as_text) {
        if object.contains_key("params") {
            return inputs.add(delivery, id, found.at, found.raw);
        }
        return inputs.output(delivery, &id, found.at, object, found.raw);
    } else if BATCH.is_joined(&object) {
        BATCH.joined(object, found.raw)
    } else if exchange::is_exchange(&object) {
        exchange::span(object, found.raw, Dialect::Anthropic)
    } else if anthropic_body::is_response(&object) {
        Ok(bare(object, found.raw))
    } else {
        Err("this is no message, no pair and no line of a batch".to_owned())
    };
    deliver(delivery, found.at, found.raw, understood)
}

fn bare(body: Map<String, Value>, raw: &[u8]) -> (Span, Unread) {
    let id = body.get("id").and_then(as_text);
    let mut span = exchange::begun(id, SpanKind::Llm, None, raw);
    let unread = anthropic_body::response("", body, &mut span);
    (span, unread)
}

/// One call of a batch from its request, its result, or both.
fn batch(asked: Map<String, Value>, came: Map<String, Value>, raw: &[u8]) -> Understood {
    let is_answered = !came.is_empty();
    let input = Attributes::of_object(asked);
    let output = Attributes::of_object(came);
    let result = Attributes::of_object(member(&output, "result")?);
    let message = member(&result, "message")?;
    let id = message.get("id").and_then(as_text);
    let mut span = exchange::begun(id, SpanKind::Llm, None, raw);
    // Batches have a price of their own.
    span.tags.insert("batch".to_owned(), "true".to_owned());
    if let Some(id) = input.text(&["custom_id"]).or(output.text(&["custom_id"])) {
        span.tags.insert("custom_id".to_owned(), id);
    }
    let mut unread = Unread::new();
    let params = member(&input, "params")?;
    if !params.is_empty() {
        unread.extend(anthropic_body::request("params.", params, &mut span));
    }
    if !message.is_empty() {
        unread.extend(anthropic_body::response(
            "result.message.",
            message,
            &mut span,
        ));
    }
    match result.text(&["type"]).as_deref() {
        Some("succeeded") => {}
        Some("canceled") => span.status = SpanStatus::Cancelled,
        Some(failure @ ("errored" | "expired")) => {
            span.status = SpanStatus::Error;
            span.error_type = Some(failure.to_owned());
            if let Some(error) = result.take("error") {
                span.request_id = error.get("request_id").and_then(as_text);
                anthropic_body::failed(error, &mut span);
            }
        }
        _ if is_answered => return Err("`result` has no `type` of a batch".to_owned()),
        _ => {}
    }
    input.understood(&["custom_id"]);
    output.understood(&["custom_id"]);
    note(&mut unread, "", &input);
    note(&mut unread, "result.", &result);
    note(&mut unread, "", &output);
    Ok((span, unread))
}
