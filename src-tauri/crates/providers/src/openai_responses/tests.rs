use super::*;
use crate::stream_check::{body, call, check, read};
use plumbline_model::{Content, Message, ModelParameters, Role, ToolCall, ToolDefinition};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An example in the shapes of OpenAI's API reference.
const STREAM: &str = concat!(
    "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"in_progress\",\"error\":null,\"incomplete_details\":null,\"model\":\"gpt-x-1\",\"output\":[],\"usage\":null}}\n\n",
    "event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"id\":\"rs_1\",\"type\":\"reasoning\",\"summary\":[],\"content\":7}}\n\n",
    "event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"output_index\":1,\"item\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[]}}\n\n",
    "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"item_id\":\"msg_1\",\"output_index\":1,\"content_index\":0,\"delta\":\"Grüße \"}\n\n",
    "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"item_id\":\"msg_1\",\"output_index\":1,\"content_index\":0,\"delta\":\"\\ud83d\\udc4b\"}\r\n\r\n",
    "event: response.output_text.done\ndata: {\"type\":\"response.output_text.done\",\"output_index\":1,\"text\":\"Grüße 👋\"}\n\n",
    "event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"output_index\":2,\"item\":{\"id\":\"fc_1\",\"type\":\"function_call\",\"call_id\":\"call_1\",\"name\":\"look\",\"arguments\":\"\"}}\n\n",
    "event: response.function_call_arguments.delta\ndata: {\"type\":\"response.function_call_arguments.delta\",\"item_id\":\"fc_1\",\"output_index\":2,\"delta\":\"{\\\"q\\\":\"}\n\n",
    "event: response.function_call_arguments.delta\ndata: {\"type\":\"response.function_call_arguments.delta\",\"item_id\":\"fc_1\",\"output_index\":2,\"delta\":\"1}\"}\n\n",
    "event: response.later_invention\ndata: {\"type\":\"response.later_invention\",\"delta\":{\"not\":\"ours\"},\"output_index\":\"x\"}\n\n",
    "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"status\":\"completed\",\"error\":null,\"incomplete_details\":null,\"model\":\"gpt-x-1\",\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"Grüße 👋\"}]}],\"usage\":{\"input_tokens\":37,\"input_tokens_details\":{\"cached_tokens\":16},\"output_tokens\":11,\"output_tokens_details\":{\"reasoning_tokens\":4},\"total_tokens\":48}}}\n\n",
);

fn end_with(event: &str) -> String {
    let head = STREAM.split("event: response.completed").next().unwrap();
    format!("{head}data: {event}\n\n")
}

#[test]
fn a_stream_is_read_with_text_tool_calls_usage_and_names() {
    let (answer, _) = read(&OpenAiResponses, &[STREAM.as_bytes()], End::Cut);
    assert_eq!(answer.status, ResponseStatus::Complete);
    assert_eq!(answer.text, "Grüße 👋", "the text is not taken twice");
    assert_eq!(
        answer.tool_calls,
        [ToolCall {
            id: "call_1".to_owned(),
            name: "look".to_owned(),
            arguments: json!({"q": 1}),
        }]
    );
    assert_eq!(answer.finish_reason, Some(FinishReason::ToolCalls));
    assert_eq!(
        answer.usage,
        Usage {
            tokens_in: Some(37),
            tokens_in_cached: Some(16),
            tokens_out: Some(11),
            tokens_reasoning: Some(4),
            ..Usage::default()
        }
    );
    assert_eq!(answer.model_returned.as_deref(), Some("gpt-x-1"));
    assert_eq!(answer.response_id.as_deref(), Some("resp_1"));
}

#[test]
fn every_split_gives_the_same_answer_and_no_cut_is_complete() {
    let stream = STREAM.as_bytes();
    check(&OpenAiResponses, stream, stream.len(), stream.len());
}

#[test]
fn an_incomplete_response_is_whole_and_says_why_it_stopped() {
    for (reason, finish) in [
        ("max_output_tokens", FinishReason::Length),
        ("content_filter", FinishReason::ContentFilter),
        ("later", FinishReason::Other("later".to_owned())),
    ] {
        let stream = end_with(
            &json!({"type": "response.incomplete", "response": {
                "status": "incomplete", "incomplete_details": {"reason": reason},
                "usage": {"input_tokens": 3, "output_tokens": 1}
            }})
            .to_string(),
        );
        let (answer, _) = read(&OpenAiResponses, &[stream.as_bytes()], End::Cut);
        assert_eq!(answer.status, ResponseStatus::Complete);
        assert_eq!(answer.finish_reason, Some(finish));
        assert_eq!(answer.usage, Usage::of(3, 1));
    }
}

#[test]
fn logprobs_and_members_of_the_providers_own_are_kept() {
    let stream = [
        json!({"type": "response.output_text.delta", "delta": "hi", "logprobs": [{"token": "hi", "logprob": -0.25, "top_logprobs": []}]}),
        json!({"type": "response.completed", "response": {"status": "completed", "service_tier": "flex", "tools": []}}),
    ]
    .map(|event| format!("data: {event}\n\n"))
    .concat();
    let (answer, _) = read(&OpenAiResponses, &[stream.as_bytes()], End::Cut);
    assert_eq!(answer.logprobs[0].logprob, -0.25);
    assert_eq!(answer.extras, Some(json!({"service_tier": "flex"})));
}

