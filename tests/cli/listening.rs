//! `plumbline listen` from start to stop: what was acknowledged is there, once, whatever happens to the process.

#![cfg(unix)]

use crate::post::{Answer, post};
use crate::stage::{Running, Stage, counts, project, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::ChildStdout;
use std::thread;

const JSON: &str = "application/json";
const PROTOBUF: &str = "application/x-protobuf";

/// The program listening, with the rest of its stdout.
struct Listener {
    program: Running,
    out: BufReader<ChildStdout>,
    url: String,
}

impl Listener {
    fn start(stage: &Stage) -> Self {
        let mut program = stage.start(&["listen", "--port", "0", "--json"]);
        let mut out = BufReader::new(program.child().stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let started: Value = serde_json::from_str(&line).unwrap();
        let url = started["listening"].as_str().unwrap().to_owned();
        Self { program, out, url }
    }

    fn traces(&self, kind: &str, body: &[u8]) -> Answer {
        post(&self.url, "/v1/traces", kind, body)
    }

    /// Stops it by a signal; its report.
    fn stop(mut self, signal: &str) -> Value {
        self.program.signal(signal);
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        let ran = self.program.end();
        assert_eq!(ran.status, Some(0), "{ran:#?}");
        assert_eq!(rest.matches('\n').count(), 1, "{rest}");
        let ended: Value = serde_json::from_str(&rest).unwrap();
        ended["report"].clone()
    }
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(project("fixtures/traces").join(name)).unwrap()
}

/// An export of `spans` spans in a trace of its own; one whose number is in `broken` has no start.
fn export(trace: u32, spans: u32, broken: &[u32]) -> Vec<u8> {
    let spans: Vec<Value> = (1..=spans)
        .map(|n| {
            let mut span = json!({
                "traceId": format!("{trace:032x}"), "spanId": format!("{n:016x}"), "name": format!("call {n}"),
                "startTimeUnixNano": "1790000000000000000", "endTimeUnixNano": "1790000001000000000",
                "attributes": [
                    {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
                    {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "7"}},
                ],
            });
            if broken.contains(&n) {
                span.as_object_mut().unwrap().remove("startTimeUnixNano");
            }
            span
        })
        .collect();
    json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})
        .to_string()
        .into_bytes()
}

fn spans(stage: &Stage) -> u64 {
    let list = stage.json(&["trace", "list", "--limit", "1000"]);
    let rows = list["rows"].as_array().unwrap();
    rows.iter().map(|row| row["spans"].as_u64().unwrap()).sum()
}

#[test]
fn what_was_answered_with_200_survives_kill_9_and_a_retry_stores_nothing_twice() {
    let stage = Stage::new();
    let listener = Listener::start(&stage);
    let url = listener.url.clone();
    // Several clients send without end; some of it is on its way when the process dies.
    let acknowledged = thread::scope(|scope| {
        let clients: Vec<_> = (0..4_u32)
            .map(|client| {
                let url = &url;
                scope.spawn(move || {
                    let mut acknowledged = Vec::new();
                    for n in 0..10_000 {
                        let trace = client * 100_000 + n + 1;
                        let body = export(trace, 3, &[]);
                        let answered =
                            std::panic::catch_unwind(|| post(url, "/v1/traces", JSON, &body));
                        match answered {
                            Ok(answer) if answer.status == 200 => acknowledged.push(trace),
                            _ => break,
                        }
                    }
                    acknowledged
                })
            })
            .collect();
        thread::sleep(std::time::Duration::from_millis(800));
        listener.program.kill();
        clients
            .into_iter()
            .flat_map(|client| client.join().unwrap())
            .collect::<Vec<u32>>()
    });
    assert!(acknowledged.len() > 20, "{}", acknowledged.len());
    let export_of = |stage: &Stage| {
        let out = stage.run(&["trace", "export"]).out;
        let lines = out
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines
            .map(|span| {
                format!(
                    "{} {}",
                    span["trace_id"].as_str().unwrap(),
                    span["span_id"].as_str().unwrap()
                )
            })
            .collect::<Vec<String>>()
    };
    let stored: Vec<String> = export_of(&stage);
    let set: BTreeSet<&String> = stored.iter().collect();
    assert_eq!(set.len(), stored.len(), "nothing is there twice");
    for trace in &acknowledged {
        for n in 1..=3 {
            let id = format!("{trace:032x} {n:016x}");
            assert!(set.contains(&id), "{id} was acknowledged and is gone");
        }
    }
    // No batch is there in part.
    assert_eq!(stored.len() % 3, 0);
    assert_eq!(stage.json(&["doctor"])["ok"], true);

    let listener = Listener::start(&stage);
    let again: Vec<u32> = acknowledged.iter().copied().take(20).collect();
    for trace in &again {
        assert_eq!(listener.traces(JSON, &export(*trace, 3, &[])).status, 200);
    }
    let report = listener.stop("TERM");
    counts(
        &report,
        &[
            ("read", 60),
            ("stored", 0),
            ("duplicate", 60),
            ("quarantined", 0),
        ],
    );
    assert_eq!(export_of(&stage).len(), stored.len());
}

