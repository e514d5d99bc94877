//! Histories of prompts from elsewhere, and back.

use crate::stage::{Stage, project, prompt, text};
use serde_json::json;
use std::process::Command;

fn git(stage: &Stage, args: &[&str]) {
    let status = Command::new("git")
        .args(args)
        .current_dir(stage.path("repo"))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    assert!(status.status.success(), "{status:?}");
}

fn commit(stage: &Stage, message: &str) {
    git(stage, &["add", "."]);
    let who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.test"];
    git(
        stage,
        &[
            who[0], who[1], who[2], who[3], "commit", "-q", "-m", message,
        ],
    );
}

#[test]
fn the_history_of_a_prompt_file_in_git_becomes_releases() {
    let stage = Stage::new();
    stage.write(
        "repo/answer.md",
        prompt("1.0.0", "Be brief.").replace("name: answer", "name: reply"),
    );
    git(&stage, &["init", "-q"]);
    commit(&stage, "First");
    stage.write(
        "repo/answer.md",
        prompt("1.0.0", "Be kind.").replace("name: answer", "name: reply"),
    );
    commit(&stage, "Be kind, since people are");
    let (status, import) = stage.run_json(&["prompt", "import", "--git", "repo/answer.md"]);
    assert_eq!(status, Some(0), "{import:#}");
    let versions = &import["prompts"][0]["versions"];
    assert_eq!(
        (&versions[0]["version"], &versions[1]["version"]),
        (&json!("1.0.0"), &json!("1.1.0"))
    );
    assert_eq!(versions[1]["changelog"], "Be kind, since people are");
    assert_eq!(versions[1]["author"], "Ada <ada@example.test>");
    let blame = stage.run(&["prompt", "blame", "reply"]).passed().out;
    assert!(
        blame.contains("1.1.0") && blame.contains("Be kind."),
        "{blame}"
    );
    let history = stage.run(&["prompt", "history", "reply"]).passed().out;
    assert!(
        history.contains("Ada <ada@example.test>") && history.contains("git "),
        "{history}"
    );
    let again = stage
        .run(&["prompt", "import", "--git", "repo/answer.md"])
        .passed()
        .out;
    assert!(
        again.contains("0 versions taken over") && again.contains("2 were there already"),
        "{again}"
    );
}

#[test]
fn what_is_written_for_another_tool_comes_back_or_is_said_to_be_lost() {
    let stage = Stage::new();
    stage
        .run(&[
            "prompt", "export", "answer", "--to", "langfuse", "--out", "l.json",
        ])
        .passed();
    let import = stage.json(&["prompt", "import", "l.json", "--name", "answer"]);
    assert_eq!(
        import["prompts"][0]["versions"],
        json!([]),
        "nothing of it is new"
    );
    let ran = stage
        .run(&["prompt", "export", "answer@1.1.0", "--to", "openai"])
        .passed();
    assert!(ran.err.contains("dropped variables"), "{}", ran.err);
    let body: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(body["messages"][0]["role"], "system");
    stage.write("body.json", ran.out);
    let (status, import) =
        stage.run_json(&["prompt", "import", "body.json", "--name", "from-body"]);
    assert_eq!(status, Some(0), "{import:#}");
    stage.write("broken.json", "{\"a\": 1}");
    stage
        .run(&["prompt", "import", "broken.json"])
        .refused(2, &["cannot be taken over"]);
    stage
        .run(&["prompt", "import", "--git", "body.json"])
        .refused(2, &[]);
}

/// Takes a fixture over, finds its versions in the history of `name`, writes them for the same tool as `file`, and finds
/// nothing new in that.
fn comes_and_goes(fixture: &str, name: &str, count: usize, format: &str, file: &str) {
    let stage = Stage::new();
    let fixture = project("fixtures/prompts").join(fixture);
    let (status, import) = stage.run_json(&["prompt", "import", text(&fixture)]);
    assert_eq!(import["format"], format, "{import:#}");
    let prompts = import["prompts"].as_array().unwrap();
    let is_whole = prompts.iter().all(|one| one["left_out"] == json!([]));
    assert_eq!(status, Some(if is_whole { 0 } else { 1 }), "{import:#}");
    let taken = prompts.iter().find(|one| one["name"] == name).unwrap();
    let versions = taken["versions"].as_array().unwrap();
    assert_eq!(versions.len(), count, "{taken:#}");
    let history = stage.run(&["prompt", "history", name]).passed().out;
    for version in versions {
        let version = version["version"].as_str().unwrap();
        assert!(history.contains(version), "{version}: {history}");
    }
    stage
        .run(&["prompt", "export", name, "--to", format, "--out", file])
        .passed();
    let (status, again) = stage.run_json(&["prompt", "import", file]);
    assert_eq!((status, &again["format"]), (Some(0), &json!(format)));
    let again = &again["prompts"][0];
    assert_eq!(
        (&again["name"], &again["versions"], &again["already"]),
        (&json!(name), &json!([]), &json!(count)),
        "{again:#}"
    );
}

#[test]
fn commits_of_langsmith_come_and_go() {
    let fixture = "langsmith/commits.json";
    comes_and_goes(fixture, "support-answer", 2, "langsmith", "hub.json");
}

#[test]
fn prompts_of_promptfoo_come_and_go() {
    let fixture = "promptfoo/results.json";
    comes_and_goes(fixture, "greeting", 1, "promptfoo", "promptfooconfig.yaml");
}

#[test]
fn a_file_of_prompty_comes_and_goes() {
    let fixture = "prompty/v1.prompty";
    comes_and_goes(fixture, "support-answer", 1, "prompty", "answer.prompty");
}

#[test]
fn a_file_of_dotprompt_comes_and_goes() {
    let fixture = "dotprompt/recipe.prompt";
    comes_and_goes(fixture, "recipe", 1, "dotprompt", "recipe.prompt");
}
