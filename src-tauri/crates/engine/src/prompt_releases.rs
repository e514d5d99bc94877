//! Releases of a prompt: made from the working file with a step that is large enough, and never changed.

use crate::Engine;
use crate::api::{FindingSeverity, PromptView, ReleaseRow};
use crate::prompt_folder::{PromptFolder, text_hash};
use crate::prompts::parse_version;
use plumbline_model::{Code, Problem, PromptSpec};
use plumbline_prompts as prompts;
use plumbline_workspace::{PromptRelease, Topic};
use semver::Version;
use std::cmp::Reverse;

impl Engine {
    /// Releases the working file under a version; refused when the bump is smaller than what changed.
    pub fn prompt_release(
        &self,
        name: &str,
        version: &str,
        changelog: &str,
    ) -> Result<PromptView, Problem> {
        let folder = self.prompt_folder()?;
        let version = parse_version(version)?;
        let working = folder.working_text(name)?;
        let text = prompts::new_release_text(&working, &version, changelog)?;
        let (spec, findings) = self.inspect(name, &text);
        if let Some(error) = findings
            .iter()
            .find(|f| f.severity == FindingSeverity::Error)
        {
            return Err(Problem::bad_input(format!(
                "`{name}` cannot be released: {}",
                error.message
            ))
            .hint("Mend the prompt file first; `plumbline prompt check` lists everything."));
        }
        let spec = spec.ok_or_else(|| Problem::internal("a checked prompt has no content"))?;
        refuse_unfit(name, &spec)?;
        self.refuse_small_bump(&folder, name, &version, &spec)?;
        let released = prompts::with_tools_written(&text, &spec)?;
        self.refuse_known(name, &version, &released)?;
        folder.write_release(name, &version, &released)?;
        self.remember_release(&prompts::parse(&released)?, &released)?;
        folder.save_working(name, &text, &text_hash(&working))?;
        self.prompt_open(name, None)
    }

    /// The step that a change of one prompt file into another asks for.
    pub fn prompt_bump(old: &str, new: &str) -> Result<prompts::Bump, Problem> {
        Ok(prompts::bump(&prompts::parse(old)?, &prompts::parse(new)?))
    }

    /// Puts the file of a release back as it was first seen, where it was altered or is gone.
    ///
    /// # Errors
    /// `NotFound` for a release that this workspace never saw.
    pub fn prompt_restore(&self, name: &str, version: &str) -> Result<PromptView, Problem> {
        let folder = self.prompt_folder()?;
        let version = parse_version(version)?;
        let kept = self.inner.workspace.release(name, &version).map_err(|_| {
            Problem::not_found(format!("the workspace never saw {name}@{version}")).hint(format!(
                "`plumbline prompt history {name}` names what it saw."
            ))
        })?;
        let stands = folder.release_text(name, &version).ok();
        if stands.as_deref() != Some(kept.text.as_str()) {
            folder.restore_release(name, &version, &kept.text)?;
            self.inner.workspace.announce(Topic::Prompt, name)?;
        }
        self.prompt_open(name, None)
    }

    /// A version whose file is gone is not given to another text.
    fn refuse_known(&self, name: &str, version: &Version, text: &str) -> Result<(), Problem> {
        match self.inner.workspace.release(name, version) {
            Ok(known) if known.text != text => Err(Problem::new(
                Code::Conflict,
                format!("{name}@{version} was released before, with another text"),
            )
            .hint(format!(
                "Choose the next version, or bring it back with `plumbline prompt restore {name}@{version}`."
            ))),
            _ => Ok(()),
        }
    }

    fn refuse_small_bump(
        &self,
        folder: &PromptFolder,
        name: &str,
        version: &Version,
        spec: &PromptSpec,
    ) -> Result<(), Problem> {
        let Some(latest) = folder.releases(name)?.pop() else {
            return Ok(());
        };
        let old = prompts::parse(&folder.release_text(name, &latest)?)?;
        prompts::bump(&old, spec).refuse_less(&latest, version)
    }

    /// Rows of the releases on disk, newest first; each is remembered, so a changed file is noticed.
    pub(crate) fn release_rows(
        &self,
        folder: &PromptFolder,
        name: &str,
    ) -> Result<Vec<ReleaseRow>, Problem> {
        let known = self.inner.workspace.releases(Some(name))?;
        let mut rows = Vec::new();
        for version in folder.releases(name)?.into_iter().rev() {
            let text = folder.release_text(name, &version)?;
            let spec = prompts::parse(&text).ok();
            // The first text seen under a version is the one that counts.
            let known = known.iter().find(|known| known.spec.version == version);
            let seen = match (known, &spec) {
                (Some(known), _) => Some(known.imported_ns),
                // A workspace that cannot be written shows the files all the same.
                (None, Some(spec)) => {
                    let kept = self.remember_release(spec, &text);
                    kept.is_ok().then(crate::clock::now)
                }
                (None, None) => None,
            };
            rows.push(ReleaseRow {
                version: version.to_string(),
                template_hash: spec
                    .as_ref()
                    .map(prompts::template_hash)
                    .unwrap_or_default(),
                seen: seen.map(Into::into),
                altered: known.is_some_and(|known| known.text != text),
                missing: false,
                changelog: spec
                    .as_ref()
                    .map(|s| s.changelog.clone())
                    .unwrap_or_default(),
                owner: spec.as_ref().map(|s| s.owner.clone()).unwrap_or_default(),
                origin: spec.and_then(|spec| spec.origin),
            });
        }
        let gone = known.into_iter().filter(|known| {
            let version = known.spec.version.to_string();
            !rows.iter().any(|row| row.version == version)
        });
        let gone: Vec<ReleaseRow> = gone.map(missing).collect();
        if !gone.is_empty() {
            rows.extend(gone);
            rows.sort_by_cached_key(|row| Reverse(Version::parse(&row.version).ok()));
        }
        Ok(rows)
    }

    pub(crate) fn remember_release(&self, spec: &PromptSpec, text: &str) -> Result<(), Problem> {
        self.inner.workspace.put_release(PromptRelease {
            spec: spec.clone(),
            template_hash: prompts::template_hash(spec),
            text: text.to_owned(),
            imported_ns: crate::clock::now(),
        })?;
        Ok(())
    }
}

/// What a release must be beside free of errors.
fn refuse_unfit(name: &str, spec: &PromptSpec) -> Result<(), Problem> {
    let findings = prompts::check_for_release(spec);
    let is_error = |finding: &&prompts::Finding| finding.severity == prompts::Severity::Error;
    match findings.iter().find(is_error) {
        Some(error) => Err(Problem::bad_input(format!(
            "`{name}` cannot be released: {}",
            error.message
        ))),
        None => Ok(()),
    }
}

/// A release that this workspace saw, whose file is not there.
fn missing(known: PromptRelease) -> ReleaseRow {
    ReleaseRow {
        version: known.spec.version.to_string(),
        changelog: known.spec.changelog,
        owner: known.spec.owner,
        template_hash: known.template_hash,
        seen: Some(known.imported_ns.into()),
        altered: false,
        missing: true,
        origin: known.spec.origin,
    }
}
