//! Several programs on one workspace, and a workspace of another time.

use crate::stage::{Stage, count};

#[test]
fn programs_that_start_at_once_on_a_new_workspace_lose_nothing() {
    let stage = Stage::new();
    const PROGRAMS: usize = 5;
    const SPANS: usize = 400;
    for program in 0..PROGRAMS {
        let lines: String = (0..SPANS)
            .map(|n| format!("{{\"trace_id\":\"{program}-{n}\",\"span_id\":\"s\",\"kind\":\"llm\",\"start_ns\":{n}}}\n"))
            .collect();
        stage.write(&format!("{program}.jsonl"), lines);
    }
    let running: Vec<_> = (0..PROGRAMS)
        .map(|program| stage.start(&["import", &format!("{program}.jsonl"), "--json"]))
        .collect();
    for program in running {
        let ran = program.end();
        assert_eq!(ran.status, Some(0), "{ran:#?}");
        assert_eq!(count(&ran.object()["files"][0], "stored"), SPANS as u64);
    }
    let total = stage.json(&["trace", "list", "--limit", "1"])["total"].clone();
    assert_eq!(total, PROGRAMS * SPANS);
    assert_eq!(stage.json(&["doctor"])["ok"], true);
}

#[test]
fn the_same_file_imported_by_two_programs_at_once_is_stored_once() {
    let stage = Stage::new();
    let lines: String = (0..600)
        .map(|n| {
            format!(
                "{{\"trace_id\":\"t{n}\",\"span_id\":\"s\",\"kind\":\"llm\",\"start_ns\":{n}}}\n"
            )
        })
        .collect();
    stage.write("same.jsonl", lines);
    let both = [0, 1].map(|_| stage.start(&["import", "same.jsonl", "--json"]));
    let stored: u64 = both
        .into_iter()
        .map(|program| count(&program.end().object()["files"][0], "stored"))
        .sum();
    assert_eq!(stored, 600);
    assert_eq!(stage.json(&["trace", "list"])["total"], 600);
}

#[test]
fn a_newer_workspace_is_refused_and_not_one_byte_changes() {
    let stage = Stage::new();
    stage.json(&["doctor"]);
    // SQLite keeps `user_version` at byte 60 of the header, big-endian.
    let mut bytes = std::fs::read(stage.workspace()).unwrap();
    bytes[60..64].copy_from_slice(&9_999_u32.to_be_bytes());
    std::fs::write(stage.workspace(), &bytes).unwrap();
    stage.write("cases.jsonl", crate::stage::cases(1));
    for args in [
        &["doctor"][..],
        &["trace", "list"],
        &["import", "cases.jsonl"],
        &["run", "list"],
        &["prompt", "list"],
    ] {
        stage
            .run(args)
            .refused(2, &["workspace.db", "9999", "Update Plumbline"]);
        assert!(
            std::fs::read(stage.workspace()).unwrap() == bytes,
            "{args:?} changed the file"
        );
    }
    let (_, object) = stage.run_json(&["doctor"]);
    assert_eq!(object["error"]["code"], "newer_workspace");
    let files = std::fs::read_dir(stage.path("")).unwrap();
    let beside: Vec<_> = files
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("workspace.db-"))
        .collect();
    assert_eq!(beside, Vec::<String>::new(), "nothing is left beside it");
}
