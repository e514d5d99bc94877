//! What makes a whole source unreadable. A broken record is never an error; it is quarantined.

use plumbline_model::Problem;
use std::io;

/// Why a source could not be read.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The bytes could not be had.
    #[error("{source_name} cannot be read at {at}: {source}")]
    Unreadable {
        source_name: String,
        /// Where, such as `line 12` or `byte 4096`.
        at: String,
        source: io::Error,
    },
    /// No format claims the content.
    #[error("{source_name} {why}")]
    Unrecognised { source_name: String, why: String },
    /// A table lacks a column that its format needs.
    #[error("{source_name} has no column `{column}` in its first line")]
    MissingColumn { source_name: String, column: String },
}

impl IngestError {
    pub(crate) fn unreadable(source_name: &str, at: impl Into<String>, source: io::Error) -> Self {
        Self::Unreadable {
            source_name: source_name.to_owned(),
            at: at.into(),
            source,
        }
    }

    pub(crate) fn unrecognised(source_name: &str, head: &[u8]) -> Self {
        let why = match head {
            [] => "is empty",
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "is UTF-16; save it as UTF-8 first",
            [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => {
                "is compressed twice; unpack it once first"
            }
            _ => "is in none of the formats Plumbline reads",
        };
        Self::Unrecognised {
            source_name: source_name.to_owned(),
            why: why.to_owned(),
        }
    }
}

impl From<IngestError> for Problem {
    fn from(error: IngestError) -> Self {
        let problem = Self::bad_input(error.to_string());
        match error {
            IngestError::Unreadable { .. } => problem,
            IngestError::Unrecognised { .. } | IngestError::MissingColumn { .. } => problem.hint(
                format!("Name the format with --format: {}.", crate::format::names()),
            ),
        }
    }
}
