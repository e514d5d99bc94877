//! A prompt file against its surroundings: its folder, its latest release, the tools that are files of their own.

use crate::check::{About, Findings};
use crate::{BumpKind, Finding, PromptError, Severity, bump, front_matter, parse, resolve_tools};
use plumbline_model::{Problem, PromptSpec, ToolSpec, ToolUse};

/// Looks for the file of a tool.
pub type FindTool<'a> = dyn Fn(&ToolUse) -> Option<ToolSpec> + 'a;

/// Looks for another prompt, named `name` or `name@version`.
pub type FindPrompt<'a> = dyn Fn(&str) -> Option<PromptSpec> + 'a;

/// What is known about a prompt file beside its text. Nothing needs to be.
#[derive(Clone, Copy, Default)]
pub struct Around<'a> {
    /// The folder it stands in, whose name it must bear.
    pub folder: Option<&'a str>,
    pub latest: Option<&'a PromptSpec>,
    /// Who edits it.
    pub person: Option<&'a str>,
    pub find_tool: Option<&'a FindTool<'a>>,
    pub find_prompt: Option<&'a FindPrompt<'a>>,
}

/// What a text says as a prompt file, and what is wrong with it.
pub struct Checked {
    /// `None` when it cannot be parsed; the findings say why.
    pub spec: Option<PromptSpec>,
    pub findings: Vec<Finding>,
    /// What each finding is about, in the same order.
    pub(crate) about: Vec<About>,
}

/// Checks the text of a prompt file. One that does not parse has one error.
#[must_use]
pub fn check_file(text: &str, around: &Around<'_>) -> Checked {
    let parsed = parse(text).and_then(|spec| Ok((spec, front_matter::cut(text)?.yaml)));
    let (spec, mut findings) = match parsed {
        Err(error) => (None, unreadable(&error)),
        Ok((mut spec, yaml)) => {
            if let Some(find) = around.find_tool {
                resolve_tools(&mut spec, find);
            }
            let mut findings = Findings::of(&spec);
            findings.name(&spec, around.folder);
            findings.version(&spec, around.latest);
            if let Some(find) = around.find_prompt {
                findings.summariser(&spec, find);
            }
            findings.find_lines(yaml);
            (Some(spec), findings)
        }
    };
    findings.hidden_characters(text);
    let (findings, about) = findings.0.into_iter().unzip();
    Checked {
        spec,
        findings,
        about,
    }
}

fn unreadable(error: &PromptError) -> Findings {
    let finding = Finding {
        severity: Severity::Error,
        line: error.line(),
        message: Problem::from(error.clone()).to_string(),
        key: matches!(error, PromptError::Name { .. }).then_some("name"),
    };
    Findings(vec![(finding, About::from(error))])
}

impl Findings {
    fn name(&mut self, spec: &PromptSpec, folder: Option<&str>) {
        let Some(folder) = folder.filter(|folder| *folder != spec.name) else {
            return;
        };
        let message = format!(
            "the file says `name: {}` but its folder is `{folder}`",
            spec.name
        );
        self.error("name", message);
        self.about(About::Name);
    }

    fn version(&mut self, spec: &PromptSpec, latest: Option<&PromptSpec>) {
        let Some(latest) = latest else { return };
        let bump = bump(latest, spec);
        let released = &latest.version;
        // The same version and nothing changed: that is the release itself.
        let (least, why) = match bump.computed {
            BumpKind::None => (released.clone(), "nothing changed".to_owned()),
            kind => (kind.apply(released), format!("this is a {kind} change")),
        };
        // The number of the release still stands until somebody chooses the next one.
        if spec.version < least && spec.version != *released {
            let message = format!(
                "version {} is too low: after {released} {why}, so it is {least} or higher",
                spec.version
            );
            self.warning("version", message);
            self.about(About::SmallVersion(least));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tests::{FULL, full};

    fn findings(text: &str, latest: &PromptSpec) -> Vec<String> {
        let around = Around {
            folder: Some("support-answer"),
            latest: Some(latest),
            ..Around::default()
        };
        let findings = check_file(text, &around).findings;
        findings
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn a_version_must_leave_the_latest_release_by_what_changed() {
        let latest = full();
        assert_eq!(findings(FULL, &latest), [] as [&str; 0]);
        let changed = FULL.replace("Answer in a", "Answer politely in a");
        assert_eq!(
            findings(&changed, &latest),
            [] as [&str; 0],
            "not chosen yet"
        );
        let patched = changed.replace("version: 1.2.0", "version: 1.2.1");
        assert_eq!(
            findings(&patched, &latest),
            [
                "version 1.2.1 is too low: after 1.2.0 this is a minor change, so it is 1.3.0 or higher"
            ]
        );
        let enough = changed.replace("version: 1.2.0", "version: 1.3.0-rc.1");
        assert_eq!(findings(&enough, &latest).len(), 1);
        let enough = changed.replace("version: 1.2.0", "version: 2.0.0");
        assert_eq!(findings(&enough, &latest), [] as [&str; 0]);
    }

    #[test]
    fn a_name_that_is_not_the_folder_s_is_an_error_on_its_line() {
        let around = Around {
            folder: Some("other"),
            ..Around::default()
        };
        let checked = check_file(FULL, &around);
        assert_eq!(checked.findings.len(), 1);
        assert_eq!(checked.findings[0].line, Some(2));
    }
}
