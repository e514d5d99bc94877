//! JUnit XML, for a build server: a suite per candidate, a case per case.
//!
//! Shape after the schema that build servers agree on
//! (<https://github.com/testmoapp/junitxml>). Characters outside XML 1.0
//! (<https://www.w3.org/TR/xml/#charsets>), controls and invisible ones are written as `\u{…}`.

use super::cut::cut;
use super::input::{SharedCell, SharedColumn, SharedHead, SharedRow, checked};
use super::sink::Counting;
use super::{ShareError, Written};
use crate::diff_text::{Names, unified};
use crate::terminal::{Style, clean};
use plumbline_analysis::align::RowVerdict;
use plumbline_model::Problem;
use std::io::{self, BufWriter, Write};

/// Longer diffs and reasons are cut here, and say so.
const TEXT_LIMIT_BYTES: usize = 20_000;

/// What a suite must say before its cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Counts {
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
}

impl Counts {
    fn add(&mut self, verdict: RowVerdict) {
        self.tests += 1;
        match verdict {
            RowVerdict::Broken => self.failures += 1,
            RowVerdict::NotComparable => self.errors += 1,
            RowVerdict::OnlyA | RowVerdict::OnlyB => self.skipped += 1,
            RowVerdict::Fixed | RowVerdict::Changed | RowVerdict::Same => {}
        }
    }
}

/// Writes one suite for each column but the baseline. `rows` is called once to count and once for each suite,
/// and must give the same rows each time: a suite states its counts before its cases.
///
/// A broken case is a failure, one that cannot be compared an error, one on one side only is skipped; a case
/// that failed on both sides is none of these, and says so in its properties.
///
/// # Errors
/// As [`ShareError`] says.
pub fn write<I>(
    out: impl Write,
    head: &SharedHead,
    mut rows: impl FnMut() -> I,
) -> Result<Written, ShareError>
where
    I: IntoIterator<Item = Result<SharedRow, Problem>>,
{
    let mut counts = vec![Counts::default(); head.columns.len()];
    let mut cases = 0;
    for row in rows() {
        let row = checked(row, head)?;
        cases += 1;
        for (at, counts) in counts.iter_mut().enumerate() {
            row.verdict(at)
                .into_iter()
                .for_each(|verdict| counts.add(verdict));
        }
    }
    let mut out = Counting::new(BufWriter::new(out));
    out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"")?;
    attribute(&mut out, &head.title)?;
    let sum = |part: fn(&Counts) -> u64| counts.iter().map(part).sum();
    totals(
        &mut out,
        Counts {
            tests: sum(|counts| counts.tests),
            failures: sum(|counts| counts.failures),
            errors: sum(|counts| counts.errors),
            skipped: sum(|counts| counts.skipped),
        },
    )?;
    out.write_all(b">\n")?;
    for (at, column) in head.columns.iter().enumerate().skip(1) {
        let expected = counts.get(at).copied().unwrap_or_default();
        suite_start(&mut out, head, column, expected)?;
        let mut seen = Counts::default();
        for row in rows() {
            let row = checked(row, head)?;
            let Some(verdict) = row.verdict(at) else {
                continue;
            };
            seen.add(verdict);
            case(&mut out, head, at, &row, verdict)?;
        }
        if seen != expected {
            return Err(ShareError::RowsChanged);
        }
        out.write_all(b"</testsuite>\n")?;
    }
    out.write_all(b"</testsuites>\n")?;
    out.flush()?;
    Ok(Written {
        rows: cases,
        bytes: out.bytes,
    })
}

fn totals(out: &mut impl Write, counts: Counts) -> io::Result<()> {
    write!(
        out,
        "\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
        counts.tests, counts.failures, counts.errors, counts.skipped
    )
}

fn suite_start(
    out: &mut impl Write,
    head: &SharedHead,
    column: &SharedColumn,
    counts: Counts,
) -> io::Result<()> {
    out.write_all(b"<testsuite name=\"")?;
    attribute(out, &column.name)?;
    totals(out, counts)?;
    out.write_all(b">\n<properties>\n")?;
    let baseline = head.columns.first().map(|column| column.name.as_str());
    let facts = [
        ("verdict", Some(head.verdict.as_str())),
        ("written_utc", Some(head.written_utc.as_str())),
        ("baseline", baseline),
        ("prompt", column.prompt.as_deref()),
        ("version", column.version.as_deref()),
        ("model", column.model.as_deref()),
        ("template_hash", column.template_hash.as_deref()),
        ("run_id", column.run_id.as_deref()),
        ("run_hash", column.run_hash.as_deref()),
    ];
    for (name, value) in facts {
        if let Some(value) = value {
            property(out, name, value)?;
        }
    }
    out.write_all(b"</properties>\n")
}

fn property(out: &mut impl Write, name: &'static str, value: &str) -> io::Result<()> {
    write!(out, "<property name=\"{name}\" value=\"")?;
    attribute(out, value)?;
    out.write_all(b"\"/>\n")
}

