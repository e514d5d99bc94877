//! Tools as the window shows them.

use super::PromptFinding;
use plumbline_model::{NanosText, RunId, ToolSpec};
use serde::Serialize;
use ts_rs::TS;

/// One tool in the list.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct ToolRow {
    pub name: String,
    pub owner: String,
    pub description: String,
    /// Version written in the working file.
    pub working_version: Option<String>,
    pub latest_release: Option<String>,
    pub releases: u32,
    /// The working file says something else than the latest release.
    pub drift: bool,
    pub errors: u32,
    pub warnings: u32,
    /// Prompts whose working file refers to it.
    pub used_by: Vec<String>,
}

/// One released version of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ToolReleaseRow {
    pub version: String,
    pub changelog: String,
    pub owner: String,
    /// When this workspace saw it first.
    pub seen: Option<NanosText>,
    /// The file on disk is no longer the one that was released.
    pub altered: bool,
}

/// A prompt whose working file refers to a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ToolDependent {
    pub prompt: String,
    /// Which versions it asks for; `None` takes the newest.
    pub wanted: Option<String>,
    /// The version it takes now; `None` where no release is one it asks for.
    pub version: Option<String>,
    /// There is a newer release than the one it takes.
    pub behind: bool,
    /// A tool changed since it was last replayed over its dataset.
    pub stale: bool,
}

/// What a text says as the file of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct ToolCheck {
    /// `None` when the file cannot be parsed; the findings say why.
    pub spec: Option<ToolSpec>,
    pub findings: Vec<PromptFinding>,
    /// The step this text asks for over the latest release: `major`, `minor`, `patch`, `none`.
    pub bump: Option<String>,
    pub bump_reasons: Vec<String>,
}

/// One tool, one version of it.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct ToolView {
    pub name: String,
    /// `working` or a semantic version.
    pub version: String,
    pub text: String,
    /// SHA-256 of the text: a save must name the text it replaces.
    pub text_hash: String,
    pub path: String,
    pub check: ToolCheck,
    /// Newest first.
    pub releases: Vec<ToolReleaseRow>,
    pub drift: bool,
    pub used_by: Vec<ToolDependent>,
}

/// A tool of which there is a newer release than the one a prompt takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ToolBehind {
    pub name: String,
    pub version: String,
    pub newest: String,
    /// The step from one to the other, and what it changes.
    pub bump: String,
    pub reasons: Vec<String>,
}

/// Tools that are no longer those a prompt was replayed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct StaleTools {
    /// The last finished run with other tools; its dataset has not been replayed with those of now.
    pub run_id: RunId,
    pub dataset: String,
    /// The step from the tools of that run to those of now, and what it changes.
    pub bump: String,
    pub reasons: Vec<String>,
}

/// How the tools of a prompt's working file stand.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, TS)]
#[ts(export)]
pub struct PromptTools {
    pub behind: Vec<ToolBehind>,
    pub stale: Option<StaleTools>,
}
