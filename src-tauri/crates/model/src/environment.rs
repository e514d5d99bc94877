//! Which release of a prompt each environment uses, as an append-only ledger of changes.

use crate::{NanosText, UnixNanos};
use semver::Version;
use serde::Serialize;
use ts_rs::TS;

/// Environments that exist without being asked for, from the first to the last. A person may use others.
pub const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "production"];

/// How an environment came to use another release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum EnvironmentChangeKind {
    /// Somebody chose a release.
    Promote,
    /// Somebody took the last choice back.
    Rollback,
}

impl EnvironmentChangeKind {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Rollback => "rollback",
        }
    }
}

/// One line of the ledger. It is never changed and never taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct EnvironmentChange {
    /// Its place in the ledger, from 1; later lines have larger ones whatever the clocks said.
    pub seq: i64,
    pub prompt: String,
    pub environment: String,
    pub kind: EnvironmentChangeKind,
    /// What the environment used before; `None` for its first release.
    #[ts(type = "string | null")]
    pub from: Option<Version>,
    #[ts(type = "string")]
    pub to: Version,
    /// Template hash of the release, as traces carry it.
    pub template_hash: String,
    /// From when on: nanoseconds since 1970 UTC, never earlier than the line before it of the same environment.
    pub at: NanosText,
    /// What the clock said, where that was earlier than the line before: somebody had set it back.
    pub clock_said: Option<NanosText>,
    /// Who did it, in their own words: nobody checks it.
    pub who: String,
    /// Why; empty where an owner gave no reason.
    pub why: String,
    /// Whether `who` was an owner of the prompt.
    pub by_owner: bool,
}

/// The release that an environment of `changes` (one prompt, one environment, oldest first) would go back to: the one
/// under the last promotion that was not taken back.
#[must_use]
pub fn release_before(changes: &[EnvironmentChange]) -> Option<&Version> {
    let mut stack: Vec<&Version> = Vec::new();
    for change in changes {
        if change.kind == EnvironmentChangeKind::Rollback
            && let Some(at) = stack.iter().rposition(|version| **version == change.to)
        {
            stack.truncate(at + 1);
        } else {
            stack.push(&change.to);
        }
    }
    stack.pop();
    stack.pop()
}

/// What an environment used at a point in time: the last of `changes` (oldest first) that had happened by then.
#[must_use]
pub fn in_force(changes: &[EnvironmentChange], at: UnixNanos) -> Option<&EnvironmentChange> {
    changes.iter().rfind(|change| change.at.0 <= at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use EnvironmentChangeKind::{Promote, Rollback};

    fn ledger(lines: &[(EnvironmentChangeKind, u64, i64)]) -> Vec<EnvironmentChange> {
        let mut changes: Vec<EnvironmentChange> = Vec::new();
        for (place, &(kind, minor, at)) in lines.iter().enumerate() {
            changes.push(EnvironmentChange {
                seq: place as i64 + 1,
                prompt: "p".into(),
                environment: "production".into(),
                kind,
                from: changes.last().map(|before| before.to.clone()),
                to: Version::new(1, minor, 0),
                template_hash: String::new(),
                at: UnixNanos(at).into(),
                clock_said: None,
                who: "w".into(),
                why: String::new(),
                by_owner: true,
            });
        }
        changes
    }

    fn before(lines: &[(EnvironmentChangeKind, u64, i64)]) -> Option<u64> {
        release_before(&ledger(lines)).map(|version| version.minor)
    }

    #[test]
    fn going_back_twice_goes_back_two_releases_and_not_to_and_fro() {
        let three = [(Promote, 0, 1), (Promote, 1, 2), (Promote, 2, 3)];
        assert_eq!(before(&three), Some(1));
        let once = [&three[..], &[(Rollback, 1, 4)]].concat();
        assert_eq!(before(&once), Some(0));
        let twice = [&once[..], &[(Rollback, 0, 5)]].concat();
        assert_eq!(before(&twice), None);
        let and_on = [&twice[..], &[(Promote, 2, 6)]].concat();
        assert_eq!(before(&and_on), Some(0));
    }

    #[test]
    fn there_is_nothing_to_go_back_to_before_the_second_release() {
        assert_eq!(before(&[]), None);
        assert_eq!(before(&[(Promote, 0, 1)]), None);
    }

    #[test]
    fn a_release_may_be_promoted_again() {
        let again = [(Promote, 0, 1), (Promote, 1, 2), (Promote, 0, 3)];
        assert_eq!(before(&again), Some(1));
        let back = [&again[..], &[(Rollback, 1, 4)]].concat();
        assert_eq!(before(&back), Some(0));
    }

    #[test]
    fn what_was_in_force_is_the_last_change_that_had_happened() {
        let changes = ledger(&[(Promote, 0, 10), (Promote, 1, 20), (Rollback, 0, 30)]);
        let at = |at| in_force(&changes, UnixNanos(at)).map(|change| change.seq);
        assert_eq!(
            [at(9), at(10), at(19), at(20), at(99)],
            [None, Some(1), Some(1), Some(2), Some(3)]
        );
    }
}