#[test]
fn a_failed_response_and_an_error_event_keep_their_words() {
    for event in [
        json!({"type": "response.failed", "response": {"status": "failed", "error": {"code": "server_error", "message": "it broke"}}}),
        json!({"type": "error", "code": "server_error", "message": "it broke", "param": null}),
    ] {
        let mut answer = OpenAiResponses.answer(&call(ChatRequest::default()));
        let error = answer
            .feed(end_with(&event.to_string()).as_bytes(), &mut |_| {})
            .unwrap_err();
        assert_eq!(
            error,
            WireError::Reported {
                code: Some("server_error".to_owned()),
                message: "it broke".to_owned()
            }
        );
        assert_eq!(answer.finish(End::Cut).status, ResponseStatus::Truncated);
    }
}

#[test]
fn a_plain_json_answer_is_read_too_and_a_refusal_is_text() {
    let mut answer = OpenAiResponses.answer(&call(ChatRequest::default()));
    let json = json!({
        "id": "resp_2", "model": "m-2", "status": "completed", "error": null,
        "output": [
            {"type": "reasoning", "summary": []},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{\"a\":2}"},
            {"type": "message", "content": [{"type": "refusal", "refusal": "I cannot."}]}
        ],
        "usage": {"input_tokens": 3, "output_tokens": 1}
    });
    answer
        .whole(json.to_string().as_bytes(), &mut |_| {})
        .unwrap();
    let answer = answer.finish(End::Orderly);
    assert_eq!(answer.text, "I cannot.");
    assert_eq!(
        answer.finish_reason,
        Some(FinishReason::Other("refusal".to_owned()))
    );
    assert_eq!(answer.tool_calls[0].arguments, json!({"a": 2}));
    for other in [
        "{}",
        "[]",
        "{\"output\":7}",
        "{\"output\":[{\"type\":\"message\",\"content\":7}]}",
    ] {
        let mut answer = OpenAiResponses.answer(&call(ChatRequest::default()));
        assert!(
            answer.whole(other.as_bytes(), &mut |_| {}).is_err(),
            "{other}"
        );
    }
}

#[test]
fn garbage_in_an_event_is_an_error() {
    let deep = format!("data: {{\"x\":{}\n\n", "[".repeat(200_000));
    for stream in [
        "data: {\n\n",
        "data: <html>\n\n",
        "data: [1]\n\n",
        "data: {\"a\":1}\n\n",
        &deep,
    ] {
        let mut answer = OpenAiResponses.answer(&call(ChatRequest::default()));
        let error = answer.feed(stream.as_bytes(), &mut |_| {}).unwrap_err();
        assert!(matches!(error, WireError::Malformed(_)), "{error:?}");
    }
}

#[test]
fn the_request_says_everything_in_the_words_of_responses() {
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
        json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}}),
    ]);
    let request = ChatRequest {
        messages: vec![Message::text(Role::System, "s"), seen, assistant, tool],
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
            extra: BTreeMap::from([
                ("reasoning".to_owned(), json!({"effort": "low"})),
                ("text".to_owned(), json!({"verbosity": "low"})),
            ]),
            ..ModelParameters::default()
        },
    };
    assert_eq!(
        body(&OpenAiResponses, request).unwrap(),
        json!({
            "model": "m", "instructions": "s", "stream": true, "store": false,
            "input": [
                {"role": "user", "content": [
                    {"type": "input_text", "text": "what is this?"},
                    {"type": "input_image", "image_url": "data:image/png;base64,iVBO"}
                ]},
                {"type": "function_call", "call_id": "t1", "name": "look", "arguments": "{\"q\":1}"},
                {"type": "function_call_output", "call_id": "t1", "output": "found"}
            ],
            "tools": [{"type": "function", "name": "look", "description": "d",
                "parameters": {"type": "object"}, "strict": true}],
            "text": {"verbosity": "low", "format": {"type": "json_schema", "name": "output",
                "strict": false, "schema": {"type": "object", "properties": {"a": {}}}}},
            "temperature": 0.5, "top_p": 0.9, "max_output_tokens": 50,
            "reasoning": {"effort": "low"}
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
        let error = body(&OpenAiResponses, request).unwrap_err();
        assert!(
            matches!(error, ProviderError::Unsupported { .. }),
            "{error}"
        );
        assert!(error.to_string().contains(word), "{error}");
    };
    refused(|r| r.parameters.seed = Some(1), "`seed`");
    refused(|r| r.parameters.stop = vec!["x".to_owned()], "`stop`");
    refused(
        |r| {
            r.parameters.extra.insert("input".to_owned(), Value::Null);
        },
        "`input`",
    );
    refused(|r| r.messages.push(Message::text(Role::Tool, "t")), "tool");
    refused(
        |r| {
            r.messages[0].content =
                Content::Parts(vec![json!({"type": "input_audio", "input_audio": {}})]);
        },
        "messages[0]",
    );
}
