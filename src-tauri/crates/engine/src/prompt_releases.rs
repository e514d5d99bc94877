//! Releases of a prompt: made from the working file with a step that is large enough, and never changed.

use crate::Engine;
use crate::api::{FindingSeverity, PromptView, ReleaseRow};
use crate::prompt_folder::{PromptFolder, text_hash};
use crate::prompts::parse_version;
use plumbline_model::{Problem, PromptSpec};
use plumbline_prompts as prompts;
use plumbline_workspace::PromptRelease;
use semver::Version;

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
        self.refuse_small_bump(&folder, name, &version, &spec)?;
        let released = prompts::with_tools_written(&text, &spec)?;
        folder.write_release(name, &version, &released)?;
        self.remember_release(&prompts::parse(&released)?, &released)?;
        folder.save_working(name, &text, &text_hash(&working))?;
        self.prompt_open(name, None)
    }

    /// The step that a change of one prompt file into another asks for.
    pub fn prompt_bump(old: &str, new: &str) -> Result<prompts::Bump, Problem> {
        Ok(prompts::bump(&prompts::parse(old)?, &prompts::parse(new)?))
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
                changelog: spec
                    .as_ref()
                    .map(|s| s.changelog.clone())
                    .unwrap_or_default(),
                owner: spec.as_ref().map(|s| s.owner.clone()).unwrap_or_default(),
                origin: spec.and_then(|spec| spec.origin),
            });
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
