//! The caps on a day's money, which every run of every process keeps.

use crate::api::{DayBudget, PayerBudget};
use crate::{Engine, clock};
use plumbline_model::{Payer, Problem, Usd};

impl Engine {
    /// Today's money (UTC).
    pub fn day_budget(&self) -> Result<DayBudget, Problem> {
        let mut budget = DayBudget {
            cap_usd: None,
            at_most_usd: Usd::ZERO,
            payers: Vec::new(),
        };
        for bill in self.inner.workspace.day_bills(clock::now())? {
            if bill.payer == Payer::All {
                budget.cap_usd = bill.cap_usd;
                budget.at_most_usd = bill.at_most_usd;
            } else {
                budget.payers.push(PayerBudget {
                    payer: bill.payer,
                    cap_usd: bill.cap_usd,
                    at_most_usd: bill.at_most_usd,
                });
            }
        }
        Ok(budget)
    }

    /// Sets what may be spent on one day by all runs together, with a key, or for a tenant; `None` removes the cap.
    pub fn set_day_cap(&self, payer: Payer, cap: Option<Usd>) -> Result<DayBudget, Problem> {
        self.inner.workspace.set_day_cap(payer, cap)?;
        self.day_budget()
    }
}
