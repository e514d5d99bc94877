//! From a plan to cells: prompts parsed, cases loaded, every request assembled and hashed once.
//!
//! Nothing is sent from here, and a cell that cannot be sent is kept with its reason.

use crate::Engine;
use crate::prompts::{WORKING, encoding_of, split_reference};
use plumbline_model::{
    AssembledRequest, Case, ChatRequest, ModelParameters, Problem, PromptSpec, RunPlan,
    ServiceTier, Target, UnixNanos, Usd,
};
use plumbline_prompts::{self as prompts, PromptError, Renderer};
use plumbline_tokens::prices::{LargestCall, Prices};
use plumbline_tokens::{Encoding, RequestCounter, encoding_for_model, tokens_in_at_most};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// More cells than this are surely a mistake.
const MAX_CELLS: u64 = 1_000_000;
/// The provider word that replays recordings.
pub(crate) const RECORDED: &str = "recorded";
/// In place of a prompt version: the request that each case was sent with in production. No prompt has this name.
pub(crate) const AS_RECORDED: &str = "@recorded";

/// One prompt version on one model.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) prompt_name: String,
    /// A semantic version, or `working`.
    pub(crate) prompt_version: String,
    pub(crate) target: Target,
    /// Where a person said that its provider is.
    pub(crate) base_url: Option<String>,
    pub(crate) spec: Arc<PromptSpec>,
    /// The prompt file as it was read, kept with the run.
    pub(crate) text: Arc<str>,
    pub(crate) template_hash: String,
    pub(crate) encoding: Encoding,
    renderers: Arc<Mutex<Vec<Renderer>>>,
}

impl Column {
    pub(crate) fn is_recorded(&self) -> bool {
        self.target.provider == RECORDED
    }

    /// Where the answer to a request is cached.
    pub(crate) fn cache_key(&self, request_hash: &str, repeat: u32) -> String {
        let Target { provider, model } = &self.target;
        prompts::cache_key(
            provider,
            self.base_url.as_deref(),
            model,
            request_hash,
            repeat,
        )
    }

    /// With the address that the plan has for its provider.
    pub(crate) fn reached_by(self, plan: &RunPlan) -> Self {
        let base_url = plan.base_url_of(&self.target.provider);
        Self {
            base_url: base_url.map(str::to_owned),
            ..self
        }
    }

    /// Whether it sends what was sent in production in place of a prompt.
    pub(crate) fn sends_as_recorded(&self) -> bool {
        self.prompt_name.is_empty()
    }

    /// The request of one case, or why there is none.
    pub(crate) fn request(&self, case: &Case) -> Result<ChatRequest, Problem> {
        if !self.sends_as_recorded() {
            return Ok(self.render(&case.variables)?);
        }
        case.request.clone().ok_or_else(|| {
            Problem::bad_input("the case has no request that was sent in production")
                .hint("Make the dataset with `plumbline dataset from-traces NAME --as-sent`.")
        })
    }

    /// Lends a renderer, so that as many are made as render at once.
    fn render(&self, values: &Map<String, Value>) -> Result<ChatRequest, PromptError> {
        let shelf = || {
            self.renderers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        let idle = shelf().pop();
        let mut renderer = idle.map_or_else(|| Renderer::new(&self.spec), Ok)?;
        let request = renderer.render(&self.spec, values);
        shelf().push(renderer);
        request
    }

    /// The request of one case with its identities, or why it cannot be sent.
    pub(crate) fn assemble(&self, case: &Case) -> Result<AssembledRequest, Problem> {
        self.assemble_beside(case, &mut RequestCounter::new(self.encoding))
    }

    /// The same with a counter that has seen the requests of other cases.
    fn assemble_beside(
        &self,
        case: &Case,
        counter: &mut RequestCounter,
    ) -> Result<AssembledRequest, Problem> {
        let assembled = prompts::identify(self.request(case)?, &self.template_hash, counter);
        if !self.sends_as_recorded() {
            prompts::check_budget(&assembled, &self.spec.budget)?;
        }
        Ok(assembled)
    }

    /// The most a call may cost, which is what a cap reserves; `None` where no price, no limit on the output or no
    /// bound of the input is known.
    pub(crate) fn cost_at_most(
        &self,
        prices: &Prices,
        tokens_in_at_most: Option<u64>,
        case: &Case,
        at: UnixNanos,
    ) -> Option<Usd> {
        let (provider, model) = (&self.target.provider, &self.target.model);
        let extra = &self.parameters(case).extra;
        let tier = extra.get("service_tier").and_then(Value::as_str);
        let cache = extra.get("cache_control").and_then(|how| how.get("ttl"));
        let call = LargestCall {
            tokens_in: tokens_in_at_most?,
            max_tokens_out: self.max_tokens_out(case)?,
            tier: tier.map_or(ServiceTier::Standard, ServiceTier::named),
            caches_for_an_hour: cache.and_then(Value::as_str) == Some("1h"),
        };
        prices.upper_bound(Some(provider), model, &call, at)
    }

    fn parameters<'a>(&'a self, case: &'a Case) -> &'a ModelParameters {
        match &case.request {
            Some(request) if self.sends_as_recorded() => &request.parameters,
            _ => &self.spec.parameters,
        }
    }

    /// Most tokens an answer may have: the request's limit, else the prompt's budget.
    pub(crate) fn max_tokens_out(&self, case: &Case) -> Option<u64> {
        let requested = self.parameters(case).max_tokens.map(u64::from);
        match (requested, self.spec.budget.max_tokens_out) {
            (Some(requested), Some(budget)) => Some(requested.min(budget)),
            (requested, budget) => requested.or(budget),
        }
    }
}

/// One cell of the matrix before anything happened to it.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) column: usize,
    pub(crate) case: usize,
    pub(crate) repeat: u32,
    pub(crate) request: Result<PlannedRequest, Problem>,
}

