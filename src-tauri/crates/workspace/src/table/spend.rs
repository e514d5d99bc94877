//! Money in the ledger: what was paid, what is reserved, and what nobody knows.

use crate::error::Result;
use crate::money::from_halves;
use crate::row::{Word, count};
use crate::workspace::Workspace;
use plumbline_model::{AttemptState, RunId, UnixNanos, Usd};
use rusqlite::{Connection, ToSql};

/// Money in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spend {
    /// Answered calls with a known cost.
    pub paid_usd: Usd,
    /// Reserved for calls that are on their way.
    pub in_flight_usd: Usd,
    /// Reserved for calls that were sent and never seen to be answered: they may have been paid.
    pub unknown_usd: Usd,
    /// Reserved for calls whose answer did not tell what it cost, such as one that was cut.
    pub unmeasured_usd: Usd,
    /// Calls, answered or not, whose cost nobody knows and nobody reserved for.
    pub unpriced_calls: u64,
}

impl Spend {
    /// The most that may have been spent: what a cap is compared with.
    #[must_use]
    pub fn at_most(&self) -> Usd {
        self.paid_usd + self.possible()
    }

    /// What may have been spent beside what surely was.
    #[must_use]
    pub fn possible(&self) -> Usd {
        self.in_flight_usd + self.unknown_usd + self.unmeasured_usd
    }
}

/// The columns of a sum over attempts, by what is known of their cost.
macro_rules! spend_sql {
    ($condition:literal) => {
        concat!(
            "SELECT state, state = 'answered' AND cost_pico IS NOT NULL, reserved_pico IS NULL,
                    sum(CASE WHEN state = 'answered' AND cost_pico IS NOT NULL THEN cost_pico ELSE reserved_pico END
                        / 1000000000),
                    sum(CASE WHEN state = 'answered' AND cost_pico IS NOT NULL THEN cost_pico ELSE reserved_pico END
                        % 1000000000),
                    count(*)
             FROM attempt WHERE ",
            $condition,
            " AND state <> 'failed' GROUP BY 1, 2, 3"
        )
    };
}

impl Workspace {
    /// What a run has spent and may have spent.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn spend_of_run(&self, run: RunId) -> Result<Spend> {
        self.read(|conn| of_run(conn, &run.to_string()))
    }

    /// What all runs spent on requests sent at or after `since`, such as the start of the day.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn spend_since(&self, since: UnixNanos) -> Result<Spend> {
        self.read(|conn| sum(conn, spend_sql!("sent_ns >= ?1"), &since.0))
    }
}

pub(crate) fn of_run(conn: &Connection, run: &str) -> Result<Spend> {
    sum(conn, spend_sql!("run_id = ?1"), &run)
}

fn sum(conn: &Connection, sql: &'static str, key: &dyn ToSql) -> Result<Spend> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([key])?;
    let mut spend = Spend::default();
    while let Some(row) = rows.next()? {
        let state = AttemptState::read(&row.get::<_, String>(0)?)?;
        let (is_measured, is_unreserved): (bool, bool) = (row.get(1)?, row.get(2)?);
        let usd = from_halves(row.get(3)?, row.get(4)?).unwrap_or_default();
        match state {
            AttemptState::Answered if is_measured => spend.paid_usd += usd,
            AttemptState::Answered => spend.unmeasured_usd += usd,
            AttemptState::Sent => spend.in_flight_usd += usd,
            AttemptState::Unknown => spend.unknown_usd += usd,
            AttemptState::Failed => {}
        }
        if is_unreserved && !is_measured {
            spend.unpriced_calls += count(row.get(5)?);
        }
    }
    Ok(spend)
}
