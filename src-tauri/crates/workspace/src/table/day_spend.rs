//! Money by day (UTC), and the cap on it that holds for every run and every process.
//!
//! The cap is checked in the transaction that writes an attempt down, so two programs cannot overshoot together.

use crate::door::Tx;
use crate::error::{Result, WorkspaceError};
use crate::money::{from_pico, to_pico};
use crate::workspace::Workspace;
use plumbline_model::{UnixNanos, Usd};
use rusqlite::{Connection, OptionalExtension, params};

/// What a day's requests cost at most: what was paid, and what is reserved for the rest. A row a day, since a sum over
/// the ledger before every request takes time in the square of the requests.
pub(crate) const V4: &str = "
CREATE TABLE day_spend (
    day INTEGER PRIMARY KEY,
    at_most_pico INTEGER NOT NULL
) STRICT;
INSERT INTO day_spend
    SELECT sent_ns / 86400000000000,
        CAST(min(total(CASE WHEN state = 'answered' THEN coalesce(cost_pico, reserved_pico) ELSE reserved_pico END),
            9e18) AS INTEGER)
    FROM attempt WHERE state <> 'failed' GROUP BY 1;
";

/// The setting that holds the cap, in US dollars.
const CAP_SETTING: &str = "cap_day_usd";
const DAY_NS: i64 = 86_400_000_000_000;

impl Workspace {
    /// The most that all runs together may spend on one day (UTC); `None` without a limit.
    ///
    /// # Errors
    /// `Damaged` when the setting is no amount: a cap that cannot be read is not taken for none.
    pub fn day_cap(&self) -> Result<Option<Usd>> {
        self.read(cap)
    }

    /// Sets the cap of a day, from the next request on; `None` removes it.
    ///
    /// # Errors
    /// `BadInput` for a negative amount or one above nine million dollars.
    pub fn set_day_cap(&self, cap: Option<Usd>) -> Result<()> {
        if let Some(usd) = cap
            && (usd < Usd::ZERO || to_pico(usd).is_none())
        {
            return Err(WorkspaceError::BadInput(format!(
                "a day cannot be capped at ${usd}"
            )));
        }
        self.put_setting(CAP_SETTING, cap.map(|usd| usd.to_string()).as_deref())
    }

    /// The most that requests of the day of `at` have cost.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn day_at_most(&self, at: UnixNanos) -> Result<Usd> {
        self.read(|conn| Ok(from_pico(at_most(conn, day_of(at))?)))
    }
}

fn day_of(at: UnixNanos) -> i64 {
    at.0.div_euclid(DAY_NS)
}

fn cap(conn: &Connection) -> Result<Option<Usd>> {
    let text: Option<String> = conn
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([CAP_SETTING], |row| row.get(0))
        .optional()?;
    text.map(|text| {
        text.parse().map_err(|_| {
            WorkspaceError::Damaged(format!("the cap of a day is no amount: `{text}`"))
        })
    })
    .transpose()
}

fn at_most(conn: &Connection, day: i64) -> Result<i64> {
    let found = conn
        .prepare_cached("SELECT at_most_pico FROM day_spend WHERE day = ?1")?
        .query_row([day], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(0))
}

/// Reserves money for a request that goes out at `sent`, or refuses it.
pub(super) fn reserve(tx: &Tx<'_>, sent: UnixNanos, reserved_pico: Option<i64>) -> Result<()> {
    if let Some(limit) = cap(tx)? {
        let Some(reserved) = reserved_pico else {
            return Err(WorkspaceError::NoBound { cap: limit });
        };
        let spent = at_most(tx, day_of(sent))?;
        let after = spent.checked_add(reserved);
        if after.is_none_or(|after| to_pico(limit).is_some_and(|limit| after > limit)) {
            return Err(WorkspaceError::DayCap {
                cap: limit,
                spent: from_pico(spent),
            });
        }
    }
    add(tx, day_of(sent), reserved_pico.unwrap_or(0))
}

