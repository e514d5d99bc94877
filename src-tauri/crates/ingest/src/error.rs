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
    /// A table that no format claims: somebody has to say what its columns mean.
    #[error("{source_name} is a table that Plumbline does not know; its columns are: {columns}")]
    UnknownTable {
        source_name: String,
        columns: String,
    },
    /// A mapping names a column that the table has not.
    #[error("{source_name} has no column `{column}`, which the mapping names; it has: {columns}")]
    UnmappedColumn {
        source_name: String,
        column: String,
        columns: String,
    },
    /// Nothing could be imported with this mapping.
    #[error("{why}")]
    UnfitMapping { why: String },
    /// The format `mapped` was named without a mapping.
    #[error("{source_name} is to be read as a mapped table, but no mapping is named")]
    NoMapping { source_name: String },
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
            head if head.starts_with(crate::ZIP_MAGIC) => {
                "is a zip archive, which cannot be read as a stream; name the file itself"
            }
            head if crate::SourceKind::of(head) == crate::SourceKind::Tar => {
                "is a tar archive within what is packed; unpack it once first"
            }
            head if head.starts_with(crate::SQLITE_MAGIC) => {
                "is an SQLite file, which cannot be read as a stream; name the unpacked file itself"
            }
            _ => {
                if let Some(columns) = crate::mapped::columns_of(head) {
                    return Self::UnknownTable {
                        source_name: source_name.to_owned(),
                        columns: crate::mapped::listed(&columns),
                    };
                }
                "is in none of the formats Plumbline reads"
            }
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
            IngestError::UnknownTable { source_name, .. } => {
                // A name with blanks or quotes is the reader's to quote.
                let file = if source_name == "-" { "FILE" } else { &source_name };
                problem.hint(format!(
                    "Say what the columns mean: `plumbline trace mapping suggest {file} > mapping.json`, correct \
                     it, `plumbline trace mapping save NAME mapping.json`, then `plumbline import {file} --mapping \
                     NAME`. Or name the format with --format: {}.",
                    crate::format::names()
                ))
            }
            IngestError::UnmappedColumn { .. } | IngestError::UnfitMapping { .. } => problem.hint(
                "Correct the mapping: `plumbline trace mapping show NAME > mapping.json`, then `plumbline trace \
                 mapping save NAME mapping.json`.",
            ),
            IngestError::NoMapping { .. } => problem.hint(
                "Name a saved mapping with --mapping; `plumbline trace mapping list` shows them.",
            ),
        }
    }
}
