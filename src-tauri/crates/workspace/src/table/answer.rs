//! Answers of all runs, for sums over replays: those that a call measured, not those of the cache.

use crate::error::Result;
use crate::money::from_pico;
use crate::row::{count, count_some};
use crate::workspace::Workspace;
use plumbline_model::{RunId, UnixNanos, Usd};

/// One measured answer of a replay.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub model: String,
    pub prompt_name: String,
    pub prompt_version: String,
    /// Start of the run it belongs to.
    pub run_started_ns: UnixNanos,
    pub tokens_in: Option<u64>,
    pub tokens_out: Option<u64>,
    pub latency_ms: Option<f64>,
    pub cost_usd: Option<Usd>,
}

/// What the workspace holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sizes {
    pub traces: u64,
    pub spans: u64,
    pub runs: u64,
    pub datasets: u64,
}

impl Workspace {
    /// Every complete answer that was live or recorded.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn answers(&self) -> Result<Vec<Answer>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT model, prompt_name, prompt_version, started_ns, tokens_in, tokens_out,
                        latency_ms, cost_pico
                 FROM cell JOIN run ON run.id = cell.run_id
                 WHERE cell.status = 'complete' AND origin IN ('live', 'recorded')",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(Answer {
                    model: row.get(0)?,
                    prompt_name: row.get(1)?,
                    prompt_version: row.get(2)?,
                    run_started_ns: UnixNanos(row.get(3)?),
                    tokens_in: count_some(row.get(4)?),
                    tokens_out: count_some(row.get(5)?),
                    latency_ms: row.get(6)?,
                    cost_usd: row.get::<_, Option<i64>>(7)?.map(from_pico),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Latencies of a run's complete answers that were not served from the cache, in no order.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn run_latencies_ms(&self, run: RunId) -> Result<Vec<f64>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT latency_ms FROM cell
                 WHERE run_id = ?1 AND status = 'complete' AND origin IN ('live', 'recorded')
                   AND latency_ms IS NOT NULL",
            )?;
            let rows = statement.query_map([run.to_string()], |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// How much there is of what.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn sizes(&self) -> Result<Sizes> {
        self.read(|conn| {
            let sizes = conn
                .prepare_cached(
                    "SELECT (SELECT count(*) FROM trace), (SELECT count(*) FROM span),
                            (SELECT count(*) FROM run), (SELECT count(*) FROM dataset)",
                )?
                .query_row([], |row| {
                    Ok(Sizes {
                        traces: count(row.get(0)?),
                        spans: count(row.get(1)?),
                        runs: count(row.get(2)?),
                        datasets: count(row.get(3)?),
                    })
                })?;
            Ok(sizes)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;
    use plumbline_model::Origin;

    #[test]
    fn only_measured_answers_are_summed() {
        let workspace = Workspace::in_memory().unwrap();
        let cells = start_run(&workspace, 1, 4);
        let origins = [Origin::Live, Origin::Cached, Origin::Recorded];
        let changed: Vec<_> = cells
            .iter()
            .zip(origins)
            .map(|(cell, origin)| {
                let mut cell = answered(cell, Some("0.1"));
                cell.origin = Some(origin);
                cell
            })
            .collect();
        workspace.update_cells(&changed).unwrap();
        let answers = workspace.answers().unwrap();
        assert_eq!(answers.len(), 2, "neither the cached nor the pending one");
        assert_eq!(answers[0].cost_usd, Some(usd("0.1")));
        assert_eq!(
            workspace.run_latencies_ms(run_id(1)).unwrap(),
            [120.0, 120.0]
        );
        let sizes = workspace.sizes().unwrap();
        assert_eq!((sizes.runs, sizes.spans), (1, 0));
    }
}
