//! Money in the ledger: what was paid, what is reserved, and what nobody knows.

use crate::error::Result;
use crate::money::from_halves;
use crate::row::{Word, count};
use crate::workspace::Workspace;
use plumbline_model::{AttemptState, RunId, UnixNanos, Usd};

/// Money in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spend {
    /// Answered calls with a known cost.
    pub paid_usd: Usd,
    /// Reserved for calls that are on their way.
    pub in_flight_usd: Usd,
    /// Reserved for calls that were sent and never seen to be answered: they may have been paid.
    pub unknown_usd: Usd,
    /// Calls, answered or not, whose cost nobody knows and nobody reserved for.
    pub unpriced_calls: u64,
}

impl Spend {
    /// The most that may have been spent: what a cap is compared with.
    #[must_use]
    pub fn at_most(&self) -> Usd {
        self.paid_usd + self.in_flight_usd + self.unknown_usd
    }
}

impl Workspace {
    /// What a run has spent and may have spent.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn spend_of_run(&self, run: RunId) -> Result<Spend> {
        let run = run.to_string();
        self.spend(
            "SELECT state, cost_pico IS NULL AND (state = 'answered' OR reserved_pico IS NULL),
                    sum(CASE state WHEN 'answered' THEN cost_pico ELSE reserved_pico END / 1000000000),
                    sum(CASE state WHEN 'answered' THEN cost_pico ELSE reserved_pico END % 1000000000),
                    count(*)
             FROM attempt WHERE run_id = ?1 AND state <> 'failed' GROUP BY 1, 2",
            &run,
        )
    }

    /// What all runs spent on requests sent at or after `since`, such as the start of the day.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn spend_since(&self, since: UnixNanos) -> Result<Spend> {
        self.spend(
            "SELECT state, cost_pico IS NULL AND (state = 'answered' OR reserved_pico IS NULL),
                    sum(CASE state WHEN 'answered' THEN cost_pico ELSE reserved_pico END / 1000000000),
                    sum(CASE state WHEN 'answered' THEN cost_pico ELSE reserved_pico END % 1000000000),
                    count(*)
             FROM attempt WHERE sent_ns >= ?1 AND state <> 'failed' GROUP BY 1, 2",
            &since.0,
        )
    }

    fn spend(&self, sql: &'static str, key: &dyn rusqlite::ToSql) -> Result<Spend> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(sql)?;
            let mut rows = statement.query([key])?;
            let mut spend = Spend::default();
            while let Some(row) = rows.next()? {
                let state = AttemptState::read(&row.get::<_, String>(0)?)?;
                let sum = from_halves(row.get(2)?, row.get(3)?).unwrap_or_default();
                match state {
                    AttemptState::Answered => spend.paid_usd += sum,
                    AttemptState::Sent => spend.in_flight_usd += sum,
                    AttemptState::Unknown => spend.unknown_usd += sum,
                    AttemptState::Failed => {}
                }
                if row.get(1)? {
                    spend.unpriced_calls += count(row.get(4)?);
                }
            }
            Ok(spend)
        })
    }
}
