//! The Vercel AI SDK (`ai.*`), versions 3 to 5, beside the few GenAI names that its model calls carry.
//!
//! `ai.generateText` and its like group the calls `….doGenerate` and `….doStream` below them and repeat their
//! usage, so only the latter are model calls. `ai.response.msToFirstChunk` is in milliseconds.
//! Source: vercel/ai, "Telemetry", collected data.

use super::common::{fill_in, fill_list};
use super::indexed;
use super::span::Record;
use crate::attributes::{Attributes, as_text};
use crate::identity::user_id_hash;
use crate::messages::{arguments, role};
use plumbline_model::{Content, Message, Role, Span, SpanKind, ToolCall};
use serde_json::Value;

/// The kind by `ai.operationId`.
pub(crate) fn kind(record: &Record<'_>) -> Option<SpanKind> {
    let operation = record.attributes.text(&["ai.operationId"])?;
    Some(match operation.strip_prefix("ai.")? {
        "toolCall" => SpanKind::Tool,
        "embed.doEmbed" | "embedMany.doEmbed" => SpanKind::Embedding,
        "rerank.doRerank" => SpanKind::Rerank,
        call if call.ends_with(".doGenerate") || call.ends_with(".doStream") => SpanKind::Llm,
        _ => SpanKind::Chain,
    })
}

/// Fills in what these conventions say.
pub(crate) fn fill(record: &Record<'_>, span: &mut Span) {
    let attributes = &record.attributes;
    if attributes.under("ai.").next().is_none() {
        return;
    }
    fill_in(&mut span.model_requested, attributes.text(&["ai.model.id"]));
    fill_in(
        &mut span.model_returned,
        attributes.text(&["ai.response.model"]),
    );
    fill_in(&mut span.request_id, attributes.text(&["ai.response.id"]));
    // `openai.chat` names the API after the provider.
    let provider = attributes.text(&["ai.model.provider"]);
    let provider = provider.map(|name| name.split('.').next().unwrap_or_default().to_lowercase());
    fill_in(&mut span.provider, provider);
    fill_in(
        &mut span.finish_reason,
        attributes.text(&["ai.response.finishReason", "ai.finishReason"]),
    );
    fill_in(
        &mut span.time_to_first_token_ms,
        attributes.number(&["ai.response.msToFirstChunk", "ai.stream.msToFirstChunk"]),
    );
    usage(attributes, span);
    tool(attributes, span);
    fill_list(&mut span.input_messages, asked(attributes));
    fill_list(&mut span.output_messages, answered(attributes));
    settings(attributes, span);
    attributes.understood(&[
        "operation.name",
        "ai.response.timestamp",
        "ai.response.msToFinish",
        "ai.response.avgOutputTokensPerSecond",
        "ai.response.avgCompletionTokensPerSecond",
        "ai.response.providerMetadata",
        "ai.prompt.toolChoice",
        // Vectors are of no use to a reader and stay in the raw record.
        "ai.embedding",
        "ai.embeddings",
    ]);
}

fn usage(attributes: &Attributes, span: &mut Span) {
    let usage = &mut span.usage;
    let count = |names: &[&str]| attributes.count(names);
    fill_in(
        &mut usage.tokens_in,
        count(&[
            "ai.usage.inputTokens",
            "ai.usage.promptTokens",
            "ai.usage.tokens",
        ]),
    );
    fill_in(
        &mut usage.tokens_out,
        count(&["ai.usage.outputTokens", "ai.usage.completionTokens"]),
    );
    fill_in(
        &mut usage.tokens_in_cached,
        count(&["ai.usage.cachedInputTokens"]),
    );
    fill_in(
        &mut usage.tokens_reasoning,
        count(&["ai.usage.reasoningTokens"]),
    );
}

fn tool(attributes: &Attributes, span: &mut Span) {
    fill_in(&mut span.tool_name, attributes.text(&["ai.toolCall.name"]));
    fill_in(
        &mut span.tool_arguments,
        attributes.json(&["ai.toolCall.args"]),
    );
    fill_in(
        &mut span.tool_result,
        attributes.json(&["ai.toolCall.result"]),
    );
    attributes.understood(&["ai.toolCall.id"]);
    if let Some(Value::Array(offered)) = attributes.json(&["ai.prompt.tools"]) {
        // Each is JSON text of its own.
        let tools = offered.into_iter().map(arguments);
        fill_list(
            &mut span.tools,
            tools.map(|tool| indexed::tool(&tool)).collect(),
        );
    }
}

