//! The workspace itself: what is in it, whether it is sound, what changed.

use plumbline_model::Usd;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One workspace at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct WorkspaceInfo {
    pub path: String,
    /// File name without its ending.
    pub name: String,
    /// Folder that holds the prompt files; `None` when none was opened.
    pub prompts_folder: Option<String>,
    pub traces: u64,
    pub spans: u64,
    pub runs: u64,
    pub datasets: u64,
    pub prompts: u64,
    /// Money spent on live calls since midnight UTC; `None` when none of them has a price.
    pub spend_today_usd: Option<Usd>,
    pub price_table: String,
    pub price_version: String,
    pub app_version: String,
}

/// One check of the doctor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Check {
    pub name: String,
    pub ok: bool,
    pub detail: String,
}

/// What a part of the workspace that changed is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ChangeNotice {
    /// `import`, `span`, `prompt`, `dataset`, `run`, `cell`, `price`, `setting`.
    pub topic: String,
    pub id: String,
}

/// Everything that changed after a sequence number, by whichever process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ChangeBatch {
    pub seq: u64,
    pub changes: Vec<ChangeNotice>,
    /// Older changes are forgotten: everything may have changed.
    pub gap: bool,
}

/// What the demo shows when it is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DemoSummary {
    pub prompt: String,
    pub version_a: String,
    pub version_b: String,
    pub model: String,
    pub cases: u64,
    pub answers_moved: u64,
    pub fixed: u64,
    pub broken: u64,
    pub tokens_in: Option<u64>,
    pub tokens_out: Option<u64>,
    pub cost_usd: Option<Usd>,
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    /// One sentence with its interval.
    pub verdict: String,
    pub run_id: String,
    pub spans_imported: u64,
}
