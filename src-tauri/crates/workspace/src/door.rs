//! The one write door: a thread that owns the only connection that writes.
//!
//! Writes that wait at the same time and ask for the same durability share one transaction and one sync
//! to disk; each stands in a savepoint, so one that fails takes nobody with it. An answer goes out only
//! after the commit. Every commit also notes what changed, for windows in other processes.

use crate::error::{Result, WorkspaceError};
use crate::recognise::{refuse_newer, user_version};
use crate::table::change::{self, Topic};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::thread::{self, JoinHandle};

/// What a write survives once it is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A crash of the process. Power loss may roll back the last commits, never half of one.
    Normal,
    /// Power loss too: the commit is synced before the answer. For the ledger of paid calls.
    Full,
}

/// Writes of one group. A bound, so that the first in line does not wait for a stampede.
const GROUP_LIMIT: usize = 128;

type Changes = BTreeSet<(Topic, String)>;

/// A write in progress: the connection, and the list of what it changed.
pub(crate) struct Tx<'c> {
    conn: &'c Connection,
    changes: RefCell<Changes>,
}

impl Tx<'_> {
    /// Notes that the thing changed; told to followers when the transaction commits.
    pub(crate) fn announce(&self, topic: Topic, id: impl Into<String>) {
        self.changes.borrow_mut().insert((topic, id.into()));
    }
}

impl Deref for Tx<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.conn
    }
}

/// One write on its way through the door.
trait Job: Send {
    fn durability(&self) -> Durability;
    /// Does the work; false asks to undo it.
    fn run(&mut self, tx: &Tx<'_>) -> bool;
    /// Sends the answer: the work's own, or the reason why the group was not kept.
    fn answer(self: Box<Self>, group: Result<()>);
}

/// What is told the outcome of a write after its commit; dropped untold when the writer is gone.
pub type Reply<T> = Box<dyn FnOnce(Result<T>) + Send>;

struct Task<T, F> {
    durability: Durability,
    work: Option<F>,
    outcome: Option<Result<T>>,
    reply: Reply<T>,
}

impl<T, F> Job for Task<T, F>
where
    T: Send,
    F: FnOnce(&Tx<'_>) -> Result<T> + Send,
{
    fn durability(&self) -> Durability {
        self.durability
    }

    fn run(&mut self, tx: &Tx<'_>) -> bool {
        let Some(work) = self.work.take() else {
            return false;
        };
        // A bug in one write must not close the door for all others.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(tx)))
            .unwrap_or_else(|panic| Err(WorkspaceError::Stopped(panic_text(&*panic))));
        let kept = outcome.is_ok();
        self.outcome = Some(outcome);
        kept
    }

    fn answer(self: Box<Self>, group: Result<()>) {
        let answer = match (self.outcome, group) {
            (Some(Err(own)), _) => Err(own),
            (_, Err(error)) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(WorkspaceError::Stopped("the write did not run".into())),
        };
        (self.reply)(answer);
    }
}

pub(crate) struct Door {
    path: PathBuf,
    jobs: Option<Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Door {
    pub(crate) fn open(path: PathBuf, conn: Connection) -> Result<Self> {
        let (jobs, queue) = channel();
        let file = path.clone();
        let thread = thread::Builder::new()
            .name("workspace-writer".into())
            .spawn(move || serve(conn, &file, &queue))
            .map_err(|error| WorkspaceError::cannot_open(&path, error))?;
        Ok(Self {
            path,
            jobs: Some(jobs),
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
        self.submit_then(durability, work, Box::new(reply));
        answer
    }

    /// Hands a write in without waiting; `reply` is told after the commit, on the writer's thread.
    pub(crate) fn submit_then<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
        reply: Reply<T>,
    ) {
        if let Some(jobs) = &self.jobs {
            // A closed queue drops the job and with it `reply`, which who waits for it sees.
            let _ = jobs.send(Box::new(Task {
                durability,
                work: Some(work),
                outcome: None,
                reply,
            }));
        }
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
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(mut conn: Connection, path: &Path, queue: &Receiver<Box<dyn Job>>) {
    let mut synced = None;
    let mut waiting: Option<Box<dyn Job>> = None;
    while let Some(first) = waiting.take().or_else(|| queue.recv().ok()) {
        let durability = first.durability();
        let mut group = vec![first];
        while group.len() < GROUP_LIMIT
            && let Ok(next) = queue.try_recv()
        {
            if next.durability() == durability {
                group.push(next);
            } else {
                waiting = Some(next);
                break;
            }
        }
        let outcome = set_durability(&conn, durability, &mut synced)
            .and_then(|()| run_group(&mut conn, path, &mut group));
        for job in group {
            job.answer(outcome.clone());
        }
    }
    if let Err((_, error)) = conn.close() {
        tracing::warn!(%error, "the workspace did not close cleanly; its WAL will be read next time");
    }
}

fn set_durability(
    conn: &Connection,
    wanted: Durability,
    synced: &mut Option<Durability>,
) -> Result<()> {
    if *synced != Some(wanted) {
        let level = match wanted {
            Durability::Normal => "NORMAL",
            Durability::Full => "FULL",
        };
        conn.pragma_update(None, "synchronous", level)?;
        *synced = Some(wanted);
    }
    Ok(())
}

fn run_group(conn: &mut Connection, path: &Path, group: &mut [Box<dyn Job>]) -> Result<()> {
    let mut tx = Transaction::new(conn, TransactionBehavior::Immediate)?;
    // A newer Plumbline may have migrated the file while this one had it open.
    refuse_newer(path, user_version(&tx)?)?;
    let mut changes = Changes::new();
    for job in group {
        let savepoint = tx.savepoint()?;
        let door = Tx {
            conn: &savepoint,
            changes: RefCell::default(),
        };
        let kept = job.run(&door);
        // A full disk makes SQLite undo the whole transaction; the others must not think theirs stands.
        if savepoint.is_autocommit() {
            return Err(WorkspaceError::DiskFull { file: path.into() });
        }
        if kept {
            changes.append(&mut door.changes.into_inner());
            savepoint.commit()?;
        } else {
            savepoint.finish()?;
        }
    }
    change::record(&tx, &changes)?;
    tx.commit()?;
    Ok(())
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no reason given".to_owned())
}

#[cfg(test)]
mod tests;
