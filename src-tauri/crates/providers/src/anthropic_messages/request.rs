//! A call in the words of Anthropic Messages.
//!
//! Refuses before sending what this API cannot say: a seed, a schema that is no object, tool arguments that
//! are no object.

use super::RESPOND;
use crate::parts::{self, Image, Part, Takes};
use crate::wire::{said_twice, to_body};
use crate::{Call, ProviderError, plain_text};
use plumbline_model::{ChatRequest, Content, Message, Role};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const DEFAULT_MAX_TOKENS: u32 = 1024;

const TAKES: Takes = Takes {
    vendor: "Anthropic",
    media_types: &["image/png", "image/jpeg", "image/webp", "image/gif"],
    links: true,
    roles: &[Role::User, Role::Assistant, Role::Tool],
    own: |part| parts::is_of_type(part, &OWN_BLOCKS),
};

/// Content blocks of this API's own, sent as they came.
const OWN_BLOCKS: [&str; 13] = [
    "image",
    "document",
    "search_result",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "tool_result",
    "tool_reference",
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "container_upload",
];

/// What cannot be said, a sentence each.
pub(super) fn cannot(request: &ChatRequest) -> Vec<String> {
    let parameters = &request.parameters;
    let mut taken = vec![
        "model",
        "messages",
        "system",
        "stream",
        "max_tokens",
        "temperature",
    ];
    taken.extend(["top_p", "stop_sequences", "stop", "seed"]);
    if !request.tools.is_empty() || request.output_schema.is_some() {
        taken.push("tools");
    }
    if request.output_schema.is_some() {
        taken.push("tool_choice");
    }
    let mut reasons = said_twice(request, &taken);
    for name in ["logprobs", "top_logprobs"] {
        if parameters.extra.contains_key(name) {
            reasons.push(format!(
                "parameter `{name}`: Anthropic models give no log-probabilities"
            ));
        }
    }
    if parameters.seed.is_some() {
        reasons.push(
            "parameter `seed`: Anthropic models take none; remove it for this model".to_owned(),
        );
    }
    if let Some(schema) = &request.output_schema {
        if request.tools.iter().any(|tool| tool.name == RESPOND) {
            reasons.push(
                "`tools`: one named `respond` cannot stand beside an output schema with Anthropic models"
                    .to_owned(),
            );
        }
        if schema.get("type").and_then(Value::as_str) != Some("object") {
            reasons.push(
                "`output_schema`: Anthropic models answer with a schema only where its type is `object`"
                    .to_owned(),
            );
        }
    }
    for message in &request.messages {
        reasons.extend(message_cannot(message));
    }
    reasons.extend(TAKES.cannot(request));
    reasons
}

fn message_cannot(message: &Message) -> Vec<String> {
    let unreadable = message
        .tool_calls
        .iter()
        .filter(|call| !call.arguments.is_object())
        .map(|call| {
            format!(
                "`messages`: the arguments of the earlier call of tool `{}` are not a JSON object, which Anthropic requires",
                plain_text::name(&call.name)
            )
        });
    let nameless = (message.role == Role::Tool && message.tool_call_id.is_none()).then(|| {
        "`messages`: a tool message names no tool call, which Anthropic requires".to_owned()
    });
    unreadable.chain(nameless).collect()
}

/// The request body.
pub(super) fn encode(call: &Call) -> Result<Vec<u8>, ProviderError> {
    let request = &call.request;
    let parameters = &request.parameters;
    to_body(&Body {
        model: &call.model,
        max_tokens: parameters.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS),
        stream: true,
        system: system(&request.messages),
        messages: messages(&request.messages),
        tools: tools(request),
        tool_choice: tool_choice(request),
        temperature: parameters.temperature,
        top_p: parameters.top_p,
        stop_sequences: &parameters.stop,
        extra: &parameters.extra,
    })
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u32,
    stream: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<Piece<'a>>,
    messages: Vec<Turn<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<WireTool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop_sequences: &'a [String],
    #[serde(flatten)]
    extra: &'a BTreeMap<String, Value>,
}

#[derive(Serialize)]
struct Turn<'a> {
    role: &'static str,
    content: Vec<Piece<'a>>,
}

