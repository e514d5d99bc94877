//! A provider of our own on the loopback that answers at once, and the barest client for it.
//!
//! The server speaks Chat Completions: an event stream of a role, twelve pieces of text, a usage and `[DONE]`.

use crate::pairs::Outcome;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use serde::Deserialize;
use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

const PIECES: usize = 12;
const PIECE: &str = "nine words of an answer that nobody needs. ";

/// Bodies that arrived, in any order.
type Bodies = Arc<Mutex<Vec<Bytes>>>;

/// The server; it lives as long as the process.
pub(crate) struct Loopback {
    pub(crate) base_url: String,
    bodies: Bodies,
}

#[derive(Clone)]
struct Shared {
    bodies: Bodies,
    frames: Arc<Vec<String>>,
    answers: Arc<AtomicUsize>,
    late: Duration,
}

impl Loopback {
    /// Starts it on a free port, on one thread of its own. It thinks for so long before each answer.
    pub(crate) fn start(late: Duration) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let base_url = format!("http://{}/v1", listener.local_addr()?);
        let bodies = Bodies::default();
        let shared = Shared {
            bodies: Arc::clone(&bodies),
            frames: Arc::new(frames()),
            answers: Arc::default(),
            late,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        thread::spawn(move || {
            runtime.block_on(async move {
                let app = Router::new()
                    .route("/v1/chat/completions", post(answer))
                    .with_state(shared);
                let listener = tokio::net::TcpListener::from_std(listener)?;
                axum::serve(listener, app).await
            })
        });
        Ok(Self { base_url, bodies })
    }

    /// The requests that arrived since the last time this was asked.
    pub(crate) fn take_bodies(&self) -> Vec<Bytes> {
        std::mem::take(&mut self.bodies.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn answer(State(shared): State<Shared>, body: Bytes) -> Response {
    shared
        .bodies
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(body);
    if !shared.late.is_zero() {
        tokio::time::sleep(shared.late).await;
    }
    // Every answer has an id of its own, as every call has.
    let id = format!(
        "chatcmpl-{}",
        shared.answers.fetch_add(1, Ordering::Relaxed)
    );
    let frames: Vec<Result<Bytes, Infallible>> = shared
        .frames
        .iter()
        .map(|frame| Ok(frame.replace(ID, &id).into()))
        .collect();
    let stream = futures_util::stream::iter(frames);
    (
        [(CONTENT_TYPE, "text/event-stream")],
        Body::from_stream(stream),
    )
        .into_response()
}

/// Stands where an answer's id does.
const ID: &str = "chatcmpl-N";

/// The events of one answer in three frames.
fn frames() -> Vec<String> {
    let event = |choices: &str, usage: &str| {
        format!(
            "data: {{\"id\":\"{ID}\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\
             \"model\":\"bench-model\",\"choices\":[{choices}]{usage}}}\n\n"
        )
    };
    let piece =
        format!("{{\"index\":0,\"delta\":{{\"content\":\"{PIECE}\"}},\"finish_reason\":null}}");
    let first = event(
        "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}",
        "",
    );
    let last = event("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}", "")
        + &event(
            "",
            ",\"usage\":{\"prompt_tokens\":120,\"completion_tokens\":108,\"total_tokens\":228}",
        )
        + "data: [DONE]\n\n";
    vec![first, event(&piece, "").repeat(PIECES), last]
}

#[derive(Deserialize)]
struct Chunk {
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Delta,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    completion_tokens: u64,
}

/// A client for this machine: no proxy, no certificates.
pub(crate) fn bare_client() -> Outcome<reqwest::Client> {
    // Another one may be installed already, and then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()?)
}

/// Sends the bodies, `concurrency` at a time, and parses each reply; answers how many were whole.
pub(crate) async fn send_bare(
    base_url: &str,
    bodies: Arc<Vec<Bytes>>,
    concurrency: usize,
) -> Outcome<usize> {
    let client = bare_client()?;
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..concurrency {
        let (client, next, bodies) = (client.clone(), Arc::clone(&next), Arc::clone(&bodies));
        let url = format!("{base_url}/chat/completions");
        tasks.spawn(async move {
            let mut whole = 0;
            while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                let request = client
                    .post(&url)
                    .header("content-type", "application/json")
                    .body(body.clone());
                let reply = request.send().await?.error_for_status()?.bytes().await?;
                whole += usize::from(is_whole(&reply));
            }
            Ok::<_, reqwest::Error>(whole)
        });
    }
    let mut whole = 0;
    while let Some(done) = tasks.join_next().await {
        whole += done??;
    }
    Ok(whole)
}

fn is_whole(reply: &[u8]) -> bool {
    let (mut text, mut tokens_out) = (String::new(), 0);
    for line in reply.split(|byte| *byte == b'\n') {
        let Some(data) = line.strip_prefix(b"data: ") else {
            continue;
        };
        if let Ok(chunk) = serde_json::from_slice::<Chunk>(data) {
            for choice in chunk.choices {
                text.push_str(&choice.delta.content.unwrap_or_default());
            }
            tokens_out = chunk
                .usage
                .map_or(tokens_out, |usage| usage.completion_tokens);
        }
    }
    text.len() == PIECES * PIECE.len() && tokens_out > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_barest_client_gets_whole_answers_and_the_server_keeps_the_requests() {
        let server = Loopback::start(Duration::ZERO).unwrap();
        let bodies = Arc::new(vec![Bytes::from_static(b"{}"); 7]);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let whole = runtime
            .block_on(send_bare(&server.base_url, bodies, 3))
            .unwrap();
        assert_eq!((whole, server.take_bodies().len()), (7, 7));
        assert!(
            !is_whole(frames()[0].as_bytes()),
            "a beginning is not an answer"
        );
    }
}
