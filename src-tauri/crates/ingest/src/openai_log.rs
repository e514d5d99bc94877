//! Logs of OpenAI's APIs: bare response objects, `{request, response}` pairs, and the lines of the Batch API.
//!
//! A batch is two files: input lines `{custom_id, method, url, body}` and output or error lines `{id, custom_id,
//! response: {status_code, request_id, body}, error}`. Where both are in one source, inputs before outputs, they
//! are joined by `custom_id`; an input without output is an unfinished call. No call of a batch has a latency,
//! and a bare response has none either: `created` (whole seconds since 1970) is its start, and nothing its end.
//! Source: OpenAI's API reference (chat, responses, embeddings, batch).

use crate::IngestError;
use crate::attributes::{Attributes, Unread, as_text, note};
use crate::batch::{Batch, Inputs, Understood, member};
use crate::delivery::Delivery;
use crate::exchange::{self, Dialect, deliver};
use crate::head::{Head, mentions};
use crate::json_values::{self, Found};
use crate::openai_body;
use plumbline_model::{Span, SpanKind, SpanStatus};
use serde_json::{Map, Value};
use std::io::BufRead;
use std::ops::ControlFlow;

static BATCH: Batch = Batch {
    names: ["batch_input", "batch_output"],
    span: batch,
};

/// Recognised by the keys of a response, a pair or a batch line.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    head.any_object(|keys| {
        let all = |wanted: &[&str]| wanted.iter().all(|key| keys.contains(key));
        all(&["custom_id", "url", "body"])
            || all(&["custom_id", "response"])
            || all(&BATCH.names)
            || all(&["choices", "created", "model"])
            || all(&["output", "object", "model"])
            || all(&["object", "data", "model", "usage"])
            || (all(&["request", "response"]) && mentions(head.bytes(), "model"))
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
    let object = match found.value {
        Value::Object(object) => object,
        _ => return delivery.quarantine(found.at, "expected an object", found.raw),
    };
    let has = |name: &str| object.contains_key(name);
    let understood = if let Some(id) = object.get("custom_id").and_then(as_text) {
        if has("body") {
            return inputs.add(delivery, id, found.at, found.raw);
        }
        return inputs.output(delivery, &id, found.at, object, found.raw);
    } else if BATCH.is_joined(&object) {
        BATCH.joined(object, found.raw)
    } else if exchange::is_exchange(&object) {
        exchange::span(object, found.raw, Dialect::OpenAi)
    } else if is_response(&object) {
        Ok(bare(object, found.raw))
    } else {
        Err("this is no response, no pair and no line of a batch".to_owned())
    };
    deliver(delivery, found.at, found.raw, understood)
}

fn is_response(object: &Map<String, Value>) -> bool {
    let is_list = |name: &str| object.get(name).is_some_and(Value::is_array);
    is_list("choices")
        || is_list("output")
        || (is_list("data") && object.contains_key("model"))
        || object.get("object").and_then(Value::as_str) == Some("response")
        || (object.len() == 1 && object.get("error").is_some_and(Value::is_object))
}

fn bare(body: Map<String, Value>, raw: &[u8]) -> (Span, Unread) {
    let id = body.get("id").and_then(as_text);
    let mut span = exchange::begun(id, SpanKind::Llm, openai_body::created(&body), raw);
    let unread = openai_body::response("", body, &mut span);
    (span, unread)
}

/// One call of a batch from its input, its output, or both.
fn batch(asked: Map<String, Value>, came: Map<String, Value>, raw: &[u8]) -> Understood {
    let input = Attributes::of_object(asked);
    let output = Attributes::of_object(came);
    let response = output.nested("response");
    let body = member(&response, "body")?;
    let kind = openai_body::kind_of_path(&input.text(&["url"]).unwrap_or_default());
    let id = body.get("id").and_then(as_text).or(output.text(&["id"]));
    let mut span = exchange::begun(id, kind, openai_body::created(&body), raw);
    // Batches have a price of their own.
    span.tags.insert("batch".to_owned(), "true".to_owned());
    if let Some(id) = input.text(&["custom_id"]).or(output.text(&["custom_id"])) {
        span.tags.insert("custom_id".to_owned(), id);
    }
    let mut unread = Unread::new();
    let sent = member(&input, "body")?;
    if !sent.is_empty() {
        unread.extend(openai_body::request("body.", sent, &mut span));
    }
    if !body.is_empty() {
        unread.extend(openai_body::response("response.body.", body, &mut span));
    }
    span.request_id = response.text(&["request_id"]);
    exchange::http(response.count(&["status_code"]), &mut span);
    if let Some(error) = output.take("error") {
        openai_body::failed(error, &mut span);
        let code = error.get("code").and_then(Value::as_str);
        if code == Some("batch_cancelled") {
            span.status = SpanStatus::Cancelled;
        }
    }
    input.understood(&["custom_id", "method"]);
    output.understood(&["custom_id", "id"]);
    note(&mut unread, "", &input);
    note(&mut unread, "response.", &response);
    note(&mut unread, "", &output);
    Ok((span, unread))
}
