//! Costs of a run's cells: where they come from, and computing them again on request.

use crate::door::Durability;
use crate::error::Result;
use crate::money::to_pico;
use crate::table::cell_body::{self, Body};
use crate::table::change::Topic;
use crate::table::run;
use crate::workspace::Workspace;
use plumbline_model::{CellId, Cost, PriceSource, RunId};
use rusqlite::{OptionalExtension, params};

impl Workspace {
    /// Replaces the costs of cells of one run, and nothing else of them. The ledger keeps what it booked: it says
    /// what a call was taken to cost when it was paid.
    ///
    /// # Errors
    /// `NotFound` when there is no such run; cells that are gone are passed over.
    pub fn put_cell_costs(&self, run: RunId, costs: Vec<(CellId, Cost)>) -> Result<()> {
        self.read(|conn| run::find(conn, run).map(drop))?;
        self.write(Durability::Normal, move |tx| {
            for (cell, cost) in costs {
                let id = cell.to_string();
                let found: Option<Vec<u8>> = tx
                    .prepare_cached("SELECT body FROM cell WHERE id = ?1 AND run_id = ?2")?
                    .query_row([&id, &run.to_string()], |row| row.get(0))
                    .optional()?;
                let Some(packed) = found else { continue };
                let mut body = Body::read(&packed)?;
                let cost_pico = cost.usd.and_then(to_pico);
                body.outcome.cost = cost;
                tx.prepare_cached(
                    "UPDATE cell SET cost_pico = ?2, recomputed = 1, body = ?3 WHERE id = ?1",
                )?
                .execute(params![id, cost_pico, body.write()?])?;
            }
            tx.announce(Topic::Cell, run.to_string());
            Ok(())
        })
    }

    /// Which tables the costs of a run were computed from, each once. A cell without a known cost names none.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn price_sources_of_run(&self, run: RunId) -> Result<Vec<PriceSource>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT body FROM cell WHERE run_id = ?1 AND cost_pico IS NOT NULL ORDER BY position",
            )?;
            let mut rows = statement.query([run.to_string()])?;
            let mut sources: Vec<PriceSource> = Vec::new();
            while let Some(row) = rows.next()? {
                let cost = cell_body::cost(&row.get::<_, Vec<u8>>(0)?)?;
                if let Some(source) = cost.source
                    && !sources
                        .iter()
                        .any(|known| (&known.table, &known.version) == (&source.table, &source.version))
                {
                    sources.push(source);
                }
            }
            Ok(sources)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::Workspace;
    use crate::testing::*;
    use plumbline_model::{Cost, PriceSource};

    #[test]
    fn a_cost_is_replaced_and_the_answer_stays() {
        let workspace = Workspace::in_memory().unwrap();
        let cells = start_run(&workspace, 1, 2);
        let first = answered(&cells[0], Some("0.1"));
        workspace
            .update_cells(std::slice::from_ref(&first))
            .unwrap();
        assert_eq!(workspace.price_sources_of_run(run_id(1)).unwrap(), []);
        let source = PriceSource {
            table: "t".into(),
            version: "2".into(),
            entry: "p/m".into(),
        };
        let cost = Cost {
            usd: Some(usd("0.25")),
            source: Some(source.clone()),
            ..Cost::default()
        };
        workspace
            .put_cell_costs(run_id(1), vec![(first.id, cost.clone())])
            .unwrap();
        let stored = workspace.cell(first.id).unwrap();
        assert_eq!(
            (&stored.cost, &stored.completion),
            (&cost, &first.completion)
        );
        assert_eq!(stored.status, first.status);
        let totals = workspace.list_runs().unwrap()[0].totals.clone();
        assert_eq!(totals.cost_usd, Some(usd("0.25")));
        assert_eq!(workspace.price_sources_of_run(run_id(1)).unwrap(), [source]);
        assert!(workspace.put_cell_costs(run_id(9), Vec::new()).is_err());
    }
}
