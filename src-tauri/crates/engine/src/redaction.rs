//! Redaction of a workspace: its random key, and the patterns that a person added.
//!
//! The key makes placeholders equal within the workspace and tells nothing outside it. It is made with the first
//! import and never leaves the file.

use crate::Engine;
use crate::api::{RedactedLine, RedactionPattern, RedactionTrial};
use plumbline_ingest::{OwnPattern, RedactedCounts, Redactor};
use plumbline_model::Problem;
use std::sync::Arc;

/// The setting that holds the key, as hex.
const KEY: &str = "redaction.key";
/// Settings that hold patterns begin with this; their name follows.
const PATTERN: &str = "redaction.pattern.";
/// Each pattern is tried on every text of an import.
const MOST_PATTERNS: usize = 50;

/// Whether secrets are taken out of what is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Redaction {
    #[default]
    On,
    /// Asked for by a person; the import's report says so.
    Off,
}

impl Engine {
    /// Every pattern that was added, by name.
    pub fn redaction_patterns(&self) -> Result<Vec<RedactionPattern>, Problem> {
        let settings = self.inner.workspace.settings()?;
        Ok(settings
            .into_iter()
            .filter_map(|(name, pattern)| {
                let name = name.strip_prefix(PATTERN)?.to_owned();
                Some(RedactionPattern { name, pattern })
            })
            .collect())
    }

    /// Adds a pattern, or puts it in place of an earlier one of its name. Later imports follow it; what is stored stays.
    pub fn redaction_add(&self, name: &str, pattern: &str) -> Result<RedactionPattern, Problem> {
        let own = own_pattern(name, pattern)?;
        let known = self.redaction_patterns()?;
        if known.len() >= MOST_PATTERNS && known.iter().all(|known| known.name != name) {
            return Err(Problem::bad_input(format!(
                "the workspace has {MOST_PATTERNS} patterns, which is the most"
            ))
            .hint("Join some with `|`, or remove one: `plumbline redaction list` shows them."));
        }
        let setting = format!("{PATTERN}{}", own.name());
        self.inner
            .workspace
            .put_setting(&setting, Some(own.pattern()))?;
        Ok(RedactionPattern {
            name: own.name().to_owned(),
            pattern: own.pattern().to_owned(),
        })
    }

    /// Removes a pattern.
    pub fn redaction_remove(&self, name: &str) -> Result<(), Problem> {
        let setting = format!("{PATTERN}{name}");
        if self.inner.workspace.setting(&setting)?.is_none() {
            return Err(Problem::not_found(format!(
                "no pattern is named `{}`",
                name.escape_debug()
            ))
            .hint("`plumbline redaction list` shows those that were added."));
        }
        Ok(self.inner.workspace.put_setting(&setting, None)?)
    }

    /// What an import would take out of each line of a text, with the patterns of the workspace and `more`.
    pub fn redaction_try(&self, text: &str, more: &[&str]) -> Result<RedactionTrial, Problem> {
        let mut patterns = self.own_patterns()?;
        for pattern in more {
            patterns.push(own_pattern("tried", pattern)?);
        }
        let redactor = Redactor::new(self.redaction_key()?, patterns);
        let mut trial = RedactionTrial {
            redacted: RedactedCounts::new(),
            lines: 0,
            changed: Vec::new(),
        };
        for line in text.lines() {
            trial.lines += 1;
            let clean = redactor.text(line, &mut trial.redacted);
            if clean != line {
                trial.changed.push(RedactedLine {
                    line: trial.lines,
                    text: clean.into_owned(),
                });
            }
        }
        Ok(trial)
    }

    /// The redactor of this workspace; `None` where it is switched off.
    pub(crate) fn redactor(&self, redaction: Redaction) -> Result<Option<Arc<Redactor>>, Problem> {
        match redaction {
            Redaction::Off => Ok(None),
            Redaction::On => Ok(Some(Arc::new(Redactor::new(
                self.redaction_key()?,
                self.own_patterns()?,
            )))),
        }
    }

    fn own_patterns(&self) -> Result<Vec<OwnPattern>, Problem> {
        let patterns = self.redaction_patterns()?;
        patterns
            .iter()
            .map(|own| own_pattern(&own.name, &own.pattern))
            .collect()
    }

    /// The key, made the first time. Two processes that ask at once get the same.
    fn redaction_key(&self) -> Result<[u8; 32], Problem> {
        let held = match self.inner.workspace.setting(KEY)? {
            Some(held) => held,
            None => {
                let mut fresh = [0; 32];
                getrandom::fill(&mut fresh).map_err(|error| {
                    Problem::internal(format!("the system gives no random bytes: {error}"))
                })?;
                let text: String = fresh.iter().map(|byte| format!("{byte:02x}")).collect();
                self.inner.workspace.keep_setting(KEY, &text)?
            }
        };
        read_key(&held)
            .ok_or_else(|| Problem::internal("the workspace's key for redaction is damaged"))
    }
}

fn read_key(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if text.len() != key.len() * 2 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).ok()?;
    }
    Some(key)
}

fn own_pattern(name: &str, pattern: &str) -> Result<OwnPattern, Problem> {
    OwnPattern::new(name, pattern)
        .map_err(|error| Problem::bad_input(error.to_string()).hint(error.hint()))
}

/// A problem may quote what was read.
pub(crate) fn without_secrets(redactor: Option<&Redactor>, problem: Problem) -> Problem {
    let Some(redactor) = redactor else {
        return problem;
    };
    let mut shown = RedactedCounts::new();
    Problem {
        message: redactor.excerpt(&problem.message, &mut shown).into_owned(),
        hint: problem
            .hint
            .map(|hint| redactor.text(&hint, &mut shown).into_owned()),
        ..problem
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_and_a_damaged_one_does_not() {
        assert_eq!(read_key(&"0a".repeat(32)), Some([10; 32]));
        assert_eq!(read_key("0a"), None);
        assert_eq!(read_key(&"zz".repeat(32)), None);
    }
}
