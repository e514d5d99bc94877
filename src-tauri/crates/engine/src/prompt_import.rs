//! Histories of prompts from elsewhere, taken over as releases.
//!
//! Each version becomes a release with the step that its change asks for, and says in its `origin` where it came from.
//! Taking the same source over again adds only what is new: an import that was broken off is simply repeated.

use crate::Engine;
use crate::api::{ImportedPrompt, ImportedVersion, PromptImport};
use crate::git_history::{FileVersion, file_history};
use crate::prompt_folder::{PromptFolder, text_hash};
use plumbline_model::{Code, NanosText, Problem, PromptOrigin, PromptSpec};
use plumbline_prompts::{
    self as prompts, BumpKind, ForeignPrompt, ForeignVersion, LeftOut, PromptFormat, Severity,
};
use plumbline_workspace::Topic;
use semver::Version;
use std::path::Path;

impl Engine {
    /// Takes over the prompts of a foreign file. `name` names the prompt where the file holds one.
    ///
    /// # Errors
    /// `BadInput` for a file that is none of the formats; `Conflict` where a prompt of that name came from elsewhere.
    pub fn prompt_import(
        &self,
        text: &str,
        file_name: Option<&str>,
        name: Option<&str>,
    ) -> Result<PromptImport, Problem> {
        let file = prompts::read_foreign(text, file_name)?;
        if let (Some(name), [_, _, ..]) = (name, file.prompts.as_slice()) {
            return Err(Problem::bad_input(format!(
                "the file holds {} prompts, which cannot all be called `{name}`",
                file.prompts.len()
            ))
            .hint("Give no name: each keeps its own."));
        }
        let mut taken = Vec::new();
        for prompt in file.prompts {
            taken.push(self.take_history(prompt, name)?);
        }
        Ok(PromptImport {
            format: file.format.as_str().to_owned(),
            prompts: taken,
        })
    }

    /// Takes over the history of one file in git: every commit that touched it is a version.
    ///
    /// # Errors
    /// As [`Engine::prompt_import`]; `NotFound` when the file is in no repository or was never committed.
    pub fn prompt_import_git(
        &self,
        file: &Path,
        name: Option<&str>,
    ) -> Result<PromptImport, Problem> {
        let mut history: Option<ForeignPrompt> = None;
        let mut left_out = Vec::new();
        for commit in file_history(file)? {
            let place = commit.commit.clone();
            match of_commit(commit) {
                Ok(mut prompt) => match &mut history {
                    Some(history) => history.versions.append(&mut prompt.versions),
                    None => history = Some(prompt),
                },
                Err(reason) => left_out.push(LeftOut { place, reason }),
            }
        }
        let Some(mut history) = history else {
            let reasons: Vec<String> = left_out
                .into_iter()
                .map(|one| format!("{}: {}", one.place, one.reason))
                .collect();
            return Err(Problem::bad_input(format!(
                "no commit of {} holds a prompt ({})",
                file.display(),
                reasons.join("; ")
            ))
            .hint("Name the file of a prompt: a prompt file, a text, or a request as JSON."));
        };
        history.left_out = left_out;
        Ok(PromptImport {
            format: "git".to_owned(),
            prompts: vec![self.take_history(history, name)?],
        })
    }

    fn take_history(
        &self,
        prompt: ForeignPrompt,
        name: Option<&str>,
    ) -> Result<ImportedPrompt, Problem> {
        let folder = self.prompt_folder()?;
        let name = name.unwrap_or(&prompt.name).to_owned();
        let path = folder.working_path(&name)?;
        if name == crate::prompt_folder::TOOLS {
            return Err(Problem::bad_input("no prompt can be called `tools`")
                .hint("Give it another name, on the command line with --name."));
        }
        let mut known = Known::read(&folder, &name)?;
        let working = if path.is_file() {
            Some(folder.working_text(&name)?)
        } else {
            None
        };
        if working.is_some() && !known.is_from_the_same_source(&prompt) {
            return Err(Problem::new(
                Code::Conflict,
                format!("there is a prompt `{name}` that did not come from there"),
            )
            .hint("Give it another name, on the command line with --name."));
        }
        let is_drifting = working
            .as_ref()
            .is_some_and(|text| known.text.as_ref() != Some(text));
        let mut taken = ImportedPrompt {
            name: name.clone(),
            original_name: prompt.original_name,
            versions: Vec::new(),
            already: 0,
            left_out: prompt.left_out,
            working_kept: is_drifting,
        };
        for version in prompt.versions {
            if known.holds(&version) {
                taken.already += 1;
                continue;
            }
            match self.next_release(&name, &known, version) {
                Ok(Release { spec, text, told }) => {
                    folder.write_release(&name, &spec.version, &text)?;
                    self.remember_release(&spec, &text)?;
                    known.origins.extend(spec.origin.clone());
                    known.latest = Some(spec);
                    known.text = Some(text);
                    taken.versions.push(told);
                }
                Err(left_out) => taken.left_out.push(left_out),
            }
        }
        if let Some(text) = known
            .text
            .filter(|_| !taken.versions.is_empty() && !is_drifting)
        {
            match working {
                Some(before) => folder.save_working(&name, &text, &text_hash(&before))?,
                None => folder.create_working(&name, &text)?,
            }
        }
        self.inner.workspace.announce(Topic::Prompt, &name)?;
        Ok(taken)
    }

