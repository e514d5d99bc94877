//! What a case expects of an answer.

use crate::Usd;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;
use ts_rs::TS;

/// One expectation. JSON: `{"kind": "regex", "value": "^a", "negate": true, "weight": 2}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Assertion {
    #[serde(flatten)]
    pub kind: AssertionKind,
    /// The check must fail. What cannot be made stays ungraded.
    #[serde(default, skip_serializing_if = "is_false")]
    pub negate: bool,
    /// Its part of the score, finite and at least 0. With 0 it is told and decides nothing.
    #[serde(
        default = "one",
        skip_serializing_if = "is_one",
        deserialize_with = "weight"
    )]
    pub weight: f64,
}

impl From<AssertionKind> for Assertion {
    fn from(kind: AssertionKind) -> Self {
        Self {
            kind,
            negate: false,
            weight: 1.0,
        }
    }
}

/// What is checked. JSON: `{"kind": "json_equals", "path": "$.label", "value": "billing"}`.
///
/// Paths are `$.name[0]['other name']`. `ignore_case` compares lower-case forms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export)]
pub enum AssertionKind {
    /// The text, trimmed, is exactly this.
    Equals {
        value: String,
        #[serde(default, skip_serializing_if = "is_false")]
        ignore_case: bool,
    },
    /// The text contains this.
    Contains {
        value: String,
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        ignore_case: bool,
    },
    /// The text does not contain this.
    NotContains {
        value: String,
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        ignore_case: bool,
    },
    /// The text contains at least one of these.
    ContainsAny {
        values: Vec<String>,
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        ignore_case: bool,
    },
    /// The text contains each of these.
    ContainsAll {
        values: Vec<String>,
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        ignore_case: bool,
    },
    /// The text starts with this; space before it is not counted.
    StartsWith {
        value: String,
        #[serde(default, skip_serializing_if = "is_false")]
        ignore_case: bool,
    },
    /// The regular expression (no look-around, no back-references) matches somewhere in the text.
    Regex { value: String },
    /// The trimmed text is from `min` to `max` units long, both included.
    Length {
        unit: LengthUnit,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u64>,
    },
    /// The text is JSON that satisfies the prompt's output schema.
    JsonValid,
    /// The text is JSON that satisfies this JSON Schema.
    JsonSchema { schema: Value },
    /// The text is JSON and the value at `path` equals this.
    JsonEquals { path: String, value: Value },
    /// The number at `path`, else the only number in the text, is this; off by at most the larger of
    /// `tolerance` and `relative_tolerance` times the value.
    Number {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<String>,
        value: f64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tolerance: Option<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        relative_tolerance: Option<f64>,
    },
    /// Edits of one character between text and value (Levenshtein 1966): at most `max_distance`, and where
    /// given, 1 - distance / the longer length is at least `min_similarity`.
    Levenshtein {
        value: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_distance: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min_similarity: Option<f64>,
    },
    /// ROUGE-N against this reference (Lin 2004) is at least `min`, from 0 to 1.
    RougeN {
        value: String,
        n: u32,
        min: f64,
        #[serde(default, skip_serializing_if = "RougeMeasure::is_f1")]
        measure: RougeMeasure,
    },
    /// Sentence BLEU against this reference (Papineni 2002) is at least `min`, from 0 to 1.
    Bleu { value: String, min: f64 },
    /// The model declines to answer.
    Refusal,
    /// The answer cites, and every quotation, `[n]` and `[id]` of it stands in the case's variables, or in
    /// the one named here.
    CitationInContext {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        variable: Option<String>,
    },
    /// The model called this tool; `arguments`, where given, must be among the call's arguments.
    ToolCalled {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arguments: Option<Value>,
    },
    /// The model called this tool, each time with arguments that satisfy this JSON Schema.
    ToolArguments { name: String, schema: Value },
    /// The answer took at most this many milliseconds.
    LatencyMs { max: f64 },
    /// The answer cost at most this many US dollars.
    CostUsd { max: Usd },
    /// The call took at most this many tokens.
    Tokens { of: TokenCount, max: u64 },
    /// The model stopped for this reason: `stop`, `length`, `tool_calls`, `content_filter`, or a word of the
    /// provider's own.
    FinishReason { value: String },
    /// A second model finds that the answer meets these criteria, with a score of at least `min_score`.
    Rubric {
        criteria: String,
        /// As `provider:model`.
        judge: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min_score: Option<f64>,
    },
    /// The embeddings of text and value have at least this cosine, from -1 to 1.
    Similar {
        value: String,
        min: f64,
        /// As `provider:model`.
        embedding: String,
    },
}

