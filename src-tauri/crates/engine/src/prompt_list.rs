//! The list of prompts: what changed is read from its files, everything else comes from the workspace.

use crate::Engine;
use crate::api::{FindingSeverity, PromptRow};
use crate::clock;
use crate::prompt_folder::PromptFolder;
use plumbline_model::Problem;
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
    /// Whether tools play a part, which are files of their own.
    has_tools: bool,
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
                Some(entry) if !entry.has_tools => entry,
                _ => self.read_row(&folder, &name)?,
            };
            if entry.has_tools {
                entry.row.stale = self.stale_tools(&name)?.is_some();
            } else if let Some(stamp) = stamp
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
        Ok(Kept {
            has_tools: spec.is_some_and(|spec| !spec.tools.is_empty()),
            row,
        })
    }
}

/// Says which state of its files a prompt is in; `None` while one of them may still change unseen.
fn stamp(folder: &PromptFolder, name: &str) -> Option<String> {
    let (working, releases) = folder.changed_at(name)?;
    let settled = clock::now().0.checked_sub(SETTLED_NS)?;
    let latest = working.1.max(releases.unwrap_or(0));
    (latest < settled).then(|| format!("{READ_BY} {} {} {releases:?}", working.0, working.1))
}
