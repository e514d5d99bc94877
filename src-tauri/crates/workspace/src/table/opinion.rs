//! What other models said about answers: a judge's replies and the embeddings of texts.
//!
//! One is kept by what was asked of whom, so two cells with the same answer share it, and a later run need not pay for
//! it again.

use crate::codec;
use crate::door::{Durability, Tx};
use crate::error::Result;
use crate::money::{from_pico, to_pico};
use crate::page::Clause;
use crate::row::Word;
use crate::table::response_cache::CachePurge;
use crate::table::{cell, cell_body, change::Topic};
use crate::workspace::Workspace;
use plumbline_model::{Cell, Completion, Origin, Purpose, RunId, Target, UnixNanos, Usd};
use rusqlite::{Row, params, params_from_iter};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

pub(crate) const V5: &str = "
CREATE TABLE opinion (
    run_id TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    origin TEXT NOT NULL,
    asked_ns INTEGER NOT NULL,
    cost_pico INTEGER,
    reusable INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (run_id, provider, model, request_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX opinion_asked ON opinion (provider, model, request_hash, asked_ns) WHERE reusable;
";

/// Who was asked what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpinionKey {
    pub target: Target,
    /// Of the request to a judge, or of the text that was embedded; 64 hex digits.
    pub request_hash: String,
}

/// One answer of another model.
#[derive(Debug, Clone, PartialEq)]
pub struct Opinion {
    pub key: OpinionKey,
    /// Where this run has it from: asked, from an earlier run, or recorded.
    pub origin: Origin,
    /// When it was asked.
    pub asked_ns: UnixNanos,
    /// What asking cost; `None` when that is unknown.
    pub cost_usd: Option<Usd>,
    /// Whether later runs may use it.
    pub reusable: bool,
    pub said: Said,
}

/// What was said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    Reply(Box<Completion>),
    Vector(Vec<f32>),
    /// It could not be asked, or nothing usable came back.
    Nothing {
        because: String,
    },
}

impl Workspace {
    /// All opinions of a run.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn opinions_of_run(&self, run: RunId) -> Result<Vec<Opinion>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT provider, model, request_hash, origin, asked_ns, cost_pico, reusable, body
                 FROM opinion WHERE run_id = ?1",
            )?;
            let mut rows = statement.query([run.to_string()])?;
            let mut opinions = Vec::new();
            while let Some(row) = rows.next()? {
                opinions.push(read(row)?);
            }
            Ok(opinions)
        })
    }

    /// The newest that an earlier run left for others.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn earlier_opinion(&self, key: &OpinionKey) -> Result<Option<Opinion>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT provider, model, request_hash, origin, asked_ns, cost_pico, reusable, body
                 FROM opinion WHERE provider = ?1 AND model = ?2 AND request_hash = ?3 AND reusable
                 ORDER BY asked_ns DESC LIMIT 1",
            )?;
            let mut rows =
                statement.query([&key.target.provider, &key.target.model, &key.request_hash])?;
            rows.next()?.map(read).transpose()
        })
    }

    /// Stores an opinion that nobody was paid for, together with the cell it is about.
    ///
    /// # Errors
    /// Those of writing the file.
    pub fn put_opinion(&self, opinion: Opinion, cell: &Cell) -> Result<()> {
        let said = pack(&opinion)?;
        let body = cell_body::pack(cell)?;
        let cell = cell.clone();
        self.write(Durability::Normal, move |tx| {
            put(tx, cell.run_id, &opinion, &said)?;
            cell::update(tx, &cell, &body)
        })
    }

    /// The requests of a run about its answers whose fate nobody knows: they may have been paid.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn unknown_opinions(&self, run: RunId) -> Result<BTreeSet<OpinionKey>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT DISTINCT provider, model, request_hash FROM attempt
                 WHERE run_id = ?1 AND state = 'unknown' AND purpose <> ?2",
            )?;
            let mut rows = statement.query([&run.to_string(), Purpose::Answer.word()])?;
            let mut keys = BTreeSet::new();
            while let Some(row) = rows.next()? {
                keys.insert(read_key(row)?);
            }
            Ok(keys)
        })
    }
}

/// Later runs ask anew; the runs that have these opinions keep them. Answers how many.
pub(crate) fn purge(tx: &Tx<'_>, purge: &CachePurge) -> Result<u64> {
    // No opinion is made from a prompt or a document alone.
    if purge.prompt_name.is_some() || purge.document.is_some() {
        return Ok(0);
    }
    let mut clause = Clause::default();
    clause.and_some("provider = ?", purge.provider.clone());
    clause.and_some("model = ?", purge.model.clone());
    clause.and_some("asked_ns < ?", purge.before_ns.map(|at| at.0));
    clause.and("reusable = ?", true);
    let gone = tx
        .prepare(&clause.statement("UPDATE opinion SET reusable = 0", ""))?
        .execute(params_from_iter(clause.values()))?;
    Ok(gone as u64)
}

pub(crate) fn pack(opinion: &Opinion) -> Result<Vec<u8>> {
    codec::pack_json(&opinion.said)
}

