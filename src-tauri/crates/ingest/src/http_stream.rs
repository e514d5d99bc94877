//! A streamed answer put together: the body that the same call would have returned without streaming.
//!
//! Chunks of completions are joined by choice and tool-call index, Anthropic's events by content block; the
//! Responses API sends its whole response at the end, and where that is missing the finished items stand in.
//! Indices are keys, never sizes. Sources: OpenAI's API reference (chat streaming, responses streaming),
//! Anthropic's API reference (streaming messages).

use plumbline_model::sse::{EventTooLarge, Next, SseParser};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Choices, blocks, items or calls that one stream may have; more are left out and make the stream a cut one.
const PARTS: usize = 10_000;

/// What a stream amounts to.
#[derive(Default)]
pub(crate) struct Assembled {
    pub(crate) body: Map<String, Value>,
    pub(crate) events: u64,
    /// The event that ends a stream of its kind came.
    pub(crate) is_complete: bool,
    /// Events whose data is not a JSON object.
    pub(crate) broken: u64,
}

#[derive(Default)]
struct Parts {
    choices: BTreeMap<u64, Choice>,
    blocks: BTreeMap<u64, Block>,
    items: BTreeMap<u64, Value>,
    texts: BTreeMap<u64, String>,
    overflow: bool,
}

#[derive(Default)]
struct Choice {
    message: Map<String, Value>,
    calls: BTreeMap<u64, Map<String, Value>>,
    text: Option<String>,
    finish: Option<Value>,
}

#[derive(Default)]
struct Block {
    fields: Map<String, Value>,
    input: String,
}

/// True for bytes that begin as server-sent events do.
pub(crate) fn is_stream(bytes: &[u8], content_type: Option<&str>) -> bool {
    content_type.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/event-stream"))
        || [b"data:".as_slice(), b"event:"]
            .iter()
            .any(|start| bytes.starts_with(start))
}

/// Puts a whole stream together, as far as it came.
pub(crate) fn assemble(bytes: &[u8]) -> Assembled {
    let mut all = Assembled::default();
    let mut parts = Parts::default();
    let mut parser = SseParser::default();
    let mut take = |event: plumbline_model::sse::SseEvent<'_>| -> Result<Next, EventTooLarge> {
        if event.data == b"[DONE]" {
            all.is_complete = true;
            return Ok(Next::Stop);
        }
        all.events += 1;
        match serde_json::from_slice(event.data) {
            Ok(Value::Object(object)) => add(&mut all, &mut parts, object),
            _ => all.broken += 1,
        }
        Ok(Next::Continue)
    };
    // Recorders trim what they keep: the last event may lack its empty line.
    let read = parser.feed(bytes, &mut take).and_then(|next| match next {
        Next::Continue => parser.feed(b"\n\n", &mut take),
        Next::Stop => Ok(Next::Stop),
    });
    let is_overfull = read.is_err() || parts.overflow;
    finish(&mut all, parts);
    all.is_complete &= !is_overfull;
    all
}

fn add(all: &mut Assembled, parts: &mut Parts, mut event: Map<String, Value>) {
    let kind = event
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    match kind.as_str() {
        "message_start" => {
            if let Some(Value::Object(message)) = event.remove("message") {
                all.body = message;
            }
        }
        "content_block_start" => {
            if let Some(block) = place(&mut parts.blocks, &event, "index", &mut parts.overflow)
                && let Some(Value::Object(fields)) = event.remove("content_block")
            {
                block.fields = fields;
            }
        }
        "content_block_delta" => {
            if let Some(block) = place(&mut parts.blocks, &event, "index", &mut parts.overflow) {
                block.add(event.get("delta").unwrap_or(&Value::Null));
            }
        }
        "message_delta" => {
            if let Some(Value::Object(delta)) = event.remove("delta") {
                all.body.extend(delta);
            }
            if let Some(Value::Object(counts)) = event.remove("usage") {
                // Counts of a delta are cumulative; null says nothing.
                let counts = counts.into_iter().filter(|(_, count)| !count.is_null());
                if let Some(held) = inner(&mut all.body, "usage") {
                    held.extend(counts);
                }
            }
        }
        "message_stop" => all.is_complete = true,
        "content_block_stop" | "ping" => {}
        "completion" => {
            // Text completions of Anthropic send pieces, and in the last why they stopped.
            all.is_complete |= event.get("stop_reason").is_some_and(Value::is_string);
            join_texts_of(&mut all.body, event);
        }
        "error" => {
            let error = event.remove("error").unwrap_or(Value::Object(event));
            all.body.insert("error".to_owned(), error);
            all.is_complete = true;
        }
        _ if kind.starts_with("response.") => response_event(all, parts, &kind, event),
        _ => chunk(all, parts, event),
    }
}

