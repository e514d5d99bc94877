//! Environments: what each one uses, since when, by whose decision, and the way back.

use crate::stage::{Stage, prompt};
use serde_json::Value;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

const OWNER: &str = "tests@example.test";

/// A stage whose prompt has the releases 1.0.0, 1.1.0 and 1.2.0.
fn stage() -> Stage {
    let stage = Stage::new();
    stage.write(
        "prompts/answer/prompt.md",
        prompt("1.2.0", "Answer shortly."),
    );
    let released = [
        "prompt",
        "release",
        "answer",
        "1.2.0",
        "--changelog",
        "Shorter.",
    ];
    stage.run(&released).passed();
    stage
}

fn promote(stage: &Stage, version: &str, environment: &str) -> Value {
    let reference = format!("answer@{version}");
    stage.json(&["prompt", "promote", &reference, environment, "--who", OWNER])
}

fn used(stage: &Stage, at: Option<&str>) -> Vec<(String, String)> {
    let mut args = vec!["prompt", "environments", "answer"];
    args.extend(at.iter().flat_map(|at| ["--at", at]));
    let answer = stage.json(&args);
    let stands = answer["environments"].as_array().unwrap();
    stands
        .iter()
        .map(|stand| {
            let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
            (text(&stand["environment"]), text(&stand["change"]["to"]))
        })
        .collect()
}

fn production(version: &str) -> Vec<(String, String)> {
    vec![("production".to_owned(), version.to_owned())]
}

#[test]
fn what_production_was_at_a_minute_is_one_command() {
    let stage = stage();
    assert!(used(&stage, None).is_empty());
    let first = promote(&stage, "1.0.0", "production");
    assert_eq!(first["from"], Value::Null);
    let second = promote(&stage, "1.1.0", "production");
    assert_eq!(
        (&second["from"], &second["by_owner"]),
        (&"1.0.0".into(), &true.into())
    );
    assert_eq!(used(&stage, None), production("1.1.0"));
    assert_eq!(used(&stage, Some("2001-01-01 14:32")), production("none"));
    let year = 1970
        + SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs()
            / 31_556_952;
    assert_eq!(
        used(&stage, Some(&format!("{}-06-01T00:00:00+02:00", year + 1))),
        production("1.1.0")
    );
    let answer = stage
        .run(&["prompt", "environments", "--environment", "production"])
        .passed();
    assert!(
        answer.out.contains("1.1.0") && answer.out.contains(OWNER),
        "{answer:?}"
    );
    stage
        .run(&["prompt", "environments", "--at", "yesterday"])
        .refused(2, &["2026-11-03 14:32"]);
}

#[test]
fn a_rollback_is_one_step_and_goes_back_as_far_as_it_is_asked() {
    let stage = stage();
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        promote(&stage, version, "production");
    }
    let back = || stage.run(&["prompt", "rollback", "answer", "production", "--who", OWNER]);
    back().passed();
    assert_eq!(used(&stage, None), production("1.1.0"));
    back().passed();
    assert_eq!(used(&stage, None), production("1.0.0"));
    back().refused(2, &["no release before in production"]);
    let history = stage.json(&["prompt", "history", "answer"]);
    let kinds: Vec<&str> = history["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["rollback", "rollback", "promote", "promote", "promote"],
        "newest first"
    );
    assert_eq!(history["releases"].as_array().unwrap().len(), 3);
    assert!(history["releases"][0]["seen"].is_string());
}

#[test]
fn who_is_no_owner_gives_a_reason_and_it_is_kept() {
    let stage = stage();
    let mut args = vec![
        "prompt",
        "promote",
        "answer@1.0.0",
        "production",
        "--who",
        "mallory",
    ];
    stage
        .run(&args)
        .refused(2, &["mallory is no owner of answer", OWNER]);
    args.extend(["--why", "the owner is asleep and refunds fail"]);
    let change = stage.json(&args);
    assert_eq!(change["by_owner"], false);
    assert_eq!(change["why"], "the owner is asleep and refunds fail");
    args.pop();
    args.push("two\nlines");
    stage.run(&args).refused(2, &["one line"]);
}