/// Books what a request came to cost in place of what was reserved, on the day it was sent.
pub(super) fn settle(tx: &Tx<'_>, attempt: &str, cost_pico: Option<i64>) -> Result<()> {
    let (sent, reserved): (i64, Option<i64>) = tx
        .prepare_cached("SELECT sent_ns, reserved_pico FROM attempt WHERE id = ?1")?
        .query_row([attempt], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some(cost) = cost_pico else {
        // Nobody knows: what was reserved stays.
        return Ok(());
    };
    let change = cost.saturating_sub(reserved.unwrap_or(0));
    add(tx, day_of(UnixNanos(sent)), change)
}

fn add(tx: &Tx<'_>, day: i64, pico: i64) -> Result<()> {
    let after = at_most(tx, day)?.saturating_add(pico).max(0);
    tx.prepare_cached("INSERT OR REPLACE INTO day_spend (day, at_most_pico) VALUES (?1, ?2)")?
        .execute(params![day, after])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;
    use crate::{AttemptAnswer, AttemptEnd, NewAttempt};
    use plumbline_model::{AttemptState, Cell};

    fn sent_on(cell: &Cell, number: u8, day: i64) -> NewAttempt {
        NewAttempt {
            sent_ns: UnixNanos(day * DAY_NS + i64::from(number)),
            ..attempt(cell, number, 1)
        }
    }

    fn answer(workspace: &Workspace, cell: &Cell, number: u8, cost: Option<&str>) {
        workspace
            .attempt_answered(AttemptAnswer {
                id: attempt_id(number),
                answered_ns: UnixNanos(9 * DAY_NS),
                http_status: Some(200),
                cost_usd: cost.map(usd),
                cell: answered(cell, cost),
                cache: None,
            })
            .unwrap();
    }

    #[test]
    fn a_day_pays_up_to_its_cap_and_what_is_unsure_stays_on_its_bill() {
        let workspace = Workspace::in_memory().unwrap();
        let cells = start_run(&workspace, 1, 6);
        workspace.set_day_cap(Some(usd("0.025"))).unwrap();
        let send = |number: u8, day| {
            workspace.attempt_sent(sent_on(&cells[usize::from(number) - 1], number, day))
        };
        send(1, 5).unwrap();
        send(2, 5).unwrap();
        let refused = send(3, 5).unwrap_err();
        assert!(
            matches!(&refused, WorkspaceError::DayCap { spent, .. } if *spent == usd("0.02")),
            "{refused}"
        );
        send(4, 6).unwrap();
        answer(&workspace, &cells[0], 1, Some("0.004"));
        send(3, 5).unwrap();
        assert_eq!(
            workspace.day_at_most(UnixNanos(5 * DAY_NS)).unwrap(),
            usd("0.024")
        );
        workspace
            .attempt_ended(AttemptEnd {
                id: attempt_id(3),
                state: AttemptState::Failed,
                ended_ns: UnixNanos(9 * DAY_NS),
                http_status: Some(500),
                error: "no".into(),
                cell: None,
            })
            .unwrap();
        assert_eq!(
            workspace.day_at_most(UnixNanos(5 * DAY_NS)).unwrap(),
            usd("0.014")
        );
        // Nobody says what the second one cost: all that was reserved for it stays on the bill.
        answer(&workspace, &cells[1], 2, None);
        send(5, 5).unwrap();
        assert!(send(6, 5).is_err());
        assert_eq!(
            workspace.day_at_most(UnixNanos(5 * DAY_NS)).unwrap(),
            usd("0.024")
        );
        let spend = workspace.spend_of_run(run_id(1)).unwrap();
        assert_eq!(
            (spend.paid_usd, spend.unmeasured_usd, spend.unpriced_calls),
            (usd("0.004"), usd("0.01"), 0)
        );
    }

    #[test]
    fn a_day_that_was_told_too_little_is_found() {
        let workspace = Workspace::in_memory().unwrap();
        let cells = start_run(&workspace, 1, 1);
        workspace.attempt_sent(sent_on(&cells[0], 1, 5)).unwrap();
        let days = || {
            let checks = workspace.doctor().unwrap();
            checks
                .into_iter()
                .find(|check| check.name == "days")
                .unwrap()
        };
        assert!(days().ok);
        workspace
            .write(crate::Durability::Normal, |tx| {
                tx.execute("UPDATE day_spend SET at_most_pico = 0", [])?;
                Ok(())
            })
            .unwrap();
        assert!(!days().ok);
    }

    #[test]
    fn a_call_without_a_bound_is_not_sent_under_a_cap_and_a_broken_cap_is_no_free_pass() {
        let workspace = Workspace::in_memory().unwrap();
        let cells = start_run(&workspace, 1, 2);
        let unbounded = |number: u8| NewAttempt {
            reserved_usd: None,
            ..sent_on(&cells[usize::from(number) - 1], number, 5)
        };
        workspace.set_day_cap(Some(usd("100"))).unwrap();
        let refused = workspace.attempt_sent(unbounded(1)).unwrap_err();
        assert!(
            matches!(refused, WorkspaceError::NoBound { .. }),
            "{refused}"
        );
        workspace.set_day_cap(None).unwrap();
        workspace.attempt_sent(unbounded(1)).unwrap();
        workspace.put_setting(CAP_SETTING, Some("a lot")).unwrap();
        let refused = workspace.attempt_sent(unbounded(2)).unwrap_err();
        assert!(matches!(refused, WorkspaceError::Damaged(_)), "{refused}");
        assert!(workspace.set_day_cap(Some(usd("-1"))).is_err());
    }
}