    /// The release that a foreign version becomes after those that are there.
    fn next_release(
        &self,
        name: &str,
        known: &Known,
        version: ForeignVersion,
    ) -> Result<Release, LeftOut> {
        let place = version
            .id
            .clone()
            .unwrap_or_else(|| version.message.clone());
        let left_out = |reason: String| LeftOut {
            place: place.clone(),
            reason,
        };
        let mut spec = version.spec;
        let is_ours = spec.version > Version::new(0, 0, 0);
        let was_named = std::mem::replace(&mut spec.name, name.to_owned());
        let bump = known
            .latest
            .as_ref()
            .map(|latest| prompts::bump(latest, &spec));
        let own = spec.version.clone();
        spec.version = match (&known.latest, &bump) {
            (Some(latest), Some(bump)) => {
                let least = bump.computed.apply(&latest.version);
                let keeps = is_ours && own > latest.version && own >= least;
                if keeps { own.clone() } else { least }
            }
            _ if is_ours => own.clone(),
            _ => Version::new(1, 0, 0),
        };
        let is_as_it_was = own == spec.version && was_named == name;
        let text = match version.file.filter(|_| is_as_it_was) {
            Some(file) => file,
            None => prompts::write_prompt(&spec),
        };
        let read = self
            .read_prompt(&text)
            .map_err(|error| left_out(error.to_string()))?;
        let text = prompts::with_tools_written(&text, &read)
            .map_err(|error| left_out(error.to_string()))?;
        let fault = prompts::check(&read)
            .into_iter()
            .find(|f| f.severity == Severity::Error);
        if let Some(fault) = fault {
            return Err(left_out(fault.message));
        }
        let told = ImportedVersion {
            version: read.version.to_string(),
            id: version.id,
            author: version.author,
            at: version.at.map(NanosText),
            changelog: read.changelog.clone(),
            bump: bump
                .map(|bump| bump.computed)
                .filter(|b| *b != BumpKind::None)
                .map(|b| b.to_string()),
            labels: version.labels,
            losses: version.losses,
        };
        Ok(Release {
            spec: read,
            text,
            told,
        })
    }
}

struct Release {
    spec: PromptSpec,
    text: String,
    told: ImportedVersion,
}

/// The releases that are there.
struct Known {
    latest: Option<PromptSpec>,
    /// The text of the latest.
    text: Option<String>,
    versions: Vec<Version>,
    origins: Vec<PromptOrigin>,
    /// Of the text of each.
    hashes: Vec<String>,
}

impl Known {
    fn read(folder: &PromptFolder, name: &str) -> Result<Self, Problem> {
        let mut known = Self {
            latest: None,
            text: None,
            versions: folder.releases(name)?,
            origins: Vec::new(),
            hashes: Vec::new(),
        };
        for version in &known.versions {
            let text = folder.release_text(name, version)?;
            known.hashes.push(text_hash(&text));
            if let Ok(spec) = prompts::parse(&text) {
                known.origins.extend(spec.origin.clone());
                known.latest = Some(spec);
            }
            known.text = Some(text);
        }
        Ok(known)
    }

    fn is_from_the_same_source(&self, prompt: &ForeignPrompt) -> bool {
        let was_ours = |version: &ForeignVersion| {
            let was = version.was.as_deref().map(text_hash);
            was.is_some_and(|was| self.hashes.contains(&was))
        };
        let mut versions = prompt.versions.iter();
        versions.any(|version| self.holds(version) || was_ours(version))
    }

    /// By the name that its source has for it; without one, by what it says.
    fn holds(&self, version: &ForeignVersion) -> bool {
        let by_id = version
            .spec
            .origin
            .as_ref()
            .filter(|origin| origin.id.is_some());
        if let Some(origin) = by_id {
            let same =
                |known: &PromptOrigin| known.source == origin.source && known.id == origin.id;
            return self.origins.iter().any(same);
        }
        let is_ours = version.file.is_some() && self.versions.contains(&version.spec.version);
        let says_the_same = self.latest.as_ref().is_some_and(|latest| {
            prompts::template_hash(latest) == prompts::template_hash(&version.spec)
        });
        is_ours || says_the_same
    }
}

/// The prompt that a file was at one commit.
fn of_commit(commit: FileVersion) -> Result<ForeignPrompt, String> {
    let text = commit.text?;
    let file =
        prompts::read_foreign(&text, Some(&commit.path)).map_err(|error| error.to_string())?;
    let is_prompt_file = file.format == PromptFormat::Plumbline;
    let mut found = file.prompts.into_iter();
    let (Some(mut prompt), None) = (found.next(), found.next()) else {
        return Err("it holds more than one prompt".to_owned());
    };
    let Some(mut version) = prompt.versions.pop() else {
        let reasons: Vec<String> = prompt.left_out.into_iter().map(|one| one.reason).collect();
        return Err(reasons.join("; "));
    };
    let line = commit
        .message
        .lines()
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned();
    if !line.is_empty() {
        version.spec.changelog = line.chars().take(200).collect();
    }
    if !is_prompt_file {
        version.spec.owner.clone_from(&commit.author);
    }
    version.spec.origin = Some(PromptOrigin {
        source: "git".to_owned(),
        id: Some(commit.commit.clone()),
        author: Some(commit.author.clone()),
        at: Some(NanosText(commit.at)),
    });
    // The file at that commit did not say where it came from.
    version.file = None;
    version.id = Some(commit.commit);
    version.author = Some(commit.author);
    version.at = Some(commit.at);
    version.message = commit.message;
    prompt.versions = vec![version];
    prompt.left_out.clear();
    Ok(prompt)
}

#[cfg(test)]
mod tests;
