//! Environments: promote a release, roll it back, and say what was in force when.

use crate::api::{ChangedBy, EnvironmentStand, PromptEnvironments};
use crate::{Engine, clock};
use plumbline_model::{
    ENVIRONMENTS, EnvironmentChange, EnvironmentChangeKind, Problem, UnixNanos, in_force,
    release_before,
};
use plumbline_prompts as prompts;
use plumbline_workspace::NewEnvironmentChange;
use semver::Version;
use std::collections::BTreeSet;

/// Longest name or reason that is kept, in characters.
const LONGEST: usize = 500;

impl Engine {
    /// Points an environment at a release, from now on.
    ///
    /// # Errors
    /// `NotFound` for a release that is not there; `Conflict` for one whose file was altered, for one that is in use
    /// already, or when somebody was faster; `BadInput` for a name that no environment can have, or when who is no
    /// owner gives no reason.
    pub fn prompt_promote(
        &self,
        name: &str,
        version: &str,
        environment: &str,
        by: &ChangedBy,
    ) -> Result<EnvironmentChange, Problem> {
        let version = crate::prompts::parse_version(version)?;
        self.change_environment(name, environment, Some(version), by)
    }

    /// Points an environment at the release that it used before.
    ///
    /// # Errors
    /// `NotFound` when there is none before; otherwise those of [`Engine::prompt_promote`].
    pub fn prompt_rollback(
        &self,
        name: &str,
        environment: &str,
        by: &ChangedBy,
    ) -> Result<EnvironmentChange, Problem> {
        self.change_environment(name, environment, None, by)
    }

    /// What environments use, of one prompt or of all, of one environment or of all; now, or at a point in time.
    /// Those that never used anything are left out.
    pub fn environment_stands(
        &self,
        prompt: Option<&str>,
        environment: Option<&str>,
        at: Option<UnixNanos>,
    ) -> Result<Vec<EnvironmentStand>, Problem> {
        let changes = self
            .inner
            .workspace
            .environment_changes(prompt, environment)?;
        Ok(stands(&changes, at))
    }

    /// The ledger of one prompt, oldest line first.
    pub fn environment_changes(
        &self,
        prompt: &str,
        environment: Option<&str>,
    ) -> Result<Vec<EnvironmentChange>, Problem> {
        let workspace = &self.inner.workspace;
        Ok(workspace.environment_changes(Some(prompt), environment)?)
    }

    /// The environments of one prompt, the usual ones first, with its ledger.
    pub fn prompt_environments(&self, name: &str) -> Result<PromptEnvironments, Problem> {
        let mut changes = self.environment_changes(name, None)?;
        let mut known = stands(&changes, None);
        let mut all: Vec<EnvironmentStand> = Vec::new();
        for usual in ENVIRONMENTS {
            let at = known.iter().position(|stand| stand.environment == usual);
            all.push(at.map_or_else(|| unused(name, usual), |at| known.remove(at)));
        }
        all.append(&mut known);
        changes.reverse();
        Ok(PromptEnvironments {
            stands: all,
            changes,
            person: person(),
        })
    }

    fn change_environment(
        &self,
        name: &str,
        environment: &str,
        to: Option<Version>,
        by: &ChangedBy,
    ) -> Result<EnvironmentChange, Problem> {
        refuse_name(environment)?;
        let before = self.environment_changes(name, Some(environment))?;
        let kind = match to {
            Some(_) => EnvironmentChangeKind::Promote,
            None => EnvironmentChangeKind::Rollback,
        };
        let to = to
            .or_else(|| release_before(&before).cloned())
            .ok_or_else(|| {
                Problem::not_found(format!(
                    "{name} has no release before in {environment} to go back to"
                ))
                .hint("`plumbline prompt history` shows what it used; promote another release instead.")
            })?;
        let (owner, template_hash) = self.release_to_use(name, &to)?;
        let who = match one_line(&by.who, "who did it")? {
            named if named.is_empty() => person(),
            named => named,
        };
        let why = one_line(&by.why, "the reason")?;
        let by_owner = is_owner(&who, &owner);
        if !by_owner && why.is_empty() {
            return Err(Problem::bad_input(format!(
                "{who} is no owner of {name}, so the change needs a reason"
            ))
            .hint(format!(
                "Say why with --why, or let an owner do it ({}).",
                if owner.is_empty() {
                    "the file names none"
                } else {
                    &owner
                }
            )));
        }
        Ok(self
            .inner
            .workspace
            .change_environment(NewEnvironmentChange {
                prompt: name.to_owned(),
                environment: environment.to_owned(),
                kind,
                from: before.last().map(|change| change.to.clone()),
                to,
                template_hash,
                clock: clock::now(),
                who,
                why,
                by_owner,
            })?)
    }

