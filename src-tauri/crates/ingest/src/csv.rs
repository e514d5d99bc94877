//! Tables as comma-separated text: a header that names columns, then one record a row.
//!
//! It knows rows, columns and their bounds, and nothing of what a column means; that is a [`Table`]'s.
//! A field cannot span lines; the counts of a request log never need to.

use crate::IngestError;
use crate::delivery::Delivery;
use crate::lines::{Line, Lines};
use plumbline_model::Span;
use serde_json::Value;
use std::borrow::Cow;
use std::io::BufRead;

/// The longest row, in bytes: a hundred times what a row with a few more columns needs.
const ROW_BYTES: usize = 64 * 1024;
/// The most columns.
const COLUMNS: usize = 256;

/// What a format knows of its columns.
pub(crate) trait Table: Sized {
    /// # Errors
    /// The column that is missing.
    fn of(columns: &Columns) -> Result<Self, &'static str>;

    /// The columns that `span` reads.
    fn used(&self) -> Vec<usize>;

    /// # Errors
    /// Why the row is no record.
    fn span(&self, row: &Row<'_>) -> Result<Span, String>;
}

/// One row with as many fields as the header.
pub(crate) struct Row<'a> {
    /// The line in the file, counted from 1.
    pub(crate) number: u64,
    pub(crate) bytes: &'a [u8],
    fields: Vec<Cow<'a, str>>,
}

impl Row<'_> {
    /// A field without the blanks around it.
    pub(crate) fn field(&self, column: usize) -> &str {
        self.fields.get(column).map_or("", |field| field.trim())
    }
}

/// The names of a header.
pub(crate) struct Columns {
    names: Vec<String>,
}

impl Columns {
    pub(crate) fn of(header: &str) -> Self {
        let fields = split(header).unwrap_or_default();
        let names = fields.iter().map(|name| name.trim().to_owned()).collect();
        Self { names }
    }

    /// The place of a column, wherever it stands.
    ///
    /// # Errors
    /// The name, when there is no such column.
    pub(crate) fn at(&self, wanted: &'static str) -> Result<usize, &'static str> {
        let found = self.names.iter().position(|name| name == wanted);
        found.ok_or(wanted)
    }

    fn row<'a>(&self, line: &Line<'a>) -> Result<Row<'a>, String> {
        if line.is_too_long {
            return Err(format!("the row is longer than {} KiB", ROW_BYTES / 1024));
        }
        if let Some(why) = crate::text::unfit(line.bytes) {
            return Err(why);
        }
        let text = std::str::from_utf8(line.bytes).map_err(|error| error.to_string())?;
        let fields = split(text)?;
        if fields.len() != self.names.len() {
            return Err(format!(
                "{} fields where the header has {}",
                fields.len(),
                self.names.len()
            ));
        }
        Ok(Row {
            number: line.number,
            bytes: line.bytes,
            fields,
        })
    }
}

/// True when the header has what the table needs.
pub(crate) fn detect<T: Table>(header: &str) -> bool {
    T::of(&Columns::of(header)).is_ok()
}

/// Delivers every row below the header; blank lines are none.
///
/// # Errors
/// The source fails, or its header lacks a column.
pub(crate) fn read<T: Table>(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    let mut lines = Lines::new(source, ROW_BYTES);
    let mut table: Option<(Columns, T)> = None;
    loop {
        let number = lines.number() + 1;
        let line = match lines.next() {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(()),
            Err(error) => {
                let at = format!("line {number}");
                return Err(IngestError::unreadable(source_name, at, error));
            }
        };
        if !line.is_too_long && line.bytes.trim_ascii().is_empty() {
            continue;
        }
        let Some((columns, known)) = &table else {
            let columns = Columns::of(&String::from_utf8_lossy(line.bytes));
            let known = T::of(&columns).map_err(|column| IngestError::MissingColumn {
                source_name: source_name.to_owned(),
                column: column.to_owned(),
            })?;
            table = Some((columns, known));
            continue;
        };
        let understood = columns
            .row(&line)
            .and_then(|row| known.span(&row).map(|span| (span, row)));
        let flow = match understood {
            Ok((span, row)) => {
                note_unread(columns, &known.used(), &row, delivery);
                delivery.span(span, line.bytes.to_vec())
            }
            Err(reason) => delivery.quarantine(format!("line {}", line.number), reason, line.bytes),
        };
        if flow.is_break() {
            return Ok(());
        }
    }
}

fn note_unread(columns: &Columns, used: &[usize], row: &Row<'_>, delivery: &mut Delivery<'_>) {
    for (index, (name, field)) in columns.names.iter().zip(&row.fields).enumerate() {
        if !used.contains(&index) && !field.is_empty() {
            let example = Value::String(field.clone().into_owned());
            delivery.loss().note(name, &example);
        }
    }
}

/// The fields of one row (RFC 4180 without line ends in quotes).
fn split(row: &str) -> Result<Vec<Cow<'_, str>>, String> {
    let mut fields = Vec::new();
    let mut rest = Some(row);
    while let Some(text) = rest {
        if fields.len() == COLUMNS {
            return Err(format!("more than {COLUMNS} fields"));
        }
        let field;
        (field, rest) = if let Some(quoted) = text.strip_prefix('"') {
            let (field, after) = unquote(quoted).ok_or("a quoted field does not end in its row")?;
            match after.strip_prefix(',') {
                Some(after) => (Cow::Owned(field), Some(after)),
                None if after.is_empty() => (Cow::Owned(field), None),
                None => return Err("text after a closing quote".to_owned()),
            }
        } else {
            match text.split_once(',') {
                Some((field, after)) => (Cow::Borrowed(field), Some(after)),
                None => (Cow::Borrowed(text), None),
            }
        };
        fields.push(field);
    }
    Ok(fields)
}

/// The field up to its closing quote, and what follows; `text` begins after the opening quote.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('"')?;
        field.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return Some((field, after)),
        }
    }
}

/// A count in plain digits; `None` for an empty field.
///
/// # Errors
/// The field is something else; the message names the column.
pub(crate) fn count(name: &str, text: &str) -> Result<Option<u64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    // `parse` accepts a leading plus, a count does not have one.
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("`{name}` is not a count: `{text}`"));
    }
    text.parse()
        .map(Some)
        .map_err(|_| format!("`{name}` is too large: `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_split_at_commas_outside_quotes() {
        assert_eq!(
            split("a,,\"b,\"\"c\"\"\",").unwrap(),
            ["a", "", "b,\"c\"", ""]
        );
        assert!(split("\"open").is_err());
        assert!(split("\"a\"b").is_err());
        assert!(split(&",".repeat(1_000)).is_err());
    }

    #[test]
    fn counts_are_plain_digits_and_absence_is_not_zero() {
        assert_eq!(count("n", ""), Ok(None));
        assert_eq!(count("n", "0"), Ok(Some(0)));
        for wrong in ["-1", "+1", "1.0", "1e3", "99999999999999999999"] {
            assert!(count("n", wrong).is_err(), "{wrong}");
        }
    }
}
