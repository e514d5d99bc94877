use super::*;
use crate::wire::Fragment;
use plumbline_model::{ChatRequest, Message, ModelParameters, Role, ToolCall, ToolDefinition};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn call(request: ChatRequest) -> Call {
    Call {
        model: "m".to_owned(),
        request,
        request_hash: String::new(),
        idempotency_key: String::new(),
        repeat: 0,
    }
}

fn body(request: ChatRequest) -> Result<Value, ProviderError> {
    let bytes = AnthropicMessages.body(&call(request))?;
    Ok(serde_json::from_slice(&bytes).unwrap())
}

fn with_schema() -> ChatRequest {
    ChatRequest {
        messages: vec![Message::text(Role::User, "u")],
        output_schema: Some(json!({"type": "object", "properties": {"a": {"type": "integer"}}})),
        ..ChatRequest::default()
    }
}

const STREAM: &str = concat!(
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":\"claude-x\",\"stop_reason\":null,\"usage\":{\"input_tokens\":10,\"cache_creation_input_tokens\":5,\"cache_read_input_tokens\":85,\"output_tokens\":1}}}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    "event: ping\ndata: {\"type\": \"ping\"}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Grüße \"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"👋\"}}\n\n",
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"look\",\"input\":{}}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"q\\\":\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"1}\"}}\n\n",
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\n",
    "event: later_invention\ndata: {\"type\":\"later_invention\",\"delta\":\"not ours\",\"index\":\"x\"}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":40}}\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
);

fn read(request: ChatRequest, chunks: &[&[u8]]) -> (Completion, String) {
    let mut answer = AnthropicMessages.answer(&call(request));
    let mut said = String::new();
    for chunk in chunks {
        let done = answer
            .feed(chunk, &mut |fragment| {
                if let Fragment::Text(text) = fragment {
                    said.push_str(text);
                }
            })
            .unwrap();
        if done {
            break;
        }
    }
    // How the body ends makes no difference here: only `message_stop` counts.
    (answer.finish(End::Orderly), said)
}

fn read_plain(chunks: &[&[u8]]) -> (Completion, String) {
    read(ChatRequest::default(), chunks)
}

#[test]
fn a_stream_is_read_and_its_usage_is_inclusive() {
    let (answer, said) = read_plain(&[STREAM.as_bytes()]);
    assert_eq!(answer.status, ResponseStatus::Complete);
    assert_eq!(
        (answer.text.as_str(), said.as_str()),
        ("Grüße 👋", "Grüße 👋")
    );
    assert_eq!(answer.tool_calls[0].id, "toolu_1");
    assert_eq!(answer.tool_calls[0].arguments, json!({"q": 1}));
    assert_eq!(answer.finish_reason, Some(FinishReason::ToolCalls));
    assert_eq!(
        answer.usage,
        Usage {
            tokens_in: Some(100),
            tokens_in_cached: Some(85),
            tokens_in_cache_write: Some(5),
            tokens_out: Some(40),
            tokens_reasoning: None,
            ..Usage::default()
        },
        "input is 10 + 85 + 5, and output is the last count, not 1 + 40"
    );
    assert_eq!(answer.model_returned.as_deref(), Some("claude-x"));
    assert_eq!(answer.response_id.as_deref(), Some("msg_1"));
}

#[test]
fn every_split_gives_the_same_answer_and_no_cut_is_complete() {
    let stream = STREAM.as_bytes();
    let whole = read_plain(&[stream]);
    for at in 0..=stream.len() {
        assert_eq!(
            read_plain(&[&stream[..at], &stream[at..]]),
            whole,
            "split at {at}"
        );
        let (cut, _) = read_plain(&[&stream[..at]]);
        assert_eq!(
            cut.status == ResponseStatus::Complete,
            at == stream.len(),
            "cut at {at}"
        );
    }
}

#[test]
fn the_placeholder_output_count_of_a_cut_stream_is_unknown() {
    let cut = STREAM.split("event: message_delta").next().unwrap();
    let (answer, _) = read_plain(&[cut.as_bytes()]);
    assert_eq!(answer.status, ResponseStatus::Truncated);
    assert_eq!(
        (answer.usage.tokens_in, answer.usage.tokens_out),
        (Some(100), None)
    );
}

#[test]
fn a_later_cumulative_count_replaces_every_earlier_one() {
    let stream = STREAM.replace(
        "\"usage\":{\"output_tokens\":40}",
        "\"usage\":{\"input_tokens\":12,\"cache_read_input_tokens\":85,\"cache_creation_input_tokens\":0,\"output_tokens\":41}",
    );
    let (answer, _) = read_plain(&[stream.as_bytes()]);
    assert_eq!(
        (answer.usage.tokens_in, answer.usage.tokens_out),
        (Some(97), Some(41))
    );
}

