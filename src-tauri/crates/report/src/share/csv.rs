//! One line per case and column, for a spreadsheet.
//!
//! UTF-8 with a header row, quoted as RFC 4180 says. A text that a spreadsheet would take for a formula gets an
//! apostrophe in front (OWASP, "CSV Injection",
//! <https://owasp.org/www-community/attacks/CSV_Injection>); figures are ours and stay numbers. So texts are not
//! always exact here: the JSON lines are.

use super::input::{SharedCell, SharedColumn, SharedHead, SharedRow, checked};
use super::sink::Counting;
use super::{ShareError, Written};
use plumbline_analysis::align::RowVerdict;
use plumbline_model::{CellStatus, Origin, Problem};
use std::borrow::Cow;
use std::io::Write;

/// The header row.
pub const HEADER: [&str; 23] = [
    "case_key",
    "column",
    "run_id",
    "model",
    "verdict",
    "passed",
    "score",
    "kinds",
    "reason",
    "status",
    "origin",
    "latency_ms",
    "tokens_in",
    "tokens_out",
    "cost_usd",
    "repeats",
    "distinct",
    "labels",
    "notes",
    "expected",
    "text",
    "tool_calls_json",
    "variables_json",
];

/// Writes the rows. A column without the case has a line with its verdict only; lists are joined by `; `.
///
/// # Errors
/// As [`ShareError`] says.
pub fn write(
    out: impl Write,
    head: &SharedHead,
    rows: impl IntoIterator<Item = Result<SharedRow, Problem>>,
) -> Result<Written, ShareError> {
    let mut counting = Counting::new(out);
    let mut table = csv::Writer::from_writer(&mut counting);
    let mut cases = 0;
    table.write_record(HEADER).map_err(refused)?;
    for row in rows {
        let row = checked(row, head)?;
        let variables = variables_json(&row.variables)?;
        for (at, (column, cell)) in head.columns.iter().zip(&row.cells).enumerate() {
            let line = line(&row, column, cell.as_ref(), row.verdict(at), &variables);
            table
                .write_record(line.iter().map(|field| field.as_bytes()))
                .map_err(refused)?;
        }
        cases += 1;
    }
    table.flush()?;
    drop(table);
    Ok(Written {
        rows: cases,
        bytes: counting.bytes,
    })
}

fn refused(error: csv::Error) -> ShareError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => ShareError::Write(error),
        kind => ShareError::Table(format!("{kind:?}")),
    }
}

/// The variables as one JSON object.
pub(super) fn variables_json(variables: &[(String, String)]) -> Result<String, ShareError> {
    #[derive(serde::Serialize)]
    #[serde(transparent)]
    struct Variables<'v> {
        #[serde(serialize_with = "super::input::as_object")]
        pairs: &'v [(String, String)],
    }
    crate::json::line(&Variables { pairs: variables })
        .map_err(|problem| ShareError::Table(problem.message))
}

fn line<'r>(
    row: &'r SharedRow,
    column: &'r SharedColumn,
    cell: Option<&'r SharedCell>,
    verdict: Option<RowVerdict>,
    variables: &'r str,
) -> [Cow<'r, str>; HEADER.len()] {
    let text = |value: Option<&'r str>| value.map_or(Cow::Borrowed(""), guarded);
    let list = |values: Option<&Vec<String>>| {
        values.map_or(Cow::Borrowed(""), |values| {
            Cow::Owned(guarded(&values.join("; ")).into_owned())
        })
    };
    let whole = |value: Option<u64>| number(value);
    let float = |value: Option<f64>| number(value.filter(|value| value.is_finite()));
    let word = |word: Option<&'static str>| Cow::Borrowed(word.unwrap_or(""));
    [
        guarded(&row.case_key),
        guarded(&column.name),
        text(column.run_id.as_deref()),
        text(column.model.as_deref()),
        word(verdict.map(RowVerdict::as_str)),
        number(cell.and_then(|cell| cell.passed)),
        float(cell.and_then(|cell| cell.score)),
        list(cell.map(|cell| &cell.kinds)),
        text(cell.and_then(|cell| cell.reason.as_deref())),
        word(cell.map(|cell| cell.status).map(CellStatus::as_str)),
        word(cell.and_then(|cell| cell.origin).map(Origin::as_str)),
        float(cell.and_then(|cell| cell.latency_ms)),
        whole(cell.and_then(|cell| cell.tokens_in)),
        whole(cell.and_then(|cell| cell.tokens_out)),
        number(cell.and_then(|cell| cell.cost_usd)),
        number(cell.and_then(|cell| cell.repeats)),
        number(cell.and_then(|cell| cell.distinct)),
        list(cell.map(|cell| &cell.labels)),
        list(cell.map(|cell| &cell.notes)),
        text(row.expected.as_deref()),
        text(cell.and_then(|cell| cell.text.as_deref())),
        text(cell.and_then(|cell| cell.tool_calls_json.as_deref())),
        Cow::Borrowed(variables),
    ]
}

/// A figure of ours; nothing where it is unknown.
fn number<'n>(value: Option<impl ToString>) -> Cow<'n, str> {
    value.map_or(Cow::Borrowed(""), |value| Cow::Owned(value.to_string()))
}

/// The text, with an apostrophe in front where it begins as a formula may. The line feed and the full-width
/// signs are taken for the same by some spreadsheets.
fn guarded(text: &str) -> Cow<'_, str> {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => {
            Cow::Owned(format!("'{text}"))
        }
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::share::samples::{head, rows};

    fn written() -> String {
        let mut out = Vec::new();
        write(&mut out, &head(), rows().into_iter().map(Ok)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_small_comparison_as_csv() {
        insta::assert_snapshot!(written());
    }

    #[test]
    fn formulas_are_guarded_and_our_numbers_are_not() {
        assert_eq!(guarded("=1+1"), "'=1+1");
        assert_eq!(guarded("\t=1"), "'\t=1");
        assert_eq!(guarded("a=1"), "a=1");
        assert_eq!(guarded(""), "");
        let mut cells = rows().remove(0);
        if let Some(Some(cell)) = cells.cells.get_mut(0) {
            cell.score = Some(-0.5);
            cell.latency_ms = Some(f64::NAN);
        }
        let mut out = Vec::new();
        write(&mut out, &head(), [Ok(cells)]).unwrap();
        let mut table = csv::Reader::from_reader(out.as_slice());
        let line = table.records().next().unwrap().unwrap();
        assert_eq!((&line[6], &line[11]), ("-0.5", ""));
    }
}
