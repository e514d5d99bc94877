//! Fixes of the findings about a prompt file.

use serde::Serialize;
use ts_rs::TS;

/// Puts `insert` in place of what stands between two places. Places are counted as the editor does: in UTF-16 units,
/// every line break being one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct TextEdit {
    pub from: u32,
    pub to: u32,
    pub insert: String,
}

/// One way to make a finding go away, tried out on the text that was checked and good for no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PromptFix {
    /// What it does, as an order.
    pub title: String,
    /// Whether it may be done without asking where it is the only one.
    pub safe: bool,
    pub edits: Vec<TextEdit>,
}

/// What was done to a working file so that its sure fixes are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromptMended {
    /// Titles of the fixes, in order; none leaves the file as it was.
    pub fixed: Vec<String>,
    pub path: String,
}
