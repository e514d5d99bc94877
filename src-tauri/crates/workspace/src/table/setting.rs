//! Settings that belong to a workspace: a name and a text. Never a key of a provider.

use crate::door::Durability;
use crate::error::Result;
use crate::table::change::Topic;
use crate::workspace::Workspace;
use rusqlite::OptionalExtension;
use std::collections::BTreeMap;

pub(crate) const V1: &str = "
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

impl Workspace {
    /// The setting's text, or `None` when it was never set.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn setting(&self, name: &str) -> Result<Option<String>> {
        self.read(|conn| {
            Ok(conn
                .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
                .query_row([name], |row| row.get(0))
                .optional()?)
        })
    }

    /// All settings by name.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn settings(&self) -> Result<BTreeMap<String, String>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached("SELECT name, value FROM setting")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Stores a setting unless it has a text already, and gives the text that it has then.
    ///
    /// # Errors
    /// Those of writing the file.
    pub fn keep_setting(&self, name: &str, value: &str) -> Result<String> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.write(Durability::Normal, move |tx| {
            let added = tx
                .prepare_cached("INSERT OR IGNORE INTO setting (name, value) VALUES (?1, ?2)")?
                .execute([&name, &value])?;
            let held = tx
                .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
                .query_row([&name], |row| row.get(0))?;
            if added > 0 {
                tx.announce(Topic::Setting, name);
            }
            Ok(held)
        })
    }

    /// Stores a setting; `None` removes it.
    ///
    /// # Errors
    /// Those of writing the file.
    pub fn put_setting(&self, name: &str, value: Option<&str>) -> Result<()> {
        let (name, value) = (name.to_owned(), value.map(str::to_owned));
        self.write(Durability::Normal, move |tx| {
            match value {
                Some(value) => tx
                    .prepare_cached("INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)")?
                    .execute([&name, &value])?,
                None => tx
                    .prepare_cached("DELETE FROM setting WHERE name = ?1")?
                    .execute([&name])?,
            };
            tx.announce(Topic::Setting, name);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_kept_replaced_and_removed() {
        let workspace = Workspace::in_memory().unwrap();
        assert_eq!(workspace.setting("theme").unwrap(), None);
        workspace.put_setting("theme", Some("light")).unwrap();
        workspace.put_setting("theme", Some("dark")).unwrap();
        assert_eq!(workspace.setting("theme").unwrap().as_deref(), Some("dark"));
        assert_eq!(workspace.keep_setting("theme", "light").unwrap(), "dark");
        assert_eq!(workspace.keep_setting("seed", "1").unwrap(), "1");
        workspace.put_setting("seed", None).unwrap();
        workspace.put_setting("theme", None).unwrap();
        assert!(workspace.settings().unwrap().is_empty());
    }
}
