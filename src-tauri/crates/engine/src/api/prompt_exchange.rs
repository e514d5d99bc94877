//! Prompts that came from elsewhere, and prompts for elsewhere.

use plumbline_model::NanosText;
use plumbline_prompts::{LeftOut, Loss};
use serde::Serialize;

/// One version that was taken over as a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportedVersion {
    pub version: String,
    /// As its source names it, such as a commit.
    pub id: Option<String>,
    pub author: Option<String>,
    pub at: Option<NanosText>,
    pub changelog: String,
    /// The step over the version before it; `None` for the first.
    pub bump: Option<String>,
    /// Names that pointed at it there.
    pub labels: Vec<String>,
    pub losses: Vec<Loss>,
}

/// What became of one prompt of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportedPrompt {
    pub name: String,
    pub original_name: String,
    /// Taken over now, oldest first.
    pub versions: Vec<ImportedVersion>,
    /// Versions of the source that were there already.
    pub already: u64,
    /// Versions that cannot be a prompt of ours.
    pub left_out: Vec<LeftOut>,
    /// The working file holds unreleased changes and stays as it is.
    pub working_kept: bool,
}

/// What an import of prompts brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromptImport {
    /// The format that was found, or `git`.
    pub format: String,
    pub prompts: Vec<ImportedPrompt>,
}

/// A prompt written for another tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromptExport {
    pub name: String,
    pub format: String,
    pub file_name: String,
    pub text: String,
    /// What the format cannot hold.
    pub losses: Vec<Loss>,
}
