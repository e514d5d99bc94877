//! What holds for every format.

use super::hostile::{comparison, payloads};
use super::html::tests::{assert_gives_back, assert_only_ours, page};
use super::samples::{head, pair};
use super::{ShareError, SharedHead, SharedRow, Written, csv, html, jsonl, junit, parquet};
use crate::terminal::clean;
use plumbline_analysis::align::RowVerdict;
use plumbline_model::Problem;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

fn text_of(write: impl FnOnce(&mut Vec<u8>) -> Result<Written, ShareError>) -> String {
    let mut out = Vec::new();
    let written = write(&mut out).unwrap();
    assert_eq!(written.bytes, out.len() as u64);
    String::from_utf8(out).unwrap()
}

#[test]
fn the_payloads_are_many_and_each_stands_once() {
    let all = payloads();
    assert!(all.len() >= 200, "{}", all.len());
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
}

#[test]
fn no_payload_becomes_markup_in_the_page() {
    for payload in payloads() {
        let (head, row) = comparison(&payload);
        let page = page(&head, vec![row]);
        assert_only_ours(&page);
        assert_gives_back(&page, &payload);
    }
}

#[test]
fn no_payload_becomes_markup_in_the_test_report() {
    let ours = [
        "testsuites",
        "testsuite",
        "testcase",
        "properties",
        "property",
        "failure",
        "error",
        "skipped",
    ];
    for payload in payloads() {
        let (head, row) = comparison(&payload);
        let text = text_of(|out| junit::write(out, &head, || [Ok(row.clone())]));
        let tree = roxmltree::Document::parse(&text).unwrap_or_else(|e| panic!("{payload:?}: {e}"));
        for node in tree.descendants().filter(roxmltree::Node::is_element) {
            assert!(
                ours.contains(&node.tag_name().name()),
                "{payload:?}: {node:?}"
            );
        }
        let case = tree
            .descendants()
            .find(|node| node.has_tag_name("testcase"))
            .unwrap();
        let told = case.attribute("name").unwrap();
        let shown = clean(&payload)
            .replace('\u{fffe}', "\\u{fffe}")
            .replace('\u{ffff}', "\\u{ffff}");
        assert_eq!(told, shown);
        let failure = case
            .children()
            .find(|node| node.has_tag_name("failure"))
            .unwrap();
        assert_eq!(failure.attribute("message").unwrap(), shown);
        assert!(failure.text().unwrap().contains("@@ -"));
    }
}

#[test]
fn no_payload_begins_a_formula_and_each_line_keeps_its_fields() {
    let texts = [0, 1, 2, 3, 7, 8, 17, 18, 19, 20, 21];
    for payload in payloads() {
        let (head, row) = comparison(&payload);
        let text = text_of(|out| csv::write(out, &head, [Ok(row)]));
        let mut table = ::csv::Reader::from_reader(text.as_bytes());
        let lines: Vec<_> = table.records().map(Result::unwrap).collect();
        assert_eq!(lines.len(), 2);
        for at in texts {
            let field = &lines[1][at];
            let data = field
                .strip_prefix('\'')
                .filter(|rest| *rest == payload)
                .unwrap_or(field);
            assert_eq!(data, payload, "{}", csv::HEADER[at]);
            let first = field.chars().next();
            assert!(
                !first.is_some_and(|c| "=+-@\t\r\n＝＋－＠".contains(c)),
                "{field:?}"
            );
        }
        let variables: serde_json::Value = serde_json::from_str(&lines[1][22]).unwrap();
        assert_eq!(variables[payload.as_str()], payload.as_str());
    }
}

#[test]
fn payloads_come_back_from_one_clean_line_of_json() {
    for payload in payloads() {
        let (head, row) = comparison(&payload);
        let text = text_of(|out| jsonl::write(out, &head, [Ok(row)]));
        assert_eq!(text.lines().count(), 1, "{payload:?}");
        assert_eq!(clean(&text), text, "nothing in it commands a terminal");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["case_key"], payload.as_str());
        assert_eq!(line["variables"][&payload], payload.as_str());
        let cell = &line["cells"][1];
        for member in ["column", "text", "reason", "tool_calls_json"] {
            assert_eq!(cell[member], payload.as_str(), "{member}");
        }
        assert_eq!(cell["verdict"], "broken");
    }
}

#[test]
fn a_small_comparison_as_lines_of_json() {
    let rows = super::samples::rows();
    insta::assert_snapshot!(text_of(|out| jsonl::write(
        out,
        &head(),
        rows.into_iter().map(Ok)
    )));
}

/// Counts bytes where the source of the rows can see them, and keeps none.
struct Seen(Arc<AtomicU64>);

impl Write for Seen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const CASES: u64 = 10_000;

fn case(at: u64) -> SharedRow {
    let verdict = if at.is_multiple_of(9) {
        RowVerdict::Broken
    } else {
        RowVerdict::Changed
    };
    let before =
        format!("Dear customer {at},\nthe refund was sent to the card on file.\nRegards\n");
    let after = format!("Dear customer {at},\nthe refund was sent to your account.\nRegards\n");
    pair(
        &format!("case/{at:05}"),
        &before,
        &after,
        verdict,
        &["wording"],
    )
}

