//! Where a request goes that is too long however much is cut: to a larger model, or past a prompt that summarises.

use super::column::{Column, RECORDED, column};
use super::plan::parse_target;
use crate::prompts::split_reference;
use plumbline_model::{
    AssembledRequest, Case, Problem, PromptSpec, RunPlan, SummaryPrompt, Target, TrimRule, Trimmed,
    WhenOver,
};
use plumbline_prompts::{SUMMARY_MAX_TOKENS, identify, summary_input};
use plumbline_tokens::RequestCounter;
use serde_json::{Map, Value};
use std::sync::Arc;

/// What a column does with a request that stays over its budget.
#[derive(Debug, Clone, Default)]
pub(crate) enum WayOut {
    #[default]
    Refuse,
    /// The same prompt on another model.
    Escalate(Arc<Column>),
    Summarise(Arc<Summariser>),
}

/// A prompt that writes summaries for another one.
#[derive(Debug)]
pub(crate) struct Summariser {
    /// As `name@version`.
    pub(crate) prompt: String,
    pub(crate) column: Column,
    /// The variable of its own that takes the text.
    takes: String,
}

/// What a column makes of a case.
pub(crate) enum LaidOut<'c> {
    Ready(Box<Ready<'c>>),
    /// There is no request before a summary is there.
    Wants(Box<Wanted<'c>>),
}

/// A request as it is sent.
pub(crate) struct Ready<'c> {
    /// The case's own column, or the one it escalates to.
    pub(crate) column: &'c Column,
    pub(crate) assembled: AssembledRequest,
    pub(crate) trimmed: Vec<Trimmed>,
}

/// A summary that a request needs.
pub(crate) struct Wanted<'c> {
    pub(crate) summariser: &'c Summariser,
    pub(crate) variable: String,
    /// What the summarising prompt is asked.
    pub(crate) question: AssembledRequest,
    /// Of the value that is summarised.
    pub(crate) tokens_before: u64,
    pub(crate) tokens_allowed: u64,
    /// The request with nothing cut: it is never sent, and tells whether the case changed.
    pub(crate) whole: AssembledRequest,
}

impl LaidOut<'_> {
    /// The request, with nothing cut where its summary is not there.
    pub(crate) fn assembled(self) -> AssembledRequest {
        match self {
            Self::Ready(ready) => ready.assembled,
            Self::Wants(wanted) => wanted.whole,
        }
    }
}

impl WayOut {
    /// What the prompt of a column asks for; `find` reads the prompt that summarises, by name and version.
    pub(super) fn of(
        own: &Column,
        plan: &RunPlan,
        find: impl FnOnce(&str, &str) -> Result<(PromptSpec, String), Problem>,
    ) -> Result<Self, Problem> {
        if own.spec.budget.max_tokens_in.is_none() {
            return Ok(Self::Refuse);
        }
        Ok(match &own.spec.budget.when_over {
            WhenOver::Refuse => Self::Refuse,
            WhenOver::Escalate(to) => {
                let target = beside(own, parse_target(&to.model)?);
                let mut larger = own.escalated(target, to.max_tokens_in);
                larger.reached_by(plan);
                Self::Escalate(Arc::new(larger))
            }
            WhenOver::Summarise(summary) => {
                let mut summariser = summariser(own, summary, find)?;
                summariser.column.reached_by(plan);
                Self::Summarise(Arc::new(summariser))
            }
        })
    }
}

/// Where recordings answer, recordings of the other model do too: nothing is paid for.
fn beside(own: &Column, target: Target) -> Target {
    if !own.is_recorded() {
        return target;
    }
    Target {
        provider: RECORDED.to_owned(),
        ..target
    }
}

fn summariser(
    own: &Column,
    summary: &SummaryPrompt,
    find: impl FnOnce(&str, &str) -> Result<(PromptSpec, String), Problem>,
) -> Result<Summariser, Problem> {
    let (name, version) = split_reference(&summary.prompt);
    let (spec, text) = find(name, version)?;
    let takes = summary_input(&own.spec, &spec, &summary.variable)
        .map_err(|why| {
            Problem::bad_input(format!(
                "{} cannot summarise `{}`: {why}",
                summary.prompt, summary.variable
            ))
            .hint("Give it one variable without a default for the text; values of the same names are handed on.")
        })?
        .to_owned();
    let target = match &spec.model {
        Some(model) => beside(own, parse_target(model)?),
        None => own.target.clone(),
    };
    Ok(Summariser {
        prompt: format!("{name}@{version}"),
        column: column(version, &target, spec, text)?,
        takes,
    })
}

impl Summariser {
    /// What it is asked about the value of a variable, for a summary of at most so many tokens.
    pub(super) fn question(
        &self,
        variable: &str,
        values: &Map<String, Value>,
        tokens_allowed: u64,
    ) -> Result<AssembledRequest, Problem> {
        let spec = &self.column.spec;
        let mut given = Map::new();
        for own in &spec.variables {
            let value = match own.name.as_str() {
                name if name == self.takes => values.get(variable).cloned(),
                SUMMARY_MAX_TOKENS => Some(tokens_allowed.into()),
                name => values.get(name).cloned(),
            };
            given.extend(value.map(|value| (own.name.clone(), value)));
        }
        let cap = spec.budget.max_tokens_in.unwrap_or(u64::MAX);
        let (assembled, _) = self.column.fit_within(&given, cap).map_err(|problem| {
            let message = format!("{} cannot be asked: {}", self.prompt, problem.message);
            Problem { message, ..problem }
        })?;
        let mut request = assembled.request;
        let limits = [
            request.parameters.max_tokens.map(u64::from),
            spec.budget.max_tokens_out,
            Some(tokens_allowed),
        ];
        let limit = limits.into_iter().flatten().min().unwrap_or(tokens_allowed);
        request.parameters.max_tokens = Some(u32::try_from(limit).unwrap_or(u32::MAX));
        let mut counter = RequestCounter::new(self.column.encoding);
        Ok(identify(request, &self.column.template_hash, &mut counter))
    }
}

impl Column {
    /// The request with a summary in place of a value, which may be cut like the value.
    pub(crate) fn with_summary(
        &self,
        case: &Case,
        variable: &str,
        tokens_before: u64,
        text: &str,
    ) -> Result<Ready<'_>, Problem> {
        let mut values = case.variables.clone();
        values.insert(variable.to_owned(), Value::String(text.to_owned()));
        let cap = self.spec.budget.max_tokens_in.unwrap_or(u64::MAX);
        let (assembled, mut trimmed) = self.fit_within(&values, cap)?;
        let summarised = Trimmed {
            variable: Some(variable.to_owned()),
            section: None,
            policy: TrimRule::Summarise,
            tokens_before,
            tokens_after: plumbline_tokens::count(self.encoding, text),
            items_dropped: None,
        };
        trimmed.insert(0, summarised);
        self.check(&assembled)?;
        Ok(Ready {
            column: self,
            assembled,
            trimmed,
        })
    }
}