/// What identifies a request; the request itself is assembled again when it is sent.
#[derive(Debug, Clone)]
pub(crate) struct PlannedRequest {
    pub(crate) request_hash: String,
    pub(crate) cache_key: String,
    pub(crate) tokens_in: u64,
    /// See [`tokens_in_at_most`].
    pub(crate) tokens_in_at_most: Option<u64>,
    pub(crate) max_tokens_out: Option<u64>,
}

/// A plan with everything it names.
#[derive(Debug, Clone)]
pub(crate) struct Matrix {
    pub(crate) columns: Vec<Column>,
    pub(crate) cases: Vec<Case>,
    pub(crate) cells: Vec<Planned>,
}

impl Engine {
    /// Loads what a plan names and assembles every request.
    pub(crate) fn matrix(&self, plan: &RunPlan) -> Result<Matrix, Problem> {
        refuse_nonsense(plan)?;
        let columns = self.columns(plan)?;
        let cases = self.all_cases(&plan.dataset)?;
        let cells = columns.len() as u64 * cases.len() as u64 * u64::from(plan.repeats);
        if cells > MAX_CELLS {
            return Err(Problem::bad_input(format!("this plan has {cells} cells"))
                .hint(format!("At most {MAX_CELLS} cells go into one run: choose fewer versions, models or repeats.")));
        }
        let cells = plan_cells(&columns, &cases, plan.repeats);
        Ok(Matrix {
            columns,
            cases,
            cells,
        })
    }

    /// The columns of a plan in grid order: prompt versions within each model.
    pub(crate) fn columns(&self, plan: &RunPlan) -> Result<Vec<Column>, Problem> {
        let mut columns = Vec::new();
        for target in &plan.targets {
            for reference in &plan.prompts {
                let (name, version) = split_reference(reference);
                if reference == AS_RECORDED {
                    columns.push(as_recorded_column(target).reached_by(plan));
                    continue;
                }
                let (spec, text) = self.prompt_spec(name, version)?;
                refuse_misplaced(&spec, name, version)?;
                columns.push(column(version, target, spec, text)?.reached_by(plan));
            }
        }
        Ok(columns)
    }
}

/// A run is kept under the name and version that were asked for, so the file must say the same.
fn refuse_misplaced(spec: &PromptSpec, name: &str, version: &str) -> Result<(), Problem> {
    let found = spec.version.to_string();
    if spec.name == name && (version == WORKING || found == version) {
        return Ok(());
    }
    Err(Problem::bad_input(format!(
        "the file of {name}@{version} says that it is {}@{found}",
        spec.name
    ))
    .hint("Mend its front matter, or move it to where it belongs."))
}

/// A column of a prompt text, which may come from the folder or from an earlier run.
pub(crate) fn column(
    version: &str,
    target: &Target,
    spec: PromptSpec,
    text: String,
) -> Result<Column, Problem> {
    let errors: Vec<String> = prompts::check(&spec)
        .into_iter()
        .filter(|finding| finding.severity == prompts::Severity::Error)
        .map(|finding| finding.message)
        .collect();
    if let Some(first) = errors.first() {
        return Err(Problem::bad_input(format!(
            "prompt {}@{version} has {} error(s), the first: {first}",
            spec.name,
            errors.len()
        ))
        .hint("Mend the prompt file; `plumbline prompt check` lists everything."));
    }
    Ok(Column {
        prompt_name: spec.name.clone(),
        prompt_version: if version == WORKING {
            WORKING.to_owned()
        } else {
            version.to_owned()
        },
        target: target.clone(),
        base_url: None,
        template_hash: prompts::template_hash(&spec),
        encoding: encoding_of(Some(&spec)),
        spec: Arc::new(spec),
        text: text.into(),
        renderers: Arc::default(),
    })
}

/// The column of [`AS_RECORDED`].
pub(crate) fn as_recorded_column(target: &Target) -> Column {
    Column {
        prompt_name: String::new(),
        prompt_version: RECORDED.to_owned(),
        target: target.clone(),
        base_url: None,
        spec: Arc::new(PromptSpec::unnamed()),
        text: "".into(),
        template_hash: String::new(),
        encoding: encoding_for_model(&target.model),
        renderers: Arc::default(),
    }
}

