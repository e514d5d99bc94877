//! Long work: progress, end, cancel.

use plumbline_model::{JobId, Problem};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum JobKind {
    Import,
    Listen,
    Replay,
    Demo,
    /// Looking for a text in everything that was imported.
    Search,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum JobState {
    Running,
    Finished,
    Failed,
    Cancelled,
}

/// The state of a job at one moment: each event replaces the one before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct JobProgress {
    pub id: JobId,
    pub kind: JobKind,
    /// What is being worked on, such as a file name or a run.
    pub label: String,
    pub state: JobState,
    pub done: u64,
    /// `None` when the amount is not known.
    pub total: Option<u64>,
    /// What `done` counts: `cells`, `bytes`, `steps`.
    pub unit: String,
    /// One line of detail, such as throughput and spend.
    pub note: String,
    pub problem: Option<Problem>,
    /// The run or import this job made.
    pub result_id: Option<String>,
}
