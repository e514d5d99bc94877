//! What survives a power loss: nothing is answered before it is on disk, and the writer does not stand still meanwhile.

use super::*;
use crate::connection::{enter_wal, open_writer};
use crate::table::change;
use std::io;
use std::sync::mpsc::{self, TryRecvError};
use std::time::Duration;

/// A door whose disk does as it is told: each sync says that it began, and waits for its outcome.
struct Trial {
    began: mpsc::Receiver<()>,
    // Goes before the door, so that a test that fails does not leave it waiting for its disk.
    outcome: mpsc::Sender<io::Result<()>>,
    door: Door,
    folder: tempfile::TempDir,
}

impl Trial {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("w.db");
        std::fs::File::create(&file).unwrap();
        let conn = open_writer(&file).unwrap();
        enter_wal(&conn).unwrap();
        conn.execute_batch("CREATE TABLE note (word TEXT UNIQUE) STRICT; PRAGMA user_version = 0")
            .unwrap();
        conn.execute_batch(change::V1).unwrap();
        let (begin, began) = mpsc::channel();
        let (outcome, outcomes) = mpsc::channel();
        let sync = move || {
            let _ = begin.send(());
            outcomes.recv().unwrap_or(Ok(()))
        };
        let door = Door::open_with(file, conn, Some(Box::new(sync))).unwrap();
        Self {
            door,
            began,
            outcome,
            folder,
        }
    }

    fn put(&self, durability: Durability, word: &'static str) -> Receiver<Result<()>> {
        self.door.submit(durability, move |tx| {
            tx.execute("INSERT INTO note VALUES (?1)", [word])?;
            Ok(())
        })
    }

    /// The words that another process sees.
    fn seen(&self) -> Vec<String> {
        let other = Connection::open(self.folder.path().join("w.db")).unwrap();
        let mut words = other
            .prepare("SELECT word FROM note ORDER BY rowid")
            .unwrap();
        let words = words.query_map([], |row| row.get(0)).unwrap();
        words.collect::<rusqlite::Result<_>>().unwrap()
    }
}

#[test]
fn an_answer_waits_until_its_write_is_on_disk() {
    let trial = Trial::new();
    let synced = trial.put(Durability::Full, "synced");
    trial.began.recv().unwrap();
    assert_eq!(trial.seen(), ["synced"], "it is committed");
    assert_eq!(synced.try_recv(), Err(TryRecvError::Empty), "and not told");
    trial.outcome.send(Ok(())).unwrap();
    assert_eq!(synced.recv().unwrap(), Ok(()));
}

#[test]
fn what_comes_meanwhile_is_done_meanwhile_and_goes_to_disk_together() {
    let trial = Trial::new();
    let first = trial.put(Durability::Full, "first");
    trial.began.recv().unwrap();
    let (ran, has_run) = mpsc::channel();
    let second = trial.door.submit(Durability::Full, move |tx| {
        tx.execute("INSERT INTO note VALUES ('second')", [])?;
        ran.send(()).unwrap();
        Ok(())
    });
    has_run
        .recv_timeout(Duration::from_secs(60))
        .expect("it does not wait for the disk");
    let third = trial.put(Durability::Full, "third");
    trial.outcome.send(Ok(())).unwrap();
    assert_eq!(first.recv().unwrap(), Ok(()));
    trial.began.recv().unwrap();
    trial.outcome.send(Ok(())).unwrap();
    assert_eq!(second.recv().unwrap(), Ok(()));
    assert_eq!(third.recv().unwrap(), Ok(()));
    assert!(trial.began.try_recv().is_err(), "one sync for both");
}

#[test]
fn what_may_be_lost_in_a_power_cut_does_not_wait_for_the_disk() {
    let trial = Trial::new();
    let ledger = trial.put(Durability::Full, "ledger");
    trial.began.recv().unwrap();
    let import = trial.put(Durability::Normal, "import");
    assert_eq!(import.recv().unwrap(), Ok(()));
    trial.outcome.send(Ok(())).unwrap();
    assert_eq!(ledger.recv().unwrap(), Ok(()));
    assert!(trial.began.try_recv().is_err());
}

#[test]
fn a_sync_that_fails_is_told_to_all_it_was_for_and_to_all_after_them() {
    let trial = Trial::new();
    let failing = trial.put(Durability::Full, "failing");
    trial.began.recv().unwrap();
    trial
        .outcome
        .send(Err(io::Error::other("the disk is gone")))
        .unwrap();
    let told = failing.recv().unwrap().unwrap_err();
    assert_eq!(
        told.to_string(),
        "what was written did not come to the disk: the disk is gone"
    );
    let after = trial.put(Durability::Full, "after");
    assert_eq!(
        after.recv().unwrap(),
        Err(told),
        "a later sync would promise what it cannot know"
    );
    assert!(trial.began.try_recv().is_err());
}

#[test]
fn one_that_hears_and_stops_takes_nobody_along() {
    let trial = Trial::new();
    let put = |tx: &Tx<'_>| Ok(tx.execute("INSERT INTO note VALUES ('heard')", [])?);
    let stop = Box::new(|_| panic!("a bug of whoever hears"));
    trial.door.submit_then(Durability::Full, put, stop);
    trial.began.recv().unwrap();
    trial.outcome.send(Ok(())).unwrap();
    let after = trial.put(Durability::Full, "after");
    trial
        .began
        .recv_timeout(Duration::from_secs(60))
        .expect("the door is open");
    trial.outcome.send(Ok(())).unwrap();
    assert_eq!(after.recv().unwrap(), Ok(()));
}

#[test]
fn a_write_that_fails_is_told_at_once() {
    let trial = Trial::new();
    let refused = trial.door.submit(Durability::Full, |tx| {
        tx.execute("INSERT INTO note VALUES ('half')", [])?;
        Err::<(), _>(WorkspaceError::BadInput("refused".into()))
    });
    let refused = refused.recv().unwrap();
    assert_eq!(refused, Err(WorkspaceError::BadInput("refused".into())));
    assert!(trial.seen().is_empty());
    assert!(
        trial.began.try_recv().is_err(),
        "there is nothing to bring to disk"
    );
}

#[test]
fn closing_waits_for_the_disk() {
    let Trial {
        door,
        began,
        outcome,
        folder: _folder,
    } = Trial::new();
    let last = door.submit(Durability::Full, |tx| {
        tx.execute("INSERT INTO note VALUES ('last')", [])?;
        Ok(())
    });
    began.recv().unwrap();
    let closing = thread::spawn(move || drop(door));
    assert_eq!(last.try_recv(), Err(TryRecvError::Empty));
    outcome.send(Ok(())).unwrap();
    assert_eq!(last.recv().unwrap(), Ok(()));
    closing.join().unwrap();
}

#[test]
fn a_workspace_in_a_file_syncs_its_wal_beside_the_writer_and_one_in_memory_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("w.db");
    let level = |workspace: &crate::Workspace| -> i64 {
        workspace
            .write(Durability::Full, |tx| {
                Ok(tx.pragma_query_value(None, "synchronous", |row| row.get(0))?)
            })
            .unwrap()
    };
    let in_file = crate::Workspace::open(&file).unwrap();
    assert_eq!(level(&in_file), 1, "NORMAL: the syncer does it");
    assert_eq!(level(&crate::Workspace::in_memory().unwrap()), 2, "FULL");
    let conn = Connection::open(&file).unwrap();
    conn.query_row("SELECT count(*) FROM run", [], |_| Ok(()))
        .unwrap();
    assert!(syncer::wal_of(&conn).expect("a file has a WAL")().is_ok());
}
