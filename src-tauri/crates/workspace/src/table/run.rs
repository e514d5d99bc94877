//! Runs: what was asked, whether it is over, and which process works on it.
//!
//! A running run names its owner and the owner's last sign of life. Whether that owner lives is for the
//! caller to say; this table only takes care that nobody is declared dead who signed meanwhile.

use crate::codec;
use crate::door::{Durability, Tx};
use crate::error::{Result, WorkspaceError};
use crate::row::{self, Word};
use crate::table::change::Topic;
use crate::table::run_prompt::{self, RunPrompt};
use crate::table::{cell, cell_body, run_totals};
use crate::workspace::Workspace;
use plumbline_model::{
    Cell, CellKey, CellStatus, Run, RunId, RunPlan, RunStatus, RunTotals, UnixNanos, Usd,
};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

pub(crate) const V1: &str = "
CREATE TABLE run (
    id TEXT PRIMARY KEY,
    plan TEXT NOT NULL,
    status TEXT NOT NULL,
    started_ns INTEGER NOT NULL,
    ended_ns INTEGER,
    owner_pid INTEGER NOT NULL,
    heartbeat_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX run_status ON run (status);
";

/// What was expected of a run before it began, and why it ended before its end.
pub(crate) const V4: &str = "
ALTER TABLE run ADD COLUMN estimate TEXT;
ALTER TABLE run ADD COLUMN ended_because TEXT;
";

/// The process that works on a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    pub pid: u32,
    /// Its last sign of life.
    pub heartbeat_ns: UnixNanos,
}

/// A run that begins.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRun {
    pub run: Run,
    pub owner: Owner,
    /// The prompt texts the cells are made from.
    pub prompts: Vec<RunPrompt>,
}

/// A run with its sums, as a list shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    pub run: Run,
    pub totals: RunTotals,
}

