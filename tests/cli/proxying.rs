//! `plumbline listen --proxy`: somebody's calls go through and are seen, and their keys are nowhere.

#![cfg(unix)]

use crate::model_server::{ModelServer, Reply, TOKENS_IN, TOKENS_OUT, echo};
use crate::post::{Answer, post, post_with};
use crate::stage::{Running, Stage, count, until};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::ChildStdout;
use std::time::Duration;

const KEY: &str = "sk-canary-6f1d0c55aa";

struct Proxy {
    program: Running,
    out: BufReader<ChildStdout>,
    started: Value,
}

impl Proxy {
    fn start(stage: &Stage, server: &ModelServer) -> Self {
        let upstream = server.base_url.strip_suffix("/v1").unwrap();
        let mut program = stage.start(&[
            "listen",
            "--port",
            "0",
            "--json",
            "--proxy",
            "--openai-upstream",
            upstream,
            "--anthropic-upstream",
            upstream,
        ]);
        let mut out = BufReader::new(program.child().stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let started = serde_json::from_str(&line).unwrap();
        Self {
            program,
            out,
            started,
        }
    }

    fn openai(&self) -> &str {
        self.started["proxy"]["openai"].as_str().unwrap()
    }

    fn stop(mut self) -> Value {
        self.program.signal("INT");
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        assert_eq!(self.program.end().status, Some(0));
        let ended: Value = serde_json::from_str(&rest).unwrap();
        ended["report"].clone()
    }
}

fn spans(stage: &Stage) -> Vec<Value> {
    let lines = stage.run(&["trace", "export"]).out;
    let spans = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    spans.collect()
}

/// A replay from another workspace through the proxy.
fn replayed(caller: &Stage, proxy: &Proxy) -> Value {
    let mut command = caller.command();
    command.env("PLUMBLINE_API_KEY", KEY).arg("--json");
    let output = command
        .args(caller.replay(proxy.openai(), &[]))
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[test]
fn calls_go_through_and_become_spans_without_their_keys() {
    let (stage, caller) = (Stage::new(), Stage::with_cases(4));
    let server = ModelServer::start(|seen| match seen.question.as_str() {
        "number 3" => Reply::Cut("half an ans".to_owned()),
        "number 4" => Reply::Refuse(
            400,
            Vec::new(),
            r#"{"error":{"message":"no","type":"invalid_request_error"}}"#.to_owned(),
        ),
        _ => echo(seen),
    });
    let proxy = Proxy::start(&stage, &server);
    let run = replayed(&caller, &proxy);
    assert_eq!(count(&run, "live"), 2, "one was cut, one refused: {run:#}");
    let asked = server.seen();
    assert_eq!(asked.len(), 4);
    let bearer = format!("Bearer {KEY}");
    assert!(
        asked
            .iter()
            .all(|seen| seen.headers["authorization"] == bearer),
        "the key reached the upstream"
    );

    // Seen by others while it runs.
    // The server gives every answer one id, so they are variants of one span.
    let spans = || spans(&stage);
    until("four spans", || spans().len() == 4);
    let steps = spans();
    let mut statuses: Vec<&str> = steps
        .iter()
        .map(|step| step["status"].as_str().unwrap())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, ["error", "ok", "ok", "truncated"]);
    let whole = steps.iter().find(|step| step["status"] == "ok").unwrap();
    assert_eq!(
        (count(whole, "tokens_in"), count(whole, "tokens_out")),
        (TOKENS_IN, TOKENS_OUT)
    );
    let took = |span: &Value| span["end_ns"].as_i64().unwrap() - span["start_ns"].as_i64().unwrap();
    let first = whole["time_to_first_token_ms"].as_f64().unwrap();
    assert!(first > 0.0 && first * 1e6 <= took(whole) as f64);

    let url = proxy.openai().to_owned();
    let token = url.split('/').nth(3).unwrap().to_owned();
    assert_eq!(token.len(), 32, "{url}");
    let report = proxy.stop();
    assert_eq!(
        (count(&report, "stored"), count(&report, "quarantined")),
        (4, 0),
        "{report:#}"
    );
    let folder = stage.workspace().parent().unwrap().to_owned();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            for secret in [KEY, &token] {
                let found = bytes
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes());
                assert!(!found, "a secret in {}", path.display());
            }
        }
    }
    let exported = stage.run(&["trace", "export"]).out;
    assert!(!exported.contains(KEY) && !exported.contains(&token));
}

