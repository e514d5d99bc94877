//! Everything that can go wrong in the workspace, in sentences.
//!
//! The variants are those that a caller treats differently; the rest of SQLite is one variant.
//! Errors are `Clone`, since one failed commit answers every write that waited for it.

use plumbline_model::{Code, Payer, Problem, Usd};
use rusqlite::ErrorCode;
use std::path::{Path, PathBuf};

/// A failure of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkspaceError {
    /// The write lock was not free for five seconds.
    #[error("another process is writing to {}", .file.display())]
    Busy {
        /// The workspace.
        file: PathBuf,
    },
    /// A newer Plumbline made the file. Nothing in it was changed.
    #[error(
        "{} needs workspace version {needs}; this Plumbline reads up to version {knows}",
        .file.display()
    )]
    NewerWorkspace {
        /// The workspace.
        file: PathBuf,
        /// The version the file was written with.
        needs: i64,
        /// The newest version this build understands.
        knows: i64,
    },
    /// The file is something else. Nothing in it was changed.
    #[error("{} is not a Plumbline workspace: {why}", .file.display())]
    NotAWorkspace {
        /// The file.
        file: PathBuf,
        /// What it is instead.
        why: String,
    },
    /// The file or its folder cannot be opened or made.
    #[error("cannot open {}: {why}", .file.display())]
    CannotOpen {
        /// The file.
        file: PathBuf,
        /// The system's words.
        why: String,
    },
    /// A named thing does not exist.
    #[error("{0} does not exist in this workspace")]
    NotFound(String),
    /// The write contradicts what is stored; nothing was written.
    #[error("{0}")]
    Conflict(String),
    /// The day's money does not pay for another request. It was not sent.
    #[error("the cap of ${cap} a day (UTC) is reached{}: today's calls may have cost ${spent}", .payer.in_words())]
    DayCap {
        /// Whose money.
        payer: Payer,
        /// The cap.
        cap: Usd,
        /// What the day's requests cost at most.
        spent: Usd,
    },
    /// A day has a cap, and the most this request may cost is not known. It was not sent.
    #[error("the most this call may cost is unknown, so the cap of ${cap} a day{} cannot be kept", .payer.in_words())]
    NoBound {
        /// Whose money.
        payer: Payer,
        /// The cap.
        cap: Usd,
    },
    /// The caller's input cannot be stored.
    #[error("{0}")]
    BadInput(String),
    /// No room left. The write was undone; what was acknowledged before stands.
    #[error("no space is left on the disk of {}; nothing of this write was kept", .file.display())]
    DiskFull {
        /// The workspace.
        file: PathBuf,
    },
    /// What was written did not come to the disk. It may be gone after a power loss.
    #[error("what was written did not come to the disk: {0}")]
    Unsynced(String),
    /// The file's content contradicts itself.
    #[error("the workspace is damaged: {0}")]
    Damaged(String),
    /// Any other answer of SQLite.
    #[error("SQLite: {0}")]
    Sqlite(String),
    /// A bug of ours inside a write; that write was undone.
    #[error("a write stopped unexpectedly: {0}")]
    Stopped(String),
}

impl WorkspaceError {
    /// Names the file in errors that SQLite reports without one.
    pub(crate) fn at(mut self, path: &Path) -> Self {
        match &mut self {
            Self::Busy { file } | Self::DiskFull { file } if file.as_os_str().is_empty() => {
                *file = path.to_owned();
            }
            _ => {}
        }
        self
    }

    pub(crate) fn cannot_open(path: &Path, why: impl std::fmt::Display) -> Self {
        Self::CannotOpen {
            file: path.to_owned(),
            why: why.to_string(),
        }
    }
}

impl From<rusqlite::Error> for WorkspaceError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy {
                file: PathBuf::new(),
            },
            Some(ErrorCode::DiskFull) => Self::DiskFull {
                file: PathBuf::new(),
            },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged(error.to_string())
            }
            Some(ErrorCode::TooBig) => {
                Self::BadInput("a value is larger than SQLite can store (1 GB)".into())
            }
            _ => Self::Sqlite(error.to_string()),
        }
    }
}

impl From<WorkspaceError> for Problem {
    fn from(error: WorkspaceError) -> Self {
        let (code, hint) = match &error {
            WorkspaceError::Busy { .. } => (
                Code::Busy,
                Some("Wait until it is done, or close the other Plumbline, and try again."),
            ),
            WorkspaceError::NewerWorkspace { .. } => (
                Code::NewerWorkspace,
                Some("Update Plumbline, or choose another workspace. The file was not changed."),
            ),
            WorkspaceError::NotAWorkspace { .. } => (
                Code::BadInput,
                Some("Choose another file. This one was not changed."),
            ),
            WorkspaceError::CannotOpen { .. } => (
                Code::BadInput,
                Some("Check the path and its permissions, or choose another workspace."),
            ),
            WorkspaceError::NotFound(_) => (Code::NotFound, None),
            WorkspaceError::Conflict(_) => (Code::Conflict, None),
            WorkspaceError::DayCap { .. } => (
                Code::Conflict,
                Some("Go on tomorrow, or raise the cap with `plumbline cap --day-usd`."),
            ),
            WorkspaceError::NoBound { .. } => (
                Code::BadInput,
                Some(
                    "Set a price of your own and max_tokens in the prompt, or remove the day's cap.",
                ),
            ),
            WorkspaceError::BadInput(_) => (Code::BadInput, None),
            WorkspaceError::DiskFull { .. } => {
                (Code::Internal, Some("Free some space and try again."))
            }
            WorkspaceError::Unsynced(_) => (
                Code::Internal,
                Some("Check the disk, then start again: what is in doubt is asked about."),
            ),
            WorkspaceError::Damaged(_) => (
                Code::Internal,
                Some("Open the newest backup beside the workspace, or start a new workspace."),
            ),
            WorkspaceError::Sqlite(_) | WorkspaceError::Stopped(_) => (Code::Internal, None),
        };
        let problem = Problem::new(code, error.to_string());
        match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }
}

/// What every method of this crate answers.
pub(crate) type Result<T> = std::result::Result<T, WorkspaceError>;
