//! What is wrong, or doubtful, with a prompt that parses.

mod about;
mod invisible;
mod trim;

pub(crate) use about::About;
pub(crate) use invisible::hidden_in;

use crate::tool_uses::{is_unresolved, not_found};
use crate::variables::{TYPES, check_type};
use crate::{PromptError, check_schema, front_matter, template};
use plumbline_model::{PromptSpec, Section};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The prompt works, but perhaps not as meant.
    Warning,
    /// The prompt must not be sent or released.
    Error,
}

/// One remark about a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub severity: Severity,
    /// Line of the prompt file, 1-based, where known.
    pub line: Option<usize>,
    pub message: String,
    /// The top-level key it is about, from which the line is found when the text is at hand.
    #[serde(skip)]
    pub(crate) key: Option<&'static str>,
}

/// Checks a parsed prompt. Only findings about messages carry a line; use [`crate::check_file`] for all lines.
#[must_use]
pub fn check(spec: &PromptSpec) -> Vec<Finding> {
    Findings::of(spec).into_plain()
}

/// Checks what a release needs on top: a plain version and a changelog of one line.
#[must_use]
pub fn check_for_release(spec: &PromptSpec) -> Vec<Finding> {
    let mut findings = Findings::of(spec);
    if !spec.version.pre.is_empty() || !spec.version.build.is_empty() {
        let message = format!(
            "a release has a plain version such as 1.2.3, not {}",
            spec.version
        );
        findings.error("version", message);
    }
    if spec.changelog.trim().contains('\n') {
        findings.error(
            "changelog",
            "the changelog of a release is one line".to_owned(),
        );
    }
    findings.into_plain()
}

/// Findings, each with what it is about.
#[derive(Default)]
pub(crate) struct Findings(pub(crate) Vec<(Finding, About)>);

impl Findings {
    pub(crate) fn of(spec: &PromptSpec) -> Self {
        let mut findings = Self::default();
        findings.required(spec);
        findings.variables(spec);
        findings.trimming(spec);
        findings.when_over(spec);
        findings.tools_and_schema(spec);
        findings.messages(spec);
        findings
    }

    fn into_plain(self) -> Vec<Finding> {
        self.0.into_iter().map(|(finding, _)| finding).collect()
    }

    /// Finds the lines of those that are about a key.
    pub(crate) fn find_lines(&mut self, yaml: &str) {
        for (finding, _) in &mut self.0 {
            let line = || front_matter::line_of_key(yaml, finding.key?);
            finding.line = finding.line.or_else(line);
        }
    }

    /// Says what the finding that was added last is about.
    pub(crate) fn about(&mut self, about: About) {
        if let Some(last) = self.0.last_mut() {
            last.1 = about;
        }
    }

    pub(crate) fn error(&mut self, key: &'static str, message: String) {
        self.add(Severity::Error, None, Some(key), message);
    }

    pub(crate) fn warning(&mut self, key: &'static str, message: String) {
        self.add(Severity::Warning, None, Some(key), message);
    }

    pub(crate) fn add(
        &mut self,
        severity: Severity,
        line: Option<usize>,
        key: Option<&'static str>,
        message: String,
    ) {
        let finding = Finding {
            severity,
            line,
            message,
            key,
        };
        self.0.push((finding, About::Other));
    }

    fn required(&mut self, spec: &PromptSpec) {
        for (key, text) in [("owner", &spec.owner), ("changelog", &spec.changelog)] {
            if text.trim().is_empty() {
                self.error(key, format!("`{key}` is missing"));
                self.about(About::Missing(key.to_owned()));
            }
        }
        if let Some(model) = spec.model.as_ref().filter(|model| !model.contains(':')) {
            let message = "`model` names no provider; write `provider:model`".to_owned();
            self.add(Severity::Warning, None, Some("model"), message);
            self.about(About::NoProvider(model.clone()));
        }
    }

