//! Files of other times and other programs: what an upgrade keeps, and what is refused untouched.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail the test that calls them"
)]

use plumbline_model::{CellStatus, Code, ImportId, Problem, RunStatus, UnixNanos};
use plumbline_workspace::{
    CallFilter, GroupKey, ImportedSpan, NewImport, Page, SpanFilter, SpanSort, WORKSPACE_VERSION,
    Workspace, WorkspaceError,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A copy of a fixture in a folder of its own.
fn fixture(dir: &Path, name: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../fixtures/workspaces")
        .join(name);
    let file = dir.join(name);
    std::fs::copy(source, &file).unwrap();
    file
}

/// Every file of a folder with the hash of its bytes.
fn fingerprint(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let bytes = std::fs::read(entry.path()).unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, Sha256::digest(&bytes).to_vec())
        })
        .collect()
}

/// Writes the schema version into the file's header, where SQLite keeps it.
fn set_version(file: &Path, version: i32) {
    let mut bytes = std::fs::read(file).unwrap();
    bytes[60..64].copy_from_slice(&version.to_be_bytes());
    std::fs::write(file, bytes).unwrap();
}

/// What the fixture of version 1 holds, asked through today's methods.
fn assert_content_of_v1(workspace: &Workspace) {
    let imports = workspace.list_imports().unwrap();
    assert_eq!(imports.len(), 1);
    assert!(imports[0].complete && imports[0].counts.adds_up());
    assert_eq!(imports[0].report.as_ref().unwrap().tokens_in, Some(200));
    assert_eq!(
        workspace
            .quarantine(imports[0].id, Page::first(5))
            .unwrap()
            .total,
        1
    );

    let spans = workspace
        .spans(&SpanFilter::default(), SpanSort::Oldest, Page::first(10))
        .unwrap();
    let first = &spans.rows[0];
    assert_eq!(
        (spans.total, first.trace_id.as_str(), first.span_id.as_str()),
        (2, "trace-1", "a1")
    );
    assert_eq!(
        (
            first.model.as_deref(),
            first.provider.as_deref(),
            first.latency_ms
        ),
        (Some("gpt-4.1-mini"), Some("openai"), Some(100.0))
    );
    assert_eq!(
        (
            first.cost_reported_usd,
            first.cost_computed_usd.unwrap().to_string()
        ),
        (None, "0.000072".to_owned())
    );
    let of_import = SpanFilter {
        import_id: Some(imports[0].id),
        model: Some("gpt-4.1-mini".into()),
        ..SpanFilter::default()
    };
    let found = workspace.spans(&of_import, SpanSort::Oldest, Page::first(10));
    assert_eq!(found.unwrap().rows, spans.rows);
    let record = workspace.span("trace-1", "a2", 1).unwrap();
    assert_eq!(
        record.span.input_messages[0].content.text(),
        "My parcel is late."
    );
    assert_eq!(workspace.trace_row("trace-1").unwrap().unwrap().spans, 2);
    let groups = workspace
        .call_groups(&CallFilter::default(), &[GroupKey::Day])
        .unwrap();
    assert_eq!(groups[0].keys, [Some("2025-01-01".to_owned())]);
    assert_eq!(groups[0].cost_usd.unwrap().to_string(), "0.000144");

    let runs = workspace.list_runs().unwrap();
    assert_eq!(runs[0].run.status, RunStatus::Interrupted);
    assert_eq!((runs[0].totals.live, runs[0].totals.unknown), (1, 1));
    let cells = workspace.all_cells(runs[0].run.id).unwrap();
    assert_eq!(cells[0].completion.as_ref().unwrap().text, "billing");
    assert_eq!(cells[1].status, CellStatus::Unknown);
    let attempts = workspace.attempts(runs[0].run.id).unwrap();
    assert!(
        attempts
            .iter()
            .all(|attempt| attempt.model == "gpt-4.1-mini"),
        "version 2 takes the model over from the cell"
    );
    let spend = workspace.spend_since(UnixNanos(0)).unwrap();
    assert_eq!(spend.paid_usd.to_string(), "0.0003");
    assert_eq!(spend.unknown_usd.to_string(), "0.01");

    assert_eq!(
        workspace.cached_answer("key-1").unwrap().unwrap().text,
        "billing"
    );
    assert_eq!(
        workspace.dataset("tickets").unwrap().cases[0].key,
        "invoice"
    );
    assert_eq!(
        workspace.price_overrides().unwrap()[0]
            .input_usd_per_mtok
            .to_string(),
        "0.35"
    );
    let own = &workspace.price_overrides().unwrap()[0];
    assert_eq!(
        (
            own.batch_input_usd_per_mtok,
            own.output_usd_per_mtok.to_string()
        ),
        (None, "1.4".to_owned()),
        "version 5 adds units that nobody set a price of"
    );
    assert!(workspace.price_table_in_force().unwrap().is_none());
    assert_eq!(workspace.setting("theme").unwrap().as_deref(), Some("dark"));
}

