//! The list of prompts: what changed is read from its files, everything else comes from the workspace.

use crate::Engine;
use crate::api::{FindingSeverity, PromptRow};
use crate::clock;
use crate::prompt_folder::PromptFolder;
use plumbline_model::{Problem, PromptSpec, WhenOver};
use plumbline_workspace::PromptFileRow;
use semver::Version;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Other versions of the program may find other things in the same file.
const READ_BY: &str = env!("CARGO_PKG_VERSION");
/// A file may be written again within one tick of a file system's clock: a younger one is read each time.
const SETTLED_NS: i64 = 2_000_000_000;

/// What is kept of one prompt.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    row: PromptRow,
    has_tools: bool,
    /// Whether files of others play a part: tools, or a prompt that summarises.
    #[serde(default = "yes")]
    rests_on_others: bool,
}

impl Engine {
    /// Every prompt of the folder; a file that cannot be parsed is listed with its errors.
    ///
    /// # Errors
    /// `NotFound` when no folder is open or it cannot be read.
    pub fn prompt_list(&self) -> Result<Vec<PromptRow>, Problem> {
        let folder = self.prompt_folder()?;
        let root = folder.root().display().to_string();
        let mut kept: BTreeMap<String, PromptFileRow> = self
            .inner
            .workspace
            .prompt_files(&root)?
            .into_iter()
            .map(|file| (file.name.clone(), file))
            .collect();
        let (mut rows, mut read) = (Vec::new(), Vec::new());
        for name in folder.names()? {
            let stamp = stamp(&folder, &name);
            let known = kept
                .remove(&name)
                .filter(|known| stamp.as_ref() == Some(&known.stamp));
            let known = known.and_then(|known| serde_json::from_str::<Kept>(&known.row).ok());
            let mut entry = match known {
                Some(entry) if !entry.rests_on_others => entry,
                _ => self.read_row(&folder, &name)?,
            };
            if entry.has_tools {
                entry.row.stale = self.stale_tools(&name)?.is_some();
            }
            if !entry.rests_on_others
                && let Some(stamp) = stamp
                && let Ok(row) = serde_json::to_string(&entry)
            {
                read.push(PromptFileRow { name, stamp, row });
            }
            rows.push(entry.row);
        }
        let gone: Vec<String> = kept.into_keys().collect();
        if (!read.is_empty() || !gone.is_empty())
            && let Err(error) = self.inner.workspace.put_prompt_files(&root, read, gone)
        {
            // The list is right all the same; the next one takes as long.
            tracing::debug!(%error, "the list of prompts is not kept");
        }
        Ok(rows)
    }

    fn read_row(&self, folder: &PromptFolder, name: &str) -> Result<Kept, Problem> {
        let text = folder.working_text(name)?;
        let releases = folder.releases(name)?;
        let latest_text = match releases.last() {
            Some(version) => Some(folder.release_text(name, version)?),
            None => None,
        };
        let (spec, findings) = self.inspect(name, &text);
        let count = |severity| findings.iter().filter(|f| f.severity == severity).count() as u32;
        let (errors, warnings) = (
            count(FindingSeverity::Error),
            count(FindingSeverity::Warning),
        );
        let text = self.whole_text(text);
        let row = PromptRow {
            name: name.to_owned(),
            working_version: spec.as_ref().map(|spec| spec.version.to_string()),
            latest_release: releases.last().map(Version::to_string),
            releases: releases.len() as u32,
            drift: latest_text.is_none_or(|latest| latest != text),
            errors,
            warnings,
            stale: false,
            owner: spec
                .as_ref()
                .map(|spec| spec.owner.clone())
                .unwrap_or_default(),
            description: spec
                .as_ref()
                .map(|spec| spec.description.clone())
                .unwrap_or_default(),
        };
        let has_tools = spec.as_ref().is_some_and(|spec| !spec.tools.is_empty());
        let summarises =
            |spec: &PromptSpec| matches!(spec.budget.when_over, WhenOver::Summarise(_));
        Ok(Kept {
            has_tools,
            rests_on_others: has_tools || spec.as_ref().is_some_and(summarises),
            row,
        })
    }
}

/// What an earlier version kept did not say.
fn yes() -> bool {
    true
}

/// Says which state of its files a prompt is in; `None` while one of them may still change unseen.
fn stamp(folder: &PromptFolder, name: &str) -> Option<String> {
    let (working, releases) = folder.changed_at(name)?;
    let settled = clock::now().0.checked_sub(SETTLED_NS)?;
    let latest = working.1.max(releases.unwrap_or(0));
    (latest < settled).then(|| format!("{READ_BY} {} {} {releases:?}", working.0, working.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EngineOptions;
    use std::fs::{self, File};
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    const PROMPT: &str = "---\nname: NAME\nversion: 1.0.0\nowner: ada\ndescription: SAYS\nchangelog: c\n---\nuser:\nHello\n";

    fn write(root: &Path, name: &str, says: &str, seconds_ago: u64) {
        let path = root.join(name).join("prompt.md");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, PROMPT.replace("NAME", name).replace("SAYS", says)).unwrap();
        let at = SystemTime::now() - Duration::from_secs(seconds_ago);
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(at)
            .unwrap();
    }

    fn said(engine: &Engine) -> Vec<String> {
        engine
            .prompt_list()
            .unwrap()
            .into_iter()
            .map(|row| row.description)
            .collect()
    }

    #[test]
    fn files_at_rest_are_not_read_again_and_a_changed_one_is() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("prompts");
        write(&root, "a", "one", 60);
        write(&root, "b", "two", 60);
        let engine = Engine::open(EngineOptions {
            workspace: Some(dir.path().join("w.db")),
            prompts: Some(root.clone()),
            ..EngineOptions::default()
        })
        .unwrap();
        assert_eq!(said(&engine), ["one", "two"]);
        let shown = engine.prompt_folder().unwrap().root().display().to_string();
        let mut kept = engine.inner.workspace.prompt_files(&shown).unwrap();
        assert_eq!(kept.len(), 2);
        // A mark that only the workspace can have.
        for file in &mut kept {
            file.row = file.row.replace("one", "kept").replace("two", "kept");
        }
        engine
            .inner
            .workspace
            .put_prompt_files(&shown, kept, Vec::new())
            .unwrap();
        assert_eq!(said(&engine), ["kept", "kept"]);
        write(&root, "b", "new", 30);
        assert_eq!(said(&engine), ["kept", "new"]);
        fs::create_dir_all(root.join("a/releases")).unwrap();
        assert_eq!(said(&engine), ["one", "new"], "a release came or went");
        fs::remove_dir_all(root.join("b")).unwrap();
        assert_eq!(said(&engine), ["one"]);
        assert_eq!(
            engine.inner.workspace.prompt_files(&shown).unwrap().len(),
            1
        );
    }

    #[test]
    fn a_file_that_may_still_change_within_the_same_tick_is_read_each_time() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("prompts");
        write(&root, "a", "one", 0);
        let engine = Engine::open(EngineOptions {
            workspace: Some(dir.path().join("w.db")),
            prompts: Some(root),
            ..EngineOptions::default()
        })
        .unwrap();
        assert_eq!(said(&engine), ["one"]);
        let shown = engine.prompt_folder().unwrap().root().display().to_string();
        assert!(
            engine
                .inner
                .workspace
                .prompt_files(&shown)
                .unwrap()
                .is_empty()
        );
    }
}
