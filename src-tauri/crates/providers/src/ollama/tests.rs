use super::*;
use crate::stream_check::{body, call, check, read};
use plumbline_model::{Content, Message, ModelParameters, Role, ToolCall, ToolDefinition};
use serde_json::json;
use std::collections::BTreeMap;

/// An example in the shapes of Ollama's API document.
const STREAM: &str = concat!(
    "{\"model\":\"llama3.2\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"hm\"},\"done\":false}\n",
    "{\"model\":\"llama3.2\",\"message\":{\"role\":\"assistant\",\"content\":\"Grüße \"},\"done\":false}\n",
    "{\"model\":\"llama3.2\",\"message\":{\"role\":\"assistant\",\"content\":\"\\ud83d\\udc4b\"},\"done\":false}\n",
    "{\"model\":\"llama3.2\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"look\",\"arguments\":{\"q\":1}}},{\"function\":{\"name\":\"see\",\"arguments\":{}}}]},\"done\":false}\n",
    "{\"model\":\"llama3.2\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"total_duration\":5,\"prompt_eval_count\":26,\"eval_count\":9}\n",
);

#[test]
fn a_stream_is_read_with_text_tool_calls_and_usage() {
    let (answer, _) = read(&Ollama, &[STREAM.as_bytes()], End::Cut);
    assert_eq!(answer.status, ResponseStatus::Complete);
    assert_eq!(answer.text, "Grüße 👋");
    let names: Vec<&str> = answer.tool_calls.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["look", "see"]);
    assert_eq!(answer.tool_calls[0].arguments, json!({"q": 1}));
    assert_eq!(answer.finish_reason, Some(FinishReason::ToolCalls));
    assert_eq!(answer.usage, Usage::of(26, 9));
    assert_eq!(answer.model_returned.as_deref(), Some("llama3.2"));
}

#[test]
fn every_split_gives_the_same_answer_and_no_cut_is_complete() {
    let stream = STREAM.as_bytes();
    check(&Ollama, stream, stream.len(), stream.len());
}

#[test]
fn an_error_line_keeps_its_words_and_garbage_is_malformed() {
    let fails = |stream: &str| {
        let mut answer = Ollama.answer(&call(ChatRequest::default()));
        answer.feed(stream.as_bytes(), &mut |_| {}).unwrap_err()
    };
    assert_eq!(
        fails("{\"error\":\"model runner has stopped\"}\n"),
        WireError::Reported {
            code: None,
            message: "model runner has stopped".to_owned()
        }
    );
    for stream in ["<html>\n", "[1]\n", "{\"message\":7}\n", "data: {}\n"] {
        assert!(matches!(fails(stream), WireError::Malformed(_)), "{stream}");
    }
}

#[test]
fn a_plain_json_answer_is_read_too_if_it_is_done() {
    let last = STREAM.lines().last().unwrap();
    let mut answer = Ollama.answer(&call(ChatRequest::default()));
    answer.whole(last.as_bytes(), &mut |_| {}).unwrap();
    assert_eq!(answer.finish(End::Orderly).usage, Usage::of(26, 9));
    for other in ["{}", "{\"message\":{\"content\":\"half\"},\"done\":false}"] {
        let mut answer = Ollama.answer(&call(ChatRequest::default()));
        assert!(
            answer.whole(other.as_bytes(), &mut |_| {}).is_err(),
            "{other}"
        );
    }
}

#[test]
fn the_request_says_everything_in_ollamas_words() {
    let mut assistant = Message::text(Role::Assistant, "");
    assistant.tool_calls = vec![ToolCall {
        id: "t1".to_owned(),
        name: "look".to_owned(),
        arguments: json!({"q": 1}),
    }];
    let mut tool = Message::text(Role::Tool, "found");
    tool.name = Some("look".to_owned());
    let mut seen = Message::text(Role::User, "");
    seen.content = Content::Parts(vec![
        json!({"type": "text", "text": "what is this?"}),
        json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}),
    ]);
    let request = ChatRequest {
        messages: vec![Message::text(Role::System, "s"), seen, assistant, tool],
        tools: vec![ToolDefinition {
            name: "look".to_owned(),
            description: "d".to_owned(),
            parameters: json!({"type": "object"}),
        }],
        output_schema: Some(json!({"type": "object"})),
        parameters: ModelParameters {
            temperature: Some(0.5),
            top_p: Some(0.9),
            max_tokens: Some(50),
            seed: Some(-3),
            stop: vec!["END".to_owned()],
            extra: BTreeMap::from([
                ("options".to_owned(), json!({"num_ctx": 8192})),
                ("keep_alive".to_owned(), json!("5m")),
            ]),
        },
    };
    assert_eq!(
        body(&Ollama, request).unwrap(),
        json!({
            "model": "m", "stream": true, "keep_alive": "5m",
            "messages": [
                {"role": "system", "content": "s"},
                {"role": "user", "content": "what is this?", "images": ["iVBO"]},
                {"role": "assistant", "content": "", "tool_calls": [
                    {"function": {"name": "look", "arguments": {"q": 1}}}
                ]},
                {"role": "tool", "content": "found", "tool_name": "look"}
            ],
            "tools": [{"type": "function", "function": {
                "name": "look", "description": "d", "parameters": {"type": "object"}
            }}],
            "format": {"type": "object"},
            "options": {"temperature": 0.5, "top_p": 0.9, "num_predict": 50, "seed": -3,
                "stop": ["END"], "num_ctx": 8192}
        })
    );
}

#[test]
fn what_cannot_be_said_is_refused_before_sending() {
    let refused = |change: fn(&mut ChatRequest), word: &str| {
        let mut request = ChatRequest {
            messages: vec![Message::text(Role::User, "u")],
            ..ChatRequest::default()
        };
        change(&mut request);
        let error = body(&Ollama, request).unwrap_err();
        assert!(
            matches!(error, ProviderError::Unsupported { .. }),
            "{error}"
        );
        assert!(error.to_string().contains(word), "{error}");
    };
    refused(
        |r| {
            r.parameters.seed = Some(1);
            let options = json!({"seed": 2});
            r.parameters.extra.insert("options".to_owned(), options);
        },
        "`options.seed`",
    );
    refused(
        |r| {
            r.messages[0].content = Content::Parts(vec![
                json!({"type": "image_url", "image_url": {"url": "https://example.test/a.png"}}),
            ]);
        },
        "messages[0]",
    );
}
