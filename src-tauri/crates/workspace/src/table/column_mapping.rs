//! Mappings of columns that a person saved under a name, to import tables of their own with.

use crate::codec;
use crate::door::Durability;
use crate::error::{Result, WorkspaceError};
use crate::table::change::Topic;
use crate::workspace::Workspace;
use plumbline_model::{ColumnMapping, UnixNanos};
use rusqlite::{OptionalExtension, Row, params};

pub(crate) const V3: &str = "
CREATE TABLE column_mapping (
    name TEXT PRIMARY KEY,
    mapping TEXT NOT NULL,
    updated_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// A mapping with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnMappingRow {
    pub name: String,
    pub mapping: ColumnMapping,
    pub updated_ns: UnixNanos,
}

impl Workspace {
    /// Stores a mapping in place of an earlier one of the same name.
    ///
    /// # Errors
    /// `BadInput` for an empty name and for a mapping that could import nothing.
    pub fn put_column_mapping(&self, row: ColumnMappingRow) -> Result<()> {
        if row.name.trim().is_empty() {
            return Err(WorkspaceError::BadInput(
                "a mapping needs a name".to_owned(),
            ));
        }
        if let Some(why) = row.mapping.unfit() {
            return Err(WorkspaceError::BadInput(why));
        }
        let json = codec::json(&row.mapping)?;
        self.write(Durability::Normal, move |tx| {
            tx.prepare_cached(
                "INSERT OR REPLACE INTO column_mapping (name, mapping, updated_ns) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![row.name, json, row.updated_ns.0])?;
            tx.announce(Topic::Setting, format!("column_mapping/{}", row.name));
            Ok(())
        })
    }

    /// Removes a mapping; false when there was none.
    ///
    /// # Errors
    /// Those of writing the file.
    pub fn delete_column_mapping(&self, name: &str) -> Result<bool> {
        let name = name.to_owned();
        self.write(Durability::Normal, move |tx| {
            let gone = tx
                .prepare_cached("DELETE FROM column_mapping WHERE name = ?1")?
                .execute([&name])?;
            tx.announce(Topic::Setting, format!("column_mapping/{name}"));
            Ok(gone > 0)
        })
    }

    /// The mapping of this name.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn column_mapping(&self, name: &str) -> Result<Option<ColumnMappingRow>> {
        self.read(|conn| {
            let found = conn
                .prepare_cached(
                    "SELECT name, mapping, updated_ns FROM column_mapping WHERE name = ?1",
                )?
                .query_row([name], |row| Ok(read(row)))
                .optional()?;
            found.transpose()
        })
    }

    /// Every mapping, by name.
    ///
    /// # Errors
    /// Those of reading the file.
    pub fn column_mappings(&self) -> Result<Vec<ColumnMappingRow>> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT name, mapping, updated_ns FROM column_mapping ORDER BY name",
            )?;
            let mut rows = statement.query([])?;
            let mut mappings = Vec::new();
            while let Some(row) = rows.next()? {
                mappings.push(read(row)?);
            }
            Ok(mappings)
        })
    }
}

fn read(row: &Row<'_>) -> Result<ColumnMappingRow> {
    let name: String = row.get(0)?;
    let json: String = row.get(1)?;
    let mapping = serde_json::from_str(&json).map_err(|error| {
        WorkspaceError::Damaged(format!("the mapping `{name}` cannot be read: {error}"))
    })?;
    Ok(ColumnMappingRow {
        name,
        mapping,
        updated_ns: UnixNanos(row.get(2)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumbline_model::MappedField;
    use std::collections::BTreeMap;

    #[test]
    fn a_mapping_is_kept_replaced_and_removed_and_an_unfit_one_refused() {
        let workspace = Workspace::in_memory().unwrap();
        let row = |name: &str, column: &str| ColumnMappingRow {
            name: name.into(),
            mapping: ColumnMapping {
                columns: BTreeMap::from([(MappedField::Start, column.to_owned())]),
                ..ColumnMapping::default()
            },
            updated_ns: UnixNanos(1),
        };
        workspace.put_column_mapping(row("vendor", "at")).unwrap();
        workspace.put_column_mapping(row("vendor", "when")).unwrap();
        workspace.put_column_mapping(row("a", "ts")).unwrap();
        assert_eq!(
            workspace.column_mappings().unwrap(),
            [row("a", "ts"), row("vendor", "when")]
        );
        assert!(workspace.put_column_mapping(row(" ", "ts")).is_err());
        let empty = ColumnMappingRow {
            mapping: ColumnMapping::default(),
            ..row("empty", "")
        };
        assert!(workspace.put_column_mapping(empty).is_err());
        assert!(workspace.delete_column_mapping("a").unwrap());
        assert!(!workspace.delete_column_mapping("a").unwrap());
        assert_eq!(workspace.column_mapping("a").unwrap(), None);
        assert_eq!(
            workspace.column_mapping("vendor").unwrap(),
            Some(row("vendor", "when"))
        );
    }
}
