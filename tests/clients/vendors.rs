//! Answers in the shapes of OpenAI's and Anthropic's APIs, on a loopback port.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

/// Starts the server; the thread lives as long as the test program. Its address, such as `http://127.0.0.1:1`.
pub(crate) fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || serve(stream.unwrap()));
        }
    });
    url
}

fn serve(mut stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let path = first.split(' ').nth(1).unwrap();
    let streams = body["stream"] == true;
    if body["model"] == "refused" {
        let error = json!({"error": {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}});
        return send(
            &mut stream,
            "429 Too Many Requests",
            "Retry-After: 7\r\nX-Request-Id: req-429\r\n",
            &error,
        );
    }
    match (path, streams) {
        ("/v1/chat/completions", false) => send(
            &mut stream,
            "200 OK",
            "X-Request-Id: req-chat\r\n",
            &json!({
                "id": "chatcmpl-whole", "object": "chat.completion", "created": 1_790_000_000, "model": "gpt-4.1-mini-2025-04-14",
                "choices": [{"index": 0, "message": {"role": "assistant", "content": "Yes, three.", "refusal": null}, "logprobs": null, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 14, "completion_tokens": 4, "total_tokens": 18,
                    "prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0}},
                "system_fingerprint": "fp_1",
            }),
        ),
        ("/v1/chat/completions", true) => {
            let chunk = |choices: Value, usage: Value| {
                json!({
                    "id": "chatcmpl-stream", "object": "chat.completion.chunk", "created": 1_790_000_000,
                    "model": "gpt-4.1-mini-2025-04-14", "choices": choices, "usage": usage,
                })
            };
            let delta = |delta: Value, finish: Value| json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]);
            let events = [
                chunk(
                    delta(json!({"role": "assistant", "content": ""}), Value::Null),
                    Value::Null,
                ),
                chunk(delta(json!({"content": "Yes, "}), Value::Null), Value::Null),
                chunk(
                    delta(json!({"content": "three."}), Value::Null),
                    Value::Null,
                ),
                chunk(delta(json!({}), json!("stop")), Value::Null),
                chunk(
                    json!([]),
                    json!({"prompt_tokens": 14, "completion_tokens": 4, "total_tokens": 18}),
                ),
            ];
            let mut text: String = events
                .iter()
                .map(|event| format!("data: {event}\n\n"))
                .collect();
            text.push_str("data: [DONE]\n\n");
            stream_out(&mut stream, "X-Request-Id: req-chat-stream\r\n", &text);
        }
        ("/v1/responses", _) => send(
            &mut stream,
            "200 OK",
            "X-Request-Id: req-responses\r\n",
            &json!({
                "id": "resp_1", "object": "response", "created_at": 1_790_000_000, "status": "completed", "error": null,
                "incomplete_details": null, "instructions": null, "metadata": {}, "model": "gpt-4.1-mini-2025-04-14",
                "output": [{"type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
                    "content": [{"type": "output_text", "text": "It is.", "annotations": []}]}],
                "parallel_tool_calls": true, "temperature": 1.0, "tool_choice": "auto", "tools": [], "top_p": 1.0,
                "usage": {"input_tokens": 9, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 3,
                    "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 12},
            }),
        ),
        ("/v1/messages", false) => send(
            &mut stream,
            "200 OK",
            "request-id: req_messages\r\n",
            &json!({
                "id": "msg_whole", "type": "message", "role": "assistant", "model": "claude-haiku-4-5-20251001",
                "content": [{"type": "text", "text": "Yes, three."}], "stop_reason": "end_turn", "stop_sequence": null,
                "usage": {"input_tokens": 15, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 6},
            }),
        ),
        ("/v1/messages", true) => {
            let events = [
                (
                    "message_start",
                    json!({"message": {"id": "msg_stream", "type": "message", "role": "assistant",
                    "model": "claude-haiku-4-5-20251001", "content": [], "stop_reason": null, "stop_sequence": null,
                    "usage": {"input_tokens": 15, "output_tokens": 1}}}),
                ),
                (
                    "content_block_start",
                    json!({"index": 0, "content_block": {"type": "text", "text": ""}}),
                ),
                ("ping", json!({})),
                (
                    "content_block_delta",
                    json!({"index": 0, "delta": {"type": "text_delta", "text": "Yes, "}}),
                ),
                (
                    "content_block_delta",
                    json!({"index": 0, "delta": {"type": "text_delta", "text": "three."}}),
                ),
                ("content_block_stop", json!({"index": 0})),
                (
                    "message_delta",
                    json!({"delta": {"stop_reason": "end_turn", "stop_sequence": null}, "usage": {"output_tokens": 6}}),
                ),
                ("message_stop", json!({})),
            ];
            let text: String = events
                .into_iter()
                .map(|(name, mut data)| {
                    data["type"] = name.into();
                    format!("event: {name}\ndata: {data}\n\n")
                })
                .collect();
            stream_out(&mut stream, "request-id: req_messages_stream\r\n", &text);
        }
        other => panic!("{other:?}"),
    }
}

fn send(stream: &mut TcpStream, status: &str, headers: &str, body: &Value) {
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream
        .write_all(&[head.as_bytes(), body.as_bytes()].concat())
        .unwrap();
}

/// An event stream in chunks whose edges fall anywhere.
fn stream_out(stream: &mut TcpStream, headers: &str, text: &str) {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n{headers}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    for piece in text.as_bytes().chunks(53) {
        let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
        stream.write_all(&chunk).unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
}
