//! A call in the words of `generateContent`.
//!
//! System messages become `systemInstruction`. Extra parameters are sent as they are; those under
//! `generationConfig` stand beside ours. A tool's answer that is no JSON object is sent as `{"result": …}`.

use crate::parts::{self, Image, Part, Takes};
use crate::wire::{said_twice, to_body};
use crate::{Call, ProviderError, plain_text};
use plumbline_model::{ChatRequest, Message, Role};
use serde_json::{Map, Value, json};

/// Most stop sequences that Gemini takes.
const MAX_STOPS: usize = 5;

const TAKES: Takes = Takes {
    vendor: "Gemini",
    media_types: &[
        "image/png",
        "image/jpeg",
        "image/webp",
        "image/heic",
        "image/heif",
    ],
    links: false,
    roles: &[Role::User, Role::Assistant],
    own: |part| {
        ["inlineData", "fileData"]
            .iter()
            .any(|kind| part.get(kind).is_some())
    },
};

/// The members of `generationConfig` that a request sets.
fn config(request: &ChatRequest) -> Vec<(&'static str, Value)> {
    let parameters = &request.parameters;
    let mut config = Vec::new();
    for (name, value) in [
        ("temperature", parameters.temperature.map(Value::from)),
        ("topP", parameters.top_p.map(Value::from)),
        ("maxOutputTokens", parameters.max_tokens.map(Value::from)),
        ("seed", parameters.seed.map(Value::from)),
        ("responseJsonSchema", request.output_schema.clone()),
    ] {
        config.extend(value.map(|value| (name, value)));
    }
    if request.output_schema.is_some() {
        config.push(("responseMimeType", json!("application/json")));
    }
    if !parameters.stop.is_empty() {
        config.push(("stopSequences", json!(parameters.stop)));
    }
    config
}

/// What cannot be said, a sentence each.
pub(super) fn cannot(request: &ChatRequest) -> Vec<String> {
    let parameters = &request.parameters;
    let mut taken = vec!["contents", "systemInstruction", "model", "stream"];
    taken.extend(["temperature", "top_p", "max_tokens", "seed", "stop"]);
    if !request.tools.is_empty() {
        taken.push("tools");
    }
    let mut reasons = said_twice(request, &taken);
    if let Some(given) = parameters.extra.get("generationConfig") {
        if !given.is_object() {
            reasons.push("parameter `generationConfig`: it must be an object".to_owned());
        }
        for (name, _) in config(request) {
            if given.get(name).is_some() {
                reasons.push(format!(
                    "parameter `generationConfig.{name}` is set by Plumbline and cannot be given as an extra parameter"
                ));
            }
        }
        if given.get("candidateCount").is_some_and(|count| *count != 1) {
            reasons.push(
                "parameter `generationConfig.candidateCount`: a call has one answer; ask for repeats instead"
                    .to_owned(),
            );
        }
    }
    if parameters
        .seed
        .is_some_and(|seed| i32::try_from(seed).is_err())
    {
        reasons.push("parameter `seed`: Gemini takes 32 bits".to_owned());
    }
    if parameters.stop.len() > MAX_STOPS {
        reasons.push(format!(
            "parameter `stop`: {} stop sequences, where Gemini takes {MAX_STOPS}",
            parameters.stop.len()
        ));
    }
    for (number, message) in request.messages.iter().enumerate() {
        for call in message
            .tool_calls
            .iter()
            .filter(|call| !call.arguments.is_object())
        {
            reasons.push(format!(
                "`messages[{number}]`: the arguments of the earlier call of tool `{}` are not a JSON object, which Gemini requires",
                plain_text::name(&call.name)
            ));
        }
        if message.role == Role::Tool && tool_name(&request.messages, message).is_none() {
            reasons.push(format!(
                "`messages[{number}]`: the tool message names no tool, which Gemini requires"
            ));
        }
    }
    reasons.extend(TAKES.cannot(request));
    reasons
}

/// The tool that a tool message answers for: its own name, or that of the call it refers to.
fn tool_name<'a>(messages: &'a [Message], message: &'a Message) -> Option<&'a str> {
    let called = || {
        let id = message.tool_call_id.as_deref()?;
        let mut calls = messages.iter().flat_map(|earlier| &earlier.tool_calls);
        calls
            .find(|call| call.id == id)
            .map(|call| call.name.as_str())
    };
    message.name.as_deref().or_else(called)
}

/// The request body.
pub(super) fn encode(call: &Call) -> Result<Vec<u8>, ProviderError> {
    let request = &call.request;
    let mut body: Map<String, Value> = request.parameters.extra.clone().into_iter().collect();
    let system: Vec<Value> = request
        .messages
        .iter()
        .filter(|message| message.role == Role::System)
        .flat_map(content_parts)
        .collect();
    if !system.is_empty() {
        body.insert("systemInstruction".to_owned(), json!({"parts": system}));
    }
    body.insert("contents".to_owned(), turns(&request.messages));
    if !request.tools.is_empty() {
        let functions: Vec<Value> = request
            .tools
            .iter()
            .map(|tool| {
                json!({
                    "name": tool.name, "description": tool.description,
                    "parametersJsonSchema": tool.parameters,
                })
            })
            .collect();
        body.insert(
            "tools".to_owned(),
            json!([{"functionDeclarations": functions}]),
        );
    }
    let config = config(request);
    if !config.is_empty() {
        let place = body.entry("generationConfig").or_insert_with(|| json!({}));
        if let Value::Object(place) = place {
            place.extend(
                config
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value)),
            );
        }
    }
    to_body(&body)
}

fn turns(messages: &[Message]) -> Value {
    let mut turns: Vec<(&str, Vec<Value>)> = Vec::with_capacity(messages.len());
    let mut after_tool = false;
    for message in messages
        .iter()
        .filter(|message| message.role != Role::System)
    {
        let is_tool = message.role == Role::Tool;
        let mut content = if is_tool {
            vec![function_response(messages, message)]
        } else {
            content_parts(message)
        };
        content.extend(
            message
                .tool_calls
                .iter()
                .map(|call| json!({"functionCall": {"name": call.name, "args": call.arguments}})),
        );
        match turns.last_mut() {
            // All answers to the calls of one turn must stand in one turn.
            Some((_, parts)) if is_tool && after_tool => parts.extend(content),
            _ if message.role == Role::Assistant => turns.push(("model", content)),
            _ => turns.push(("user", content)),
        }
        after_tool = is_tool;
    }
    turns
        .into_iter()
        .map(|(role, parts)| json!({"role": role, "parts": parts}))
        .collect()
}

fn content_parts(message: &Message) -> Vec<Value> {
    parts::of(&message.content)
        .into_iter()
        .map(|part| match part {
            Part::Text(text) => json!({"text": text}),
            Part::Image(Image::Inline { media_type, base64 }) => {
                json!({"inlineData": {"mimeType": media_type, "data": base64}})
            }
            Part::Image(Image::Link(url)) => json!({"fileData": {"fileUri": url}}),
            Part::Own(part) => part.clone(),
        })
        .collect()
}

fn function_response(messages: &[Message], message: &Message) -> Value {
    let text = message.content.text();
    let response = serde_json::from_str::<Value>(&text)
        .ok()
        .filter(Value::is_object)
        .unwrap_or_else(|| json!({"result": text}));
    json!({"functionResponse": {"name": tool_name(messages, message), "response": response}})
}
