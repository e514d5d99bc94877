//! What a plan would do and cost, before anything is sent.

use super::RECORDED;
use super::column::Column;
use super::estimate_opinions::{CaseOpinions, sum};
use super::estimate_summaries::EstimatedSummaries;
use super::opinions::advisers;
use super::plan::{FittedBy, Matrix, PlannedRequest};
use super::prior::Prior;
use super::reach::settings;
use super::way_out::LaidOut;
use crate::api::{Estimate, EstimateColumn};
use crate::{Engine, clock};
use plumbline_model::{Payer, Problem, Purpose, RunPlan, Target, Usage, Usd};
use plumbline_prompts::check_cost;
use plumbline_providers::{connect, connect_embeddings, portability};
use plumbline_tokens::RequestCounter;
use plumbline_workspace::Workspace;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Reasons that are shown; the rest is counted.
const SHOWN_REASONS: usize = 5;

impl Engine {
    /// Counts cells, tokens and money of a plan.
    pub fn replay_estimate(&self, plan: &RunPlan) -> Result<Estimate, Problem> {
        let matrix = self.matrix(plan)?;
        let cached = self.cached(plan, &matrix)?;
        let mut estimate = self.estimate_of(&matrix, &cached)?;
        self.check_reachable(plan, &matrix, &mut estimate);
        check_portable(plan, &matrix, &mut estimate);
        if let (Some(cap), Some(upper)) = (plan.cap_usd, estimate.cost_upper_usd)
            && upper > cap
        {
            estimate.warnings.push(format!(
                "the cap of ${cap} is below the most this can cost (${upper}): the run may stop before its end"
            ));
        }
        self.check_day(plan, &mut estimate)?;
        warn_of_conversations(&matrix, &mut estimate);
        Ok(estimate)
    }

    /// The same of a plan that was laid out already, without a look at what stops it.
    pub(super) fn estimate_of(
        &self,
        matrix: &Matrix,
        cached: &[bool],
    ) -> Result<Estimate, Problem> {
        let prices = self.prices();
        let mut estimate = Estimate {
            cells: matrix.cells.len() as u64,
            live: 0,
            cached: 0,
            recorded: 0,
            opinions: 0,
            blocked: 0,
            trimmed: 0,
            escalated: 0,
            summarised: 0,
            summaries: 0,
            blocked_reasons: Vec::new(),
            tokens_in: 0,
            tokens_in_expected: 0,
            tokens_out_expected: 0,
            tokens_out_max: 0,
            cost_low_usd: Some(Usd::ZERO),
            cost_expected_usd: Some(Usd::ZERO),
            cost_high_usd: Some(Usd::ZERO),
            cost_upper_usd: Some(Usd::ZERO),
            columns: Vec::new(),
            unpriced: Vec::new(),
            price_table: prices.table.name().to_owned(),
            price_version: prices.table.version().to_owned(),
            problems: Vec::new(),
            warnings: Vec::new(),
        };
        self.count(matrix, cached, &mut estimate)?;
        Ok(estimate)
    }

