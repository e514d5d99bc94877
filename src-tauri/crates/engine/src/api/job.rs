//! Long work: progress, end, cancel.

use plumbline_model::{JobId, Problem, Target};
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
    /// Aligning the answers of runs.
    Compare,
    /// Writing a comparison to a file.
    Share,
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

/// What a circuit breaker is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum BreakerWord {
    /// Calls go out.
    Closed,
    /// No call goes out for a while.
    Open,
    /// One call is on its way to see whether others may follow.
    HalfOpen,
    /// The provider stayed down: no call goes out any more.
    GivenUp,
}

/// How the calls to one model get out at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ModelTraffic {
    pub target: Target,
    pub breaker: BreakerWord,
    /// Calls that are on their way.
    pub on_their_way: u32,
    /// As many may be at once: fewer than planned while the provider says that it has too much to do.
    pub at_once: u32,
    /// Calls that wait for a place, for the breaker, or for the quiet that the provider asked for.
    pub waiting: u32,
    /// What is left of that quiet, in milliseconds.
    pub quiet_ms: u64,
    /// Calls that were not sent since the provider stayed down.
    pub calls_saved: u64,
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
    /// How the calls of a replay get out, by model; empty for other jobs.
    pub traffic: Vec<ModelTraffic>,
    pub problem: Option<Problem>,
    /// The run or import this job made.
    pub result_id: Option<String>,
}
