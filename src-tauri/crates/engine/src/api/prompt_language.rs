//! What may be written in a prompt file, for the completion of the editor.

use serde::Serialize;
use ts_rs::TS;

/// A word, and what it is in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct KnownWord {
    pub word: String,
    pub says: String,
}

/// Every word that the file format and its templates know, as they are offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PromptLanguage {
    /// Lines that open a message.
    pub markers: Vec<String>,
    pub statements: Vec<KnownWord>,
    pub operators: Vec<String>,
    pub filters: Vec<KnownWord>,
    pub tests: Vec<KnownWord>,
    pub functions: Vec<String>,
    /// Members of `loop`.
    pub loop_members: Vec<KnownWord>,
    /// Top-level keys of the front matter.
    pub keys: Vec<KnownWord>,
    pub variable_keys: Vec<String>,
    pub trim_keys: Vec<String>,
    pub budget_keys: Vec<String>,
    /// Of an entry under `sections` of the budget.
    pub section_keys: Vec<String>,
    pub tool_keys: Vec<String>,
    pub parameter_keys: Vec<String>,
    pub types: Vec<String>,
    pub trim_policies: Vec<String>,
    pub when_over: Vec<String>,
    /// As `provider:model`: those of the price tables in force, and those that were called.
    pub models: Vec<String>,
}