/// Stores an opinion inside the caller's transaction.
pub(crate) fn put(tx: &Tx<'_>, run: RunId, opinion: &Opinion, said: &[u8]) -> Result<()> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO opinion (run_id, provider, model, request_hash, origin, asked_ns, cost_pico,
            reusable, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        run.to_string(),
        opinion.key.target.provider,
        opinion.key.target.model,
        opinion.key.request_hash,
        opinion.origin.word(),
        opinion.asked_ns.0,
        opinion.cost_usd.and_then(to_pico),
        opinion.reusable,
        said
    ])?;
    tx.announce(Topic::Cell, run.to_string());
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Opinion> {
    Ok(Opinion {
        key: read_key(row)?,
        origin: Origin::read(&row.get::<_, String>(3)?)?,
        asked_ns: UnixNanos(row.get(4)?),
        cost_usd: row.get::<_, Option<i64>>(5)?.map(from_pico),
        reusable: row.get(6)?,
        said: codec::unpack_json(&row.get::<_, Vec<u8>>(7)?)?,
    })
}

fn read_key(row: &Row<'_>) -> Result<OpinionKey> {
    Ok(OpinionKey {
        target: Target {
            provider: row.get(0)?,
            model: row.get(1)?,
        },
        request_hash: row.get(2)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;
    use crate::{AttemptAnswer, AttemptEnd, NewAttempt};
    use plumbline_model::AttemptState;

    fn key(hash: &str) -> OpinionKey {
        OpinionKey {
            target: Target {
                provider: "openai".into(),
                model: "judge".into(),
            },
            request_hash: hash.into(),
        }
    }

    fn opinion(hash: &str, reusable: bool) -> Opinion {
        Opinion {
            key: key(hash),
            origin: Origin::Live,
            asked_ns: UnixNanos(7),
            cost_usd: Some(usd("0.002")),
            reusable,
            said: Said::Vector(vec![0.25, -1.5]),
        }
    }

    fn asked(cell: &Cell, number: u8, hash: &str) -> NewAttempt {
        NewAttempt {
            purpose: Purpose::Judge,
            target: key(hash).target,
            request_hash: hash.into(),
            ..attempt(cell, number, u32::from(number))
        }
    }

    #[test]
    fn an_opinion_is_booked_once_with_its_cell_and_the_ledger_says_who_was_paid() {
        let workspace = Workspace::in_memory().unwrap();
        let cells = start_run(&workspace, 1, 1);
        let mut cell = cells[0].clone();
        workspace.attempt_sent(asked(&cell, 1, "a")).unwrap();
        cell.passed = Some(true);
        let answer = AttemptAnswer {
            id: attempt_id(1),
            answered_ns: UnixNanos(9),
            http_status: None,
            cost_usd: Some(usd("0.002")),
            cell: cell.clone(),
            cache: None,
        };
        workspace
            .attempt_gave_opinion(answer.clone(), opinion("a", true))
            .unwrap();
        assert!(
            workspace
                .attempt_gave_opinion(answer, opinion("b", true))
                .is_err()
        );
        assert_eq!(
            workspace.opinions_of_run(run_id(1)).unwrap(),
            [opinion("a", true)]
        );
        assert_eq!(workspace.cell(cell.id).unwrap().passed, Some(true));
        let ledger = workspace.attempts(run_id(1)).unwrap();
        assert_eq!(
            (ledger[0].purpose, ledger[0].model.as_str()),
            (Purpose::Judge, "judge")
        );
        assert_eq!(
            workspace.spend_of_run(run_id(1)).unwrap().paid_usd,
            usd("0.002")
        );
        assert!(workspace.doctor().unwrap().iter().all(|check| check.ok));
    }

    #[test]
    fn what_may_have_been_paid_is_told_by_what_was_asked() {
        let workspace = Workspace::in_memory().unwrap();
        let cells = start_run(&workspace, 1, 1);
        workspace.attempt_sent(asked(&cells[0], 1, "a")).unwrap();
        workspace
            .attempt_ended(AttemptEnd {
                id: attempt_id(1),
                state: AttemptState::Unknown,
                ended_ns: UnixNanos(9),
                http_status: None,
                error: "reset".into(),
                cell: None,
            })
            .unwrap();
        workspace.attempt_sent(attempt(&cells[0], 2, 2)).unwrap();
        workspace.mark_in_flight_unknown(run_id(1)).unwrap();
        let unknown = workspace.unknown_opinions(run_id(1)).unwrap();
        assert_eq!(
            unknown,
            BTreeSet::from([key("a")]),
            "the answer is not an opinion"
        );
    }

    #[test]
    fn a_purge_keeps_opinions_from_later_runs_and_not_from_their_own() {
        let workspace = Workspace::in_memory().unwrap();
        let cells = start_run(&workspace, 1, 1);
        for (hash, reusable) in [("a", true), ("b", false)] {
            workspace
                .put_opinion(opinion(hash, reusable), &cells[0])
                .unwrap();
        }
        let found = |hash: &str| workspace.earlier_opinion(&key(hash)).unwrap().is_some();
        assert!(found("a") && !found("b") && !found("c"));
        let purge = |purge: CachePurge| workspace.purge_cache(purge).unwrap();
        let of_a_prompt = CachePurge {
            prompt_name: Some("triage".into()),
            ..CachePurge::default()
        };
        assert_eq!(purge(of_a_prompt), 0);
        let of_the_judge = CachePurge {
            model: Some("judge".into()),
            ..CachePurge::default()
        };
        assert_eq!(purge(of_the_judge), 1);
        assert!(!found("a"));
        assert_eq!(workspace.opinions_of_run(run_id(1)).unwrap().len(), 2);
    }
}
