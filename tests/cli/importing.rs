//! Files in: the law of accounting, importing twice, standard input, folders, and files that are not traces.

use crate::stage::{Stage, count, project, text};
use serde_json::Value;

fn add_up(object: &Value) {
    for file in object["files"].as_array().unwrap() {
        let sum = ["stored", "duplicate", "quarantined"].map(|name| count(file, name));
        assert_eq!(count(file, "read"), sum.iter().sum::<u64>(), "{file:#}");
    }
}

fn sum(object: &Value, field: &str) -> u64 {
    let files = object["files"].as_array().unwrap();
    files.iter().map(|file| count(file, field)).sum()
}

#[test]
fn every_row_of_every_fixture_is_stored_known_or_quarantined_and_twice_adds_nothing() {
    let stage = Stage::new();
    let traces = project("fixtures/traces");
    let (status, first) = stage.run_json(&["import", text(&traces)]);
    assert_eq!(status, Some(0), "{first:#}");
    add_up(&first);
    assert!(sum(&first, "stored") > 100 && sum(&first, "quarantined") > 0);
    let second = stage.json(&["import", text(&traces)]);
    add_up(&second);
    assert_eq!(sum(&second, "stored"), 0, "{second:#}");
    assert_eq!(sum(&second, "read"), sum(&first, "read"));
    assert_eq!(sum(&second, "quarantined"), sum(&first, "quarantined"));
    assert_eq!(stage.json(&["doctor"])["ok"], true);
}

#[test]
fn standard_input_and_a_file_say_the_same() {
    let stage = Stage::new();
    let path = project("fixtures/traces/canonical_jsonl/broken-lines.jsonl");
    let bytes = std::fs::read(&path).unwrap();
    let piped = stage.run_with_input(&["import", "-", "--json"], &bytes);
    assert_eq!(piped.status, Some(0), "{piped:#?}");
    let (from_pipe, from_file) = (piped.object(), Stage::new().json(&["import", text(&path)]));
    add_up(&from_pipe);
    for field in ["read", "stored", "quarantined"] {
        assert_eq!(sum(&from_pipe, field), sum(&from_file, field), "{field}");
    }
    assert_eq!(from_pipe["files"][0]["path"], "-");
}

#[test]
fn a_folder_is_read_whole_and_one_bad_file_costs_only_itself() {
    let stage = Stage::new();
    let line = |id: &str| {
        format!("{{\"trace_id\":\"t\",\"span_id\":\"{id}\",\"kind\":\"llm\",\"start_ns\":1}}\n")
    };
    stage.write("in/a.jsonl", line("a"));
    stage.write("in/deeper/b.jsonl", line("b"));
    stage.write("in/noise.bin", [0_u8, 159, 146, 150, 0, 255].repeat(500));
    stage.write("in/.hidden.jsonl", line("hidden"));
    let (status, object) = stage.run_json(&["import", "in"]);
    assert_eq!(
        status,
        Some(2),
        "a file that was not imported is not passed over"
    );
    assert_eq!(sum(&object, "stored"), 2, "{object:#}");
    assert!(
        object["failures"][0]["path"]
            .as_str()
            .unwrap()
            .ends_with("noise.bin")
    );
    let shown = Stage::new();
    shown.write("in/noise.bin", [0_u8, 159, 146, 150, 0, 255].repeat(500));
    let ran = shown.run(&["import", "in"]);
    let said = ran.out + &ran.err;
    assert_eq!(ran.status, Some(2));
    assert!(
        said.contains("noise.bin") && said.contains("--format"),
        "what to do next: {said}"
    );
    let name_of_it = said.matches("in/noise.bin").count();
    assert_eq!(name_of_it, 1, "the file is named once: {said}");
}

#[test]
fn what_is_no_trace_is_refused_with_what_where_and_what_to_do() {
    let stage = Stage::new();
    stage.write("empty.jsonl", "");
    stage.write("garbage.bin", (0..=255).collect::<Vec<u8>>().repeat(40));
    stage.write(
        "prose.txt",
        "Dear diary, today nothing was traced.\n".repeat(50),
    );
    stage.write("packed.gz", [0x1f_u8, 0x8b, 8, 0, 0, 0, 0, 0]);
    stage.write("wide.txt", b"\xff\xfe{\x00}\x00");
    stage.write("deep.json", "[".repeat(200_000));
    std::fs::create_dir(stage.path("nothing-in-it")).unwrap();
    for (path, words) in [
        ("nowhere.jsonl", &["nowhere.jsonl", "Check the path"][..]),
        ("nothing-in-it", &["no file", "folders"]),
        ("empty.jsonl", &["empty.jsonl", "is empty"]),
        ("garbage.bin", &["garbage.bin", "--format"]),
        ("prose.txt", &["prose.txt", "--format"]),
        ("packed.gz", &["packed.gz", "gzip"]),
        ("wide.txt", &["wide.txt", "UTF-16"]),
        ("deep.json", &["deep.json"]),
    ] {
        let ran = stage.run(&["import", path]);
        let said = format!("{}{}", ran.out, ran.err);
        assert_eq!(ran.status, Some(2), "{path}: {ran:#?}");
        assert!(!said.contains("panicked"), "{path}: {said}");
        for word in words {
            assert!(said.contains(word), "{path} should say `{word}`: {said}");
        }
    }
    stage.write(
        "long.json",
        format!("{{\"resourceSpans\": \"{}", "x".repeat(3_000_000)),
    );
    let (_, cut) = stage.run_json(&["import", "long.json"]);
    add_up(&cut);
    assert_eq!(
        sum(&cut, "quarantined"),
        1,
        "a value without an end is kept as a loss"
    );
    assert_eq!(stage.json(&["trace", "list"])["total"], 0);
}

#[test]
fn a_forced_format_quarantines_what_it_cannot_read() {
    let stage = Stage::new();
    stage.write(
        "log.txt",
        "{\"trace_id\":\"t\",\"span_id\":\"a\",\"kind\":\"llm\",\"start_ns\":1}\nnoise\n",
    );
    for format in ["canonical_jsonl", "otlp_json"] {
        let (_, object) = stage.run_json(&["import", "log.txt", "--format", format]);
        assert_eq!(object["files"][0]["format"], format, "{object:#}");
        add_up(&object);
        assert!(sum(&object, "quarantined") > 0, "{format}: {object:#}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_an_import_that_waits_for_input() {
    use std::process::Stdio;
    let stage = Stage::new();
    let mut child = stage
        .command()
        .args(["import", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let database = stage.workspace();
    crate::stage::until("the import to begin", || {
        database.exists() && stage.json(&["doctor"])["ok"] == true && has_import(&stage)
    });
    let sent = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    crate::stage::until("the program to end", || child.try_wait().unwrap().is_some());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// The import is in the list of another process once it waits for its input.
#[cfg(unix)]
fn has_import(stage: &Stage) -> bool {
    let engine = plumbline_engine::Engine::open(plumbline_engine::EngineOptions {
        workspace: Some(stage.workspace()),
        ..Default::default()
    })
    .unwrap();
    !engine.import_list().unwrap().is_empty()
}
