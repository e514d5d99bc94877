//! Writes that share one transaction: one that fails takes nobody with it.

use crate::door::job::{Job, Undo};
use crate::door::{Changes, Tx};
use crate::error::{Result, WorkspaceError};
use crate::recognise::{refuse_newer, user_version};
use crate::table::change;
use crate::table::day_bill::{Bills, Charge};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::cell::RefCell;
use std::path::Path;

/// A transaction that is open, and what it will have to write down at its end.
pub(super) struct Group<'c> {
    tx: Transaction<'c>,
    path: &'c Path,
    bills: RefCell<Bills>,
    changes: Changes,
}

impl<'c> Group<'c> {
    pub(super) fn begin(conn: &'c mut Connection, path: &'c Path) -> Result<Self> {
        let tx = Transaction::new(conn, TransactionBehavior::Immediate)?;
        // A newer Plumbline may have migrated the file while this one had it open.
        refuse_newer(path, user_version(&tx)?)?;
        Ok(Self {
            tx,
            path,
            bills: RefCell::default(),
            changes: Changes::new(),
        })
    }

    /// Runs a write beside others. An error means that the whole group has to be undone.
    pub(super) fn run(&mut self, job: &mut dyn Job) -> Result<()> {
        let kept = match job.undo() {
            Undo::Savepoint => self.run_in_savepoint(job)?,
            Undo::Nothing => {
                let before = self.tx.total_changes();
                let kept = self.run_bare(job)?;
                if kept.is_none() && self.tx.total_changes() != before {
                    return Err(undone_together());
                }
                kept
            }
        };
        self.keep(kept.unwrap_or_default());
        Ok(())
    }

    /// Runs the only write of its group, which needs no savepoint.
    pub(super) fn run_alone(&mut self, job: &mut dyn Job) -> Result<()> {
        let kept = self.run_bare(job)?.ok_or_else(undone_together)?;
        self.keep(kept);
        Ok(())
    }

    pub(super) fn commit(self) -> Result<()> {
        self.bills.into_inner().write_down(&self.tx)?;
        change::record(&self.tx, &self.changes)?;
        self.tx.commit()?;
        Ok(())
    }

    fn run_in_savepoint(&mut self, job: &mut dyn Job) -> Result<Option<(Changes, Vec<Charge>)>> {
        let savepoint = self.tx.savepoint()?;
        let door = Tx::new(&savepoint, &self.bills);
        let kept = job.run(&door).then(|| door.into_parts());
        refuse_undone(&savepoint, self.path)?;
        if kept.is_some() {
            savepoint.commit()?;
        } else {
            savepoint.finish()?;
        }
        Ok(kept)
    }

    fn run_bare(&self, job: &mut dyn Job) -> Result<Option<(Changes, Vec<Charge>)>> {
        let door = Tx::new(&self.tx, &self.bills);
        let kept = job.run(&door).then(|| door.into_parts());
        refuse_undone(&self.tx, self.path)?;
        Ok(kept)
    }

    fn keep(&mut self, (changes, charges): (Changes, Vec<Charge>)) {
        self.changes.extend(changes);
        self.bills.get_mut().charge(charges);
    }
}

fn undone_together() -> WorkspaceError {
    WorkspaceError::Stopped("a write beside this one failed half-way, so both were undone".into())
}

/// A full disk makes SQLite undo the whole transaction; the others must not think theirs stands.
fn refuse_undone(conn: &Connection, path: &Path) -> Result<()> {
    if conn.is_autocommit() {
        return Err(WorkspaceError::DiskFull { file: path.into() });
    }
    Ok(())
}