#[test]
fn an_error_inside_the_stream_keeps_its_words() {
    let mut answer = AnthropicMessages.answer(&call(ChatRequest::default()));
    let stream = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    assert_eq!(
        answer.feed(stream.as_bytes(), &mut |_| {}).unwrap_err(),
        WireError::Reported {
            code: Some("overloaded_error".to_owned()),
            message: "Overloaded".to_owned()
        }
    );
}

#[test]
fn a_known_event_in_the_wrong_shape_is_an_error() {
    for data in [
        "{\"type\":\"message_delta\",\"delta\":7}",
        "{\"type\":\"content_block_delta\",\"index\":-1,\"delta\":{}}",
        "{\"delta\":{}}",
        "{",
    ] {
        let mut answer = AnthropicMessages.answer(&call(ChatRequest::default()));
        let error = answer.feed(format!("data: {data}\n\n").as_bytes(), &mut |_| {});
        assert!(matches!(error, Err(WireError::Malformed(_))), "{data}");
    }
}

#[test]
fn an_answer_with_a_schema_comes_as_the_text() {
    let stream = STREAM
        .replace("\"look\"", "\"respond\"")
        .replace("{\\\"q\\\":", "{\\\"a\\\":");
    let start = stream
        .find("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1")
        .unwrap();
    let head = stream.find("event: content_block_start").unwrap();
    let only_respond = format!("{}{}", &stream[..head], &stream[start..]);
    let (answer, said) = read(with_schema(), &[only_respond.as_bytes()]);
    assert_eq!(
        (answer.text.as_str(), said.as_str()),
        ("{\"a\":1}", "{\"a\":1}")
    );
    assert_eq!(answer.tool_calls, []);
    assert_eq!(answer.finish_reason, Some(FinishReason::Stop));
    let (plain, _) = read_plain(&[only_respond.as_bytes()]);
    assert_eq!(
        plain.tool_calls.len(),
        1,
        "without a schema `respond` is a tool like any other"
    );
}

#[test]
fn a_plain_json_answer_is_read_too() {
    let json = json!({
        "id": "msg_2", "type": "message", "role": "assistant", "model": "claude-x",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            {"type": "text", "text": "hi"},
            {"type": "tool_use", "id": "t", "name": "look", "input": {"q": 1}}
        ],
        "stop_reason": "max_tokens", "usage": {"input_tokens": 3, "output_tokens": 9}
    });
    let mut answer = AnthropicMessages.answer(&call(ChatRequest::default()));
    answer
        .whole(json.to_string().as_bytes(), &mut |_| {})
        .unwrap();
    let answer = answer.finish(End::Orderly);
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (ResponseStatus::Complete, "hi")
    );
    assert_eq!(answer.tool_calls[0].arguments, json!({"q": 1}));
    assert_eq!(answer.finish_reason, Some(FinishReason::Length));
    assert_eq!(answer.usage, Usage::of(3, 9));
    for other in ["{}", "{\"choices\":[]}", "[]"] {
        let mut answer = AnthropicMessages.answer(&call(ChatRequest::default()));
        assert!(
            answer.whole(other.as_bytes(), &mut |_| {}).is_err(),
            "{other}"
        );
    }
}

#[test]
fn the_request_says_everything_in_anthropics_words() {
    let mut assistant = Message::text(Role::Assistant, "let me look");
    assistant.tool_calls = ["t1", "t2"]
        .map(|id| ToolCall {
            id: id.to_owned(),
            name: "look".to_owned(),
            arguments: json!({"q": 1}),
        })
        .into();
    let results = ["t1", "t2"].map(|id| {
        let mut tool = Message::text(Role::Tool, "found");
        tool.tool_call_id = Some(id.to_owned());
        tool
    });
    let mut messages = vec![
        Message::text(Role::System, "s1"),
        Message::text(Role::User, "u"),
        assistant,
    ];
    messages.extend(results);
    messages.push(Message::text(Role::System, "s2"));
    let request = ChatRequest {
        messages,
        tools: vec![ToolDefinition {
            name: "look".to_owned(),
            description: "d".to_owned(),
            parameters: json!({"type": "object"}),
        }],
        output_schema: None,
        parameters: ModelParameters {
            temperature: Some(0.5),
            stop: vec!["END".to_owned()],
            extra: BTreeMap::from([("top_k".to_owned(), json!(5))]),
            ..ModelParameters::default()
        },
    };
    assert_eq!(
        body(request).unwrap(),
        json!({
            "model": "m", "max_tokens": 1024, "stream": true,
            "system": [{"type": "text", "text": "s1"}, {"type": "text", "text": "s2"}],
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "u"}]},
                {"role": "assistant", "content": [
                    {"type": "text", "text": "let me look"},
                    {"type": "tool_use", "id": "t1", "name": "look", "input": {"q": 1}},
                    {"type": "tool_use", "id": "t2", "name": "look", "input": {"q": 1}}
                ]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "t1", "content": "found"},
                    {"type": "tool_result", "tool_use_id": "t2", "content": "found"}
                ]}
            ],
            "tools": [{"name": "look", "description": "d", "input_schema": {"type": "object"}}],
            "temperature": 0.5, "stop_sequences": ["END"], "top_k": 5
        })
    );
}

