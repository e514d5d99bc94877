//! Mappings of columns.

use plumbline_model::{ColumnMapping, NanosText};
use serde::Serialize;
use ts_rs::TS;

/// A saved mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct MappingRow {
    pub name: String,
    pub mapping: ColumnMapping,
    pub updated: NanosText,
}

/// A guessed mapping for a person to correct.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct MappingSuggested {
    pub mapping: ColumnMapping,
    /// Every column of the table.
    pub columns: Vec<String>,
    /// Those that the mapping does not name.
    pub unmapped: Vec<String>,
}
