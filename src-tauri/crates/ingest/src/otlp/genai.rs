//! OpenTelemetry GenAI semantic conventions, from 1.27 (`gen_ai.usage.prompt_tokens`) to 1.41.
//!
//! Source: open-telemetry/semantic-conventions, docs/registry/attributes/gen-ai.md and its changelog.

use super::common::{fill_in, fill_list};
use super::indexed;
use super::span::{Event, Record};
use crate::attributes::{Attributes, as_text};
use crate::messages::{add_parts, from_json};
use plumbline_model::{Document, Message, Role, Span, SpanKind};
use serde_json::{Map, Value};

/// The kind by `gen_ai.operation.name`; unknown operations leave it to others.
pub(crate) fn kind(record: &Record<'_>) -> Option<SpanKind> {
    let operation = record.attributes.text(&["gen_ai.operation.name"])?;
    Some(match operation.to_ascii_lowercase().as_str() {
        "chat" | "text_completion" | "completion" | "generate_content" | "llm_request" => {
            SpanKind::Llm
        }
        "embeddings" | "embedding" => SpanKind::Embedding,
        "execute_tool" => SpanKind::Tool,
        "retrieval" | "vector_db_retrieve" => SpanKind::Retrieval,
        "rerank" => SpanKind::Rerank,
        "invoke_agent" | "create_agent" | "agent" => SpanKind::Agent,
        "invoke_workflow" | "execute_task" | "chain" | "workflow" => SpanKind::Chain,
        "guardrail" => SpanKind::Guardrail,
        _ => return None,
    })
}

/// The kind of a span that names no operation, by what it carries.
pub(crate) fn kind_without_operation(record: &Record<'_>) -> Option<SpanKind> {
    let attributes = &record.attributes;
    if attributes.has("gen_ai.request.model") {
        Some(SpanKind::Llm)
    } else if attributes.has("gen_ai.tool.name") {
        Some(SpanKind::Tool)
    } else if attributes.has("gen_ai.retrieval.documents") {
        Some(SpanKind::Retrieval)
    } else if attributes.has("gen_ai.agent.name") {
        Some(SpanKind::Agent)
    } else {
        None
    }
}

/// Fills in what these conventions say.
pub(crate) fn fill(record: &Record<'_>, span: &mut Span) {
    let attributes = &record.attributes;
    let provider = attributes.text(&["gen_ai.provider.name", "gen_ai.system"]);
    fill_in(&mut span.provider, provider.as_deref().map(provider_name));
    let requested = attributes.text(&["gen_ai.request.model"]);
    if span.kind == SpanKind::Embedding {
        fill_in(&mut span.embedding_model, requested.clone());
    }
    fill_in(&mut span.model_requested, requested);
    fill_in(
        &mut span.model_returned,
        attributes.text(&["gen_ai.response.model"]),
    );
    fill_in(
        &mut span.request_id,
        attributes.text(&["gen_ai.response.id"]),
    );
    fill_in(
        &mut span.provider_fingerprint,
        attributes.text(&[
            "gen_ai.openai.response.system_fingerprint",
            "openai.response.system_fingerprint",
            "gen_ai.response.system_fingerprint",
        ]),
    );
    usage(attributes, span);
    parameters(attributes, span);
    let seconds = attributes.number(&["gen_ai.response.time_to_first_chunk"]);
    fill_in(
        &mut span.time_to_first_token_ms,
        seconds.map(|s| s * 1_000.0),
    );
    let dimensions = attributes.count(&["gen_ai.embeddings.dimension.count"]);
    fill_in(
        &mut span.embedding_dimensions,
        dimensions.and_then(|count| u32::try_from(count).ok()),
    );
    tool(attributes, span);
    documents(attributes, span);
    messages(record, span);
}

fn usage(attributes: &Attributes, span: &mut Span) {
    let usage = &mut span.usage;
    let count = |names: &[&str]| attributes.count(names);
    fill_in(
        &mut usage.tokens_in,
        count(&[
            "gen_ai.usage.input_tokens",
            "gen_ai.usage.prompt_tokens",
            "llm.usage.prompt_tokens",
        ]),
    );
    fill_in(
        &mut usage.tokens_out,
        count(&[
            "gen_ai.usage.output_tokens",
            "gen_ai.usage.completion_tokens",
            "llm.usage.completion_tokens",
        ]),
    );
    fill_in(
        &mut usage.tokens_in_cached,
        count(&[
            "gen_ai.usage.cache_read.input_tokens",
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.details.cache_read_tokens",
        ]),
    );
    fill_in(
        &mut usage.tokens_in_cache_write,
        count(&[
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.details.cache_write_tokens",
        ]),
    );
    fill_in(
        &mut usage.tokens_reasoning,
        count(&[
            "gen_ai.usage.reasoning.output_tokens",
            "gen_ai.usage.reasoning_tokens",
            "gen_ai.usage.details.reasoning_tokens",
        ]),
    );
}

