//! A call in the words of Chat Completions.
//!
//! An output schema is sent as `response_format`; unknown parameters are sent as they are, unless they would
//! say a thing twice.

use crate::parts::{self, Part, Takes};
use crate::strict_schema::may_be_strict;
use crate::wire::{said_twice, to_body};
use crate::{Call, ProviderError};
use plumbline_model::{ChatRequest, Content, Message, Role, ToolCall, ToolDefinition};
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Parts of other vendors' own, which mean nothing here.
const FOREIGN_PARTS: [&str; 6] = [
    "document",
    "search_result",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "tool_result",
];

/// Compatible servers read more than OpenAI itself, so of them only the form is asked.
fn takes(at_home: bool) -> Takes {
    Takes {
        vendor: "OpenAI's Chat Completions",
        media_types: if at_home {
            &["image/png", "image/jpeg", "image/webp", "image/gif"]
        } else {
            &[]
        },
        links: true,
        roles: if at_home {
            &[Role::User, Role::Assistant]
        } else {
            &[Role::System, Role::User, Role::Assistant, Role::Tool]
        },
        own: |part| {
            part.get("type").is_some_and(Value::is_string)
                && !parts::is_of_type(part, &FOREIGN_PARTS)
        },
    }
}

/// Most stop sequences that OpenAI itself takes.
const MAX_STOPS: usize = 4;

/// What cannot be said, a sentence each.
pub(super) fn cannot(at_home: bool, request: &ChatRequest) -> Vec<String> {
    let parameters = &request.parameters;
    let limit_name = if at_home {
        "max_completion_tokens"
    } else {
        "max_tokens"
    };
    let mut taken = vec![
        "model",
        "messages",
        "stream",
        "stream_options",
        "temperature",
    ];
    taken.extend(["top_p", "seed", "stop", "max_tokens"]);
    for (name, is_taken) in [
        (limit_name, parameters.max_tokens.is_some()),
        ("tools", !request.tools.is_empty()),
        ("response_format", request.output_schema.is_some()),
    ] {
        if is_taken {
            taken.push(name);
        }
    }
    let mut reasons = said_twice(request, &taken);
    if parameters.extra.get("n").is_some_and(|n| n != 1) {
        reasons.push("parameter `n`: a call has one answer; ask for repeats instead".to_owned());
    }
    if at_home && parameters.stop.len() > MAX_STOPS {
        reasons.push(format!(
            "parameter `stop`: {} stop sequences, where OpenAI takes {MAX_STOPS}",
            parameters.stop.len()
        ));
    }
    reasons.extend(takes(at_home).cannot(request));
    reasons
}

/// The request body.
pub(super) fn encode(at_home: bool, call: &Call) -> Result<Vec<u8>, ProviderError> {
    let request = &call.request;
    let parameters = &request.parameters;
    let (max_completion_tokens, max_tokens) = if at_home {
        (parameters.max_tokens, None)
    } else {
        (None, parameters.max_tokens)
    };
    to_body(&Body {
        model: &call.model,
        messages: request.messages.iter().map(WireMessage::from).collect(),
        stream: true,
        stream_options: StreamOptions {
            include_usage: true,
        },
        tools: request.tools.iter().map(WireTool::from).collect(),
        response_format: request.output_schema.as_ref().map(ResponseFormat::from),
        temperature: parameters.temperature,
        top_p: parameters.top_p,
        max_tokens,
        max_completion_tokens,
        seed: parameters.seed,
        stop: &parameters.stop,
        extra: &parameters.extra,
    })
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<WireMessage<'a>>,
    stream: bool,
    stream_options: StreamOptions,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<WireTool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
    #[serde(flatten)]
    extra: &'a BTreeMap<String, Value>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
struct WireMessage<'a> {
    role: &'static str,
    /// `null` beside tool calls.
    content: Option<WireContent<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<WireCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum WireContent<'a> {
    Text(&'a str),
    Parts(Vec<Cow<'a, Value>>),
}

impl<'a> From<&'a Content> for WireContent<'a> {
    fn from(content: &'a Content) -> Self {
        match content {
            Content::Text(text) => Self::Text(text),
            Content::Parts(parts) => Self::Parts(parts.iter().map(wire_part).collect()),
        }
    }
}

/// A part in OpenAI's spelling; one that is in it already stays as it came.
fn wire_part(part: &Value) -> Cow<'_, Value> {
    if parts::is_of_type(part, &["text", "image_url"]) {
        return Cow::Borrowed(part);
    }
    match parts::read(part) {
        Part::Text(text) => Cow::Owned(json!({"type": "text", "text": text})),
        Part::Image(image) => {
            Cow::Owned(json!({"type": "image_url", "image_url": {"url": image.url()}}))
        }
        Part::Own(part) => Cow::Borrowed(part),
    }
}

impl<'a> From<&'a Message> for WireMessage<'a> {
    fn from(message: &'a Message) -> Self {
        let only_calls = !message.tool_calls.is_empty() && message.content.is_empty();
        Self {
            role: message.role.as_str(),
            content: (!only_calls).then(|| WireContent::from(&message.content)),
            tool_calls: message.tool_calls.iter().map(WireCall::from).collect(),
            tool_call_id: message.tool_call_id.as_deref(),
            // A tool message is named by its call.
            name: message
                .name
                .as_deref()
                .filter(|_| message.role != Role::Tool),
        }
    }
}

#[derive(Serialize)]
struct WireCall<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    function: WireFunction<'a>,
}

#[derive(Serialize)]
struct WireFunction<'a> {
    name: &'a str,
    /// JSON in a string.
    arguments: Cow<'a, str>,
}

impl<'a> From<&'a ToolCall> for WireCall<'a> {
    fn from(call: &'a ToolCall) -> Self {
        let arguments = match &call.arguments {
            Value::String(text) => Cow::Borrowed(text.as_str()),
            value => Cow::Owned(value.to_string()),
        };
        Self {
            id: &call.id,
            kind: "function",
            function: WireFunction {
                name: &call.name,
                arguments,
            },
        }
    }
}

#[derive(Serialize)]
struct WireTool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    function: &'a ToolDefinition,
}

impl<'a> From<&'a ToolDefinition> for WireTool<'a> {
    fn from(tool: &'a ToolDefinition) -> Self {
        Self {
            kind: "function",
            function: tool,
        }
    }
}

#[derive(Serialize)]
struct ResponseFormat<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    json_schema: NamedSchema<'a>,
}

#[derive(Serialize)]
struct NamedSchema<'a> {
    name: &'static str,
    strict: bool,
    schema: &'a Value,
}

impl<'a> From<&'a Value> for ResponseFormat<'a> {
    fn from(schema: &'a Value) -> Self {
        Self {
            kind: "json_schema",
            json_schema: NamedSchema {
                name: "output",
                strict: may_be_strict(schema),
                schema,
            },
        }
    }
}
