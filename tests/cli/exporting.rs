//! Spans out: an export reads back as what it was made of, and a reader who has seen enough is no error.

use crate::stage::{Stage, count, project, text};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

#[test]
fn both_exports_read_back_as_nothing_new() {
    let stage = Stage::new();
    let imported = stage.json(&["import", text(&project("fixtures/traces"))]);
    let files = imported["files"].as_array().unwrap();
    let stored: u64 = files.iter().map(|file| count(file, "stored")).sum();
    let before = rows(&stage);
    for (args, name, format) in [
        (
            &["trace", "export", "--otlp"][..],
            "spans.json",
            "otlp_json",
        ),
        (&["trace", "export"], "spans.jsonl", "canonical_jsonl"),
    ] {
        let export = stage.run(args);
        assert_eq!(export.status, Some(0), "{}", export.err);
        stage.write(name, &export.out);
        let again = stage.json(&["import", name]);
        let file = &again["files"][0];
        assert_eq!(file["format"], format);
        assert_eq!(count(file, "read"), stored, "every span is in the export");
        assert_eq!(
            (count(file, "stored"), count(file, "duplicate")),
            (0, stored),
            "{file:#}"
        );
        assert_eq!(rows(&stage), before, "{format}");
        // A fresh workspace knows nothing, so here the content itself must have survived.
        let fresh = Stage::new();
        fresh.write(name, &export.out);
        fresh.json(&["import", name]);
        assert_eq!(rows(&fresh), before, "{format} loses something");
        let second = fresh.run(args);
        assert!(second.out == export.out, "an export of an export differs");
    }
}

/// What the traces of a workspace look like, and what they cost.
fn rows(stage: &Stage) -> (Value, Value) {
    let mut list = stage.json(&["trace", "list", "--limit", "1000", "--sort", "oldest"]);
    // Traces that start together stand in the order in which they were stored.
    let traces = list["rows"].as_array_mut().unwrap();
    traces.sort_by_key(|row| (row["start"].to_string(), row["trace_id"].to_string()));
    (list, stage.json(&["stats", "--by", "model,day"]))
}

/// Many long-named spans, so that no pipe holds what is printed of them.
fn many(stage: &Stage) {
    let lines: String = (0..3_000)
        .map(|n| {
            format!(
                "{{\"trace_id\":\"t{n}\",\"span_id\":\"s\",\"kind\":\"llm\",\"start_ns\":{n},\"name\":\"{}\"}}\n",
                "long ".repeat(30)
            )
        })
        .collect();
    stage.write("many.jsonl", lines);
    stage.json(&["import", "many.jsonl"]);
}

#[test]
fn a_reader_who_leaves_early_ends_the_program_quietly() {
    let stage = Stage::new();
    many(&stage);
    for args in [
        &["trace", "list", "--limit", "1000"][..],
        &["trace", "list", "--limit", "1000", "--json"],
        &["trace", "export"],
        &["trace", "export", "--otlp"],
        &["trace", "export", "--otlp", "--json"],
    ] {
        let mut child = stage
            .command()
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::with_capacity(64, child.stdout.take().unwrap());
        let seen = stdout.fill_buf().unwrap().len();
        assert!(seen > 0, "{args:?} printed nothing");
        drop(stdout);
        let mut err = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .unwrap();
        let status = child.wait().unwrap();
        assert!(status.success(), "{args:?}: {status} {err}");
        assert!(
            !err.contains("error") && !err.contains("panicked"),
            "{args:?} complains: {err}"
        );
    }
}

#[test]
fn with_json_the_canonical_export_is_still_one_object() {
    let stage = Stage::new();
    stage.json(&["import", text(&project("fixtures/traces/canonical_jsonl"))]);
    let object = stage.json(&["trace", "export"]);
    assert!(
        object["resourceSpans"].is_array(),
        "--json means the one-object form"
    );
}
