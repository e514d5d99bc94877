use super::*;
use crate::stream_check::{body, call, check, read};
use plumbline_model::{Content, Message, ModelParameters, Role, ToolCall, ToolDefinition};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An example in the shapes of the Gemini API's reference.
const STREAM: &str = concat!(
    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"let me think\",\"thought\":true}],\"role\":\"model\"},\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":30,\"totalTokenCount\":30},\"modelVersion\":\"gemini-x-001\",\"responseId\":\"r1\"}\r\n\r\n",
    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Grüße \"}],\"role\":\"model\"},\"index\":0},{\"content\":{\"parts\":[{\"text\":\"other\"}]},\"index\":1}]}\r\n\r\n",
    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\\ud83d\\udc4b\"},{\"functionCall\":{\"name\":\"look\",\"args\":{\"q\":1}}}],\"role\":\"model\"}}]}\r\n\r\n",
    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}]},\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":30,\"cachedContentTokenCount\":12,\"candidatesTokenCount\":7,\"thoughtsTokenCount\":5,\"totalTokenCount\":42}}\r\n\r\n",
);

#[test]
fn a_stream_is_read_and_its_output_counts_the_thoughts() {
    let (answer, _) = read(&Gemini, &[STREAM.as_bytes()], End::Orderly);
    assert_eq!(answer.status, ResponseStatus::Complete);
    assert_eq!(answer.text, "Grüße 👋", "no thoughts, no other candidate");
    assert_eq!(answer.tool_calls[0].name, "look");
    assert_eq!(answer.tool_calls[0].arguments, json!({"q": 1}));
    assert_eq!(answer.finish_reason, Some(FinishReason::ToolCalls));
    assert_eq!(
        answer.usage,
        Usage {
            tokens_in: Some(30),
            tokens_in_cached: Some(12),
            tokens_out: Some(12),
            tokens_reasoning: Some(5),
            ..Usage::default()
        },
        "output is 7 + 5"
    );
    assert_eq!(answer.model_returned.as_deref(), Some("gemini-x-001"));
    assert_eq!(answer.response_id.as_deref(), Some("r1"));
}

#[test]
fn every_split_gives_the_same_answer_and_a_lost_stream_is_never_complete() {
    let stream = STREAM.as_bytes();
    // The LF of the last CRLF adds nothing.
    check(&Gemini, stream, stream.len() - 1, usize::MAX);
}

#[test]
fn logprobs_come_with_what_stood_in_their_place() {
    let stream = format!(
        "data: {}\n\n",
        json!({"candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP", "logprobsResult": {
            "chosenCandidates": [{"token": "hi", "tokenId": 7, "logProbability": -0.25}],
            "topCandidates": [{"candidates": [{"token": "ho", "logProbability": -3}]}]
        }}]})
    );
    let (answer, _) = read(&Gemini, &[stream.as_bytes()], End::Orderly);
    assert_eq!(answer.logprobs[0].logprob, -0.25);
    assert_eq!(answer.logprobs[0].top[0].token, "ho");
}

#[test]
fn a_blocked_prompt_is_a_whole_answer_without_text() {
    let stream = "data: {\"promptFeedback\":{\"blockReason\":\"SAFETY\"},\"usageMetadata\":{\"promptTokenCount\":4}}\n\n";
    let (answer, _) = read(&Gemini, &[stream.as_bytes()], End::Orderly);
    assert_eq!(answer.status, ResponseStatus::Complete);
    assert_eq!(answer.finish_reason, Some(FinishReason::ContentFilter));
    assert_eq!(
        (answer.text.as_str(), answer.usage.tokens_in),
        ("", Some(4))
    );
    assert_eq!(answer.usage.tokens_out, None, "unknown is not zero");
}

#[test]
fn an_error_in_the_stream_keeps_its_words_and_garbage_is_malformed() {
    let fails = |stream: &str| {
        let mut answer = Gemini.answer(&call(ChatRequest::default()));
        answer.feed(stream.as_bytes(), &mut |_| {}).unwrap_err()
    };
    assert_eq!(
        fails(
            "data: {\"error\":{\"code\":503,\"message\":\"overloaded\",\"status\":\"UNAVAILABLE\"}}\n\n"
        ),
        WireError::Reported {
            code: Some("UNAVAILABLE".to_owned()),
            message: "overloaded".to_owned()
        }
    );
    for stream in [
        "data: {\n\n",
        "data: [1]\n\n",
        "data: {\"candidates\":7}\n\n",
    ] {
        assert!(matches!(fails(stream), WireError::Malformed(_)), "{stream}");
    }
}

#[test]
fn a_plain_json_answer_is_read_too() {
    let read_whole = |json: Value| {
        let mut answer = Gemini.answer(&call(ChatRequest::default()));
        answer.whole(json.to_string().as_bytes(), &mut |_| {})?;
        Ok::<_, WireError>(answer.finish(End::Orderly))
    };
    let answer = read_whole(json!({"candidates": [
        {"content": {"parts": [{"text": "hi"}]}, "finishReason": "MAX_TOKENS"}
    ]}))
    .unwrap();
    assert_eq!(answer.text, "hi");
    assert_eq!(answer.finish_reason, Some(FinishReason::Length));
    for other in [json!({}), json!({"candidates": []})] {
        assert!(read_whole(other.clone()).is_err(), "{other}");
    }
}