    fn count(
        &self,
        matrix: &Matrix,
        cached: &[bool],
        estimate: &mut Estimate,
    ) -> Result<(), Problem> {
        let workspace = &self.inner.workspace;
        let prices = self.prices();
        let now = clock::now();
        let mut unpriced = BTreeSet::new();
        let mut priors = Priors::default();
        let opinions: Vec<CaseOpinions> = matrix.cases.iter().map(CaseOpinions::of).collect();
        let mut costs = KnownCosts::default();
        let mut summaries = EstimatedSummaries::default();
        for (planned, is_cached) in matrix.cells.iter().zip(cached) {
            let column = &matrix.columns[planned.column];
            let request = match &planned.request {
                Ok(request) => request,
                Err(problem) => {
                    block(estimate, problem.message.clone());
                    continue;
                }
            };
            let asked = request.asked(column);
            let target = &asked.target;
            let most_out = request.max_tokens_out;
            let at = (planned.column, !std::ptr::eq(asked, column));
            let (prior, live) = priors.of(workspace, at, asked, most_out)?;
            let opinions = &opinions[planned.case];
            let dated = (&*prices, now);
            match &request.fitted {
                FittedBy::Itself => {}
                FittedBy::Trimming => estimate.trimmed += 1,
                FittedBy::Escalation => estimate.escalated += 1,
                FittedBy::Summary(_) => estimate.summarised += 1,
            }
            if column.is_recorded() {
                if let Some(reason) = self.never_recorded(column, request, planned.repeat)? {
                    block(estimate, reason);
                } else {
                    estimate.recorded += 1;
                    opinions.add_to(estimate, &mut unpriced, &prior.out, most_out, dated);
                }
                continue;
            }
            if *is_cached {
                estimate.cached += 1;
                opinions.add_to(estimate, &mut unpriced, &prior.out, most_out, dated);
                continue;
            }
            let case = &matrix.cases[planned.case];
            let upper = asked.cost_at_most(&prices, request.tokens_in_at_most, case, now);
            if let Err(over) = check_cost(upper, &column.spec.budget) {
                block(estimate, over.to_string());
                continue;
            }
            if let FittedBy::Summary(summary) = &request.fitted
                && let Some(over) = EstimatedSummaries::over_budget(column, summary, dated)
            {
                block(estimate, over);
                continue;
            }
            opinions.add_to(estimate, &mut unpriced, &prior.out, most_out, dated);
            if let FittedBy::Summary(summary) = &request.fitted {
                summaries.add_to(workspace, column, summary, estimate, &mut unpriced, dated)?;
            }
            *live += 1;
            let tokens_in = prior.tokens_in(request.tokens_in);
            let mut cost = |tokens_out| {
                costs.of(at, (tokens_in, tokens_out), || {
                    let usage = Usage::of(tokens_in, tokens_out);
                    let provider = Some(target.provider.as_str());
                    prices.cost(provider, &target.model, &usage, now).usd
                })
            };
            let output = &prior.out;
            let expected = cost(output.tokens_out_mean);
            if expected.is_none() {
                unpriced.insert(target.clone());
            }
            estimate.live += 1;
            estimate.tokens_in += request.tokens_in;
            estimate.tokens_in_expected += tokens_in;
            estimate.tokens_out_expected += output.tokens_out_mean;
            estimate.tokens_out_max += most_out.unwrap_or_default();
            estimate.cost_low_usd = sum(estimate.cost_low_usd, cost(output.tokens_out_p10));
            estimate.cost_expected_usd = sum(estimate.cost_expected_usd, expected);
            estimate.cost_high_usd = sum(estimate.cost_high_usd, cost(output.tokens_out_p90));
            estimate.cost_upper_usd = sum(estimate.cost_upper_usd, upper);
        }
        estimate.unpriced = unpriced.into_iter().collect();
        estimate.columns = priors.columns();
        Ok(())
    }

    /// Why a recorded column has no answer, where it has none.
    fn never_recorded(
        &self,
        column: &Column,
        request: &PlannedRequest,
        repeat: u32,
    ) -> Result<Option<String>, Problem> {
        let name = format!("{}@{}", column.prompt_name, column.prompt_version);
        let model = &request.asked(column).target.model;
        let hash = match &request.fitted {
            FittedBy::Summary(summary) => match &summary.ready_hash {
                Some(hash) => hash,
                None => {
                    let model = &summary.key.target.model;
                    return Ok(Some(format!(
                        "{name} needs summaries by {model} that were never recorded"
                    )));
                }
            },
            _ => &request.request_hash,
        };
        let is_recorded = self.inner.workspace.has_recording(model, hash, repeat)?;
        Ok((!is_recorded)
            .then(|| format!("{name} has answers of {model} that were never recorded")))
    }

    /// Which cells the cache answers, in their order.
    pub(super) fn cached(&self, plan: &RunPlan, matrix: &Matrix) -> Result<Vec<bool>, Problem> {
        if !plan.use_cache {
            return Ok(vec![false; matrix.cells.len()]);
        }
        let keys = matrix.cells.iter().map(|planned| match &planned.request {
            Ok(request) => request.cache_key.as_str(),
            Err(_) => "",
        });
        Ok(self.inner.workspace.are_cached(keys)?)
    }

    /// What the day's caps leave, where it may not be enough.
    fn check_day(&self, plan: &RunPlan, estimate: &mut Estimate) -> Result<(), Problem> {
        let day = self.day_budget()?;
        let Some(upper) = estimate.cost_upper_usd else {
            return Ok(());
        };
        let mut limits = vec![(Payer::All, day.left())];
        limits.extend(
            day.payers
                .iter()
                .map(|budget| (budget.payer.clone(), budget.left())),
        );
        for (payer, left) in limits {
            let pays = match &payer {
                Payer::All => true,
                // Where others share the bill, nobody knows yet how it is shared.
                Payer::Key(provider) => plan
                    .targets
                    .iter()
                    .all(|target| target.provider == *provider),
                Payer::Tenant(name) => plan.tenant.as_ref() == Some(name),
            };
            if let Some(left) = left.filter(|left| pays && upper > *left) {
                estimate.warnings.push(format!(
                    "today's cap{} leaves ${left}, and this can cost ${upper}: the run may stop before its end",
                    payer.in_words()
                ));
            }
        }
        Ok(())
    }

