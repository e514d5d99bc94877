//! Puts commits on disk beside the writer, so that the next group does its work meanwhile.
//!
//! This is the promise of `synchronous = FULL`, kept one step later: SQLite would sync the WAL at the end of the
//! commit, and nothing else could be written until the disk is done. Here a group commits without it, and its writes
//! are answered after the WAL was synced. A power loss in between takes only what nobody was told; the frames of a
//! WAL are read up to the first that is not whole, so what was synced before stands whatever was written after it.
//! Checkpoints and the first frame of a WAL are still synced by SQLite itself.

use crate::connection::is_memory;
use crate::door::job::Job;
use crate::door::writer::Message;
use crate::error::{Result, WorkspaceError};
use rusqlite::Connection;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

/// Writes that are committed, and answered once they are on disk.
type Committed = Vec<Box<dyn Job>>;

/// What brings the commits of a workspace to disk.
pub(super) type ToDisk = Box<dyn FnMut() -> io::Result<()> + Send>;

pub(super) struct Syncer {
    groups: Option<Sender<Committed>>,
    thread: Option<JoinHandle<()>>,
    /// Groups that it has and did not report.
    on_the_way: usize,
}

impl Syncer {
    /// `synced` is told how many groups came to disk each time some did, before their writes are answered.
    pub(super) fn start(sync: ToDisk, synced: Sender<Message>) -> io::Result<Self> {
        let (groups, queue) = channel();
        let thread = thread::Builder::new()
            .name("workspace-syncer".into())
            .spawn(move || serve(sync, &queue, &synced))?;
        Ok(Self {
            groups: Some(groups),
            thread: Some(thread),
            on_the_way: 0,
        })
    }

    pub(super) fn is_busy(&self) -> bool {
        self.on_the_way > 0
    }

    pub(super) fn take(&mut self, group: Committed) {
        let Some(groups) = &self.groups else { return };
        match groups.send(group) {
            Ok(()) => self.on_the_way += 1,
            Err(unsent) => answer(unsent.0, &Err(gone())),
        }
    }

    pub(super) fn reported(&mut self, groups: usize) {
        self.on_the_way = self.on_the_way.saturating_sub(groups);
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.groups = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(mut sync: ToDisk, queue: &Receiver<Committed>, synced: &Sender<Message>) {
    // After a sync that failed, the system may have dropped what it could not write: a later one that
    // succeeds says nothing about it.
    let mut outcome = Ok(());
    while let Ok(first) = queue.recv() {
        let groups: Vec<_> = [first].into_iter().chain(queue.try_iter()).collect();
        if outcome.is_ok() {
            outcome = sync().map_err(|error| WorkspaceError::Unsynced(error.to_string()));
        }
        // The writer may be gone; the writes stand all the same.
        let _ = synced.send(Message::Synced(groups.len()));
        groups.into_iter().for_each(|group| answer(group, &outcome));
    }
}

pub(super) fn answer(group: Committed, outcome: &Result<()>) {
    for job in group {
        job.answer(outcome.clone());
    }
}

fn gone() -> WorkspaceError {
    WorkspaceError::Stopped("what brings writes to disk is gone".into())
}

/// How to sync the WAL of an open workspace; `None` where there is no such file, and SQLite has to do it.
pub(super) fn wal_of(conn: &Connection) -> Option<ToDisk> {
    let file = Path::new(conn.path()?);
    if is_memory(file) {
        return None;
    }
    // SQLite makes the WAL with the first read.
    conn.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))
        .ok()?;
    let wal = open(&beside(file)).ok()?;
    Some(Box::new(move || wal.sync_data()))
}

/// Windows syncs only what was opened for writing.
fn open(wal: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).open(wal)
}

fn beside(file: &Path) -> PathBuf {
    let mut wal = file.as_os_str().to_owned();
    wal.push("-wal");
    PathBuf::from(wal)
}
