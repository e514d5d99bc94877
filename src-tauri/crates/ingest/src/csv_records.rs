//! Tables as comma-separated text (RFC 4180) whose rows become JSON objects: quoted fields may span lines.
//!
//! For exports that hold prompts and answers; a request log of plain counts is read by `csv`. The header says
//! whether commas, semicolons or tabs separate. A cell that is JSON (a structure, a number as JSON would write it,
//! `true` or `false`) becomes that, other text stays text, and an empty cell is absent. A quote that never closes
//! costs its own line: what it swallowed is read again. Line ends inside a field come out as line feeds.

use crate::IngestError;
use crate::delivery::Delivery;
use crate::lines::{LINE_BYTES, Lines};
use crate::text::unfit;
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::io::{self, BufRead};
use std::ops::ControlFlow;

/// The most columns.
const COLUMNS: usize = 2_000;

/// One row below the header.
pub(crate) struct Found {
    /// The line it begins on, counted from 1.
    pub(crate) line: u64,
    pub(crate) row: Map<String, Value>,
}

type Take<'t> = dyn FnMut(&mut Delivery<'_>, Found) -> ControlFlow<()> + 't;
type Check<'c> = dyn Fn(&[String]) -> Result<(), IngestError> + 'c;

/// Hands each row to `take`, which delivers what it makes of it, once `check` has seen the header. A row that is
/// none is quarantined here.
///
/// # Errors
/// The source fails, or those of `check`.
pub(crate) fn each(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
    check: &Check<'_>,
    take: &mut Take<'_>,
) -> Result<(), IngestError> {
    let mut records = Records::new(source);
    let unreadable = |records: &Records<'_>, error| {
        IngestError::unreadable(
            source_name,
            format!("line {}", records.lines.number()),
            error,
        )
    };
    let mut known: Option<(Vec<String>, u8)> = None;
    loop {
        let separator = known.as_ref().map(|(_, separator)| *separator);
        let record = match records.next(separator) {
            Ok(Some(record)) => record,
            Ok(None) => return Ok(()),
            Err(error) => return Err(unreadable(&records, error)),
        };
        let Some((columns, separator)) = &known else {
            let text = String::from_utf8_lossy(&record.bytes);
            let separator = separator_of(&text);
            let columns = header(&text, separator);
            check(&columns)?;
            known = Some((columns, separator));
            continue;
        };
        let at = format!("line {}", record.line);
        let flow = match record
            .trouble
            .map_or_else(|| row(&record.bytes, columns, *separator), Err)
        {
            Ok(row) => {
                let line = record.line;
                take(delivery, Found { line, row })
            }
            Err(reason) => delivery.quarantine(at, reason, &record.bytes),
        };
        if flow.is_break() {
            return Ok(());
        }
    }
}

/// The columns of a table, and its separator, if the first line of `text` can be a header.
pub(crate) fn columns_of(text: &str) -> Vec<String> {
    header(text, separator_of(text))
}

fn header(text: &str, separator: u8) -> Vec<String> {
    let text = text.lines().next().unwrap_or_default();
    let fields = split(text, separator).unwrap_or_default();
    let mut names: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, name) in fields.iter().enumerate() {
        let name = match name.trim() {
            "" => format!("(column {})", index + 1),
            name => name.to_owned(),
        };
        // Two columns of one name are two columns.
        let name = if seen.contains(&name) {
            format!("{name} (column {})", index + 1)
        } else {
            name
        };
        seen.insert(name.clone());
        names.push(name);
    }
    names
}

/// Whichever of the usual separators makes the most columns of a header.
fn separator_of(header: &str) -> u8 {
    let header = header.lines().next().unwrap_or_default();
    let count = |separator: u8| split(header, separator).map_or(0, |fields| fields.len());
    let mut best = b',';
    for other in [b';', b'\t'] {
        if count(other) > count(best) {
            best = other;
        }
    }
    best
}

fn row(bytes: &[u8], columns: &[String], separator: u8) -> Result<Map<String, Value>, String> {
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(format!("invalid UTF-8 at byte {}", error.valid_up_to() + 1));
    }
    let text = String::from_utf8_lossy(bytes);
    if text.contains('\0') {
        return Err("a NUL character".to_owned());
    }
    let fields = split(&text, separator)?;
    if fields.len() != columns.len() {
        return Err(format!(
            "{} fields where the header has {}",
            fields.len(),
            columns.len()
        ));
    }
    let mut row = Map::new();
    for (name, field) in columns.iter().zip(fields) {
        if !field.trim().is_empty() {
            row.insert(name.clone(), cell(&field)?);
        }
    }
    Ok(row)
}

