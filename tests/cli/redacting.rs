//! Secrets stay out of everything that is written: the workspace, its log, what is printed, what is exported.

use crate::stage::{Stage, count};
use serde_json::{Value, json};
use std::fs;

/// Twenty secrets, each told by a word of its own, and the record that carries them everywhere.
fn canaries() -> Vec<String> {
    (1..=20).map(|n| format!("CaNaRy{n:02}xQ7")).collect()
}

fn key(canary: &str) -> String {
    format!("sk-ant-api03-{canary}Zk4Vb8Nw2Lp")
}

fn otlp(canary: &dyn Fn(usize) -> String) -> Value {
    json!({"resourceSpans": [{"resource": {"attributes": [
        {"key": "service.name", "value": {"stringValue": "shop"}},
        {"key": "deployment.url", "value": {"stringValue": format!("https://ada:{}@h.test/v1?api_key={}", canary(12), canary(13))}},
    ]}, "scopeSpans": [{"spans": [{
        "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "chat",
        "startTimeUnixNano": "1790000000000000000", "endTimeUnixNano": "1790000001000000000",
        "attributes": [
            {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
            {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o"}},
            {"key": "http.request.header.authorization", "value": {"arrayValue": {"values": [{"stringValue": format!("Bearer {}", canary(14))}]}}},
            {"key": "http.request.header.x-house-key", "value": {"stringValue": format!("plain {}", canary(15))}},
            {"key": canary(16), "value": {"stringValue": "a key as a key"}},
        ],
        "status": {"code": 2, "message": format!("refused: {}", canary(17))},
    }]}]}]})
}

fn lines(canary: &dyn Fn(usize) -> String) -> String {
    let good = json!({
        "trace_id": "t-1", "span_id": "s-1", "kind": "llm", "start_ns": 1_790_000_000_000_000_000_i64,
        "name": format!("call {}", canary(0)),
        "error_message": format!("bad key {}", canary(1)),
        "session_id": canary(2),
        "input_messages": [{"role": "user", "content": format!("it is {} ok", canary(3))}],
        "output_messages": [{"role": "assistant", "content": [{"type": "text", "text": canary(4)}], "tool_calls": [
            {"id": "c", "name": "login", "arguments": {"headers": {"Cookie": format!("sid={}", canary(5))}}},
        ]}],
        "documents": [{"id": "d", "content": canary(6)}],
        "prompt_variables": {"question": canary(7)},
        "tags": {"note": canary(8)},
        "tool_arguments": json!({"password": format!("{}!1", canary(9))}).to_string(),
        "unheard_of": {"deep": [canary(10)]},
    });
    format!(
        "{good}\n{{\"trace_id\":\"t-2\",\"broken\": \"{}\"\n{{\"trace_id\":\"t-3\",\"span_id\":\"s\",\"kind\":\"{}\",\"start_ns\":1}}\n\
         {{\"trace_id\":\"{}\",\"span_id\":\"s\",\"kind\":\"llm\",\"start_ns\":1}}\n",
        canary(11),
        canary(18),
        canary(19),
    )
}

/// Everything that the program wrote or prints about the traces.
fn traces_of(stage: &Stage) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for args in [
        &["trace", "export"][..],
        &["trace", "export", "--otlp"],
        &["trace", "list", "--json"],
        &["trace", "show", "t-1"],
        &["trace", "show", "t-1", "s-1", "--json"],
        &["trace", "show", "t-1", "s-1"],
        &[
            "trace",
            "show",
            "5b8efff798038103d269b633813fc60c",
            "eee19b7ec3c1b174",
            "--json",
        ],
        &["stats", "--json"],
        &["doctor", "--json"],
    ] {
        let ran = stage.run(args);
        assert_eq!(ran.status, Some(0), "{args:?}: {ran:#?}");
        all.push((args.join(" "), (ran.out + &ran.err).into_bytes()));
    }
    for entry in fs::read_dir(stage.workspace().parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("workspace.db") {
            all.push((name, fs::read(&path).unwrap()));
        }
    }
    assert!(all.iter().any(|(name, _)| name == "workspace.db"));
    all
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes
        .windows(word.len())
        .any(|window| window == word.as_bytes())
}

fn import(stage: &Stage, more: &[&str]) -> (Value, Vec<u8>) {
    let canaries = canaries();
    let secret = |n: usize| key(&canaries[n]);
    stage.write("calls.jsonl", lines(&secret));
    stage.write("spans.json", otlp(&secret).to_string());
    let args = [&["import", "calls.jsonl", "spans.json"], more].concat();
    let shown = stage.run(&args);
    assert_eq!(shown.status, Some(0), "{shown:#?}");
    let (_, answer) = stage.run_json(&args);
    let printed = format!("{}{}{answer}", shown.out, shown.err);
    (answer, printed.into_bytes())
}

#[test]
fn of_twenty_secrets_in_all_places_none_is_written_anywhere() {
    let stage = Stage::new();
    let (answer, printed) = import(&stage, &[]);
    let mut all = traces_of(&stage);
    all.push(("import".to_owned(), printed));
    for (place, bytes) in &all {
        for canary in canaries() {
            assert!(
                !holds(bytes, &canary),
                "{canary} stands in {place}: {}",
                String::from_utf8_lossy(bytes)
            );
        }
    }
    assert!(
        all.iter()
            .any(|(_, bytes)| holds(bytes, "[redacted:anthropic_key:"))
    );
    // Both files were imported twice, which adds nothing: placeholders stay the same.
    for file in answer["files"].as_array().unwrap() {
        assert_eq!(count(file, "stored"), 0, "{file:#}");
        assert!(count(&file["redacted"], "anthropic_key") > 3, "{file:#}");
    }
    // One a canary, each under the kind that its place or its shape tells.
    let all = answer["redacted"].as_object().unwrap();
    let sum: u64 = all.values().filter_map(Value::as_u64).sum();
    assert_eq!(sum, 20, "{all:?}");
}

#[test]
fn with_redaction_switched_off_they_are_all_there_and_the_report_says_so() {
    let stage = Stage::new();
    let (answer, printed) = import(&stage, &["--no-redact"]);
    assert!(String::from_utf8_lossy(&printed).contains("redaction was switched off"));
    assert_eq!(answer["redacted"], Value::Null);
    assert_eq!(answer["files"][0]["redacted"], Value::Null);
    let mut all = traces_of(&stage);
    all.push(("import".to_owned(), printed));
    for canary in canaries() {
        assert!(
            all.iter().any(|(_, bytes)| holds(bytes, &canary)),
            "{canary} is nowhere"
        );
    }
}

#[test]
fn placeholders_stay_the_same_within_a_workspace_and_differ_between_workspaces() {
    let line = |span: &str| {
        format!(
            "{{\"trace_id\":\"t\",\"span_id\":\"{span}\",\"kind\":\"llm\",\"start_ns\":1,\"name\":\"from ada@example.org\"}}\n"
        )
    };
    let name_of = |stage: &Stage, span: &str| {
        stage.write("in.jsonl", line(span));
        stage.json(&["import", "in.jsonl"]);
        let shown = stage.json(&["trace", "show", "t", span]);
        shown["span"]["name"].as_str().unwrap().to_owned()
    };
    let (one, other) = (Stage::new(), Stage::new());
    let first = name_of(&one, "a");
    assert!(first.starts_with("from [redacted:email:"), "{first}");
    assert_eq!(name_of(&one, "b"), first);
    assert_ne!(name_of(&other, "a"), first);
}

#[test]
fn patterns_of_ones_own_are_added_tried_listed_and_removed() {
    let stage = Stage::new();
    let tried = stage
        .run_with_input(
            &["redaction", "test", "--json"],
            b"plain\nada@example.org\n",
        )
        .object();
    assert_eq!(count(&tried, "lines"), 2);
    assert_eq!(tried["changed"][0]["line"], 2);
    assert_eq!(count(&tried["redacted"], "email"), 1);
    stage.json(&["redaction", "add", "customer", "--pattern", r"\bC-\d+\b"]);
    assert_eq!(
        stage.json(&["redaction", "list"])["patterns"],
        json!([{"name": "customer", "pattern": r"\bC-\d+\b"}])
    );
    stage.write("in.jsonl", "{\"trace_id\":\"t\",\"span_id\":\"s\",\"kind\":\"llm\",\"start_ns\":1,\"name\":\"C-1234\"}\n");
    let answer = stage.json(&["import", "in.jsonl"]);
    assert_eq!(count(&answer["redacted"], "customer"), 1);
    assert_eq!(
        stage.json(&["redaction", "remove", "customer"])["removed"],
        "customer"
    );
    for (args, words) in [
        (
            &["redaction", "remove", "customer"][..],
            &["no pattern", "list"][..],
        ),
        (
            &["redaction", "add", "Bad Name", "--pattern", "x"],
            &["Bad Name", "lower-case"],
        ),
        (
            &["redaction", "add", "a", "--pattern", "(?=x)"],
            &["compile", "look-around"],
        ),
        (
            &["redaction", "add", "a", "--pattern", "x*"],
            &["empty", "`+`"],
        ),
    ] {
        let ran = stage.run(args);
        let said = format!("{}{}", ran.out, ran.err);
        assert_eq!(ran.status, Some(2), "{said}");
        for word in words {
            assert!(said.contains(word), "{word}: {said}");
        }
    }
}
