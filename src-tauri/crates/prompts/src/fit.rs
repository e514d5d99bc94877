//! Makes a prompt fit its budget before it is sent, or says why it does not.
//!
//! ```yaml
//! variables:
//!   - {name: history, type: array, trim: head}
//!   - {name: documents, type: array, trim: {policy: items, score: relevance, keep_tokens: 500}}
//!   - {name: ticket, type: string, trim: tail}
//! budget:
//!   max_tokens_in: 8000
//!   when_over: {escalate: {model: "openai:gpt-4.1", max_tokens_in: 100000}}
//! ```
//!
//! - **Order.** Values are shortened only while the request is over `max_tokens_in`, in the order in which the list
//!   of variables names them (a map has no order: by name). The next one is touched only when the one before is as short
//!   as it may be. A value that takes nothing off the request when it is shortened stays whole.
//! - **Policies.** `head` cuts the start, `tail` the end, `middle` the middle, `items` the items with the lowest number
//!   in their member `score` (or the one named); an item without such a number is lower than all, and of equals the
//!   later goes first. `keep_tokens` of the value stay in any case: of a text up to the last whole character in
//!   them, of a list as many items as have them.
//! - **Texts** are cut between tokens, never inside a character, and `[… 1,234 tokens cut …]` stands in the gap.
//! - **Lists, objects and texts that are JSON or JSON lines** are never cut inside: whatever the policy, whole items or
//!   members go, `head` from the first, `tail` from the last, `middle` from the middle. Nothing marks the gap, since a
//!   template may ask every item for the same members. A list of messages loses a call of tools together with its
//!   results.
//! - **Sections** that the budget lists, such as `sections: [{section: user 2, trim: tail}]`, are cut next, in that
//!   order: their text as it was rendered, by the same policies.
//! - **When all that is not enough** `when_over` decides: `refuse` (also where it is absent), `escalate` to a model with
//!   a cap of its own, or `{summarise: {variable: ticket, prompt: shorten@1.0.0}}`, for a variable that takes text. This
//!   crate calls no model: it says what is asked for, and the caller comes back to [`fit_within`], which only trims or
//!   refuses.
//!
//! Whatever comes back was rendered and counted as it is sent. Neither `trim` nor the budget is part of the template
//! hash: like the values they decide which text a template is filled with, and the request hash covers that text.

mod fitter;
mod groups;
mod json_text;
mod list;
mod search;
mod sections;
mod shorten;
mod text;

pub use fitter::Fitter;
pub(crate) use sections::section_named;
pub use sections::{FittedRequest, fit_request};

use crate::PromptError;
use plumbline_model::{AssembledRequest, PromptSpec, Trimmed};
use plumbline_tokens::Encoding;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A request within its cap, and what was cut for it, in the order of cutting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fitted {
    pub request: AssembledRequest,
    pub trimmed: Vec<Trimmed>,
}

/// What becomes of a prompt with its values.
#[derive(Debug, Clone, PartialEq)]
pub enum Fit {
    /// It may be sent, as far as input tokens go.
    Fits(Box<Fitted>),
    /// It is too long; [`fit_within`] `max_tokens_in`, with the encoding of `model`, and send it there.
    Escalate {
        /// As `provider:model`.
        model: String,
        max_tokens_in: u64,
        /// Of the request with nothing cut.
        tokens: u64,
    },
    /// It is too long; let `prompt` write a summary of the variable, put that in its place and [`fit_within`] the
    /// budget. What was done is then a [`Trimmed`] by the rule `summarise`.
    Summarise {
        variable: String,
        /// As `name` or `name@version`.
        prompt: String,
        /// Of the variable's value.
        tokens_before: u64,
        /// What the summary may have while all other values stay whole; at least 1.
        tokens_allowed: u64,
    },
}

/// Renders the prompt and makes it fit `budget.max_tokens_in`; without that cap everything fits. Limits on output and
/// cost are for [`crate::check_budget`] and [`crate::check_cost`].
///
/// # Errors
/// Those of [`crate::render`], and [`PromptError::OverBudget`] when trimming is not enough and `when_over` refuses or
/// cannot help.
pub fn fit(
    spec: &PromptSpec,
    values: &Map<String, Value>,
    encoding: Encoding,
) -> Result<Fit, PromptError> {
    Fitter::new(Arc::new(spec.clone()), encoding)?.fit(values)
}

/// As [`fit`] with another cap and no other way out than trimming.
///
/// # Errors
/// Those of [`fit`].
pub fn fit_within(
    spec: &PromptSpec,
    values: &Map<String, Value>,
    encoding: Encoding,
    max_tokens_in: u64,
) -> Result<Fitted, PromptError> {
    Fitter::new(Arc::new(spec.clone()), encoding)?.fit_within(values, max_tokens_in)
}

#[cfg(test)]
mod tests;