impl Workspace {
    /// Stores a run with all its cells in one transaction; each is asked for when its turn comes.
    ///
    /// # Errors
    /// `Conflict` when two cells stand for the same place of the matrix.
    pub fn create_run(
        &self,
        new: NewRun,
        cells: impl IntoIterator<Item = Cell, IntoIter: Send + 'static>,
    ) -> Result<()> {
        let plan = codec::json(&new.run.plan)?;
        let estimate = new.run.estimate.as_ref().map(codec::json).transpose()?;
        let cells = cells.into_iter();
        self.write(Durability::Full, move |tx| {
            let (run, owner) = (&new.run, new.owner);
            tx.prepare_cached(
                "INSERT INTO run (id, plan, status, started_ns, ended_ns, owner_pid, heartbeat_ns, estimate)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                run.id.to_string(),
                plan,
                run.status.word(),
                run.started_ns.0,
                run.ended_ns.map(|at| at.0),
                owner.pid,
                owner.heartbeat_ns.0,
                estimate
            ])?;
            run_prompt::insert(tx, run.id, &new.prompts)?;
            let untouched = cell_body::untouched()?;
            let mut places = HashSet::new();
            for (position, cell) in cells.enumerate() {
                if places.contains(&cell.key) {
                    return Err(twin(&cell.key));
                }
                if cell.status == CellStatus::Pending {
                    cell::insert(tx, run.id, position, &cell, &untouched)?;
                } else {
                    let body = cell_body::pack(&cell)?;
                    cell::insert(tx, run.id, position, &cell, &body)?;
                }
                places.insert(cell.key);
            }
            announce(tx, run.id);
            Ok(())
        })
    }

    /// One run.
    ///
    /// # Errors
    /// `NotFound` when there is none with this id.
    pub fn run(&self, run: RunId) -> Result<Run> {
        self.read(|conn| find(conn, run))
    }

    /// All runs with their sums, newest first.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn list_runs(&self) -> Result<Vec<RunSummary>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(&select("ORDER BY id DESC"))?;
            let mut rows = statement.query([])?;
            let mut runs = Vec::new();
            while let Some(row) = rows.next()? {
                let run = read(row)?;
                let totals = run_totals::totals(conn, run.id)?;
                runs.push(RunSummary { run, totals });
            }
            Ok(runs)
        })
    }

    /// Counts and sums over the cells of a run. Sums are exact to a picodollar.
    ///
    /// # Errors
    /// `NotFound` when there is no such run.
    pub fn run_totals(&self, run: RunId) -> Result<RunTotals> {
        self.read(|conn| {
            find(conn, run)?;
            run_totals::totals(conn, run)
        })
    }

    /// Says how a run ended.
    ///
    /// # Errors
    /// `NotFound` when there is no such run.
    pub fn set_run_status(
        &self,
        run: RunId,
        status: RunStatus,
        ended_ns: Option<UnixNanos>,
    ) -> Result<()> {
        self.end_run(run, status, ended_ns, None)
    }

    /// Says how a run ended, and why before its end.
    ///
    /// # Errors
    /// `NotFound` when there is no such run.
    pub fn end_run(
        &self,
        run: RunId,
        status: RunStatus,
        ended_ns: Option<UnixNanos>,
        because: Option<String>,
    ) -> Result<()> {
        self.write(Durability::Full, move |tx| {
            let changed = tx
                .prepare_cached(
                    "UPDATE run SET status = ?2, ended_ns = ?3, ended_because = ?4 WHERE id = ?1",
                )?
                .execute(params![
                    run.to_string(),
                    status.word(),
                    ended_ns.map(|at| at.0),
                    because
                ])?;
            announce(tx, run);
            found(changed, run)
        })
    }

    /// Who works on a run; `None` when nobody does.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn run_owner(&self, run: RunId) -> Result<Option<Owner>> {
        let wanted = run.to_string();
        let owners = self.read(running)?.into_iter();
        Ok(owners
            .filter(|(id, _)| *id == wanted)
            .map(|(_, owner)| owner)
            .next())
    }

    /// Replaces the cap that a run was started with.
    ///
    /// # Errors
    /// `NotFound` when there is no such run.
    pub fn set_run_cap(&self, run: RunId, cap_usd: Option<Usd>) -> Result<()> {
        self.write(Durability::Full, move |tx| {
            let plan = codec::json(&RunPlan {
                cap_usd,
                ..find(tx, run)?.plan
            })?;
            tx.prepare_cached("UPDATE run SET plan = ?2 WHERE id = ?1")?
                .execute(params![run.to_string(), plan])?;
            announce(tx, run);
            Ok(())
        })
    }

    /// A sign of life of the owner.
    ///
    /// # Errors
    /// `Conflict` when the run no longer belongs to this process or no longer runs: stop working on it.
    pub fn heartbeat(&self, run: RunId, owner: Owner) -> Result<()> {
        self.write(Durability::Normal, move |tx| {
            let changed = tx
                .prepare_cached(
                    "UPDATE run SET heartbeat_ns = ?3
                     WHERE id = ?1 AND owner_pid = ?2 AND status = 'running'",
                )?
                .execute(params![run.to_string(), owner.pid, owner.heartbeat_ns.0])?;
            if changed == 0 {
                return Err(WorkspaceError::Conflict(format!(
                    "the run {run} is no longer worked on by process {}",
                    owner.pid
                )));
            }
            Ok(())
        })
    }

    /// Marks as interrupted every running run whose owner `is_alive` denies, and answers which.
    ///
    /// # Errors
    /// Those of reading and writing the file.
    pub fn interrupt_stale_runs(
        &self,
        is_alive: impl Fn(&Owner) -> bool,
        at: UnixNanos,
    ) -> Result<Vec<RunId>> {
        let stale: Vec<(String, Owner)> = self
            .read(running)?
            .into_iter()
            .filter(|(_, owner)| !is_alive(owner))
            .collect();
        if stale.is_empty() {
            return Ok(Vec::new());
        }
        self.write(Durability::Full, move |tx| {
            let mut interrupted = Vec::new();
            for (id, owner) in stale {
                // Only if nobody signed since: a resumed run has a new owner or a newer heartbeat.
                let changed = tx
                    .prepare_cached(
                        "UPDATE run SET status = 'interrupted', ended_ns = ?4
                         WHERE id = ?1 AND status = 'running' AND owner_pid = ?2
                           AND heartbeat_ns = ?3",
                    )?
                    .execute(params![id, owner.pid, owner.heartbeat_ns.0, at.0])?;
                if changed > 0 {
                    let run = row::id(&id)?;
                    announce(tx, run);
                    interrupted.push(run);
                }
            }
            Ok(interrupted)
        })
    }

    /// Takes over a run that is not being worked on, to go on with it.
    ///
    /// # Errors
    /// `Conflict` while another process works on it; `NotFound` when there is no such run.
    pub fn take_over_run(&self, run: RunId, owner: Owner) -> Result<Run> {
        self.write(Durability::Full, move |tx| {
            let now = find(tx, run)?;
            if now.status == RunStatus::Running {
                return Err(WorkspaceError::Conflict(format!(
                    "the run {run} is being worked on by another process"
                )));
            }
            tx.prepare_cached(
                "UPDATE run SET status = 'running', ended_ns = NULL, ended_because = NULL, owner_pid = ?2,
                        heartbeat_ns = ?3
                 WHERE id = ?1",
            )?
            .execute(params![run.to_string(), owner.pid, owner.heartbeat_ns.0])?;
            announce(tx, run);
            find(tx, run)
        })
    }
}

