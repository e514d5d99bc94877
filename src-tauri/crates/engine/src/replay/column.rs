//! One prompt version on one model: the request that it makes of a case, and what that may cost.

use super::way_out::{LaidOut, Ready, Wanted, WayOut};
use crate::prompts::{WORKING, encoding_of};
use plumbline_model::{
    AssembledRequest, Budget, Case, ChatRequest, ModelParameters, Problem, PromptSpec, RunPlan,
    Target, Trimmed, UnixNanos, Usd, ValueSummary, WhenOver,
};
use plumbline_prompts::{self as prompts, Fit, Fitter, PromptError, Renderer};
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
    pub(crate) way_out: WayOut,
    /// Most input tokens, where it takes what is too long for another column.
    escalated_cap: Option<u64>,
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

    /// With what its prompt asks for over its budget, and the addresses that the plan has for its providers. `find`
    /// reads a prompt by name and version.
    pub(super) fn ready_for(
        mut self,
        plan: &RunPlan,
        find: impl FnOnce(&str, &str) -> Result<(PromptSpec, String), Problem>,
    ) -> Result<Self, Problem> {
        self.reached_by(plan);
        self.way_out = WayOut::of(&self, plan, find)?;
        Ok(self)
    }

    pub(super) fn reached_by(&mut self, plan: &RunPlan) {
        self.base_url = plan.base_url_of(&self.target.provider).map(str::to_owned);
    }

    /// The same prompt on a model that takes more.
    pub(super) fn escalated(&self, target: Target, max_tokens_in: u64) -> Self {
        Self {
            encoding: encoding_for_model(&target.model),
            target,
            escalated_cap: Some(max_tokens_in),
            way_out: WayOut::Refuse,
            renderers: Arc::default(),
            fitters: Arc::default(),
            ..self.clone()
        }
    }

    /// The model besides its own that may be asked for an answer or a summary.
    pub(super) fn other(&self) -> Option<&Target> {
        match &self.way_out {
            WayOut::Refuse => None,
            WayOut::Escalate(to) => Some(&to.target),
            WayOut::Summarise(summariser) => Some(&summariser.column.target),
        }
    }

    /// Whether it sends what was sent in production in place of a prompt.
    pub(crate) fn sends_as_recorded(&self) -> bool {
        self.prompt_name.is_empty()
    }

    /// The request of one case with nothing cut, or why there is none.
    pub(crate) fn request(&self, case: &Case) -> Result<ChatRequest, Problem> {
        if !self.sends_as_recorded() {
            return self.render(&case.variables);
        }
        case.request.clone().ok_or_else(|| {
            Problem::bad_input("the case has no request that was sent in production")
                .hint("Make the dataset with `plumbline dataset from-traces NAME --as-sent`.")
        })
    }

    fn render(&self, values: &Map<String, Value>) -> Result<ChatRequest, Problem> {
        let idle = shelf(&self.renderers).pop();
        let mut renderer = idle.map_or_else(|| Renderer::new(&self.spec), Ok)?;
        let request = renderer.render(&self.spec, values);
        shelf(&self.renderers).push(renderer);
        Ok(request?)
    }

    /// Whether a case may be sent otherwise than it stands in the dataset.
    pub(crate) fn is_made_to_fit(&self) -> bool {
        let budget = &self.spec.budget;
        let mut variables = self.spec.variables.iter();
        let trims =
            variables.any(|variable| variable.trim.is_some()) || !budget.sections.is_empty();
        budget.max_tokens_in.is_some() && (trims || budget.when_over != WhenOver::Refuse)
    }

    /// The request of one case as it is sent, or why it cannot be. The counter may have seen the requests of others.
    pub(crate) fn lay_out(
        &self,
        case: &Case,
        counter: &mut RequestCounter,
    ) -> Result<LaidOut<'_>, Problem> {
        if self.is_made_to_fit() {
            return self.fit(case);
        }
        let assembled = prompts::identify(self.request(case)?, &self.template_hash, counter);
        self.ready(assembled, Vec::new())
    }

    /// As it was sent for a cell: with the summary that the cell had.
    pub(crate) fn sent(
        &self,
        case: &Case,
        had: Option<&ValueSummary>,
    ) -> Result<Ready<'_>, Problem> {
        let mut counter = RequestCounter::new(self.encoding);
        match (self.lay_out(case, &mut counter)?, had) {
            (LaidOut::Ready(ready), _) => Ok(*ready),
            (LaidOut::Wants(wanted), Some(had)) => {
                self.with_summary(case, &wanted.variable, wanted.tokens_before, &had.text)
            }
            (LaidOut::Wants(wanted), None) => Err(Problem::not_found(format!(
                "the summary of `{}` by {}",
                wanted.variable, wanted.summariser.prompt
            ))),
        }
    }

    fn ready(
        &self,
        assembled: AssembledRequest,
        trimmed: Vec<Trimmed>,
    ) -> Result<LaidOut<'_>, Problem> {
        self.check(&assembled)?;
        Ok(LaidOut::Ready(Box::new(Ready {
            column: self,
            assembled,
            trimmed,
        })))
    }

    /// Refuses what is over the budget.
    pub(super) fn check(&self, assembled: &AssembledRequest) -> Result<(), Problem> {
        let budget = &self.spec.budget;
        match self.escalated_cap {
            _ if self.sends_as_recorded() => Ok(()),
            None => Ok(prompts::check_budget(assembled, budget)?),
            Some(cap) => {
                let larger = Budget {
                    max_tokens_in: Some(cap),
                    ..budget.clone()
                };
                Ok(prompts::check_budget(assembled, &larger)?)
            }
        }
    }

    fn fit(&self, case: &Case) -> Result<LaidOut<'_>, Problem> {
        let values = &case.variables;
        let fit = self.with_fitter(|fitter| fitter.fit(values))?;
        match (fit, &self.way_out) {
            (Fit::Fits(fitted), _) => self.ready(fitted.request, fitted.trimmed),
            (Fit::Escalate { max_tokens_in, .. }, WayOut::Escalate(to)) => {
                let (assembled, trimmed) = to.fit_within(values, max_tokens_in)?;
                to.ready(assembled, trimmed)
            }
            (
                Fit::Summarise {
                    variable,
                    tokens_before,
                    tokens_allowed,
                    ..
                },
                WayOut::Summarise(summariser),
            ) => Ok(LaidOut::Wants(Box::new(Wanted {
                question: summariser.question(&variable, values, tokens_allowed)?,
                summariser,
                variable,
                tokens_before,
                tokens_allowed,
                whole: prompts::assemble(&self.spec, values, self.encoding)?,
            }))),
            _ => Err(Problem::internal(
                "the prompt's way out of its budget was not made ready",
            )),
        }
    }

    /// Within so many tokens, by nothing but trimming, and what was cut for it.
    pub(super) fn fit_within(
        &self,
        values: &Map<String, Value>,
        max_tokens_in: u64,
    ) -> Result<(AssembledRequest, Vec<Trimmed>), Problem> {
        let fitted = self.with_fitter(|fitter| fitter.fit_within(values, max_tokens_in))?;
        Ok((fitted.request, fitted.trimmed))
    }

    fn with_fitter<T>(
        &self,
        work: impl FnOnce(&mut Fitter) -> Result<T, PromptError>,
    ) -> Result<T, Problem> {
        let idle = shelf(&self.fitters).pop();
        let new = || Fitter::new(Arc::clone(&self.spec), self.encoding);
        let mut fitter = idle.map_or_else(new, Ok)?;
        let done = work(&mut fitter);
        shelf(&self.fitters).push(fitter);
        Ok(done?)
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
        let most_out = self.max_tokens_out(case)?;
        let call = LargestCall::of(self.parameters(case), tokens_in_at_most?, most_out);
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
        way_out: WayOut::Refuse,
        escalated_cap: None,
        template_hash: prompts::template_hash(&spec),
        encoding: encoding_of(Some(&spec)),
        spec: Arc::new(spec),
        text: text.into(),
        renderers: Arc::default(),
        fitters: Arc::default(),
    })
}

/// The column of [`AS_RECORDED`].
pub(crate) fn as_recorded_column(target: &Target, plan: &RunPlan) -> Column {
    let mut column = Column {
        prompt_name: String::new(),
        prompt_version: RECORDED.to_owned(),
        target: target.clone(),
        base_url: None,
        way_out: WayOut::Refuse,
        escalated_cap: None,
        spec: Arc::new(PromptSpec::unnamed()),
        text: "".into(),
        template_hash: String::new(),
        encoding: encoding_for_model(&target.model),
        renderers: Arc::default(),
        fitters: Arc::default(),
    };
    column.reached_by(plan);
    column
}