/// The cells of the matrix, case by case. Cases are laid out side by side on the machine's cores.
fn plan_cells(columns: &[Column], cases: &[Case], repeats: u32) -> Vec<Planned> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = cases.len().div_ceil(cores).max(CASES_WORTH_A_THREAD);
    let mut shares = cases.chunks(share).enumerate();
    let first = shares.next();
    thread::scope(|scope| {
        let others: Vec<_> = shares
            .map(|(at, some)| scope.spawn(move || plan_some(columns, some, at * share, repeats)))
            .collect();
        let mut cells =
            first.map_or_else(Vec::new, |(_, some)| plan_some(columns, some, 0, repeats));
        for other in others {
            match other.join() {
                Ok(more) => cells.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        cells
    })
}

/// Fewer are laid out before a thread has started.
const CASES_WORTH_A_THREAD: usize = 64;

fn plan_some(columns: &[Column], cases: &[Case], first_case: usize, repeats: u32) -> Vec<Planned> {
    let mut cells = Vec::with_capacity(columns.len() * cases.len() * repeats as usize);
    let mut counters: Vec<RequestCounter> = columns
        .iter()
        .map(|column| RequestCounter::new(column.encoding))
        .collect();
    for (case_at, case) in cases.iter().enumerate() {
        for (column_at, (column, counter)) in columns.iter().zip(&mut counters).enumerate() {
            let assembled = column.assemble_beside(case, counter);
            let at_most = assembled
                .as_ref()
                .ok()
                .and_then(|assembled| tokens_in_at_most(&column.target.model, assembled));
            for repeat in 0..repeats {
                let request = match &assembled {
                    Ok(assembled) => Ok(PlannedRequest {
                        cache_key: column.cache_key(&assembled.request_hash, repeat),
                        request_hash: assembled.request_hash.clone(),
                        tokens_in: assembled.tokens_in_estimated,
                        tokens_in_at_most: at_most,
                        max_tokens_out: column.max_tokens_out(case),
                    }),
                    Err(problem) => Err(problem.clone()),
                };
                cells.push(Planned {
                    column: column_at,
                    case: first_case + case_at,
                    repeat,
                    request,
                });
            }
        }
    }
    cells
}

fn refuse_nonsense(plan: &RunPlan) -> Result<(), Problem> {
    let refuse = |message: &str, hint: &str| Err(Problem::bad_input(message).hint(hint));
    if plan.prompts.is_empty() {
        return refuse(
            "the plan names no prompt version",
            "Choose at least one, such as `ticket-triage@1.0.0`.",
        );
    }
    if plan.targets.is_empty() {
        return refuse(
            "the plan names no model",
            "Choose at least one, such as `openai:gpt-4.1-mini`.",
        );
    }
    if !(1..=100).contains(&plan.repeats) {
        return refuse(
            "repeats must be from 1 to 100",
            "Ask each question at least once.",
        );
    }
    if !(1..=1_000).contains(&plan.concurrency) {
        return refuse(
            "concurrency must be from 1 to 1000",
            "8 suits most providers.",
        );
    }
    let waits = &plan.waits;
    let waits = [
        waits.connect_ms,
        waits.first_token_ms,
        waits.idle_ms,
        waits.total_ms,
    ];
    if waits.contains(&Some(0)) {
        return refuse(
            "a call that may take no time can never be answered",
            "Leave a wait out, or give it at least a millisecond.",
        );
    }
    if plan.tenant.as_ref().is_some_and(String::is_empty) {
        return refuse("the tenant has no name", "Name it, or leave it out.");
    }
    if let Some(name) = named_twice(plan.prompts.iter().cloned()) {
        return refuse(
            &format!("the plan names {name} twice"),
            "Name each prompt version once; use repeats to ask again.",
        );
    }
    if let Some(name) = named_twice(plan.targets.iter().map(ToString::to_string)) {
        return refuse(
            &format!("the plan names {name} twice"),
            "Name each model once; use repeats to ask again.",
        );
    }
    Ok(())
}

fn named_twice(mut names: impl Iterator<Item = String>) -> Option<String> {
    let mut seen = BTreeSet::new();
    names.find(|name| !seen.insert(name.clone()))
}

/// Reads `provider:model`. The model may contain colons itself.
pub fn parse_target(text: &str) -> Result<Target, Problem> {
    match text.split_once(':') {
        Some((provider, model)) if !provider.is_empty() && !model.is_empty() => {
            Ok(Target { provider: provider.to_ascii_lowercase(), model: model.to_owned() })
        }
        _ => Err(Problem::bad_input(format!("`{}` is not provider:model", text.escape_debug()))
            .hint("Write for example openai:gpt-4.1-mini, local:my-model or recorded:smollm2-135m-instruct.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_keeps_colons_of_its_model() {
        let target = parse_target("ollama:llama3.2:3b").unwrap();
        assert_eq!(
            (target.provider.as_str(), target.model.as_str()),
            ("ollama", "llama3.2:3b")
        );
        assert!(
            parse_target("gpt-4").is_err(),
            "a bare model names no provider"
        );
    }
}
