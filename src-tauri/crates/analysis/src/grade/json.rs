//! Checks of an answer that is JSON; one code fence around it is tolerated, and told.

use super::OutputSchema;
use super::outcome::{Outcome, quote};
use crate::diff::{ReadJson, json_equal, read_json};
use crate::{AnalysisError, json_path};
use serde_json::Value;

pub(super) fn equals(text: &str, path: &str, value: &Value) -> Outcome {
    let ReadJson {
        value: answer,
        fenced,
    } = match read_json(text) {
        Ok(read) => read,
        Err(error) => return Outcome::fail(format!("the answer is not JSON: {error}")),
    };
    match json_path::get(&answer, path) {
        Err(error) => Outcome::ungraded(error.to_string()),
        Ok(None) => Outcome::fail(format!("nothing stands at `{path}`")),
        Ok(Some(found)) if json_equal(found, value) => Outcome::pass_with(tolerated(fenced)),
        Ok(Some(found)) => Outcome::fail(format!(
            "`{path}` is {}, not {}",
            quote(&found.to_string()),
            quote(&value.to_string())
        )),
    }
}

/// Without a schema any JSON will do.
pub(super) fn satisfies(
    text: &str,
    schema: Option<Result<&OutputSchema, &AnalysisError>>,
) -> Outcome {
    let ReadJson { value, fenced } = match read_json(text) {
        Ok(read) => read,
        Err(error) => return Outcome::fail(format!("the answer is not JSON: {error}")),
    };
    match schema {
        None => Outcome::pass_with(tolerated(fenced)),
        Some(Err(error)) => Outcome::ungraded(error.to_string()),
        Some(Ok(schema)) => match schema.first_violation(&value) {
            None => Outcome::pass_with(tolerated(fenced)),
            Some(violation) => Outcome::fail(violation),
        },
    }
}

fn tolerated(fenced: bool) -> String {
    if fenced {
        "the JSON stood inside a code fence".to_owned()
    } else {
        String::new()
    }
}
