//! Imported model calls as what was sent and answered: requests to send again, tools to answer from, recordings.

use plumbline_model::{
    ChatRequest, Completion, FinishReason, Message, ModelParameters, ResponseStatus, Role, Span,
    SpanKind, SpanStatus, ToolCall, ToolDefinition, ToolResult,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Parameters that are sent again under the same name, beside those that have one of their own.
const KEPT: [&str; 5] = [
    "frequency_penalty",
    "presence_penalty",
    "top_k",
    "tool_choice",
    "parallel_tool_calls",
];

/// A request as it was sent, and the names of parameters that could not be carried over.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SentRequest {
    pub(crate) request: ChatRequest,
    pub(crate) left_out: BTreeSet<String>,
}

/// The request of a model call; `None` when the source does not hold its messages.
pub(crate) fn request_of(span: &Span) -> Option<SentRequest> {
    if span.kind != SpanKind::Llm || span.input_messages.is_empty() {
        return None;
    }
    let mut parameters = ModelParameters::default();
    let mut output_schema = None;
    let mut left_out = BTreeSet::new();
    for (name, value) in span.parameters.iter().filter(|(_, value)| !value.is_null()) {
        let taken = match name.as_str() {
            "temperature" => set(&mut parameters.temperature, value.as_f64()),
            "top_p" => set(&mut parameters.top_p, value.as_f64()),
            "seed" => set(&mut parameters.seed, value.as_i64()),
            "max_tokens" | "max_completion_tokens" | "max_output_tokens" => set(
                &mut parameters.max_tokens,
                value.as_u64().and_then(|limit| u32::try_from(limit).ok()),
            ),
            "stop" | "stop_sequences" => {
                parameters.stop = texts(value);
                !parameters.stop.is_empty()
            }
            "response_format" => {
                output_schema = schema(value);
                output_schema.is_some()
            }
            // How an answer travels is the business of who sends.
            "stream" | "stream_options" | "model" => true,
            name if KEPT.contains(&name) => {
                parameters.extra.insert(name.to_owned(), value.clone());
                true
            }
            _ => false,
        };
        if !taken {
            left_out.insert(name.clone());
        }
    }
    Some(SentRequest {
        request: ChatRequest {
            messages: span.input_messages.clone(),
            tools: span
                .tools
                .iter()
                .map(|tool| ToolDefinition {
                    name: tool.name.clone(),
                    description: tool.description.clone().unwrap_or_default(),
                    parameters: tool.schema.clone(),
                })
                .collect(),
            output_schema,
            parameters,
        },
        left_out,
    })
}

fn set<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let found = value.is_some();
    *place = value.or(place.take());
    found
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

/// The schema of OpenAI's `response_format`.
fn schema(value: &Value) -> Option<Value> {
    value.pointer("/json_schema/schema").cloned()
}

/// The answer of a model call; `None` when it failed, was cut, or the source does not hold it.
pub(crate) fn answer_of(span: &Span) -> Option<Completion> {
    let message = span
        .output_messages
        .iter()
        .find(|message| message.role == Role::Assistant)?;
    let whole = matches!(span.status, SpanStatus::Ok | SpanStatus::Unset)
        && span.error_type.is_none()
        && span.end_ns.is_some();
    if !whole || (message.content.is_empty() && message.tool_calls.is_empty()) {
        return None;
    }
    let duration_ns = span.end_ns.map(|end| end.0.saturating_sub(span.start_ns.0));
    Some(Completion {
        status: ResponseStatus::Complete,
        text: message.content.text(),
        tool_calls: message.tool_calls.clone(),
        finish_reason: span.finish_reason.as_deref().map(finish_reason),
        usage: span.usage,
        model_returned: span.model_returned.clone(),
        provider_fingerprint: span.provider_fingerprint.clone(),
        time_to_first_token_ms: span.time_to_first_token_ms,
        // A source without times writes the same twice.
        latency_ms: duration_ns
            .filter(|duration| *duration > 0)
            .map(|duration| duration as f64 / 1e6),
        ..Completion::default()
    })
}

fn finish_reason(word: &str) -> FinishReason {
    match word {
        "stop" | "end_turn" | "stop_sequence" | "STOP" => FinishReason::Stop,
        "length" | "max_tokens" | "MAX_TOKENS" => FinishReason::Length,
        "tool_calls" | "tool_use" | "tool_call" | "function_call" => FinishReason::ToolCalls,
        "content_filter" | "SAFETY" => FinishReason::ContentFilter,
        other => FinishReason::Other(other.to_owned()),
    }
}

/// Whether a model call opens a conversation: it does not go on after a tool's answer.
pub(crate) fn begins_conversation(span: &Span) -> bool {
    span.input_messages
        .last()
        .is_some_and(|message| message.role != Role::Tool)
}

/// What tools answered in a trace, in the order of the calls: as the model read it in its messages, else as the
/// tool's own span has it.
pub(crate) fn tool_results(trace: &[Span]) -> Vec<ToolResult> {
    let mut read = BTreeSet::new();
    let mut results: Vec<ToolResult> = Vec::new();
    for span in trace.iter().filter(|span| span.kind == SpanKind::Llm) {
        for (call, answer) in answered_calls(&span.input_messages) {
            // Later requests repeat what was said before.
            if read.insert(call.id.clone()) {
                results.push(ToolResult {
                    name: call.name.clone(),
                    arguments: call.arguments.clone(),
                    result: answer.content.text(),
                });
            }
        }
    }
    let mut spare: BTreeMap<String, usize> = BTreeMap::new();
    for result in &results {
        *spare
            .entry(key(&result.name, &result.arguments))
            .or_default() += 1;
    }
    for span in trace.iter().filter(|span| span.kind == SpanKind::Tool) {
        let (Some(name), Some(result)) = (&span.tool_name, &span.tool_result) else {
            continue;
        };
        let arguments = span.tool_arguments.clone().unwrap_or_default();
        let already = spare.entry(key(name, &arguments)).or_default();
        if *already > 0 {
            *already -= 1;
            continue;
        }
        results.push(ToolResult {
            name: name.clone(),
            arguments,
            result: match result {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            },
        });
    }
    results
}

