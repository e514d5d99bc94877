//! Checks of the tools that an answer calls.

use super::OutputSchema;
use super::outcome::{Outcome, quote};
use crate::AnalysisError;
use crate::diff::json_equal;
use plumbline_model::{Completion, ToolCall};
use serde_json::Value;

pub(super) fn called(completion: &Completion, name: &str, arguments: Option<&Value>) -> Outcome {
    let calls = match calls_of(completion, name) {
        Ok(calls) => calls,
        Err(outcome) => return outcome,
    };
    let fits = |given: &Value| match (arguments, given) {
        (None, _) => true,
        // Where an object is expected, the call may say more than asked.
        (Some(Value::Object(expected)), Value::Object(given)) => expected
            .iter()
            .all(|(key, value)| given.get(key).is_some_and(|found| json_equal(found, value))),
        (Some(expected), given) => json_equal(expected, given),
    };
    Outcome::pass_or(calls.iter().any(|call| fits(&call.arguments)), || {
        format!("{} was called, but not with these arguments", quote(name))
    })
}

pub(super) fn arguments(
    completion: &Completion,
    name: &str,
    schema: Result<&OutputSchema, &AnalysisError>,
) -> Outcome {
    let calls = match calls_of(completion, name) {
        Ok(calls) => calls,
        Err(outcome) => return outcome,
    };
    let schema = match schema {
        Ok(schema) => schema,
        Err(error) => return Outcome::ungraded(error.to_string()),
    };
    let violation = calls
        .iter()
        .find_map(|call| schema.first_violation(&call.arguments));
    match violation {
        None => Outcome::pass(),
        Some(violation) => Outcome::fail(format!("in a call of {}, {violation}", quote(name))),
    }
}

/// The calls of one tool, else a failure that says which were called instead.
fn calls_of<'c>(completion: &'c Completion, name: &str) -> Result<Vec<&'c ToolCall>, Outcome> {
    let calls: Vec<&ToolCall> = completion
        .tool_calls
        .iter()
        .filter(|call| call.name == name)
        .collect();
    if !calls.is_empty() {
        return Ok(calls);
    }
    let called: Vec<&str> = completion
        .tool_calls
        .iter()
        .map(|call| call.name.as_str())
        .collect();
    let instead = if called.is_empty() {
        "no tool".to_owned()
    } else {
        quote(&called.join(", "))
    };
    Err(Outcome::fail(format!(
        "{} was not called; called: {instead}",
        quote(name)
    )))
}
