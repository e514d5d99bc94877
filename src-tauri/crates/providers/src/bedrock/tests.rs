use super::*;
use crate::stream_check::{body, call, check, read};
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message as Frame};
use plumbline_model::{Content, Message, ModelParameters, Role, ToolCall, ToolDefinition};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn frame(kind: &str, name: &str, payload: &Value) -> Vec<u8> {
    let text = |text: &str| HeaderValue::String(text.to_owned().into());
    let message = Frame::new(payload.to_string().into_bytes())
        .add_header(Header::new(":message-type".to_owned(), text(kind)))
        .add_header(Header::new(format!(":{kind}-type"), text(name)));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).unwrap();
    bytes
}

/// An example in the shapes of the API reference of `ConverseStream`.
fn events() -> Vec<Vec<u8>> {
    [
        ("messageStart", json!({"role": "assistant", "p": "abc"})),
        ("contentBlockDelta", json!({"contentBlockIndex": 0, "delta": {"text": "Grüße "}})),
        ("contentBlockDelta", json!({"contentBlockIndex": 0, "delta": {"text": "👋"}})),
        ("contentBlockStop", json!({"contentBlockIndex": 0})),
        ("contentBlockStart", json!({"contentBlockIndex": 1, "start": {"toolUse": {"toolUseId": "t1", "name": "look"}}})),
        ("contentBlockDelta", json!({"contentBlockIndex": 1, "delta": {"toolUse": {"input": "{\"q\":"}}})),
        ("contentBlockDelta", json!({"contentBlockIndex": 1, "delta": {"toolUse": {"input": "1}"}}})),
        ("laterInvention", json!({"delta": 7})),
        ("messageStop", json!({"stopReason": "tool_use"})),
        ("metadata", json!({
            "usage": {"inputTokens": 10, "outputTokens": 7, "totalTokens": 107, "cacheReadInputTokens": 85, "cacheWriteInputTokens": 5},
            "metrics": {"latencyMs": 4}
        })),
    ]
    .iter()
    .map(|(name, payload)| frame("event", name, payload))
    .collect()
}

fn fails(stream: &[u8]) -> WireError {
    let mut answer = Bedrock.answer(&call(ChatRequest::default()));
    answer.feed(stream, &mut |_| {}).unwrap_err()
}

#[test]
fn a_stream_is_read_and_its_usage_is_inclusive() {
    let (answer, _) = read(&Bedrock, &[&events().concat()], End::Cut);
    assert_eq!(answer.status, ResponseStatus::Complete);
    assert_eq!(answer.text, "Grüße 👋");
    assert_eq!(answer.tool_calls[0].id, "t1");
    assert_eq!(answer.tool_calls[0].arguments, json!({"q": 1}));
    assert_eq!(answer.finish_reason, Some(FinishReason::ToolCalls));
    assert_eq!(
        answer.usage,
        Usage {
            tokens_in: Some(100),
            tokens_in_cached: Some(85),
            tokens_in_cache_write: Some(5),
            tokens_out: Some(7),
            ..Usage::default()
        },
        "input is 10 + 85 + 5"
    );
}

#[test]
fn every_split_gives_the_same_answer_and_no_cut_is_complete() {
    let stream = events().concat();
    check(&Bedrock, &stream, stream.len(), stream.len());
}

#[test]
fn a_message_with_any_damaged_byte_is_never_read_as_another() {
    let whole = frame(
        "event",
        "contentBlockDelta",
        &json!({"contentBlockIndex": 0, "delta": {"text": "hi"}}),
    );
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        let mut answer = Bedrock.answer(&call(ChatRequest::default()));
        // A changed length may only make it wait for more; nothing may be heard.
        let fed = answer.feed(&damaged, &mut |_| {});
        assert!(fed != Ok(true) && !answer.heard(), "byte {at}");
    }
}

#[test]
fn an_exception_keeps_its_words_and_garbage_is_malformed() {
    assert_eq!(
        fails(&frame(
            "exception",
            "throttlingException",
            &json!({"message": "slow down"})
        )),
        WireError::Reported {
            code: Some("throttlingException".to_owned()),
            message: "slow down".to_owned()
        }
    );
    let not_json = frame("event", "messageStop", &json!([1]));
    for stream in [
        b"<html><body></body></html>".as_slice(),
        &[0; 32],
        &[0xff; 32],
        &not_json,
    ] {
        assert!(matches!(fails(stream), WireError::Malformed(_)));
    }
}

#[test]
fn a_plain_json_answer_is_read_too() {
    let mut answer = Bedrock.answer(&call(ChatRequest::default()));
    let json = json!({
        "output": {"message": {"role": "assistant", "content": [
            {"text": "hi"}, {"toolUse": {"toolUseId": "t", "name": "f", "input": {"a": 2}}}
        ]}},
        "stopReason": "max_tokens", "usage": {"inputTokens": 3, "outputTokens": 1}
    });
    answer
        .whole(json.to_string().as_bytes(), &mut |_| {})
        .unwrap();
    let answer = answer.finish(End::Orderly);
    assert_eq!(answer.status, ResponseStatus::Complete);
    assert_eq!(answer.text, "hi");
    assert_eq!(answer.tool_calls[0].arguments, json!({"a": 2}));
    assert_eq!(answer.usage, Usage::of(3, 1));
    let mut answer = Bedrock.answer(&call(ChatRequest::default()));
    assert!(answer.whole(b"{}", &mut |_| {}).is_err());
}