#[test]
fn the_report_counts_what_came_and_what_was_not_understood() {
    let stage = Stage::new();
    let listener = Listener::start(&stage);
    let answer = listener.traces(JSON, &export(1, 5, &[2, 4]));
    assert_eq!(answer.status, 200, "{answer:?}");
    let partial = &answer.json()["partialSuccess"];
    assert_eq!(partial["rejectedSpans"], "2");
    let why = partial["errorMessage"].as_str().unwrap();
    assert!(why.contains("spans[1]") && why.contains("start"), "{why}");
    assert_eq!(
        listener
            .traces(PROTOBUF, &fixture("otlp_protobuf/support-agent.pb"))
            .body,
        b""
    );
    assert_eq!(
        listener
            .traces(JSON, &fixture("otlp_json/support-agent.json"))
            .json(),
        json!({})
    );
    // An export of nothing is one.
    for (kind, body) in [
        (JSON, &b"{}"[..]),
        (JSON, b" { } "),
        (JSON, b"{\"resourceSpans\":[]}"),
        (PROTOBUF, b""),
    ] {
        assert_eq!(listener.traces(kind, body).status, 200, "{body:?}");
    }
    let report = listener.stop("INT");
    counts(
        &report,
        &[
            ("read", 15),
            ("stored", 8),
            ("duplicate", 5),
            ("quarantined", 2),
        ],
    );
    assert_eq!(report["format"], "otlp_http");
    assert_eq!(report["quarantine"].as_array().unwrap().len(), 2);
    assert_eq!(report["model_calls"].as_u64(), Some(3 + 2 + 2));
    assert_eq!(spans(&stage), 8);
}