fn announce(tx: &Tx<'_>, run: RunId) {
    tx.announce(Topic::Run, run.to_string());
}

fn found(changed: usize, run: RunId) -> Result<()> {
    if changed == 0 {
        return Err(missing(run));
    }
    Ok(())
}

pub(crate) fn missing(run: RunId) -> WorkspaceError {
    WorkspaceError::NotFound(format!("the run {run}"))
}

fn running(conn: &Connection) -> Result<Vec<(String, Owner)>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, owner_pid, heartbeat_ns FROM run WHERE status = 'running' ORDER BY id",
    )?;
    let rows = statement.query_map([], |row| {
        Ok((
            row.get(0)?,
            Owner {
                pid: row.get(1)?,
                heartbeat_ns: UnixNanos(row.get(2)?),
            },
        ))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn select(which: &str) -> String {
    format!(
        "SELECT id, plan, status, started_ns, ended_ns, estimate, ended_because FROM run {which}"
    )
}

pub(crate) fn find(conn: &Connection, run: RunId) -> Result<Run> {
    let mut statement = conn.prepare_cached(&select("WHERE id = ?1"))?;
    let mut rows = statement.query([run.to_string()])?;
    match rows.next()? {
        Some(row) => read(row),
        None => Err(missing(run)),
    }
}

/// Each place of the matrix has one cell.
fn twin(key: &CellKey) -> WorkspaceError {
    WorkspaceError::Conflict(format!(
        "the run has two cells for {}@{} on {}, case `{}`, repeat {}",
        key.prompt_name, key.prompt_version, key.target, key.case_key, key.repeat
    ))
}

fn read(row: &Row<'_>) -> Result<Run> {
    Ok(Run {
        id: row::id(&row.get::<_, String>(0)?)?,
        plan: codec::from_json(row.get::<_, String>(1)?.as_bytes())?,
        status: RunStatus::read(&row.get::<_, String>(2)?)?,
        started_ns: UnixNanos(row.get(3)?),
        ended_ns: row.get::<_, Option<i64>>(4)?.map(UnixNanos),
        estimate: row
            .get::<_, Option<String>>(5)?
            .map(|estimate| codec::from_json(estimate.as_bytes()))
            .transpose()?,
        ended_because: row.get(6)?,
    })
}
