//! What passes is not touched: every byte of every body, in both directions, when it comes.

use crate::support::{ASK, Server, TOKEN, chunk, events, head, until};
use crate::upstream::{CHUNKED, Upstream, answer, chunk as as_chunk};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::channel;
use std::time::Duration;

const CHAT: &str = "/openai/v1/chat/completions";

/// Bytes of every value, in no order.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[test]
fn answers_of_every_kind_come_through_as_they_are() {
    let json = br#"{"id":"chatcmpl-1","choices":[]}"#.to_vec();
    let type_json = "Content-Type: application/json\r\n";
    for (status, headers, body) in [
        (200, type_json.to_owned(), json.clone()),
        (
            200,
            format!("{type_json}Content-Encoding: gzip\r\n"),
            gzip(&json),
        ),
        (
            200,
            "Content-Type: application/octet-stream\r\nContent-Encoding: br\r\n".to_owned(),
            noise(300_000),
        ),
        (201, String::new(), Vec::new()),
        (
            302,
            "Location: http://169.254.169.254/latest\r\n".to_owned(),
            b"moved".to_vec(),
        ),
        (307, "Location: /elsewhere\r\n".to_owned(), Vec::new()),
        (
            400,
            type_json.to_owned(),
            br#"{"error":{"message":"bad"}}"#.to_vec(),
        ),
        (
            429,
            format!("{type_json}Retry-After: 7\r\nx-ratelimit-remaining: 0\r\n"),
            b"{}".to_vec(),
        ),
        (
            500,
            "Content-Type: text/html\r\n".to_owned(),
            b"<h1>oops</h1>".to_vec(),
        ),
        (503, String::new(), b"\x00\xff\xfe".to_vec()),
        (529, type_json.to_owned(), br#"{"type":"error"}"#.to_vec()),
    ] {
        let upstream = Upstream::sending(answer(
            status,
            &format!("{headers}X-Request-Id: r-1\r\n"),
            &body,
        ));
        let server = Server::start(&upstream.url);
        let found = server.post(CHAT, &["Content-Type: application/json"], ASK);
        assert_eq!((found.status, found.is_whole), (status, true));
        assert_eq!(found.body, body, "{status}");
        for line in headers.lines() {
            let (name, value) = line.split_once(": ").unwrap();
            assert_eq!(found.header(name), Some(value));
        }
        assert_eq!(found.header("x-request-id"), Some("r-1"));
        assert_eq!(
            upstream.connections(),
            1,
            "no redirect was followed, nothing tried again"
        );
    }
}

#[test]
fn a_stream_comes_through_whatever_the_edges_of_its_chunks() {
    let whole = events().concat().into_bytes();
    for size in [1, 2, 3, 7, 64, 1_000, whole.len()] {
        let mut sent = CHUNKED.as_bytes().to_vec();
        for piece in whole.chunks(size) {
            sent.extend(as_chunk(piece));
        }
        sent.extend(b"0\r\n\r\n");
        let upstream = Upstream::sending(sent);
        let server = Server::start(&upstream.url);
        let found = server.post(CHAT, &[], ASK);
        assert_eq!((found.status, found.is_whole), (200, true));
        assert_eq!(found.body, whole, "chunks of {size}");
        assert_eq!(found.header("content-type"), Some("text/event-stream"));
        let (span, _) = server.span();
        assert_eq!(span.output_messages[0].content.text(), "Grüße, 三 🚲");
    }
}

#[test]
fn each_chunk_is_passed_on_when_it_comes() {
    let (go_on, gate) = channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let upstream = Upstream::start(move |_, stream| {
        stream.write_all(CHUNKED.as_bytes()).unwrap();
        for event in events() {
            stream.write_all(&as_chunk(event.as_bytes())).unwrap();
            // The next one is sent only once the caller has this one.
            gate.lock().unwrap().recv().unwrap();
        }
        stream.write_all(b"0\r\n\r\n").unwrap();
    });
    let server = Server::start(&upstream.url);
    let mut stream = server.connect();
    stream.write_all(&server.request(CHAT, &[], ASK)).unwrap();
    assert_eq!(head(&mut stream).status, 200);
    for event in events() {
        assert_eq!(chunk(&mut stream).unwrap(), event.as_bytes());
        go_on.send(()).unwrap();
    }
    assert_eq!(chunk(&mut stream).unwrap(), b"");
}

#[test]
fn requests_reach_the_upstream_as_they_were_sent() {
    let upstream = Upstream::sending(answer(200, "", b"{}"));
    let server = Server::start(&upstream.url);
    for body in [b"".to_vec(), ASK.to_vec(), gzip(ASK), noise(2_000_000)] {
        server.post(
            "/anthropic/v1/messages?beta=true&x=%2F%20y",
            &["X-Api-Key: sk-1", "X-Custom: a", "X-Custom: b"],
            &body,
        );
        let seen = upstream.seen().pop().unwrap();
        assert!(
            seen.head
                .starts_with("POST /v1/messages?beta=true&x=%2F%20y HTTP/1.1\r\n"),
            "{}",
            seen.head
        );
        assert_eq!(seen.body, body);
        assert_eq!(seen.header("x-api-key"), Some("sk-1"));
        let custom: Vec<&str> = seen
            .head
            .lines()
            .filter(|line| line.to_ascii_lowercase().starts_with("x-custom:"))
            .collect();
        assert_eq!(custom.len(), 2);
        assert_eq!(seen.header("host"), upstream.url.strip_prefix("http://"));
        assert!(!seen.head.contains(TOKEN), "the token is ours alone");
        assert_eq!(seen.header("user-agent"), None, "nothing of ours is added");
    }
    // In chunks, byte by byte, with the token in its header and headers that stay here.
    let mut stream = server.connect();
    let head = format!(
        "POST /openai/v1/responses HTTP/1.1\r\nHost: localhost:{}\r\nX-Plumbline-Token: {TOKEN}\r\nTransfer-Encoding: chunked\r\n\
         Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nUser-Agent: mine/1\r\n\r\n",
        server.port
    );
    stream.write_all(head.as_bytes()).unwrap();
    for byte in ASK {
        stream.write_all(&as_chunk(&[*byte])).unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    assert_eq!(crate::support::reply(&mut stream).status, 200);
    let seen = upstream.seen().pop().unwrap();
    assert_eq!(seen.body, ASK);
    assert_eq!(seen.header("user-agent"), Some("mine/1"));
    for name in ["x-plumbline-token", "x-hop", "te"] {
        assert_eq!(seen.header(name), None, "{name}");
    }
    // Other methods are the caller's matter.
    let get = format!(
        "GET /{TOKEN}/openai/v1/models HTTP/1.1\r\nHost: localhost:{}\r\n\r\n",
        server.port
    );
    assert_eq!(server.raw(get.as_bytes()).status, 200);
    assert!(
        upstream
            .seen()
            .pop()
            .unwrap()
            .head
            .starts_with("GET /v1/models HTTP/1.1")
    );
}

#[test]
fn a_stream_that_breaks_is_broken_for_the_caller_too() {
    let first = events()[..2].concat();
    for reset in [false, true] {
        let (sent, body) = (as_chunk(first.as_bytes()), first.clone());
        let upstream = Upstream::start(move |_, stream| {
            stream
                .write_all(&[CHUNKED.as_bytes(), &sent].concat())
                .unwrap();
            if reset {
                // What was sent must arrive before the reset overtakes it.
                std::thread::sleep(Duration::from_millis(200));
                // Data that nobody reads makes the close a reset.
                let _ = stream.set_nonblocking(true);
            }
        });
        let server = Server::start(&upstream.url);
        let found = server.post(CHAT, &[], ASK);
        assert_eq!(
            (found.status, found.is_whole),
            (200, false),
            "not a clean end"
        );
        assert_eq!(found.body, body.as_bytes(), "all that came was passed on");
        let (span, raw) = server.span();
        assert_eq!(span.status, plumbline_model::SpanStatus::Truncated, "{raw}");
    }
}

#[test]
fn a_caller_that_hangs_up_ends_the_call_upstream() {
    let (ended, end) = channel();
    let ended = std::sync::Mutex::new(ended);
    let upstream = Upstream::start(move |_, stream: &mut TcpStream| {
        let first = events()[..2].concat();
        stream
            .write_all(&[CHUNKED.as_bytes(), &as_chunk(first.as_bytes())].concat())
            .unwrap();
        // The read ends when the proxy closes its side.
        let closed = matches!(stream.read(&mut [0]), Ok(0) | Err(_));
        ended.lock().unwrap().send(closed).unwrap();
    });
    let server = Server::start(&upstream.url);
    let mut stream = server.connect();
    stream.write_all(&server.request(CHAT, &[], ASK)).unwrap();
    head(&mut stream);
    chunk(&mut stream).unwrap();
    drop(stream);
    assert!(end.recv_timeout(Duration::from_secs(30)).unwrap());
    until("the exchange to be recorded", || {
        server.exchanges().len() == 1
    });
    assert_eq!(
        server.span().0.status,
        plumbline_model::SpanStatus::Truncated
    );
}

#[test]
fn an_upstream_that_is_not_there_is_a_clear_502() {
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let server = Server::start(&nobody);
    let found = server.post(CHAT, &[], ASK);
    assert_eq!(found.status, 502);
    let text = String::from_utf8(found.body).unwrap();
    assert!(text.contains(&nobody) && text.contains("refused"), "{text}");
    let (span, _) = server.span();
    assert_eq!(span.status, plumbline_model::SpanStatus::Error);
    assert_eq!(span.model_requested.as_deref(), Some("gpt-4.1-mini"));
}
