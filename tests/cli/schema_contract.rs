//! The schema contract: which share of a version's answers keeps its output schema, and what fails.

use crate::model_server::{ModelServer, Reply, Seen};
use crate::stage::{Stage, prompt};
use serde_json::{Value, json};

const SCHEMA: &str = "output_schema:\n  type: object\n  required: [label]\n  properties: {label: {type: string, enum: [a, b]}}\n";

fn stage() -> Stage {
    let stage = Stage::with_cases(4);
    let text = prompt("1.0.0", "Be brief.").replacen("\n---\n", &format!("\n{SCHEMA}---\n"), 1);
    stage.write("prompts/answer/prompt.md", text);
    stage
        .run(&[
            "prompt",
            "release",
            "answer",
            "2.0.0",
            "--changelog",
            "Answers in JSON.",
        ])
        .passed();
    stage
}

fn mixed(seen: &Seen) -> Reply {
    match seen.question.as_str() {
        "number 1" => Reply::Answer(r#"{"label": "a"}"#.to_owned()),
        "number 2" => Reply::Answer(r#"{"label": "z"}"#.to_owned()),
        "number 3" => Reply::Answer("sorry".to_owned()),
        _ => Reply::Cut(r#"{"label": "a"#.to_owned()),
    }
}

fn row<'a>(answer: &'a Value, from: &str) -> &'a Value {
    let mut rows = answer["versions"].as_array().unwrap().iter();
    rows.find(|row| row["from"] == from).unwrap()
}

#[test]
fn answers_of_replays_and_of_traces_are_held_against_the_schema_of_their_version() {
    let (stage, server) = (stage(), ModelServer::start(mixed));
    let replay = [
        "replay",
        "answer@2.0.0",
        "--model",
        "openai:gpt-4.1-mini",
        "--dataset",
        "cases.jsonl",
        "--base-url",
        &server.base_url,
    ];
    stage.run(&replay);
    let calls: Vec<String> = [r#"{"label":"b"}"#, r#"{"label":7}"#, r#"{"label":"q"}"#]
        .iter()
        .enumerate()
        .map(|(n, text)| {
            json!({
                "trace_id": format!("{n:032x}"), "span_id": format!("{n:016x}"), "kind": "llm", "name": "answer",
                "provider": "openai", "model_requested": "gpt-4.1-mini", "status": "ok",
                "start_ns": 1_790_032_400_200_000_000_i64, "end_ns": 1_790_032_401_200_000_000_i64,
                "prompt_name": "answer", "prompt_version": "2.0.0",
                "input_messages": [{"role": "user", "content": "hello"}],
                "output_messages": [{"role": "assistant", "content": text}],
            })
            .to_string()
        })
        .collect();
    stage.write("calls.jsonl", calls.join("\n"));
    stage.run(&["import", "calls.jsonl"]).passed();

    let answer = stage.json(&["prompt", "contract", "answer"]);
    let replayed = row(&answer, "replay");
    assert_eq!(replayed["version"], "2.0.0");
    assert_eq!(
        [
            &replayed["answers"],
            &replayed["kept"],
            &replayed["not_json"],
            &replayed["not_whole"]
        ],
        [3, 1, 1, 1],
        "{replayed:#}"
    );
    let ways: Vec<(&Value, &Value)> = replayed["failing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|way| (&way["path"], &way["rule"]))
        .collect();
    assert!(
        ways.contains(&(&json!("/label"), &json!("enum"))),
        "{replayed:#}"
    );
    assert!(replayed["failing"][0]["example"]["cell"]["cell_id"].is_string());
    let imported = row(&answer, "import");
    assert_eq!(
        [&imported["answers"], &imported["kept"]],
        [3, 1],
        "{imported:#}"
    );
    assert_eq!(
        imported["failing"][0]["answers"], 2,
        "both are no member of the list"
    );
    let shown = stage.run(&["prompt", "contract", "answer"]).passed().out;
    assert!(
        shown.contains("1 of 3") && shown.contains("/label (enum) in 2"),
        "{shown}"
    );
}

#[test]
fn without_a_schema_there_is_nothing_to_keep() {
    let stage = Stage::with_cases(1);
    let shown = stage.run(&["prompt", "contract", "answer"]).passed().out;
    assert!(
        shown.contains("no answer of a version with an output schema"),
        "{shown}"
    );
    stage
        .run(&["prompt", "contract", "nobody"])
        .refused(2, &["no prompt `nobody`"]);
}
