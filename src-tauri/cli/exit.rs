//! Exit statuses: what a script may branch on.

use plumbline_model::{Code, Problem};
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// Everything asked for was done, and nothing stands against it.
    Pass,
    /// It was done, and there are findings: errors in a prompt, a gate that failed.
    Findings,
    /// The input or the usage was wrong.
    BadInput,
    /// A provider or the network failed.
    Provider,
    /// Our fault, or the workspace's.
    Ours,
    /// The person cancelled.
    Cancelled,
}

impl From<&Problem> for ExitStatus {
    fn from(problem: &Problem) -> Self {
        match problem.code {
            Code::BadInput | Code::NotFound | Code::Conflict | Code::NewerWorkspace => {
                Self::BadInput
            }
            Code::Provider => Self::Provider,
            Code::Cancelled => Self::Cancelled,
            Code::Busy | Code::Internal => Self::Ours,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Pass => 0,
            ExitStatus::Findings => 1,
            ExitStatus::BadInput => 2,
            ExitStatus::Provider => 3,
            ExitStatus::Ours => 4,
            ExitStatus::Cancelled => 130,
        })
    }
}
