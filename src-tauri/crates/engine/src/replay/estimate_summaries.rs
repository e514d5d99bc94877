//! What the summaries cost that a plan has to ask for.

use super::column::Column;
use super::estimate_opinions::sum;
use super::prior::Prior;
use super::summaries::PlannedSummary;
use super::way_out::WayOut;
use crate::api::Estimate;
use plumbline_model::{Problem, Target, UnixNanos, Usage};
use plumbline_prompts::check_cost;
use plumbline_tokens::prices::Prices;
use plumbline_workspace::{OpinionKey, Workspace};
use std::collections::{BTreeSet, HashMap};

/// The summaries that were counted, and what is known of those who write them.
#[derive(Default)]
pub(super) struct EstimatedSummaries {
    counted: BTreeSet<OpinionKey>,
    priors: HashMap<(String, String), Prior>,
}

impl EstimatedSummaries {
    /// Why a summary cannot be asked for, where its own prompt's budget keeps it from being.
    pub(super) fn over_budget(
        column: &Column,
        summary: &PlannedSummary,
        (prices, at): (&Prices, UnixNanos),
    ) -> Option<String> {
        let WayOut::Summarise(by) = &column.way_out else {
            return None;
        };
        if summary.ready_hash.is_some() {
            return None;
        }
        let over = check_cost(summary.cost_at_most(prices, at), &by.column.spec.budget).err()?;
        Some(format!("{} cannot be asked: {over}", by.prompt))
    }

    /// Adds a summary of a cell, unless it is known or another cell needs it too.
    pub(super) fn add_to(
        &mut self,
        workspace: &Workspace,
        column: &Column,
        summary: &PlannedSummary,
        estimate: &mut Estimate,
        unpriced: &mut BTreeSet<Target>,
        (prices, at): (&Prices, UnixNanos),
    ) -> Result<(), Problem> {
        let WayOut::Summarise(by) = &column.way_out else {
            return Ok(());
        };
        if summary.ready_hash.is_some() || !self.counted.insert(summary.key.clone()) {
            return Ok(());
        }
        let target = &summary.key.target;
        let (provider, model) = (Some(target.provider.as_str()), &target.model);
        let who = (by.prompt.clone(), model.clone());
        let prior = match self.priors.get(&who) {
            Some(prior) => prior,
            None => {
                let most = Some(summary.tokens_out_max);
                let prior = Prior::of(workspace, &by.column.prompt_name, model, most)?;
                self.priors.entry(who).or_insert(prior)
            }
        };
        let tokens_in = prior.tokens_in(summary.tokens_in);
        let cost = |tokens_out: u64| {
            let usage = Usage::of(tokens_in, tokens_out.min(summary.tokens_out_max));
            prices.cost(provider, model, &usage, at).usd
        };
        let at_most = summary.cost_at_most(prices, at);
        let expected = cost(prior.out.tokens_out_mean);
        if expected.is_none() {
            unpriced.insert(target.clone());
        }
        estimate.summaries += 1;
        estimate.cost_low_usd = sum(estimate.cost_low_usd, cost(prior.out.tokens_out_p10));
        estimate.cost_expected_usd = sum(estimate.cost_expected_usd, expected);
        estimate.cost_high_usd = sum(estimate.cost_high_usd, cost(prior.out.tokens_out_p90));
        estimate.cost_upper_usd = sum(estimate.cost_upper_usd, at_most);
        Ok(())
    }
}
