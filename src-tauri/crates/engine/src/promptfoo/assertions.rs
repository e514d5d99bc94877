//! Assertion types of promptfoo as ours; what has no exact counterpart is told, or left out.
//!
//! Types, defaults and thresholds as promptfoo's "Assertions & metrics" pages give them.

use super::folder::{ConfigFolder, ending};
use super::losses::Losses;
use super::values::{comma_separated, rendered, text_of};
use super::yaml;
use plumbline_analysis::grade::Grader;
use plumbline_model::{Assertion, AssertionKind as Kind, LengthUnit, RougeMeasure, Usd};
use serde_json::{Map, Value, json};

/// Sets within sets are followed no deeper.
const MAX_SET_DEPTH: usize = 4;

const CODE: &[&str] = &["javascript", "python", "ruby", "webhook"];
/// Types that are read here, besides `assert-set`.
const READ: &[&str] = &[
    "bleu",
    "contains",
    "contains-all",
    "contains-any",
    "cost",
    "equals",
    "finish-reason",
    "icontains",
    "icontains-all",
    "icontains-any",
    "is-json",
    "is-refusal",
    "latency",
    "levenshtein",
    "llm-rubric",
    "regex",
    "rouge-n",
    "similar",
    "starts-with",
    "word-count",
];
/// Types that promptfoo knows and that have no counterpart.
const UNREAD: &[&str] = &[
    "answer-relevance",
    "classifier",
    "contains-html",
    "contains-json",
    "contains-sql",
    "contains-xml",
    "context-faithfulness",
    "context-recall",
    "context-relevance",
    "factuality",
    "f-score",
    "g-eval",
    "gleu",
    "guardrails",
    "is-html",
    "is-sql",
    "is-valid-function-call",
    "is-valid-openai-function-call",
    "is-valid-openai-tools-call",
    "is-xml",
    "max-score",
    "meteor",
    "model-graded-closedqa",
    "model-graded-factuality",
    "moderation",
    "perplexity",
    "perplexity-score",
    "pi",
    "search-rubric",
    "select-best",
    "tool-call-f1",
    "trace-error-spans",
    "trace-span-count",
    "trace-span-duration",
];

/// True for every type that promptfoo knows, without `not-`.
pub(super) fn is_known(kind: &str) -> bool {
    READ.contains(&kind) || CODE.contains(&kind) || UNREAD.contains(&kind)
}

/// What the assertions of one case may refer to.
pub(super) struct Surroundings<'s> {
    pub(super) folder: &'s ConfigFolder,
    pub(super) grader: &'s Grader,
    pub(super) variables: &'s Map<String, Value>,
    /// The model that grades, as `options.provider` of the test names it.
    pub(super) graded_by: Option<&'s Value>,
}

