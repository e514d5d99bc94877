//! A client below HTTP: one request, one answer, one connection.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Sends `body` to `path` of a server on this machine; `address` is like `http://127.0.0.1:4318`.
pub(crate) fn post(address: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
    post_with(address, path, kind, &[], body)
}

/// The same with more lines in its head.
pub(crate) fn post_with(
    address: &str,
    path: &str,
    kind: &str,
    lines: &[&str],
    body: &[u8],
) -> Answer {
    let host = address.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n",
        body.len(),
        lines
            .iter()
            .map(|line| format!("{line}\r\n"))
            .collect::<String>()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap_or_else(|| panic!("no head: {}", String::from_utf8_lossy(&answer)));
    let head = String::from_utf8_lossy(&answer[..end]);
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        body: answer[end + 4..].to_vec(),
    }
}
