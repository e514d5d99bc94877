//! Which version a changed prompt must take, computed from what changed.
//!
//! Major: a caller or reader can break (a required variable, an output, a tool, a role that vanished, a
//! budget that refuses calls which went through). Minor: answers may move (text, parameters, model, and
//! all that a model reads of tools and schemas). Patch: neither can (white space, metadata).

mod contracts;
mod messages;
mod settings;
mod variables;

#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod tests;

use plumbline_model::{Problem, PromptSpec};
use semver::Version;
use serde::Serialize;
use std::fmt;
use ts_rs::TS;

/// The part of a semantic version that must rise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum BumpKind {
    #[default]
    None,
    Patch,
    Minor,
    Major,
}

impl BumpKind {
    /// The least version that makes this step from `version` (SemVer 2.0.0, items 6 to 8).
    #[must_use]
    pub fn apply(self, version: &Version) -> Version {
        match self {
            Self::Major => Version::new(version.major + 1, 0, 0),
            Self::Minor => Version::new(version.major, version.minor + 1, 0),
            Self::Patch | Self::None => {
                Version::new(version.major, version.minor, version.patch + 1)
            }
        }
    }
}

impl fmt::Display for BumpKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        })
    }
}

/// The computed rise and the reasons for it, most serious first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, TS)]
#[ts(export)]
pub struct Bump {
    pub computed: BumpKind,
    pub reasons: Vec<String>,
}

impl Bump {
    /// Refuses a version that is a smaller step from the latest release than what changed.
    ///
    /// # Errors
    /// `BadInput` with the reasons for a larger step, and the least version that will do.
    pub fn refuse_less(&self, latest: &Version, version: &Version) -> Result<(), Problem> {
        let least = self.computed.apply(latest);
        if *version > *latest && *version >= least {
            return Ok(());
        }
        Err(Problem::bad_input(format!(
            "{version} is too small a step from {latest}: this is a {} change ({})",
            self.computed,
            self.reasons.join("; ")
        ))
        .hint(format!("Release it as {least} or higher.")))
    }
}

/// Compares two versions of a prompt. Their version numbers themselves play no part.
#[must_use]
pub fn bump(old: &PromptSpec, new: &PromptSpec) -> Bump {
    let mut changes = Changes::default();
    changes.names(old, new);
    changes.variables(&old.variables, &new.variables);
    changes.output(old, new);
    changes.tools(&old.tools, &new.tools);
    changes.messages(&old.sections, &new.sections);
    changes.settings(old, new);
    changes.finish()
}

#[derive(Default)]
pub(crate) struct Changes(Vec<(BumpKind, String)>);

impl Changes {
    pub(crate) fn finish(mut self) -> Bump {
        // A stable sort: within one kind the order they were found in stays.
        self.0.sort_by_key(|(kind, _)| std::cmp::Reverse(*kind));
        Bump {
            computed: self.0.first().map_or(BumpKind::None, |(kind, _)| *kind),
            reasons: self
                .0
                .into_iter()
                .map(|(kind, reason)| format!("{kind}: {reason}"))
                .collect(),
        }
    }

    pub(crate) fn add(&mut self, kind: BumpKind, reason: impl Into<String>) {
        self.0.push((kind, reason.into()));
    }

    fn names(&mut self, old: &PromptSpec, new: &PromptSpec) {
        if old.name != new.name {
            let reason = format!(
                "the prompt was renamed from `{}` to `{}`",
                old.name, new.name
            );
            self.add(BumpKind::Major, reason);
        }
    }
}
