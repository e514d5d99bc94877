//! Costs of a run computed again by the prices in force, on request only.

use super::RECORDED;
use super::execute::recorded_by;
use super::turns::by_turn;
use crate::Engine;
use crate::api::Recomputed;
use crate::recompute::Tally;
use plumbline_model::{CellId, Completion, Cost, Problem, RunId, RunStatus, Target, UnixNanos};
use std::collections::HashMap;

impl Engine {
    /// Computes the cost of every answered cell of a run again. The ledger keeps what it booked when the calls were
    /// made; what a check said of a cost is asked anew when the checks are next shown.
    pub fn recompute_run(&self, run_id: RunId, dry_run: bool) -> Result<Recomputed, Problem> {
        self.notice_dead_runs()?;
        let workspace = &self.inner.workspace;
        let run = workspace.run(run_id)?;
        if run.status == RunStatus::Running {
            return Err(
                Problem::bad_input(format!("the run {run_id} is still going"))
                    .hint("Wait for its end, or cancel it, and ask again."),
            );
        }
        let prices = self.prices();
        let recorded_by = recorded_by(self)?;
        let answered: HashMap<CellId, UnixNanos> = workspace
            .attempts(run_id)?
            .into_iter()
            .filter_map(|attempt| Some((attempt.cell_id, attempt.answered_ns?)))
            .collect();
        let mut tally = Tally::new(dry_run);
        let mut changes = Vec::new();
        for cell in workspace.all_cells(run_id)? {
            let Some(completion) = &cell.completion else {
                continue;
            };
            let at = answered.get(&cell.id).copied().unwrap_or(run.started_ns);
            let cost_of = |target: &Target, answer: &Completion| {
                let provider = match target.provider == RECORDED {
                    true => recorded_by.get(&target.model).map(String::as_str),
                    false => Some(target.provider.as_str()),
                };
                prices.cost_of_answer(provider, &target.model, answer, at)
            };
            let answered = match cell.turns.is_empty() {
                true => cost_of(cell.asked(), completion),
                false => by_turn(&cell.turns, completion)
                    .map(|answer| cost_of(cell.asked(), &answer))
                    .reduce(Cost::plus)
                    .unwrap_or_default(),
            };
            let cost = match &cell.summary {
                Some(summary) => {
                    let written = Completion {
                        usage: summary.usage,
                        ..Completion::default()
                    };
                    cost_of(&summary.target, &written).plus(answered)
                }
                None => answered,
            };
            if tally.add(cell.cost.usd, cell.cost.source.as_ref(), &cost) {
                changes.push((cell.id, cost));
            }
        }
        if !dry_run && !changes.is_empty() {
            workspace.put_cell_costs(run_id, changes)?;
        }
        Ok(tally.done())
    }
}