#[test]
fn a_workspace_of_version_1_is_migrated_with_all_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let file = fixture(dir.path(), "v1.db");
    let workspace = Workspace::open(&file).unwrap();
    assert_content_of_v1(&workspace);
    for check in workspace.doctor().unwrap() {
        assert!(check.ok || check.name == "permissions", "{check:?}");
    }
    workspace.put_setting("theme", Some("light")).unwrap();
}

#[test]
fn spans_of_version_1_are_found_by_text_and_recognised_when_they_come_again() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(&fixture(dir.path(), "v1.db")).unwrap();
    let total = |text: &str| {
        let filter = SpanFilter {
            text: Some(text.into()),
            ..SpanFilter::default()
        };
        let page = workspace.spans(&filter, SpanSort::Newest, Page::first(1));
        page.unwrap().total
    };
    let old = workspace.span("trace-1", "a2", 1).unwrap().span;
    let mut new = old.clone();
    new.span_id = "a3".into();
    let import = ImportId::from_parts(1_800_000_000_000, [7; 10]);
    workspace
        .begin_import(NewImport {
            id: import,
            path: "again.jsonl".into(),
            format: "canonical_jsonl".into(),
            started_ns: UnixNanos(1),
        })
        .unwrap();
    assert_eq!(total("PARCEL"), 1);
    let batch = [old.clone(), new, old].map(|span| ImportedSpan {
        raw: serde_json::to_vec(&span).unwrap(),
        span,
        cost: None,
    });
    let outcome = workspace.append_spans(import, batch.to_vec()).unwrap();
    assert_eq!((outcome.stored, outcome.duplicate), (1, 2));
    assert_eq!(total("PARCEL"), 2, "old rows and new ones are searched");
}

#[test]
fn the_backup_before_a_migration_is_the_old_workspace_and_can_be_opened() {
    let dir = tempfile::tempdir().unwrap();
    let file = fixture(dir.path(), "v1.db");
    drop(Workspace::open(&file).unwrap());
    let backup = dir.path().join("v1.db.backup-v1");
    let header = std::fs::read(&backup).unwrap();
    assert_eq!(
        header[60..64],
        1_i32.to_be_bytes(),
        "the backup is of the old version"
    );
    let names: Vec<String> = fingerprint(dir.path()).into_keys().collect();
    assert_eq!(
        names,
        ["v1.db", "v1.db.backup-v1"],
        "no other file is left behind"
    );

    assert_content_of_v1(&Workspace::open(&backup).unwrap());
    drop(Workspace::open(&file).unwrap());
    assert!(
        !dir.path().join("v1.db.backup-v1.2").exists(),
        "a current workspace is not backed up again"
    );
}

#[test]
fn a_backup_is_never_replaced_by_a_later_one() {
    let dir = tempfile::tempdir().unwrap();
    let file = fixture(dir.path(), "v1.db");
    let earlier = dir.path().join("v1.db.backup-v1");
    std::fs::write(&earlier, "kept by hand").unwrap();
    drop(Workspace::open(&file).unwrap());
    assert_eq!(std::fs::read(&earlier).unwrap(), b"kept by hand");
    assert!(dir.path().join("v1.db.backup-v1.2").exists());
}

