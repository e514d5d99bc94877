//! Cells: one place of a run's matrix each, with its answer once there is one.
//!
//! What is filtered and summed stands in columns; the answer, the cost's lines and the problem are one
//! body, read only for the cells that are shown.

use crate::door::{Durability, Reply, Tx};
use crate::error::{Result, WorkspaceError};
use crate::money::to_pico;
use crate::page::{Clause, Page, like_anywhere};
use crate::row::{self, Word, count, int, int_some};
use crate::table::cell_body::{self, Body};
use crate::table::change::Topic;
use crate::table::run;
use crate::workspace::Workspace;
use plumbline_model::{Cell, CellId, CellKey, CellStatus, Origin, RunId, Target};
use rusqlite::{Row, named_params, params, params_from_iter};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

pub(crate) const V1: &str = "
CREATE TABLE cell (
    id TEXT PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    prompt_name TEXT NOT NULL,
    prompt_version TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    case_key TEXT NOT NULL,
    repeat INTEGER NOT NULL,
    status TEXT NOT NULL,
    origin TEXT,
    template_hash TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    cache_key TEXT NOT NULL,
    tokens_in_estimated INTEGER NOT NULL,
    tokens_in INTEGER,
    tokens_out INTEGER,
    latency_ms REAL,
    cost_pico INTEGER,
    attempts INTEGER NOT NULL,
    passed INTEGER,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX cell_place
    ON cell (run_id, prompt_name, prompt_version, provider, model, case_key, repeat);
CREATE UNIQUE INDEX cell_position ON cell (run_id, position);
";

/// Conversations with tools, and costs that were computed again since the ledger booked them.
pub(crate) const V5: &str = "
ALTER TABLE cell ADD COLUMN turns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cell ADD COLUMN diverged INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cell ADD COLUMN recomputed INTEGER NOT NULL DEFAULT 0;
";

/// Since a run is made of different cells before it is written: the index was asked by nobody else, and one in the
/// order of keys is dear to fill.
pub(crate) const V6: &str = "
DROP INDEX cell_place;
";

/// What narrows the cells of a run. Every condition that is set must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CellFilter {
    pub status: Option<CellStatus>,
    pub origin: Option<Origin>,
    /// Passed or failed its assertions; ungraded cells are neither.
    pub passed: Option<bool>,
    pub prompt_name: Option<String>,
    pub prompt_version: Option<String>,
    pub provider: Option<String>,
    pub model: Option<String>,
    /// Found anywhere in the case's key.
    pub case_text: Option<String>,
}

impl CellFilter {
    fn clause(&self, run: RunId) -> Clause {
        let mut clause = Clause::default();
        clause.and("run_id = ?", run.to_string());
        clause.and_some(
            "status = ?",
            self.status.map(|status| status.word().to_owned()),
        );
        clause.and_some(
            "origin = ?",
            self.origin.map(|origin| origin.word().to_owned()),
        );
        clause.and_some("passed = ?", self.passed);
        clause.and_some("prompt_name = ?", self.prompt_name.clone());
        clause.and_some("prompt_version = ?", self.prompt_version.clone());
        clause.and_some("provider = ?", self.provider.clone());
        clause.and_some("model = ?", self.model.clone());
        clause.and_some(
            "case_key LIKE ? ESCAPE '\\'",
            self.case_text.as_deref().map(like_anywhere),
        );
        clause
    }
}

/// Part of the cells of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellPage {
    pub total: u64,
    pub cells: Vec<Cell>,
}

