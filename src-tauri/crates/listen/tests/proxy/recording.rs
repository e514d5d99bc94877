//! What is recorded of a call, what never is, and that recording cannot harm it.

use crate::support::{ASK, Server, events, until};
use crate::upstream::{CHUNKED, Upstream, answer, chunk};
use plumbline_ingest::{HttpOutcome, read_http};
use plumbline_listen::Limits;
use plumbline_model::SpanStatus;
use std::io::Write;
use std::thread;
use std::time::Duration;

const CHAT: &str = "/openai/v1/chat/completions";

#[test]
fn a_call_is_recorded_with_its_id_its_usage_and_its_times() {
    let upstream = Upstream::start(|_, stream| {
        let head = CHUNKED.replace("\r\n\r\n", "\r\nX-Request-Id: req-42\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        thread::sleep(Duration::from_millis(120));
        for event in events() {
            stream.write_all(&chunk(event.as_bytes())).unwrap();
            thread::sleep(Duration::from_millis(30));
        }
        stream.write_all(b"0\r\n\r\n").unwrap();
    });
    let server = Server::start(&upstream.url);
    server.post(CHAT, &["Content-Type: application/json"], ASK);
    let (span, _) = server.span();
    assert_eq!(span.request_id.as_deref(), Some("req-42"));
    assert_eq!((span.status, span.http_status), (SpanStatus::Ok, Some(200)));
    assert_eq!(
        (span.usage.tokens_in, span.usage.tokens_out),
        (Some(9), Some(4))
    );
    assert_eq!(span.input_messages[0].content.text(), "How many?");
    assert_eq!(span.finish_reason.as_deref(), Some("stop"));
    // What the upstream waited is a lower bound of what was measured.
    let (first, whole) = (
        span.time_to_first_token_ms.unwrap(),
        span.latency_ms().unwrap(),
    );
    assert!(first >= 110.0 && whole >= first + 100.0, "{first} {whole}");
    assert!(span.start_ns.0 > 1_700_000_000_000_000_000);
}

#[test]
fn keys_and_cookies_are_never_recorded() {
    let canaries: Vec<String> = (0..10).map(|n| format!("canary-{n}-5ec2e7")).collect();
    let came = format!(
        "Set-Cookie: s={}\r\nContent-Type: application/json\r\nX-Auth-Token: {}\r\n",
        canaries[0], canaries[1]
    );
    let upstream = Upstream::sending(answer(
        200,
        &came,
        br#"{"id":"chatcmpl-1","object":"chat.completion","choices":[]}"#,
    ));
    let server = Server::start(&upstream.url);
    let lines = [
        format!("Authorization: Bearer {}", canaries[2]),
        format!("X-Api-Key: {}", canaries[3]),
        format!("Api-Key: {}", canaries[4]),
        format!("Cookie: a={}", canaries[5]),
        format!("Proxy-Authorization: Basic {}", canaries[6]),
        format!("X-Goog-Api-Key: {}", canaries[7]),
        format!("X-Something-Secret: {}", canaries[8]),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let path = format!("{CHAT}?key={}", canaries[9]);
    let found = server.post(&path, &lines, ASK);
    assert!(
        found.head.contains(&canaries[0]),
        "the caller gets its cookie"
    );
    let (span, raw) = server.span();
    let recorded = format!("{raw}{}", serde_json::to_string(&span).unwrap());
    for canary in &canaries {
        assert!(!recorded.contains(canary), "{canary} in {recorded}");
    }
    let exchange = format!("{:?}", server.exchanges()[0]);
    for canary in [0, 2, 3, 4, 5, 6].map(|n| &canaries[n]) {
        assert!(!exchange.contains(canary), "{canary} left the proxy");
    }
}

#[test]
fn a_body_beyond_the_limit_passes_whole_and_is_recorded_as_cut() {
    let content = "x".repeat(21 * 1024 * 1024);
    let body = format!(
        "{{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{{\"index\":0,\
         \"message\":{{\"role\":\"assistant\",\"content\":\"{content}\"}},\"finish_reason\":\"stop\"}}]}}"
    );
    let upstream = Upstream::sending(answer(
        200,
        "Content-Type: application/json\r\n",
        body.as_bytes(),
    ));
    let server = Server::start(&upstream.url);
    let found = server.post(CHAT, &[], ASK);
    assert!(found.is_whole && found.body == body.as_bytes());
    let (span, _) = server.span();
    assert_eq!(span.status, SpanStatus::Truncated);
    assert_eq!(server.exchanges()[0].response_body.len(), 20 * 1024 * 1024);
}

#[test]
fn without_room_for_copies_calls_pass_and_are_counted() {
    let body = vec![b'x'; 500_000];
    let upstream = Upstream::sending(answer(200, "", &body));
    let limits = Limits {
        waiting_bytes: 200_000,
        ..Limits::default()
    };
    let server = Server::with(&upstream.url, limits);
    for n in 1..=3 {
        let found = server.post(CHAT, &[], ASK);
        assert!(found.is_whole && found.body == body);
        until("the loss to be counted", || server.lost() == n);
    }
    assert_eq!(server.exchanges().len(), 0);
    // Room came back for what fits.
    let upstream = Upstream::sending(answer(200, "", b"{\"id\":\"chatcmpl-1\",\"choices\":[]}"));
    let server = Server::with(&upstream.url, limits);
    for n in 1..=20 {
        server.post(CHAT, &[], ASK);
        until("the exchange to be recorded", || {
            server.exchanges().len() == n
        });
    }
    assert_eq!(server.lost(), 0);
}

#[test]
fn other_calls_of_an_api_pass_and_are_no_model_calls() {
    let upstream = Upstream::sending(answer(
        200,
        "Content-Type: application/json\r\n",
        b"{\"data\":[]}",
    ));
    let server = Server::start(&upstream.url);
    server.post("/openai/v1/files", &[], b"{\"purpose\":\"batch\"}");
    until("the exchange to be recorded", || {
        server.exchanges().len() == 1
    });
    let read = read_http(&server.exchanges()[0]);
    assert_eq!(read.outcome, HttpOutcome::NotModelCall);
}
