//! Environments of prompts: which release each one uses, and how it came to be.

use plumbline_model::{EnvironmentChange, NanosText};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Who changes an environment, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct ChangedBy {
    /// Empty for the person that the system knows.
    pub who: String,
    /// May be empty for an owner of the prompt.
    pub why: String,
}

/// What one environment uses of one prompt, at the time that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct EnvironmentStand {
    pub prompt: String,
    pub environment: String,
    /// The change that brought it; `None` when it uses no release.
    pub change: Option<EnvironmentChange>,
    /// Until when it was so; `None` when it still is.
    pub until: Option<NanosText>,
    /// Where a rollback would go; only for what is so now.
    pub back_to: Option<String>,
}

/// Environments of one prompt, as the window shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PromptEnvironments {
    pub stands: Vec<EnvironmentStand>,
    /// The ledger, newest line first.
    pub changes: Vec<EnvironmentChange>,
    /// Whom the system takes the person for.
    pub person: String,
}

/// Since when a line of a prompt file is as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct BlamedLine {
    /// 1-based.
    pub line: u32,
    pub text: String,
    /// The release that brought it; `None` for a line that is not released.
    pub version: Option<String>,
    pub owner: String,
    pub changelog: String,
    /// When that release was first seen in this workspace.
    pub seen: Option<NanosText>,
}
