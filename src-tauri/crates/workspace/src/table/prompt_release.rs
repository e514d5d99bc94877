//! Released versions of prompts, as they were seen. A release never changes its text: what a run used
//! must stay what it used. Working drafts are files and never rows.

use crate::codec;
use crate::door::Durability;
use crate::error::{Result, WorkspaceError};
use crate::table::change::Topic;
use crate::table::release_text;
use crate::workspace::Workspace;
use plumbline_model::{PromptSpec, UnixNanos};
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

pub(crate) const V1: &str = "
CREATE TABLE prompt_release (
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    template_hash TEXT NOT NULL,
    text TEXT NOT NULL,
    spec TEXT NOT NULL,
    imported_ns INTEGER NOT NULL,
    PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;
";

/// One released version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptRelease {
    /// What the file says; its name and version identify the release.
    pub spec: PromptSpec,
    /// SHA-256 of the template, 64 hex digits.
    pub template_hash: String,
    /// The file's text, byte for byte.
    pub text: String,
    pub imported_ns: UnixNanos,
}

impl Workspace {
    /// Stores a release. The same text again changes nothing and answers false.
    ///
    /// # Errors
    /// `Conflict` when this version is already there with another text.
    pub fn put_release(&self, release: PromptRelease) -> Result<bool> {
        let spec = codec::json(&release.spec)?;
        self.write(Durability::Normal, move |tx| {
            let (name, version) = (release.spec.name, release.spec.version.to_string());
            let known: Option<String> = tx
                .prepare_cached("SELECT text FROM prompt_release WHERE name = ?1 AND version = ?2")?
                .query_row([&name, &version], |row| row.get(0))
                .optional()?;
            if !release_text::is_new(known, &release.text, || format!("{name}@{version}"))? {
                return Ok(false);
            }
            tx.prepare_cached(
                "INSERT INTO prompt_release (name, version, template_hash, text, spec, imported_ns)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                name,
                version,
                release.template_hash,
                release.text,
                spec,
                release.imported_ns.0
            ])?;
            tx.announce(Topic::Prompt, name);
            Ok(true)
        })
    }

    /// All releases of a prompt by version, oldest version first; without a name, of all prompts.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn releases(&self, name: Option<&str>) -> Result<Vec<PromptRelease>> {
        let mut releases = self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT spec, template_hash, text, imported_ns FROM prompt_release
                 WHERE ?1 IS NULL OR name = ?1",
            )?;
            let mut rows = statement.query([name])?;
            let mut releases: Vec<PromptRelease> = Vec::new();
            while let Some(row) = rows.next()? {
                releases.push(PromptRelease {
                    spec: codec::from_json(row.get::<_, String>(0)?.as_bytes())?,
                    template_hash: row.get(1)?,
                    text: row.get(2)?,
                    imported_ns: UnixNanos(row.get(3)?),
                });
            }
            Ok(releases)
        })?;
        // Versions order by semantic version, which SQL does not know.
        releases
            .sort_by(|a, b| (&a.spec.name, &a.spec.version).cmp(&(&b.spec.name, &b.spec.version)));
        Ok(releases)
    }

    /// One release.
    ///
    /// # Errors
    /// `NotFound` when this version was never stored.
    pub fn release(&self, name: &str, version: &semver::Version) -> Result<PromptRelease> {
        self.releases(Some(name))?
            .into_iter()
            .find(|release| release.spec.version == *version)
            .ok_or_else(|| WorkspaceError::NotFound(format!("the release {name}@{version}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(version: &str, text: &str) -> PromptRelease {
        PromptRelease {
            spec: PromptSpec {
                name: "triage".into(),
                version: version.parse().unwrap(),
                owner: String::new(),
                description: String::new(),
                changelog: String::new(),
                model: None,
                parameters: Default::default(),
                variables: Vec::new(),
                tools: Vec::new(),
                tool_files: Vec::new(),
                output_schema: None,
                budget: Default::default(),
                origin: None,
                sections: Vec::new(),
            },
            template_hash: "0".repeat(64),
            text: text.into(),
            imported_ns: UnixNanos(1),
        }
    }

    #[test]
    fn a_release_never_changes_its_text() {
        let workspace = Workspace::in_memory().unwrap();
        assert!(workspace.put_release(release("1.10.0", "b")).unwrap());
        assert!(workspace.put_release(release("1.9.0", "a")).unwrap());
        assert!(!workspace.put_release(release("1.9.0", "a")).unwrap());
        let other = workspace.put_release(release("1.9.0", "changed"));
        assert!(matches!(other, Err(WorkspaceError::Conflict(_))));
        let versions: Vec<String> = workspace
            .releases(Some("triage"))
            .unwrap()
            .iter()
            .map(|release| release.spec.version.to_string())
            .collect();
        assert_eq!(versions, ["1.9.0", "1.10.0"], "by version, not by text");
        let stored = workspace
            .release("triage", &"1.9.0".parse().unwrap())
            .unwrap();
        assert_eq!(stored, release("1.9.0", "a"));
        assert!(
            workspace
                .release("triage", &"2.0.0".parse().unwrap())
                .is_err()
        );
    }
}
