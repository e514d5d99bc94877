//! The same faults for every vendor that came after the first two: each has its own words for text, an error
//! and the end.

use crate::client::{PATIENT, call, provider};
use crate::fault_server::{FaultServer, Step, chunked, response};
use crate::faults::check;
use crate::scenarios::Expect::{Complete, Malformed, Refused, Truncated};
use crate::scenarios::{Scenario, sends, stream, with_length};
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use plumbline_providers::{ApiKey, ProviderSettings, connect_embeddings};
use tokio_util::sync::CancellationToken;

/// How one vendor says "Hello", ends and fails.
struct Vendor {
    provider: &'static str,
    content_type: &'static str,
    hello: Vec<u8>,
    end: Vec<u8>,
    error: Vec<u8>,
}

const SSE: &str = "text/event-stream";

fn vendors() -> Vec<Vendor> {
    vec![
    Vendor {
        provider: "openai_responses",
        content_type: SSE,
        hello: b"data: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":\"Hello\"}\n\n".to_vec(),
        end: b"data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\"}}\n\n".to_vec(),
        error: b"data: {\"type\":\"error\",\"code\":\"oops\",\"message\":\"the model broke\"}\n\n".to_vec(),
    },
    Vendor {
        provider: "gemini",
        content_type: SSE,
        hello: b"data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hello\"}]}}]}\r\n\r\n".to_vec(),
        end: b"data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\r\n\r\n".to_vec(),
        error: b"data: {\"error\":{\"code\":500,\"status\":\"INTERNAL\",\"message\":\"the model broke\"}}\r\n\r\n".to_vec(),
    },
    Vendor {
        provider: "azure_openai",
        content_type: SSE,
        hello: b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"}}]}\n\n".to_vec(),
        end: b"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n".to_vec(),
        error: b"data: {\"error\":{\"message\":\"the model broke\",\"code\":\"oops\"}}\n\n".to_vec(),
    },
    Vendor {
        provider: "ollama",
        content_type: "application/x-ndjson",
        hello: b"{\"message\":{\"role\":\"assistant\",\"content\":\"Hello\"},\"done\":false}\n".to_vec(),
        end: b"{\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\"}\n".to_vec(),
        error: b"{\"error\":\"the model broke\"}\n".to_vec(),
    },
    Vendor {
        provider: "bedrock",
        content_type: "application/vnd.amazon.eventstream",
        hello: message("event", "contentBlockDelta", "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"Hello\"}}"),
        end: [
            message("event", "messageStop", "{\"stopReason\":\"end_turn\"}"),
            message("event", "metadata", "{\"usage\":{\"inputTokens\":1,\"outputTokens\":1}}"),
        ]
        .concat(),
        error: message("exception", "modelStreamErrorException", "{\"message\":\"the model broke\"}"),
    },
    ]
}

/// A message of AWS's event stream.
fn message(kind: &str, name: &str, payload: &str) -> Vec<u8> {
    let text = |text: &str| HeaderValue::String(text.to_owned().into());
    let message = Message::new(payload.to_owned().into_bytes())
        .add_header(Header::new(":message-type".to_owned(), text(kind)))
        .add_header(Header::new(format!(":{kind}-type"), text(name)));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).unwrap();
    bytes
}

impl Vendor {
    fn streams(&self, pieces: &[&[u8]]) -> Vec<u8> {
        self.typed(&stream(pieces))
    }

    /// The same bytes under this vendor's own content type.
    fn typed(&self, bytes: &[u8]) -> Vec<u8> {
        let head_end = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let (head, body) = bytes.split_at(head_end);
        let head = String::from_utf8(head.to_vec()).unwrap();
        assert!(head.contains(SSE), "{head}");
        [head.replace(SSE, self.content_type).as_bytes(), body].concat()
    }

