//! What the list of prompts says of each file, kept with the stamp of the files it was read from: a thousand prompts
//! are shown without reading a thousand files. It is a cache: whatever is missing here is read again.

use crate::door::Durability;
use crate::error::Result;
use crate::workspace::Workspace;
use rusqlite::params;

pub(crate) const V8: &str = "
CREATE TABLE prompt_file (
    root TEXT NOT NULL,
    name TEXT NOT NULL,
    stamp TEXT NOT NULL,
    row TEXT NOT NULL,
    PRIMARY KEY (root, name)
) STRICT, WITHOUT ROWID;
";

/// One prompt of a folder, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptFileRow {
    pub name: String,
    /// Says which state of the files was read, in the words of who read them.
    pub stamp: String,
    /// What was read, as JSON.
    pub row: String,
}

impl Workspace {
    /// What is kept of a folder, by name.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn prompt_files(&self, root: &str) -> Result<Vec<PromptFileRow>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT name, stamp, row FROM prompt_file WHERE root = ?1 ORDER BY name",
            )?;
            let rows = statement.query_map([root], |row| {
                Ok(PromptFileRow {
                    name: row.get(0)?,
                    stamp: row.get(1)?,
                    row: row.get(2)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Keeps what was read anew and forgets prompts that are gone. Nobody is told: the files are the truth.
    ///
    /// # Errors
    /// Those of writing the file.
    pub fn put_prompt_files(
        &self,
        root: &str,
        read: Vec<PromptFileRow>,
        gone: Vec<String>,
    ) -> Result<()> {
        let root = root.to_owned();
        self.write(Durability::Normal, move |tx| {
            for name in &gone {
                tx.prepare_cached("DELETE FROM prompt_file WHERE root = ?1 AND name = ?2")?
                    .execute([&root, name])?;
            }
            for file in &read {
                tx.prepare_cached(
                    "INSERT INTO prompt_file (root, name, stamp, row) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (root, name) DO UPDATE SET stamp = excluded.stamp, row = excluded.row",
                )?
                .execute(params![root, file.name, file.stamp, file.row])?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_its_own_rows_and_loses_what_is_gone() {
        let workspace = Workspace::in_memory().unwrap();
        let row = |name: &str, stamp: &str| PromptFileRow {
            name: name.into(),
            stamp: stamp.into(),
            row: "{}".into(),
        };
        workspace
            .put_prompt_files("/a", vec![row("x", "1"), row("y", "1")], Vec::new())
            .unwrap();
        workspace
            .put_prompt_files("/b", vec![row("x", "7")], Vec::new())
            .unwrap();
        workspace
            .put_prompt_files("/a", vec![row("x", "2")], vec!["y".into()])
            .unwrap();
        assert_eq!(workspace.prompt_files("/a").unwrap(), [row("x", "2")]);
        assert_eq!(workspace.prompt_files("/b").unwrap(), [row("x", "7")]);
    }
}
