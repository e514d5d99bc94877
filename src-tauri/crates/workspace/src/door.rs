//! The one write door: a thread that owns the only connection that writes.
//!
//! Writes that wait at the same time and ask for the same durability share one transaction and one sync
//! to disk; one that fails takes nobody with it. An answer goes out only after the commit, and for writes that
//! have to survive a power loss after the sync. Every commit also notes what changed, for windows in other
//! processes, and what the days' bills came to.

mod group;
mod job;
mod syncer;
mod writer;

use crate::error::{Result, WorkspaceError};
use crate::table::change::Topic;
use crate::table::day_bill::{Bills, Charge};
use job::{Job, Task, Undo};
use rusqlite::Connection;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::thread::{self, JoinHandle};
use syncer::ToDisk;
use writer::Message;

pub use job::Reply;

/// What a write survives once it is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A crash of the process. Power loss may roll back the last commits, never half of one.
    Normal,
    /// Power loss too: the commit is synced before the answer. For the ledgers, of paid calls and of environments.
    Full,
}

type Changes = BTreeSet<(Topic, String)>;

/// A write in progress: the connection, and what the whole group writes down at its end.
pub(crate) struct Tx<'c> {
    conn: &'c Connection,
    changes: RefCell<Changes>,
    pub(crate) bills: &'c RefCell<Bills>,
    pub(crate) charges: RefCell<Vec<Charge>>,
}

impl<'c> Tx<'c> {
    fn new(conn: &'c Connection, bills: &'c RefCell<Bills>) -> Self {
        Self {
            conn,
            changes: RefCell::default(),
            bills,
            charges: RefCell::default(),
        }
    }

    /// Notes that the thing changed; told to followers when the transaction commits.
    pub(crate) fn announce(&self, topic: Topic, id: impl Into<String>) {
        self.changes.borrow_mut().insert((topic, id.into()));
    }

    fn into_parts(self) -> (Changes, Vec<Charge>) {
        (self.changes.into_inner(), self.charges.into_inner())
    }
}

impl Deref for Tx<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.conn
    }
}

pub(crate) struct Door {
    path: PathBuf,
    queue: Sender<Message>,
    thread: Option<JoinHandle<()>>,
}

impl Door {
    pub(crate) fn open(path: PathBuf, conn: Connection) -> Result<Self> {
        let sync = syncer::wal_of(&conn);
        Self::open_with(path, conn, sync)
    }

    /// The same with another way to bring commits to disk than the WAL's; SQLite's own without one.
    fn open_with(path: PathBuf, conn: Connection, sync: Option<ToDisk>) -> Result<Self> {
        let (queue, messages) = channel();
        let file = path.clone();
        let sync = sync.map(|sync| (sync, queue.clone()));
        let thread = thread::Builder::new()
            .name("workspace-writer".into())
            .spawn(move || writer::serve(conn, &file, &messages, sync))
            .map_err(|error| WorkspaceError::cannot_open(&path, error))?;
        Ok(Self {
            path,
            queue,
            thread: Some(thread),
        })
    }

    /// Hands a write in without waiting; the receiver gets the answer after the commit.
    pub(crate) fn submit<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Receiver<Result<T>> {
        let (reply, answer) = sync_channel(1);
        // The caller may have gone away; the write stands all the same.
        let reply = move |outcome| drop(reply.send(outcome));
        let undo = Undo::Savepoint;
        self.send(Task::new(durability, undo, work, Box::new(reply)));
        answer
    }

    /// Hands in a write that refuses before it writes anything, without waiting; `reply` is told like any
    /// answer, on a thread of the door's. Where it fails half-way all the same, its whole group is undone.
    pub(crate) fn submit_then<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
        reply: Reply<T>,
    ) {
        self.send(Task::new(durability, Undo::Nothing, work, reply));
    }

    fn send(&self, job: impl Job + 'static) {
        // A closed queue drops the job and with it its reply, which who waits for it sees.
        let _ = self.queue.send(Message::Job(Box::new(job)));
    }

    /// Runs a write and waits for its commit.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit(durability, work)
            .recv()
            .unwrap_or_else(|_| Err(WorkspaceError::Stopped("the writer is gone".into())))
            .map_err(|error| error.at(&self.path))
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let _ = self.queue.send(Message::Close);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod sync_tests;
#[cfg(test)]
mod tests;
