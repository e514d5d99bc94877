//! A prompt filled in: the request that it makes of some variables, within its budget where it says how.

use crate::Engine;
use crate::api::{RenderView, SectionTokens, VariablesFrom};
use crate::prompts::{WORKING, encoding_of};
use plumbline_model::{Problem, PromptSpec};
use plumbline_prompts::{self as prompts, Fit};
use plumbline_tokens as tokens;
use serde_json::{Map, Value};

impl Engine {
    /// The request a prompt makes of some variables. `text` stands in for the file while it is unsaved.
    pub fn prompt_render(
        &self,
        name: &str,
        version: Option<&str>,
        text: Option<&str>,
        from: &VariablesFrom,
    ) -> Result<RenderView, Problem> {
        let spec = match text {
            Some(text) => self.read_prompt(text)?,
            None => self.prompt_spec(name, version.unwrap_or(WORKING))?.0,
        };
        let variables = match from {
            VariablesFrom::Values { values } => values.clone(),
            VariablesFrom::Case { dataset, key } => self.case(dataset, key)?.variables,
        };
        render(&spec, &variables, encoding_of(Some(&spec)))
    }
}

/// The request of some variables, counted in a vocabulary.
pub(crate) fn render(
    spec: &PromptSpec,
    variables: &Map<String, Value>,
    encoding: tokens::Encoding,
) -> Result<RenderView, Problem> {
    let fit = match prompts::fit(spec, variables, encoding) {
        // What it would be is shown all the same, with the figure that is too large.
        Err(prompts::PromptError::OverBudget { .. }) => None,
        fit => Some(fit?),
    };
    let whole = || prompts::assemble(spec, variables, encoding);
    let (assembled, trimmed, asks_for) = match fit {
        Some(Fit::Fits(fitted)) => (fitted.request, fitted.trimmed, None),
        Some(Fit::Escalate { model, .. }) => (
            whole()?,
            Vec::new(),
            Some(format!("over its budget it asks for {model}")),
        ),
        Some(Fit::Summarise {
            variable, prompt, ..
        }) => {
            let asked =
                format!("over its budget it asks for a summary of `{variable}` by {prompt}");
            (whole()?, Vec::new(), Some(asked))
        }
        None => (whole()?, Vec::new(), None),
    };
    let message_tokens = assembled
        .request
        .messages
        .iter()
        .map(|message| SectionTokens {
            role: message.role,
            tokens: tokens::count(encoding, &message.content.text()),
        })
        .collect();
    let declared = |name: &String| spec.variables.iter().any(|variable| variable.name == *name);
    Ok(RenderView {
        message_tokens,
        ignored_variables: variables
            .keys()
            .filter(|name| !declared(name))
            .cloned()
            .collect(),
        max_tokens_in: spec.budget.max_tokens_in,
        over_budget: prompts::check_budget(&assembled, &spec.budget).is_err(),
        trimmed,
        asks_for,
        assembled,
    })
}
