//! What a plan would do and cost, before anything is sent.

use super::RECORDED;
use super::plan::Matrix;
use crate::api::{Estimate, ModelChoice};
use crate::{Engine, clock};
use plumbline_model::{Problem, RunPlan, Target, Usage, Usd};
use std::collections::BTreeSet;

/// Reasons that are shown; the rest is counted.
const SHOWN_REASONS: usize = 5;

impl Engine {
    /// Counts cells, tokens and money of a plan.
    pub fn replay_estimate(&self, plan: &RunPlan) -> Result<Estimate, Problem> {
        let matrix = self.matrix(plan)?;
        let prices = self.prices();
        let mut estimate = Estimate {
            cells: matrix.cells.len() as u64,
            live: 0,
            cached: 0,
            recorded: 0,
            blocked: 0,
            blocked_reasons: Vec::new(),
            tokens_in: 0,
            tokens_out_max: 0,
            cost_expected_usd: Some(Usd::ZERO),
            cost_upper_usd: Some(Usd::ZERO),
            unpriced: Vec::new(),
            price_table: prices.table.name().to_owned(),
            price_version: prices.table.version().to_owned(),
            problems: Vec::new(),
        };
        self.count(plan, &matrix, &mut estimate)?;
        self.check_reachable(plan, &mut estimate);
        if estimate.live == 0 {
            estimate.cost_expected_usd = Some(Usd::ZERO);
            estimate.cost_upper_usd = Some(Usd::ZERO);
        }
        if let (Some(cap), Some(upper)) = (plan.cap_usd, estimate.cost_upper_usd)
            && upper > cap
        {
            estimate.problems.push(format!(
                "the cap of ${cap} is below the most this can cost (${upper}): the run may stop before its end"
            ));
        }
        Ok(estimate)
    }

    fn count(
        &self,
        plan: &RunPlan,
        matrix: &Matrix,
        estimate: &mut Estimate,
    ) -> Result<(), Problem> {
        let workspace = &self.inner.workspace;
        let prices = self.prices();
        let now = clock::now();
        let mut unpriced = BTreeSet::new();
        let blocked = |estimate: &mut Estimate, reason: String| {
            estimate.blocked += 1;
            if estimate.blocked_reasons.len() < SHOWN_REASONS
                && !estimate.blocked_reasons.contains(&reason)
            {
                estimate.blocked_reasons.push(reason);
            }
        };
        for planned in &matrix.cells {
            let column = &matrix.columns[planned.column];
            let target = &column.target;
            let request = match &planned.request {
                Ok(request) => request,
                Err(problem) => {
                    blocked(estimate, problem.message.clone());
                    continue;
                }
            };
            if column.is_recorded() {
                let hash = &request.request_hash;
                if workspace.has_recording(&target.model, hash, planned.repeat)? {
                    estimate.recorded += 1;
                } else {
                    blocked(
                        estimate,
                        format!(
                            "{}@{} has answers of {} that were never recorded",
                            column.prompt_name, column.prompt_version, target.model
                        ),
                    );
                }
                continue;
            }
            if plan.use_cache && workspace.is_cached(&request.cache_key)? {
                estimate.cached += 1;
                continue;
            }
            estimate.live += 1;
            estimate.tokens_in += request.tokens_in;
            let most_out = column.max_tokens_out();
            estimate.tokens_out_max += most_out.unwrap_or_default();
            let provider = Some(target.provider.as_str());
            let upper = most_out.and_then(|out| {
                prices.upper_bound(provider, &target.model, request.tokens_in, out, now)
            });
            // Half of the limit is what answers take where nothing is known about them.
            let usage = Usage::of(request.tokens_in, most_out.unwrap_or_default() / 2);
            let expected = prices.cost(provider, &target.model, &usage, now).usd;
            if expected.is_none() {
                unpriced.insert(target.clone());
            }
            estimate.cost_upper_usd = sum(estimate.cost_upper_usd, upper);
            estimate.cost_expected_usd = sum(estimate.cost_expected_usd, expected);
        }
        estimate.unpriced = unpriced.into_iter().collect();
        Ok(())
    }

    /// What would stop the run before its first call.
    fn check_reachable(&self, plan: &RunPlan, estimate: &mut Estimate) {
        for target in plan
            .targets
            .iter()
            .filter(|target| target.provider != RECORDED)
        {
            let lookup = |name: &str| self.inner.keys.find(name);
            let base_url = plan.base_url.as_deref();
            let key = plumbline_providers::keys_from_env(&target.provider, base_url, &lookup);
            let connected = key.and_then(|api_key| {
                plumbline_providers::connect(&plumbline_providers::ProviderSettings {
                    provider: target.provider.clone(),
                    base_url: plan.base_url.clone(),
                    api_key,
                    ..Default::default()
                })
            });
            if let Err(error) = connected {
                estimate.problems.push(Problem::from(error).to_string());
            }
        }
    }

    /// Models a person can choose without typing: recorded ones, those of imported calls, those of prompts.
    pub fn model_choices(&self) -> Result<Vec<ModelChoice>, Problem> {
        let prices = self.prices();
        let now = clock::now();
        let priced = |provider: Option<&str>, model: &str| {
            prices
                .cost(provider, model, &Usage::of(1, 1), now)
                .usd
                .is_some()
        };
        let mut choices: Vec<ModelChoice> = Vec::new();
        for (provider, model, recordings) in self.inner.workspace.recorded_models()? {
            choices.push(ModelChoice {
                priced: priced(Some(&provider), &model),
                target: Target {
                    provider: RECORDED.to_owned(),
                    model,
                },
                recordings,
                known_from: "recording".to_owned(),
            });
        }
        let facets = self.inner.workspace.called_models()?;
        for (provider, model) in facets {
            let target = Target { provider, model };
            if choices.iter().all(|choice| choice.target != target) {
                choices.push(ModelChoice {
                    priced: priced(Some(&target.provider), &target.model),
                    target,
                    recordings: 0,
                    known_from: "trace".to_owned(),
                });
            }
        }
        let Ok(folder) = self.prompt_folder() else {
            return Ok(choices);
        };
        for name in folder.names()? {
            let Ok((spec, _)) = self.prompt_spec(&name, crate::prompts::WORKING) else {
                continue;
            };
            let target = spec
                .model
                .as_deref()
                .and_then(|model| super::parse_target(model).ok());
            if let Some(target) = target
                && choices.iter().all(|choice| choice.target != target)
            {
                choices.push(ModelChoice {
                    priced: priced(Some(&target.provider), &target.model),
                    target,
                    recordings: 0,
                    known_from: "prompt".to_owned(),
                });
            }
        }
        Ok(choices)
    }
}

/// A sum is unknown as soon as one addend is.
fn sum(total: Option<Usd>, addend: Option<Usd>) -> Option<Usd> {
    Some(total? + addend?)
}
