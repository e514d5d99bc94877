use super::*;
use crate::wire::Fragment;
use plumbline_model::{
    ChatRequest, Content, Message, ModelParameters, Role, ToolCall, ToolDefinition,
};
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

fn body(at_home: bool, request: ChatRequest) -> Value {
    let bytes = format(at_home).body(&call(request)).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

const STREAM: &str = concat!(
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"model\":\"m-1\",\"system_fingerprint\":\"fp\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}],\"usage\":null}\n\n",
    ": keep-alive\r\n\r\n",
    "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Grüße \"}}]}\n\n",
    "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\\ud83d\\udc4b \\\"x\\\"\"}}]}\r\n\r\n",
    "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\"\"}}]}}]}\n\n",
    "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\":1}\"}}]}}]}\n\n",
    "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n",
    "data: {\"id\":\"c1\",\"choices\":[],\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":7,\"total_tokens\":31,\"prompt_tokens_details\":{\"cached_tokens\":16},\"completion_tokens_details\":{\"reasoning_tokens\":3}}}\n\n",
    "data: [DONE]\n\n",
);

/// Reads a stream given in chunks; stops at the terminal event as the exchange does.
fn read(chunks: &[&[u8]], end: End) -> (Completion, String) {
    let mut answer = format(false).answer(&call(ChatRequest::default()));
    let mut said = String::new();
    let mut end = end;
    for chunk in chunks {
        let done = answer
            .feed(chunk, &mut |fragment| {
                if let Fragment::Text(text) = fragment {
                    said.push_str(text);
                }
            })
            .unwrap();
        if done {
            end = End::Orderly;
            break;
        }
    }
    (answer.finish(end), said)
}

fn fails(stream: &str) -> WireError {
    let mut answer = format(false).answer(&call(ChatRequest::default()));
    answer.feed(stream.as_bytes(), &mut |_| {}).unwrap_err()
}

#[test]
fn a_stream_is_read_with_text_tool_calls_usage_and_names() {
    let (answer, said) = read(&[STREAM.as_bytes()], End::Cut);
    assert_eq!(answer.status, ResponseStatus::Complete);
    assert_eq!(answer.text, "Grüße 👋 \"x\"");
    assert_eq!(said, answer.text, "the events add up to the text");
    assert_eq!(answer.tool_calls.len(), 1);
    assert_eq!(answer.tool_calls[0].arguments, json!({"a": 1}));
    assert_eq!(answer.finish_reason, Some(FinishReason::ToolCalls));
    assert_eq!(
        answer.usage,
        Usage {
            tokens_in: Some(20),
            tokens_in_cached: Some(16),
            tokens_in_cache_write: None,
            tokens_out: Some(7),
            tokens_reasoning: Some(3),
            tokens_unattributed: Some(4),
            ..Usage::default()
        }
    );
    assert_eq!(answer.model_returned.as_deref(), Some("m-1"));
    assert_eq!(answer.provider_fingerprint.as_deref(), Some("fp"));
    assert_eq!(answer.response_id.as_deref(), Some("c1"));
}

#[test]
fn logprobs_and_members_of_the_providers_own_are_kept() {
    let stream = concat!(
        "data: {\"id\":\"c\",\"service_tier\":\"default\",\"choices\":[{\"delta\":{\"content\":\"hi\"},\"logprobs\":{\"content\":[{\"token\":\"hi\",\"logprob\":-0.25,\"bytes\":[104],\"top_logprobs\":[{\"token\":\"ho\",\"logprob\":-3}]}]}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"!\"},\"logprobs\":{\"tokens\":[\"!\"]}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\",\"logprobs\":null}],\"citations\":[\"a\"]}\n\n",
        "data: [DONE]\n\n",
    );
    let (answer, _) = read(&[stream.as_bytes()], End::Cut);
    assert_eq!(answer.text, "hi!");
    assert_eq!(answer.logprobs.len(), 1, "another shape is left out");
    assert_eq!(answer.logprobs[0].logprob, -0.25);
    assert_eq!(answer.logprobs[0].top[0].token, "ho");
    assert_eq!(
        answer.extras,
        Some(json!({"service_tier": "default", "citations": ["a"]}))
    );
    assert!(answer.left_out.is_empty());
}

#[test]
fn every_split_of_the_stream_gives_the_same_answer() {
    let stream = STREAM.as_bytes();
    let whole = read(&[stream], End::Cut);
    for at in 0..=stream.len() {
        assert_eq!(
            read(&[&stream[..at], &stream[at..]], End::Cut),
            whole,
            "cut at {at}"
        );
    }
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(read(&bytes, End::Cut), whole);
}

#[test]
fn a_stream_cut_at_any_byte_is_complete_only_after_its_terminal_event() {
    let stream = STREAM.as_bytes();
    let finish_end = STREAM.find("\"tool_calls\"}]}\n\n").unwrap() + "\"tool_calls\"}]}\n\n".len();
    for at in 0..=stream.len() {
        let (cut, _) = read(&[&stream[..at]], End::Cut);
        let complete = at == stream.len();
        assert_eq!(
            cut.status == ResponseStatus::Complete,
            complete,
            "lost at {at}"
        );
        let (ended, _) = read(&[&stream[..at]], End::Orderly);
        assert_eq!(
            ended.status == ResponseStatus::Complete,
            at >= finish_end,
            "ended in order at {at}"
        );
    }
}

#[test]
fn done_without_a_finish_reason_is_truncated() {
    let stream = "data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\ndata: [DONE]\n\n";
    let (answer, _) = read(&[stream.as_bytes()], End::Orderly);
    assert_eq!(answer.status, ResponseStatus::Truncated);
    assert_eq!(answer.text, "half");
    assert!(answer.usage.is_unreported());
}

#[test]
fn nothing_after_done_is_read() {
    let stream = format!(
        "{STREAM}data: {{\"choices\":[{{\"delta\":{{\"content\":\"!\"}}}}]}}\n\ndata: junk\n\n"
    );
    assert_eq!(
        read(&[stream.as_bytes()], End::Cut),
        read(&[STREAM.as_bytes()], End::Cut)
    );
}

#[test]
fn other_choices_are_left_out_and_a_refusal_is_text() {
    let stream = concat!(
        "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"no\"},\"finish_reason\":\"length\"}]}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":null,\"refusal\":\"I cannot.\"},\"finish_reason\":\"stop\"}]}\n\n",
    );
    let (answer, said) = read(&[stream.as_bytes()], End::Orderly);
    assert_eq!(
        (answer.text.as_str(), said.as_str()),
        ("I cannot.", "I cannot.")
    );
    assert_eq!(
        answer.finish_reason,
        Some(FinishReason::Other("refusal".to_owned()))
    );
}

#[test]
fn nonsense_usage_is_unreported_not_zero() {
    for (usage, tokens_in, cached) in [
        (
            json!({"prompt_tokens": -5, "completion_tokens": "7"}),
            None,
            None,
        ),
        (
            json!({"prompt_tokens": 1.5e300, "completion_tokens": null}),
            None,
            None,
        ),
        (
            json!({"prompt_tokens": 18_446_744_073_709_551_615_u64}),
            None,
            None,
        ),
        (
            json!({"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 9}}),
            Some(5),
            None,
        ),
        (
            json!({"prompt_tokens": 5, "prompt_tokens_details": null}),
            Some(5),
            None,
        ),
        (
            json!({"prompt_tokens": 0, "prompt_tokens_details": {"cached_tokens": 0}}),
            Some(0),
            Some(0),
        ),
        (json!({}), None, None),
    ] {
        let stream = format!("data: {}\n\n", json!({"choices": [], "usage": usage}));
        let (answer, _) = read(&[stream.as_bytes()], End::Orderly);
        let seen = (answer.usage.tokens_in, answer.usage.tokens_in_cached);
        assert_eq!(seen, (tokens_in, cached), "{usage}");
        assert_eq!(answer.usage.tokens_out, None, "{usage}");
    }
}

#[test]
fn garbage_in_an_event_is_an_error_and_a_reported_error_keeps_its_words() {
    for stream in [
        "data: {\n\n",
        "data: <html>\n\n",
        "data: [1]\n\n",
        "data: {\"choices\":7}\n\n",
    ] {
        assert!(matches!(fails(stream), WireError::Malformed(_)), "{stream}");
    }
    assert_eq!(
        fails("data: {\"error\":{\"message\":\"too long\",\"code\":\"ctx\"}}\n\n"),
        WireError::Reported {
            code: Some("ctx".to_owned()),
            message: "too long".to_owned()
        }
    );
    let deep = format!("data: {{\"x\":{}\n\n", "[".repeat(200_000));
    assert!(
        matches!(fails(&deep), WireError::Malformed(_)),
        "no stack is used up"
    );
}

#[test]
fn a_plain_json_answer_is_read_too() {
    let mut answer = format(false).answer(&call(ChatRequest::default()));
    let json = json!({
        "id": "c2", "model": "m-2", "error": null,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1}
    });
    answer
        .whole(json.to_string().as_bytes(), &mut |_| {})
        .unwrap();
    let answer = answer.finish(End::Orderly);
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (ResponseStatus::Complete, "hi")
    );
    assert_eq!(answer.usage, Usage::of(3, 1));
    for other in ["{}", "{\"choices\":[]}", "[]", "\"hi\""] {
        let mut answer = format(false).answer(&call(ChatRequest::default()));
        assert!(
            answer.whole(other.as_bytes(), &mut |_| {}).is_err(),
            "{other}"
        );
    }
}

#[test]
fn the_request_says_everything_in_openais_words() {
    let mut assistant = Message::text(Role::Assistant, "");
    assistant.tool_calls = vec![ToolCall {
        id: "t1".to_owned(),
        name: "look".to_owned(),
        arguments: json!({"q": 1}),
    }];
    let mut tool = Message::text(Role::Tool, "found");
    tool.tool_call_id = Some("t1".to_owned());
    tool.name = Some("look".to_owned());
    let request = ChatRequest {
        messages: vec![
            Message::text(Role::System, "s"),
            Message::text(Role::User, "u"),
            assistant,
            tool,
        ],
        tools: vec![ToolDefinition {
            name: "look".to_owned(),
            description: "d".to_owned(),
            parameters: json!({"type": "object"}),
        }],
        output_schema: Some(json!({"type": "object", "properties": {"a": {}}})),
        parameters: ModelParameters {
            temperature: Some(0.5),
            top_p: Some(0.9),
            max_tokens: Some(50),
            seed: Some(-3),
            stop: vec!["END".to_owned()],
            extra: BTreeMap::from([("logit_bias".to_owned(), json!({"1": 2}))]),
        },
    };
    assert_eq!(
        body(false, request.clone()),
        json!({
            "model": "m",
            "messages": [
                {"role": "system", "content": "s"},
                {"role": "user", "content": "u"},
                {"role": "assistant", "content": null, "tool_calls": [
                    {"id": "t1", "type": "function", "function": {"name": "look", "arguments": "{\"q\":1}"}}
                ]},
                {"role": "tool", "content": "found", "tool_call_id": "t1"}
            ],
            "stream": true, "stream_options": {"include_usage": true},
            "tools": [{"type": "function", "function": {
                "name": "look", "description": "d", "parameters": {"type": "object"}
            }}],
            "response_format": {"type": "json_schema", "json_schema": {
                "name": "output", "strict": false, "schema": {"type": "object", "properties": {"a": {}}}
            }},
            "temperature": 0.5, "top_p": 0.9, "max_tokens": 50, "seed": -3, "stop": ["END"],
            "logit_bias": {"1": 2}
        })
    );
    let home = body(true, request);
    assert_eq!(home["max_completion_tokens"], 50);
    assert!(home.get("max_tokens").is_none());
}

#[test]
fn a_bare_request_sends_nothing_that_was_not_asked_for() {
    let request = ChatRequest {
        messages: vec![Message::text(Role::User, "u")],
        ..ChatRequest::default()
    };
    assert_eq!(
        body(true, request),
        json!({
            "model": "m", "messages": [{"role": "user", "content": "u"}],
            "stream": true, "stream_options": {"include_usage": true}
        })
    );
}

#[test]
fn extra_parameters_cannot_take_over_the_request() {
    for name in ["model", "messages", "stream", "stream_options", "n"] {
        let mut request = ChatRequest::default();
        request.parameters.extra.insert(name.to_owned(), json!(2));
        let error = format(false).body(&call(request)).unwrap_err();
        assert!(
            matches!(error, ProviderError::Unsupported { .. }),
            "{name}: {error}"
        );
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn an_image_of_either_spelling_is_sent_as_an_image_url() {
    let own = json!({"type": "image_url", "image_url": {"url": "https://example.test/a.png", "detail": "low"}});
    let mut message = Message::text(Role::User, "");
    message.content = Content::Parts(vec![
        json!({"type": "text", "text": "what is this?"}),
        own.clone(),
        json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}}),
    ]);
    let request = ChatRequest {
        messages: vec![message],
        ..ChatRequest::default()
    };
    assert_eq!(
        body(true, request)["messages"][0]["content"],
        json!([
            {"type": "text", "text": "what is this?"},
            own,
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}
        ])
    );
}

