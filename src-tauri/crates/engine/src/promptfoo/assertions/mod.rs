//! Assertion types of promptfoo as ours; what has no exact counterpart is told, or left out.
//!
//! Types, defaults and thresholds as promptfoo's "Assertions & metrics" pages give them.

mod kinds;
#[cfg(test)]
mod tests;

use crate::promptfoo::folder::{ConfigFolder, ending};
use crate::promptfoo::losses::Losses;
use crate::promptfoo::values::{comma_separated, rendered, text_of};
use crate::promptfoo::yaml;
pub(super) use kinds::is_known;
use kinds::{CODE, READ, difference};
use plumbline_analysis::grade::Grader;
use plumbline_model::{Assertion, AssertionKind as Kind, LengthUnit, RougeMeasure, Usd};
use serde_json::{Map, Value, json};

/// Sets within sets are followed no deeper.
const MAX_SET_DEPTH: usize = 4;

/// How a provider of promptfoo is asked, between its name and the model's.
const WAYS: &[&str] = &[
    "chat",
    "completion",
    "embedding",
    "embeddings",
    "messages",
    "responses",
];

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
                        losses
                            .left_out(at, "a set with a threshold or a weight has no counterpart");
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

/// `openai:chat:gpt-4.1` as `openai:gpt-4.1`; nothing for a provider that is code, an address, or not ours.
fn model_of(id: &str) -> Option<String> {
    let (theirs, rest) = id.split_once(':')?;
    let (way, model) = match rest.split_once(':') {
        Some((way, model)) if WAYS.contains(&way) => (way, model),
        _ if WAYS.contains(&rest) => return None,
        _ => ("", rest),
    };
    let provider = match (theirs, way) {
        ("openai", "responses") => "openai_responses",
        ("openai" | "anthropic" | "ollama", _) => theirs,
        ("google", _) => "gemini",
        _ => return None,
    };
    (!model.is_empty()).then(|| format!("{provider}:{model}"))
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