impl Block {
    fn add(&mut self, delta: &Value) {
        if let Some(json) = delta.get("partial_json").and_then(Value::as_str) {
            self.input.push_str(json);
        }
        for name in ["text", "thinking", "signature"] {
            if let Some(more) = delta.get(name).and_then(Value::as_str) {
                append(&mut self.fields, name, more);
            }
        }
        if let Some(citation) = delta.get("citation") {
            let list = self.fields.entry("citations").or_insert(Value::Null);
            match list {
                Value::Array(list) => list.push(citation.clone()),
                other => *other = json!([citation]),
            }
        }
    }

    fn into_value(mut self) -> Value {
        if !self.input.is_empty() {
            // A call that was cut keeps the text of its arguments.
            let input = serde_json::from_str(&self.input).unwrap_or(Value::String(self.input));
            self.fields.insert("input".to_owned(), input);
        }
        Value::Object(self.fields)
    }
}

fn response_event(
    all: &mut Assembled,
    parts: &mut Parts,
    kind: &str,
    mut event: Map<String, Value>,
) {
    let ends = matches!(
        kind,
        "response.completed" | "response.failed" | "response.incomplete" | "response.cancelled"
    );
    match kind {
        "response.output_item.done" => {
            if let Some(item) = place(
                &mut parts.items,
                &event,
                "output_index",
                &mut parts.overflow,
            ) {
                *item = event.remove("item").unwrap_or_default();
            }
        }
        "response.output_text.delta" => {
            if let Some(text) = place(
                &mut parts.texts,
                &event,
                "output_index",
                &mut parts.overflow,
            ) && let Some(more) = event.get("delta").and_then(Value::as_str)
            {
                text.push_str(more);
            }
        }
        _ => {
            if let Some(Value::Object(response)) = event.remove("response") {
                all.body = response;
            }
        }
    }
    all.is_complete |= ends;
}

/// One chunk of a chat completion or of a completion.
fn chunk(all: &mut Assembled, parts: &mut Parts, mut event: Map<String, Value>) {
    for choice in event.remove("choices").and_then(list).unwrap_or_default() {
        let Value::Object(mut given) = choice else {
            all.broken += 1;
            continue;
        };
        let Some(choice) = place(&mut parts.choices, &given, "index", &mut parts.overflow) else {
            continue;
        };
        if let Some(text) = given.get("text").and_then(Value::as_str) {
            choice.text.get_or_insert_default().push_str(text);
        }
        if let Some(finish) = given
            .remove("finish_reason")
            .filter(|finish| !finish.is_null())
        {
            choice.finish = Some(finish);
        }
        if let Some(Value::Object(delta)) = given.remove("delta") {
            choice.add(delta, &mut parts.overflow);
        }
    }
    let said = event.into_iter().filter(|(_, value)| !value.is_null());
    all.body.extend(said);
}

impl Choice {
    fn add(&mut self, delta: Map<String, Value>, overflow: &mut bool) {
        for (name, value) in delta {
            match (name.as_str(), value) {
                (_, Value::Null) => {}
                ("tool_calls", Value::Array(calls)) => {
                    for call in calls {
                        if let Value::Object(call) = call
                            && let Some(held) = place(&mut self.calls, &call, "index", overflow)
                        {
                            join_call(held, call);
                        }
                    }
                }
                ("function_call", Value::Object(call)) => {
                    if let Some(held) = inner(&mut self.message, "function_call") {
                        join_texts(held, call);
                    }
                }
                ("role", value) => {
                    self.message.insert(name, value);
                }
                (_, Value::String(more)) => append(&mut self.message, &name, &more),
                (_, Value::Array(more)) => match self.message.get_mut(&name) {
                    Some(Value::Array(held)) => held.extend(more),
                    _ => {
                        self.message.insert(name, Value::Array(more));
                    }
                },
                (_, value) => {
                    self.message.insert(name, value);
                }
            }
        }
    }
}

