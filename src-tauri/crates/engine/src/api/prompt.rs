//! Prompts as the window shows them.

use super::PromptFix;
use plumbline_model::{AssembledRequest, NanosText, PromptOrigin, PromptSpec, Role, Trimmed};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

/// One prompt in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PromptRow {
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
    /// A tool changed since the prompt was last replayed over its dataset.
    pub stale: bool,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum FindingSeverity {
    Error,
    Warning,
}

/// One thing that is wrong with a prompt file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PromptFinding {
    pub severity: FindingSeverity,
    /// 1-based line of the prompt file, where it is known.
    pub line: Option<u32>,
    pub message: String,
    /// Ways to make it go away; none where nobody knows one.
    pub fixes: Vec<PromptFix>,
}

/// One released version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ReleaseRow {
    pub version: String,
    pub changelog: String,
    pub owner: String,
    pub template_hash: String,
    /// When this workspace saw it first.
    pub seen: Option<NanosText>,
    /// The file on disk is no longer the one that was released.
    pub altered: bool,
    /// There is no file any more; the workspace still has its text.
    pub missing: bool,
    /// Where it was imported from, and who made it when.
    pub origin: Option<PromptOrigin>,
}

/// Template tokens of one section, before variables are filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct SectionTokens {
    pub role: Role,
    pub tokens: u64,
}

/// What a text says as a prompt file: the answer to every key stroke of the editor.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct PromptCheck {
    /// `None` when the file cannot be parsed; the findings say why.
    pub spec: Option<PromptSpec>,
    pub findings: Vec<PromptFinding>,
    pub template_hash: Option<String>,
    pub section_tokens: Vec<SectionTokens>,
    pub encoding: String,
    /// The bump this text asks for over the latest release: `major`, `minor`, `patch`, `none`.
    pub bump: Option<String>,
    pub bump_reasons: Vec<String>,
}

/// One prompt, one version of it.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct PromptView {
    pub name: String,
    /// `working` or a semantic version.
    pub version: String,
    pub text: String,
    /// SHA-256 of the text: a save must name the text it replaces.
    pub text_hash: String,
    pub path: String,
    pub check: PromptCheck,
    pub releases: Vec<ReleaseRow>,
    pub drift: bool,
}

/// Where the variables of a rendering come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "from", rename_all = "snake_case")]
#[ts(export)]
pub enum VariablesFrom {
    Case {
        dataset: String,
        key: String,
    },
    Values {
        #[ts(type = "Record<string, unknown>")]
        values: Map<String, Value>,
    },
}

/// A rendered prompt.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct RenderView {
    pub assembled: AssembledRequest,
    /// Tokens of each rendered message, in order.
    pub message_tokens: Vec<SectionTokens>,
    /// Supplied variables that the prompt does not declare.
    pub ignored_variables: Vec<String>,
    /// What the budget allows, `None` when the prompt sets no limit.
    pub max_tokens_in: Option<u64>,
    pub over_budget: bool,
    /// What was cut so that it fits, in the order of cutting.
    pub trimmed: Vec<Trimmed>,
    /// What the prompt asks for in place of being sent, as a sentence; `None` when it fits or is refused.
    pub asks_for: Option<String>,
}