impl Workspace {
    /// Cells of a run that the filter accepts, in the order of the matrix.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn cells(&self, run: RunId, filter: &CellFilter, page: Page) -> Result<CellPage> {
        let clause = filter.clause(run);
        self.read(|conn| {
            let total: i64 = conn
                .prepare(&clause.statement("SELECT count(*) FROM cell", ""))?
                .query_row(params_from_iter(clause.values()), |row| row.get(0))?;
            let mut statement = conn.prepare(&clause.statement(
                "SELECT id, run_id, prompt_name, prompt_version, provider, model, case_key, repeat,
                        status, origin, template_hash, request_hash, cache_key, tokens_in_estimated,
                        attempts, passed, body
                 FROM cell",
                " ORDER BY position LIMIT ? OFFSET ?",
            ))?;
            let cells =
                read_all(&mut statement.query(params_from_iter(clause.values_and_page(page)))?)?;
            Ok(CellPage {
                total: count(total),
                cells,
            })
        })
    }

    /// All cells of a run, in the order of the matrix.
    ///
    /// # Errors
    /// `NotFound` when there is no such run.
    pub fn all_cells(&self, run: RunId) -> Result<Vec<Cell>> {
        let mut cells = Vec::new();
        self.each_cell(run, &mut |cell| {
            cells.push(cell);
            ControlFlow::Continue(())
        })?;
        Ok(cells)
    }

    /// Shows each cell of a run, in the order of the matrix, until `visit` breaks off; never holds more than one.
    ///
    /// # Errors
    /// `NotFound` when there is no such run.
    pub fn each_cell(
        &self,
        run: RunId,
        visit: &mut dyn FnMut(Cell) -> ControlFlow<()>,
    ) -> Result<()> {
        self.read(|conn| {
            run::find(conn, run)?;
            let mut statement = conn.prepare_cached(
                "SELECT id, run_id, prompt_name, prompt_version, provider, model, case_key, repeat,
                        status, origin, template_hash, request_hash, cache_key, tokens_in_estimated,
                        attempts, passed, body
                 FROM cell WHERE run_id = ?1 ORDER BY position",
            )?;
            let mut rows = statement.query([run.to_string()])?;
            while let Some(row) = rows.next()? {
                if visit(read(row)?).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    /// The cells of a run that nothing was done for yet.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn pending_cells(&self, run: RunId) -> Result<Vec<Cell>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT id, run_id, prompt_name, prompt_version, provider, model, case_key, repeat,
                        status, origin, template_hash, request_hash, cache_key, tokens_in_estimated,
                        attempts, passed, body
                 FROM cell WHERE run_id = ?1 AND status = 'pending' ORDER BY position",
            )?;
            read_all(&mut statement.query([run.to_string()])?)
        })
    }

    /// One cell.
    ///
    /// # Errors
    /// `NotFound` when there is none with this id.
    pub fn cell(&self, cell: CellId) -> Result<Cell> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT id, run_id, prompt_name, prompt_version, provider, model, case_key, repeat,
                        status, origin, template_hash, request_hash, cache_key, tokens_in_estimated,
                        attempts, passed, body
                 FROM cell WHERE id = ?1",
            )?;
            let mut rows = statement.query([cell.to_string()])?;
            match rows.next()? {
                Some(row) => read(row),
                None => Err(missing(cell)),
            }
        })
    }

    /// Stores what became of a cell that cost nothing: cached, recorded or never sent. A paid answer
    /// goes through the ledger, [`Workspace::attempt_answered`]. `attempts` is the ledger's own count
    /// and is not taken from here.
    ///
    /// # Errors
    /// `NotFound` when there is no such cell.
    pub fn update_cells(&self, cells: &[Cell]) -> Result<()> {
        let packed = cells
            .iter()
            .map(|cell| Ok((cell.clone(), cell_body::pack(cell)?)))
            .collect::<Result<Vec<_>>>()?;
        self.write(Durability::Normal, move |tx| {
            packed
                .iter()
                .try_for_each(|(cell, body)| update(tx, cell, body))
        })
    }

    /// One of these without waiting: `reply` is told once it is committed.
    pub fn update_cell_then(&self, cell: Cell, reply: Reply<()>) {
        match cell_body::pack(&cell) {
            Ok(body) => self.submit_then(
                Durability::Normal,
                move |tx| update(tx, &cell, &body),
                reply,
            ),
            Err(error) => reply(Err(error)),
        }
    }

    /// Makes cells of these statuses pending again, as a person asked; answers how many.
    /// For unknown cells this is the consent to perhaps pay twice.
    ///
    /// # Errors
    /// `BadInput` for `Complete`: an answer that is there is not thrown away.
    pub fn reopen_cells(&self, run: RunId, statuses: &[CellStatus]) -> Result<u64> {
        if statuses.contains(&CellStatus::Complete) {
            return Err(WorkspaceError::BadInput(
                "cells that are answered are not sent again".into(),
            ));
        }
        let empty = cell_body::untouched()?;
        let statuses = statuses.to_vec();
        self.write(Durability::Full, move |tx| {
            let mut reopened = 0;
            for status in statuses {
                reopened += reopen_conversations(tx, run, status)?;
                reopened += tx
                    .prepare_cached(
                        "UPDATE cell SET status = 'pending', origin = NULL, tokens_in = NULL,
                                tokens_out = NULL, latency_ms = NULL, cost_pico = NULL,
                                passed = NULL, body = ?3
                         WHERE run_id = ?1 AND status = ?2",
                    )?
                    .execute(params![run.to_string(), status.word(), empty])?
                    as u64;
            }
            tx.announce(Topic::Cell, run.to_string());
            Ok(reopened)
        })
    }
}

pub(crate) fn insert(
    tx: &Tx<'_>,
    run: RunId,
    position: usize,
    cell: &Cell,
    body: &[u8],
) -> Result<()> {
    let key = &cell.key;
    tx.prepare_cached(
        "INSERT INTO cell (id, run_id, position, prompt_name, prompt_version, provider, model,
                case_key, repeat, status, template_hash, request_hash, cache_key,
                tokens_in_estimated, attempts, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 0, ?15)",
    )?
    .execute(params![
        cell.id.to_string(),
        run.to_string(),
        position as i64,
        key.prompt_name,
        key.prompt_version,
        key.target.provider,
        key.target.model,
        key.case_key,
        key.repeat,
        cell.status.word(),
        cell.template_hash,
        cell.request_hash,
        cell.cache_key,
        int(cell.tokens_in_estimated),
        body
    ])?;
    // A new cell has no outcome, but for one that can never be sent: its body says why.
    if cell.completion.is_some() || cell.origin.is_some() {
        update(tx, cell, body)?;
    }
    Ok(())
}

