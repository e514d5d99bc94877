//! A call in the words of Ollama's `/api/chat`.
//!
//! Extra parameters are sent as they are; those under `options` stand beside ours. The parts of one message
//! become one text and a list of images.

use crate::parts::{self, Image, Part, Takes};
use crate::wire::{said_twice, to_body};
use crate::{Call, ProviderError, plain_text};
use plumbline_model::{ChatRequest, Message, Role};
use serde_json::{Map, Value, json};

const TAKES: Takes = Takes {
    vendor: "Ollama",
    media_types: &[],
    links: false,
    roles: &[Role::User],
    own: |_| false,
};

/// The members of `options` that a request sets.
fn options(request: &ChatRequest) -> Vec<(&'static str, Value)> {
    let parameters = &request.parameters;
    let mut options = Vec::new();
    for (name, value) in [
        ("temperature", parameters.temperature.map(Value::from)),
        ("top_p", parameters.top_p.map(Value::from)),
        ("num_predict", parameters.max_tokens.map(Value::from)),
        ("seed", parameters.seed.map(Value::from)),
    ] {
        options.extend(value.map(|value| (name, value)));
    }
    if !parameters.stop.is_empty() {
        options.push(("stop", json!(parameters.stop)));
    }
    options
}

/// What cannot be said, a sentence each.
pub(super) fn cannot(request: &ChatRequest) -> Vec<String> {
    let mut taken = vec!["model", "messages", "stream"];
    taken.extend(["temperature", "top_p", "max_tokens", "seed", "stop"]);
    if !request.tools.is_empty() {
        taken.push("tools");
    }
    if request.output_schema.is_some() {
        taken.push("format");
    }
    let mut reasons = said_twice(request, &taken);
    if let Some(given) = request.parameters.extra.get("options") {
        if !given.is_object() {
            reasons.push("parameter `options`: it must be an object".to_owned());
        }
        for (name, _) in options(request) {
            if given.get(name).is_some() {
                reasons.push(format!(
                    "parameter `options.{name}` is set by Plumbline and cannot be given as an extra parameter"
                ));
            }
        }
    }
    for (number, message) in request.messages.iter().enumerate() {
        for call in &message.tool_calls {
            if !call.arguments.is_object() {
                reasons.push(format!(
                    "`messages[{number}]`: the arguments of the earlier call of tool `{}` are not a JSON object, which Ollama requires",
                    plain_text::name(&call.name)
                ));
            }
        }
    }
    reasons.extend(TAKES.cannot(request));
    reasons
}

/// The request body.
pub(super) fn encode(call: &Call) -> Result<Vec<u8>, ProviderError> {
    let request = &call.request;
    let mut body: Map<String, Value> = request.parameters.extra.clone().into_iter().collect();
    body.insert("model".to_owned(), json!(call.model));
    body.insert("stream".to_owned(), Value::Bool(true));
    let messages = request.messages.iter().map(message).collect();
    body.insert("messages".to_owned(), messages);
    if !request.tools.is_empty() {
        let tools = request.tools.iter();
        let tools = tools.map(|tool| json!({"type": "function", "function": tool}));
        body.insert("tools".to_owned(), tools.collect());
    }
    if let Some(schema) = &request.output_schema {
        body.insert("format".to_owned(), schema.clone());
    }
    let options = options(request);
    if !options.is_empty() {
        let place = body.entry("options").or_insert_with(|| json!({}));
        if let Value::Object(place) = place {
            let options = options.into_iter();
            place.extend(options.map(|(name, value)| (name.to_owned(), value)));
        }
    }
    to_body(&body)
}

fn message(message: &Message) -> Value {
    let (mut texts, mut images) = (Vec::new(), Vec::new());
    for part in parts::of(&message.content) {
        match part {
            Part::Text(text) => texts.push(text),
            Part::Image(Image::Inline { base64, .. }) => images.push(base64),
            // Refused before.
            Part::Image(Image::Link(_)) | Part::Own(_) => {}
        }
    }
    let mut wire = json!({"role": message.role.as_str(), "content": texts.join("\n")});
    if !images.is_empty() {
        wire["images"] = json!(images);
    }
    if !message.tool_calls.is_empty() {
        wire["tool_calls"] = message
            .tool_calls
            .iter()
            .map(|call| json!({"function": {"name": call.name, "arguments": call.arguments}}))
            .collect();
    }
    if let (Role::Tool, Some(name)) = (message.role, &message.name) {
        wire["tool_name"] = json!(name);
    }
    wire
}