/// Another program holds the workspace for longer than a write waits for it.
#[test]
fn calls_that_pass_while_nothing_can_be_stored_are_stored_later() {
    let (stage, caller) = (Stage::new(), Stage::with_cases(3));
    let server = ModelServer::start(echo);
    let proxy = Proxy::start(&stage, &server);
    let other = rusqlite::Connection::open(stage.workspace()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(count(&replayed(&caller, &proxy), "live"), 3);
    std::thread::sleep(Duration::from_secs(7));
    other.execute_batch("COMMIT").unwrap();
    until("three spans", || {
        stage.run(&["trace", "export"]).out.lines().count() == 3
    });
    let report = proxy.stop();
    assert_eq!(count(&report, "stored"), 3, "{report:#}");
    assert_eq!(report["fields_unread"], serde_json::json!({}), "{report:#}");
}

#[test]
fn each_run_has_its_own_token_and_without_one_nothing_is_spent() {
    let stage = Stage::new();
    let server = ModelServer::start(echo);
    let body = br#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#;
    let first = Proxy::start(&stage, &server);
    let (address, path) = split(first.openai());
    let answer = post(
        &address,
        &format!("{path}/chat/completions"),
        "application/json",
        body,
    );
    assert_eq!(answer.status, 200);
    assert_eq!(
        post(
            &address,
            "/openai/v1/chat/completions",
            "application/json",
            body
        )
        .status,
        403
    );
    // Exports go in beside.
    assert_eq!(
        post(&address, "/v1/traces", "application/json", b"{}").status,
        200
    );
    first.stop();
    let second = Proxy::start(&stage, &server);
    let (address, _) = split(second.openai());
    let old = post(
        &address,
        &format!("{path}/chat/completions"),
        "application/json",
        body,
    );
    assert_eq!(old.status, 403, "the token of another run");
    assert_eq!(server.requests(), 1);
    second.stop();
}

/// A call that names its prompt, with so many words from its user.
fn named(proxy: &Proxy, prompt: &str, words: usize) -> Answer {
    let (address, path) = split(proxy.openai());
    let text: String = (0..words).map(|n| format!("word{n} ")).collect();
    let body = json!({"model": "gpt-4.1-mini", "max_tokens": 50, "stream": true, "messages": [
        {"role": "system", "content": "Answer."}, {"role": "user", "content": text}]});
    let line = format!("X-Plumbline-Prompt: {prompt}");
    let path = format!("{path}/chat/completions");
    let body = body.to_string();
    post_with(
        &address,
        &path,
        "application/json",
        &[&line],
        body.as_bytes(),
    )
}

#[test]
fn a_call_that_names_its_prompt_keeps_its_budget_and_is_joined_to_it() {
    let stage = Stage::new();
    let release = fs::read_to_string(stage.path("prompts/answer/releases/1.1.0.md")).unwrap();
    let cutting = release.replace("1.1.0", "1.2.0").replace(
        "max_tokens_in: 400",
        "max_tokens_in: 400\n  sections: [{section: user, trim: tail}]",
    );
    stage.write("prompts/answer/releases/1.2.0.md", cutting);
    let server = ModelServer::start(echo);
    let proxy = Proxy::start(&stage, &server);

    assert_eq!(named(&proxy, "answer@1.1.0", 20).status, 200);
    let refused = named(&proxy, "answer@1.1.0", 900);
    assert_eq!(refused.status, 400);
    let said = refused.json()["error"]["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        said.contains("input tokens") && said.contains("400"),
        "{said}"
    );
    assert_eq!(
        server.requests(),
        1,
        "what is over the budget never went out"
    );

    assert_eq!(named(&proxy, "answer@1.2.0", 900).status, 200);
    let sent = server.seen()[1].body["messages"][1]["content"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        sent.starts_with("word0 word1") && sent.contains("tokens cut"),
        "{sent}"
    );
    assert_eq!(server.seen()[1].body["max_tokens"], 50);

    let unknown = named(&proxy, "nobody@1.0.0", 20);
    assert_eq!(
        (unknown.status, server.requests()),
        (400, 2),
        "nothing known, nothing sent"
    );

    let spans = || spans(&stage);
    until("four spans", || spans().len() == 4);
    let of = |version: &str| -> Vec<Value> {
        let is =
            |span: &Value| span["prompt_version"] == version && span["prompt_name"] == "answer";
        spans().into_iter().filter(is).collect()
    };
    assert_eq!((of("1.1.0").len(), of("1.2.0").len()), (2, 1));
    let kept = of("1.2.0").remove(0);
    assert!(
        kept.to_string().contains("tokens cut"),
        "it is kept as it was sent"
    );
    let done = kept["tags"]["plumbline.budget"]
        .as_str()
        .unwrap_or_default();
    assert!(
        done.starts_with("user by tail: "),
        "what was done is kept too: {kept:#}"
    );
    proxy.stop();
}

/// The address and the path of a URL.
fn split(url: &str) -> (String, String) {
    let at = "http://".len() + url["http://".len()..].find('/').unwrap();
    (url[..at].to_owned(), url[at..].to_owned())
}

#[test]
fn an_upstream_that_would_see_keys_in_the_open_is_refused() {
    let stage = Stage::new();
    for (option, url) in [
        ("--openai-upstream", "http://example.test"),
        ("--anthropic-upstream", "http://192.168.1.5:8080"),
        ("--openai-upstream", "ftp://127.0.0.1"),
        ("--openai-upstream", "https://user:pass@example.test"),
        ("--openai-upstream", "nonsense"),
    ] {
        let ran = stage.run(&["listen", "--port", "0", "--proxy", option, url]);
        ran.refused(2, &["error:", option]);
        assert!(!ran.err.contains("pass@"), "{}", ran.err);
    }
    let ran = stage.run(&[
        "listen",
        "--port",
        "0",
        "--openai-upstream",
        "https://example.test",
    ]);
    ran.refused(2, &["--proxy"]);
}