/// `ai.prompt.messages` of a call, else the system text, prompt and messages of the step around it.
fn asked(attributes: &Attributes) -> Vec<Message> {
    let sent = attributes.json(&["ai.prompt.messages"]);
    let given = attributes.json(&["ai.prompt"]);
    let embedded = attributes.text(&["ai.value"]);
    if let Some(list) = sent {
        return messages(list);
    }
    let mut asked = Vec::new();
    match given {
        Some(Value::Object(mut parts)) => {
            if let Some(system) = parts.get("system").and_then(as_text) {
                asked.push(Message::text(Role::System, system));
            }
            asked.extend(messages(parts.remove("messages").unwrap_or_default()));
            if let Some(prompt) = parts.remove("prompt") {
                asked.extend(messages(prompt));
            }
        }
        Some(other) => asked.extend(messages(other)),
        None => {}
    }
    asked.extend(embedded.map(|text| Message::text(Role::User, text)));
    asked
}

fn answered(attributes: &Attributes) -> Vec<Message> {
    let text = attributes.text(&["ai.response.text", "ai.result.text"]);
    let object = attributes.text(&["ai.response.object", "ai.result.object"]);
    let calls = attributes.json(&["ai.response.toolCalls", "ai.result.toolCalls"]);
    // Thinking is no part of the answer.
    attributes.understood(&["ai.response.reasoning"]);
    let calls: Vec<ToolCall> = match calls {
        Some(Value::Array(calls)) => calls.iter().filter_map(tool_call).collect(),
        _ => Vec::new(),
    };
    if text.is_none() && object.is_none() && calls.is_empty() {
        return Vec::new();
    }
    let mut message = Message::text(Role::Assistant, text.or(object).unwrap_or_default());
    message.tool_calls = calls;
    vec![message]
}

fn messages(value: Value) -> Vec<Message> {
    match value {
        Value::Array(list) => list.into_iter().filter_map(message).collect(),
        Value::String(text) => vec![Message::text(Role::User, text)],
        other => message(other).into_iter().collect(),
    }
}

fn message(value: Value) -> Option<Message> {
    let Value::Object(mut object) = value else {
        return None;
    };
    let word = object.get("role").and_then(as_text).unwrap_or_default();
    let (role, name) = role(&word);
    let mut message = Message::text(role, "");
    message.name = name;
    match object.remove("content") {
        Some(Value::Array(parts)) => content(&mut message, parts),
        Some(Value::String(text)) => message.content = Content::Text(text),
        _ => {}
    }
    Some(message)
}

fn content(message: &mut Message, parts: Vec<Value>) {
    let mut kept = Vec::new();
    let mut all_text = true;
    for part in parts {
        match part.get("type").and_then(Value::as_str) {
            Some("tool-call") => message.tool_calls.extend(tool_call(&part)),
            Some("tool-result") => {
                let id = part.get("toolCallId").and_then(as_text);
                message.tool_call_id = id.or(message.tool_call_id.take());
                let result = part.get("output").or_else(|| part.get("result"));
                // Version 5 wraps what the tool gave as `{type, value}`.
                let result = result.map(|result| result.get("value").unwrap_or(result));
                let text =
                    result.map(|result| as_text(result).unwrap_or_else(|| result.to_string()));
                kept.push(serde_json::json!({"type": "text", "text": text.unwrap_or_default()}));
            }
            Some("text") => kept.push(part),
            _ => {
                all_text = false;
                kept.push(part);
            }
        }
    }
    let parts = Content::Parts(kept);
    message.content = if all_text {
        Content::Text(parts.text())
    } else {
        parts
    };
}

/// `{toolCallId, toolName, input}`, before version 5 with `args` for `input`.
fn tool_call(value: &Value) -> Option<ToolCall> {
    let given = value.get("input").or_else(|| value.get("args")).cloned();
    Some(ToolCall {
        id: value
            .get("toolCallId")
            .and_then(as_text)
            .unwrap_or_default(),
        name: value.get("toolName").and_then(as_text)?,
        arguments: arguments(given.unwrap_or_default()),
    })
}

/// `ai.settings.*` are parameters, `ai.telemetry.*` what the application says of the request.
fn settings(attributes: &Attributes, span: &mut Span) {
    const SETTINGS: &str = "ai.settings.";
    const METADATA: &str = "ai.telemetry.metadata.";
    for name in names(attributes, SETTINGS) {
        if let Some(value) = attributes.take(&format!("{SETTINGS}{name}")) {
            span.parameters.entry(name).or_insert_with(|| value.clone());
        }
    }
    for name in names(attributes, METADATA) {
        let Some(value) = attributes.text(&[&format!("{METADATA}{name}")]) else {
            continue;
        };
        match name.as_str() {
            "sessionId" => fill_in(&mut span.session_id, Some(value)),
            "userId" => fill_in(&mut span.user_id_hash, Some(user_id_hash(&value))),
            _ => {
                span.tags.entry(name).or_insert(value);
            }
        }
    }
    for name in ["ai.telemetry.functionId", "resource.name"] {
        if let Some(value) = attributes.text(&[name]) {
            span.tags
                .entry("ai.telemetry.functionId".to_owned())
                .or_insert(value);
        }
    }
}

fn names(attributes: &Attributes, prefix: &str) -> Vec<String> {
    attributes
        .under(prefix)
        .map(|(name, _)| name.to_owned())
        .collect()
}
