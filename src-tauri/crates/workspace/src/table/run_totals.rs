//! The sums of a run over its cells and its ledger.

use crate::error::Result;
use crate::money::from_halves;
use crate::row::count;
use crate::table::spend;
use plumbline_model::{RunId, RunTotals};
use rusqlite::Connection;

/// The sums of one run. A cell counts once: by its status, and when complete by where its answer is from.
pub(crate) fn totals(conn: &Connection, run: RunId) -> Result<RunTotals> {
    let run = run.to_string();
    let mut totals = conn
        .prepare_cached(
            "SELECT count(*),
                count(*) FILTER (WHERE status = 'pending'),
                count(*) FILTER (WHERE status = 'complete' AND origin = 'live'),
                count(*) FILTER (WHERE status = 'complete' AND origin = 'cached'),
                count(*) FILTER (WHERE status = 'complete' AND origin = 'recorded'),
                count(*) FILTER (WHERE status = 'failed'),
                count(*) FILTER (WHERE status = 'unknown'),
                count(*) FILTER (WHERE status = 'truncated'),
                count(*) FILTER (WHERE status = 'not_sent'),
                count(*) FILTER (WHERE passed),
                count(passed),
                CAST(total(tokens_in) AS INTEGER), count(tokens_in),
                CAST(total(tokens_out) AS INTEGER), count(tokens_out),
                sum(cost_pico / 1000000000), sum(cost_pico % 1000000000),
                count(*) FILTER (WHERE status IN ('complete', 'truncated') AND cost_pico IS NULL),
                sum(cost_pico / 1000000000) FILTER (WHERE origin = 'cached'),
                sum(cost_pico % 1000000000) FILTER (WHERE origin = 'cached'),
                count(*) FILTER (WHERE diverged)
             FROM cell WHERE run_id = ?1",
        )?
        .query_row([&run], |row| {
            let number = |at| Ok::<_, rusqlite::Error>(count(row.get(at)?));
            Ok(RunTotals {
                cells: number(0)?,
                pending: number(1)?,
                live: number(2)?,
                cached: number(3)?,
                recorded: number(4)?,
                failed: number(5)?,
                unknown: number(6)?,
                truncated: number(7)?,
                not_sent: number(8)?,
                passed: number(9)?,
                graded: number(10)?,
                tokens_in: Some(number(11)?)
                    .filter(|_| row.get(12).is_ok_and(|known: i64| known > 0)),
                tokens_out: Some(number(13)?)
                    .filter(|_| row.get(14).is_ok_and(|known: i64| known > 0)),
                cost_usd: from_halves(row.get(15)?, row.get(16)?),
                unpriced_cells: number(17)?,
                saved_usd: from_halves(row.get(18)?, row.get(19)?),
                diverged: number(20)?,
                ..RunTotals::default()
            })
        })?;
    totals.requests_sent = count(
        conn.prepare_cached("SELECT count(*) FROM attempt WHERE run_id = ?1")?
            .query_row([&run], |row| row.get(0))?,
    );
    if totals.requests_sent > 0 {
        let spend = spend::of_run(conn, &run)?;
        totals.paid_usd = Some(spend.paid_usd);
        totals.possible_usd = Some(spend.possible());
    }
    Ok(totals)
}