fn case(
    out: &mut impl Write,
    head: &SharedHead,
    at: usize,
    row: &SharedRow,
    verdict: RowVerdict,
) -> io::Result<()> {
    let name = |at: usize| {
        head.columns
            .get(at)
            .map_or("", |column| column.name.as_str())
    };
    let cell = row.cells.get(at).and_then(Option::as_ref);
    out.write_all(b"<testcase name=\"")?;
    attribute(out, &row.case_key)?;
    out.write_all(b"\" classname=\"")?;
    attribute(out, name(at))?;
    out.write_all(b"\"")?;
    let known_ms = cell.and_then(|cell| cell.latency_ms);
    if let Some(ms) = known_ms.filter(|ms| ms.is_finite() && *ms >= 0.0) {
        write!(out, " time=\"{:.3}\"", ms / 1e3)?;
    }
    out.write_all(b">\n<properties>\n")?;
    property(out, "verdict", verdict.as_str())?;
    if let Some(cell) = cell {
        facts(out, cell)?;
    }
    out.write_all(b"</properties>\n")?;
    let why = cell.map(why).unwrap_or_default();
    match verdict {
        RowVerdict::Broken => {
            out.write_all(b"<failure type=\"broken\" message=\"")?;
            attribute(
                out,
                if why.is_empty() {
                    "passed before, fails now"
                } else {
                    &why
                },
            )?;
            out.write_all(b"\">")?;
            if let Some(diff) = cell.and_then(|cell| cell.diff.as_ref()) {
                let names = Names {
                    a: name(0),
                    b: name(at),
                };
                text(out, &unified(diff, names, Style::default()))?;
            }
            out.write_all(b"</failure>\n")?;
        }
        RowVerdict::NotComparable => {
            out.write_all(b"<error type=\"not_comparable\" message=\"")?;
            attribute(
                out,
                if why.is_empty() {
                    "not comparable"
                } else {
                    &why
                },
            )?;
            out.write_all(b"\"/>\n")?;
        }
        RowVerdict::OnlyA => out.write_all(b"<skipped message=\"only in the baseline\"/>\n")?,
        RowVerdict::OnlyB => out.write_all(b"<skipped message=\"not in the baseline\"/>\n")?,
        RowVerdict::Fixed | RowVerdict::Changed | RowVerdict::Same => {}
    }
    out.write_all(b"</testcase>\n")
}

fn facts(out: &mut impl Write, cell: &SharedCell) -> io::Result<()> {
    if let Some(passed) = cell.passed {
        property(out, "passed", if passed { "true" } else { "false" })?;
    }
    if let Some(score) = cell.score.filter(|score| score.is_finite()) {
        property(out, "score", &score.to_string())?;
    }
    if let (Some(distinct), Some(repeats)) = (cell.distinct, cell.repeats) {
        property(out, "flaky", if cell.flaky() { "true" } else { "false" })?;
        property(out, "distinct", &distinct.to_string())?;
        property(out, "repeats", &repeats.to_string())?;
    }
    for kind in &cell.kinds {
        property(out, "kind", kind)?;
    }
    Ok(())
}

/// The reason, else the kinds of change; empty where neither is known.
fn why(cell: &SharedCell) -> String {
    cell.reason.clone().unwrap_or_else(|| cell.kinds.join(", "))
}

/// Data inside double quotes.
fn attribute(out: &mut impl Write, data: &str) -> io::Result<()> {
    escaped(out, data, true)
}

/// Data between tags.
fn text(out: &mut impl Write, data: &str) -> io::Result<()> {
    escaped(out, data, false)
}

fn escaped(out: &mut impl Write, data: &str, attribute: bool) -> io::Result<()> {
    let (shown, rest) = cut(data, TEXT_LIMIT_BYTES);
    for c in clean(shown).chars() {
        match c {
            '&' => out.write_all(b"&amp;")?,
            '<' => out.write_all(b"&lt;")?,
            // Also where it would end a CDATA section, which text must not seem to do.
            '>' => out.write_all(b"&gt;")?,
            '"' => out.write_all(b"&quot;")?,
            '\'' => out.write_all(b"&apos;")?,
            // A parser makes spaces of these in an attribute.
            '\n' if attribute => out.write_all(b"&#10;")?,
            '\t' if attribute => out.write_all(b"&#9;")?,
            '\u{fffe}' | '\u{ffff}' => write!(out, "{}", c.escape_unicode())?,
            c => write!(out, "{c}")?,
        }
    }
    if !rest.is_empty() {
        write!(out, "… cut: {} of {} bytes shown", shown.len(), data.len())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::share::samples::{head, rows};

    fn written() -> String {
        let mut out = Vec::new();
        write(&mut out, &head(), || rows().into_iter().map(Ok)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_small_comparison_as_junit() {
        insta::assert_snapshot!(written());
    }

    #[test]
    fn an_xml_reader_finds_the_same_counts_as_the_suite_states() {
        let text = written();
        let tree = roxmltree::Document::parse(&text).unwrap();
        for suite in tree
            .descendants()
            .filter(|node| node.has_tag_name("testsuite"))
        {
            let found = |tag: &str| {
                suite
                    .descendants()
                    .filter(|node| node.has_tag_name(tag))
                    .count()
            };
            for (stated, tag) in [
                ("tests", "testcase"),
                ("failures", "failure"),
                ("errors", "error"),
                ("skipped", "skipped"),
            ] {
                let stated: usize = suite.attribute(stated).unwrap().parse().unwrap();
                assert_eq!(stated, found(tag), "{tag}");
                assert!(stated > 0, "the sample has a case of each: {tag}");
            }
        }
    }

    #[test]
    fn rows_that_differ_the_second_time_are_refused() {
        let mut calls = 0;
        let changed = write(Vec::new(), &head(), || {
            calls += 1;
            rows().into_iter().take(calls).map(Ok)
        });
        assert!(
            matches!(changed, Err(ShareError::RowsChanged)),
            "{changed:?}"
        );
    }

    #[test]
    fn a_long_reason_says_that_it_is_cut() {
        let mut out = Vec::new();
        text(&mut out, &"é".repeat(20_000)).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(out.ends_with("é… cut: 20000 of 40000 bytes shown"));
    }
}
