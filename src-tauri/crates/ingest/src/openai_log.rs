//! Logs of OpenAI's APIs: bare response objects, `{request, response}` pairs, and the lines of the Batch API.
//!
//! A batch is two files: input lines `{custom_id, method, url, body}` and output or error lines `{id, custom_id,
//! response: {status_code, request_id, body}, error}`. Where both are in one source, inputs before outputs, they
//! are joined by `custom_id`; an input without output is an unfinished call. No call of a batch has a latency,
//! and a bare response has none either: `created` (whole seconds since 1970) is its start, and nothing its end.
//! Source: OpenAI's API reference (chat, responses, embeddings, batch).

use crate::IngestError;
use crate::attributes::{Attributes, Unread, as_text, note};
use crate::delivery::Delivery;
use crate::head::Head;
use crate::json_values::{self, Found};
use crate::{exchange, openai_body};
use plumbline_model::{Span, SpanKind, SpanStatus};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::io::BufRead;
use std::ops::ControlFlow;

/// How many bytes of inputs wait for their outputs, a little more than a batch may have. Beyond that the oldest
/// go on as unfinished.
const WAITING_BYTES: usize = 256 * 1024 * 1024;

/// Recognised by the keys of a response, a pair or a batch line.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    head.any_object(|keys| {
        let all = |wanted: &[&str]| wanted.iter().all(|key| keys.contains(key));
        all(&["custom_id", "url", "body"])
            || all(&["custom_id", "response"])
            || all(&["batch_input", "batch_output"])
            || all(&["choices", "created", "model"])
            || all(&["output", "object", "model"])
            || all(&["object", "data", "model", "usage"])
            || (all(&["request", "response"]) && names_a_model(head.bytes()))
    })
}

/// Pairs of requests and responses are everywhere; those of a model name it.
fn names_a_model(text: &[u8]) -> bool {
    let names: [&[u8]; 2] = [b"\"model\"", b"\\\"model\\\""];
    names
        .iter()
        .any(|name| text.windows(name.len()).any(|window| window == *name))
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    let mut inputs = Inputs::default();
    json_values::each(source, source_name, delivery, &mut |delivery, found| {
        one(&mut inputs, delivery, found)
    })?;
    if !delivery.stopped() {
        // A sink that stops here has stopped the reading; there is nothing left to read.
        let _ = inputs.finish(delivery);
    }
    Ok(())
}

fn one(inputs: &mut Inputs, delivery: &mut Delivery<'_>, found: Found<'_>) -> ControlFlow<()> {
    let object = match found.value {
        Value::Object(object) => object,
        _ => return delivery.quarantine(found.at, "expected an object", found.raw),
    };
    let has = |name: &str| object.contains_key(name);
    let understood = if let Some(id) = object.get("custom_id").and_then(as_text) {
        if has("body") {
            return inputs.add(delivery, id, found.at, found.raw);
        }
        if let Some(input) = inputs.take(&id) {
            // One value of its own, which reads again as this span.
            let parts: [&[u8]; 5] = [
                b"{\"batch_input\":",
                &input.raw,
                b",\"batch_output\":",
                found.raw,
                b"}",
            ];
            let raw = parts.concat();
            let asked = serde_json::from_slice(&input.raw).unwrap_or_default();
            return deliver(delivery, found.at, &raw, batch(asked, object, &raw));
        }
        batch(Map::new(), object, found.raw)
    } else if has("batch_input") && has("batch_output") {
        joined(object, found.raw)
    } else if exchange::is_exchange(&object) {
        exchange::span(object, found.raw)
    } else if is_response(&object) {
        Ok(bare(object, found.raw))
    } else {
        Err("this is no response, no pair and no line of a batch".to_owned())
    };
    deliver(delivery, found.at, found.raw, understood)
}

fn deliver(
    delivery: &mut Delivery<'_>,
    at: &str,
    raw: &[u8],
    understood: Result<(Span, Unread), String>,
) -> ControlFlow<()> {
    match understood {
        Ok((span, unread)) => {
            for (name, value) in &unread {
                delivery.loss().note(name, value);
            }
            delivery.span(span, raw.to_vec())
        }
        Err(reason) => delivery.quarantine(at, reason, raw),
    }
}

/// Input and output of one call, as the raw record of a joined span holds them.
fn joined(object: Map<String, Value>, raw: &[u8]) -> Result<(Span, Unread), String> {
    let both = Attributes::of_object(object);
    let half = |name: &str| member(&both, name);
    batch(half("batch_input")?, half("batch_output")?, raw)
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
fn batch(
    asked: Map<String, Value>,
    came: Map<String, Value>,
    raw: &[u8],
) -> Result<(Span, Unread), String> {
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

/// A member that is an object or absent.
fn member(fields: &Attributes, name: &str) -> Result<Map<String, Value>, String> {
    match fields.take(name) {
        Some(Value::Object(object)) => Ok(object.clone()),
        None | Some(Value::Null) => Ok(Map::new()),
        Some(_) => Err(format!("`{name}` is not an object")),
    }
}

struct Waiting {
    custom_id: String,
    at: String,
    raw: Vec<u8>,
}

/// Inputs whose output has not been seen, in their order.
#[derive(Default)]
struct Inputs {
    number: u64,
    waiting: BTreeMap<u64, Waiting>,
    by_id: HashMap<String, u64>,
    bytes: usize,
}

impl Inputs {
    fn add(
        &mut self,
        delivery: &mut Delivery<'_>,
        custom_id: String,
        at: &str,
        raw: &[u8],
    ) -> ControlFlow<()> {
        if let Some(earlier) = self.take(&custom_id) {
            // Two inputs of one name: an output belongs to the later one.
            unfinished(delivery, &earlier)?;
        }
        self.number += 1;
        self.bytes += raw.len();
        self.by_id.insert(custom_id.clone(), self.number);
        let (at, raw) = (at.to_owned(), raw.to_vec());
        self.waiting
            .insert(self.number, Waiting { custom_id, at, raw });
        while self.bytes > WAITING_BYTES
            && let Some((_, oldest)) = self.waiting.pop_first()
        {
            self.bytes = self.bytes.saturating_sub(oldest.raw.len());
            self.by_id.remove(&oldest.custom_id);
            unfinished(delivery, &oldest)?;
        }
        ControlFlow::Continue(())
    }

    fn take(&mut self, custom_id: &str) -> Option<Waiting> {
        let number = self.by_id.remove(custom_id)?;
        let waiting = self.waiting.remove(&number)?;
        self.bytes = self.bytes.saturating_sub(waiting.raw.len());
        Some(waiting)
    }

    fn finish(self, delivery: &mut Delivery<'_>) -> ControlFlow<()> {
        for waiting in self.waiting.into_values() {
            unfinished(delivery, &waiting)?;
        }
        ControlFlow::Continue(())
    }
}

fn unfinished(delivery: &mut Delivery<'_>, input: &Waiting) -> ControlFlow<()> {
    let asked = serde_json::from_slice(&input.raw).unwrap_or_default();
    let understood = batch(asked, Map::new(), &input.raw);
    deliver(delivery, &input.at, &input.raw, understood)
}
