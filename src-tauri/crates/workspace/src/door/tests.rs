//! What the door promises: answers after commits, no job hurt by another, plain words when it is locked.

use super::*;
use crate::Workspace;
use crate::testing::*;
use std::sync::mpsc;
use std::time::Duration;

/// Keeps the writer busy, lets `submit` queue jobs behind it, then lets go: they become one group.
fn grouped<T>(workspace: &Workspace, submit: impl FnOnce(&Door) -> T) -> T {
    let (started, has_started) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let blocker = workspace.door().submit(Durability::Normal, move |_| {
        started.send(()).unwrap();
        released.recv().unwrap();
        Ok(())
    });
    has_started.recv().unwrap();
    let waiting = submit(workspace.door());
    release.send(()).unwrap();
    blocker.recv().unwrap().unwrap();
    waiting
}

fn put(key: &'static str) -> impl FnOnce(&Tx<'_>) -> Result<()> + Send + 'static {
    move |tx| {
        tx.execute("INSERT INTO setting (name, value) VALUES (?1, '')", [key])?;
        tx.announce(Topic::Setting, key);
        Ok(())
    }
}

#[test]
fn one_job_of_a_group_may_fail_or_panic_without_taking_the_others_along() {
    let workspace = Workspace::in_memory().unwrap();
    let (first, failing, panicking, last) = grouped(&workspace, |door| {
        (
            door.submit(Durability::Normal, put("first")),
            door.submit(Durability::Normal, |tx| {
                put("undone")(tx)?;
                Err::<(), _>(WorkspaceError::BadInput("refused".into()))
            }),
            door.submit(Durability::Normal, |tx| -> Result<()> {
                put("undone too")(tx)?;
                panic!("a bug");
            }),
            door.submit(Durability::Normal, put("last")),
        )
    });
    first.recv().unwrap().unwrap();
    last.recv().unwrap().unwrap();
    assert_eq!(
        failing.recv().unwrap(),
        Err(WorkspaceError::BadInput("refused".into()))
    );
    assert_eq!(
        panicking.recv().unwrap(),
        Err(WorkspaceError::Stopped("a bug".into()))
    );
    let kept: Vec<String> = workspace.settings().unwrap().into_keys().collect();
    assert_eq!(kept, ["first", "last"]);
    let told = workspace.changes_since(0).unwrap().changes;
    assert_eq!(told.len(), 2, "only what was kept is announced");
    workspace.put_setting("after", Some("")).unwrap();
}

#[test]
fn jobs_that_wait_together_share_one_transaction_and_other_durability_does_not() {
    let workspace = Workspace::in_memory().unwrap();
    // Changes are noted once per transaction, at its end: a job sees those of earlier transactions only.
    let job = |tx: &Tx<'_>| {
        tx.announce(Topic::Setting, "x");
        let level: i64 = tx.pragma_query_value(None, "synchronous", |row| row.get(0))?;
        let noted: i64 = tx.query_row("SELECT count(*) FROM change", [], |row| row.get(0))?;
        Ok((noted, level))
    };
    let answers = grouped(&workspace, |door| {
        [Durability::Full, Durability::Full, Durability::Normal]
            .map(|durability| door.submit(durability, job))
    });
    let seen = answers.map(|answer| answer.recv().unwrap().unwrap());
    assert_eq!(
        seen,
        [(0, 2), (0, 2), (1, 1)],
        "two synced jobs in one transaction (FULL is 2), then one that is not (NORMAL is 1)"
    );
}

#[test]
fn a_lock_held_by_another_process_is_busy_and_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("w.db");
    let workspace = Workspace::open(&file).unwrap();
    workspace
        .write(Durability::Normal, |tx| {
            Ok(tx.busy_timeout(Duration::from_millis(20))?)
        })
        .unwrap();
    let other = Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = workspace.put_setting("a", Some("b")).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "another process is writing to {}",
            workspace.path().display()
        )
    );
    assert_eq!(
        plumbline_model::Problem::from(error).code,
        plumbline_model::Code::Busy
    );
    assert_eq!(workspace.settings().unwrap().len(), 0, "readers go on");
    other.execute_batch("ROLLBACK").unwrap();
    workspace.put_setting("a", Some("b")).unwrap();
}

