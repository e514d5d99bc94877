//! What an import of several sources did: a loss report for each file, and what was not imported.

use plumbline_model::{ImportFile, Problem};
use serde::Serialize;

/// Quarantined rows and unread fields that an outcome shows; the workspace has all of them. An archive of a hundred
/// thousand members must not fill the memory with what is wrong with each.
const SHOWN_DETAILS: usize = 20_000;

/// A file that was not imported, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportFailure {
    pub path: String,
    pub problem: Problem,
}

/// What an import of several files did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImportOutcome {
    pub files: Vec<ImportFile>,
    pub failures: Vec<ImportFailure>,
    details: usize,
}

impl ImportOutcome {
    /// Adds the report of one file, without its details where too many are shown already.
    pub(super) fn add(&mut self, mut file: ImportFile) {
        self.details += file.quarantine.len() + file.fields_unread.len();
        if self.details > SHOWN_DETAILS {
            file.quarantine.clear();
            file.fields_unread.clear();
        }
        self.files.push(file);
    }
}