#[test]
fn only_a_release_as_it_was_released_can_be_promoted() {
    let stage = stage();
    let promote = |reference: &str, environment: &str| {
        stage.run(&["prompt", "promote", reference, environment, "--who", OWNER])
    };
    promote("answer@9.9.9", "production").refused(2, &["no release 9.9.9"]);
    promote("answer", "production").refused(2, &["NAME@VERSION"]);
    promote("answer@working", "production").refused(2, &["not a version"]);
    for environment in ["../etc", "Production", "a b", ""] {
        promote("answer@1.0.0", environment).refused(2, &["name of an environment"]);
    }
    promote("answer@1.0.0", "eu-canary").passed();
    promote("answer@1.0.0", "eu-canary").refused(2, &["is 1.0.0 already"]);
    let path = stage.path("prompts/answer/releases/1.1.0.md");
    let altered = fs::read_to_string(&path)
        .unwrap()
        .replace("one word", "two words");
    fs::write(&path, altered).unwrap();
    promote("answer@1.1.0", "eu-canary").refused(2, &["no longer the one that was released"]);
}

#[test]
fn each_line_knows_the_release_that_brought_it() {
    let stage = stage();
    let path = stage.path("prompts/answer/prompt.md");
    let text = fs::read_to_string(&path).unwrap() + "Please.\n";
    fs::write(&path, &text).unwrap();
    let blame = stage.json(&["prompt", "blame", "answer"]);
    let version_of = |text: &str| -> Value {
        let lines = blame["lines"].as_array().unwrap();
        let line = lines.iter().find(|line| line["text"] == text);
        line.unwrap_or_else(|| panic!("no line {text}"))["version"].clone()
    };
    assert_eq!(version_of("name: answer"), "1.0.0");
    assert_eq!(version_of("Answer shortly."), "1.2.0");
    assert_eq!(version_of("Please."), Value::Null, "not released");
    assert_eq!(
        blame["lines"].as_array().unwrap().len(),
        text.lines().count()
    );
    let older = stage.json(&["prompt", "blame", "answer@1.1.0"]);
    assert!(older.to_string().contains("Answer in one word."));
    stage
        .run(&["prompt", "blame", "answer@3.0.0"])
        .refused(2, &["no release"]);
    let shown = stage.run(&["prompt", "blame", "answer"]).passed();
    assert!(shown.out.contains("working"), "{shown:?}");
}

#[test]
fn a_new_prompt_is_ready_to_be_checked_and_never_replaces_one() {
    let stage = Stage::new();
    let made = stage.json(&["prompt", "new", "order-status", "--owner", "ada: #1"]);
    assert!(made["path"].as_str().unwrap().ends_with("prompt.md"));
    let check = stage.json(&["prompt", "check", "order-status"]);
    assert_eq!(
        (&check["errors"], &check["warnings"]),
        (&0.into(), &0.into()),
        "{check}"
    );
    stage
        .run(&["prompt", "new", "order-status"])
        .refused(2, &["exists already"]);
    stage
        .run(&["prompt", "new", "../order"])
        .refused(2, &["cannot be the name of a prompt"]);
}

#[cfg(unix)]
#[test]
fn the_editor_gets_the_file_and_what_it_left_is_checked() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new();
    let script = stage.path("my editor.sh");
    fs::write(&script, "#!/bin/sh\nsed -i 's/^owner: .*/owner:/' \"$2\"\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let editor = stage.path("ed");
    std::os::unix::fs::symlink(&script, &editor).unwrap();
    let ran = stage.run_with(
        &["prompt", "edit", "answer"],
        &[
            ("VISUAL", ""),
            ("EDITOR", &format!("{} --wait", editor.display())),
        ],
    );
    assert!(ran.out.contains("owner"), "{ran:?}");
    let missing = stage.run_with(
        &["prompt", "edit", "answer"],
        &[("VISUAL", "no-such-editor")],
    );
    missing.refused(2, &["cannot start `no-such-editor`", "EDITOR"]);
}
