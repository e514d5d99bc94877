//! Datasets and their cases.

use plumbline_model::Case;
use serde::{Deserialize, Serialize};
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
    /// The first case holds the request it was sent with in production.
    pub as_sent: bool,
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
    /// Model calls whose messages the source does not hold.
    pub without_messages: u64,
    /// Answers that were kept as recordings.
    pub recorded: u64,
    /// Parameters of the requests that cannot be sent again, by name.
    pub left_out: Vec<String>,
}

/// Which model calls are taken as they were sent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct AsSent {
    /// These spans, each as `trace_id/span_id`; none for all that a filter accepts.
    pub spans: Vec<String>,
    /// Only calls that open a conversation, with what its tools answered, so that a replay can go through all of it.
    pub conversations: bool,
    /// Most calls that are looked at.
    pub limit: u64,
}

/// Answers of one model that are recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct RecordedModel {
    /// Who answered; empty where the source does not tell.
    pub provider: String,
    pub model: String,
    pub recordings: u64,
}

/// What became of imported model calls as recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct RecordingsFromTraces {
    pub model_calls: u64,
    /// Whole answers to known requests; the others are no recordings.
    pub recorded: u64,
}