#[test]
fn a_newer_workspace_is_refused_and_not_one_byte_changes() {
    let dir = tempfile::tempdir().unwrap();
    let file = fixture(dir.path(), "v1.db");
    set_version(&file, 99);
    let before = fingerprint(dir.path());
    let error = Workspace::open(&file).unwrap_err();
    assert_eq!(
        fingerprint(dir.path()),
        before,
        "no -wal, no -shm, no backup, no byte"
    );
    assert!(matches!(
        error,
        WorkspaceError::NewerWorkspace {
            needs: 99,
            knows: WORKSPACE_VERSION,
            ..
        }
    ));
    let problem = Problem::from(error);
    assert_eq!(problem.code, Code::NewerWorkspace);
    assert!(problem.message.contains("99"), "{}", problem.message);
}

#[test]
fn a_newer_version_that_stands_only_in_the_log_is_seen_and_the_log_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let live = dir.path().join("live.db");
    let newer = Workspace::open(&live).unwrap();
    newer.put_setting("a", Some("b")).unwrap();
    // A crash of a newer program, before its log reached the file: take both as they lie there.
    let conn = rusqlite::Connection::open(&live).unwrap();
    conn.pragma_update(None, "user_version", 99).unwrap();
    let crashed = dir.path().join("crashed");
    std::fs::create_dir(&crashed).unwrap();
    for suffix in ["", "-wal"] {
        std::fs::copy(
            dir.path().join(format!("live.db{suffix}")),
            crashed.join(format!("w.db{suffix}")),
        )
        .unwrap();
    }
    let before = fingerprint(&crashed);
    let error = Workspace::open(&crashed.join("w.db")).unwrap_err();
    assert!(
        matches!(error, WorkspaceError::NewerWorkspace { needs: 99, .. }),
        "{error}"
    );
    let after = fingerprint(&crashed);
    assert_eq!(before["w.db"], after["w.db"]);
    assert_eq!(before["w.db-wal"], after["w.db-wal"]);
}

#[test]
fn files_of_other_programs_are_refused_and_not_changed() {
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("notes.txt");
    std::fs::write(
        &text,
        "not a database, but longer than the hundred bytes of a header ".repeat(9),
    )
    .unwrap();
    let short = dir.path().join("short");
    std::fs::write(&short, "x").unwrap();
    let foreign = dir.path().join("foreign.db");
    let conn = rusqlite::Connection::open(&foreign).unwrap();
    conn.execute_batch("CREATE TABLE bookmarks (url TEXT)")
        .unwrap();
    conn.close().unwrap();
    let before = fingerprint(dir.path());
    for (file, why) in [
        (&text, "not an SQLite file"),
        (&short, "not an SQLite file"),
        (&foreign, "another program"),
    ] {
        let error = Workspace::open(file).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        assert_eq!(Problem::from(error).code, Code::BadInput);
    }
    assert_eq!(fingerprint(dir.path()), before);
    assert!(
        Workspace::open(dir.path()).is_err(),
        "a folder is not a workspace"
    );
}

#[test]
fn a_backup_of_a_live_workspace_holds_what_was_committed() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(&fixture(dir.path(), "v1.db")).unwrap();
    let copy = dir.path().join("copies/mine.db");
    workspace.backup(&copy).unwrap();
    assert!(
        workspace.backup(&copy).is_err(),
        "a backup does not replace files"
    );
    assert_content_of_v1(&Workspace::open(&copy).unwrap());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_what_is_written() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |file: &Path| std::fs::metadata(file).unwrap().permissions().mode() & 0o777;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("new/deeper/workspace.db");
    let workspace = Workspace::open(&file).unwrap();
    workspace.put_setting("a", Some("b")).unwrap();
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    for suffix in ["", "-wal", "-shm"] {
        let part = dir.path().join(format!("new/deeper/workspace.db{suffix}"));
        assert_eq!(mode(&part), 0o600, "{}", part.display());
    }
    let copy = dir.path().join("copy.db");
    workspace.backup(&copy).unwrap();
    assert_eq!(mode(&copy), 0o600);
    let old = fixture(dir.path(), "v1.db");
    drop(Workspace::open(&old).unwrap());
    assert_eq!(mode(&dir.path().join("v1.db.backup-v1")), 0o600);
}
