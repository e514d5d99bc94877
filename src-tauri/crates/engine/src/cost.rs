//! Money and time: sums and percentiles of imported calls and of replays, by model, day and prompt version.

use crate::Engine;
use crate::api::{CostScope, CostView, StatGroup, StatKey};
use plumbline_analysis::cost_curve::lorenz;
use plumbline_analysis::percentile::nearest_rank;
use plumbline_model::{Problem, Usd, add_known};
use plumbline_workspace::{CallFilter, CallGroup, GroupKey};
use std::ops::ControlFlow;

impl Engine {
    /// Calls grouped by the keys, ordered by them.
    pub fn stats(&self, scope: CostScope, keys: &[StatKey]) -> Result<Vec<StatGroup>, Problem> {
        let groups = match scope {
            CostScope::Traces => {
                let by: Vec<GroupKey> = keys
                    .iter()
                    .flat_map(|key| group_keys(*key))
                    .copied()
                    .collect();
                self.inner
                    .workspace
                    .call_groups(&CallFilter::default(), &by)?
            }
            CostScope::Replays => self.replay_groups(keys)?,
        };
        Ok(groups
            .into_iter()
            .map(|group| stat_group(group, keys))
            .collect())
    }

    /// The Cost screen.
    pub fn cost_view(&self, scope: CostScope) -> Result<CostView, Problem> {
        let total = self.stats(scope, &[])?.pop();
        let curve = lorenz(&self.costs(scope)?);
        let prices = self.prices();
        Ok(CostView {
            scope,
            total: total.unwrap_or_else(empty_group),
            by_model: self.stats(scope, &[StatKey::Model])?,
            by_day: self.stats(scope, &[StatKey::Day])?,
            by_prompt_version: self.stats(scope, &[StatKey::PromptVersion])?,
            by_model_and_day: self.stats(scope, &[StatKey::Model, StatKey::Day])?,
            top_decile_share: curve.as_ref().map(|curve| curve.top_decile_share),
            lorenz: curve.map(|curve| curve.points).unwrap_or_default(),
            price_sources: self.price_sources(scope)?,
            price_table: prices.table.name().to_owned(),
            price_version: prices.table.version().to_owned(),
            overrides: prices
                .overrides
                .iter()
                .map(|price| {
                    format!(
                        "{}: ${} in, ${} out per million tokens ({})",
                        price.model,
                        price.input_usd_per_mtok,
                        price.output_usd_per_mtok,
                        price.source
                    )
                })
                .collect(),
        })
    }

    /// Usage of one prompt by version, over imported calls.
    pub fn prompt_usage(&self, name: &str) -> Result<Vec<StatGroup>, Problem> {
        let filter = CallFilter {
            prompt_name: Some(name.to_owned()),
            ..CallFilter::default()
        };
        let keys = [StatKey::PromptVersion];
        let groups = self
            .inner
            .workspace
            .call_groups(&filter, group_keys(keys[0]))?;
        Ok(groups
            .into_iter()
            .map(|group| stat_group(group, &keys))
            .collect())
    }

    /// The known cost of every call.
    fn costs(&self, scope: CostScope) -> Result<Vec<Usd>, Problem> {
        let mut costs = Vec::new();
        match scope {
            CostScope::Traces => {
                self.inner
                    .workspace
                    .model_calls(&CallFilter::default(), &mut |call| {
                        costs.extend(call.cost_reported_usd.or(call.cost_computed_usd));
                        ControlFlow::Continue(())
                    })?;
            }
            CostScope::Replays => {
                for answer in self.inner.workspace.answers()? {
                    costs.extend(answer.cost_usd);
                }
            }
        }
        Ok(costs)
    }

    /// Answers of replays that were sent live or recorded, grouped like imported calls.
    fn replay_groups(&self, keys: &[StatKey]) -> Result<Vec<CallGroup>, Problem> {
        let mut groups: std::collections::BTreeMap<Vec<Option<String>>, CallGroup> =
            std::collections::BTreeMap::new();
        for answer in self.inner.workspace.answers()? {
            let key: Vec<Option<String>> = keys
                .iter()
                .flat_map(|key| match key {
                    StatKey::Model => vec![Some(answer.model.clone())],
                    StatKey::Day => vec![Some(answer.run_started_ns.utc_day())],
                    StatKey::PromptVersion => {
                        vec![
                            Some(answer.prompt_name.clone()),
                            Some(answer.prompt_version.clone()),
                        ]
                    }
                })
                .collect();
            let group = groups.entry(key.clone()).or_insert_with(|| CallGroup {
                keys: key,
                calls: 0,
                errors: 0,
                tokens_in: None,
                tokens_in_cached: None,
                tokens_out: None,
                cost_usd: None,
                unpriced_calls: 0,
                latencies_ms: Vec::new(),
            });
            group.calls += 1;
            group.tokens_in = add_known(group.tokens_in, answer.tokens_in);
            group.tokens_out = add_known(group.tokens_out, answer.tokens_out);
            match answer.cost_usd {
                Some(cost) => group.cost_usd = Some(group.cost_usd.unwrap_or_default() + cost),
                None => group.unpriced_calls += 1,
            }
            group.latencies_ms.extend(answer.latency_ms);
        }
        Ok(groups.into_values().collect())
    }
}

/// The workspace's columns behind one key.
fn group_keys(key: StatKey) -> &'static [GroupKey] {
    match key {
        StatKey::Model => &[GroupKey::Model],
        StatKey::Day => &[GroupKey::Day],
        StatKey::PromptVersion => &[GroupKey::PromptName, GroupKey::PromptVersion],
    }
}

fn stat_group(mut group: CallGroup, keys: &[StatKey]) -> StatGroup {
    let mut values = std::mem::take(&mut group.keys).into_iter();
    let (mut model, mut day, mut prompt_version) = (None, None, None);
    for key in keys {
        let first = values.next().flatten();
        match key {
            StatKey::Model => model = Some(first.unwrap_or_else(|| "(no model)".to_owned())),
            StatKey::Day => day = first,
            StatKey::PromptVersion => {
                prompt_version = Some(match (first, values.next().flatten()) {
                    (Some(name), Some(version)) => format!("{name}@{version}"),
                    (Some(name), None) => name,
                    (None, _) => "(no prompt)".to_owned(),
                });
            }
        }
    }
    let latencies = &mut group.latencies_ms;
    StatGroup {
        model,
        day,
        prompt_version,
        calls: group.calls,
        errors: group.errors,
        p50_ms: nearest_rank(latencies, 50.0),
        p95_ms: nearest_rank(latencies, 95.0),
        p99_ms: nearest_rank(latencies, 99.0),
        tokens_in: group.tokens_in,
        tokens_in_cached: group.tokens_in_cached,
        tokens_out: group.tokens_out,
        cost_usd: group.cost_usd,
        unpriced_calls: group.unpriced_calls,
    }
}

fn empty_group() -> StatGroup {
    StatGroup {
        model: None,
        day: None,
        prompt_version: None,
        calls: 0,
        errors: 0,
        p50_ms: None,
        p95_ms: None,
        p99_ms: None,
        tokens_in: None,
        tokens_in_cached: None,
        tokens_out: None,
        cost_usd: None,
        unpriced_calls: 0,
    }
}
