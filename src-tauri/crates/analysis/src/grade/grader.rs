//! Makes the checks of a case set, each pattern and schema prepared once.

use super::kept::Kept;
use super::number::Expected;
use super::outcome::{Outcome, quote, shorten, within};
use super::{
    Answer, AssertionOutcome, Grade, OutputSchema, bleu, citation, distance, json, measure, number,
    refusal, rouge, rubric, similar, text, tool,
};
use crate::AnalysisError;
use plumbline_model::{Assertion, AssertionKind, ResponseStatus};
use regex::{Regex, RegexBuilder};
use serde_json::Value;
use std::sync::Arc;

/// Bytes that one compiled pattern, and what it keeps while it searches, may take.
const PATTERN_BYTES: usize = 1 << 20;
/// The work of a pattern grows with its size times the answer's.
const MAX_MATCHED_BYTES: usize = 1_000_000;

/// Grades answers; share one among all answers of a run.
#[derive(Debug, Default)]
pub struct Grader {
    patterns: Kept<String, Regex, AnalysisError>,
    schemas: Kept<Value, OutputSchema, AnalysisError>,
}

impl Grader {
    /// Grades one answer by its case, with what became of each assertion.
    #[must_use]
    pub fn grade(&self, answer: &Answer<'_>) -> Grade {
        let found = self.outcomes(answer);
        let assertions = &answer.case.assertions;
        let (passed, score) = verdict(assertions, &found);
        let outcomes = assertions
            .iter()
            .zip(found)
            .map(|(assertion, outcome)| AssertionOutcome {
                assertion: assertion.clone(),
                passed: outcome.passed,
                score: outcome.score,
                message: outcome.message,
            })
            .collect();
        Grade {
            passed,
            score,
            outcomes,
        }
    }

    /// Whether one answer passes; the same as [`Grade::passed`] of [`Grader::grade`].
    #[must_use]
    pub fn passed(&self, answer: &Answer<'_>) -> Option<bool> {
        verdict(&answer.case.assertions, &self.outcomes(answer)).0
    }

    /// Prepares what an assertion needs.
    ///
    /// # Errors
    /// [`AnalysisError`] for a pattern or a schema that cannot be used: such a check is never made.
    pub fn prepare(&self, assertion: &Assertion) -> Result<(), AnalysisError> {
        match &assertion.kind {
            AssertionKind::Regex { value } => self.pattern(value).map(drop),
            AssertionKind::JsonSchema { schema } | AssertionKind::ToolArguments { schema, .. } => {
                self.schema(schema).map(drop)
            }
            _ => Ok(()),
        }
    }

    /// Prepares a JSON Schema.
    ///
    /// # Errors
    /// [`AnalysisError::BadSchema`], see [`OutputSchema::compile`].
    pub fn schema(&self, schema: &Value) -> Result<Arc<OutputSchema>, AnalysisError> {
        self.schemas.get(schema, OutputSchema::compile)
    }

    fn pattern(&self, pattern: &String) -> Result<Arc<Regex>, AnalysisError> {
        self.patterns.get(pattern, |pattern| {
            RegexBuilder::new(pattern)
                .size_limit(PATTERN_BYTES)
                .dfa_size_limit(PATTERN_BYTES)
                .build()
                .map_err(|error| AnalysisError::BadPattern {
                    reason: shorten(&error.to_string()),
                })
        })
    }

    fn outcomes(&self, answer: &Answer<'_>) -> Vec<Outcome> {
        if answer.completion.status != ResponseStatus::Complete {
            return Vec::new();
        }
        let assertions = answer.case.assertions.iter().enumerate();
        assertions
            .map(|(at, assertion)| {
                let outcome = self.check(at, &assertion.kind, answer);
                if assertion.negate {
                    outcome.negated()
                } else {
                    outcome
                }
            })
            .collect()
    }

