//! A table of somebody's own: suggested, corrected, saved, imported, and told what to do without a mapping.

use crate::stage::{Stage, count, project, text};
use serde_json::{Value, json};

#[test]
fn a_table_is_mapped_saved_and_imported_twice() {
    let stage = Stage::new();
    let table = project("fixtures/mappings/calls.csv");
    let (status, refused) = stage.run_json(&["import", text(&table)]);
    assert_eq!(status, Some(2), "{refused:#}");
    let problem = &refused["failures"][0]["problem"];
    let message = problem["message"].as_str().unwrap();
    assert!(message.contains("Took (s), Deployment"), "{message}");
    let hint = problem["hint"].as_str().unwrap();
    assert!(hint.contains("plumbline trace mapping suggest"), "{hint}");

    let suggested = stage.run(&["trace", "mapping", "suggest", text(&table)]);
    assert_eq!(suggested.status, Some(0), "{suggested:#?}");
    let printed: Value = serde_json::from_str(&suggested.out).unwrap();
    assert_eq!(printed["columns"]["tokens_in"], "Prompt tokens");
    assert!(suggested.err.contains("not mapped:"), "{}", suggested.err);

    let corrected = project("fixtures/mappings/calls.json");
    let saved = stage.json(&["trace", "mapping", "save", "vendor", text(&corrected)]);
    assert_eq!(saved["mapping"]["latency_unit"], "s");
    let listed = stage.json(&["trace", "mapping", "list"]);
    assert_eq!(listed["mappings"][0]["name"], "vendor");
    let shown = stage.run(&["trace", "mapping", "show", "vendor"]);
    stage.write("again.json", &shown.out);
    let again = stage.json(&["trace", "mapping", "save", "vendor", "again.json"]);
    assert_eq!(
        again["mapping"], saved["mapping"],
        "what is shown can be saved"
    );

    let first = stage.json(&["import", text(&table), "--mapping", "vendor"]);
    let file = &first["files"][0];
    let counts = ["read", "stored", "quarantined"].map(|name| count(file, name));
    assert_eq!(counts, [7, 5, 2], "{file:#}");
    assert_eq!(file["format"], "mapped");
    assert_eq!(
        (count(&first, "tokens_in"), count(&first, "tokens_out")),
        (440, 43)
    );
    let second = stage.json(&["import", text(&table), "--mapping", "vendor"]);
    assert_eq!(count(&second["files"][0], "duplicate"), 5, "{second:#}");

    assert_eq!(
        stage.json(&["trace", "mapping", "delete", "vendor"]),
        json!({ "deleted": "vendor" })
    );
    let (status, gone) = stage.run_json(&["import", text(&table), "--mapping", "vendor"]);
    assert_eq!(status, Some(2));
    assert_eq!(gone["error"]["code"], "not_found", "{gone:#}");
}

#[test]
fn a_mapping_that_cannot_work_is_refused_when_it_is_saved() {
    let stage = Stage::new();
    for wrong in [
        "{}",
        "{\"columns\":{\"begin\":\"at\"}}",
        "{\"columns\":{\"latency\":\"ms\"}}",
        "not json",
    ] {
        stage.write("wrong.json", wrong);
        let (status, answer) = stage.run_json(&["trace", "mapping", "save", "w", "wrong.json"]);
        assert_eq!(status, Some(2), "{wrong}: {answer:#}");
    }
    assert_eq!(
        stage.json(&["trace", "mapping", "list"]),
        json!({ "mappings": [] })
    );
}