    fn scenarios(&self) -> Vec<Scenario> {
        let typed = format!("content-type: {}\r\n", self.content_type);
        let html = b"<html><body>sign in</body></html>";
        let (hello, end, error) = (&*self.hello, &*self.end, &*self.error);
        vec![
            sends("whole", self.streams(&[hello, end]), Complete("Hello")),
            sends(
                "whole, byte by byte",
                self.streams(&[hello, end].concat().chunks(1).collect::<Vec<_>>()),
                Complete("Hello"),
            ),
            sends(
                "without its end",
                self.streams(&[hello]),
                Truncated("Hello"),
            ),
            sends(
                "half of its end",
                self.streams(&[hello, &end[..end.len() / 2]]),
                Truncated("Hello"),
            ),
            sends(
                "lost in mid stream",
                self.typed(&chunked([hello])),
                Truncated("Hello"),
            ),
            sends(
                "error in mid stream",
                self.streams(&[hello, error]),
                Truncated("Hello"),
            ),
            sends(
                "error at once",
                self.streams(&[error]),
                Refused(200, "the model broke"),
            ),
            sends(
                "HTML with 200",
                with_length(200, "content-type: text/html\r\n", html),
                Malformed,
            ),
            sends(
                "HTML called a stream",
                with_length(200, &typed, html),
                Malformed,
            ),
            sends("an empty stream", self.streams(&[]), Malformed),
            sends(
                "JSON of another service",
                with_length(200, "content-type: application/json\r\n", b"{\"hello\":1}"),
                Malformed,
            ),
        ]
    }
}

#[tokio::test]
async fn every_vendors_faults_get_their_one_classification() {
    for vendor in vendors() {
        let scenarios = vendor.scenarios().into_iter().map(|mut scenario| {
            scenario.name = format!("{}: {}", vendor.provider, scenario.name);
            scenario.of(vendor.provider)
        });
        check(scenarios.collect()).await;
    }
}

#[tokio::test]
async fn the_id_of_a_request_is_kept_from_its_headers() {
    let responses = vendors().remove(0);
    let body = [responses.hello, responses.end].concat();
    let headers = format!("content-type: {SSE}\r\nx-request-id: req_1\r\n");
    let answer = with_length(200, &headers, &body);
    let server = FaultServer::start(vec![Step::Read, Step::Send(answer)]).await;
    let answer = provider(responses.provider, &server.origin, None, PATIENT)
        .chat(&call(), &|_| {}, &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(answer.request_id.as_deref(), Some("req_1"));
}

#[tokio::test]
async fn embeddings_are_asked_for_with_the_key_and_faults_are_told_apart() {
    const CANARY: &str = "sk-canary-7f3a9b2c4d5e6f";
    let json = "content-type: application/json\r\n";
    let whole = b"{\"data\":[{\"index\":0,\"embedding\":[0.5,1]}]}";
    let html = b"<html></html>";
    let refusal = b"{\"error\":{\"message\":\"no such model\"}}";
    let outcomes = [
        (with_length(200, json, whole), "ok"),
        (
            with_length(200, "content-type: text/html\r\n", html),
            "cannot be read",
        ),
        (with_length(200, json, b"{\"data\":[]}"), "cannot be read"),
        (with_length(404, json, refusal), "no such model"),
        (response(200, json, &whole[..20], whole.len()), "no answer"),
    ];
    for (bytes, expected) in outcomes {
        let server = FaultServer::start(vec![Step::Read, Step::Send(bytes)]).await;
        let embeds = connect_embeddings(&ProviderSettings {
            provider: "local".to_owned(),
            base_url: Some(format!("{}/v1", server.origin)),
            api_key: Some(ApiKey::for_origin(&server.origin, CANARY).unwrap()),
            timeouts: PATIENT,
        })
        .unwrap();
        let inputs = ["a".to_owned()];
        match embeds.embed("m", &inputs, &CancellationToken::new()).await {
            Ok(answer) => {
                assert_eq!(expected, "ok");
                assert_eq!(answer.vectors, [[0.5, 1.0]]);
            }
            Err(error) => assert!(error.to_string().contains(expected), "{error}"),
        }
        let sent = String::from_utf8(server.requests().remove(0)).unwrap();
        assert!(
            sent.starts_with("POST /v1/embeddings HTTP/1.1\r\n"),
            "{sent}"
        );
        assert!(sent.contains(&format!("authorization: Bearer {CANARY}\r\n")));
    }
}