    fn check(&self, at: usize, kind: &AssertionKind, answer: &Answer<'_>) -> Outcome {
        use AssertionKind as Kind;
        let completion = answer.completion;
        let said = completion.text.as_str();
        let unheard = answer.opinions.unheard.get(&at);
        match kind {
            Kind::Equals { value, ignore_case } => text::equals(said, value, *ignore_case),
            Kind::Contains { value, ignore_case } => text::contains(said, value, *ignore_case),
            Kind::NotContains { value, ignore_case } => {
                text::contains_not(said, value, *ignore_case)
            }
            Kind::ContainsAny {
                values,
                ignore_case,
            } => text::contains_any(said, values, *ignore_case),
            Kind::ContainsAll {
                values,
                ignore_case,
            } => text::contains_all(said, values, *ignore_case),
            Kind::StartsWith { value, ignore_case } => text::starts_with(said, value, *ignore_case),
            Kind::Regex { value } => self.matches(said, value),
            Kind::Length { unit, min, max } => text::length(said, *unit, *min, *max),
            Kind::JsonValid => self.satisfies(said, answer.output_schema),
            Kind::JsonSchema { schema } => self.satisfies(said, Some(schema)),
            Kind::JsonEquals { path, value } => json::equals(said, path, value),
            Kind::Number {
                path,
                value,
                tolerance,
                relative_tolerance,
            } => {
                let expected = Expected {
                    value: *value,
                    tolerance: *tolerance,
                    relative_tolerance: *relative_tolerance,
                };
                number::check(said, path.as_deref(), expected)
            }
            Kind::Levenshtein {
                value,
                max_distance,
                min_similarity,
            } => distance::check(said, value, *max_distance, *min_similarity),
            Kind::RougeN {
                value,
                n,
                min,
                measure,
            } => rouge::check(said, value, *n, *min, *measure),
            Kind::Bleu { value, min } => bleu::check(said, value, *min),
            Kind::Refusal => refusal::check(said),
            Kind::CitationInContext { variable } => {
                citation::check(said, answer.case, variable.as_deref())
            }
            Kind::ToolCalled { name, arguments } => {
                tool::called(completion, name, arguments.as_ref())
            }
            Kind::ToolArguments { name, schema } => {
                let schema = self.schema(schema);
                tool::arguments(completion, name, schema.as_deref())
            }
            Kind::LatencyMs { max } => measure::latency(answer, *max),
            Kind::CostUsd { max } => measure::cost(answer, *max),
            Kind::Tokens { of, max } => measure::tokens(answer, *of, *max),
            Kind::FinishReason { value } => measure::finish_reason(answer, value),
            Kind::Rubric { min_score, .. } => {
                let reply = answer.opinions.judge_answers.get(&at);
                rubric::check(reply.map(String::as_str), *min_score).or_because(unheard)
            }
            Kind::Similar { min, .. } => {
                similar::check(answer.opinions.embeddings.get(&at), *min).or_because(unheard)
            }
        }
    }

    fn matches(&self, said: &str, pattern: &String) -> Outcome {
        let said = match within("the answer", said, MAX_MATCHED_BYTES) {
            Ok(said) => said,
            Err(outcome) => return outcome,
        };
        match self.pattern(pattern) {
            Err(error) => Outcome::ungraded(error.to_string()),
            Ok(compiled) => Outcome::pass_or(compiled.is_match(said), || {
                format!("nothing matches {}", quote(pattern))
            }),
        }
    }

    fn satisfies(&self, said: &str, schema: Option<&Value>) -> Outcome {
        let schema = schema.map(|schema| self.schema(schema));
        json::satisfies(said, schema.as_ref().map(Result::as_deref))
    }
}

/// Whether all that counts passed, and the share of weight that did.
fn verdict(assertions: &[Assertion], outcomes: &[Outcome]) -> (Option<bool>, Option<f64>) {
    let mut failed = false;
    let mut ungraded = false;
    let (mut passed_weight, mut weight) = (0.0, 0.0);
    for (assertion, outcome) in assertions.iter().zip(outcomes) {
        if assertion.weight == 0.0 {
            continue;
        }
        weight += assertion.weight;
        match outcome.passed {
            Some(true) => passed_weight += assertion.weight,
            Some(false) => failed = true,
            None => ungraded = true,
        }
    }
    let share = passed_weight / weight;
    let passed = if failed {
        Some(false)
    } else {
        (weight > 0.0 && !ungraded).then_some(true)
    };
    (passed, (!ungraded && share.is_finite()).then_some(share))
}
