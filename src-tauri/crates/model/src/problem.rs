//! The one error that a person sees: what happened, and what to do next.

use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// Kinds of problem. A code exists only because somebody branches on it: the CLI for its exit status,
/// the window for what it offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Code {
    /// The caller's input cannot be used. Exit status 2.
    BadInput,
    /// A named thing does not exist. Exit status 2.
    NotFound,
    /// The thing changed since it was read; nothing was written. Exit status 2.
    Conflict,
    /// The workspace was made by a newer Plumbline. Exit status 2.
    NewerWorkspace,
    /// Another process holds the workspace's write lock. Exit status 4.
    Busy,
    /// A provider or the network failed. Exit status 3.
    Provider,
    /// The person cancelled. Exit status 130.
    Cancelled,
    /// Our fault: a bug or a broken workspace. Exit status 4.
    Internal,
}

/// A failure as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Problem {
    /// What kind of failure.
    pub code: Code,
    /// What went wrong, and where.
    pub message: String,
    /// What to do next, as a sentence; absent when there is nothing useful to say.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem without a hint.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
        }
    }

    /// The caller's input cannot be used.
    #[must_use]
    pub fn bad_input(message: impl Into<String>) -> Self {
        Self::new(Code::BadInput, message)
    }

    /// A named thing does not exist.
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Code::NotFound, message)
    }

    /// Our fault.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message)
    }

    /// The same problem with a next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n{hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_shape_is_code_message_hint() {
        let problem =
            Problem::not_found("no prompt named `x`").hint("Run `plumbline prompt list`.");
        assert_eq!(
            serde_json::to_value(&problem).unwrap(),
            serde_json::json!({
                "code": "not_found",
                "message": "no prompt named `x`",
                "hint": "Run `plumbline prompt list`."
            }),
            "the window and scripts read exactly these names"
        );
    }
}
