//! Tools as files: list, open, check, save, release.

use crate::Engine;
use crate::api::{
    FindingSeverity, PromptFinding, ToolCheck, ToolDependent, ToolReleaseRow, ToolRow, ToolView,
};
use crate::prompt_fixes::finding;
use crate::prompt_folder::{PromptFolder, text_hash};
use crate::prompts::{WORKING, parse_version};
use plumbline_model::{Problem, ToolUse};
use plumbline_prompts as prompts;
use plumbline_workspace::{ToolRelease, Topic};
use semver::Version;
use std::collections::BTreeMap;

impl Engine {
    /// Every tool of the folder; a file that cannot be parsed is listed with its errors.
    ///
    /// # Errors
    /// `NotFound` when no folder of prompts is open.
    pub fn tool_list(&self) -> Result<Vec<ToolRow>, Problem> {
        let folder = self.prompt_folder()?;
        let tools = folder.tools();
        let uses = self.tool_uses(&folder)?;
        let mut rows = Vec::new();
        for name in tool_names(&tools)? {
            let text = tools.working_text(&name)?;
            let latest = latest_text(&tools, &name)?;
            let check = check_against(&name, &text, latest.as_deref());
            let count = |severity| {
                let of_kind = check.findings.iter().filter(|f| f.severity == severity);
                of_kind.count() as u32
            };
            let releases = tools.releases(&name)?;
            let used_by = uses.get(&name).into_iter().flatten();
            rows.push(ToolRow {
                owner: check
                    .spec
                    .as_ref()
                    .map(|s| s.owner.clone())
                    .unwrap_or_default(),
                description: check
                    .spec
                    .as_ref()
                    .map(|s| s.description.clone())
                    .unwrap_or_default(),
                working_version: check.spec.as_ref().map(|s| s.version.to_string()),
                latest_release: releases.last().map(Version::to_string),
                releases: releases.len() as u32,
                drift: latest.as_ref() != Some(&text),
                errors: count(FindingSeverity::Error),
                warnings: count(FindingSeverity::Warning),
                used_by: used_by.map(|(prompt, _)| prompt.clone()).collect(),
                name,
            });
        }
        Ok(rows)
    }

    /// One tool: its working file, or a release.
    ///
    /// # Errors
    /// `NotFound` for a tool or version that is not there.
    pub fn tool_open(&self, name: &str, version: Option<&str>) -> Result<ToolView, Problem> {
        let folder = self.prompt_folder()?;
        let tools = folder.tools();
        let version = version.unwrap_or(WORKING);
        let working = tools.working_text(name)?;
        let (text, path) = if version == WORKING {
            (working.clone(), tools.working_path(name)?)
        } else {
            let version = parse_version(version)?;
            (
                tools.release_text(name, &version)?,
                tools.release_path(name, &version)?,
            )
        };
        let latest = latest_text(&tools, name)?;
        let newest = tools.releases(name)?.pop();
        let mut used_by = Vec::new();
        for (prompt, file) in self.tool_uses(&folder)?.remove(name).unwrap_or_default() {
            used_by.push(ToolDependent {
                behind: file.version.is_some() && file.version < newest,
                stale: self.stale_tools(&prompt)?.is_some(),
                version: file.version.map(|version| version.to_string()),
                wanted: file.wanted,
                prompt,
            });
        }
        Ok(ToolView {
            name: name.to_owned(),
            version: version.to_owned(),
            text_hash: text_hash(&text),
            path: path.display().to_string(),
            check: check_against(name, &text, latest.as_deref()),
            releases: self.tool_release_rows(&tools, name)?,
            drift: latest.as_ref() != Some(&working),
            used_by,
            text,
        })
    }

    /// What a text says as the file of tool `name`, without saving it.
    ///
    /// # Errors
    /// `NotFound` when no folder is open; `BadInput` for a name that no tool can have.
    pub fn tool_check_text(&self, name: &str, text: &str) -> Result<ToolCheck, Problem> {
        let latest = latest_text(&self.prompt_folder()?.tools(), name)?;
        Ok(check_against(name, text, latest.as_deref()))
    }

    /// Writes the working file of a new tool, ready to be filled in.
    ///
    /// # Errors
    /// `BadInput` for a name that no tool can have; `Conflict` when there is one of this name, large or small letters.
    pub fn tool_new(&self, name: &str, owner: Option<&str>) -> Result<ToolView, Problem> {
        let tools = self.prompt_folder()?.tools();
        let alike = tool_names(&tools)?;
        if let Some(there) = alike.iter().find(|there| there.eq_ignore_ascii_case(name)) {
            return Err(Problem::new(
                plumbline_model::Code::Conflict,
                format!("there is a tool `{there}` already"),
            )
            .hint("Choose another name: some systems do not tell large letters from small ones."));
        }
        let owner = owner.map_or_else(crate::environments::person, str::to_owned);
        let text = starting_text(name, owner.trim());
        prompts::parse_tool(&text)?;
        tools.create_working(name, &text)?;
        self.inner.workspace.announce(Topic::Prompt, name)?;
        self.tool_open(name, None)
    }

    /// Replaces the working file; refused when it is no longer the text the caller read.
    ///
    /// # Errors
    /// `Conflict` when somebody else wrote it meanwhile.
    pub fn tool_save(
        &self,
        name: &str,
        text: &str,
        expected_text_hash: &str,
    ) -> Result<ToolView, Problem> {
        let tools = self.prompt_folder()?.tools();
        tools.save_working(name, text, expected_text_hash)?;
        self.inner.workspace.announce(Topic::Prompt, name)?;
        self.tool_open(name, None)
    }

