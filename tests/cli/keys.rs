//! A key goes to the origin it was given for, in a header, and nowhere else: not on, not out, not to disk.

use crate::model_server::{ModelServer, Reply, echo};
use crate::stage::{Stage, cases, count};
use serde_json::Value;
use std::process::Output;

const KEY: &str = "sk-canary-5f1d09c2a7b84e63";
const VENDORS_KEY: &str = "sk-vendor-canary-0a9b8c7d";

fn replay(stage: &Stage, base_url: &str) -> Output {
    stage
        .command()
        .args(stage.replay(base_url, &["--json", "--no-cache"]))
        .env("PLUMBLINE_API_KEY", KEY)
        .env("OPENAI_API_KEY", VENDORS_KEY)
        .env("PLUMBLINE_LOG", "trace")
        .output()
        .unwrap()
}

fn object(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every byte that is left: what was printed, the workspace with its log, and what its packed columns hold.
fn leaks(stage: &Stage, output: &Output) -> Vec<String> {
    let mut places = vec![
        ("stdout".to_owned(), output.stdout.clone()),
        ("stderr".to_owned(), output.stderr.clone()),
    ];
    for cell in stage.cells() {
        places.push(("a cell".to_owned(), serde_json::to_vec(&cell).unwrap()));
    }
    for entry in std::fs::read_dir(stage.path("")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            places.push((path.display().to_string(), std::fs::read(path).unwrap()));
        }
    }
    let hidden = |bytes: &[u8]| {
        [KEY, VENDORS_KEY, "sk-canary", "sk-vendor"]
            .iter()
            .any(|needle| {
                bytes
                    .windows(needle.len())
                    .any(|window| window == needle.as_bytes())
            })
    };
    places.retain(|(_, bytes)| hidden(bytes));
    places.into_iter().map(|(place, _)| place).collect()
}

fn has_key(server: &ModelServer) -> bool {
    server
        .seen()
        .iter()
        .any(|seen| format!("{seen:?}").contains("canary"))
}

#[test]
fn the_servers_own_key_arrives_once_and_is_left_nowhere() {
    let (stage, server) = (Stage::new(), ModelServer::start(echo));
    stage.write("cases.jsonl", cases(2));
    let output = replay(&stage, &server.base_url);
    assert_eq!(count(&object(&output), "live"), 2);
    for seen in server.seen() {
        assert_eq!(seen.headers["authorization"], format!("Bearer {KEY}"));
        assert!(
            !format!("{seen:?}").contains(VENDORS_KEY),
            "the vendor's key belongs to the vendor"
        );
        let holding = seen
            .headers
            .values()
            .filter(|value| value.contains(KEY))
            .count();
        assert_eq!(holding, 1, "in one header only: {:?}", seen.headers);
        assert!(!seen.body.to_string().contains(KEY));
    }
    assert_eq!(leaks(&stage, &output), Vec::<String>::new());
}

#[test]
fn a_redirect_leads_the_key_nowhere() {
    for status in [301, 302, 303, 307, 308] {
        let (stage, thief) = (Stage::new(), ModelServer::start(echo));
        stage.write("cases.jsonl", cases(1));
        let target = format!("{}/chat/completions?key={KEY}", thief.base_url);
        let server = ModelServer::start(move |_| {
            Reply::Refuse(status, vec![("location", target.clone())], String::new())
        });
        let output = replay(&stage, &server.base_url);
        assert_eq!(output.status.code(), Some(3), "{status}");
        assert_eq!(count(&object(&output), "failed"), 1);
        assert_eq!(thief.requests(), 0, "{status} was followed");
        assert!(has_key(&server), "the server itself was given its key");
        assert_eq!(leaks(&stage, &output), Vec::<String>::new(), "{status}");
    }
}

#[test]
fn an_error_that_repeats_the_key_is_cleaned_before_it_is_stored() {
    let stage = Stage::with_cases(3);
    let server = ModelServer::start(|seen| {
        let sent = seen.headers["authorization"].clone();
        match seen.question.as_str() {
            "number 1" => Reply::Refuse(401, Vec::new(), format!("bad key: {sent}")),
            "number 2" => Reply::Refuse(
                400,
                Vec::new(),
                serde_json::json!({ "error": { "message": sent, "code": KEY } }).to_string(),
            ),
            _ => Reply::Refuse(404, Vec::new(), format!("<html>{sent}")),
        }
    });
    let output = replay(&stage, &server.base_url);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(leaks(&stage, &output), Vec::<String>::new());
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("bad key"),
        "the rest of the text is kept"
    );
}

#[test]
fn a_key_is_not_sent_unencrypted_to_another_machine() {
    let stage = Stage::with_cases(1);
    // TEST-NET-1 (RFC 5737): nobody is there, and nothing may be tried.
    let output = replay(&stage, "http://192.0.2.1:8000/v1");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        object(&output)["error"]["message"]
            .as_str()
            .unwrap()
            .contains("192.0.2.1")
    );
    assert_eq!(leaks(&stage, &output), Vec::<String>::new());
}

#[test]
fn nothing_that_is_imported_can_choose_where_a_call_goes() {
    let (stage, thief) = (Stage::new(), ModelServer::start(echo));
    let line = serde_json::json!({
        "dataset": "cases", "base_url": thief.base_url, "description": "with an address",
    });
    let case = serde_json::json!({
        "key": "a", "variables": { "question": "number 1", "base_url": thief.base_url }, "base_url": thief.base_url,
    });
    stage.write("cases.jsonl", format!("{line}\n{case}\n"));
    let server = ModelServer::start(echo);
    let output = replay(&stage, &server.base_url);
    assert_eq!((thief.requests(), has_key(&thief)), (0, false));
    assert!(server.requests() <= 1, "{output:?}");
}