#[test]
fn a_file_that_a_newer_plumbline_migrated_meanwhile_is_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("w.db");
    let workspace = Workspace::open(&file).unwrap();
    let newer = Connection::open(&file).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    let error = workspace.put_setting("a", Some("b")).unwrap_err();
    assert!(matches!(
        error,
        WorkspaceError::NewerWorkspace { needs: 99, .. }
    ));
}

#[test]
fn readers_cannot_write() {
    let workspace = Workspace::in_memory().unwrap();
    let outcome = workspace.read(|conn| Ok(conn.execute("DELETE FROM setting", [])?));
    assert!(outcome.is_err(), "there is one write door");
}

#[test]
fn a_full_disk_is_said_in_words_and_loses_nothing_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(&dir.path().join("w.db")).unwrap();
    let import = begin(&workspace, 1);
    // The page limit makes SQLite behave as on a full disk, without needing one.
    workspace
        .write(Durability::Normal, |tx| {
            let pages: i64 = tx.pragma_query_value(None, "page_count", |row| row.get(0))?;
            tx.query_row("SELECT 1", [], |_| Ok(()))?;
            tx.pragma_update_and_check(None, "max_page_count", pages + 20, |_| Ok(()))?;
            Ok(())
        })
        .unwrap();
    let mut stored = 0;
    let error = loop {
        let mut span = call("t", &format!("s{stored}"), stored);
        span.name = Some("x".repeat(20_000));
        match workspace.append_spans(import, vec![imported(span)]) {
            Ok(outcome) => stored += outcome.stored as i64,
            Err(error) => break error,
        }
        assert!(stored < 1_000, "the limit must be reached");
    };
    assert!(matches!(error, WorkspaceError::DiskFull { .. }), "{error}");
    assert_eq!(
        workspace.import(import).unwrap().counts.stored as i64,
        stored
    );
    workspace
        .write(Durability::Normal, |tx| {
            tx.pragma_update_and_check(None, "max_page_count", 1_000_000, |_| Ok(()))?;
            Ok(())
        })
        .unwrap();
    workspace
        .append_spans(import, vec![imported(call("t", "after", 1))])
        .unwrap();
    assert!(workspace.doctor().unwrap().iter().all(|check| check.ok));
}

#[test]
fn a_write_that_refuses_before_it_writes_takes_nobody_along_and_one_that_fails_half_way_everybody()
{
    let workspace = Workspace::in_memory().unwrap();
    let hand_in = |door: &Door, work: fn(&Tx<'_>) -> Result<()>| {
        let (told, answer) = mpsc::channel();
        let reply = move |outcome| drop(told.send(outcome));
        door.submit_then(Durability::Normal, work, Box::new(reply));
        answer
    };
    let refuse = |_: &Tx<'_>| Err(WorkspaceError::BadInput("refused".into()));
    let (first, refused) = grouped(&workspace, |door| {
        (hand_in(door, |tx| put("first")(tx)), hand_in(door, refuse))
    });
    first.recv().unwrap().unwrap();
    let refused = refused.recv().unwrap();
    assert_eq!(refused, Err(WorkspaceError::BadInput("refused".into())));
    let half = |tx: &Tx<'_>| {
        put("half")(tx)?;
        Err(WorkspaceError::BadInput("half-way".into()))
    };
    let (beside, failing) = grouped(&workspace, |door| {
        (hand_in(door, |tx| put("beside")(tx)), hand_in(door, half))
    });
    assert!(beside.recv().unwrap().is_err(), "its write was undone");
    assert!(failing.recv().unwrap().is_err());
    let kept: Vec<String> = workspace.settings().unwrap().into_keys().collect();
    assert_eq!(kept, ["first"]);
    workspace.put_setting("after", Some("")).unwrap();
}

#[test]
fn a_write_that_is_alone_and_fails_leaves_nothing() {
    let workspace = Workspace::in_memory().unwrap();
    let failed = workspace.write(Durability::Normal, |tx| {
        tx.execute_batch("CREATE TABLE half (a)")?;
        Err::<(), _>(WorkspaceError::BadInput("refused".into()))
    });
    assert_eq!(failed, Err(WorkspaceError::BadInput("refused".into())));
    let table = workspace.read(|conn| Ok(conn.prepare("SELECT * FROM half").is_ok()));
    assert_eq!(table, Ok(false));
}
