//! What may be asked, and in which words the answer comes.

use crate::support::{Reply, Server, gzip, reply};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use plumbline_listen::{Accepted, Encoding, Limits, Refused, Signal};
use serde_json::{Value, json};
use std::io::Write;

const JSON: &str = "Content-Type: application/json";
const PROTOBUF: &str = "Content-Type: application/x-protobuf";

fn object(reply: &Reply) -> Value {
    assert_eq!(reply.header("content-type"), Some("application/json"));
    serde_json::from_slice(&reply.body).unwrap()
}

#[test]
fn both_signals_and_encodings_reach_the_sink_plain() {
    let server = Server::start();
    for (path, signal) in [("/v1/traces", Signal::Traces), ("/v1/logs", Signal::Logs)] {
        for (kind, encoding) in [(JSON, Encoding::Json), (PROTOBUF, Encoding::Protobuf)] {
            for coding in ["", "Content-Encoding: identity", "Content-Encoding: GZIP"] {
                let body = format!("{path} {kind} {coding}").into_bytes();
                let packed = coding.ends_with("GZIP");
                let sent = if packed { gzip(&body) } else { body.clone() };
                let lines: Vec<&str> = [kind, coding]
                    .into_iter()
                    .filter(|line| !line.is_empty())
                    .collect();
                let found = server.send("POST", path, &lines, &sent);
                assert_eq!(
                    found.status,
                    200,
                    "{path} {kind} {coding}: {}",
                    found.text()
                );
                assert_eq!(
                    found.header("content-type"),
                    kind.split(": ").nth(1),
                    "the answer is in the words of the question"
                );
                let seen = server.seen().pop().unwrap();
                assert_eq!(
                    (seen.signal, seen.encoding, seen.body),
                    (signal, encoding, body)
                );
            }
        }
    }
}

#[test]
fn an_accepted_export_says_nothing_and_a_partial_one_counts() {
    let partial = |body: &[u8]| {
        Ok(Accepted {
            rejected: body.len() as u64,
            reason: "why".to_owned(),
        })
    };
    let server = Server::with(Limits::default(), partial);
    let found = server.send("POST", "/v1/traces", &[JSON], b"");
    assert_eq!(object(&found), json!({}));
    let found = server.send("POST", "/v1/traces", &[JSON], b"123");
    assert_eq!(
        object(&found),
        json!({"partialSuccess": {"rejectedSpans": "3", "errorMessage": "why"}})
    );
    let found = server.send("POST", "/v1/logs", &[JSON], b"12");
    assert_eq!(
        object(&found),
        json!({"partialSuccess": {"rejectedLogRecords": "2", "errorMessage": "why"}})
    );
    let found = server.send("POST", "/v1/traces", &[PROTOBUF], b"");
    assert_eq!(found.body, b"");
    let found = server.send("POST", "/v1/traces", &[PROTOBUF], b"123");
    assert_eq!(found.body, b"\x0a\x07\x08\x03\x12\x03why");
}

#[test]
fn the_sinks_refusals_keep_their_meaning() {
    let verdict = |body: &[u8]| {
        Err(match body {
            b"malformed" => Refused::Malformed("no JSON".to_owned()),
            b"busy" => Refused::Busy("locked".to_owned()),
            _ => Refused::Failed("damaged".to_owned()),
        })
    };
    let server = Server::with(Limits::default(), verdict);
    for (body, status, code, why) in [
        ("malformed", 400, 3, "no JSON"),
        ("busy", 503, 14, "locked"),
        ("else", 500, 13, "damaged"),
    ] {
        let found = server.send("POST", "/v1/traces", &[JSON], body.as_bytes());
        assert_eq!(found.status, status);
        assert_eq!(object(&found), json!({"code": code, "message": why}));
        assert_eq!(
            found.header("retry-after").is_some(),
            status == 503,
            "only what passes is tried again"
        );
        let found = server.send("POST", "/v1/traces", &[PROTOBUF], body.as_bytes());
        let expected = [&[8, code as u8, 0x12, why.len() as u8], why.as_bytes()].concat();
        assert_eq!((found.status, found.body), (status, expected));
    }
}