/// What a length counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum LengthUnit {
    /// Unicode scalar values.
    Characters,
    /// Runs without white space.
    Words,
}

/// Which of the measured token counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TokenCount {
    In,
    Out,
    /// Both together.
    Total,
}

/// Which figure of ROUGE-N counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RougeMeasure {
    /// The harmonic mean of precision and recall.
    #[default]
    F1,
    /// The share of the reference's n-grams that the answer has.
    Recall,
}

impl RougeMeasure {
    fn is_f1(&self) -> bool {
        *self == Self::F1
    }
}

fn yes() -> bool {
    true
}

fn one() -> f64 {
    1.0
}

fn is_true(value: &bool) -> bool {
    *value
}

fn is_false(value: &bool) -> bool {
    !*value
}

fn is_one(weight: &f64) -> bool {
    *weight == 1.0
}

fn weight<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let weight = f64::deserialize(from)?;
    if weight.is_finite() && weight >= 0.0 {
        Ok(weight)
    } else {
        Err(de::Error::custom(format!(
            "the weight {weight} is not a number from 0 up"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Assertion {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_file_from_before_negation_and_weight_reads_and_writes_as_it_was() {
        for old in [
            json!({"kind": "equals", "value": "a"}),
            json!({"kind": "contains", "value": "a"}),
            json!({"kind": "not_contains", "value": "a"}),
            json!({"kind": "json_equals", "path": "$.a", "value": [1]}),
            json!({"kind": "json_valid"}),
            json!({"kind": "tool_called", "name": "t", "arguments": {"a": 1}}),
        ] {
            let assertion = read(old.clone());
            assert!(!assertion.negate);
            assert!(is_one(&assertion.weight));
            assert_eq!(serde_json::to_value(&assertion).unwrap(), old);
        }
    }

    #[test]
    fn negation_and_weight_stand_beside_the_kind() {
        let value = json!({"kind": "regex", "value": "^a", "negate": true, "weight": 2.0});
        let assertion = read(value.clone());
        assert_eq!(
            assertion,
            Assertion {
                kind: AssertionKind::Regex { value: "^a".into() },
                negate: true,
                weight: 2.0,
            }
        );
        assert_eq!(serde_json::to_value(&assertion).unwrap(), value);
    }

    #[test]
    fn contains_ignores_case_unless_told_otherwise_and_equals_does_not() {
        let AssertionKind::Contains { ignore_case, .. } =
            read(json!({"kind": "contains", "value": "a"})).kind
        else {
            panic!("another kind");
        };
        assert!(ignore_case);
        let AssertionKind::Equals { ignore_case, .. } =
            read(json!({"kind": "equals", "value": "a"})).kind
        else {
            panic!("another kind");
        };
        assert!(!ignore_case);
    }

    #[test]
    fn a_weight_below_zero_and_an_unknown_kind_are_refused() {
        for value in [
            json!({"kind": "refusal", "weight": -1}),
            json!({"kind": "refusal", "weight": "2"}),
            json!({"kind": "astrology"}),
            json!({"value": "x"}),
        ] {
            assert!(serde_json::from_value::<Assertion>(value).is_err());
        }
    }
}