    /// What would stop the run before its first call.
    fn check_reachable(&self, plan: &RunPlan, matrix: &Matrix, estimate: &mut Estimate) {
        let advisers = advisers(&matrix.cases);
        let mut asked: BTreeSet<(&Target, Purpose)> = advisers
            .iter()
            .map(|(target, purpose)| (target, *purpose))
            .collect();
        asked.extend(plan.targets.iter().map(|target| (target, Purpose::Answer)));
        asked.extend(matrix.others());
        for (target, purpose) in asked {
            if target.provider == RECORDED {
                continue;
            }
            let reached = settings(self, target, plan).and_then(|settings| {
                let connected = match purpose {
                    Purpose::Embedding => connect_embeddings(&settings).map(drop),
                    _ => connect(&settings).map(drop),
                };
                connected.map_err(Problem::from)
            });
            if let Err(problem) = reached {
                let problem = problem.to_string();
                if !estimate.problems.contains(&problem) {
                    estimate.problems.push(problem);
                }
            }
        }
    }
}

/// A column by its place, and whether it is what that escalates to.
type At = (usize, bool);

/// What earlier calls say, by column, and the live calls of each.
#[derive(Default)]
struct Priors<'m>(BTreeMap<At, (&'m Column, Prior, u64)>);

impl<'m> Priors<'m> {
    fn of(
        &mut self,
        workspace: &Workspace,
        at: At,
        column: &'m Column,
        most_out: Option<u64>,
    ) -> Result<(&Prior, &mut u64), Problem> {
        let known = match self.0.entry(at) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let (prompt, model) = (&column.prompt_name, &column.target.model);
                let prior = Prior::of(workspace, prompt, model, most_out)?;
                unknown.insert((column, prior, 0))
            }
        };
        let (_, prior, live) = known;
        Ok((prior, live))
    }

    fn columns(self) -> Vec<EstimateColumn> {
        let with_calls = self.0.into_values().filter(|(_, _, live)| *live > 0);
        with_calls
            .map(|(column, prior, live)| EstimateColumn {
                prompt_name: column.prompt_name.clone(),
                prompt_version: column.prompt_version.clone(),
                target: column.target.clone(),
                live,
                output: prior.out,
                count_error: prior.count_error,
            })
            .collect()
    }
}

/// Costs by column, tokens in and tokens out: most cells of a column are of a size with others.
#[derive(Default)]
struct KnownCosts(HashMap<(At, u64, u64), Option<Usd>>);

impl KnownCosts {
    fn of(
        &mut self,
        column: At,
        (tokens_in, tokens_out): (u64, u64),
        cost: impl FnOnce() -> Option<Usd>,
    ) -> Option<Usd> {
        let key = (column, tokens_in, tokens_out);
        *self.0.entry(key).or_insert_with(cost)
    }
}

/// How often a model calls tools is known to nobody before it did.
fn warn_of_conversations(matrix: &Matrix, estimate: &mut Estimate) {
    let conversations = matrix
        .cells
        .iter()
        .filter(|planned| !matrix.cases[planned.case].tool_results.is_empty())
        .count();
    if conversations > 0 {
        estimate.warnings.push(format!(
            "{conversations} cells are conversations with tools, which may take more calls than the one that is estimated for each; a cap holds for all of them"
        ));
    }
}

/// What a provider has no word for, told by the first case of each column.
fn check_portable(plan: &RunPlan, matrix: &Matrix, estimate: &mut Estimate) {
    for column in matrix.columns.iter().filter(|column| !column.is_recorded()) {
        let mut counter = RequestCounter::new(column.encoding);
        let mut laid_out = matrix
            .cases
            .iter()
            .map(|case| column.lay_out(case, &mut counter));
        let Some(assembled) = laid_out.find_map(Result::ok).map(LaidOut::assembled) else {
            continue;
        };
        let target = &column.target;
        let base_url = plan.base_url_of(&target.provider);
        // An address that cannot be used is told above.
        let reasons = portability(&target.provider, base_url, &assembled.request);
        for reason in reasons.unwrap_or_default() {
            estimate.problems.push(format!(
                "{}@{} on {target}: {reason}",
                column.prompt_name, column.prompt_version
            ));
        }
    }
}

/// Counts a cell that cannot be sent, with its reason if that is new.
fn block(estimate: &mut Estimate, reason: String) {
    estimate.blocked += 1;
    if estimate.blocked_reasons.len() < SHOWN_REASONS && !estimate.blocked_reasons.contains(&reason)
    {
        estimate.blocked_reasons.push(reason);
    }
}