impl Surroundings<'_> {
    /// Reads a list of assertions.
    pub(super) fn read(&self, list: &Value, place: &str, losses: &mut Losses) -> Vec<Assertion> {
        let mut out = Vec::new();
        self.read_list(list, place, 0, &mut out, losses);
        out
    }

    fn read_list(
        &self,
        list: &Value,
        place: &str,
        depth: usize,
        out: &mut Vec<Assertion>,
        losses: &mut Losses,
    ) {
        let Value::Array(entries) = list else {
            if !list.is_null() {
                losses.left_out(place, "assertions are read from a list");
            }
            return;
        };
        for (index, entry) in entries.iter().enumerate() {
            let kind = entry
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or("no type");
            let at = format!("{place}[{index}] ({kind})");
            if kind == "assert-set" {
                let alone = entry.get("threshold").is_none() && entry.get("weight").is_none();
                match entry.get("assert") {
                    Some(inner) if alone && depth < MAX_SET_DEPTH => {
                        // Without a threshold a set passes when all of it does.
                        self.read_list(
                            inner,
                            &format!("{place}[{index}].assert"),
                            depth + 1,
                            out,
                            losses,
                        );
                    }
                    _ => {
                        losses.left_out(at, "a set with a threshold or a weight has no counterpart")
                    }
                }
                continue;
            }
            match self.assertion(entry, kind, &at, losses) {
                Ok(assertion) => out.push(assertion),
                Err(reason) => losses.left_out(at, reason),
            }
        }
    }

    fn assertion(
        &self,
        entry: &Value,
        kind: &str,
        place: &str,
        losses: &mut Losses,
    ) -> Result<Assertion, String> {
        let (negate, base) = match kind.strip_prefix("not-") {
            Some(base) => (true, base),
            None => (false, kind),
        };
        if CODE.contains(&base) {
            return Err("code is not run".to_owned());
        }
        if !READ.contains(&base) {
            return Err(format!("`{base}` has no counterpart"));
        }
        for key in [
            "transform",
            "contextTransform",
            "rubricPrompt",
            "config",
            "$ref",
        ] {
            if entry.get(key).is_some() {
                return Err(format!("`{key}` of an assertion has no counterpart"));
            }
        }
        if entry.get("metric").is_some() {
            losses.changed(place, "`metric` names of assertions are not kept");
        }
        let weight = match entry.get("weight") {
            None => 1.0,
            Some(weight) => weight
                .as_f64()
                .filter(|weight| weight.is_finite() && *weight >= 0.0)
                .ok_or("the weight is not a number from 0 up")?,
        };
        let assertion = Assertion {
            kind: self.kind(base, entry)?,
            negate,
            weight,
        };
        self.grader
            .prepare(&assertion)
            .map_err(|error| error.to_string())?;
        if let Some(difference) = difference(&assertion.kind) {
            losses.changed(place, difference);
        }
        Ok(assertion)
    }

    fn kind(&self, base: &str, entry: &Value) -> Result<Kind, String> {
        let value = self.value(entry)?;
        let text = || text_of(&value).ok_or_else(|| "its value is not one text".to_owned());
        let threshold = |usual: f64| match entry.get("threshold") {
            None | Some(Value::Null) => Ok(usual),
            Some(threshold) => threshold
                .as_f64()
                .ok_or_else(|| "its threshold is not a number".to_owned()),
        };
        let needed = || match entry.get("threshold").and_then(Value::as_f64) {
            Some(threshold) => Ok(threshold),
            None => Err("it has no threshold".to_owned()),
        };
        Ok(match base {
            "equals" if value.is_object() || value.is_array() => Kind::JsonEquals {
                path: "$".to_owned(),
                value,
            },
            "equals" => Kind::Equals {
                value: text()?,
                ignore_case: false,
            },
            "contains" | "icontains" => Kind::Contains {
                value: filled(text()?)?,
                ignore_case: base == "icontains",
            },
            "contains-any" | "icontains-any" => Kind::ContainsAny {
                values: texts(&value)?,
                ignore_case: base == "icontains-any",
            },
            "contains-all" | "icontains-all" => Kind::ContainsAll {
                values: texts(&value)?,
                ignore_case: base == "icontains-all",
            },
            "starts-with" => Kind::StartsWith {
                value: filled(text()?)?,
                ignore_case: false,
            },
            "regex" => Kind::Regex { value: text()? },
            "is-json" => Kind::JsonSchema {
                schema: schema(value)?,
            },
            "levenshtein" => {
                let most = threshold(5.0)?;
                if !(0.0..=1e9).contains(&most) {
                    return Err("its threshold is not a number of edits".to_owned());
                }
                Kind::Levenshtein {
                    value: text()?,
                    max_distance: Some(most.floor() as u64),
                    min_similarity: None,
                }
            }
            "rouge-n" => Kind::RougeN {
                value: text()?,
                n: 1,
                min: threshold(0.75)?,
                measure: RougeMeasure::F1,
            },
            "bleu" => Kind::Bleu {
                value: text()?,
                min: threshold(0.5)?,
            },
            "latency" => Kind::LatencyMs { max: needed()? },
            "cost" => Kind::CostUsd {
                max: needed()?
                    .to_string()
                    .parse::<Usd>()
                    .map_err(|_| "its threshold is not an amount".to_owned())?,
            },
            "finish-reason" => Kind::FinishReason {
                value: text()?.to_lowercase(),
            },
            "is-refusal" => Kind::Refusal,
            "word-count" => words(&value)?,
            "llm-rubric" => Kind::Rubric {
                criteria: filled(text()?)?,
                judge: self.model(entry, "text")?,
                min_score: entry.get("threshold").and_then(Value::as_f64),
            },
            "similar" => Kind::Similar {
                value: filled(text()?)?,
                min: threshold(0.75)?,
                embedding: self.model(entry, "embedding")?,
            },
            _ => return Err(format!("`{base}` has no counterpart")),
        })
    }

    /// The value with files read and the case's variables put in.
    fn value(&self, entry: &Value) -> Result<Value, String> {
        match entry.get("value") {
            None => Ok(Value::Null),
            Some(Value::String(text)) => {
                if !text.starts_with("file://") {
                    return rendered(text, self.variables).map(Value::String);
                }
                match ending(text).as_str() {
                    "json" | "yaml" | "yml" => yaml::read(&self.folder.read(text)?),
                    "txt" | "md" => Ok(json!(self.folder.read(text)?.trim_end())),
                    "js" | "cjs" | "mjs" | "ts" | "py" | "rb" => Err("code is not run".to_owned()),
                    other => Err(format!("files ending in `{other}` are not read here")),
                }
            }
            Some(Value::Array(values)) => values
                .iter()
                .map(|value| match value {
                    Value::String(text) => rendered(text, self.variables).map(Value::String),
                    other => Ok(other.clone()),
                })
                .collect::<Result<_, _>>()
                .map(Value::Array),
            Some(other) => Ok(other.clone()),
        }
    }

    /// The model that an assertion asks, as `provider:model`.
    fn model(&self, entry: &Value, part: &str) -> Result<String, String> {
        let named = entry.get("provider").or(self.graded_by);
        let id = named
            .map(|named| named.get(part).unwrap_or(named))
            .and_then(|named| named.as_str().or_else(|| named.get("id")?.as_str()));
        let Some(id) = id else {
            return Err(
                "it names no model that grades; promptfoo's own default is not taken over"
                    .to_owned(),
            );
        };
        model_of(id).ok_or_else(|| format!("the grading provider `{id}` has no counterpart"))
    }
}

