//! The one write door: a thread that owns the only connection that writes.
//!
//! Writes that wait at the same time and ask for the same durability share one transaction and one sync
//! to disk; one that fails takes nobody with it. An answer goes out only after the commit. Every commit
//! also notes what changed, for windows in other processes, and what the days' bills came to.

use crate::connection::{BULK_CACHE_KIB, LEDGER_CACHE_KIB};
use crate::error::{Result, WorkspaceError};
use crate::recognise::{refuse_newer, user_version};
use crate::table::change::{self, Topic};
use crate::table::day_bill::{Bills, Charge};
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

/// How a write that fails is kept from leaving half of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Undo {
    /// It stands in a savepoint, which copies every page that it changes.
    Savepoint,
    /// It refuses before it writes anything, so there is nothing to undo but where the file fails.
    Nothing,
}

/// One write on its way through the door.
trait Job: Send {
    fn durability(&self) -> Durability;
    fn undo(&self) -> Undo;
    /// Does the work; false asks to undo it.
    fn run(&mut self, tx: &Tx<'_>) -> bool;
    /// Sends the answer: the work's own, or the reason why the group was not kept.
    fn answer(self: Box<Self>, group: Result<()>);
}

/// What is told the outcome of a write after its commit; dropped untold when the writer is gone.
pub type Reply<T> = Box<dyn FnOnce(Result<T>) + Send>;

struct Task<T, F> {
    durability: Durability,
    undo: Undo,
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

    fn undo(&self) -> Undo {
        self.undo
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
        self.send(Task {
            durability,
            undo: Undo::Savepoint,
            work: Some(work),
            outcome: None,
            reply: Box::new(reply),
        });
        answer
    }

    /// Hands in a write that refuses before it writes anything, without waiting; `reply` is told after the
    /// commit, on the writer's thread. Where it fails half-way all the same, its whole group is undone.
    pub(crate) fn submit_then<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
        reply: Reply<T>,
    ) {
        self.send(Task {
            durability,
            undo: Undo::Nothing,
            work: Some(work),
            outcome: None,
            reply,
        });
    }

    fn send(&self, job: impl Job + 'static) {
        if let Some(jobs) = &self.jobs {
            // A closed queue drops the job and with it its reply, which who waits for it sees.
            let _ = jobs.send(Box::new(job));
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
        // What a statement may have to undo is small in the ledger, and a file for it costs more than the
        // statement; an import may sort more than memory should hold, and looks up indexes at random.
        let (level, undo_in, cache_kib) = match wanted {
            Durability::Normal => ("NORMAL", "DEFAULT", BULK_CACHE_KIB),
            Durability::Full => ("FULL", "MEMORY", LEDGER_CACHE_KIB),
        };
        conn.pragma_update(None, "synchronous", level)?;
        conn.pragma_update(None, "cache_size", -cache_kib)?;
        conn.pragma_update(None, "temp_store", undo_in)?;
        *synced = Some(wanted);
    }
    Ok(())
}

fn run_group(conn: &mut Connection, path: &Path, group: &mut [Box<dyn Job>]) -> Result<()> {
    let mut tx = Transaction::new(conn, TransactionBehavior::Immediate)?;
    // A newer Plumbline may have migrated the file while this one had it open.
    refuse_newer(path, user_version(&tx)?)?;
    let bills = RefCell::new(Bills::default());
    let mut changes = Changes::new();
    let is_alone = group.len() == 1;
    for job in group {
        let has_savepoint = job.undo() == Undo::Savepoint && !is_alone;
        let before = tx.total_changes();
        let (kept, charges) = if has_savepoint {
            let savepoint = tx.savepoint()?;
            let door = Tx::new(&savepoint, &bills);
            let kept = job.run(&door).then(|| door.into_parts());
            refuse_undone(&savepoint, path)?;
            if kept.is_some() {
                savepoint.commit()?;
            } else {
                savepoint.finish()?;
            }
            kept
        } else {
            let door = Tx::new(&tx, &bills);
            let kept = job.run(&door).then(|| door.into_parts());
            refuse_undone(&tx, path)?;
            if kept.is_none() && (is_alone || tx.total_changes() != before) {
                return Err(WorkspaceError::Stopped(
                    "a write beside this one failed half-way, so both were undone".into(),
                ));
            }
            kept
        }
        .unwrap_or_default();
        changes.extend(kept);
        bills.borrow_mut().charge(charges);
    }
    bills.into_inner().write_down(&tx)?;
    change::record(&tx, &changes)?;
    tx.commit()?;
    Ok(())
}

/// A full disk makes SQLite undo the whole transaction; the others must not think theirs stands.
fn refuse_undone(conn: &Connection, path: &Path) -> Result<()> {
    if conn.is_autocommit() {
        return Err(WorkspaceError::DiskFull { file: path.into() });
    }
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
