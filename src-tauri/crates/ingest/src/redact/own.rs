//! Patterns that a person adds: what must not be stored in their house, such as customer numbers.

use super::find::{Found, RANK_OWN};
use super::placeholder::{KIND_BYTES, is_kind_byte};
use regex::{Regex, RegexBuilder};

/// Longest pattern, in bytes.
const PATTERN_BYTES: usize = 1_000;
/// Memory that one compiled pattern may take, in bytes.
const COMPILED_BYTES: usize = 1 << 20;

/// A pattern of one's own with the word that stands in its placeholders.
#[derive(Debug, Clone)]
pub struct OwnPattern {
    name: String,
    regex: Regex,
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error("`{name}` cannot name a pattern: it stands in placeholders")]
    Name { name: String },
    #[error("the pattern is longer than {PATTERN_BYTES} bytes")]
    Long,
    #[error("the pattern does not compile: {why}")]
    Syntax { why: String },
    #[error("the pattern matches the empty text, so it would match everywhere")]
    Empty,
}

impl PatternError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Name { .. } => {
                "Use 1 to 32 lower-case letters, digits, `_` and `-`, such as `customer-id`."
            }
            Self::Long | Self::Syntax { .. } => {
                "Patterns are regular expressions of the Rust crate `regex`: no look-around, no back-references, \
                 and smaller counts in `{…}`."
            }
            Self::Empty => "Ask for at least one character: `+` instead of `*`.",
        }
    }
}

impl OwnPattern {
    /// Compiles a pattern within bounds of length and memory.
    ///
    /// # Errors
    /// The name or the pattern is unfit.
    pub fn new(name: &str, pattern: &str) -> Result<Self, PatternError> {
        if name.is_empty() || name.len() > KIND_BYTES || !name.bytes().all(is_kind_byte) {
            return Err(PatternError::Name {
                name: name.escape_debug().take(60).collect(),
            });
        }
        if pattern.len() > PATTERN_BYTES {
            return Err(PatternError::Long);
        }
        let regex = RegexBuilder::new(pattern)
            .size_limit(COMPILED_BYTES)
            .dfa_size_limit(COMPILED_BYTES)
            .nest_limit(50)
            .build()
            .map_err(|error| PatternError::Syntax {
                why: error.to_string(),
            })?;
        if regex.is_match("") {
            return Err(PatternError::Empty);
        }
        Ok(Self {
            name: name.to_owned(),
            regex,
        })
    }

    /// The word in its placeholders.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn pattern(&self) -> &str {
        self.regex.as_str()
    }

    pub(super) fn find<'p>(&'p self, text: &str) -> impl Iterator<Item = Found<'p>> {
        self.regex
            .find_iter(text)
            .filter(|found| !found.is_empty())
            .map(|found| Found::new(found.range(), &self.name, RANK_OWN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfit_patterns_are_refused_with_what_to_do() {
        for (name, pattern, word) in [
            ("", "x", "name"),
            ("Customer", "x", "name"),
            ("a", "(", "compile"),
            ("a", r"(?=x)", "compile"),
            ("a", r"(\w{500}){500}", "compile"),
            ("a", "x*", "empty"),
            ("a", &"x".repeat(2_000), "longer"),
        ] {
            let error = OwnPattern::new(name, pattern).unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
            assert!(!error.hint().is_empty());
        }
        assert_eq!(
            OwnPattern::new("customer-id", r"\bC-\d{6}\b")
                .unwrap()
                .name(),
            "customer-id"
        );
    }
}
