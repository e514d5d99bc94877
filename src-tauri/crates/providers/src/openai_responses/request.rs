//! A call in the words of the Responses API.
//!
//! A first system message is sent as `instructions`, later ones as items. Extra parameters are sent as they
//! are; what they say under `text` stands beside the format of an output schema.

use crate::parts::{self, Part, Takes};
use crate::strict_schema::may_be_strict;
use crate::wire::{said_twice, to_body};
use crate::{Call, ProviderError};
use plumbline_model::{ChatRequest, Content, Message, Role, ToolCall};
use serde_json::{Map, Value, json};

const TAKES: Takes = Takes {
    vendor: "OpenAI's Responses API",
    media_types: &["image/png", "image/jpeg", "image/webp", "image/gif"],
    links: true,
    roles: &[Role::User, Role::Tool],
    own: |part| parts::is_of_type(part, &["input_image", "input_file"]),
};

/// What cannot be said, a sentence each.
pub(super) fn cannot(request: &ChatRequest) -> Vec<String> {
    let parameters = &request.parameters;
    let mut taken = vec![
        "model",
        "input",
        "instructions",
        "stream",
        "temperature",
        "top_p",
        "seed",
        "stop",
        "max_tokens",
        "max_output_tokens",
    ];
    if !request.tools.is_empty() {
        taken.push("tools");
    }
    let mut reasons = said_twice(request, &taken);
    for (name, is_asked) in [
        ("seed", parameters.seed.is_some()),
        ("stop", !parameters.stop.is_empty()),
    ] {
        if is_asked {
            reasons.push(format!(
                "parameter `{name}`: OpenAI's Responses API has none; remove it or use Chat Completions"
            ));
        }
    }
    if request.output_schema.is_some()
        && let Some(text) = parameters.extra.get("text")
        && (!text.is_object() || text.get("format").is_some())
    {
        reasons.push("parameter `text`: its format is set by the output schema".to_owned());
    }
    if request
        .messages
        .iter()
        .any(|message| message.role == Role::Tool && message.tool_call_id.is_none())
    {
        reasons.push(
            "`messages`: a tool message names no tool call, which OpenAI requires".to_owned(),
        );
    }
    reasons.extend(TAKES.cannot(request));
    reasons
}

/// The request body.
pub(super) fn encode(call: &Call) -> Result<Vec<u8>, ProviderError> {
    let request = &call.request;
    let parameters = &request.parameters;
    let mut body: Map<String, Value> = Map::new();
    body.insert("store".to_owned(), Value::Bool(false));
    body.extend(parameters.extra.clone());
    let (instructions, messages) = match request.messages.split_first() {
        Some((first, rest)) if first.role == Role::System => (Some(first.content.text()), rest),
        _ => (None, request.messages.as_slice()),
    };
    for (name, value) in [
        ("model", Some(json!(call.model))),
        ("input", Some(messages.iter().flat_map(items).collect())),
        ("instructions", instructions.map(Value::String)),
        ("stream", Some(Value::Bool(true))),
        ("temperature", parameters.temperature.map(|t| json!(t))),
        ("top_p", parameters.top_p.map(|p| json!(p))),
        (
            "max_output_tokens",
            parameters.max_tokens.map(|max| json!(max)),
        ),
    ] {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    }
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(|tool| {
            json!({
                "type": "function", "name": tool.name, "description": tool.description,
                "parameters": tool.parameters, "strict": may_be_strict(&tool.parameters),
            })
        });
        body.insert("tools".to_owned(), tools.collect());
    }
    if let Some(schema) = &request.output_schema {
        let text = body.entry("text").or_insert_with(|| json!({}));
        if let Value::Object(text) = text {
            text.insert(
                "format".to_owned(),
                json!({
                    "type": "json_schema", "name": "output",
                    "strict": may_be_strict(schema), "schema": schema,
                }),
            );
        }
    }
    to_body(&body)
}

/// The input items of one message.
fn items(message: &Message) -> Vec<Value> {
    if message.role == Role::Tool {
        return vec![json!({
            "type": "function_call_output",
            "call_id": message.tool_call_id, "output": content(message),
        })];
    }
    let said = (!message.content.is_empty())
        .then(|| json!({"role": message.role.as_str(), "content": content(message)}));
    said.into_iter()
        .chain(message.tool_calls.iter().map(function_call))
        .collect()
}

fn function_call(call: &ToolCall) -> Value {
    let arguments = match &call.arguments {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    json!({"type": "function_call", "call_id": call.id, "name": call.name, "arguments": arguments})
}

fn content(message: &Message) -> Value {
    match &message.content {
        Content::Text(text) => json!(text),
        Content::Parts(_) => parts::of(&message.content)
            .into_iter()
            .map(|part| match part {
                Part::Text(text) if message.role == Role::Assistant => {
                    json!({"type": "output_text", "text": text})
                }
                Part::Text(text) => json!({"type": "input_text", "text": text}),
                Part::Image(image) => json!({"type": "input_image", "image_url": image.url()}),
                Part::Own(part) => part.clone(),
            })
            .collect(),
    }
}