    /// Owner and template hash of a release as it was released.
    fn release_to_use(&self, name: &str, version: &Version) -> Result<(String, String), Problem> {
        let folder = self.prompt_folder()?;
        let rows = self.release_rows(&folder, name)?;
        let wanted = version.to_string();
        let row = rows.into_iter().find(|row| row.version == wanted);
        match row {
            Some(row) if row.altered => Err(Problem::new(
                plumbline_model::Code::Conflict,
                format!("the file of {name}@{version} is no longer the one that was released"),
            )
            .hint(format!(
                "Bring it back with `plumbline prompt restore {name}@{version}`, or release the change as a new version."
            ))),
            Some(row) if row.missing => Err(Problem::new(
                plumbline_model::Code::Conflict,
                format!("the file of {name}@{version} is not in the folder any more"),
            )
            .hint(format!(
                "Bring it back with `plumbline prompt restore {name}@{version}`."
            ))),
            Some(row) => Ok((row.owner, row.template_hash)),
            None => Err(
                Problem::not_found(format!("prompt `{name}` has no release {version}")).hint(
                    format!("`plumbline prompt list {name}` names its releases."),
                ),
            ),
        }
    }
}

/// One stand for each prompt and environment that `changes` (oldest first) speak of.
fn stands(changes: &[EnvironmentChange], at: Option<UnixNanos>) -> Vec<EnvironmentStand> {
    let places: BTreeSet<(&str, &str)> = changes
        .iter()
        .map(|change| (change.prompt.as_str(), change.environment.as_str()))
        .collect();
    places
        .into_iter()
        .map(|(prompt, environment)| {
            let own: Vec<EnvironmentChange> = changes
                .iter()
                .filter(|change| change.prompt == prompt && change.environment == environment)
                .cloned()
                .collect();
            // What is in force now is the last line, whatever the clocks said when it was written.
            let change = at.map_or(own.last(), |at| in_force(&own, at)).cloned();
            let next = match &change {
                Some(change) => own.iter().find(|later| later.seq > change.seq),
                None => own.first(),
            };
            let is_now = next.is_none();
            EnvironmentStand {
                prompt: prompt.to_owned(),
                environment: environment.to_owned(),
                until: next.map(|next| next.at),
                back_to: release_before(&own)
                    .filter(|_| is_now)
                    .map(Version::to_string),
                change,
            }
        })
        .collect()
}

fn unused(prompt: &str, environment: &str) -> EnvironmentStand {
    EnvironmentStand {
        prompt: prompt.to_owned(),
        environment: environment.to_owned(),
        change: None,
        until: None,
        back_to: None,
    }
}

fn refuse_name(environment: &str) -> Result<(), Problem> {
    prompts::check_name(environment).map_err(|_| {
        Problem::bad_input(format!(
            "`{}` cannot be the name of an environment",
            environment.escape_debug()
        ))
        .hint("Use lower-case letters, digits and hyphens, such as `production` or `eu-canary`.")
    })
}

fn one_line(text: &str, what: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.contains(char::is_control) || text.chars().count() > LONGEST {
        return Err(Problem::bad_input(format!(
            "{what} must be one line of at most {LONGEST} characters"
        )));
    }
    Ok(text.to_owned())
}

/// Whether somebody is among the owners that a prompt file names, which are told apart by commas.
fn is_owner(who: &str, owners: &str) -> bool {
    !who.is_empty()
        && owners
            .split([',', ';'])
            .any(|owner| owner.trim().to_lowercase() == who.to_lowercase())
}

/// Whom the system takes the person for. Nobody proves it: the ledger keeps what is said, it is no access control.
pub(crate) fn person() -> String {
    [
        "PLUMBLINE_USER",
        "GIT_AUTHOR_EMAIL",
        "EMAIL",
        "USER",
        "USERNAME",
    ]
    .iter()
    .filter_map(|name| std::env::var(name).ok())
    .map(|name| name.trim().to_owned())
    .find(|name| !name.is_empty() && !name.contains(char::is_control))
    .unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_told_apart_by_commas_and_not_by_case() {
        let owners = "Ada@Example.com, ops-team; bob";
        for owner in ["ada@example.com", "ops-team", "BOB"] {
            assert!(is_owner(owner, owners), "{owner}");
        }
        for other in ["", "ada", "example.com", "ops-team; bob"] {
            assert!(!is_owner(other, owners), "{other}");
        }
        assert!(!is_owner("", ""), "a file without an owner is nobody's");
    }
}
