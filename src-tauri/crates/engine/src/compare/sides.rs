//! Which columns are compared.

use crate::Engine;
use crate::api::Side;
use plumbline_model::{Problem, RunId};
use std::fmt;

/// Sides of one comparison at most: what fits a screen.
pub(super) const MOST_SIDES: usize = 6;

impl Engine {
    /// Reads `RUN`, `RUN.COLUMN`, `latest` or `latest.COLUMN`.
    ///
    /// # Errors
    /// `BadInput` for a text that is neither.
    pub fn side(&self, text: &str) -> Result<Side, Problem> {
        let (run, column) = match text.rsplit_once('.') {
            Some((run, column)) => (run, Some(column.parse().map_err(|_| not_a_side(text))?)),
            None => (text, None),
        };
        Ok(Side {
            run_id: self.run_id(run).map_err(|_| not_a_side(text))?,
            column,
        })
    }

    /// Reads a run's id; `latest` is the newest run.
    ///
    /// # Errors
    /// `BadInput` for a text that is no run.
    pub fn run_id(&self, text: &str) -> Result<RunId, Problem> {
        if text == "latest" {
            let newest = self.inner.workspace.list_runs()?.into_iter().next();
            return newest.map(|summary| summary.run.id).ok_or_else(|| {
                Problem::not_found("there is no run yet").hint("Start one with `plumbline replay`.")
            });
        }
        text.parse().map_err(|_| {
            Problem::bad_input(format!("`{}` is not a run", text.escape_debug()))
                .hint("`plumbline run list` names the runs; `latest` is the newest.")
        })
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.run_id, self.column.unwrap_or(0))
    }
}

/// As many sides as can be compared.
pub(super) fn checked(sides: &[Side]) -> Result<(), Problem> {
    if (2..=MOST_SIDES).contains(&sides.len()) {
        return Ok(());
    }
    Err(Problem::bad_input(format!(
        "{} sides cannot be compared: a comparison has two to {MOST_SIDES}",
        sides.len()
    ))
    .hint("Name a baseline and up to five others."))
}

fn not_a_side(text: &str) -> Problem {
    Problem::bad_input(format!(
        "`{}` is neither a run nor a column of one",
        text.escape_debug()
    ))
    .hint("Write RUN or RUN.COLUMN; `plumbline run list` names the runs, `latest` is the newest.")
}
