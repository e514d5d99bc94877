//! The thread that writes: takes what waits into one transaction, commits it, and answers.

use crate::connection::{BULK_CACHE_KIB, LEDGER_CACHE_KIB};
use crate::door::Durability;
use crate::door::group::Group;
use crate::door::job::{Job, Undo};
use crate::door::syncer::{Syncer, ToDisk, answer};
use crate::error::Result;
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender};

/// Writes of one group. A bound, so that the first in line does not wait for a stampede.
const GROUP_LIMIT: usize = 256;

/// What the writer is told.
pub(super) enum Message {
    Job(Box<dyn Job>),
    /// So many groups came to disk.
    Synced(usize),
    /// No job follows.
    Close,
}

pub(super) struct Writer<'q> {
    queue: &'q Receiver<Message>,
    /// Absent where SQLite syncs by itself.
    syncer: Option<Syncer>,
    durability: Option<Durability>,
    /// The first of the next group.
    waiting: Option<Box<dyn Job>>,
    is_closing: bool,
}

/// Serves until the door closes; then what is committed is on disk and answered.
pub(super) fn serve(
    mut conn: Connection,
    path: &Path,
    queue: &Receiver<Message>,
    sync: Option<(ToDisk, Sender<Message>)>,
) {
    let syncer = sync.and_then(|(sync, synced)| Syncer::start(sync, synced).ok());
    let mut writer = Writer {
        queue,
        syncer,
        durability: None,
        waiting: None,
        is_closing: false,
    };
    while let Some(first) = writer.next() {
        let durability = first.durability();
        let mut jobs = vec![first];
        let outcome = writer
            .set_durability(&conn, durability)
            .and_then(|()| writer.run_group(&mut conn, path, &mut jobs));
        match (&mut writer.syncer, &outcome) {
            (Some(syncer), Ok(())) if durability == Durability::Full => syncer.take(jobs),
            _ => answer(jobs, &outcome),
        }
    }
    drop(writer);
    if let Err((_, error)) = conn.close() {
        tracing::warn!(%error, "the workspace did not close cleanly; its WAL will be read next time");
    }
}

impl Writer<'_> {
    /// The first job of a group; waits for one.
    fn next(&mut self) -> Option<Box<dyn Job>> {
        loop {
            if let Some(job) = self.waiting.take() {
                return Some(job);
            }
            if self.is_closing {
                return None;
            }
            self.hear(self.queue.recv().ok());
        }
    }

    /// Another job for a group that is open. While the group before it comes to disk this one could not be
    /// answered anyway, so it waits for company.
    fn next_beside(&mut self, durability: Durability) -> Option<Box<dyn Job>> {
        while self.waiting.is_none() && !self.is_closing {
            let message = if self.is_held_up(durability) {
                self.queue.recv().ok()
            } else {
                match self.queue.try_recv() {
                    Ok(message) => Some(message),
                    Err(_) => break,
                }
            };
            self.hear(message);
        }
        self.waiting.take_if(|job| job.durability() == durability)
    }

    /// Whether what is written now has to wait for the disk anyway.
    fn is_held_up(&self, durability: Durability) -> bool {
        durability == Durability::Full && self.syncer.as_ref().is_some_and(Syncer::is_busy)
    }

    fn hear(&mut self, message: Option<Message>) {
        match message {
            Some(Message::Job(job)) => self.waiting = Some(job),
            Some(Message::Synced(groups)) => {
                if let Some(syncer) = &mut self.syncer {
                    syncer.reported(groups);
                }
            }
            Some(Message::Close) | None => self.is_closing = true,
        }
    }

    fn run_group(
        &mut self,
        conn: &mut Connection,
        path: &Path,
        jobs: &mut Vec<Box<dyn Job>>,
    ) -> Result<()> {
        let mut group = Group::begin(conn, path)?;
        if let [only] = &mut jobs[..]
            && only.undo() == Undo::Savepoint
            && !self.is_held_up(only.durability())
        {
            match self.next_beside(only.durability()) {
                Some(next) => jobs.push(next),
                None => {
                    group.run_alone(&mut **only)?;
                    return group.commit();
                }
            }
        }
        let mut done = 0;
        while let Some(job) = jobs.get_mut(done) {
            let durability = job.durability();
            group.run(&mut **job)?;
            done += 1;
            if done == jobs.len() && done < GROUP_LIMIT {
                jobs.extend(self.next_beside(durability));
            }
        }
        group.commit()
    }

    fn set_durability(&mut self, conn: &Connection, wanted: Durability) -> Result<()> {
        if self.durability != Some(wanted) {
            // What a statement may have to undo is small in the ledger, and a file for it costs more than the
            // statement; an import may sort more than memory should hold, and looks up indexes at random.
            let (undo_in, cache_kib) = match wanted {
                Durability::Normal => ("DEFAULT", BULK_CACHE_KIB),
                Durability::Full => ("MEMORY", LEDGER_CACHE_KIB),
            };
            let level = match (wanted, &self.syncer) {
                (Durability::Full, None) => "FULL",
                _ => "NORMAL",
            };
            conn.pragma_update(None, "synchronous", level)?;
            conn.pragma_update(None, "cache_size", -cache_kib)?;
            conn.pragma_update(None, "temp_store", undo_in)?;
            self.durability = Some(wanted);
        }
        Ok(())
    }
}
