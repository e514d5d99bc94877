//! Request logs as CSV, in the shape of the public Azure LLM inference traces: a time and two token counts.
//!
//! Columns are found by name, wherever they stand. Times without a zone are UTC. The log has no ids, so ids
//! are derived from each row and its place: reading the same log again gives the same spans. It has no
//! latency, so no span has an end. A field cannot span lines; the counts of a request log never need to.
//! Source: Azure/AzurePublicDataset, `AzureLLMInferenceTrace_*.csv` (2023, 2024).

use crate::IngestError;
use crate::delivery::Delivery;
use crate::head::Head;
use crate::identity::derived_id;
use crate::instant::iso;
use crate::lines::{Line, Lines};
use plumbline_model::{Span, SpanKind};
use serde_json::Value;
use std::borrow::Cow;
use std::io::BufRead;
use std::ops::ControlFlow;

const TIME: &str = "TIMESTAMP";
const TOKENS_IN: &str = "ContextTokens";
const TOKENS_OUT: &str = "GeneratedTokens";

/// The longest row, in bytes: a hundred times what a row with a few more columns needs.
const ROW_BYTES: usize = 64 * 1024;
/// The most columns.
const COLUMNS: usize = 256;

/// Recognised by its header.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    Columns::of(head.first_line()).is_ok()
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    let mut lines = Lines::new(source, ROW_BYTES);
    let mut columns = None;
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
        let Some(columns) = &columns else {
            let header = String::from_utf8_lossy(line.bytes);
            columns = Some(
                Columns::of(&header).map_err(|column| IngestError::MissingColumn {
                    source_name: source_name.to_owned(),
                    column: column.to_owned(),
                })?,
            );
            continue;
        };
        let flow = match columns.span(&line) {
            Ok((span, unread)) => {
                for (name, value) in unread {
                    delivery.loss().note(&name, &Value::String(value));
                }
                delivery.span(span, line.bytes.to_vec())
            }
            Err(reason) => delivery.quarantine(format!("line {}", line.number), reason, line.bytes),
        };
        if flow == ControlFlow::Break(()) {
            return Ok(());
        }
    }
}

struct Columns {
    names: Vec<String>,
    time: usize,
    tokens_in: usize,
    tokens_out: usize,
}

impl Columns {
    /// # Errors
    /// The column that is missing.
    fn of(header: &str) -> Result<Self, &'static str> {
        let fields = split(header).unwrap_or_default();
        let names: Vec<String> = fields.iter().map(|name| name.trim().to_owned()).collect();
        let find =
            |wanted: &'static str| names.iter().position(|name| name == wanted).ok_or(wanted);
        Ok(Self {
            time: find(TIME)?,
            tokens_in: find(TOKENS_IN)?,
            tokens_out: find(TOKENS_OUT)?,
            names,
        })
    }

    fn span(&self, line: &Line<'_>) -> Result<(Span, Vec<(String, String)>), String> {
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
        let field = |index: usize| fields.get(index).map_or("", |field| field.trim());
        let start = iso(field(self.time))
            .ok_or_else(|| format!("`{TIME}` is not a time: `{}`", field(self.time)))?;
        let number = line.number.to_string();
        let id = |bytes| derived_id("request_csv", &[number.as_bytes(), line.bytes], bytes);
        // Both ids come from the same hash, so the span's is the beginning of the trace's.
        let mut span = Span::new(id(16), id(8), SpanKind::Llm, start);
        span.usage.tokens_in = count(TOKENS_IN, field(self.tokens_in))?;
        span.usage.tokens_out = count(TOKENS_OUT, field(self.tokens_out))?;
        let used = [self.time, self.tokens_in, self.tokens_out];
        let unread = self
            .names
            .iter()
            .zip(&fields)
            .enumerate()
            .filter(|(index, (_, field))| !used.contains(index) && !field.is_empty())
            .map(|(_, (name, field))| (name.clone(), field.clone().into_owned()))
            .collect();
        Ok((span, unread))
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

fn count(name: &str, text: &str) -> Result<Option<u64>, String> {
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
    fn seven_fraction_digits_are_hundreds_of_nanoseconds() {
        let at = iso("2023-11-16 18:17:03.9799600").unwrap();
        assert_eq!(at.0, 1_700_158_623_979_960_000);
        assert_eq!(iso("2023-11-16T19:17:03.97996+01:00"), Some(at));
        assert_eq!(iso("2023-11-16T18:17:03.979960000Z"), Some(at));
        assert_eq!(iso("1970-01-01 00:00:00").unwrap().0, 0);
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "2023-11-16",
            "2023-02-29 00:00:00",
            "2023-11-16 24:00:00",
            "2023-11-16 18:17",
            "9999-01-01 00:00:00",
            "2023-11-16 18:17:03.",
            "2023-11-16 18:17:03.1234567890",
            "+023-11-16 18:17:03",
            "2023-11-16 18:17:03+25:61",
            "2023-11-16 18:17:03+é",
        ] {
            assert_eq!(iso(text), None, "{text}");
        }
    }

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
