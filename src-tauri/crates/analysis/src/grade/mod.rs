//! Checks an answer against what its case expects.
//!
//! Decides pass, fail or ungraded, and says why in a sentence. An answer that is not whole is never graded;
//! a check that cannot be made (a bad path, a bad schema, an unknown cost) is ungraded, never a pass.

mod bleu;
mod citation;
mod distance;
mod grader;
mod json;
mod kept;
mod measure;
mod ngrams;
mod number;
mod outcome;
pub(crate) mod refusal;
mod rouge;
pub mod rubric;
mod schema;
mod similar;
#[cfg(test)]
mod tests;
mod text;
mod tool;

pub use grader::Grader;
pub use schema::{OutputSchema, Violation};
pub use similar::cosine;

use plumbline_model::{Assertion, Case, Completion, Cost, Origin};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use ts_rs::TS;

/// An answer with all that its checks may ask about.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    pub completion: &'a Completion,
    pub cost: &'a Cost,
    /// Only what was measured is a latency: an answer from the cache has none.
    pub origin: Origin,
    pub case: &'a Case,
    /// The prompt's output schema; without one, `json_valid` asks only for JSON.
    pub output_schema: Option<&'a Value>,
    pub opinions: &'a Opinions,
}

/// What other models were asked about one answer, by the index of the assertion in its case.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Opinions {
    /// What the judge of a rubric answered, word for word.
    pub judge_answers: BTreeMap<usize, String>,
    /// Embeddings of the answer and of the value it is compared with.
    pub embeddings: BTreeMap<usize, (Vec<f32>, Vec<f32>)>,
    /// Why there is none, as a sentence, where that is known.
    pub unheard: BTreeMap<usize, String>,
}

/// What became of one assertion.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct AssertionOutcome {
    pub assertion: Assertion,
    /// `None` when the check could not be made.
    pub passed: Option<bool>,
    /// The figure that was compared with a threshold, where the check has one.
    pub score: Option<f64>,
    /// Why it failed or was not made, or what was tolerated; empty for a plain pass.
    pub message: String,
}

/// The grade of one answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, TS)]
#[ts(export)]
pub struct Grade {
    /// True when every assertion passed, false when one failed; `None` without assertions, for an answer
    /// that is not whole, and when none failed but one could not be made. A weight of 0 does not count.
    pub passed: Option<bool>,
    /// Passed weight over all weight, from 0 to 1; `None` when a check of some weight could not be made.
    pub score: Option<f64>,
    /// One for each assertion, in order; empty for an answer that is not whole.
    pub outcomes: Vec<AssertionOutcome>,
}