/// A cell as JSON where it is JSON, exactly as it would be written; otherwise its text.
fn cell(text: &str) -> Result<Value, String> {
    let trimmed = text.trim();
    match trimmed.as_bytes().first() {
        Some(b'{' | b'[') => {
            if let Some(why) = unfit(trimmed.as_bytes()) {
                return Err(why);
            }
            Ok(serde_json::from_str(trimmed).unwrap_or_else(|_| text.into()))
        }
        Some(b'-' | b'0'..=b'9') => Ok(number(trimmed).map_or_else(|| text.into(), Value::Number)),
        _ => Ok(match trimmed {
            "true" => true.into(),
            "false" => false.into(),
            _ => text.into(),
        }),
    }
}

/// A number that comes out as it went in: neither `007` nor more digits than a double holds.
fn number(text: &str) -> Option<Number> {
    let number: Number = serde_json::from_str(text).ok()?;
    (number.to_string() == text).then_some(number)
}

/// Lines of one row, put together.
struct Record {
    line: u64,
    bytes: Vec<u8>,
    trouble: Option<String>,
}

struct Records<'a> {
    lines: Lines<'a>,
    /// Lines that a quote without an end had swallowed.
    again: VecDeque<(u64, Vec<u8>)>,
}

impl<'a> Records<'a> {
    fn new(source: &'a mut dyn BufRead) -> Self {
        Self {
            lines: Lines::new(source, LINE_BYTES),
            again: VecDeque::new(),
        }
    }

    fn line(&mut self) -> io::Result<Option<Record>> {
        if let Some((line, bytes)) = self.again.pop_front() {
            let trouble = None;
            return Ok(Some(Record {
                line,
                bytes,
                trouble,
            }));
        }
        Ok(self.lines.next()?.map(|line| Record {
            line: line.number,
            bytes: line.bytes.to_vec(),
            trouble: line
                .is_too_long
                .then(|| "the line is longer than 64 MiB".to_owned()),
        }))
    }

    /// The next row that is not blank. Without a separator it is the header, which is one line.
    fn next(&mut self, separator: Option<u8>) -> io::Result<Option<Record>> {
        loop {
            let Some(mut record) = self.line()? else {
                return Ok(None);
            };
            if record.trouble.is_none() && record.bytes.trim_ascii().is_empty() {
                continue;
            }
            let Some(separator) = separator else {
                return Ok(Some(record));
            };
            if record.trouble.is_some() {
                return Ok(Some(record));
            }
            let mut quotes = Quotes::Start;
            quotes = quotes.after(&record.bytes, separator);
            let mut swallowed: Vec<Record> = Vec::new();
            let mut length = record.bytes.len();
            while quotes == Quotes::Inside {
                let next = if length > LINE_BYTES {
                    None
                } else {
                    self.line()?
                };
                match next {
                    Some(line) if line.trouble.is_none() => {
                        quotes = quotes.after(&line.bytes, separator);
                        length += line.bytes.len() + 1;
                        swallowed.push(line);
                    }
                    other => {
                        swallowed.extend(other);
                        record.trouble = Some("a quoted field does not end".to_owned());
                        self.read_again(swallowed);
                        return Ok(Some(record));
                    }
                }
            }
            if quotes == Quotes::Broken && !swallowed.is_empty() {
                record.trouble = Some("a quoted field does not end in its row".to_owned());
                self.read_again(swallowed);
                return Ok(Some(record));
            }
            for line in swallowed {
                record.bytes.push(b'\n');
                record.bytes.extend_from_slice(&line.bytes);
            }
            return Ok(Some(record));
        }
    }

    fn read_again(&mut self, lines: Vec<Record>) {
        for line in lines.into_iter().rev() {
            self.again.push_front((line.line, line.bytes));
        }
    }
}

/// Where a scan over a row stands at the end of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// Before a field, or in one without quotes.
    Start,
    /// In a quoted field.
    Inside,
    /// Text stands behind a closing quote.
    Broken,
}

