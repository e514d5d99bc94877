//! JSON Schemas that answers are held against.

use super::outcome::shorten;
use crate::AnalysisError;
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// Steps of backtracking allowed to one pattern of a schema.
const PATTERN_STEPS: usize = 100_000;

/// A schema, ready for many answers. References outside the schema are never fetched.
#[derive(Debug)]
pub struct OutputSchema(Validator);

impl OutputSchema {
    /// Prepares a JSON Schema.
    ///
    /// # Errors
    /// [`AnalysisError::BadSchema`] when it is not a schema or refers to another document.
    pub fn compile(schema: &Value) -> Result<Self, AnalysisError> {
        jsonschema::options()
            .offline()
            .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(PATTERN_STEPS))
            .build(schema)
            .map(Self)
            .map_err(|error| AnalysisError::BadSchema {
                reason: shorten(&error.to_string()),
            })
    }

    /// The first place where `value` breaks the schema, as a sentence.
    #[must_use]
    pub fn first_violation(&self, value: &Value) -> Option<String> {
        let error = self.0.validate(value).err()?;
        let at = error.instance_path().to_string();
        let at = if at.is_empty() {
            "the answer".to_owned()
        } else {
            format!("`{}`", shorten(&at))
        };
        Some(format!(
            "{at} breaks the schema: {}",
            shorten(&error.to_string())
        ))
    }
}
