//! Costs of imported calls computed again by the prices in force, on request only: else stored figures stay.

use crate::Engine;
use crate::api::{CallsOf, PriceTableUsed, Recomputed};
use plumbline_model::{Cost, PriceSource, Problem, Usd};
use plumbline_workspace::CallFilter;
use rust_decimal::RoundingStrategy;
use std::collections::BTreeSet;

/// Calls in memory at once.
const PAGE: u64 = 500;
/// Decimals of a stored cost.
const DECIMALS: u32 = 12;

impl Engine {
    /// Computes the cost of every imported call that is meant again, each by the prices of its day.
    /// What a source reports stays preferred.
    pub fn recompute_traces(&self, calls: &CallsOf, dry_run: bool) -> Result<Recomputed, Problem> {
        let filter = CallFilter {
            provider: calls.provider.clone(),
            model: calls.model.clone(),
            prompt_name: calls.prompt_name.clone(),
            environment: calls.environment.clone(),
            ..CallFilter::default()
        };
        let workspace = &self.inner.workspace;
        let prices = self.prices();
        let mut tally = Tally::new(dry_run);
        let mut after = i64::MIN;
        loop {
            let calls = workspace.priced_calls(&filter, after, PAGE)?;
            let Some(last) = calls.last() else { break };
            after = last.row;
            let mut changes = Vec::new();
            for call in &calls {
                let cost = prices.cost_of_span(&call.span);
                tally.done.reported += u64::from(call.span.cost_usd.is_some());
                if tally.add(call.cost_computed_usd, call.price_source.as_ref(), &cost) {
                    changes.push((call.row, cost));
                }
            }
            if !dry_run && !changes.is_empty() {
                workspace.put_computed_costs(changes)?;
            }
        }
        Ok(tally.done())
    }
}

/// What was counted so far.
pub(crate) struct Tally {
    done: Recomputed,
    from: BTreeSet<PriceTableUsed>,
    to: BTreeSet<PriceTableUsed>,
}

impl Tally {
    pub(crate) fn new(dry_run: bool) -> Self {
        Self {
            done: Recomputed {
                dry_run,
                calls: 0,
                changed: 0,
                reported: 0,
                unknown_before: 0,
                unknown_after: 0,
                usd_before: None,
                usd_after: None,
                from: Vec::new(),
                to: Vec::new(),
            },
            from: BTreeSet::new(),
            to: BTreeSet::new(),
        }
    }

    /// Counts one call; true when what is stored of it is to be replaced.
    pub(crate) fn add(
        &mut self,
        usd_before: Option<Usd>,
        source_before: Option<&PriceSource>,
        now: &Cost,
    ) -> bool {
        let done = &mut self.done;
        let is_changed = usd_before.map(as_stored) != now.usd.map(as_stored);
        done.calls += 1;
        done.changed += u64::from(is_changed);
        for (usd, sum, unknown) in [
            (usd_before, &mut done.usd_before, &mut done.unknown_before),
            (now.usd, &mut done.usd_after, &mut done.unknown_after),
        ] {
            match usd {
                Some(usd) => *sum = Some(sum.unwrap_or_default() + usd),
                None => *unknown += 1,
            }
        }
        let used = |source: Option<&PriceSource>| source.cloned().map(PriceTableUsed::from);
        self.from.extend(used(source_before));
        self.to.extend(used(now.source.as_ref()));
        is_changed || source_before != now.source.as_ref()
    }

    pub(crate) fn done(self) -> Recomputed {
        Recomputed {
            from: self.from.into_iter().collect(),
            to: self.to.into_iter().collect(),
            ..self.done
        }
    }
}

/// A cost as its column holds it.
pub(crate) fn as_stored(usd: Usd) -> Usd {
    let rounded = usd
        .0
        .round_dp_with_strategy(DECIMALS, RoundingStrategy::MidpointAwayFromZero);
    Usd(rounded.normalize())
}
