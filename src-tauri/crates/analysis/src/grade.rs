//! Checks an answer against what its case expects.
//!
//! Decides pass, fail or ungraded, and says why in a sentence. An answer that is not whole is never graded;
//! a check that cannot be made (a bad path, a bad schema) is ungraded, never a pass.

use crate::diff::{ReadJson, json_equal, read_json};
use crate::{AnalysisError, json_path};
use jsonschema::{PatternOptions, Validator};
use plumbline_model::{Assertion, Completion, ResponseStatus};
use serde::Serialize;
use serde_json::Value;
use ts_rs::TS;

/// What became of one assertion.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct AssertionOutcome {
    pub assertion: Assertion,
    /// `None` when the check could not be made.
    pub passed: Option<bool>,
    /// Why it failed or was not made, or what was tolerated; empty for a plain pass.
    pub message: String,
}

/// The grade of one answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, TS)]
#[ts(export)]
pub struct Grade {
    /// True when every assertion passed, false when one failed; `None` without assertions, for an answer
    /// that is not whole, and when none failed but one could not be made.
    pub passed: Option<bool>,
    /// One for each assertion, in order; empty for an answer that is not whole.
    pub outcomes: Vec<AssertionOutcome>,
}

/// An output schema, ready for many answers. References outside the schema are never fetched.
#[derive(Debug)]
pub struct OutputSchema(Validator);

/// Steps of backtracking allowed to one pattern of a schema.
const PATTERN_STEPS: usize = 100_000;
/// Characters of an answer or value quoted in a message.
const QUOTE_CHARS: usize = 80;

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

/// Grades one answer, preparing the schema if a check needs it. For many answers prepare it once and use
/// [`grade_with`].
#[must_use]
pub fn grade(
    assertions: &[Assertion],
    completion: &Completion,
    output_schema: Option<&Value>,
) -> Grade {
    let needed = assertions.contains(&Assertion::JsonValid);
    let schema = output_schema.filter(|_| needed).map(OutputSchema::compile);
    grade_inner(assertions, completion, schema.as_ref().map(Result::as_ref))
}

/// Grades one answer with a schema that was prepared before; without one, `json_valid` asks only for JSON.
#[must_use]
pub fn grade_with(
    assertions: &[Assertion],
    completion: &Completion,
    schema: Option<&OutputSchema>,
) -> Grade {
    grade_inner(assertions, completion, schema.map(Ok))
}

type Schema<'s> = Option<Result<&'s OutputSchema, &'s AnalysisError>>;

fn grade_inner(assertions: &[Assertion], completion: &Completion, schema: Schema<'_>) -> Grade {
    if completion.status != ResponseStatus::Complete || assertions.is_empty() {
        return Grade::default();
    }
    let outcomes: Vec<AssertionOutcome> = assertions
        .iter()
        .map(|assertion| {
            let (passed, message) = check(assertion, completion, schema);
            AssertionOutcome {
                assertion: assertion.clone(),
                passed,
                message,
            }
        })
        .collect();
    let passed = if outcomes.iter().any(|outcome| outcome.passed == Some(false)) {
        Some(false)
    } else {
        outcomes
            .iter()
            .all(|outcome| outcome.passed == Some(true))
            .then_some(true)
    };
    Grade { passed, outcomes }
}

type Outcome = (Option<bool>, String);

fn pass_or(passed: bool, otherwise: impl FnOnce() -> String) -> Outcome {
    let message = if passed { String::new() } else { otherwise() };
    (Some(passed), message)
}

fn check(assertion: &Assertion, completion: &Completion, schema: Schema<'_>) -> Outcome {
    let text = completion.text.as_str();
    match assertion {
        Assertion::Equals { value } => pass_or(text.trim() == value.trim(), || {
            format!(
                "the answer is {}, not {}",
                quote(text.trim()),
                quote(value.trim())
            )
        }),
        Assertion::Contains { value } => pass_or(contains(text, value), || {
            format!("{} does not occur", quote(value))
        }),
        Assertion::NotContains { value } => pass_or(!contains(text, value), || {
            format!("{} occurs", quote(value))
        }),
        Assertion::JsonEquals { path, value } => json_equals(text, path, value),
        Assertion::JsonValid => json_valid(text, schema),
        Assertion::ToolCalled { name, arguments } => {
            tool_called(completion, name, arguments.as_ref())
        }
    }
}

