//! Against an ordinary server: what is reported while an answer arrives, and what is measured.

use crate::client::{PATIENT, call, provider};
use crate::fault_server::{FaultServer, LAST_CHUNK, Step, chunked};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use axum::routing::post;
use plumbline_model::{ResponseStatus, Usage};
use plumbline_providers::StreamEvent;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const STREAM: &str = concat!(
    "data: {\"id\":\"c\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n",
    "data: {\"id\":\"c\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\n\n",
    "data: {\"id\":\"c\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo\"}}]}\n\n",
    "data: {\"id\":\"c\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    "data: {\"id\":\"c\",\"model\":\"m-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}\n\n",
    "data: [DONE]\n\n",
);

/// Serves `STREAM` and keeps the addresses that calls came from.
async fn serve() -> (String, Arc<Mutex<BTreeSet<SocketAddr>>>) {
    let callers = Arc::new(Mutex::new(BTreeSet::new()));
    let kept = callers.clone();
    let answer = move |ConnectInfo(caller): ConnectInfo<SocketAddr>, request: Bytes| async move {
        kept.lock().unwrap().insert(caller);
        let request: serde_json::Value = serde_json::from_slice(&request).unwrap();
        assert_eq!(request["stream"], true);
        Response::builder()
            .header(CONTENT_TYPE, "text/event-stream")
            .body(Body::from(STREAM))
            .unwrap()
    };
    let app = Router::new().route("/v1/chat/completions", post(answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    (base, callers)
}

#[tokio::test]
async fn an_answer_is_reported_as_it_arrives_and_measured() {
    let (base, _) = serve().await;
    let seen = Mutex::new(Vec::new());
    let events = |event| seen.lock().unwrap().push(event);
    let answer = provider("local", &base, None, PATIENT)
        .chat(&call(), &events, &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(answer.status, ResponseStatus::Complete);
    assert_eq!(answer.text, "Hello");
    assert_eq!(answer.usage, Usage::of(9, 2));
    assert_eq!(answer.model_returned.as_deref(), Some("m-1"));
    let (first, whole) = (
        answer.time_to_first_token_ms.unwrap(),
        answer.latency_ms.unwrap(),
    );
    assert!(0.0 < first && first <= whole, "{first} {whole}");
    let text = |text: &str| StreamEvent::Text(text.to_owned());
    assert_eq!(
        *seen.lock().unwrap(),
        [StreamEvent::FirstToken, text("Hel"), text("lo")]
    );
}

#[tokio::test]
async fn calls_one_after_another_share_a_connection() {
    let (base, callers) = serve().await;
    let provider = provider("local", &base, None, PATIENT);
    for _ in 0..20 {
        let answer = provider
            .chat(&call(), &|_| {}, &CancellationToken::new())
            .await
            .unwrap();
        assert_eq!(answer.status, ResponseStatus::Complete);
    }
    assert_eq!(
        callers.lock().unwrap().len(),
        1,
        "a body read to its end frees its connection"
    );
}

#[tokio::test]
async fn a_body_whose_end_comes_after_its_terminal_event_still_frees_its_connection() {
    let answer = [
        Step::Read,
        Step::Send(chunked([STREAM.as_bytes()])),
        Step::Wait(Duration::from_millis(3)),
        Step::Send(LAST_CHUNK.to_vec()),
    ];
    let script = vec![answer; 10].concat();
    let server = FaultServer::start(script).await;
    let provider = provider("local", &server.origin, None, PATIENT);
    for _ in 0..10 {
        provider
            .chat(&call(), &|_| {}, &CancellationToken::new())
            .await
            .unwrap();
    }
    // A busy machine may be late for some of them; without waiting at all there are ten.
    assert!(server.connections() <= 5, "{}", server.connections());
}

#[tokio::test]
async fn many_calls_at_once_through_one_provider_all_answer() {
    let (base, _) = serve().await;
    let provider = provider("local", &base, None, PATIENT);
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let provider = provider.clone();
            tokio::spawn(async move {
                provider
                    .chat(&call(), &|_| {}, &CancellationToken::new())
                    .await
            })
        })
        .collect();
    for answer in calls {
        assert_eq!(answer.await.unwrap().unwrap().text, "Hello");
    }
}