#[test]
fn parts_that_mean_nothing_to_openai_are_refused_before_sending() {
    for part in [
        json!({"type": "document", "source": {}}),
        json!({"inlineData": {}}),
        json!({"type": "image", "source": {"type": "base64", "media_type": "image/bmp", "data": "x"}}),
    ] {
        let mut message = Message::text(Role::User, "");
        message.content = Content::Parts(vec![part.clone()]);
        let request = ChatRequest {
            messages: vec![message],
            ..ChatRequest::default()
        };
        let error = format(true).body(&call(request)).unwrap_err();
        assert!(error.to_string().contains("messages[0]"), "{part}: {error}");
    }
}

#[test]
fn audio_and_reasoning_beside_the_output_are_counted() {
    let usage = |usage: serde_json::Value| {
        let mut answer = format(false).answer(&call(ChatRequest::default()));
        let json = json!({"id": "c", "model": "m", "usage": usage,
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}]});
        answer
            .whole(json.to_string().as_bytes(), &mut |_| {})
            .unwrap();
        answer.finish(End::Orderly).usage
    };
    let heard = usage(json!({"prompt_tokens": 50, "completion_tokens": 20,
        "prompt_tokens_details": {"audio_tokens": 30, "cached_tokens": 0},
        "completion_tokens_details": {"audio_tokens": 12, "reasoning_tokens": 0}}));
    assert_eq!(
        (heard.tokens_in_audio, heard.tokens_out_audio),
        (Some(30), Some(12))
    );
    let beside = usage(
        json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 18,
        "completion_tokens_details": {"reasoning_tokens": 3}}),
    );
    assert_eq!(
        (beside.tokens_out, beside.tokens_unattributed),
        (Some(8), None)
    );
    let deepseek =
        usage(json!({"prompt_tokens": 10, "completion_tokens": 5, "prompt_cache_hit_tokens": 4}));
    assert_eq!(deepseek.tokens_in_cached, Some(4));
}