    /// Releases the working file under a version; refused when the step is smaller than what changed. Prompts that
    /// refer to it are stale from now on, until they are replayed.
    ///
    /// # Errors
    /// `BadInput` with the reason: errors in the file, a step that is too small, a changelog that is no line.
    pub fn tool_release(
        &self,
        name: &str,
        version: &str,
        changelog: &str,
    ) -> Result<ToolView, Problem> {
        let tools = self.prompt_folder()?.tools();
        let version = parse_version(version)?;
        let working = tools.working_text(name)?;
        let text = prompts::new_tool_release_text(&working, &version, changelog)?;
        let latest = latest_text(&tools, name)?;
        let check = check_against(name, &text, latest.as_deref());
        let error = check
            .findings
            .iter()
            .find(|f| f.severity == FindingSeverity::Error);
        if let Some(error) = error {
            return Err(Problem::bad_input(format!(
                "tool `{name}` cannot be released: {}",
                error.message
            ))
            .hint(format!(
                "Mend its file first; `plumbline tool check {name}` lists everything."
            )));
        }
        if let (Some(newest), Some(old)) = (tools.releases(name)?.pop(), &latest) {
            let bump = prompts::tool_bump(&prompts::parse_tool(old)?, &prompts::parse_tool(&text)?);
            bump.refuse_less(&newest, &version)?;
        }
        tools.write_release(name, &version, &text)?;
        self.remember_tool(&text)?;
        tools.save_working(name, &text, &text_hash(&working))?;
        self.tool_open(name, None)
    }

    fn tool_release_rows(
        &self,
        tools: &PromptFolder,
        name: &str,
    ) -> Result<Vec<ToolReleaseRow>, Problem> {
        let known = self.inner.workspace.tool_releases(name)?;
        let mut rows = Vec::new();
        for version in tools.releases(name)?.into_iter().rev() {
            let text = tools.release_text(name, &version)?;
            let spec = prompts::parse_tool(&text).ok();
            // The first text seen under a version is the one that counts.
            let known = known.iter().find(|known| known.spec.version == version);
            let seen = match (known, &spec) {
                (Some(known), _) => Some(known.seen_ns),
                (None, Some(_)) => self.remember_tool(&text).is_ok().then(crate::clock::now),
                (None, None) => None,
            };
            rows.push(ToolReleaseRow {
                version: version.to_string(),
                seen: seen.map(Into::into),
                altered: known.is_some_and(|known| known.text != text),
                changelog: spec
                    .as_ref()
                    .map(|s| s.changelog.clone())
                    .unwrap_or_default(),
                owner: spec.map(|s| s.owner).unwrap_or_default(),
            });
        }
        Ok(rows)
    }

    fn remember_tool(&self, text: &str) -> Result<(), Problem> {
        self.inner.workspace.put_tool_release(ToolRelease {
            spec: prompts::parse_tool(text)?,
            text: text.to_owned(),
            seen_ns: crate::clock::now(),
        })?;
        Ok(())
    }

    /// Prompts by the tool that their working file refers to. One that cannot be read refers to none.
    fn tool_uses(
        &self,
        folder: &PromptFolder,
    ) -> Result<BTreeMap<String, Vec<(String, ToolUse)>>, Problem> {
        let mut uses: BTreeMap<String, Vec<(String, ToolUse)>> = BTreeMap::new();
        for prompt in folder.names()? {
            let read = folder
                .working_text(&prompt)
                .ok()
                .and_then(|text| self.read_prompt(&text).ok());
            for file in read.map(|spec| spec.tool_files).unwrap_or_default() {
                uses.entry(file.name.clone())
                    .or_default()
                    .push((prompt.clone(), file));
            }
        }
        Ok(uses)
    }
}

/// Without a folder of tools there are none.
fn tool_names(tools: &PromptFolder) -> Result<Vec<String>, Problem> {
    if tools.root().is_dir() {
        tools.names()
    } else {
        Ok(Vec::new())
    }
}

fn latest_text(tools: &PromptFolder, name: &str) -> Result<Option<String>, Problem> {
    let newest = tools.releases(name)?.pop();
    newest
        .map(|version| tools.release_text(name, &version))
        .transpose()
}

fn check_against(name: &str, text: &str, latest: Option<&str>) -> ToolCheck {
    let spec = prompts::parse_tool(text).ok();
    let mut findings: Vec<PromptFinding> =
        prompts::check_tool(text).into_iter().map(finding).collect();
    if let Some(other) = spec.as_ref().filter(|spec| spec.name != name) {
        findings.push(PromptFinding {
            severity: FindingSeverity::Error,
            line: None,
            message: format!(
                "the file says `name: {}` but its folder is `{name}`",
                other.name
            ),
            fixes: Vec::new(),
        });
    }
    let old = latest.and_then(|latest| prompts::parse_tool(latest).ok());
    let bump = spec
        .as_ref()
        .zip(old)
        .map(|(new, old)| prompts::tool_bump(&old, new));
    ToolCheck {
        bump: bump.as_ref().map(|bump| bump.computed.to_string()),
        bump_reasons: bump.map(|bump| bump.reasons).unwrap_or_default(),
        spec,
        findings,
    }
}

fn starting_text(name: &str, owner: &str) -> String {
    // A JSON string is a YAML double-quoted one, so no character means anything to YAML.
    let owner = serde_json::Value::from(owner);
    format!(
        "---\n\
         name: {name}\n\
         version: 0.1.0\n\
         owner: {owner}\n\
         changelog: First version.\n\
         parameters:\n  type: object\n  required: [query]\n  additionalProperties: false\n  properties:\n    query:\n      type: string\n      description: What to look for.\n\
         ---\n\
         Say in one or two sentences what it does, and when to call it.\n"
    )
}

#[cfg(test)]
mod tests;