#[test]
fn other_paths_methods_types_and_codings_are_refused_in_this_order() {
    let server = Server::start();
    for path in [
        "/",
        "/v1/metrics",
        "/v1/traces/",
        "/v1/Traces",
        "/v1/traces/x",
        "//v1/traces",
        "/v1/trace%73",
        "/../v1/traces",
    ] {
        // A wrong path comes before a wrong method.
        for method in ["POST", "GET"] {
            assert_eq!(
                server.send(method, path, &[JSON], b"{}").status,
                404,
                "{path}"
            );
        }
    }
    assert!(
        server
            .send("POST", "/v1/metrics", &[JSON], b"{}")
            .text()
            .contains("metrics")
    );
    for method in [
        "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "post", "PROPFIND",
    ] {
        let found =
            server.raw(&server.request(method, "/v1/traces", &["Content-Type: text/plain"], b""));
        assert_eq!(found.status, 405, "{method}");
        assert_eq!(found.header("allow"), Some("POST"));
    }
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/json5",
        "application/jsonx",
        "application/protobuf",
        "*/*",
        "",
        "text/plain, application/json",
        "application/json, text/plain",
        "application/grpc",
    ] {
        let line = format!("Content-Type: {kind}");
        // A wrong type comes before a wrong coding.
        let found = server.send(
            "POST",
            "/v1/traces",
            &[&line, "Content-Encoding: br"],
            b"{}",
        );
        assert_eq!(found.status, 415, "{kind}");
        assert!(found.text().contains("content type"), "{}", found.text());
    }
    assert_eq!(
        server.send("POST", "/v1/traces", &[], b"{}").status,
        415,
        "no type"
    );
    assert_eq!(
        server
            .send("POST", "/v1/traces", &[JSON, PROTOBUF], b"{}")
            .status,
        415,
        "two types"
    );
    for coding in [
        "br",
        "deflate",
        "zstd",
        "gzip, gzip",
        "gzip,identity",
        "identity, gzip",
        "x-gzip2",
        "*",
    ] {
        let line = format!("Content-Encoding: {coding}");
        let found = server.send("POST", "/v1/traces", &[JSON, &line], &gzip(b"{}"));
        assert_eq!(found.status, 415, "{coding}");
    }
    let twice = server.send(
        "POST",
        "/v1/traces",
        &[JSON, "Content-Encoding: gzip", "Content-Encoding: gzip"],
        b"",
    );
    assert_eq!(twice.status, 415);
    assert_eq!(server.seen(), []);
    for kind in [
        "application/json;charset=utf-8",
        "Application/JSON ; x=y",
        "application/json",
    ] {
        assert_eq!(
            server
                .send(
                    "POST",
                    "/v1/traces",
                    &[&format!("Content-Type: {kind}")],
                    b"{}"
                )
                .status,
            200
        );
    }
    assert_eq!(
        server.send("POST", "/v1/traces?a=b", &[JSON], b"{}").status,
        200
    );
}

#[test]
fn a_broken_gzip_stream_is_malformed() {
    let server = Server::start();
    let whole = gzip(&vec![b'x'; 100_000]);
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x40;
    let mut checksum = whole.clone();
    let end = checksum.len() - 6;
    checksum[end] ^= 1;
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(b"{}").unwrap();
    let cuts = [
        0,
        1,
        9,
        10,
        20,
        whole.len() - 9,
        whole.len() - 8,
        whole.len() - 1,
    ];
    let mut broken: Vec<Vec<u8>> = cuts.iter().map(|cut| whole[..*cut].to_vec()).collect();
    broken.extend([
        flipped,
        checksum,
        zlib.finish().unwrap(),
        b"{}".to_vec(),
        [&whole[..], b"more"].concat(),
    ]);
    for (n, body) in broken.iter().enumerate() {
        let found = server.export(&["Content-Encoding: gzip"], body);
        assert_eq!(found.status, 400, "case {n}: {}", found.text());
    }
    assert_eq!(server.seen(), []);
    // Members one after another are one stream.
    let two = [gzip(b"{"), gzip(b"}")].concat();
    assert_eq!(server.export(&["Content-Encoding: gzip"], &two).status, 200);
    assert_eq!(server.seen()[0].body, b"{}");
}

#[test]
fn chunked_bodies_and_several_requests_of_one_connection_work() {
    let server = Server::start();
    let mut stream = server.connect();
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{JSON}\r\nTransfer-Encoding: chunked\r\n\r\n",
        server.port
    );
    let request = [head.as_bytes(), b"1\r\n{\r\n1;x=y\r\n}\r\n0\r\n\r\n"].concat();
    for _ in 0..3 {
        // Byte by byte, so that every edge of a read is met.
        for byte in &request {
            stream.write_all(&[*byte]).unwrap();
        }
        assert_eq!(reply(&mut stream).unwrap().status, 200);
    }
    // A refusal leaves the connection usable where its body was read.
    stream
        .write_all(&server.request("POST", "/nowhere", &[JSON], b"{}"))
        .unwrap();
    assert_eq!(reply(&mut stream).unwrap().status, 404);
    stream.write_all(&request).unwrap();
    assert_eq!(reply(&mut stream).unwrap().status, 200);
    assert!(server.seen().iter().all(|seen| seen.body == b"{}"));
}

#[test]
fn a_client_that_asks_first_is_told_before_it_sends() {
    let server = Server::start();
    let mut stream = server.connect();
    let ask = |path: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{JSON}\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
            server.port
        )
    };
    stream.write_all(ask("/v1/traces").as_bytes()).unwrap();
    assert_eq!(reply(&mut stream).unwrap().status, 100);
    stream.write_all(b"{}").unwrap();
    assert_eq!(reply(&mut stream).unwrap().status, 200);
    let mut stream = server.connect();
    stream.write_all(ask("/v1/nothing").as_bytes()).unwrap();
    assert_eq!(
        reply(&mut stream).unwrap().status,
        404,
        "without leave to send"
    );
}
