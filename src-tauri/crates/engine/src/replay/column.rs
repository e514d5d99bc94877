//! One prompt version on one model: the request that it makes of a case, and what that may cost.

use crate::prompts::{WORKING, encoding_of};
use plumbline_model::{
    AssembledRequest, Case, ChatRequest, ModelParameters, Problem, PromptSpec, RunPlan,
    ServiceTier, Target, Trimmed, UnixNanos, Usd, WhenOver,
};
use plumbline_prompts::{self as prompts, Fit, Fitter, Renderer};
use plumbline_tokens::prices::{LargestCall, Prices};
use plumbline_tokens::{Encoding, RequestCounter, encoding_for_model};
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The provider word that replays recordings.
pub(crate) const RECORDED: &str = "recorded";

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
    renderers: Shelf<Renderer>,
    fitters: Shelf<Fitter>,
}

/// What renders a prompt, while nobody does: as many are made as render at once.
type Shelf<T> = Arc<Mutex<Vec<T>>>;

fn shelf<T>(shelf: &Shelf<T>) -> MutexGuard<'_, Vec<T>> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
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
            return self.render(&case.variables);
        }
        case.request.clone().ok_or_else(|| {
            Problem::bad_input("the case has no request that was sent in production")
                .hint("Make the dataset with `plumbline dataset from-traces NAME --as-sent`.")
        })
    }

    /// As it is sent: within the budget where the prompt says how.
    fn render(&self, values: &Map<String, Value>) -> Result<ChatRequest, Problem> {
        if self.is_made_to_fit() {
            return Ok(self.fit(values)?.0.request);
        }
        let idle = shelf(&self.renderers).pop();
        let mut renderer = idle.map_or_else(|| Renderer::new(&self.spec), Ok)?;
        let request = renderer.render(&self.spec, values);
        shelf(&self.renderers).push(renderer);
        Ok(request?)
    }

    /// Whether a case may be sent otherwise than it stands in the dataset.
    fn is_made_to_fit(&self) -> bool {
        let budget = &self.spec.budget;
        let trims = self
            .spec
            .variables
            .iter()
            .any(|variable| variable.trim.is_some());
        budget.max_tokens_in.is_some() && (trims || budget.when_over != WhenOver::Refuse)
    }

    /// The request within its budget, and what was cut for it.
    fn fit(
        &self,
        values: &Map<String, Value>,
    ) -> Result<(AssembledRequest, Vec<Trimmed>), Problem> {
        let idle = shelf(&self.fitters).pop();
        let new = || Fitter::new(Arc::clone(&self.spec), self.encoding);
        let mut fitter = idle.map_or_else(new, Ok)?;
        let fit = fitter.fit(values);
        shelf(&self.fitters).push(fitter);
        match fit? {
            Fit::Fits(fitted) => Ok((fitted.request, fitted.trimmed)),
            Fit::Escalate { model, tokens, .. } => Err(over_budget(
                &format!(
                    "it has {tokens} tokens, and asks for {model} then, which a run does not switch to"
                ),
                "Choose that model for the run, or let a variable be trimmed.",
            )),
            Fit::Summarise {
                variable, prompt, ..
            } => Err(over_budget(
                &format!(
                    "`{variable}` would have to be summarised by {prompt}, which a run does not ask"
                ),
                "Summarise it in the dataset, or let a variable be trimmed.",
            )),
        }
    }

    /// The request of one case with its identities, or why it cannot be sent.
    pub(crate) fn assemble(&self, case: &Case) -> Result<AssembledRequest, Problem> {
        let mut counter = RequestCounter::new(self.encoding);
        Ok(self.assemble_fitted(case, &mut counter)?.0)
    }

    /// The same with what was cut to make it fit; the counter may have seen the requests of other cases.
    pub(crate) fn assemble_fitted(
        &self,
        case: &Case,
        counter: &mut RequestCounter,
    ) -> Result<(AssembledRequest, Vec<Trimmed>), Problem> {
        if self.sends_as_recorded() {
            let sent = prompts::identify(self.request(case)?, &self.template_hash, counter);
            return Ok((sent, Vec::new()));
        }
        let (assembled, trimmed) = if self.is_made_to_fit() {
            self.fit(&case.variables)?
        } else {
            let request = self.request(case)?;
            (
                prompts::identify(request, &self.template_hash, counter),
                Vec::new(),
            )
        };
        prompts::check_budget(&assembled, &self.spec.budget)?;
        Ok((assembled, trimmed))
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
        fitters: Arc::default(),
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
        fitters: Arc::default(),
    }
}

/// Refused although the prompt names a way out, which a run does not go.
fn over_budget(why: &str, hint: &str) -> Problem {
    Problem::bad_input(format!("the request is over the prompt's budget: {why}")).hint(hint)
}
