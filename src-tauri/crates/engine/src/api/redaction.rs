//! What is taken out of imports.

use serde::Serialize;
use std::collections::BTreeMap;
use ts_rs::TS;

/// A pattern that a person added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct RedactionPattern {
    /// The word in its placeholders.
    pub name: String,
    /// A regular expression.
    pub pattern: String,
}

/// What an import would take out of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct RedactionTrial {
    /// Secrets by kind.
    pub redacted: BTreeMap<String, u64>,
    /// Lines that were looked at.
    pub lines: u64,
    pub changed: Vec<RedactedLine>,
}

/// A line with its placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct RedactedLine {
    /// From 1.
    pub line: u64,
    pub text: String,
}