#[test]
fn a_broken_export_is_refused_and_leaves_nothing() {
    let stage = Stage::new();
    let listener = Listener::start(&stage);
    let (json, proto) = (export(1, 3, &[]), fixture("otlp_protobuf/support-agent.pb"));
    for (kind, body) in [
        (JSON, &json[..json.len() - 1]),
        (JSON, &json[..json.len() / 2]),
        (JSON, &[&json[..], &json].concat()),
        (JSON, &[b"[", &json[..], b"]"].concat()),
        (JSON, b""),
        (JSON, b"[]"),
        (JSON, b"{\"resourceLogs\":[]}"),
        (JSON, &proto),
        (PROTOBUF, &json),
        (PROTOBUF, &proto[..proto.len() - 1]),
        (PROTOBUF, &[&proto[..], b"\x00"].concat()),
        // Packed once more than the head says.
        (PROTOBUF, b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"),
    ] {
        let answer = listener.traces(kind, body);
        assert_eq!(answer.status, 400, "{answer:?}");
        if kind == JSON {
            assert_eq!(answer.json()["code"], 3);
        }
    }
    let report = listener.stop("INT");
    counts(&report, &[("read", 0), ("stored", 0), ("quarantined", 0)]);
    assert_eq!(spans(&stage), 0);
}

#[test]
fn what_was_exported_comes_in_again_as_the_same_rows() {
    let source = Stage::new();
    source.json(&[
        "import",
        text(&project("fixtures/traces/otlp_json")),
        text(&project("fixtures/traces/canonical_jsonl")),
    ]);
    let exported = source.run(&["trace", "export", "--otlp"]).out;
    let expected = source.run(&["trace", "export"]).out;

    let stage = Stage::new();
    let listener = Listener::start(&stage);
    assert_eq!(listener.traces(JSON, exported.as_bytes()).json(), json!({}));
    listener.stop("TERM");
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(
        sorted(&stage.run(&["trace", "export"]).out),
        sorted(&expected)
    );
    // And where the rows are already, nothing is stored.
    let listener = Listener::start(&source);
    assert_eq!(listener.traces(JSON, exported.as_bytes()).status, 200);
    let report = listener.stop("TERM");
    counts(
        &report,
        &[
            ("stored", 0),
            ("quarantined", 0),
            ("duplicate", expected.lines().count() as u64),
        ],
    );
}

#[test]
fn a_port_that_is_taken_is_named_with_what_to_do() {
    let stage = Stage::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = stage.run(&["listen", "--port", &port]);
    ran.refused(2, &["error:", &port, "taken", "--port"]);
    assert_eq!(ran.out, "");
}

#[test]
fn a_person_reads_one_line_and_at_the_end_the_report() {
    let stage = Stage::new();
    let mut program = stage.start(&["listen", "--port", "0"]);
    let mut out = BufReader::new(program.child().stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let url = line.strip_prefix("listening on ").unwrap().trim_end();
    assert!(url.starts_with("http://127.0.0.1:"), "{line}");
    assert_eq!(
        post(url, "/v1/traces", JSON, &export(1, 2, &[1])).status,
        200
    );
    // What is stored can be read by others at once.
    assert_eq!(spans(&stage), 1);
    program.signal("INT");
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(program.end().status, Some(0));
    assert!(
        rest.contains("otlp_http") && rest.contains("quarantined in"),
        "{rest}"
    );
}

/// Spans and log records of the same calls, a request for each line of the fixture, in this order.
fn sent_apart(stage: &Stage, order: &[usize], times: usize) -> Value {
    let text = String::from_utf8(fixture("otlp_json/genai-logs.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let listener = Listener::start(stage);
    for line in order
        .iter()
        .map(|at| lines[*at])
        .cycle()
        .take(order.len() * times)
    {
        let path = if line.contains("\"resourceLogs\"") {
            "/v1/logs"
        } else {
            "/v1/traces"
        };
        let answer = post(&listener.url, path, JSON, line.as_bytes());
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    listener.stop("INT")
}

#[test]
fn what_was_said_in_a_call_joins_it_though_it_comes_in_another_request() {
    let source = Stage::new();
    let file = "fixtures/traces/otlp_json/genai-logs.jsonl";
    let expected = source.json(&["import", text(&project(file))])["files"][0].clone();
    let rows = |stage: &Stage| {
        let mut lines: Vec<String> = stage
            .run(&["trace", "export"])
            .out
            .lines()
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines
    };
    let list = |stage: &Stage| stage.json(&["trace", "list"])["rows"].clone();
    let lines = String::from_utf8(fixture("otlp_json/genai-logs.jsonl"))
        .unwrap()
        .lines()
        .count();
    assert!(lines >= 2, "the fixture holds requests of their own");
    let order: Vec<usize> = (0..lines).collect();
    let turned: Vec<usize> = order.iter().rev().copied().collect();
    for (order, times) in [(&order, 1), (&turned, 1), (&order, 2), (&turned, 3)] {
        let stage = Stage::new();
        let report = sent_apart(&stage, order, times);
        assert_eq!(rows(&stage), rows(&source), "{order:?} {times} times");
        assert_eq!(list(&stage), list(&source));
        assert_eq!(
            report["stored"], expected["stored"],
            "{order:?} {times} times: {report:#}"
        );
        if times == 1 {
            for figure in [
                "read",
                "quarantined",
                "model_calls",
                "tokens_in",
                "tokens_out",
                "completeness",
            ] {
                assert_eq!(report[figure], expected[figure], "{figure} of {report:#}");
            }
        }
        assert_eq!(stage.json(&["doctor"])["ok"], true);
    }
}

#[test]
fn two_measurements_under_the_same_ids_are_both_kept() {
    let stage = Stage::new();
    let listener = Listener::start(&stage);
    let first = String::from_utf8(export(1, 1, &[])).unwrap();
    let second = first.replace("call 1", "another call");
    for body in [&first, &second, &first, &second] {
        assert_eq!(listener.traces(JSON, body.as_bytes()).status, 200);
    }
    let report = listener.stop("INT");
    counts(
        &report,
        &[("stored", 2), ("duplicate", 2), ("model_calls", 4)],
    );
    assert_eq!(spans(&stage), 2);
}
