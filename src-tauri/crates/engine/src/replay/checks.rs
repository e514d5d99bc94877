//! Every check of a run's answers, one by one: what failed, what could not be made, and why.

use super::view::is_column;
use crate::Engine;
use plumbline_analysis::grade::{Answer, AssertionOutcome, Grader};
use plumbline_model::{Origin, Problem, RunId};
use serde::Serialize;
use std::collections::HashMap;

/// One check of one answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckRow {
    pub case_key: String,
    pub repeat: u32,
    /// Column of the run, from 0.
    pub column: usize,
    #[serde(flatten)]
    pub outcome: AssertionOutcome,
}

/// The checks of a run, counted, and those that were asked for.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct RunChecks {
    pub passed: u64,
    pub failed: u64,
    /// Those that could not be made.
    pub ungraded: u64,
    /// In the order of the matrix, up to the limit.
    pub rows: Vec<CheckRow>,
}

impl Engine {
    /// Checks the whole answers of a run by the dataset as it is now; rows are those that did not pass, or all.
    ///
    /// # Errors
    /// `NotFound` when there is no such run, or its dataset is gone.
    pub fn run_checks(
        &self,
        run_id: RunId,
        with_passed: bool,
        limit: u64,
    ) -> Result<RunChecks, Problem> {
        let run = self.inner.workspace.run(run_id)?;
        let columns = self.run_columns(&run)?;
        let cases = self.all_cases(&run.plan.dataset)?;
        let cases: HashMap<&str, _> = cases.iter().map(|case| (case.key.as_str(), case)).collect();
        let grader = Grader::default();
        let book = self.opinions_of(run_id)?;
        let mut checks = RunChecks::default();
        for cell in self.inner.workspace.all_cells(run_id)? {
            let found = columns
                .iter()
                .enumerate()
                .find(|(_, column)| is_column(column, &cell.key));
            let case = cases.get(cell.key.case_key.as_str());
            let (Some(completion), Some((index, column)), Some(case)) =
                (&cell.completion, found, case)
            else {
                continue;
            };
            let answer = Answer {
                completion,
                cost: &cell.cost,
                origin: cell.origin.unwrap_or(Origin::Recorded),
                case,
                output_schema: column.spec.output_schema.as_ref(),
                opinions: &book.about(case, completion),
            };
            for outcome in grader.grade(&answer).outcomes {
                match outcome.passed {
                    Some(true) => checks.passed += 1,
                    Some(false) => checks.failed += 1,
                    None => checks.ungraded += 1,
                }
                let asked = with_passed || outcome.passed != Some(true);
                if asked && (checks.rows.len() as u64) < limit {
                    checks.rows.push(CheckRow {
                        case_key: cell.key.case_key.clone(),
                        repeat: cell.key.repeat,
                        column: index,
                        outcome,
                    });
                }
            }
        }
        Ok(checks)
    }
}
