//! A server that follows a script for every connection, byte by byte, and keeps what it was sent.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One step. After the last one the connection is closed in order.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Reads one whole request, by its `content-length`.
    Read,
    Send(Vec<u8>),
    /// Sends this again and again, with a pause between.
    Repeat(Vec<u8>, Duration),
    Wait(Duration),
    /// Does nothing for ever.
    Stall,
    /// Ends the connection with RST.
    Reset,
}

pub(crate) struct FaultServer {
    pub(crate) origin: String,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
    connections: Arc<AtomicUsize>,
}

impl FaultServer {
    pub(crate) async fn start(steps: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = requests.clone();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(follow(stream, steps.clone(), kept.clone()));
            }
        });
        Self {
            origin,
            requests,
            connections,
        }
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Whole requests, in the order they were read.
    pub(crate) fn requests(&self) -> Vec<Vec<u8>> {
        self.requests.lock().unwrap().clone()
    }
}

/// An origin on which nothing listens.
pub(crate) async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

async fn follow(mut stream: TcpStream, steps: Vec<Step>, requests: Arc<Mutex<Vec<Vec<u8>>>>) {
    for step in steps {
        match step {
            Step::Read => match read_request(&mut stream).await {
                Some(request) => requests.lock().unwrap().push(request),
                None => return,
            },
            Step::Send(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Step::Repeat(bytes, pause) => loop {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
                tokio::time::sleep(pause).await;
            },
            Step::Wait(pause) => tokio::time::sleep(pause).await,
            Step::Stall => std::future::pending().await,
            Step::Reset => {
                stream.set_zero_linger().unwrap();
                return;
            }
        }
    }
    let _ = stream.shutdown().await;
}

async fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .split_once("content-length:")
                .and_then(|(_, rest)| rest.lines().next()?.trim().parse::<usize>().ok())
                .expect("requests carry a content-length");
            if body.len() >= length {
                return Some(request);
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => request.extend_from_slice(&buffer[..count]),
        }
    }
}

/// A response with a `content-length`; `declared` may claim more than there is.
pub(crate) fn response(status: u16, headers: &str, body: &[u8], declared: usize) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 {status} Whatever\r\ncontent-length: {declared}\r\n{headers}\r\n")
            .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The head of a chunked event stream and its first chunks, without the chunk that ends it.
pub(crate) fn chunked<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bytes =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
            .to_vec();
    for piece in pieces {
        bytes.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        bytes.extend_from_slice(piece);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// What ends a chunked body.
pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";
