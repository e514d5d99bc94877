//! JSON Schemas that answers are held against.

use super::outcome::shorten;
use crate::AnalysisError;
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// Steps of backtracking allowed to one pattern of a schema.
const PATTERN_STEPS: usize = 100_000;

/// One place where an answer breaks a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// As a JSON pointer, with `*` for any index; empty for the answer itself.
    pub path: String,
    /// The keyword of the schema that is broken.
    pub rule: String,
    pub message: String,
}

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

    /// Where and how `value` breaks the schema, up to `limit` violations.
    #[must_use]
    pub fn violations(&self, value: &Value, limit: usize) -> Vec<Violation> {
        let errors = self.0.iter_errors(value).take(limit);
        errors
            .map(|error| Violation {
                path: any_index(&error.instance_path().to_string()),
                rule: error.kind().keyword().to_owned(),
                message: shorten(&error.to_string()),
            })
            .collect()
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

/// A JSON pointer whose indexes are `*`: the same fault of many items is one.
fn any_index(pointer: &str) -> String {
    let is_index = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = pointer
        .split('/')
        .map(|part| if is_index(part) { "*" } else { part });
    shorten(&parts.collect::<Vec<_>>().join("/"))
}