fn contains(text: &str, value: &str) -> bool {
    text.to_lowercase().contains(&value.to_lowercase())
}

fn json_equals(text: &str, path: &str, value: &Value) -> Outcome {
    let ReadJson {
        value: answer,
        fenced,
    } = match read_json(text) {
        Ok(read) => read,
        Err(error) => return (Some(false), format!("the answer is not JSON: {error}")),
    };
    match json_path::get(&answer, path) {
        Err(error) => (None, error.to_string()),
        Ok(None) => (Some(false), format!("nothing stands at `{path}`")),
        Ok(Some(found)) if json_equal(found, value) => (Some(true), tolerated(fenced)),
        Ok(Some(found)) => (
            Some(false),
            format!(
                "`{path}` is {}, not {}",
                quote(&found.to_string()),
                quote(&value.to_string())
            ),
        ),
    }
}

fn json_valid(text: &str, schema: Schema<'_>) -> Outcome {
    let ReadJson { value, fenced } = match read_json(text) {
        Ok(read) => read,
        Err(error) => return (Some(false), format!("the answer is not JSON: {error}")),
    };
    match schema {
        None => (Some(true), tolerated(fenced)),
        Some(Err(error)) => (None, error.to_string()),
        Some(Ok(schema)) => match schema.first_violation(&value) {
            None => (Some(true), tolerated(fenced)),
            Some(violation) => (Some(false), violation),
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

fn tool_called(completion: &Completion, name: &str, arguments: Option<&Value>) -> Outcome {
    let mut calls = completion
        .tool_calls
        .iter()
        .filter(|call| call.name == name)
        .peekable();
    if calls.peek().is_none() {
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
        return (
            Some(false),
            format!("{} was not called; called: {instead}", quote(name)),
        );
    }
    let fits = |given: &Value| match (arguments, given) {
        (None, _) => true,
        // Where an object is expected, the call may say more than asked.
        (Some(Value::Object(expected)), Value::Object(given)) => expected
            .iter()
            .all(|(key, value)| given.get(key).is_some_and(|found| json_equal(found, value))),
        (Some(expected), given) => json_equal(expected, given),
    };
    pass_or(calls.any(|call| fits(&call.arguments)), || {
        format!("{} was called, but not with these arguments", quote(name))
    })
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(QUOTE_CHARS * 2) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn quote(text: &str) -> String {
    match text.char_indices().nth(QUOTE_CHARS) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumbline_model::{ToolCall, Usage};
    use serde_json::json;

    fn answer(text: &str) -> Completion {
        Completion {
            status: ResponseStatus::Complete,
            text: text.to_owned(),
            ..Completion::default()
        }
    }

    fn one(assertion: Assertion, text: &str) -> Option<bool> {
        grade(&[assertion], &answer(text), None).passed
    }

    #[test]
    fn text_checks_trim_and_ignore_case_as_documented() {
        assert_eq!(
            one(
                Assertion::Equals {
                    value: "yes".into()
                },
                " yes\n"
            ),
            Some(true)
        );
        assert_eq!(
            one(
                Assertion::Equals {
                    value: "yes".into()
                },
                "Yes"
            ),
            Some(false)
        );
        assert_eq!(
            one(
                Assertion::Contains {
                    value: "ÄRGER".into()
                },
                "viel Ärger"
            ),
            Some(true)
        );
        assert_eq!(
            one(
                Assertion::NotContains {
                    value: "Sorry".into()
                },
                "I'm sorry"
            ),
            Some(false)
        );
    }

    #[test]
    fn json_checks_tolerate_one_fence_and_say_so() {
        let check = Assertion::JsonEquals {
            path: "$.n".into(),
            value: json!(1),
        };
        let graded = grade(
            std::slice::from_ref(&check),
            &answer("```json\n{\"n\": 1.0}\n```"),
            None,
        );
        assert_eq!(graded.passed, Some(true));
        assert!(graded.outcomes[0].message.contains("fence"));
        assert_eq!(one(check.clone(), "{\"n\": 2}"), Some(false));
        assert_eq!(one(check.clone(), "{}"), Some(false));
        assert_eq!(one(check, "n is 1"), Some(false));
    }

    #[test]
    fn the_schema_decides_json_valid_and_names_the_place() {
        let schema = json!({"type": "object", "required": ["label"], "properties": {"label": {"enum": ["a", "b"]}}});
        let grade_of = |text: &str| grade(&[Assertion::JsonValid], &answer(text), Some(&schema));
        assert_eq!(grade_of("{\"label\": \"a\"}").passed, Some(true));
        let failed = grade_of("{\"label\": \"z\"}");
        assert_eq!(failed.passed, Some(false));
        assert!(
            failed.outcomes[0].message.contains("/label"),
            "{}",
            failed.outcomes[0].message
        );
        assert_eq!(grade_of("{}").passed, Some(false));
        assert_eq!(grade_of("nope").passed, Some(false));
    }

    #[test]
    fn a_check_that_cannot_be_made_is_ungraded_not_a_pass() {
        let remote = json!({"$ref": "https://example.com/schema.json"});
        let graded = grade(&[Assertion::JsonValid], &answer("{}"), Some(&remote));
        assert_eq!(graded.passed, None);
        assert!(graded.outcomes[0].message.contains("schema cannot be used"));
        assert_eq!(
            one(
                Assertion::JsonEquals {
                    path: "n".into(),
                    value: json!(1)
                },
                "{}"
            ),
            None
        );
        let both = [
            Assertion::JsonEquals {
                path: "n".into(),
                value: json!(1),
            },
            Assertion::Equals { value: "x".into() },
        ];
        assert_eq!(
            grade(&both, &answer("{}"), None).passed,
            Some(false),
            "a failure outweighs an ungraded check"
        );
    }

    #[test]
    fn tool_calls_are_matched_by_name_and_by_the_arguments_given() {
        let mut completion = answer("");
        completion.tool_calls = vec![ToolCall {
            id: "x".into(),
            name: "refund".into(),
            arguments: json!({"id": 7, "note": "n"}),
        }];
        let check = |arguments| {
            grade(
                &[Assertion::ToolCalled {
                    name: "refund".into(),
                    arguments,
                }],
                &completion,
                None,
            )
            .passed
        };
        assert_eq!(check(None), Some(true));
        assert_eq!(check(Some(json!({"id": 7.0}))), Some(true));
        assert_eq!(check(Some(json!({"id": 8}))), Some(false));
        let other = Assertion::ToolCalled {
            name: "cancel".into(),
            arguments: None,
        };
        assert_eq!(grade(&[other], &completion, None).passed, Some(false));
    }

    #[test]
    fn a_truncated_answer_and_a_case_without_assertions_are_ungraded() {
        let mut completion = answer("yes");
        assert_eq!(grade(&[], &completion, None).passed, None);
        completion.status = ResponseStatus::Truncated;
        let graded = grade(
            &[Assertion::Equals {
                value: "yes".into(),
            }],
            &completion,
            None,
        );
        assert_eq!(graded, Grade::default());
    }

    #[test]
    fn a_pattern_that_backtracks_without_end_ends() {
        let schema = json!({"type": "string", "pattern": "^(a|a)*(?=b)\\1$"});
        let text = format!("\"{}\"", "a".repeat(2_000));
        let graded = grade(&[Assertion::JsonValid], &answer(&text), Some(&schema));
        assert_ne!(graded.passed, Some(true));
    }
}