impl Quotes {
    fn after(self, line: &[u8], separator: u8) -> Self {
        let mut inside = self == Self::Inside;
        let mut at = 0;
        loop {
            if inside {
                let Some(quote) = line[at..].iter().position(|byte| *byte == b'"') else {
                    return Self::Inside;
                };
                at += quote + 1;
                match line.get(at) {
                    None => return Self::Start,
                    Some(b'"') => at += 1,
                    Some(byte) if *byte == separator => {
                        inside = false;
                        at += 1;
                    }
                    Some(_) => return Self::Broken,
                }
            } else if line.get(at) == Some(&b'"') {
                inside = true;
                at += 1;
            } else {
                match line[at..].iter().position(|byte| *byte == separator) {
                    Some(end) => at += end + 1,
                    None => return Self::Start,
                }
            }
        }
    }
}

/// The fields of one row.
fn split(row: &str, separator: u8) -> Result<Vec<Cow<'_, str>>, String> {
    let separator = char::from(separator);
    let mut fields = Vec::new();
    let mut rest = Some(row);
    while let Some(text) = rest {
        if fields.len() == COLUMNS {
            return Err(format!("more than {COLUMNS} fields"));
        }
        let field;
        (field, rest) = if let Some(quoted) = text.strip_prefix('"') {
            let (field, after) = unquote(quoted).ok_or("a quoted field does not end")?;
            match after.strip_prefix(separator) {
                Some(after) => (Cow::Owned(field), Some(after)),
                None if after.is_empty() => (Cow::Owned(field), None),
                None => return Err("text after a closing quote".to_owned()),
            }
        } else {
            match text.split_once(separator) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Item;
    use serde_json::json;

    /// Rows with their lines, and the places of what was quarantined.
    fn read(text: &str) -> (Vec<(u64, Value)>, Vec<String>) {
        let (mut rows, mut refused) = (Vec::new(), Vec::new());
        let mut sink = |item| {
            if let Item::Quarantined(row) = item {
                refused.push(row.at);
            }
            ControlFlow::Continue(())
        };
        let mut delivery = Delivery::new(&mut sink);
        each(
            &mut text.as_bytes(),
            "test",
            &mut delivery,
            &|_| Ok(()),
            &mut |_, found| {
                rows.push((found.line, Value::Object(found.row)));
                ControlFlow::Continue(())
            },
        )
        .unwrap();
        (rows, refused)
    }

    #[test]
    fn quoted_fields_span_lines_and_cells_of_json_are_json() {
        let (rows, refused) = read(
            "id,text,usage,n\r\n007,\"two\r\nlines, \"\"quoted\"\"\",\"{\"\"in\"\": 1}\",12\r\n\r\nb,,{broken,1.50\r\n",
        );
        assert_eq!(
            rows,
            [
                (
                    2,
                    json!({"id": "007", "text": "two\nlines, \"quoted\"", "usage": {"in": 1}, "n": 12})
                ),
                (5, json!({"id": "b", "usage": "{broken", "n": "1.50"})),
            ]
        );
        assert!(refused.is_empty());
    }

    #[test]
    fn a_quote_without_an_end_costs_its_own_line() {
        let (rows, refused) = read("a,b\n1,\"open\n2,x\n3,\"y\"\n4,z\n");
        assert_eq!(
            rows.iter().map(|(line, _)| *line).collect::<Vec<_>>(),
            [3, 4, 5]
        );
        assert_eq!(refused, ["line 2"]);
        let (rows, refused) = read("a,b\n1,\"open\n2,x\n3,y");
        assert_eq!((rows.len(), refused.len()), (2, 1));
    }

    #[test]
    fn ragged_rows_are_refused_and_separators_are_found() {
        let (rows, refused) = read("a;b;c\n1;2;3\n1;2\n1;2;3;4\n");
        assert_eq!(rows, [(2, json!({"a": 1, "b": 2, "c": 3}))]);
        assert_eq!(refused, ["line 3", "line 4"]);
        assert_eq!(
            read("a\tb,c\td\n1\t2\t3").0[0].1,
            json!({"a": 1, "b,c": 2, "d": 3})
        );
        assert_eq!(
            read(",a,a\n1,2,3").0[0].1,
            json!({"(column 1)": 1, "a": 2, "a (column 3)": 3})
        );
    }

    #[test]
    fn a_million_open_quotes_take_no_time() {
        let text = format!("a,b\n{}", "x,\"\n".repeat(200_000));
        let (rows, refused) = read(&text);
        assert_eq!(rows.len() + refused.len(), 100_000);
    }
}