/// The first fragment of a call has its id and name, the others text of its arguments.
fn join_call(held: &mut Map<String, Value>, call: Map<String, Value>) {
    for (name, value) in call {
        match (name.as_str(), value) {
            ("function" | "custom", Value::Object(part)) => {
                if let Some(held) = inner(held, &name) {
                    join_texts(held, part);
                }
            }
            ("index", _) | (_, Value::Null) => {}
            (_, Value::String(text)) if text.is_empty() => {}
            (_, value) => {
                held.insert(name, value);
            }
        }
    }
}

fn join_texts(held: &mut Map<String, Value>, part: Map<String, Value>) {
    for (name, value) in part {
        match value {
            Value::String(more) => append(held, &name, &more),
            Value::Null => {}
            other => {
                held.insert(name, other);
            }
        }
    }
}

/// Joins the pieces of a text completion; what is not null of the rest stands.
fn join_texts_of(body: &mut Map<String, Value>, event: Map<String, Value>) {
    for (name, value) in event {
        match value {
            Value::String(more) if name == "completion" => append(body, &name, &more),
            Value::Null => {}
            other => {
                body.insert(name, other);
            }
        }
    }
}

fn finish(all: &mut Assembled, parts: Parts) {
    if !parts.blocks.is_empty() {
        let blocks = parts.blocks.into_values().map(Block::into_value).collect();
        all.body.insert("content".to_owned(), Value::Array(blocks));
    }
    let has_output = all
        .body
        .get("output")
        .and_then(Value::as_array)
        .is_some_and(|output| !output.is_empty());
    let has_parts = !(parts.items.is_empty() && parts.texts.is_empty());
    if has_parts && !has_output {
        let mut items = parts.items;
        for (index, text) in parts.texts {
            items.entry(index).or_insert_with(|| {
                json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]})
            });
        }
        let items = items.into_values().collect();
        all.body.insert("output".to_owned(), Value::Array(items));
    }
    if parts.choices.is_empty() {
        return;
    }
    // Servers that send no `[DONE]` still say why each choice ended.
    all.is_complete |= parts.choices.values().all(|choice| choice.finish.is_some());
    let choices = parts.choices.into_iter().map(|(index, mut choice)| {
        if !choice.calls.is_empty() {
            let calls = choice.calls.into_values().map(Value::Object).collect();
            choice
                .message
                .insert("tool_calls".to_owned(), Value::Array(calls));
        }
        let mut whole = Map::new();
        whole.insert("index".to_owned(), index.into());
        whole.insert(
            "finish_reason".to_owned(),
            choice.finish.unwrap_or_default(),
        );
        match choice.text {
            Some(text) => whole.insert("text".to_owned(), text.into()),
            None => whole.insert("message".to_owned(), Value::Object(choice.message)),
        };
        Value::Object(whole)
    });
    let choices = choices.collect();
    all.body.insert("choices".to_owned(), Value::Array(choices));
}

/// The part with the index that `fields` names; none where there are too many.
fn place<'p, T: Default>(
    parts: &'p mut BTreeMap<u64, T>,
    fields: &Map<String, Value>,
    name: &str,
    overflow: &mut bool,
) -> Option<&'p mut T> {
    let index = fields.get(name).and_then(Value::as_u64).unwrap_or(0);
    if parts.len() >= PARTS && !parts.contains_key(&index) {
        *overflow = true;
        return None;
    }
    Some(parts.entry(index).or_default())
}

fn append(fields: &mut Map<String, Value>, name: &str, more: &str) {
    match fields.get_mut(name) {
        Some(Value::String(text)) => text.push_str(more),
        _ => {
            fields.insert(name.to_owned(), more.into());
        }
    }
}

/// The object of that name, made where nothing is; none where something else stands there.
fn inner<'f>(fields: &'f mut Map<String, Value>, name: &str) -> Option<&'f mut Map<String, Value>> {
    let value = fields.entry(name).or_insert(Value::Null);
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut()
}

fn list(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(list) => Some(list),
        _ => None,
    }
}
