//! An OpenAI-compatible server on loopback that streams, counts what it is asked, and can be told to misbehave.

use crate::stage::until;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::stream;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// What every answer is billed as. At the price of gpt-4.1-mini ($0.40 and $1.60 per million) that is $0.000016.
pub(crate) const TOKENS_IN: u64 = 20;
pub(crate) const TOKENS_OUT: u64 = 5;
pub(crate) const COST_PICO: u64 = 16_000_000;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// The last message: the case's question.
    pub(crate) question: String,
    pub(crate) model: String,
    pub(crate) idempotency_key: String,
    /// Every header, names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
    /// 1 for the first request about this question.
    pub(crate) time: usize,
}

/// What to do with a request.
pub(crate) enum Reply {
    Answer(String),
    /// A call of a tool with these arguments; its id is `call-1`.
    CallTool(&'static str, Value),
    /// An answer after a while, so that work is on its way when something happens.
    Late(Duration, String),
    /// Half of an answer, then an orderly end without the terminal event.
    Cut(String),
    Refuse(u16, Vec<(&'static str, String)>, String),
    /// An answer only after [`ModelServer::release`].
    Hold(String),
}

type Script = dyn Fn(&Seen) -> Reply + Send + Sync;

#[derive(Default)]
struct All {
    seen: Vec<Seen>,
    /// How often each question was asked.
    times: BTreeMap<String, usize>,
}

struct Shared {
    all: Mutex<All>,
    script: Box<Script>,
    gate: watch::Receiver<bool>,
}

pub(crate) struct ModelServer {
    pub(crate) base_url: String,
    shared: Arc<Shared>,
    gate: watch::Sender<bool>,
    _runtime: Runtime,
}

/// The answer a model gives that repeats what it was asked.
pub(crate) fn echo(seen: &Seen) -> Reply {
    Reply::Answer(format!("answer to {}", seen.question))
}

impl ModelServer {
    pub(crate) fn start(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (gate, closed) = watch::channel(false);
        let shared = Arc::new(Shared {
            all: Mutex::default(),
            script: Box::new(script),
            gate: closed,
        });
        let app = Router::new()
            .route("/v1/chat/completions", post(answer))
            .route("/v1/embeddings", post(embed))
            .with_state(Arc::clone(&shared));
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            base_url,
            shared,
            gate,
            _runtime: runtime,
        }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.all.lock().unwrap().seen.clone()
    }

    pub(crate) fn requests(&self) -> usize {
        self.shared.all.lock().unwrap().seen.len()
    }

    /// How often each question was asked.
    pub(crate) fn times(&self) -> BTreeMap<String, usize> {
        self.shared.all.lock().unwrap().times.clone()
    }

    pub(crate) fn wait_for(&self, requests: usize) {
        until("requests to arrive", || self.requests() >= requests);
    }

    /// Lets every held answer go, now and later.
    pub(crate) fn release(&self) {
        self.gate.send(true).unwrap();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let headers: BTreeMap<String, String> = headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect();
    let messages = body["messages"].as_array().unwrap();
    let question = messages.last().unwrap()["content"].as_str().unwrap().trim();
    let seen = {
        let mut all = shared.all.lock().unwrap();
        let time = all.times.entry(question.to_owned()).or_default();
        *time += 1;
        let seen = Seen {
            question: question.to_owned(),
            model: body["model"].as_str().unwrap().to_owned(),
            idempotency_key: headers.get("idempotency-key").cloned().unwrap_or_default(),
            time: *time,
            headers,
            body,
        };
        all.seen.push(seen.clone());
        seen
    };
    match (shared.script)(&seen) {
        Reply::Answer(text) => whole(&seen, &text),
        Reply::CallTool(name, arguments) => calls_tool(&seen, name, &arguments),
        Reply::Late(wait, text) => {
            tokio::time::sleep(wait).await;
            whole(&seen, &text)
        }
        Reply::Cut(text) => events(vec![chunk(&seen, &json!({ "content": text }), None)]),
        Reply::Refuse(status, headers, body) => {
            let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
            for (name, value) in headers {
                response
                    .headers_mut()
                    .insert(HeaderName::from_static(name), value.parse().unwrap());
            }
            response
        }
        Reply::Hold(text) => {
            let mut gate = shared.gate.clone();
            gate.wait_for(|open| *open).await.unwrap();
            whole(&seen, &text)
        }
    }
}

/// Counts of the letters: texts of the same letters are alike, whatever their order.
async fn embed(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let texts = body["input"].as_array().unwrap();
    let vectors = texts.iter().enumerate().map(|(index, text)| {
        let text = text.as_str().unwrap().to_lowercase();
        let mut all = shared.all.lock().unwrap();
        *all.times.entry(format!("vector of {text}")).or_default() += 1;
        let vector: Vec<usize> = ('a'..='z')
            .map(|letter| text.matches(letter).count())
            .collect();
        json!({ "object": "embedding", "index": index, "embedding": vector })
    });
    let answer = json!({
        "object": "list", "model": body["model"], "data": vectors.collect::<Vec<_>>(),
        "usage": { "prompt_tokens": TOKENS_IN, "total_tokens": TOKENS_IN },
    });
    axum::Json(answer).into_response()
}

fn chunk(seen: &Seen, delta: &Value, finish_reason: Option<&str>) -> Value {
    json!({
        "id": "chatcmpl-test",
        "object": "chat.completion.chunk",
        "model": seen.model,
        "system_fingerprint": "fp-test",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": finish_reason }],
    })
}

fn whole(seen: &Seen, text: &str) -> Response {
    let middle = text
        .char_indices()
        .nth(text.chars().count() / 2)
        .map_or(0, |(at, _)| at);
    events(vec![
        chunk(
            seen,
            &json!({ "role": "assistant", "content": &text[..middle] }),
            None,
        ),
        chunk(seen, &json!({ "content": &text[middle..] }), None),
        chunk(seen, &json!({}), Some("stop")),
        billed(seen),
        Value::String("[DONE]".to_owned()),
    ])
}

fn calls_tool(seen: &Seen, name: &str, arguments: &Value) -> Response {
    let call = json!({ "tool_calls": [{
        "index": 0, "id": "call-1", "type": "function",
        "function": { "name": name, "arguments": arguments.to_string() },
    }] });
    events(vec![
        chunk(seen, &call, None),
        chunk(seen, &json!({}), Some("tool_calls")),
        billed(seen),
        Value::String("[DONE]".to_owned()),
    ])
}

fn billed(seen: &Seen) -> Value {
    json!({
        "id": "chatcmpl-test", "model": seen.model, "choices": [],
        "usage": { "prompt_tokens": TOKENS_IN, "completion_tokens": TOKENS_OUT },
    })
}

fn events(values: Vec<Value>) -> Response {
    let events = values.into_iter().map(|value| {
        let data = match value {
            Value::String(text) => text,
            value => value.to_string(),
        };
        Ok::<_, Infallible>(Event::default().data(data))
    });
    Sse::new(stream::iter(events)).into_response()
}