#[test]
fn the_request_says_everything_in_the_words_of_converse() {
    let mut assistant = Message::text(Role::Assistant, "");
    assistant.tool_calls = vec![ToolCall {
        id: "t1".to_owned(),
        name: "look".to_owned(),
        arguments: json!({"q": 1}),
    }];
    let mut tool = Message::text(Role::Tool, "found");
    tool.tool_call_id = Some("t1".to_owned());
    let mut seen = Message::text(Role::User, "");
    seen.content = Content::Parts(vec![
        json!({"type": "text", "text": "what is this?"}),
        json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}),
    ]);
    let request = ChatRequest {
        messages: vec![Message::text(Role::System, "s"), seen, assistant, tool],
        tools: vec![ToolDefinition {
            name: "look".to_owned(),
            description: String::new(),
            parameters: json!({"type": "object"}),
        }],
        parameters: ModelParameters {
            temperature: Some(0.5),
            top_p: Some(0.9),
            max_tokens: Some(50),
            stop: vec!["END".to_owned()],
            extra: BTreeMap::from([(
                "additionalModelRequestFields".to_owned(),
                json!({"top_k": 4}),
            )]),
            ..ModelParameters::default()
        },
        ..ChatRequest::default()
    };
    assert_eq!(
        body(&Bedrock, request).unwrap(),
        json!({
            "system": [{"text": "s"}],
            "messages": [
                {"role": "user", "content": [
                    {"text": "what is this?"},
                    {"image": {"format": "png", "source": {"bytes": "iVBO"}}}
                ]},
                {"role": "assistant", "content": [
                    {"toolUse": {"toolUseId": "t1", "name": "look", "input": {"q": 1}}}
                ]},
                {"role": "user", "content": [
                    {"toolResult": {"toolUseId": "t1", "content": [{"text": "found"}]}}
                ]}
            ],
            "inferenceConfig": {"maxTokens": 50, "temperature": 0.5, "topP": 0.9, "stopSequences": ["END"]},
            "toolConfig": {"tools": [{"toolSpec": {"name": "look", "inputSchema": {"json": {"type": "object"}}}}]},
            "additionalModelRequestFields": {"top_k": 4}
        })
    );
}

#[test]
fn the_model_is_path_encoded_once() {
    let mut call = call(ChatRequest::default());
    call.model = "arn:aws:bedrock:eu-west-1:1:inference-profile/eu.x-v1:0".to_owned();
    assert_eq!(
        Bedrock.path(&call).unwrap(),
        "/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ainference-profile%2Feu.x-v1%3A0/converse-stream"
    );
}

#[test]
fn an_output_schema_travels_as_a_text() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false});
    let request = ChatRequest {
        output_schema: Some(schema.clone()),
        ..ChatRequest::default()
    };
    let sent = body(&Bedrock, request).unwrap();
    let format = &sent["outputConfig"]["textFormat"];
    assert_eq!(format["type"], "json_schema");
    let sent = &format["structure"]["jsonSchema"];
    assert_eq!(sent["name"], "output");
    let text = sent["schema"].as_str().unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(text).unwrap(),
        schema
    );
}

#[test]
fn what_cannot_be_said_is_refused_before_sending() {
    let mut seed = ChatRequest::default();
    seed.parameters.seed = Some(1);
    let mut twice = ChatRequest {
        output_schema: Some(json!({"type": "object"})),
        ..ChatRequest::default()
    };
    twice
        .parameters
        .extra
        .insert("outputConfig".to_owned(), json!({}));
    let tool = ChatRequest {
        messages: vec![Message::text(Role::Tool, "t")],
        ..ChatRequest::default()
    };
    for (request, word) in [
        (seed, "`seed`"),
        (twice, "`outputConfig`"),
        (tool, "messages[0]"),
    ] {
        let error = body(&Bedrock, request).unwrap_err();
        assert!(
            matches!(error, ProviderError::Unsupported { .. }),
            "{error}"
        );
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn what_is_cached_for_an_hour_is_told_apart() {
    let mut answer = Bedrock.answer(&call(ChatRequest::default()));
    let json = json!({
        "output": {"message": {"role": "assistant", "content": [{"text": "hi"}]}}, "stopReason": "end_turn",
        "usage": {"inputTokens": 3, "outputTokens": 1, "cacheWriteInputTokens": 12, "totalTokens": 16,
            "cacheDetails": [{"ttl": "1h", "inputTokens": 8}, {"ttl": "5m", "inputTokens": 4}]}
    });
    answer
        .whole(json.to_string().as_bytes(), &mut |_| {})
        .unwrap();
    let expected = Usage {
        tokens_in_cache_write: Some(12),
        tokens_in_cache_write_1h: Some(8),
        ..Usage::of(15, 1)
    };
    assert_eq!(answer.finish(End::Orderly).usage, expected);
}
