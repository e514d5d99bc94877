//! Which version a changed prompt must take, computed from what changed.
//!
//! Major: a caller or reader must change (a required variable, an output, a tool, a role that vanished).
//! Minor: answers may move (text, parameters, model). Patch: neither can (white space, descriptions).

use crate::schema_change::{Use, breaks};
use plumbline_model::{PromptSpec, Role, Section, ToolDefinition, Variable};
use semver::Version;
use serde::Serialize;
use std::collections::BTreeSet;
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
    // A stable sort: within one kind the order above stays.
    changes.0.sort_by_key(|(kind, _)| std::cmp::Reverse(*kind));
    Bump {
        computed: changes.0.first().map_or(BumpKind::None, |(kind, _)| *kind),
        reasons: changes
            .0
            .into_iter()
            .map(|(kind, reason)| format!("{kind}: {reason}"))
            .collect(),
    }
}

#[derive(Default)]
struct Changes(Vec<(BumpKind, String)>);

impl Changes {
    fn add(&mut self, kind: BumpKind, reason: impl Into<String>) {
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

    fn variables(&mut self, old: &[Variable], new: &[Variable]) {
        for was in old {
            let name = &was.name;
            let Some(is) = new.iter().find(|variable| variable.name == *name) else {
                self.add(BumpKind::Major, format!("variable `{name}` was removed"));
                continue;
            };
            match (&was.kind, &is.kind) {
                (before, after) if before == after => {}
                (Some(_), None) => self.add(
                    BumpKind::Minor,
                    format!("variable `{name}` now accepts any type"),
                ),
                _ => self.add(
                    BumpKind::Major,
                    format!("the type of variable `{name}` changed"),
                ),
            }
            match (&was.default, &is.default) {
                (before, after) if before == after => {}
                (Some(_), None) => self.add(
                    BumpKind::Major,
                    format!("variable `{name}` lost its default"),
                ),
                _ => self.add(
                    BumpKind::Minor,
                    format!("the default of variable `{name}` changed"),
                ),
            }
            if was.description != is.description {
                self.add(
                    BumpKind::Patch,
                    format!("the description of variable `{name}` changed"),
                );
            }
        }
        for is in new
            .iter()
            .filter(|is| !old.iter().any(|was| was.name == is.name))
        {
            let (kind, what) = match is.default {
                None => (BumpKind::Major, "without a default"),
                Some(_) => (BumpKind::Minor, "with a default"),
            };
            self.add(kind, format!("variable `{}` was added {what}", is.name));
        }
    }

    fn output(&mut self, old: &PromptSpec, new: &PromptSpec) {
        match (&old.output_schema, &new.output_schema) {
            (before, after) if before == after => {}
            (Some(before), Some(after)) => {
                let reasons = breaks(before, after, Use::Output);
                if reasons.is_empty() {
                    self.add(BumpKind::Minor, "the output schema changed compatibly");
                }
                for reason in reasons {
                    self.add(BumpKind::Major, format!("output schema: {reason}"));
                }
            }
            (None, _) => self.add(BumpKind::Major, "an output schema was added"),
            (Some(_), None) => self.add(BumpKind::Major, "the output schema was removed"),
        }
    }

    fn tools(&mut self, old: &[ToolDefinition], new: &[ToolDefinition]) {
        for was in old {
            let name = &was.name;
            let Some(is) = new.iter().find(|tool| tool.name == *name) else {
                self.add(BumpKind::Major, format!("tool `{name}` was removed"));
                continue;
            };
            if was == is {
                continue;
            }
            let reasons = breaks(&was.parameters, &is.parameters, Use::ToolArguments);
            if reasons.is_empty() {
                self.add(BumpKind::Minor, format!("tool `{name}` changed compatibly"));
            }
            for reason in reasons {
                self.add(BumpKind::Major, format!("tool `{name}`: {reason}"));
            }
        }
        for is in new
            .iter()
            .filter(|is| !old.iter().any(|was| was.name == is.name))
        {
            let reason = format!(
                "tool `{}` was added: the application must answer its calls",
                is.name
            );
            self.add(BumpKind::Major, reason);
        }
    }

    fn messages(&mut self, old: &[Section], new: &[Section]) {
        let roles = |sections: &[Section]| sections.iter().map(|s| s.role).collect::<Vec<Role>>();
        let kept: BTreeSet<Role> = roles(new).into_iter().collect();
        let lost: BTreeSet<Role> = roles(old)
            .into_iter()
            .filter(|role| !kept.contains(role))
            .collect();
        for role in &lost {
            self.add(
                BumpKind::Major,
                format!("the {} message was removed", role.as_str()),
            );
        }
        if roles(old) != roles(new) {
            if lost.is_empty() {
                self.add(BumpKind::Minor, "the messages were added to or reordered");
            }
            return;
        }
        for (was, is) in old.iter().zip(new) {
            let role = was.role.as_str();
            if was
                .template
                .split_whitespace()
                .ne(is.template.split_whitespace())
            {
                self.add(
                    BumpKind::Minor,
                    format!("the text of a {role} message changed"),
                );
            } else if was.template != is.template {
                self.add(
                    BumpKind::Patch,
                    format!("white space of a {role} message changed"),
                );
            }
        }
    }

    fn settings(&mut self, old: &PromptSpec, new: &PromptSpec) {
        if old.model != new.model {
            self.add(BumpKind::Minor, "the model changed");
        }
        if old.parameters != new.parameters {
            self.add(BumpKind::Minor, "the parameters changed");
        }
        if old.budget != new.budget {
            self.add(BumpKind::Minor, "the budget changed");
        }
        let metadata = [
            ("owner", &old.owner, &new.owner),
            ("description", &old.description, &new.description),
            ("changelog", &old.changelog, &new.changelog),
        ];
        for (what, was, is) in metadata {
            if was != is {
                self.add(BumpKind::Patch, format!("the {what} changed"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;
    use crate::parse::tests::{FULL, full};

    #[test]
    fn each_change_takes_its_rise() {
        let cases = [
            ("version: 1.2.0", "version: 9.0.0", BumpKind::None),
            ("name: ticket,", "name: question,", BumpKind::Major),
            (
                "  - {name: tone,",
                "  - {name: lang, type: string}\n  - {name: tone,",
                BumpKind::Major,
            ),
            (
                "  - {name: tone,",
                "  - {name: lang, default: en}\n  - {name: tone,",
                BumpKind::Minor,
            ),
            ("default: plain}", "}", BumpKind::Major),
            (
                "name: ticket, type: string",
                "name: ticket, type: object",
                BumpKind::Major,
            ),
            (
                "{reply: {type: string}}, required: [reply]",
                "{}",
                BumpKind::Major,
            ),
            (
                "{reply: {type: string}}",
                "{reply: {type: string}, why: {type: string}}",
                BumpKind::Minor,
            ),
            ("required: [id]", "required: [id, day]", BumpKind::Major),
            ("Looks an order up.", "Finds an order.", BumpKind::Minor),
            ("system:\nAnswer", "user:\nAnswer", BumpKind::Major),
            ("Answer in a", "Reply in a", BumpKind::Minor),
            ("temperature: 0.2", "temperature: 0.3", BumpKind::Minor),
            ("gpt-4o-mini", "gpt-4o", BumpKind::Minor),
            ("Answer in a", "Answer  in a", BumpKind::Patch),
            ("Answers one ticket.", "Answers a ticket.", BumpKind::Patch),
            (
                "changelog: Shorter",
                "changelog: Even shorter",
                BumpKind::Patch,
            ),
        ];
        for (from, to, expected) in cases {
            assert!(FULL.contains(from), "{from}");
            let bump = bump(&full(), &parse(&FULL.replacen(from, to, 1)).unwrap());
            assert_eq!(
                bump.computed, expected,
                "{from} -> {to}: {:?}",
                bump.reasons
            );
            assert_eq!(bump.reasons.is_empty(), expected == BumpKind::None);
        }
    }

    #[test]
    fn the_most_serious_reason_comes_first() {
        let text = FULL
            .replace("temperature: 0.2", "temperature: 0.3")
            .replace("name: ticket,", "name: other,");
        let bump = bump(&full(), &parse(&text).unwrap());
        assert!(bump.reasons[0].starts_with("major: "), "{:?}", bump.reasons);
        assert!(
            bump.reasons
                .iter()
                .any(|reason| reason == "minor: the parameters changed")
        );
    }
}
