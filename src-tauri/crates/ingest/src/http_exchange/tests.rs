use super::*;

fn exchange(path: &str, request: &Value, response: &str) -> HttpExchange {
    let kind = if response.starts_with('{') {
        "application/json"
    } else {
        "text/event-stream"
    };
    HttpExchange {
        method: "POST".to_owned(),
        url: format!("https://api.test{path}"),
        request_headers: vec![("Authorization".to_owned(), "Bearer sk-canary".to_owned())],
        request_body: request.to_string().into_bytes(),
        status: Some(200),
        response_headers: vec![
            ("Content-Type".to_owned(), kind.to_owned()),
            ("X-Request-Id".to_owned(), "req_7".to_owned()),
            ("set-cookie".to_owned(), "canary".to_owned()),
        ],
        response_body: response.as_bytes().to_vec(),
        started_at: Some(UnixNanos(1_700_000_000_000_000_000)),
        time_to_first_byte: Some(Duration::from_millis(120)),
        duration: Some(Duration::from_millis(900)),
        error: None,
    }
}

fn call(exchange: &HttpExchange) -> Span {
    match read_http(exchange).outcome {
        HttpOutcome::ModelCall { span, raw, .. } => {
            assert!(!String::from_utf8(raw).unwrap().contains("canary"));
            *span
        }
        other => panic!("{other:?}"),
    }
}

fn text(said: &str) -> plumbline_model::Content {
    plumbline_model::Content::Text(said.to_owned())
}

fn chat() -> Value {
    json!({"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": true})
}

const CHAT: &str = concat!(
    r#"data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"},"finish_reason":null}],"usage":null}"#,
    "\n\n",
    r#"data: {"id":"c1","choices":[{"index":0,"delta":{"content":"lo"}}]}"#,
    "\n\n",
    r#"data: {"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"f","arguments":"{\"a\""}}]}}]}"#,
    "\n\n",
    r#"data: {"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}}]}"#,
    "\n\n",
    r#"data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
    "\n\n",
    r#"data: {"id":"c1","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":5,"total_tokens":16}}"#,
    "\n\ndata: [DONE]\n\n",
);

#[test]
fn a_chat_stream_is_the_body_it_amounts_to() {
    let exchange = exchange("/v1/chat/completions", &chat(), CHAT);
    let span = call(&exchange);
    assert_eq!((span.span_id.as_str(), span.status), ("c1", SpanStatus::Ok));
    assert_eq!(span.model_returned.as_deref(), Some("m-1"));
    assert_eq!(span.request_id.as_deref(), Some("req_7"));
    assert_eq!(
        (span.usage.tokens_in, span.usage.tokens_out),
        (Some(11), Some(5))
    );
    assert_eq!(span.finish_reason.as_deref(), Some("tool_calls"));
    assert_eq!(span.time_to_first_token_ms, Some(120.0));
    assert_eq!(span.end_ns, Some(UnixNanos(1_700_000_000_900_000_000)));
    let [message] = &span.output_messages[..] else {
        panic!("{:?}", span.output_messages)
    };
    assert_eq!(message.content, text("Hello"));
    assert_eq!(message.tool_calls[0].arguments, json!({"a": 1}));
    assert_eq!(read_http(&exchange).secrets_removed, 2);
}

#[test]
fn a_stream_cut_anywhere_before_its_end_is_truncated() {
    let end = CHAT
        .find(r#"data: {"id":"c1","choices":[{"index":0,"delta":{},"#)
        .unwrap();
    for cut in [end, end - 30, end + 20] {
        let span = call(&exchange("/v1/chat/completions", &chat(), &CHAT[..cut]));
        assert_eq!(span.status, SpanStatus::Truncated, "cut at {cut}");
        assert_eq!(span.tags["stream"], "cut");
        assert_eq!(span.usage.tokens_out, None);
    }
}

const MESSAGES: &str = r#"event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"usage":{"input_tokens":10,"cache_read_input_tokens":90,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: ping
data: {"type":"ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Let me look."}}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"tu","name":"look","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"q\": "}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"7}"}}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":33}}

event: message_stop
data: {"type":"message_stop"}

"#;

#[test]
fn events_of_anthropic_are_one_message() {
    let span = call(&exchange("/v1/messages?beta=true", &chat(), MESSAGES));
    assert_eq!(
        (span.status, span.provider.as_deref()),
        (SpanStatus::Ok, Some("anthropic"))
    );
    assert_eq!(
        (
            span.usage.tokens_in,
            span.usage.tokens_in_cached,
            span.usage.tokens_out
        ),
        (Some(100), Some(90), Some(33))
    );
    assert_eq!(span.output_messages[0].content, text("Let me look."));
    assert_eq!(
        span.output_messages[0].tool_calls[0].arguments,
        json!({"q": 7})
    );
    let cut = &MESSAGES[..MESSAGES.find("event: message_delta").unwrap()];
    assert_eq!(
        call(&exchange("/v1/messages", &chat(), cut)).status,
        SpanStatus::Truncated
    );
    let failed = format!(
        "{cut}data: {{\"type\":\"error\",\"error\":{{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}}}\n\n"
    );
    let span = call(&exchange("/v1/messages", &chat(), &failed));
    assert_eq!(
        (span.status, span.error_type.as_deref()),
        (SpanStatus::Error, Some("overloaded_error"))
    );
}

