//! Comparing two files.

use crate::Engine;
use plumbline_analysis::diff::{DiffOptions, OutputDiff, diff_outputs_with};
use plumbline_model::Problem;
use std::path::Path;

impl Engine {
    /// What differs between two files: words for text, paths for JSON.
    ///
    /// # Errors
    /// `NotFound` for a file that cannot be read; `BadInput` for one that is too large.
    pub fn diff_files(a: &Path, b: &Path) -> Result<OutputDiff, Problem> {
        Ok(diff_outputs_with(
            &read_to_diff(a)?,
            &read_to_diff(b)?,
            DiffOptions::default(),
            true,
        ))
    }
}

/// Larger files are not compared as one text.
const MAX_DIFF_BYTES: u64 = 64 * 1024 * 1024;

fn read_to_diff(path: &Path) -> Result<String, Problem> {
    let unreadable = |error: std::io::Error| {
        Problem::not_found(format!("cannot read {}: {error}", path.display()))
            .hint("Name two files to compare.")
    };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > MAX_DIFF_BYTES {
        return Err(
            Problem::bad_input(format!("{} is larger than 64 MiB", path.display()))
                .hint("Compare smaller pieces."),
        );
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