/// One spelling per provider, lower case.
fn provider_name(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let known = match lower.as_str() {
        "az.ai.openai" => "azure.ai.openai",
        "az.ai.inference" => "azure.ai.inference",
        "vertex_ai" | "vertexai" => "gcp.vertex_ai",
        "gemini" | "google_genai" => "gcp.gemini",
        "xai" => "x_ai",
        _ => return lower,
    };
    known.to_owned()
}

/// `gen_ai.request.<name>`, except the model.
fn parameters(attributes: &Attributes, span: &mut Span) {
    const PREFIX: &str = "gen_ai.request.";
    const NUMBERS: [&str; 7] = [
        "temperature",
        "top_p",
        "top_k",
        "max_tokens",
        "seed",
        "frequency_penalty",
        "presence_penalty",
    ];
    let sent: Vec<(String, Value)> = attributes
        .under(PREFIX)
        .filter(|(name, value)| *name != "model" && !value.is_null())
        .map(|(name, value)| {
            let opened = match value {
                // Some exporters turn every value into text.
                Value::String(text) if NUMBERS.contains(&name) => serde_json::from_str(text).ok(),
                _ => None,
            };
            let number = opened.filter(Value::is_number);
            (name.to_owned(), number.unwrap_or_else(|| value.clone()))
        })
        .collect();
    for (name, value) in sent {
        attributes.understood(&[&format!("{PREFIX}{name}")]);
        span.parameters.entry(name).or_insert(value);
    }
}

fn tool(attributes: &Attributes, span: &mut Span) {
    fill_in(&mut span.tool_name, attributes.text(&["gen_ai.tool.name"]));
    fill_in(
        &mut span.tool_arguments,
        attributes.json(&[
            "gen_ai.tool.call.arguments",
            "tool_arguments",
            "gcp.vertex.agent.tool_call_args",
        ]),
    );
    fill_in(
        &mut span.tool_result,
        attributes.json(&[
            "gen_ai.tool.call.result",
            "tool_response",
            "gcp.vertex.agent.tool_response",
        ]),
    );
    if let Some(Value::Array(definitions)) = attributes.json(&["gen_ai.tool.definitions"]) {
        let tools = definitions.iter().map(indexed::tool).collect();
        fill_list(&mut span.tools, tools);
    }
}

fn documents(attributes: &Attributes, span: &mut Span) {
    if let Some(Value::Array(found)) = attributes.json(&["gen_ai.retrieval.documents"]) {
        let documents = found
            .into_iter()
            .map(|document| {
                let text = |name: &str| document.get(name).and_then(as_text);
                Document {
                    id: text("id").unwrap_or_default(),
                    score: document.get("score").and_then(Value::as_f64),
                    source: text("source"),
                    content: text("content"),
                }
            })
            .collect();
        fill_list(&mut span.documents, documents);
    }
}

