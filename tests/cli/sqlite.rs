//! Other programs' SQLite files: read by path, untouched, refused on standard input, and harmless when hostile.

use crate::stage::{Stage, count, project, text};
use std::collections::BTreeMap;
use std::path::Path;

/// Names and bytes of everything in a folder.
fn folder(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn logs_of_llm_and_the_database_of_phoenix_are_read_and_left_alone() {
    let stage = Stage::new();
    for (name, format, sums) in [
        // Calls, tokens in and out, as a query over the file adds them up.
        ("llm_logs/responses.db", "llm_logs", [4, 253, 37]),
        ("llm_logs/turns.db", "llm_logs", [5, 350, 48]),
        ("phoenix/phoenix.db", "phoenix", [2, 670, 42]),
    ] {
        let bytes = std::fs::read(project("fixtures/traces").join(name)).unwrap();
        stage.write("in/a.db", &bytes);
        let dir = stage.path("in");
        let before = folder(&dir);
        let first = stage.json(&["import", "in/a.db"]);
        let file = &first["files"][0];
        assert_eq!(file["format"], format, "{first:#}");
        assert_eq!(count(file, "quarantined"), 0, "{first:#}");
        assert_eq!(file["fields_unread"], serde_json::json!({}), "{name}");
        let totals = ["model_calls", "tokens_in", "tokens_out"].map(|name| count(&first, name));
        assert_eq!(totals, sums, "{name}");
        let second = stage.json(&["import", "in/a.db"]);
        assert_eq!(count(&second["files"][0], "stored"), 0, "{second:#}");
        assert!(folder(&dir) == before, "{name} or its folder was changed");
    }
    let shown = stage.json(&["trace", "export"]).to_string();
    assert!(shown.contains("annotation.helpful"), "{shown}");
    // As Phoenix added up its doubles.
    assert!(shown.contains("0.0001527999"), "Phoenix's own cost");
}

#[test]
fn standard_input_is_told_to_be_a_path() {
    let stage = Stage::new();
    let bytes = std::fs::read(project("fixtures/traces/llm_logs/turns.db")).unwrap();
    let piped = stage.run_with_input(&["import", "-", "--json"], &bytes);
    assert_eq!(piped.status, Some(2), "{piped:#?}");
    assert!(
        piped.out.contains("name the unpacked file itself"),
        "{piped:#?}"
    );
}

#[test]
fn a_cut_file_and_an_unknown_one_cost_only_themselves() {
    let stage = Stage::new();
    let whole = std::fs::read(project("fixtures/traces/llm_logs/turns.db")).unwrap();
    stage.write("in/cut.db", &whole[..whole.len() / 2]);
    stage.write("in/whole.db", &whole);
    let unknown = std::fs::read(project("fixtures/workspaces/v1.db")).unwrap();
    stage.write("in/workspace.db", &unknown);
    let (status, answer) = stage.run_json(&["import", text(&stage.path("in"))]);
    assert_eq!(status, Some(2), "{answer:#}");
    assert_eq!(count(&answer, "model_calls"), 5);
    let failures = answer["failures"].as_array().unwrap();
    let told: Vec<&str> = failures
        .iter()
        .map(|failure| failure["problem"]["message"].as_str().unwrap())
        .collect();
    assert!(told[0].contains("damaged or cut off"), "{told:?}");
    assert!(told[1].contains("its tables are:"), "{told:?}");
}
