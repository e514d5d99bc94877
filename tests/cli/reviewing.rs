//! Comparing more than two columns, reviewing them and handing them on, over the demo's recorded answers.

use crate::stage::{Stage, project, text};
use serde_json::Value;

fn staged() -> Stage {
    let stage = Stage::new();
    stage
        .run(&["demo", "--material", text(&project(""))])
        .passed();
    stage
}

const SIDES: [&str; 2] = ["latest.0", "latest.1"];

fn with<'a>(before: &[&'a str], after: &[&'a str]) -> Vec<&'a str> {
    before.iter().chain(&SIDES).chain(after).copied().collect()
}

#[test]
fn a_third_side_is_compared_with_the_first_one() {
    let stage = staged();
    let compared = stage.json(&with(&["compare"], &["latest.0"]));
    let others = compared["others"].as_array().unwrap();
    assert_eq!(others.len(), 1);
    assert_eq!(others[0]["same"], others[0]["matched"]);
    let rows = compared["rows"].as_array().unwrap();
    assert!(!rows.is_empty());
    for row in rows {
        assert_ne!(row["verdict"], "same");
        assert!(row["preview_a"].is_string() && row["preview_b"].is_string());
    }
    let human = stage
        .run(&with(&["compare"], &["latest.0", "--show", "1"]))
        .passed();
    assert_eq!(human.out.matches("\nB  ").count(), 2, "{}", human.out);
}

#[test]
fn what_reviewers_say_is_counted_and_a_sign_off_names_both_runs() {
    let stage = staged();
    let compared = stage.json(&with(&["compare"], &[]));
    let case = compared["rows"][0]["case_key"].as_str().unwrap().to_owned();
    let kind = compared["groups"][0]["kind"].as_str().unwrap().to_owned();
    let judged = stage.json(&with(
        &["review", "judge"],
        &[
            "--case", &case, "better", "--by", "ada", "--note", "clearer",
        ],
    ));
    assert_eq!(
        (&judged["said"], &judged["reviewer"]),
        (&"judgement".into(), &"ada".into())
    );
    let accepted = stage.json(&with(&["review", "accept"], &["--kind", &kind]));
    assert_eq!(accepted["cases"], compared["groups"][0]["count"]);
    stage.json(&with(&["review", "reject"], &["--case", &case]));
    stage.json(&with(&["review", "label"], &["--case", &case, "tone"]));
    let signed = stage.json(&with(
        &["review", "sign-off"],
        &["--approve", "--note", "fine", "--by", "bob"],
    ));
    assert_eq!(signed["run_hash_a"].as_str().unwrap().len(), 64);
    let summary = stage.json(&with(&["review", "summary"], &[]));
    assert_eq!(summary["wins"]["better"], 1);
    assert!(
        summary["wins"]["ci_low"].as_f64().unwrap() < 0.5,
        "one judgement proves nothing"
    );
    assert_eq!(summary["rejected"], 1);
    assert_eq!(summary["sign_offs"][0]["is_current"], true);
    assert_eq!(summary["labels"][0]["label"], "tone");
    let human = stage.run(&with(&["review", "summary"], &[])).passed();
    assert!(human.out.contains("95 % interval"), "{}", human.out);
    stage
        .run(&with(&["review", "accept"], &["--case", "nobody"]))
        .refused(2, &["nobody"]);
    stage
        .run(&with(&["review", "sign-off"], &[]))
        .refused(2, &["--approve"]);
}

#[test]
fn a_comparison_is_handed_on_in_every_form_and_nothing_half_written_stays() {
    let stage = staged();
    let compared = stage.json(&with(&["compare"], &[]));
    let matched =
        compared["matched"].as_u64().unwrap() + compared["not_comparable"].as_u64().unwrap();
    for (name, begins) in [
        ("c.html", "<!doctype html>"),
        ("c.md", "### "),
        ("c.xml", "<?xml"),
        ("c.csv", "case_key,"),
        ("c.jsonl", "{"),
        ("c.parquet", "PAR1"),
    ] {
        let file = stage.path(name);
        let shared = stage.json(&with(&["share"], &["--out", text(&file)]));
        assert_eq!(shared["cases"], matched, "{name}");
        let bytes = std::fs::read(&file).unwrap();
        assert_eq!(shared["bytes"], bytes.len() as u64, "{name}");
        let head = String::from_utf8_lossy(&bytes[..begins.len()]).to_lowercase();
        assert_eq!(head, begins.to_lowercase(), "{name}");
    }
    let lines = stage
        .run(&with(&["share"], &["--format", "jsonl", "--out", "-"]))
        .passed();
    let first: Value = serde_json::from_str(lines.out.lines().next().unwrap()).unwrap();
    assert!(first["case_key"].is_string());
    let nowhere = stage.path("no-such-folder/c.html");
    stage
        .run(&with(&["share"], &["--out", text(&nowhere)]))
        .refused(2, &["cannot write", "no-such-folder"]);
    stage
        .run(&with(&["share"], &["--out", text(&stage.path("c.docx"))]))
        .refused(2, &["--format"]);
    let left: Vec<_> = std::fs::read_dir(stage.path(""))
        .unwrap()
        .filter_map(Result::ok)
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".part"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_reader_who_leaves_before_the_end_of_a_shared_comparison_is_no_failure() {
    let stage = staged();
    let mut child = stage
        .command()
        .args(with(&["share"], &["--format", "html", "--out", "-"]))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert!(
        ended.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
}