fn messages(record: &Record<'_>, span: &mut Span) {
    let attributes = &record.attributes;
    let list = |names: &[&str], speaker| {
        let value = attributes.json(names)?;
        from_json(value, speaker).ok()
    };
    let mut input = list(&["gen_ai.input.messages"], Role::User).unwrap_or_default();
    if let Some(instructions) = attributes.json(&["gen_ai.system_instructions"])
        && input
            .first()
            .is_none_or(|message| message.role != Role::System)
    {
        input.insert(0, system_message(instructions));
    }
    fill_list(&mut span.input_messages, input);
    fill_list(&mut span.input_messages, event_input(record));
    fill_list(
        &mut span.input_messages,
        indexed::traceloop_messages(attributes, "gen_ai.prompt.", Role::User),
    );
    fill_list(
        &mut span.input_messages,
        list(&["gen_ai.prompt"], Role::User).unwrap_or_default(),
    );
    let query = attributes.text(&["gen_ai.retrieval.query.text"]);
    fill_list(
        &mut span.input_messages,
        query
            .map(|query| Message::text(Role::User, query))
            .into_iter()
            .collect(),
    );

    let output = attributes.json(&["gen_ai.output.messages"]);
    let reasons = attributes.texts(&["gen_ai.response.finish_reasons"]);
    let said = output
        .as_ref()
        .and_then(|output| output.get(0)?.get("finish_reason").and_then(as_text));
    fill_in(&mut span.finish_reason, reasons.into_iter().next().or(said));
    let output = output.and_then(|output| from_json(output, Role::Assistant).ok());
    fill_list(&mut span.output_messages, output.unwrap_or_default());
    let (choices, reason) = event_output(record);
    fill_list(&mut span.output_messages, choices);
    fill_in(&mut span.finish_reason, reason);
    fill_list(
        &mut span.output_messages,
        indexed::traceloop_messages(attributes, "gen_ai.completion.", Role::Assistant),
    );
    fill_in(
        &mut span.finish_reason,
        indexed::texts(attributes, "gen_ai.completion.", "finish_reason")
            .into_iter()
            .next(),
    );
    fill_list(
        &mut span.output_messages,
        list(&["gen_ai.completion"], Role::Assistant).unwrap_or_default(),
    );
}

/// `gen_ai.system_instructions`: a list of parts, or text.
fn system_message(instructions: Value) -> Message {
    let mut message = Message::text(Role::System, "");
    match instructions {
        Value::Array(parts) => add_parts(&mut message, parts),
        other => return Message::text(Role::System, as_text(&other).unwrap_or_default()),
    }
    message
}

/// Messages that came as events: one each (1.28 to 1.36), or all in one (1.27).
fn event_input(record: &Record<'_>) -> Vec<Message> {
    let mut messages = Vec::new();
    for event in &record.events {
        let speaker = match event.name.as_str() {
            "gen_ai.system.message" => Role::System,
            "gen_ai.user.message" => Role::User,
            "gen_ai.assistant.message" => Role::Assistant,
            "gen_ai.tool.message" => Role::Tool,
            "gen_ai.content.prompt" => {
                messages.extend(event_list(event, "gen_ai.prompt", Role::User));
                continue;
            }
            "gen_ai.client.inference.operation.details" => {
                messages.extend(event_list(event, "gen_ai.input.messages", Role::User));
                continue;
            }
            _ => continue,
        };
        messages.extend(event_message(event, speaker));
    }
    messages
}

fn event_output(record: &Record<'_>) -> (Vec<Message>, Option<String>) {
    let mut messages = Vec::new();
    let mut reason = None;
    for event in &record.events {
        match event.name.as_str() {
            "gen_ai.choice" => {
                fill_in(&mut reason, event.attributes.text(&["finish_reason"]));
                event.attributes.understood(&["index"]);
                let own = event_list(event, "message", Role::Assistant);
                if own.is_empty() {
                    messages.extend(event_message(event, Role::Assistant));
                } else {
                    messages.extend(own);
                }
            }
            "gen_ai.content.completion" => {
                messages.extend(event_list(event, "gen_ai.completion", Role::Assistant));
            }
            "gen_ai.client.inference.operation.details" => {
                messages.extend(event_list(event, "gen_ai.output.messages", Role::Assistant));
            }
            _ => {}
        }
    }
    (messages, reason)
}

fn event_list(event: &Event, name: &str, speaker: Role) -> Vec<Message> {
    event
        .attributes
        .json(&[name])
        .and_then(|value| from_json(value, speaker).ok())
        .unwrap_or_default()
}

/// An event whose attributes are the fields of one message.
fn event_message(event: &Event, speaker: Role) -> Option<Message> {
    let mut fields = Map::new();
    for name in ["role", "content", "name", "tool_calls"] {
        if let Some(value) = event.attributes.json(&[name]) {
            fields.insert(name.to_owned(), value);
        }
    }
    // JSON text that a person or a tool wrote is still what was said.
    if let Some(Value::String(text)) = event.attributes.take("content") {
        fields.insert("content".to_owned(), Value::String(text.clone()));
    }
    event
        .attributes
        .understood(&["gen_ai.system", "gen_ai.provider.name", "event.name"]);
    if let Some(id) = event.attributes.text(&["id", "tool_call_id"]) {
        fields.insert("tool_call_id".to_owned(), Value::String(id));
    }
    if fields.is_empty() {
        return None;
    }
    from_json(Value::Object(fields), speaker)
        .ok()?
        .into_iter()
        .next()
}