#[test]
fn a_schema_becomes_a_forced_tool() {
    let body = body(with_schema()).unwrap();
    assert_eq!(
        body["tool_choice"],
        json!({"type": "tool", "name": "respond"})
    );
    assert_eq!(
        body["tools"][0]["input_schema"],
        with_schema().output_schema.unwrap()
    );
}

#[test]
fn what_cannot_be_said_is_refused_before_sending() {
    let mut seed = ChatRequest::default();
    seed.parameters.seed = Some(1);
    let mut array = with_schema();
    array.output_schema = Some(json!({"type": "array"}));
    let mut clash = with_schema();
    clash.tools.push(ToolDefinition {
        name: RESPOND.to_owned(),
        description: String::new(),
        parameters: json!({}),
    });
    let mut raw_arguments = ChatRequest::default();
    let mut assistant = Message::text(Role::Assistant, "");
    assistant.tool_calls.push(ToolCall {
        arguments: json!("{broken"),
        ..ToolCall::default()
    });
    raw_arguments.messages.push(assistant);
    let mut orphan = ChatRequest::default();
    orphan.messages.push(Message::text(Role::Tool, "x"));
    let mut takes_over = ChatRequest::default();
    takes_over
        .parameters
        .extra
        .insert("system".to_owned(), json!("x"));
    for request in [seed, array, clash, raw_arguments, orphan, takes_over] {
        let error = body(request).unwrap_err();
        assert!(
            matches!(error, ProviderError::Unsupported { .. }),
            "{error}"
        );
    }
}

#[test]
fn an_image_of_either_spelling_is_sent_as_an_image_block() {
    let own = json!({"type": "text", "text": "look", "cache_control": {"type": "ephemeral"}});
    let mut message = Message::text(Role::User, "");
    message.content = plumbline_model::Content::Parts(vec![
        own.clone(),
        json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}),
        json!({"type": "image_url", "image_url": {"url": "https://example.test/a.png"}}),
    ]);
    let request = ChatRequest {
        messages: vec![message],
        ..ChatRequest::default()
    };
    assert_eq!(
        body(request).unwrap()["messages"][0]["content"],
        json!([
            own,
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}},
            {"type": "image", "source": {"type": "url", "url": "https://example.test/a.png"}}
        ])
    );
}

#[test]
fn parts_that_mean_nothing_to_anthropic_are_refused_before_sending() {
    for (role, part) in [
        (
            Role::User,
            json!({"type": "input_audio", "input_audio": {}}),
        ),
        (
            Role::User,
            json!({"type": "image_url", "image_url": {"url": "data:image/bmp;base64,Qk0"}}),
        ),
        (
            Role::System,
            json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}),
        ),
    ] {
        let mut message = Message::text(role, "");
        message.content = plumbline_model::Content::Parts(vec![part.clone()]);
        let request = ChatRequest {
            messages: vec![message],
            ..ChatRequest::default()
        };
        let error = body(request).unwrap_err();
        assert!(error.to_string().contains("messages[0]"), "{part}: {error}");
    }
}

#[test]
fn what_is_cached_for_an_hour_is_told_apart_and_thinking_is_counted() {
    let usage = |usage: serde_json::Value| {
        let mut answer = AnthropicMessages.answer(&call(ChatRequest::default()));
        let json = json!({"id": "m", "model": "c", "content": [{"type": "text", "text": "hi"}],
            "stop_reason": "end_turn", "usage": usage});
        answer
            .whole(json.to_string().as_bytes(), &mut |_| {})
            .unwrap();
        answer.finish(End::Orderly).usage
    };
    let told = usage(
        json!({"input_tokens": 10, "cache_creation_input_tokens": 90, "output_tokens": 5,
        "cache_creation": {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 60},
        "output_tokens_details": {"thinking_tokens": 3}}),
    );
    let expected = Usage {
        tokens_in_cache_write: Some(90),
        tokens_in_cache_write_1h: Some(60),
        tokens_reasoning: Some(3),
        ..Usage::of(100, 5)
    };
    assert_eq!(told, expected);
    for odd in [json!(7), json!("x"), json!(true), json!(null)] {
        let told = usage(json!({"input_tokens": 10, "output_tokens": 5, "cache_creation": odd}));
        assert_eq!(told, Usage::of(10, 5), "an odd member spoils no answer");
    }
}