/// A content block: one of ours, or a part kept as it came.
#[derive(Serialize)]
#[serde(untagged)]
enum Piece<'a> {
    Ours(Block<'a>),
    AsItCame(&'a Value),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block<'a> {
    Text {
        text: &'a str,
    },
    ToolUse {
        id: &'a str,
        name: &'a str,
        input: &'a Value,
    },
    Image {
        source: Source<'a>,
    },
    ToolResult {
        tool_use_id: &'a str,
        content: ResultContent<'a>,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Source<'a> {
    Base64 { media_type: &'a str, data: &'a str },
    Url { url: &'a str },
}

#[derive(Serialize)]
#[serde(untagged)]
enum ResultContent<'a> {
    Text(&'a str),
    Pieces(Vec<Piece<'a>>),
}

#[derive(Serialize)]
struct WireTool<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    input_schema: &'a Value,
}

/// The blocks of a content; the API refuses empty text blocks, so an empty text has none.
fn pieces(content: &Content) -> Vec<Piece<'_>> {
    match content {
        Content::Text(text) if text.is_empty() => Vec::new(),
        Content::Text(text) => vec![Piece::Ours(Block::Text { text })],
        Content::Parts(parts) => parts.iter().map(piece).collect(),
    }
}

/// A part as a block; one that is a block already stays as it came.
fn piece(part: &Value) -> Piece<'_> {
    if parts::is_of_type(part, &["text", "image"]) {
        return Piece::AsItCame(part);
    }
    match parts::read(part) {
        Part::Text(text) => Piece::Ours(Block::Text { text }),
        Part::Image(Image::Inline { media_type, base64 }) => Piece::Ours(Block::Image {
            source: Source::Base64 {
                media_type,
                data: base64,
            },
        }),
        Part::Image(Image::Link(url)) => Piece::Ours(Block::Image {
            source: Source::Url { url },
        }),
        Part::Own(part) => Piece::AsItCame(part),
    }
}

fn system(messages: &[Message]) -> Vec<Piece<'_>> {
    messages
        .iter()
        .filter(|message| message.role == Role::System)
        .flat_map(|message| pieces(&message.content))
        .collect()
}

fn messages(messages: &[Message]) -> Vec<Turn<'_>> {
    let mut turns: Vec<Turn<'_>> = Vec::with_capacity(messages.len());
    let mut after_tool = false;
    for message in messages
        .iter()
        .filter(|message| message.role != Role::System)
    {
        let is_tool = message.role == Role::Tool;
        let content = if is_tool {
            vec![tool_result(message)]
        } else {
            let mut content = pieces(&message.content);
            for call in &message.tool_calls {
                content.push(Piece::Ours(Block::ToolUse {
                    id: &call.id,
                    name: &call.name,
                    input: &call.arguments,
                }));
            }
            content
        };
        match turns.last_mut() {
            // All results of one assistant turn must stand in one user turn.
            Some(turn) if is_tool && after_tool => turn.content.extend(content),
            _ => turns.push(Turn {
                role: if message.role == Role::Assistant {
                    "assistant"
                } else {
                    "user"
                },
                content,
            }),
        }
        after_tool = is_tool;
    }
    turns
}

fn tool_result(message: &Message) -> Piece<'_> {
    Piece::Ours(Block::ToolResult {
        tool_use_id: message.tool_call_id.as_deref().unwrap_or_default(),
        content: match &message.content {
            Content::Text(text) => ResultContent::Text(text),
            parts @ Content::Parts(_) => ResultContent::Pieces(pieces(parts)),
        },
    })
}

fn tools(request: &ChatRequest) -> Vec<WireTool<'_>> {
    let mut tools: Vec<WireTool<'_>> = request
        .tools
        .iter()
        .map(|tool| WireTool {
            name: &tool.name,
            description: &tool.description,
            input_schema: &tool.parameters,
        })
        .collect();
    if let Some(schema) = &request.output_schema {
        tools.push(WireTool {
            name: RESPOND,
            description: "Gives the final answer.",
            input_schema: schema,
        });
    }
    tools
}

fn tool_choice(request: &ChatRequest) -> Option<Value> {
    request.output_schema.as_ref()?;
    Some(if request.tools.is_empty() {
        json!({"type": "tool", "name": RESPOND})
    } else {
        json!({"type": "any"})
    })
}
