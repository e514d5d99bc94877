//! Why a file was not written to its end.

use plumbline_model::Problem;
use std::io;

/// The error of every format. What was written until then is not a whole file.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// The destination refused.
    #[error("the file cannot be written: {0}")]
    Write(#[from] io::Error),
    /// The source of the rows failed.
    #[error("a row cannot be read: {0}")]
    Row(Problem),
    /// A row must have one cell, or none told, for each column.
    #[error("a case has {cells} cells, but there are {columns} columns")]
    Shape { cells: usize, columns: usize },
    /// The rows were read twice and were not the same both times.
    #[error("the rows changed while the file was written")]
    RowsChanged,
    /// A cost has more than 20 digits before the point, or more than 38 in all.
    #[error("a cost of {0} does not fit into the table")]
    CostTooLarge(String),
    /// A format's own library refused: a fault of ours.
    #[error("the table cannot be written: {0}")]
    Table(String),
}

impl From<ShareError> for Problem {
    fn from(error: ShareError) -> Self {
        match error {
            ShareError::Row(problem) => problem,
            ShareError::Write(_) | ShareError::CostTooLarge(_) => {
                Self::bad_input(error.to_string())
            }
            ShareError::RowsChanged => {
                Self::new(plumbline_model::Code::Conflict, error.to_string())
            }
            ShareError::Shape { .. } | ShareError::Table(_) => Self::internal(error.to_string()),
        }
    }
}
