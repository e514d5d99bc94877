//! One typed line per case and column, as Parquet (<https://parquet.apache.org/docs/file-format/>).
//!
//! Written column by column with Zstandard, in row groups of bounded size. Texts are exact. The head of the
//! comparison stands as JSON under the file's key `plumbline.head`.

mod columns;

use super::csv::variables_json;
use super::input::{SharedHead, SharedRow, checked};
use super::sink::Counting;
use super::{ShareError, Written};
use columns::{Group, SCHEMA, refused};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use plumbline_model::Problem;
use std::io::Write;
use std::sync::Arc;

/// A row group ends at this many lines, or earlier at this many bytes of text.
const GROUP_LINES: usize = 8_192;
const GROUP_BYTES: usize = 16 << 20;

/// Writes the rows. A column without the case has a line with its verdict only.
///
/// # Errors
/// As [`ShareError`] says.
pub fn write(
    out: impl Write + Send,
    head: &SharedHead,
    rows: impl IntoIterator<Item = Result<SharedRow, Problem>>,
) -> Result<Written, ShareError> {
    let mut out = Counting::new(out);
    let schema = Arc::new(parse_message_type(SCHEMA).map_err(refused)?);
    let head_json =
        serde_json::to_string(head).map_err(|error| ShareError::Table(error.to_string()))?;
    let properties = WriterProperties::builder()
        .set_created_by("plumbline".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_key_value_metadata(Some(vec![KeyValue::new(
            "plumbline.head".to_owned(),
            head_json,
        )]))
        .build();
    let mut file =
        SerializedFileWriter::new(&mut out, schema, Arc::new(properties)).map_err(refused)?;
    let mut group = Group::default();
    let mut cases = 0;
    for row in rows {
        let row = checked(row, head)?;
        let variables = variables_json(&row.variables)?;
        for (at, (column, cell)) in head.columns.iter().zip(&row.cells).enumerate() {
            group.add(&row, column, cell.as_ref(), row.verdict(at), &variables)?;
            if group.lines >= GROUP_LINES || group.bytes >= GROUP_BYTES {
                std::mem::take(&mut group).write(&mut file)?;
            }
        }
        cases += 1;
    }
    if group.lines > 0 {
        group.write(&mut file)?;
    }
    file.close().map_err(refused)?;
    out.flush()?;
    Ok(Written {
        rows: cases,
        bytes: out.bytes,
    })
}

#[cfg(test)]
mod tests;
