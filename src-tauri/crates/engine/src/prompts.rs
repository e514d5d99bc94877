//! Prompts: open, check, save.

use crate::Engine;
use crate::api::{PromptCheck, PromptView, SectionTokens};
use crate::prompt_folder::{PromptFolder, text_hash};
use plumbline_model::{Problem, PromptSpec};
use plumbline_prompts as prompts;
use plumbline_tokens as tokens;
use plumbline_workspace::Topic;
use semver::Version;
use std::path::Path;

/// The word that names the working file where a version is asked for.
pub(crate) const WORKING: &str = "working";

impl Engine {
    /// One prompt: its working file, or a release.
    pub fn prompt_open(&self, name: &str, version: Option<&str>) -> Result<PromptView, Problem> {
        let folder = self.prompt_folder()?;
        let version = version.unwrap_or(WORKING);
        let (text, path) = if version == WORKING {
            (folder.working_text(name)?, folder.working_path(name)?)
        } else {
            let version = parse_version(version)?;
            (
                self.release_text(&folder, name, &version)?,
                folder.release_path(name, &version)?,
            )
        };
        let releases = self.release_rows(&folder, name)?;
        let latest = folder
            .releases(name)?
            .last()
            .map(|v| folder.release_text(name, v))
            .transpose()?;
        Ok(PromptView {
            name: name.to_owned(),
            version: version.to_owned(),
            text_hash: text_hash(&text),
            path: path.display().to_string(),
            check: self.check_against(name, &text, latest.as_deref()),
            drift: self.whole_text(folder.working_text(name)?) != latest.unwrap_or_default(),
            releases,
            text,
        })
    }

    /// What a text says as the file of `name`, without saving it.
    pub fn prompt_check_text(&self, name: &str, text: &str) -> Result<PromptCheck, Problem> {
        let folder = self.prompt_folder()?;
        let latest = folder
            .releases(name)?
            .last()
            .map(|v| folder.release_text(name, v))
            .transpose()?;
        Ok(self.check_against(name, text, latest.as_deref()))
    }

    fn check_against(&self, name: &str, text: &str, latest: Option<&str>) -> PromptCheck {
        let latest = latest.and_then(|latest| prompts::parse(latest).ok());
        let (spec, findings) = self.inspect_with_fixes(name, text, latest.as_ref());
        let encoding = encoding_of(spec.as_ref());
        let bump = match (&spec, &latest) {
            (Some(new), Some(old)) => Some(prompts::bump(old, new)),
            _ => None,
        };
        PromptCheck {
            template_hash: spec.as_ref().map(prompts::template_hash),
            section_tokens: spec
                .as_ref()
                .map(|spec| {
                    let counts = self.inner.edited.count(encoding, spec);
                    let sections = spec.sections.iter().zip(counts);
                    sections
                        .map(|(section, tokens)| SectionTokens {
                            role: section.role,
                            tokens,
                        })
                        .collect()
                })
                .unwrap_or_default(),
            encoding: encoding.to_string(),
            bump: bump.as_ref().map(|bump| bump.computed.to_string()),
            bump_reasons: bump.map(|bump| bump.reasons).unwrap_or_default(),
            spec,
            findings,
        }
    }

    /// Replaces the working file; refused when it is no longer the text the caller read.
    pub fn prompt_save(
        &self,
        name: &str,
        text: &str,
        expected_text_hash: &str,
    ) -> Result<PromptView, Problem> {
        self.prompt_folder()?
            .save_working(name, text, expected_text_hash)?;
        self.inner.workspace.announce(Topic::Prompt, name)?;
        self.prompt_open(name, None)
    }

    /// The text of a version, with the definitions of its tools in it.
    pub(crate) fn prompt_text(&self, name: &str, version: &str) -> Result<String, Problem> {
        let folder = self.prompt_folder()?;
        if version == WORKING {
            Ok(self.whole_text(folder.working_text(name)?))
        } else {
            self.release_text(&folder, name, &parse_version(version)?)
        }
    }

    /// The text of a release: as its file has it, or where that is gone as it was first seen.
    fn release_text(
        &self,
        folder: &PromptFolder,
        name: &str,
        version: &Version,
    ) -> Result<String, Problem> {
        folder.release_text(name, version).or_else(|problem| {
            let is_gone = !folder.release_path(name, version)?.exists();
            match self.inner.workspace.release(name, version) {
                Ok(kept) if is_gone => Ok(kept.text),
                _ => Err(problem),
            }
        })
    }

    /// A parsed version with its text.
    pub(crate) fn prompt_spec(
        &self,
        name: &str,
        version: &str,
    ) -> Result<(PromptSpec, String), Problem> {
        let text = self.prompt_text(name, version)?;
        let spec = self.read_prompt(&text).map_err(|error| {
            let problem = Problem::from(error);
            Problem {
                message: format!("{name}@{version}: {}", problem.message),
                ..problem
            }
        })?;
        Ok((spec, text))
    }

    pub(crate) fn prompt_folder(&self) -> Result<PromptFolder, Problem> {
        let folder = self
            .inner
            .prompts
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        folder.clone().ok_or_else(|| {
            Problem::not_found("no prompts folder is open")
                .hint("Open one from the window, or name it with --prompts FOLDER.")
        })
    }

    /// Opens a folder of prompts and remembers it in the workspace.
    pub fn open_prompts_folder(&self, root: &Path) -> Result<(), Problem> {
        let root = root.canonicalize().map_err(|error| {
            Problem::not_found(format!(
                "cannot open the folder {}: {error}",
                root.display()
            ))
        })?;
        let folder = PromptFolder::new(root);
        folder.names()?;
        let shown = folder.root().display().to_string();
        self.inner
            .workspace
            .put_setting(crate::workspace::PROMPTS_FOLDER, Some(&shown))?;
        *self
            .inner
            .prompts
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(folder);
        self.watch_again();
        Ok(())
    }
}

pub(crate) fn encoding_of(spec: Option<&PromptSpec>) -> tokens::Encoding {
    tokens::encoding_for_model(
        spec.and_then(|spec| spec.model.as_deref())
            .unwrap_or_default(),
    )
}

pub(crate) fn parse_version(text: &str) -> Result<Version, Problem> {
    Version::parse(text).map_err(|error| {
        Problem::bad_input(format!(
            "`{}` is not a version: {error}",
            text.escape_debug()
        ))
        .hint("Versions look like 1.2.0; `working` names the working file.")
    })
}

/// Splits `name@version`; without a version it means the working file.
pub(crate) fn split_reference(reference: &str) -> (&str, &str) {
    reference.split_once('@').unwrap_or((reference, WORKING))
}
