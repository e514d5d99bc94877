//! A prompt over its budget: cut where it says so, refused where it does not, and never sent too long.

use crate::model_server::{ModelServer, echo};
use crate::stage::{Stage, count};
use serde_json::{Value, json};

const BUDGET: u64 = 120;

fn prompt(trim: &str) -> String {
    format!(
        "---\nname: answer\nversion: 1.2.0\nowner: tests@example.test\ndescription: Answers.\nchangelog: Trims.\n\
         model: openai:gpt-4.1-mini\nparameters:\n  temperature: 0\n  max_tokens: 50\nvariables:\n\
         \x20 - {{name: documents, type: array, description: What was found, default: []{trim}}}\n\
         \x20 - {{name: question, type: string, description: What is asked}}\n\
         budget:\n  max_tokens_in: {BUDGET}\n  max_tokens_out: 50\n---\n\
         system:\n{{% for d in documents %}}[{{{{ d.id }}}}] {{{{ d.text }}}}\n{{% endfor %}}\n\nuser:\n{{{{ question }}}}\n"
    )
}

/// Ten documents of some twenty tokens each, the odd ones scored higher.
fn documents() -> Value {
    (0..10)
        .map(|n| {
            json!({
                "id": format!("d{n}"),
                "text": "the brake squeaks when it rains and the wheel turns slowly on the hill",
                "score": if n % 2 == 1 { 0.9 } else { 0.1 },
            })
        })
        .collect()
}

fn stage(trim: &str) -> Stage {
    let stage = Stage::new();
    stage.write("prompts/answer/prompt.md", prompt(trim));
    let variables = json!({"question": "number 1", "documents": documents()});
    stage.write("vars.json", variables.to_string());
    let small = json!({"question": "number 2", "documents": []});
    let cases = [("q-1", variables), ("q-2", small)]
        .map(|(key, variables)| json!({"key": key, "variables": variables}).to_string());
    stage.write("cases.jsonl", cases.join("\n"));
    stage.run(&["dataset", "add", "cases.jsonl"]).passed();
    stage
}

const RENDER: [&str; 5] = ["prompt", "render", "answer", "--vars", "vars.json"];

#[test]
fn what_is_cut_is_said_with_its_rule_and_its_tokens() {
    let stage = stage(", trim: items");
    let (status, answer) = stage.run_json(&RENDER);
    assert_eq!(status, Some(0), "{answer:#}");
    assert!(count(&answer, "tokens_in") <= BUDGET, "{answer:#}");
    let cut = &answer["trimmed"][0];
    assert_eq!(
        (&cut["variable"], &cut["policy"]),
        (&"documents".into(), &"items".into())
    );
    assert!(
        count(cut, "tokens_after") < count(cut, "tokens_before"),
        "{cut}"
    );
    let system = answer["messages"][0]["content"].as_str().unwrap();
    assert!(
        system.contains("[d1]") && !system.contains("[d0]"),
        "the lowest go first: {system}"
    );
    let shown = stage.run(&RENDER).passed().out;
    assert!(
        shown.contains("cut to fit: `documents` by items"),
        "{shown}"
    );
}

#[test]
fn without_a_rule_it_is_refused() {
    let stage = stage("");
    let (status, answer) = stage.run_json(&RENDER);
    assert_eq!((status, &answer["over_budget"]), (Some(1), &true.into()));
    assert_eq!(answer["trimmed"], json!([]));
}

#[test]
fn a_run_sends_what_fits_and_shows_what_was_cut() {
    let (stage, server) = (stage(", trim: items"), ModelServer::start(echo));
    let plan = |more: &'static str| {
        [
            "replay",
            "answer",
            "--model",
            "openai:gpt-4.1-mini",
            "--dataset",
            "cases",
            "--base-url",
            &server.base_url,
            more,
        ]
        .map(str::to_owned)
    };
    let run = |args: [String; 9]| {
        let args: Vec<&str> = args
            .iter()
            .map(String::as_str)
            .filter(|arg| !arg.is_empty())
            .collect();
        stage.run_json(&args)
    };
    let (_, estimate) = run(plan("--estimate"));
    assert_eq!(count(&estimate, "trimmed"), 1, "{estimate:#}");
    let (status, ended) = run(plan(""));
    assert_eq!(status, Some(0), "{ended:#}");
    let sent: Vec<String> = server
        .seen()
        .iter()
        .map(|seen| seen.body.to_string())
        .collect();
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().any(|body| body.contains("[d1]")), "{sent:?}");
    assert!(
        sent.iter().all(|body| !body.contains("[d0]")),
        "what was cut is not sent"
    );
    let cuts: Vec<usize> = stage
        .cells()
        .iter()
        .map(|cell| cell.trimmed.len())
        .collect();
    assert_eq!(cuts, [1, 0]);
}

#[test]
fn a_rendering_names_the_way_out_that_a_run_goes() {
    let stage = stage("");
    let text = prompt("").replace(
        "max_tokens_out: 50\n---",
        "max_tokens_out: 50\n  when_over: {escalate: {model: \"openai:gpt-4.1\", max_tokens_in: 4000}}\n---",
    );
    stage.write("prompts/answer/prompt.md", text);
    let ran = stage.run(&RENDER);
    ran.refused(1, &["asks for openai:gpt-4.1"]);
}

#[test]
fn a_run_cuts_a_section_where_no_variable_may_be_cut() {
    let (stage, server) = (stage(""), ModelServer::start(echo));
    let text = prompt("").replace(
        "max_tokens_out: 50\n---",
        "max_tokens_out: 50\n  sections: [{section: system, trim: tail}]\n---",
    );
    stage.write("prompts/answer/prompt.md", text);
    let mut args = vec!["replay", "answer", "--model", "openai:gpt-4.1-mini"];
    args.extend(["--dataset", "cases", "--base-url", &server.base_url]);
    let (status, ended) = stage.run_json(&args);
    assert_eq!(status, Some(0), "{ended:#}");
    let cells = stage.cells();
    let cut = &cells[0].trimmed[0];
    assert_eq!(
        (cut.section.as_deref(), &cut.variable),
        (Some("system"), &None)
    );
    assert!(cells[1].trimmed.is_empty());
    let sent: Vec<String> = server
        .seen()
        .iter()
        .map(|seen| seen.body.to_string())
        .collect();
    assert!(
        sent.iter().any(|body| body.contains("tokens cut")),
        "{sent:?}"
    );
}