#[test]
fn the_model_is_one_segment_of_the_path() {
    let path = |model: &str| {
        let mut call = call(ChatRequest::default());
        call.model = model.to_owned();
        Gemini.path(&call)
    };
    for model in ["gemini-2.5-flash", "models/gemini-2.5-flash"] {
        assert_eq!(
            path(model).unwrap(),
            "/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
        );
    }
    assert_eq!(
        path("a/b?c").unwrap(),
        "/models/a%2Fb%3Fc:streamGenerateContent?alt=sse"
    );
    assert!(path("..").is_err());
}

#[test]
fn the_request_says_everything_in_geminis_words() {
    let mut assistant = Message::text(Role::Assistant, "");
    assistant.tool_calls = ["t1", "t2"]
        .map(|id| ToolCall {
            id: id.to_owned(),
            name: "look".to_owned(),
            arguments: json!({"q": 1}),
        })
        .to_vec();
    let mut tools = ["found", "{\"n\":2}"].map(|text| Message::text(Role::Tool, text));
    tools[0].tool_call_id = Some("t1".to_owned());
    tools[1].name = Some("look".to_owned());
    let [first, second] = tools;
    let mut seen = Message::text(Role::User, "");
    seen.content = Content::Parts(vec![
        json!({"type": "text", "text": "what is this?"}),
        json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}),
    ]);
    let request = ChatRequest {
        messages: vec![
            Message::text(Role::System, "s"),
            seen,
            assistant,
            first,
            second,
        ],
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
                ("generationConfig".to_owned(), json!({"topK": 4})),
                ("safetySettings".to_owned(), json!([])),
            ]),
        },
    };
    assert_eq!(
        body(&Gemini, request).unwrap(),
        json!({
            "systemInstruction": {"parts": [{"text": "s"}]},
            "contents": [
                {"role": "user", "parts": [
                    {"text": "what is this?"}, {"inlineData": {"mimeType": "image/png", "data": "iVBO"}}
                ]},
                {"role": "model", "parts": [
                    {"functionCall": {"name": "look", "args": {"q": 1}}},
                    {"functionCall": {"name": "look", "args": {"q": 1}}}
                ]},
                {"role": "user", "parts": [
                    {"functionResponse": {"name": "look", "response": {"result": "found"}}},
                    {"functionResponse": {"name": "look", "response": {"n": 2}}}
                ]}
            ],
            "tools": [{"functionDeclarations": [
                {"name": "look", "description": "d", "parametersJsonSchema": {"type": "object"}}
            ]}],
            "generationConfig": {
                "temperature": 0.5, "topP": 0.9, "maxOutputTokens": 50, "seed": -3, "stopSequences": ["END"],
                "responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}, "topK": 4
            },
            "safetySettings": []
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
        let error = body(&Gemini, request).unwrap_err();
        assert!(
            matches!(error, ProviderError::Unsupported { .. }),
            "{error}"
        );
        assert!(error.to_string().contains(word), "{error}");
    };
    refused(|r| r.parameters.seed = Some(1 << 40), "`seed`");
    refused(|r| r.parameters.stop = vec!["x".to_owned(); 6], "`stop`");
    refused(
        |r| r.messages.push(Message::text(Role::Tool, "t")),
        "messages[1]",
    );
    refused(
        |r| {
            r.parameters.temperature = Some(1.0);
            let config = json!({"temperature": 2});
            r.parameters
                .extra
                .insert("generationConfig".to_owned(), config);
        },
        "`generationConfig.temperature`",
    );
    for url in ["https://example.test/a.png", "data:image/bmp;base64,Qk0"] {
        let mut message = Message::text(Role::User, "");
        message.content = Content::Parts(vec![
            json!({"type": "image_url", "image_url": {"url": url}}),
        ]);
        let request = ChatRequest {
            messages: vec![message],
            ..ChatRequest::default()
        };
        let error = body(&Gemini, request).unwrap_err().to_string();
        assert!(error.contains("messages[0]"), "{error}");
    }
}

#[test]
fn kinds_of_tokens_are_read_from_the_details() {
    let usage = |details: &str| {
        let stream = format!(
            "data: {{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"hi\"}}]}},\"finishReason\":\"STOP\"}}],\"usageMetadata\":{{\"promptTokenCount\":100,\"cachedContentTokenCount\":40,\"toolUsePromptTokenCount\":20,\"candidatesTokenCount\":7,{details}\"totalTokenCount\":127}}}}\r\n\r\n"
        );
        read(&Gemini, &[stream.as_bytes()], End::Orderly).0.usage
    };
    let plain = Usage {
        tokens_in_cached: Some(40),
        ..Usage::of(120, 7)
    };
    assert_eq!(usage(""), plain);
    let audio = usage(
        r#""promptTokensDetails":[{"modality":"TEXT","tokenCount":70},{"modality":"AUDIO","tokenCount":30}],"cacheTokensDetails":[{"modality":"TEXT","tokenCount":40}],"candidatesTokensDetails":[{"modality":"AUDIO","tokenCount":6}],"#,
    );
    let expected = Usage {
        tokens_in_audio: Some(30),
        tokens_in_audio_cached: Some(0),
        tokens_out_audio: Some(6),
        ..plain
    };
    assert_eq!(audio, expected);
    assert_eq!(usage(r#""promptTokensDetails":"odd","#), plain);
}
