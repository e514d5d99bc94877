//! Released versions of tools, as they were seen: as releases of prompts, they never change their text.

use crate::codec;
use crate::door::Durability;
use crate::error::Result;
use crate::table::change::Topic;
use crate::table::release_text;
use crate::workspace::Workspace;
use plumbline_model::{ToolSpec, UnixNanos};
use rusqlite::{OptionalExtension, params};

pub(crate) const V8: &str = "
CREATE TABLE tool_release (
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    text TEXT NOT NULL,
    spec TEXT NOT NULL,
    seen_ns INTEGER NOT NULL,
    PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;
";

/// One released version of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolRelease {
    pub spec: ToolSpec,
    /// The file's text, byte for byte.
    pub text: String,
    /// When this workspace saw it first.
    pub seen_ns: UnixNanos,
}

impl Workspace {
    /// Stores a release of a tool. The same text again changes nothing and answers false.
    ///
    /// # Errors
    /// `Conflict` when this version is already there with another text.
    pub fn put_tool_release(&self, release: ToolRelease) -> Result<bool> {
        let spec = codec::json(&release.spec)?;
        self.write(Durability::Normal, move |tx| {
            let (name, version) = (release.spec.name, release.spec.version.to_string());
            let known: Option<String> = tx
                .prepare_cached("SELECT text FROM tool_release WHERE name = ?1 AND version = ?2")?
                .query_row([&name, &version], |row| row.get(0))
                .optional()?;
            if !release_text::is_new(known, &release.text, || format!("tool {name}@{version}"))? {
                return Ok(false);
            }
            tx.prepare_cached(
                "INSERT INTO tool_release (name, version, text, spec, seen_ns) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![name, version, release.text, spec, release.seen_ns.0])?;
            tx.announce(Topic::Prompt, name);
            Ok(true)
        })
    }

    /// The releases of a tool that were seen, oldest version first.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn tool_releases(&self, name: &str) -> Result<Vec<ToolRelease>> {
        let mut releases = self.read(|conn| {
            let mut statement = conn
                .prepare_cached("SELECT spec, text, seen_ns FROM tool_release WHERE name = ?1")?;
            let mut rows = statement.query([name])?;
            let mut releases: Vec<ToolRelease> = Vec::new();
            while let Some(row) = rows.next()? {
                releases.push(ToolRelease {
                    spec: codec::from_json(row.get::<_, String>(0)?.as_bytes())?,
                    text: row.get(1)?,
                    seen_ns: UnixNanos(row.get(2)?),
                });
            }
            Ok(releases)
        })?;
        // Versions order by semantic version, which SQL does not know.
        releases.sort_by(|a, b| a.spec.version.cmp(&b.spec.version));
        Ok(releases)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WorkspaceError;
    use serde_json::json;

    fn release(version: &str, text: &str) -> ToolRelease {
        ToolRelease {
            spec: ToolSpec {
                name: "search".into(),
                version: version.parse().unwrap(),
                owner: "ada".into(),
                description: String::new(),
                changelog: String::new(),
                parameters: json!({"type": "object"}),
            },
            text: text.into(),
            seen_ns: UnixNanos(1),
        }
    }

    #[test]
    fn a_release_of_a_tool_never_changes_its_text() {
        let workspace = Workspace::in_memory().unwrap();
        assert!(workspace.put_tool_release(release("1.10.0", "b")).unwrap());
        assert!(workspace.put_tool_release(release("1.9.0", "a")).unwrap());
        assert!(!workspace.put_tool_release(release("1.9.0", "a")).unwrap());
        let other = workspace.put_tool_release(release("1.9.0", "changed"));
        assert!(matches!(other, Err(WorkspaceError::Conflict(_))));
        let stored = workspace.tool_releases("search").unwrap();
        assert_eq!(
            stored,
            [release("1.9.0", "a"), release("1.10.0", "b")],
            "by version"
        );
        assert!(workspace.tool_releases("other").unwrap().is_empty());
    }
}
