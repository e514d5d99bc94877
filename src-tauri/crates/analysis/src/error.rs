//! The things that can be wrong with a question put to this crate.

use plumbline_model::Problem;
use thiserror::Error;

/// A path, a schema or a pattern that cannot be used. Bad data is never an error here: it is an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AnalysisError {
    /// A JSON path that does not follow `$.name[0]['other name']`.
    #[error("`{path}` is not a path: {reason} at character {at}")]
    BadPath {
        path: String,
        /// 1-based character.
        at: usize,
        reason: &'static str,
    },
    /// An output schema that is not a JSON Schema, or that points outside itself.
    #[error("the schema cannot be used: {reason}")]
    BadSchema { reason: String },
    /// A regular expression that does not compile, or is too large.
    #[error("the regular expression cannot be used: {reason}")]
    BadPattern { reason: String },
}

impl From<AnalysisError> for Problem {
    fn from(error: AnalysisError) -> Self {
        let hint = match &error {
            AnalysisError::BadPath { .. } => {
                "Write a path such as `$.items[0].label` or `$['odd key']`."
            }
            AnalysisError::BadSchema { .. } => {
                "Correct it where it is written: `output_schema` of the prompt file or `schema` of the assertion; references to other documents are not followed."
            }
            AnalysisError::BadPattern { .. } => {
                "Patterns have no look-around and no back-references, and compile to at most 1 MiB."
            }
        };
        Self::bad_input(error.to_string()).hint(hint)
    }
}