/// Writes a cell's outcome inside the caller's transaction.
pub(crate) fn update(tx: &Tx<'_>, cell: &Cell, body: &[u8]) -> Result<()> {
    let completion = cell.completion.as_ref();
    let usage = completion
        .map(|completion| completion.usage)
        .unwrap_or_default();
    let changed = tx
        .prepare_cached(
            "UPDATE cell SET status = :status, origin = :origin, template_hash = :template_hash,
                request_hash = :request_hash, cache_key = :cache_key,
                tokens_in_estimated = :tokens_in_estimated, tokens_in = :tokens_in,
                tokens_out = :tokens_out, latency_ms = :latency_ms, cost_pico = :cost_pico,
                passed = :passed, turns = :turns, diverged = :diverged, body = :body
             WHERE id = :id",
        )?
        .execute(named_params! {
            ":id": cell.id.to_string(),
            ":status": cell.status.word(),
            ":origin": cell.origin.map(Word::word),
            ":template_hash": cell.template_hash,
            ":request_hash": cell.request_hash,
            ":cache_key": cell.cache_key,
            ":tokens_in_estimated": int(cell.tokens_in_estimated),
            ":tokens_in": int_some(usage.tokens_in),
            ":tokens_out": int_some(usage.tokens_out),
            ":latency_ms": completion.and_then(|completion| completion.latency_ms),
            ":cost_pico": cell.cost.usd.and_then(to_pico),
            ":passed": cell.passed,
            ":turns": cell.turns.len() as i64,
            ":diverged": cell.diverged.is_some(),
            ":body": body,
        })?;
    if changed == 0 {
        return Err(missing(cell.id));
    }
    tx.announce(Topic::Cell, cell.run_id.to_string());
    Ok(())
}

/// Opens conversations where they stopped: the turns before were paid for.
fn reopen_conversations(tx: &Tx<'_>, run: RunId, status: CellStatus) -> Result<u64> {
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    {
        let mut statement = tx.prepare_cached(
            "SELECT id, body FROM cell WHERE run_id = ?1 AND status = ?2 AND turns > 0",
        )?;
        let mut rows = statement.query(params![run.to_string(), status.word()])?;
        while let Some(row) = rows.next()? {
            found.push((row.get(0)?, row.get(1)?));
        }
    }
    for (id, body) in &found {
        let open = Body::read(body)?.reopened()?;
        tx.prepare_cached(
            "UPDATE cell SET status = 'pending', tokens_in = NULL, tokens_out = NULL, latency_ms = NULL,
                    passed = NULL, diverged = 0, body = ?2
             WHERE id = ?1",
        )?
        .execute(params![id, open])?;
    }
    Ok(found.len() as u64)
}

fn missing(cell: CellId) -> WorkspaceError {
    WorkspaceError::NotFound(format!("the cell {cell}"))
}

fn read_all(rows: &mut rusqlite::Rows<'_>) -> Result<Vec<Cell>> {
    let mut cells = Vec::new();
    while let Some(row) = rows.next()? {
        cells.push(read(row)?);
    }
    Ok(cells)
}

fn read(row: &Row<'_>) -> Result<Cell> {
    let body = Body::read(row.get_ref(16)?.as_blob().map_err(rusqlite::Error::from)?)?;
    let completion = body.completion()?;
    let outcome = body.outcome;
    let origin: Option<String> = row.get(9)?;
    Ok(Cell {
        id: row::id(&row.get::<_, String>(0)?)?,
        run_id: row::id(&row.get::<_, String>(1)?)?,
        key: CellKey {
            prompt_name: row.get(2)?,
            prompt_version: row.get(3)?,
            target: Target {
                provider: row.get(4)?,
                model: row.get(5)?,
            },
            case_key: row.get(6)?,
            repeat: row.get(7)?,
        },
        status: CellStatus::read(&row.get::<_, String>(8)?)?,
        origin: origin.as_deref().map(Origin::read).transpose()?,
        template_hash: row.get(10)?,
        request_hash: row.get(11)?,
        cache_key: row.get(12)?,
        tokens_in_estimated: count(row.get(13)?),
        attempts: row.get(14)?,
        passed: row.get(15)?,
        completion,
        cost: outcome.cost,
        problem: outcome.problem,
        turns: outcome.turns,
        diverged: outcome.diverged,
        escalated_to: outcome.escalated_to,
        summary: outcome.summary,
    })
}
