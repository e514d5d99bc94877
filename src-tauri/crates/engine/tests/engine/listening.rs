//! Listening as the window sees it: followed while it runs, closed when its job is cancelled, busy while it must be.

use crate::stage::Stage;
use plumbline_engine::api::JobState;
use plumbline_engine::{Engine, ListenOptions, Listening, ProxyOptions};
use rusqlite::Connection;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn listening(engine: &Engine) -> Listening {
    let options = ListenOptions {
        port: 0,
        ..ListenOptions::default()
    };
    engine.listen_start(&options).unwrap()
}

/// Sends one request; the whole answer as text.
pub(crate) fn post(url: &str, path: &str, body: &str) -> String {
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

pub(crate) fn export(span: u32) -> String {
    format!(
        "{{\"resourceSpans\":[{{\"scopeSpans\":[{{\"spans\":[{{\"traceId\":\"{:032x}\",\"spanId\":\"{span:016x}\",\
         \"startTimeUnixNano\":\"1790000000000000000\",\"endTimeUnixNano\":\"1790000001000000000\",\"attributes\":[\
         {{\"key\":\"gen_ai.operation.name\",\"value\":{{\"stringValue\":\"chat\"}}}},\
         {{\"key\":\"gen_ai.usage.input_tokens\",\"value\":{{\"intValue\":\"7\"}}}}]}}]}}]}}]}}",
        7
    )
}

pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(
            started.elapsed() < Duration::from_secs(40),
            "waited in vain for {what}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_window_follows_the_spans_and_the_report_while_they_come() {
    let stage = Stage::new();
    let window = stage.other();
    let listening = listening(&stage.engine);
    let seq = window.changes_since(0).unwrap().seq;
    assert!(post(&listening.url, "/v1/traces", &export(1)).starts_with("HTTP/1.1 200 "));
    assert_eq!(
        window.workspace_info().unwrap().spans,
        1,
        "before the answer"
    );
    let topics: Vec<String> = window
        .changes_since(seq)
        .unwrap()
        .changes
        .into_iter()
        .map(|change| change.topic)
        .collect();
    assert!(
        topics.contains(&"span".to_owned()) && topics.contains(&"import".to_owned()),
        "{topics:?}"
    );
    let row = || window.import_list().unwrap().remove(0);
    assert!(!row().complete);
    assert_eq!(
        (row().report.counts.read, row().report.counts.stored),
        (1, 1)
    );
    until("the report to be kept", || {
        row().report.tokens_in == Some(7)
    });
    assert_eq!(
        (row().report.model_calls, row().report.format.as_str()),
        (1, "otlp_http")
    );

    let job = stage
        .engine
        .job_list()
        .into_iter()
        .find(|job| job.id == listening.job)
        .unwrap();
    assert_eq!(job.state, JobState::Running);
    stage.engine.job_cancel(listening.job).unwrap();
    assert_eq!(
        stage.engine.job_wait(listening.job).unwrap().state,
        JobState::Finished
    );
    assert!(row().complete);
    assert!(
        TcpStream::connect(listening.url.strip_prefix("http://").unwrap()).is_err(),
        "the port is free again"
    );
}

#[test]
fn while_another_holds_the_workspace_a_client_is_told_to_come_again_and_then_nothing_is_missing() {
    let stage = Stage::new();
    let listening = listening(&stage.engine);
    let other = Connection::open(stage.engine.workspace_path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = post(&listening.url, "/v1/traces", &export(1));
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    assert!(
        refused.to_ascii_lowercase().contains("\r\nretry-after: "),
        "{refused}"
    );
    assert!(refused.contains("\"code\":14"), "{refused}");
    other.execute_batch("ROLLBACK").unwrap();
    for _ in 0..2 {
        assert!(post(&listening.url, "/v1/traces", &export(1)).starts_with("HTTP/1.1 200 "));
    }
    let report = stage.engine.import_report(listening.import).unwrap();
    assert_eq!((report.counts.stored, report.counts.duplicate), (1, 1));
    stage.engine.job_cancel(listening.job).unwrap();
    assert_eq!(
        stage.engine.job_wait(listening.job).unwrap().state,
        JobState::Finished
    );
}

#[test]
fn calls_pass_while_the_workspace_is_held_and_are_recorded_after() {
    let stage = Stage::new();
    let upstream = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", upstream.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in upstream.incoming() {
            let mut stream = stream.unwrap();
            let mut buffer = [0; 4096];
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                let read = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..read]);
            }
            let body = "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[]}";
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            stream
                .write_all(format!("{head}{body}").as_bytes())
                .unwrap();
        }
    });
    let options = ListenOptions {
        port: 0,
        proxy: Some(ProxyOptions {
            openai_upstream: Some(url.clone()),
            anthropic_upstream: Some(url),
        }),
        ..ListenOptions::default()
    };
    let listening = stage.engine.listen_start(&options).unwrap();
    let openai = listening.proxy.clone().unwrap().openai;
    let path = openai.strip_prefix(&listening.url).unwrap();
    let other = Connection::open(stage.engine.workspace_path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for n in 0..5 {
        let body =
            format!("{{\"model\":\"m\",\"messages\":[{{\"role\":\"user\",\"content\":\"{n}\"}}]}}");
        let started = Instant::now();
        let answer = post(&listening.url, &format!("{path}/chat/completions"), &body);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        // The workspace's own patience is five seconds; a call that waited for it would take as long.
        assert!(
            started.elapsed() < Duration::from_secs(4),
            "{:?}",
            started.elapsed()
        );
    }
    other.execute_batch("ROLLBACK").unwrap();
    until("the calls to be stored", || {
        stage.engine.workspace_info().unwrap().spans == 5
    });
    stage.engine.job_cancel(listening.job).unwrap();
    stage.engine.job_wait(listening.job).unwrap();
}
