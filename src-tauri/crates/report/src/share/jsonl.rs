//! One JSON object per case: the exact form, from which all else can be made again.
//!
//! Hidden characters are escaped as `\uXXXX`, so that looking at the file is safe and its values stay the same.
//! The format of lines: <https://jsonlines.org/>. A figure that is unknown, or no number, is `null`.

use super::input::{SharedCell, SharedHead, SharedRow, as_object, checked};
use super::sink::Counting;
use super::{ShareError, Written};
use crate::json;
use plumbline_model::Problem;
use serde::Serialize;
use std::io::{BufWriter, Write};

#[derive(Serialize)]
struct Line<'r> {
    case_key: &'r str,
    #[serde(serialize_with = "as_object")]
    variables: &'r [(String, String)],
    expected: Option<&'r str>,
    cells: Vec<Option<Named<'r>>>,
}

#[derive(Serialize)]
struct Named<'r> {
    column: &'r str,
    #[serde(flatten)]
    cell: &'r SharedCell,
}

/// Writes the rows. A member of `cells` is `null` where that column has no such case.
///
/// # Errors
/// As [`ShareError`] says.
pub fn write(
    out: impl Write,
    head: &SharedHead,
    rows: impl IntoIterator<Item = Result<SharedRow, Problem>>,
) -> Result<Written, ShareError> {
    let mut out = Counting::new(BufWriter::new(out));
    let mut written = Written::default();
    for row in rows {
        let row = checked(row, head)?;
        let cells = head
            .columns
            .iter()
            .zip(&row.cells)
            .map(|(column, cell)| {
                cell.as_ref().map(|cell| Named {
                    column: &column.name,
                    cell,
                })
            })
            .collect();
        let line = Line {
            case_key: &row.case_key,
            variables: &row.variables,
            expected: row.expected.as_deref(),
            cells,
        };
        let line = json::line(&line).map_err(|problem| ShareError::Table(problem.message))?;
        writeln!(out, "{line}")?;
        written.rows += 1;
    }
    out.flush()?;
    written.bytes = out.bytes;
    Ok(written)
}
