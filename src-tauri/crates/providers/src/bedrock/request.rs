//! A call in the words of Converse.
//!
//! System messages, wherever they stand, become `system`. Extra parameters are sent as they are, so a model's own
//! go under `additionalModelRequestFields`.

use crate::parts::{self, Image, Part, Takes};
use crate::wire::{said_twice, to_body};
use crate::{Call, ProviderError, plain_text};
use plumbline_model::{ChatRequest, Message, Role};
use serde_json::{Map, Value, json};

const TAKES: Takes = Takes {
    vendor: "Bedrock",
    media_types: &["image/png", "image/jpeg", "image/webp", "image/gif"],
    links: false,
    roles: &[Role::User, Role::Assistant, Role::Tool],
    own: |part| {
        ["image", "document", "video", "cachePoint", "guardContent"]
            .iter()
            .any(|kind| part.get(kind).is_some())
    },
};

/// What cannot be said, a sentence each.
pub(super) fn cannot(request: &ChatRequest) -> Vec<String> {
    let parameters = &request.parameters;
    let mut taken = vec!["messages", "system", "inferenceConfig", "stream", "model"];
    taken.extend(["temperature", "top_p", "max_tokens", "seed", "stop"]);
    if !request.tools.is_empty() {
        taken.push("toolConfig");
    }
    if request.output_schema.is_some() {
        taken.push("outputConfig");
    }
    let mut reasons = said_twice(request, &taken);
    for name in ["logprobs", "top_logprobs"] {
        if parameters.extra.contains_key(name) {
            reasons.push(format!(
                "parameter `{name}`: Bedrock's Converse gives no log-probabilities"
            ));
        }
    }
    if parameters.seed.is_some() {
        reasons.push(
            "parameter `seed`: Bedrock's Converse has none; give a model's own under `additionalModelRequestFields`"
                .to_owned(),
        );
    }
    for (number, message) in request.messages.iter().enumerate() {
        for call in &message.tool_calls {
            if !call.arguments.is_object() {
                reasons.push(format!(
                    "`messages[{number}]`: the arguments of the earlier call of tool `{}` are not a JSON object, which Bedrock requires",
                    plain_text::name(&call.name)
                ));
            }
        }
        if message.role == Role::Tool && message.tool_call_id.is_none() {
            reasons.push(format!(
                "`messages[{number}]`: the tool message names no tool call, which Bedrock requires"
            ));
        }
    }
    reasons.extend(TAKES.cannot(request));
    reasons
}

/// The request body.
pub(super) fn encode(call: &Call) -> Result<Vec<u8>, ProviderError> {
    let request = &call.request;
    let parameters = &request.parameters;
    let mut body: Map<String, Value> = parameters.extra.clone().into_iter().collect();
    body.insert("messages".to_owned(), turns(&request.messages));
    let system: Vec<Value> = request
        .messages
        .iter()
        .filter(|message| message.role == Role::System)
        .flat_map(blocks)
        .collect();
    if !system.is_empty() {
        body.insert("system".to_owned(), Value::Array(system));
    }
    let mut config: Map<String, Value> = Map::new();
    for (name, value) in [
        ("maxTokens", parameters.max_tokens.map(Value::from)),
        ("temperature", parameters.temperature.map(Value::from)),
        ("topP", parameters.top_p.map(Value::from)),
        (
            "stopSequences",
            (!parameters.stop.is_empty()).then(|| json!(parameters.stop)),
        ),
    ] {
        config.extend(value.map(|value| (name.to_owned(), value)));
    }
    if !config.is_empty() {
        body.insert("inferenceConfig".to_owned(), Value::Object(config));
    }
    if !request.tools.is_empty() {
        let tools: Vec<Value> = request
            .tools
            .iter()
            .map(|tool| {
                let mut spec = json!({"name": tool.name, "inputSchema": {"json": tool.parameters}});
                // An empty description is refused.
                if !tool.description.is_empty() {
                    spec["description"] = json!(tool.description);
                }
                json!({ "toolSpec": spec })
            })
            .collect();
        body.insert("toolConfig".to_owned(), json!({ "tools": tools }));
    }
    if let Some(schema) = &request.output_schema {
        // The schema travels as a text.
        let schema = json!({"name": "output", "schema": schema.to_string()});
        let format = json!({"type": "json_schema", "structure": {"jsonSchema": schema}});
        body.insert("outputConfig".to_owned(), json!({ "textFormat": format }));
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
        let mut content = blocks(message);
        if is_tool {
            content = vec![json!({"toolResult": {
                "toolUseId": message.tool_call_id, "content": content
            }})];
        }
        content.extend(message.tool_calls.iter().map(|call| {
            json!({"toolUse": {"toolUseId": call.id, "name": call.name, "input": call.arguments}})
        }));
        match turns.last_mut() {
            // All results of one assistant turn must stand in one user turn.
            Some((_, before)) if is_tool && after_tool => before.extend(content),
            _ if message.role == Role::Assistant => turns.push(("assistant", content)),
            _ => turns.push(("user", content)),
        }
        after_tool = is_tool;
    }
    turns
        .into_iter()
        .map(|(role, content)| json!({"role": role, "content": content}))
        .collect()
}

fn blocks(message: &Message) -> Vec<Value> {
    parts::of(&message.content)
        .into_iter()
        .filter_map(|part| match part {
            Part::Text(text) => Some(json!({"text": text})),
            Part::Image(Image::Inline { media_type, base64 }) => {
                let format = media_type.trim_start_matches("image/");
                Some(json!({"image": {"format": format, "source": {"bytes": base64}}}))
            }
            // Refused before.
            Part::Image(Image::Link(_)) => None,
            Part::Own(part) => Some(part.clone()),
        })
        .collect()
}
