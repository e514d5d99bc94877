//! Intakes that a person switches on and off: one of each kind, followed by figures, ended without cutting anybody off.

use crate::listening::{export, post, until};
use crate::stage::Stage;
use plumbline_engine::api::Intake;
use plumbline_engine::{Engine, Redaction};
use plumbline_model::Code;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

fn host(url: &str) -> &str {
    url.strip_prefix("http://").unwrap()
}

fn on(engine: &Engine) -> String {
    let live = engine.listen_switch_on(Intake::Receiver, 0, Redaction::On);
    live.unwrap().url
}

/// A connection with half a request on it; the other half makes it whole.
fn half_a_request(url: &str) -> (TcpStream, String) {
    let body = export(9);
    let (first, second) = body.split_at(body.len() / 2);
    let mut stream = TcpStream::connect(host(url)).unwrap();
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{first}",
        host(url),
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    (stream, second.to_owned())
}

/// The answer to a request whose second half comes only now.
fn answered((mut stream, rest): (TcpStream, String)) -> String {
    stream.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn what_is_on_says_where_it_listens_and_what_came() {
    let stage = Stage::new();
    assert!(
        stage.engine.listen_list().unwrap().is_empty(),
        "nothing listens unasked"
    );
    let url = on(&stage.engine);
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    let live = || stage.engine.listen_list().unwrap().remove(0);
    assert_eq!((live().counts.read, live().last_stored), (0, None));
    assert!(live().redacts && live().proxy.is_none());
    for _ in 0..2 {
        assert!(post(&url, "/v1/traces", &export(1)).starts_with("HTTP/1.1 200 "));
    }
    assert!(post(&url, "/v1/traces", "{").starts_with("HTTP/1.1 400 "));
    let live = live();
    assert_eq!((live.counts.stored, live.counts.duplicate), (1, 1));
    assert_eq!((live.refused, live.lost, live.waiting_bytes), (1, 0, 0));
    assert!(live.last_stored.is_some());
}

#[test]
fn a_request_under_way_shows_in_the_queue_and_is_answered_before_the_port_is_free() {
    let stage = Stage::new();
    let url = on(&stage.engine);
    let half = half_a_request(&url);
    until("the request to be seen", || {
        stage.engine.listen_list().unwrap()[0].waiting_bytes > 0
    });
    let engine = stage.engine.clone();
    let stopping = std::thread::spawn(move || engine.listen_switch_off(Intake::Receiver));
    until("the port to be closed to others", || {
        TcpStream::connect(host(&url)).is_err()
    });
    let answer = answered(half);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    stopping.join().unwrap().unwrap();
    assert!(stage.engine.listen_list().unwrap().is_empty());
    assert_eq!(stage.engine.workspace_info().unwrap().spans, 1);
    assert!(stage.engine.import_list().unwrap()[0].complete);
    stage.engine.listen_switch_off(Intake::Receiver).unwrap();
}

#[test]
fn closing_answers_a_request_under_way_and_does_not_wait_for_ever() {
    let stage = Stage::new();
    let url = on(&stage.engine);
    let half = half_a_request(&url);
    until("the request to be seen", || {
        stage.engine.listen_list().unwrap()[0].waiting_bytes > 0
    });
    assert!(
        !stage.engine.settle(Duration::from_millis(50)),
        "somebody is still being served"
    );
    let answer = answered(half);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(stage.engine.settle(Duration::from_secs(20)));
    assert!(stage.engine.import_list().unwrap()[0].complete);
}

#[test]
fn a_port_that_is_taken_is_named_with_what_to_do_and_leaves_nothing_behind() {
    let stage = Stage::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let problem = stage
        .engine
        .listen_switch_on(Intake::Receiver, port, Redaction::On)
        .unwrap_err();
    assert_eq!(problem.code, Code::BadInput);
    assert!(problem.message.contains(&port.to_string()), "{problem:?}");
    assert!(problem.hint.unwrap().contains("another port"));
    assert!(stage.engine.listen_list().unwrap().is_empty());
    assert!(stage.engine.import_list().unwrap().is_empty());
}

#[test]
fn there_is_one_of_each_kind_and_the_proxy_has_addresses_of_its_own() {
    let stage = Stage::new();
    let url = on(&stage.engine);
    let twice = stage
        .engine
        .listen_switch_on(Intake::Receiver, 0, Redaction::On)
        .unwrap_err();
    assert_eq!(twice.code, Code::Conflict);
    assert!(twice.message.contains(&url), "{twice:?}");
    let proxy = stage
        .engine
        .listen_switch_on(Intake::Proxy, 0, Redaction::Off)
        .unwrap();
    assert!(!proxy.redacts && proxy.url != url);
    let urls = proxy.proxy.unwrap();
    assert!(urls.openai.starts_with(&proxy.url) && urls.openai.ends_with("/openai/v1"));
    assert!(urls.anthropic.starts_with(&proxy.url) && urls.anthropic.ends_with("/anthropic"));
    stage.engine.listen_switch_off(Intake::Proxy).unwrap();
    let again = stage
        .engine
        .listen_switch_on(Intake::Proxy, 0, Redaction::On)
        .unwrap();
    assert_ne!(again.proxy.unwrap(), urls, "a token serves one run");
    let on: Vec<Intake> = stage
        .engine
        .listen_list()
        .unwrap()
        .iter()
        .map(|live| live.intake)
        .collect();
    assert_eq!(on, [Intake::Receiver, Intake::Proxy]);
}
