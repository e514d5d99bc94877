//! The rule of all releases: what was seen under a version stays what it was.

use crate::error::{Result, WorkspaceError};

/// Whether a release is to be stored: not when it is there with the same text.
///
/// # Errors
/// `Conflict` when it is there with another one; `what` names it.
pub(crate) fn is_new(
    known: Option<String>,
    text: &str,
    what: impl FnOnce() -> String,
) -> Result<bool> {
    match known {
        None => Ok(true),
        Some(known) if known == text => Ok(false),
        Some(_) => Err(WorkspaceError::Conflict(format!(
            "{} is released with another text; give the change a new version",
            what()
        ))),
    }
}
