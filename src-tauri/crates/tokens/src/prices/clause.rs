//! Which names a price entry answers to: a small tree of text conditions.
//!
//! Names are compared in lower case. Patterns run on a linear engine, so that no name can stall it.

use crate::TokensError;
use regex::{Regex, RegexBuilder};
use serde::Deserialize;

/// Deepest nesting accepted; the bundled table uses three.
const MAX_DEPTH: usize = 8;
/// Largest compiled pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 64 << 10;
/// Most patterns in a table, so that all together stay small.
pub(super) const MAX_PATTERNS: usize = 2_000;

/// A condition as it is written in the table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ClauseText {
    Equals(String),
    StartsWith(String),
    EndsWith(String),
    Contains(String),
    Regex(String),
    Or(Vec<ClauseText>),
    And(Vec<ClauseText>),
    Not(Box<ClauseText>),
}

/// A condition ready to be asked.
#[derive(Debug)]
pub(super) enum Clause {
    Equals(String),
    StartsWith(String),
    EndsWith(String),
    Contains(String),
    Regex(Regex),
    Or(Vec<Clause>),
    And(Vec<Clause>),
    Not(Box<Clause>),
}

impl Clause {
    /// Prepares a condition; `entry` names its owner in an error.
    pub(super) fn prepare(text: ClauseText, entry: &str) -> Result<Self, TokensError> {
        Self::prepare_at(text, entry, 0)
    }

    // Recursion is bounded twice: by the JSON parser's depth limit and by `MAX_DEPTH`.
    fn prepare_at(text: ClauseText, entry: &str, depth: usize) -> Result<Self, TokensError> {
        let refuse = |reason: String| TokensError::RefusedEntry {
            entry: entry.to_owned(),
            reason,
        };
        if depth > MAX_DEPTH {
            return Err(refuse(format!(
                "its match is nested deeper than {MAX_DEPTH}"
            )));
        }
        let all = |clauses: Vec<ClauseText>| -> Result<Vec<Self>, TokensError> {
            clauses
                .into_iter()
                .map(|clause| Self::prepare_at(clause, entry, depth + 1))
                .collect()
        };
        Ok(match text {
            ClauseText::Equals(word) => Self::Equals(word.to_lowercase()),
            ClauseText::StartsWith(word) => Self::StartsWith(word.to_lowercase()),
            ClauseText::EndsWith(word) => Self::EndsWith(word.to_lowercase()),
            ClauseText::Contains(word) => Self::Contains(word.to_lowercase()),
            ClauseText::Regex(pattern) => RegexBuilder::new(&pattern)
                .size_limit(MAX_PATTERN_BYTES)
                .build()
                .map(Self::Regex)
                .map_err(|e| refuse(format!("its pattern `{pattern}` is not usable: {e}")))?,
            ClauseText::Or(clauses) => Self::Or(all(clauses)?),
            ClauseText::And(clauses) => Self::And(all(clauses)?),
            ClauseText::Not(clause) => {
                Self::Not(Box::new(Self::prepare_at(*clause, entry, depth + 1)?))
            }
        })
    }

    /// True when `name`, already in lower case, meets the condition.
    pub(super) fn accepts(&self, name: &str) -> bool {
        match self {
            Self::Equals(word) => name == word,
            Self::StartsWith(word) => name.starts_with(word.as_str()),
            Self::EndsWith(word) => name.ends_with(word.as_str()),
            Self::Contains(word) => name.contains(word.as_str()),
            Self::Regex(pattern) => pattern.is_match(name),
            Self::Or(clauses) => clauses.iter().any(|clause| clause.accepts(name)),
            Self::And(clauses) => clauses.iter().all(|clause| clause.accepts(name)),
            Self::Not(clause) => !clause.accepts(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clause(json: &str) -> Result<Clause, TokensError> {
        Clause::prepare(serde_json::from_str(json).unwrap(), "test/model")
    }

    #[test]
    fn a_tree_of_conditions_is_met_as_written() {
        let clause = clause(
            r#"{"and":[{"or":[{"starts_with":"GPT-"},{"regex":"^o\\d"}]},{"not":{"ends_with":"-tts"}},{"contains":"o"}]}"#,
        )
        .unwrap();
        for (name, accepted) in [
            ("gpt-4o", true),
            ("o3", true),
            ("gpt-4o-tts", false),
            ("gpt-4", false),
        ] {
            assert_eq!(clause.accepts(name), accepted, "{name}");
        }
    }

    #[test]
    fn deep_nesting_and_wild_patterns_are_refused() {
        let deep = format!(
            "{}{{\"equals\":\"x\"}}{}",
            "{\"not\":".repeat(20),
            "}".repeat(20)
        );
        assert!(clause(&deep).is_err());
        assert!(
            clause(r#"{"regex":"(a{1000}){1000}"}"#).is_err(),
            "too large to compile"
        );
        assert!(
            clause(r#"{"regex":"^(?!x)"}"#).is_err(),
            "look-around is not linear"
        );
    }
}
