//! A config of promptfoo becomes prompts and a dataset, and a replay over them passes and fails as it should.

use crate::model_server::{ModelServer, echo};
use crate::stage::{Stage, counts};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A stage with our own fixture in the folder `bike-shop`.
fn stage() -> Stage {
    let stage = Stage::new();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/promptfoo/bike-shop");
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        stage.write(&format!("bike-shop/{name}"), fs::read(&path).unwrap());
    }
    stage
}

const CONFIG: &str = "bike-shop/promptfooconfig.yaml";

fn reasons(imported: &Value) -> String {
    let rows = imported["not_carried_over"].as_array().unwrap();
    rows.iter()
        .map(|row| format!("{} {} {}\n", row["effect"], row["place"], row["reason"]))
        .collect()
}

#[test]
fn a_config_becomes_prompts_and_a_dataset_and_says_what_stays_behind() {
    let stage = stage();
    let (status, imported) = stage.run_json(&["import", CONFIG]);
    assert_eq!(status, Some(0), "{imported:#}");
    assert_eq!(imported["prompts"], json!(["short", "chat"]));
    assert_eq!(imported["dataset"]["name"], "bike-shop");
    assert_eq!(imported["dataset"]["cases"], 6);
    assert_eq!(
        imported["providers"],
        json!([
            "openai:chat:gpt-4.1-mini",
            "anthropic:messages:claude-haiku-4-5"
        ])
    );
    let reasons = reasons(&imported);
    for (place, reason) in [
        ("prompts[2]", "code is not run"),
        ("prompts[3]", "shout"),
        ("tests[2].vars.question", "not below"),
        ("evaluateOptions", "plumbline replay"),
        ("providers", "settings of providers"),
        ("defaultTest.assert[1] (latency)", "cached answer"),
    ] {
        let told = reasons
            .lines()
            .any(|line| line.contains(place) && line.contains(reason));
        assert!(told, "{place} {reason} in\n{reasons}");
    }
    let file = fs::read_to_string(stage.path("prompts/chat/prompt.md")).unwrap();
    assert!(file.contains("version: 1.0.0"), "{file}");
    assert!(
        file.contains("system:\nYou answer for a bicycle shop in a {{ tone }} voice."),
        "{file}"
    );
    let text = stage.run(&["import", CONFIG]);
    assert_eq!(
        text.status,
        Some(0),
        "the same once more changes nothing: {text:?}"
    );
    assert!(text.out.contains("prompt short@1.0.0"), "{}", text.out);
    assert!(text.out.contains("code is not run"), "{}", text.out);
}

#[test]
fn a_replay_over_an_imported_config_passes_and_fails_as_its_assertions_say() {
    let (stage, server) = (stage(), ModelServer::start(echo));
    stage.json(&["import", CONFIG]);
    let (_, run) = stage.run_json(&[
        "replay",
        "short@working",
        "--model",
        "openai:gpt-4.1-mini",
        "--dataset",
        "bike-shop",
        "--base-url",
        &server.base_url,
    ]);
    counts(&run, &[("cells", 6), ("live", 6)]);
    let cells = stage.cells();
    let passed = |key: &str| {
        let cell = cells
            .iter()
            .find(|view| view.cell.key.case_key == key)
            .unwrap();
        (cell.cell.passed, cell)
    };
    let (rubric, first) = passed("test-1");
    assert_eq!(rubric, None, "an echo is no verdict, so it is no pass");
    assert!(
        first
            .outcomes
            .iter()
            .any(|outcome| outcome.message.contains("not a verdict"))
    );
    assert_eq!(passed("test-1.2").0, Some(false), "Chur is not Bern");
    assert_eq!(passed("test-2").0, Some(true));
    assert_eq!(passed("test-3").0, Some(true));
    assert_eq!(passed("test-4").0, Some(false));
    let (status, checks) = stage.run_json(&["run", "checks", "latest"]);
    assert_eq!(status, Some(1), "{checks:#}");
    assert_eq!(
        (&checks["failed"], &checks["ungraded"]),
        (&json!(2), &json!(2))
    );
    let failed = &checks["rows"][1];
    assert_eq!(failed["case_key"], "test-1.2", "{checks:#}");
    assert_eq!(failed["assertion"]["weight"], 2.0);
    assert_eq!(failed["message"], "`bern` does not occur");
    let text = stage.run(&["run", "checks", "latest"]);
    assert_eq!(text.status, Some(1));
    assert!(
        text.out.contains("2 failed, 2 could not be made"),
        "{}",
        text.out
    );
    assert!(text.out.contains("not a verdict"), "{}", text.out);
    let said = first.cell.completion.as_ref().unwrap().text.clone();
    assert!(
        said.contains("In a kind voice: Is there a shop in Bern?"),
        "{said}"
    );
}

#[test]
fn what_exists_is_never_overwritten_and_nothing_is_written_beside_it() {
    let stage = stage();
    stage.write("prompts/chat/prompt.md", "mine");
    stage.run(&["import", CONFIG]).refused(
        2,
        &["a prompt `chat` exists already", "nothing was written"],
    );
    assert_eq!(
        fs::read_to_string(stage.path("prompts/chat/prompt.md")).unwrap(),
        "mine"
    );
    assert!(!stage.path("prompts/short").exists());
    let datasets = stage.json(&["dataset", "list"]);
    assert_eq!(datasets["datasets"], json!([]));
}

#[test]
fn a_config_is_known_by_what_it_says_or_by_the_format_asked_for() {
    let stage = stage();
    let config = "prompts: ['{{ q }}']\ntests: [{vars: {q: a}}]\n";
    stage.write("evals/nightly.yaml", config);
    stage.write(
        "evals/nightly.txt",
        config.replace("{{ q }}", "Say {{ q }}"),
    );
    let imported = stage.json(&["import", "evals/nightly.yaml"]);
    assert_eq!(imported["dataset"]["name"], "nightly");
    let asked = [
        "import",
        "evals/nightly.txt",
        "--format",
        "promptfoo_config",
    ];
    stage
        .run(&asked)
        .refused(2, &["a prompt `nightly` exists already"]);
    stage.write("evals/promptfooconfig.yaml", "- 1\n");
    stage
        .run(&["import", "evals/promptfooconfig.yaml"])
        .refused(2, &["no map of prompts and tests"]);
}
