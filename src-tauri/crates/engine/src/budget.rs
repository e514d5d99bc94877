//! The cap on a day's money, which every run of every process keeps.

use crate::api::DayBudget;
use crate::{Engine, clock};
use plumbline_model::{Problem, Usd};

impl Engine {
    /// Today's money (UTC).
    pub fn day_budget(&self) -> Result<DayBudget, Problem> {
        let workspace = &self.inner.workspace;
        Ok(DayBudget {
            cap_usd: workspace.day_cap()?,
            at_most_usd: workspace.day_at_most(clock::now())?,
        })
    }

    /// Sets what all runs together may spend on one day; `None` removes the cap.
    pub fn set_day_cap(&self, cap: Option<Usd>) -> Result<DayBudget, Problem> {
        self.inner.workspace.set_day_cap(cap)?;
        self.day_budget()
    }
}
