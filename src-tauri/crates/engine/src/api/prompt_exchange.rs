//! Prompts that came from elsewhere, and prompts for elsewhere.

use plumbline_analysis::highlight::Token;
use plumbline_model::NanosText;
use plumbline_prompts::{LeftOut, Loss, PromptFormat, SnippetLanguage};
use serde::Serialize;
use ts_rs::TS;

/// A file that a person chose to take prompts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PromptSource {
    pub file_name: String,
    pub folder: String,
    /// It is committed in a git repository, so that its history can be taken over.
    pub in_git: bool,
}

/// One version that was taken over as a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
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

/// A format that a prompt can be written in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PromptFormatRow {
    pub format: PromptFormat,
    pub label: String,
    /// How the names of its files end, behind the name of the prompt.
    pub suffix: String,
}

/// What an export would write, to be read before it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ExportPreview {
    pub file_name: String,
    pub text: String,
    /// The start of the text by lines, as far as a person reads it.
    pub lines: Vec<Vec<Token>>,
    /// The text goes on behind the lines.
    pub cut: bool,
    pub losses: Vec<Loss>,
}

/// Source text for an application that joins its traces to a version of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PromptSnippet {
    pub language: SnippetLanguage,
    pub label: String,
    pub text: String,
    pub lines: Vec<Vec<Token>>,
}
