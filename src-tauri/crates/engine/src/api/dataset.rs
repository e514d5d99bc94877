//! Datasets and their cases.

use plumbline_model::Case;
use serde::Serialize;
use ts_rs::TS;

/// One dataset in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct DatasetRow {
    pub name: String,
    pub description: String,
    pub cases: u64,
    /// Variables that the first case gives.
    pub variables: Vec<String>,
}

/// A page of cases.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct CasePage {
    pub total: u64,
    pub cases: Vec<Case>,
}

/// A dataset made from imported model calls that carry their prompt variables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct DatasetFromSpans {
    pub dataset: DatasetRow,
    /// Model calls that became cases.
    pub taken: u64,
    /// Model calls without recorded variables.
    pub without_variables: u64,
}