/// Each call of a list of messages with the message that answers it.
fn answered_calls(messages: &[Message]) -> impl Iterator<Item = (&ToolCall, &Message)> {
    let calls = messages.iter().flat_map(|message| &message.tool_calls);
    calls.filter(|call| !call.id.is_empty()).filter_map(|call| {
        let answer = messages.iter().find(|message| {
            message.role == Role::Tool && message.tool_call_id.as_deref() == Some(&call.id)
        })?;
        Some((call, answer))
    })
}

fn key(name: &str, arguments: &Value) -> String {
    format!("{name} {arguments}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumbline_model::{Content, OfferedTool, UnixNanos, Usage};
    use serde_json::json;

    fn call(span_id: &str) -> Span {
        let mut span = Span::new("t", span_id, SpanKind::Llm, UnixNanos(1_000_000));
        span.end_ns = Some(UnixNanos(3_500_000));
        span.status = SpanStatus::Ok;
        span.input_messages = vec![Message::text(Role::User, "Where is order 7?")];
        span
    }

    fn asks_tool(id: &str, arguments: Value) -> Message {
        Message {
            tool_calls: vec![ToolCall {
                id: id.into(),
                name: "find".into(),
                arguments,
            }],
            ..Message::text(Role::Assistant, "")
        }
    }

    fn tool_says(id: &str, text: &str) -> Message {
        Message {
            tool_call_id: Some(id.into()),
            content: Content::Text(text.into()),
            ..Message::text(Role::Tool, "")
        }
    }

    #[test]
    fn a_request_carries_what_was_sent_and_names_what_it_cannot() {
        let mut span = call("a");
        span.parameters = json!({
            "temperature": 0.2, "max_completion_tokens": 300, "stop_sequences": ["END"], "stream": true,
            "seed": null, "logit_bias": {"5": 1}, "top_k": 40,
            "response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}},
        })
        .as_object()
        .unwrap()
        .clone();
        span.tools = vec![OfferedTool {
            name: "find".into(),
            description: Some("Finds an order.".into()),
            schema: json!({"type": "object"}),
            version: None,
        }];
        let sent = request_of(&span).unwrap();
        let parameters = &sent.request.parameters;
        assert_eq!(
            (
                parameters.temperature,
                parameters.max_tokens,
                parameters.seed
            ),
            (Some(0.2), Some(300), None)
        );
        assert_eq!(parameters.stop, ["END"]);
        assert_eq!(parameters.extra["top_k"], 40);
        assert_eq!(sent.request.output_schema, Some(json!({"type": "object"})));
        assert_eq!(sent.request.tools[0].description, "Finds an order.");
        assert_eq!(sent.left_out, BTreeSet::from(["logit_bias".to_owned()]));
        span.input_messages.clear();
        assert!(request_of(&span).is_none());
    }

    #[test]
    fn only_a_whole_answer_is_a_recording() {
        let mut span = call("a");
        assert!(answer_of(&span).is_none(), "the source does not hold it");
        span.output_messages = vec![Message::text(Role::Assistant, "on its way")];
        span.usage = Usage::of(9, 3);
        span.finish_reason = Some("end_turn".into());
        let answer = answer_of(&span).unwrap();
        assert_eq!(
            (answer.text.as_str(), answer.latency_ms),
            ("on its way", Some(2.5))
        );
        assert_eq!(answer.finish_reason, Some(FinishReason::Stop));
        for status in [
            SpanStatus::Error,
            SpanStatus::Truncated,
            SpanStatus::Cancelled,
        ] {
            let cut = Span {
                status,
                ..span.clone()
            };
            assert!(answer_of(&cut).is_none(), "{status:?}");
        }
    }

    #[test]
    fn a_tool_is_taken_as_the_model_read_it_and_once() {
        let first = call("a");
        let mut second = call("b");
        second.input_messages.extend([
            asks_tool("c1", json!({"id": 7})),
            tool_says("c1", "shipped"),
        ]);
        let mut third = second.clone();
        third.input_messages.extend([
            asks_tool("c2", json!({"id": 7})),
            tool_says("c2", "delivered"),
        ]);
        let tool = |arguments: Value, result: Value| {
            let mut span = Span::new("t", "tool", SpanKind::Tool, UnixNanos(0));
            span.tool_name = Some("find".into());
            span.tool_arguments = Some(arguments);
            span.tool_result = Some(result);
            span
        };
        let trace = [
            first.clone(),
            tool(json!({"id": 7}), json!({"state": "shipped"})),
            second.clone(),
            third,
            tool(json!({"id": 8}), json!({"state": "lost"})),
        ];
        let results: Vec<(Value, String)> = tool_results(&trace)
            .into_iter()
            .map(|result| (result.arguments, result.result))
            .collect();
        assert_eq!(
            results,
            [
                (json!({"id": 7}), "shipped".to_owned()),
                (json!({"id": 7}), "delivered".to_owned()),
                (json!({"id": 8}), "{\"state\":\"lost\"}".to_owned()),
            ]
        );
        assert!(begins_conversation(&first) && !begins_conversation(&second));
    }
}
