//! Mappings of columns: suggested for a table, saved under a name, used by an import.

use crate::api::{MappingRow, MappingSuggested};
use crate::{Engine, clock};
use plumbline_ingest::suggest_mapping;
use plumbline_model::{ColumnMapping, NanosText, Problem};
use plumbline_workspace::ColumnMappingRow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// How much of a table is looked at for a suggestion.
const HEAD_BYTES: u64 = 256 * 1024;
/// No mapping is longer than this.
const MAPPING_BYTES: u64 = 1024 * 1024;

impl Engine {
    /// Every saved mapping, by name.
    pub fn mapping_list(&self) -> Result<Vec<MappingRow>, Problem> {
        let rows = self.inner.workspace.column_mappings()?;
        Ok(rows.into_iter().map(MappingRow::from).collect())
    }

    /// The mapping of this name.
    pub fn mapping_show(&self, name: &str) -> Result<MappingRow, Problem> {
        match self.inner.workspace.column_mapping(name)? {
            Some(row) => Ok(row.into()),
            None => Err(no_mapping(name)),
        }
    }

    /// Saves a mapping under a name, in place of an earlier one.
    pub fn mapping_save(&self, name: &str, mapping: ColumnMapping) -> Result<MappingRow, Problem> {
        let row = ColumnMappingRow {
            name: name.to_owned(),
            mapping,
            updated_ns: clock::now(),
        };
        self.inner.workspace.put_column_mapping(row)?;
        self.mapping_show(name)
    }

    /// Saves the mapping that a JSON file holds.
    pub fn mapping_save_file(&self, name: &str, path: &Path) -> Result<MappingRow, Problem> {
        let text = beginning(path, MAPPING_BYTES)?;
        let mapping = serde_json::from_slice(&text).map_err(|error| {
            Problem::bad_input(format!("{} holds no mapping: {error}", path.display())).hint(
                "Begin with what `plumbline trace mapping suggest FILE` prints and correct that.",
            )
        })?;
        self.mapping_save(name, mapping)
    }

    /// Removes a mapping.
    pub fn mapping_delete(&self, name: &str) -> Result<(), Problem> {
        if self.inner.workspace.delete_column_mapping(name)? {
            Ok(())
        } else {
            Err(no_mapping(name))
        }
    }

    /// A first mapping for a table, guessed from its header and its first rows.
    pub fn mapping_suggest(&self, path: &Path) -> Result<MappingSuggested, Problem> {
        let head = beginning(path, HEAD_BYTES)?;
        let found = suggest_mapping(&head, &path.display().to_string()).map_err(Problem::from)?;
        Ok(MappingSuggested {
            mapping: found.mapping,
            columns: found.columns,
            unmapped: found.unmapped,
        })
    }
}

fn no_mapping(name: &str) -> Problem {
    Problem::not_found(format!("no mapping is named `{}`", name.escape_debug()))
        .hint("`plumbline trace mapping list` shows those that are saved.")
}

/// The first bytes of a file; `-` is standard input.
fn beginning(path: &Path, bytes: u64) -> Result<Vec<u8>, Problem> {
    let mut head = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().take(bytes).read_to_end(&mut head)
    } else {
        File::open(path).and_then(|file| file.take(bytes).read_to_end(&mut head))
    };
    match read {
        Ok(_) => Ok(head),
        Err(error) => Err(
            Problem::bad_input(format!("cannot read {}: {error}", path.display()))
                .hint("Check the path and its permissions."),
        ),
    }
}

impl From<ColumnMappingRow> for MappingRow {
    fn from(row: ColumnMappingRow) -> Self {
        Self {
            name: row.name,
            mapping: row.mapping,
            updated: NanosText(row.updated_ns),
        }
    }
}