/// `openai:chat:gpt-4.1` as `openai:gpt-4.1`; nothing for a provider that is code or an address.
fn model_of(id: &str) -> Option<String> {
    let (provider, rest) = id.split_once(':')?;
    if ![
        "openai",
        "anthropic",
        "ollama",
        "azure",
        "google",
        "openrouter",
    ]
    .contains(&provider)
    {
        return None;
    }
    let ways = [
        "chat",
        "responses",
        "completion",
        "embedding",
        "embeddings",
        "messages",
    ];
    let model = match rest.split_once(':') {
        Some((way, model)) if ways.contains(&way) => model,
        _ => rest,
    };
    (!model.is_empty() && !ways.contains(&model)).then(|| format!("{provider}:{model}"))
}

/// A text to look for that is not empty: the empty one occurs everywhere.
fn filled(text: String) -> Result<String, String> {
    if text.is_empty() {
        Err("its value is empty".to_owned())
    } else {
        Ok(text)
    }
}

/// A list of texts, or one text with commas between them.
fn texts(value: &Value) -> Result<Vec<String>, String> {
    let texts: Option<Vec<String>> = match value {
        Value::Array(values) => values.iter().map(text_of).collect(),
        Value::String(text) => comma_separated(text),
        _ => None,
    };
    texts
        .filter(|texts| !texts.is_empty() && texts.iter().all(|text| !text.is_empty()))
        .ok_or_else(|| "its value is no list of texts".to_owned())
}

fn schema(value: Value) -> Result<Value, String> {
    match value {
        Value::Null => Ok(json!({})),
        Value::String(text) if text.trim().is_empty() => Ok(json!({})),
        Value::String(text) => yaml::read(&text),
        other => Ok(other),
    }
}

fn words(value: &Value) -> Result<Kind, String> {
    let (min, max) = match value {
        Value::Object(range) => (
            range.get("min").and_then(Value::as_u64),
            range.get("max").and_then(Value::as_u64),
        ),
        other => {
            let exact = text_of(other).and_then(|text| text.trim().parse().ok());
            (exact, exact)
        }
    };
    if min.is_none() && max.is_none() {
        return Err("its value is no number of words".to_owned());
    }
    Ok(Kind::Length {
        unit: LengthUnit::Words,
        min,
        max,
    })
}

