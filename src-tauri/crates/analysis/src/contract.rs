//! How well answers keep an output schema: which share does, and which paths fail how often.

use crate::AnalysisError;
use crate::diff::read_json;
use crate::grade::{OutputSchema, Violation};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Violations of one answer that are told apart.
const VIOLATIONS: usize = 64;
/// Paths that are kept of all answers; hostile ones could have a new one each.
const PATHS: usize = 1_000;

/// One way in which answers break the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailingPath<E> {
    /// As a JSON pointer, with `*` for any index; empty for the answer itself.
    pub path: String,
    /// The keyword of the schema that is broken, such as `required` or `enum`.
    pub rule: String,
    pub answers: u64,
    /// What the first such answer was told.
    pub message: String,
    pub example: E,
}

/// Counts answers held against one schema. `E` names an answer.
#[derive(Debug)]
pub struct ContractTally<E> {
    schema: OutputSchema,
    pub answers: u64,
    pub kept: u64,
    /// Those among the others that are not JSON at all.
    pub not_json: u64,
    failing: BTreeMap<(String, String), FailingPath<E>>,
}

impl<E> ContractTally<E> {
    /// Prepares a JSON Schema.
    ///
    /// # Errors
    /// [`AnalysisError::BadSchema`] when it is not a schema or refers to another document.
    pub fn new(schema: &Value) -> Result<Self, AnalysisError> {
        Ok(Self {
            schema: OutputSchema::compile(schema)?,
            answers: 0,
            kept: 0,
            not_json: 0,
            failing: BTreeMap::new(),
        })
    }

    /// Counts the text of one whole answer; one code fence around it is tolerated.
    pub fn add(&mut self, text: &str, example: impl Fn() -> E) {
        self.answers += 1;
        let violations = match read_json(text) {
            Ok(read) => self.schema.violations(&read.value, VIOLATIONS),
            Err(error) => {
                self.not_json += 1;
                vec![Violation {
                    path: String::new(),
                    rule: "json".to_owned(),
                    message: format!("the answer is not JSON: {error}"),
                }]
            }
        };
        if violations.is_empty() {
            self.kept += 1;
        }
        let mut seen = BTreeSet::new();
        for Violation {
            path,
            rule,
            message,
        } in violations
        {
            let key = (path, rule);
            // One answer counts once for each way, however many items of a list break it.
            if !seen.insert(key.clone()) {
                continue;
            }
            if let Some(known) = self.failing.get_mut(&key) {
                known.answers += 1;
            } else if self.failing.len() < PATHS {
                let (path, rule) = key.clone();
                let first = FailingPath {
                    path,
                    rule,
                    answers: 1,
                    message,
                    example: example(),
                };
                self.failing.insert(key, first);
            }
        }
    }

    /// The ways in which answers broke it, most frequent first.
    #[must_use]
    pub fn failing(self) -> Vec<FailingPath<E>> {
        let mut failing: Vec<FailingPath<E>> = self.failing.into_values().collect();
        failing.sort_by_key(|way| std::cmp::Reverse(way.answers));
        failing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ways_of_failing_are_counted_by_answer_and_place() {
        let schema = json!({
            "type": "object",
            "required": ["label", "items"],
            "properties": {
                "label": {"enum": ["a", "b"]},
                "items": {"type": "array", "items": {"type": "object", "required": ["id"]}},
            },
        });
        let mut tally = ContractTally::new(&schema).unwrap();
        let answers = [
            r#"{"label": "a", "items": []}"#,
            "```json\n{\"label\": \"b\", \"items\": [{\"id\": 1}]}\n```",
            r#"{"label": "c", "items": [{}, {}, {"id": 1}]}"#,
            r#"{"label": "d", "items": []}"#,
            r#"{"label": "a"}"#,
            "I cannot do that",
        ];
        for (at, text) in answers.iter().enumerate() {
            tally.add(text, || at);
        }
        assert_eq!((tally.answers, tally.kept, tally.not_json), (6, 2, 1));
        let failing: Vec<(String, String, u64, usize)> = tally
            .failing()
            .into_iter()
            .map(|way| (way.path, way.rule, way.answers, way.example))
            .collect();
        let way = |path: &str, rule: &str, answers, example| {
            (path.to_owned(), rule.to_owned(), answers, example)
        };
        assert_eq!(failing[0], way("/label", "enum", 2, 2));
        assert!(
            failing.contains(&way("/items/*", "required", 1, 2)),
            "{failing:?}"
        );
        assert!(failing.contains(&way("", "required", 1, 4)), "{failing:?}");
        assert!(failing.contains(&way("", "json", 1, 5)), "{failing:?}");
        assert_eq!(failing.len(), 4);
    }

    #[test]
    fn what_hostile_answers_bring_is_bounded() {
        let schema = json!({"additionalProperties": false, "items": {"type": "string"}});
        let mut tally = ContractTally::new(&schema).unwrap();
        let list = json!((0..5_000).collect::<Vec<_>>()).to_string();
        tally.add(&list, || ());
        let failing = tally.failing();
        assert_eq!((failing[0].path.as_str(), failing[0].answers), ("/*", 1));
        assert!(failing[0].message.len() < 2_000);
    }
}