    fn variables(&mut self, spec: &PromptSpec) {
        let mut seen = BTreeSet::new();
        for variable in &spec.variables {
            let name = &variable.name;
            if !is_identifier(name) {
                self.error(
                    "variables",
                    format!("`{name}` cannot be the name of a variable"),
                );
            }
            if !seen.insert(name) {
                self.error("variables", format!("variable `{name}` is declared twice"));
            }
            if let Some(kind) = variable
                .kind
                .as_deref()
                .filter(|kind| !TYPES.contains(kind))
            {
                let known = TYPES.join(", ");
                self.error(
                    "variables",
                    format!("variable `{name}` has the unknown type `{kind}`; types are {known}"),
                );
                self.about(About::UnknownType {
                    variable: name.clone(),
                    kind: kind.to_owned(),
                });
            } else if let Some(Err(error)) = variable
                .default
                .as_ref()
                .map(|value| check_type(variable, value))
            {
                self.error("variables", format!("the default does not fit: {error}"));
            }
        }
    }

    fn tools_and_schema(&mut self, spec: &PromptSpec) {
        let mut seen = BTreeSet::new();
        for tool in &spec.tools {
            let name = &tool.name;
            if !is_tool_name(name) {
                self.error("tools", format!("`{name}` cannot be the name of a tool: use 1 to 64 letters, digits, `_` and `-`"));
            }
            if !seen.insert(name) {
                self.error("tools", format!("tool `{name}` is declared twice"));
            }
            if is_unresolved(spec, tool) {
                self.error("tools", not_found(spec, name));
            } else if let Some(fault) = check_schema(&tool.parameters) {
                self.error(
                    "tools",
                    format!("the parameters of tool `{name}` cannot be used: {fault}"),
                );
            }
        }
        if let Some(fault) = spec.output_schema.as_ref().and_then(check_schema) {
            self.error(
                "output_schema",
                format!("the output schema cannot be used: {fault}"),
            );
        }
    }

    fn messages(&mut self, spec: &PromptSpec) {
        if spec.sections.is_empty() {
            let message = "the prompt has no message; start one with a line `user:`".to_owned();
            self.add(Severity::Error, None, None, message);
            self.about(About::NoMessage);
        }
        let declared: BTreeSet<&str> = spec.variables.iter().map(|v| v.name.as_str()).collect();
        let mut used = BTreeSet::new();
        let mut whole = true;
        for section in &spec.sections {
            if section.template.trim().is_empty() {
                let message = format!("the {} message is empty", section.role.as_str());
                self.add(Severity::Warning, Some(section.line), None, message);
                self.about(About::EmptyMessage);
            }
            match free_names(section) {
                Ok(names) => {
                    let lines = lines_of_words(section);
                    for name in names
                        .iter()
                        .filter(|name| !declared.contains(name.as_str()))
                    {
                        let message =
                            format!("`{name}` is used but not declared under `variables`");
                        self.add(
                            Severity::Error,
                            Some(lines.get(name.as_str()).copied().unwrap_or(section.line)),
                            None,
                            message,
                        );
                        self.about(About::Undeclared(name.clone()));
                    }
                    used.extend(names);
                }
                Err(error) => {
                    whole = false;
                    self.add(Severity::Error, error.line(), None, error.to_string());
                }
            }
        }
        // With a broken template nobody can say what is unused.
        if whole {
            for name in declared.iter().filter(|name| !used.contains(**name)) {
                self.error(
                    "variables",
                    format!("variable `{name}` is declared but never used"),
                );
                self.about(About::Unused((*name).to_owned()));
            }
        }
    }
}

fn free_names(section: &Section) -> Result<BTreeSet<String>, PromptError> {
    let environment = template::environment();
    let compiled = template::compile(&environment, &section.template, section.line)?;
    Ok(template::free_names(&environment, &compiled))
}

/// The first line of each word of a template.
fn lines_of_words(section: &Section) -> BTreeMap<&str, usize> {
    let mut lines = BTreeMap::new();
    for (index, line) in section.template.lines().enumerate() {
        for word in line.split(|c: char| !(c.is_alphanumeric() || c == '_')) {
            lines.entry(word).or_insert(section.line + index);
        }
    }
    lines
}

fn is_identifier(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts && name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

pub(crate) fn is_tool_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    (1..=64).contains(&name.len()) && name.bytes().all(allowed)
}

#[cfg(test)]
pub(crate) mod tests;