/// How a check of ours may decide otherwise than promptfoo's.
fn difference(kind: &Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Equals { .. } => "`equals` does not count space at either end",
        Kind::StartsWith { .. } => "`starts-with` does not count space before the text",
        Kind::JsonSchema { .. } | Kind::JsonEquals { .. } => "JSON may stand inside one code fence",
        Kind::Regex { .. } => "patterns follow Rust's syntax, which has no look-around",
        Kind::Levenshtein { .. } => "`levenshtein` does not count space at either end",
        Kind::RougeN { .. } => "ROUGE-N is over words in lower case, as in Google's rouge-score",
        Kind::Bleu { .. } => "BLEU has the tokens and the smoothing of sacrebleu",
        Kind::Refusal => {
            "refusals are found by Plumbline's own phrases, and an empty answer is none"
        }
        Kind::LatencyMs { .. } => "a cached answer has no latency and leaves the check ungraded",
        Kind::Rubric { .. } => "the judge is asked in Plumbline's own words",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &Value) -> (Vec<Value>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("c.yaml"), "").unwrap();
        std::fs::write(dir.path().join("schema.json"), r#"{"type": "object"}"#).unwrap();
        let folder = ConfigFolder::of(&dir.path().join("c.yaml")).unwrap();
        let variables = json!({"city": "Bern"});
        let surroundings = Surroundings {
            folder: &folder,
            grader: &Grader::default(),
            variables: variables.as_object().unwrap(),
            graded_by: Some(&json!("openai:chat:gpt-4.1")),
        };
        let mut losses = Losses::default();
        let assertions = surroundings.read(list, "assert", &mut losses);
        let values = assertions
            .iter()
            .map(|one| serde_json::to_value(one).unwrap());
        let left_out = losses
            .into_rows()
            .into_iter()
            .filter(|row| row.effect == super::super::Effect::LeftOut)
            .map(|row| row.reason);
        (values.collect(), left_out.collect())
    }

    #[test]
    fn types_are_read_with_their_usual_thresholds() {
        for (theirs, ours) in [
            (
                json!({"type": "equals", "value": 4}),
                json!({"kind": "equals", "value": "4"}),
            ),
            (
                json!({"type": "equals", "value": {"a": 1}}),
                json!({"kind": "json_equals", "path": "$", "value": {"a": 1}}),
            ),
            (
                json!({"type": "contains", "value": "{{ city }}"}),
                json!({"kind": "contains", "value": "Bern", "ignore_case": false}),
            ),
            (
                json!({"type": "not-icontains", "value": "a", "weight": 2}),
                json!({"kind": "contains", "value": "a", "negate": true, "weight": 2.0}),
            ),
            (
                json!({"type": "contains-any", "value": "a, \"b, c\""}),
                json!({"kind": "contains_any", "values": ["a", "b, c"], "ignore_case": false}),
            ),
            (
                json!({"type": "icontains-all", "value": ["a", 2]}),
                json!({"kind": "contains_all", "values": ["a", "2"]}),
            ),
            (
                json!({"type": "regex", "value": "^a"}),
                json!({"kind": "regex", "value": "^a"}),
            ),
            (
                json!({"type": "is-json"}),
                json!({"kind": "json_schema", "schema": {}}),
            ),
            (
                json!({"type": "is-json", "value": "file://schema.json"}),
                json!({"kind": "json_schema", "schema": {"type": "object"}}),
            ),
            (
                json!({"type": "levenshtein", "value": "a"}),
                json!({"kind": "levenshtein", "value": "a", "max_distance": 5}),
            ),
            (
                json!({"type": "rouge-n", "value": "a"}),
                json!({"kind": "rouge_n", "value": "a", "n": 1, "min": 0.75}),
            ),
            (
                json!({"type": "bleu", "value": "a", "threshold": 0.3}),
                json!({"kind": "bleu", "value": "a", "min": 0.3}),
            ),
            (
                json!({"type": "latency", "threshold": 900}),
                json!({"kind": "latency_ms", "max": 900.0}),
            ),
            (
                json!({"type": "cost", "threshold": 0.002}),
                json!({"kind": "cost_usd", "max": "0.002"}),
            ),
            (
                json!({"type": "not-is-refusal"}),
                json!({"kind": "refusal", "negate": true}),
            ),
            (
                json!({"type": "word-count", "value": {"max": 9}}),
                json!({"kind": "length", "unit": "words", "max": 9}),
            ),
            (
                json!({"type": "llm-rubric", "value": "kind", "threshold": 0.8}),
                json!({"kind": "rubric", "criteria": "kind", "judge": "openai:gpt-4.1", "min_score": 0.8}),
            ),
            (
                json!({"type": "assert-set", "assert": [{"type": "is-refusal"}]}),
                json!({"kind": "refusal"}),
            ),
        ] {
            let (found, left_out) = read(&json!([theirs]));
            assert_eq!(found, [ours], "{theirs} {left_out:?}");
        }
    }

    #[test]
    fn code_and_what_has_no_exact_counterpart_is_left_out_with_the_reason() {
        for (theirs, reason) in [
            (
                json!({"type": "javascript", "value": "true"}),
                "code is not run",
            ),
            (
                json!({"type": "not-python", "value": "True"}),
                "code is not run",
            ),
            (
                json!({"type": "equals", "value": "file://check.js"}),
                "code is not run",
            ),
            (json!({"type": "contains-json"}), "no counterpart"),
            (json!({"type": "contains", "value": ""}), "empty"),
            (
                json!({"type": "contains", "value": "{{ env.KEY }}"}),
                "environment",
            ),
            (
                json!({"type": "contains", "value": "a", "transform": "output.a"}),
                "transform",
            ),
            (json!({"type": "regex", "value": "(?=a)"}), "look-around"),
            (json!({"type": "latency"}), "no threshold"),
            (json!({"type": "bleu", "value": ["a", "b"]}), "not one text"),
            (
                json!({"type": "similar", "value": "a", "provider": "file://embed.py"}),
                "no counterpart",
            ),
            (
                json!({"type": "assert-set", "threshold": 0.5, "assert": []}),
                "threshold",
            ),
            (
                json!({"type": "contains", "value": "a", "weight": -1}),
                "weight",
            ),
            (json!("contains"), "no counterpart"),
        ] {
            let (found, left_out) = read(&json!([theirs]));
            assert_eq!(found, [] as [Value; 0], "{theirs}");
            assert!(left_out[0].contains(reason), "{theirs}: {left_out:?}");
        }
    }
}