#[test]
fn the_responses_api_ends_with_its_whole_response_or_with_what_came() {
    let request = json!({"model": "m", "input": "hi", "stream": true});
    let begun = "data: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"in_progress\",\"model\":\"m\",\"output\":[]}}\n\n\
        data: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":\"Half\"}\n\n";
    let span = call(&exchange("/v1/responses", &request, begun));
    assert_eq!(span.status, SpanStatus::Truncated);
    assert_eq!(span.output_messages[0].content, text("Half"));
    let whole = format!(
        "{begun}data: {}\n\n",
        json!({"type": "response.completed", "response": {"id": "resp_1", "object": "response", "status": "completed", "model": "m",
            "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Half and half", "annotations": []}]}],
            "usage": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}}})
    );
    let span = call(&exchange("/v1/responses", &request, &whole));
    assert_eq!(
        (span.status, span.usage.tokens_out),
        (SpanStatus::Ok, Some(4))
    );
    assert_eq!(span.output_messages[0].content, text("Half and half"));
}

#[test]
fn a_failure_says_what_the_api_said() {
    let mut openai = exchange(
        "/v1/chat/completions",
        &chat(),
        r#"{"error":{"message":"Slow down","type":"rate_limit_error","code":"rate_limit_exceeded"}}"#,
    );
    openai.status = Some(429);
    openai
        .response_headers
        .push(("Retry-After".to_owned(), "3".to_owned()));
    let span = call(&openai);
    assert_eq!(
        (span.status, span.http_status),
        (SpanStatus::Error, Some(429))
    );
    assert_eq!(span.error_type.as_deref(), Some("rate_limit_error"));
    assert_eq!(span.error_message.as_deref(), Some("Slow down"));
    assert_eq!(span.tags["retry-after"], "3");
    let mut gateway = exchange("/v1/messages", &chat(), "{<html>bad gateway");
    gateway.status = Some(502);
    assert_eq!(
        call(&gateway).error_message.as_deref(),
        Some("{<html>bad gateway")
    );
    let mut lost = exchange("/v1/messages", &chat(), "{}");
    (lost.status, lost.response_body) = (None, Vec::new());
    lost.error = Some("connection reset".to_owned());
    let span = call(&lost);
    assert_eq!((span.status, span.http_status), (SpanStatus::Error, None));
    assert_eq!(span.error_message.as_deref(), Some("connection reset"));
}

#[test]
fn embeddings_and_calls_of_azure_are_read_and_other_requests_are_no_calls() {
    let request = json!({"model": "e", "input": ["a", "b"]});
    let response = r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,0.2,0.3]}],"model":"e-1","usage":{"prompt_tokens":2,"total_tokens":2}}"#;
    let span = call(&exchange("/v1/embeddings", &request, response));
    assert_eq!(
        (span.kind, span.embedding_dimensions),
        (SpanKind::Embedding, Some(3))
    );
    assert_eq!(
        (span.usage.tokens_in, span.time_to_first_token_ms),
        (Some(2), None)
    );
    let azure = exchange(
        "/openai/deployments/my-gpt/chat/completions?api-version=1",
        &json!({"messages": []}),
        r#"{"id":"x","choices":[]}"#,
    );
    assert_eq!(call(&azure).model_requested.as_deref(), Some("my-gpt"));
    let mut models = exchange("/v1/models", &json!({}), r#"{"object":"list","data":[]}"#);
    assert_eq!(read_http(&models).outcome, HttpOutcome::NotModelCall);
    models.method = "GET".to_owned();
    models.url = "https://api.test/v1/chat/completions".to_owned();
    assert_eq!(read_http(&models).outcome, HttpOutcome::NotModelCall);
    let counted = exchange(
        "/v1/messages/count_tokens",
        &chat(),
        r#"{"input_tokens":1}"#,
    );
    assert_eq!(read_http(&counted).outcome, HttpOutcome::NotModelCall);
}

#[test]
fn hostile_streams_end_in_bounded_memory() {
    let stream = "data: {\"choices\":[{\"index\":18446744073709551615,\"delta\":{\"tool_calls\":[{\"index\":999999999,\"id\":\"a\"}]}}]}\n\n\
        data: {\"type\":\"message_delta\",\"usage\":7}\n\ndata: {\"usage\":3,\"choices\":[1]}\n\n\
        data: {\"type\":\"content_block_delta\",\"index\":-1,\"delta\":9}\n\ndata: \u{7}\n\n";
    let span = call(&exchange("/v1/chat/completions", &chat(), stream));
    assert_eq!(span.status, SpanStatus::Truncated);
    let mut broken = exchange("/v1/chat/completions", &json!({}), "");
    broken.request_body = vec![0xff, 0x00];
    assert!(matches!(
        read_http(&broken).outcome,
        HttpOutcome::Unreadable { .. }
    ));
}
