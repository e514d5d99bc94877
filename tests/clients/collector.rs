//! A collector that is not ours takes our export whole, and what it passes on are the same spans.

use crate::program::Program;
use crate::python::script;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};

/// One folder of fixtures for each way a span may come about.
const FORMATS: [&str; 6] = [
    "canonical_jsonl",
    "otlp_protobuf",
    "langfuse",
    "openai_log",
    "claude_code",
    "phoenix",
];

fn plumbline(workspace: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plumbline"))
        .env_clear()
        .arg("--workspace")
        .arg(workspace)
        .args(args)
        .output()
        .unwrap()
}

fn exported(workspace: &Path, how: &[&str]) -> String {
    let out = plumbline(workspace, &[&["trace", "export"], how].concat());
    assert!(out.status.success(), "{out:?}");
    String::from_utf8(out.stdout).unwrap()
}

/// The same text for the same span, in one order.
fn in_order(spans: impl IntoIterator<Item = Value>) -> Vec<String> {
    let mut spans: Vec<String> = spans.into_iter().map(|span| span.to_string()).collect();
    spans.sort_unstable();
    spans
}

#[test]
#[ignore = "needs packages of PyPI: cargo xtask test --only clients"]
fn an_export_goes_through_a_collector_and_comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().join("w.db");
    let traces = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/traces");
    for format in FORMATS {
        // Some hold broken rows, which the import tells by its status.
        plumbline(
            &workspace,
            &["import", traces.join(format).to_str().unwrap()],
        );
    }
    let lines = exported(&workspace, &[]);
    let sent = in_order(
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap()),
    );
    assert!(sent.len() > 60, "{} spans are few", sent.len());
    let export = folder.path().join("export.json");
    std::fs::write(&export, exported(&workspace, &["--otlp"])).unwrap();

    let program = Program::listen(&[]);
    let said = script("collector.py", &[export.to_str().unwrap(), program.url()]);
    let said: Value = serde_json::from_str(&said).unwrap();
    let accepted = json!({"status": 200, "partial_success": {}});
    assert_eq!(
        said["answers"],
        json!({"application/json": accepted, "application/x-protobuf": accepted}),
        "{said:#}"
    );
    assert_eq!(said["received"], json!([sent.len(), sent.len()]));
    for (came, sent) in in_order(program.spans_when(sent.len())).iter().zip(&sent) {
        assert_eq!(came, sent);
    }
    let report = program.stop();
    assert_eq!(
        (
            &report["stored"],
            &report["duplicate"],
            &report["quarantined"]
        ),
        (&json!(sent.len()), &json!(sent.len()), &json!(0)),
        "{report:#}"
    );
}
