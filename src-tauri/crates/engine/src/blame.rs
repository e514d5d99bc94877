//! Which release brought each line of a prompt file.

use crate::Engine;
use crate::api::BlamedLine;
use crate::prompts::{WORKING, parse_version};
use plumbline_analysis::diff::kept_lines;
use plumbline_model::{NanosText, Problem};
use plumbline_prompts as prompts;

impl Engine {
    /// Every line of a version with the release since which it stands there, oldest releases first.
    ///
    /// # Errors
    /// `NotFound` for a prompt or version that is not there.
    pub fn prompt_blame(&self, name: &str, version: &str) -> Result<Vec<BlamedLine>, Problem> {
        let folder = self.prompt_folder()?;
        let mut versions = folder.releases(name)?;
        let working = if version == WORKING {
            Some(folder.working_text(name)?)
        } else {
            let wanted = parse_version(version)?;
            folder.release_text(name, &wanted)?;
            versions.retain(|version| *version <= wanted);
            None
        };
        let mut lines: Vec<BlamedLine> = Vec::new();
        for version in &versions {
            let text = folder.release_text(name, version)?;
            let spec = prompts::parse(&text).ok();
            let seen = self.inner.workspace.release(name, version).ok();
            let fresh = BlamedLine {
                line: 0,
                text: String::new(),
                version: Some(version.to_string()),
                owner: spec
                    .as_ref()
                    .map(|spec| spec.owner.clone())
                    .unwrap_or_default(),
                changelog: spec.map(|spec| spec.changelog).unwrap_or_default(),
                seen: seen.map(|release| NanosText(release.imported_ns)),
            };
            lines = carried(&lines, &text, &fresh);
        }
        if let Some(text) = working {
            let fresh = BlamedLine {
                line: 0,
                text: String::new(),
                version: None,
                owner: String::new(),
                changelog: String::new(),
                seen: None,
            };
            lines = carried(&lines, &text, &fresh);
        }
        Ok(lines)
    }
}

/// The lines of a text: those that stood in the version before keep their origin, the others get `fresh`.
fn carried(before: &[BlamedLine], text: &str, fresh: &BlamedLine) -> Vec<BlamedLine> {
    let old: Vec<&str> = before.iter().map(|line| line.text.as_str()).collect();
    let new: Vec<&str> = text.lines().collect();
    let kept = kept_lines(&old, &new);
    new.iter()
        .zip(kept)
        .enumerate()
        .map(|(at, (text, from))| BlamedLine {
            line: u32::try_from(at + 1).unwrap_or(u32::MAX),
            text: (*text).to_owned(),
            ..from
                .and_then(|from| before.get(from))
                .unwrap_or(fresh)
                .clone()
        })
        .collect()
}