/// Writes ten thousand cases; each time a case is asked for, all but the last few must be out.
fn streamed(
    name: &str,
    write: impl FnOnce(
        Seen,
        &mut dyn Iterator<Item = Result<SharedRow, Problem>>,
    ) -> Result<Written, ShareError>,
) -> u64 {
    let seen = Arc::new(AtomicU64::new(0));
    let watched = Arc::clone(&seen);
    let mut rows = (0..CASES).map(move |at| {
        let out = watched.load(Ordering::Relaxed);
        // Each case is at least this long in every format of text; a buffer may lag behind.
        let least = at * 250;
        assert!(
            out + 64_000 >= least,
            "only {out} bytes are out when case {at} is asked for"
        );
        Ok(case(at))
    });
    let written = write(Seen(Arc::clone(&seen)), &mut rows).unwrap();
    assert_eq!(written.rows, CASES);
    assert_eq!(written.bytes, seen.load(Ordering::Relaxed));
    println!("{name}: {} bytes for {CASES} cases", written.bytes);
    written.bytes
}

#[test]
fn ten_thousand_cases_stream_out_as_they_come() {
    let head = head();
    let page = streamed("html", |out, rows| html::write(out, &head, rows));
    assert!(page < 40_000_000, "a page of {page} bytes opens slowly");
    streamed("csv", |out, rows| csv::write(out, &head, rows));
    streamed("jsonl", |out, rows| jsonl::write(out, &head, rows));
    let seen = Arc::new(AtomicU64::new(0));
    let report = junit::write(Seen(seen), &head, || (0..CASES).map(|at| Ok(case(at)))).unwrap();
    println!("junit: {} bytes for {CASES} cases", report.bytes);
    let seen = Arc::new(AtomicU64::new(0));
    let watched = Arc::clone(&seen);
    let rows = (0..CASES).map(move |at| {
        // Two lines a case: after so many, the first row group must be out.
        assert!(
            at < 4_200 || watched.load(Ordering::Relaxed) > 10_000,
            "case {at}"
        );
        Ok(case(at))
    });
    let table = parquet::write(Seen(seen), &head, rows).unwrap();
    println!("parquet: {} bytes for {CASES} cases", table.bytes);
}

struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }
}

type Outcome = Result<Written, ShareError>;

/// The outcome of each format, with the same head and rows.
fn outcomes<W: Write + Send>(
    out: impl Fn() -> W,
    head: &SharedHead,
    rows: &[Result<SharedRow, Problem>],
) -> [(&'static str, Outcome); 5] {
    let rows = || rows.iter().cloned();
    [
        ("html", html::write(out(), head, rows())),
        ("junit", junit::write(out(), head, rows)),
        ("csv", csv::write(out(), head, rows())),
        ("jsonl", jsonl::write(out(), head, rows())),
        ("parquet", parquet::write(out(), head, rows())),
    ]
}

#[test]
fn every_format_returns_the_same_errors() {
    let head = head();
    for (name, outcome) in outcomes(|| Full, &head, &[Ok(case(0))]) {
        let Err(ShareError::Write(error)) = outcome else {
            panic!("{name}: {outcome:?}");
        };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{name}");
    }
    let problem = Problem::not_found("no such run");
    for (name, outcome) in outcomes(Vec::new, &head, &[Ok(case(0)), Err(problem.clone())]) {
        let told = outcome.map_err(Problem::from);
        assert_eq!(told, Err(problem.clone()), "{name}");
    }
    let mut short = case(0);
    short.cells.pop();
    for (name, outcome) in outcomes(Vec::new, &head, &[Ok(short)]) {
        let refused = matches!(
            outcome,
            Err(ShareError::Shape {
                cells: 1,
                columns: 2
            })
        );
        assert!(refused, "{name}: {outcome:?}");
    }
}

#[test]
fn no_rows_make_a_whole_file() {
    for (name, outcome) in outcomes(Vec::new, &head(), &[]) {
        assert_eq!(outcome.map(|written| written.rows).ok(), Some(0), "{name}");
    }
}

#[test]
fn a_second_candidate_has_its_own_verdicts_everywhere() {
    let mut head = head();
    let mut third = head.columns[1].clone();
    third.name = "triage@other".to_owned();
    head.columns.push(third);
    for group in &mut head.groups {
        group.column = Some("triage@other".to_owned());
    }
    let mut row = case(0);
    let mut other = row.cells[1].clone();
    if let Some(cell) = &mut other {
        cell.verdict = Some(RowVerdict::Same);
    }
    row.cells.push(other);
    let mut gone = row.clone();
    gone.cells[2] = None;
    let rows = || [Ok(row.clone()), Ok(gone.clone())];

    let page = page(&head, vec![row.clone(), gone.clone()]);
    assert_only_ours(&page);
    assert!(page.contains("data-v=\"broken same \"") && page.contains("data-v=\"broken only_a \""));
    assert!(page.contains("This run has no such case."));

    let report = text_of(|out| junit::write(out, &head, rows));
    let tree = roxmltree::Document::parse(&report).unwrap();
    let suites: Vec<_> = tree
        .descendants()
        .filter(|node| node.has_tag_name("testsuite"))
        .map(|suite| {
            ["name", "tests", "failures", "skipped"].map(|of| suite.attribute(of).unwrap())
        })
        .collect();
    let (first, second) = (
        ["triage@working", "2", "2", "0"],
        ["triage@other", "2", "0", "1"],
    );
    assert_eq!(suites, [first, second]);

    let table = text_of(|out| csv::write(out, &head, rows()));
    let verdicts: Vec<String> = ::csv::Reader::from_reader(table.as_bytes())
        .records()
        .map(|line| line.unwrap()[4].to_owned())
        .collect();
    assert_eq!(verdicts, ["", "broken", "same", "", "broken", "only_a"]);
}
