//! One case: a line to scan, and under it all that is known.

use super::answer;
use super::escape::Page;
use super::kinds::Kinds;
use crate::share::verdict::Words;
use crate::share::{SharedHead, SharedRow};
use plumbline_analysis::align::RowVerdict;
use std::io::{self, Write};

/// Bytes of an answer that stands in the line of its case.
const SHORT: usize = 80;
/// Variables, kinds, labels and notes shown of one case at most; the rest is counted.
const LISTED: usize = 50;

pub(super) fn write(
    page: &mut Page<impl Write>,
    head: &SharedHead,
    numbers: &Kinds<'_>,
    row: &SharedRow,
) -> io::Result<()> {
    page.raw("<details class=\"case\" data-v=\"")?;
    let verdicts: Vec<Option<RowVerdict>> =
        (1..row.cells.len()).map(|at| row.verdict(at)).collect();
    for verdict in verdicts.iter().flatten() {
        page.raw(verdict.as_str())?;
        page.raw(" ")?;
    }
    page.raw("\" data-k=\"")?;
    let kinds = kinds(row);
    for kind in &kinds {
        if let Some(at) = numbers.number(kind) {
            page.number(at)?;
            page.raw(" ")?;
        }
    }
    page.raw("\">\n<summary>")?;
    for verdict in &verdicts {
        badge(page, *verdict)?;
    }
    page.raw("<span class=\"key\">")?;
    page.line(&row.case_key, 200)?;
    page.raw("</span><span class=\"kinds\">")?;
    for (at, kind) in kinds.iter().take(3).enumerate() {
        page.raw(if at == 0 { "" } else { ", " })?;
        page.line(kind, 60)?;
    }
    if kinds.len() > 3 {
        page.raw(" and ")?;
        page.number(kinds.len() - 3)?;
        page.raw(" more")?;
    }
    page.raw("</span><span class=\"gist\">")?;
    gist(page, row)?;
    page.raw("</span></summary>\n<div class=\"body\">\n")?;
    input(page, row)?;
    answer::all(page, head, row)?;
    page.raw("</div>\n</details>\n")
}

/// The kinds of all columns, each once.
fn kinds(row: &SharedRow) -> Vec<&str> {
    let mut kinds: Vec<&str> = Vec::new();
    for kind in row
        .cells
        .iter()
        .flatten()
        .flat_map(|cell| &cell.kinds)
        .take(LISTED)
    {
        if !kinds.contains(&kind.as_str()) {
            kinds.push(kind);
        }
    }
    kinds
}

fn badge(page: &mut Page<impl Write>, verdict: Option<RowVerdict>) -> io::Result<()> {
    let Some(verdict) = verdict else {
        return page.raw("<span class=\"v\">no case</span>");
    };
    page.raw("<span class=\"v ")?;
    page.raw(verdict.as_str())?;
    page.raw("\">")?;
    page.raw(verdict.sign())?;
    page.raw(" ")?;
    page.raw(verdict.words())?;
    page.raw("</span>")
}

/// Where the first two answers that differ begin to, as far as a line has room.
fn gist(page: &mut Page<impl Write>, row: &SharedRow) -> io::Result<()> {
    let mut texts = row
        .cells
        .iter()
        .map(|cell| cell.as_ref().and_then(|cell| cell.text.as_deref()));
    let first = texts.next().flatten();
    let other = texts.flatten().find(|text| Some(*text) != first);
    let (before, after) = match (first, other) {
        (Some(first), Some(other)) => first_difference(first, other),
        (first, other) => (first.unwrap_or(""), other.unwrap_or("")),
    };
    if before.trim().is_empty() && after.trim().is_empty() {
        // Blank lines or line ends: the diff below tells them apart.
        return Ok(());
    }
    short_line(page, before)?;
    page.raw(if other.is_some() { " → " } else { "" })?;
    short_line(page, after)
}

/// The first lines that differ: what two answers share at their start tells nothing.
fn first_difference<'t>(a: &'t str, b: &'t str) -> (&'t str, &'t str) {
    let (mut lines_a, mut lines_b) = (a.lines(), b.lines());
    loop {
        match (lines_a.next(), lines_b.next()) {
            (Some(a), Some(b)) if a == b => {}
            (a, b) => return (a.unwrap_or(""), b.unwrap_or("")),
        }
    }
}

fn short_line(page: &mut Page<impl Write>, text: &str) -> io::Result<()> {
    page.line(text.trim().split('\n').next().unwrap_or(""), SHORT)
}

fn input(page: &mut Page<impl Write>, row: &SharedRow) -> io::Result<()> {
    if row.variables.is_empty() && row.expected.is_none() {
        return Ok(());
    }
    page.raw("<dl>\n")?;
    for (name, value) in row.variables.iter().take(LISTED) {
        page.raw("<dt>")?;
        page.line(name, 120)?;
        page.raw("</dt><dd>")?;
        answer::text(page, value)?;
        page.raw("</dd>\n")?;
    }
    if row.variables.len() > LISTED {
        page.raw("<dt></dt><dd>")?;
        page.number(row.variables.len() - LISTED)?;
        page.raw(" more variables are not shown</dd>\n")?;
    }
    if let Some(expected) = &row.expected {
        page.raw("<dt class=\"ours\">expected</dt><dd>")?;
        answer::text(page, expected)?;
        page.raw("</dd>\n")?;
    }
    page.raw("</dl>\n")
}

/// A list of short texts after its name; nothing for none.
pub(super) fn list(
    page: &mut Page<impl Write>,
    name: &'static str,
    items: &[String],
) -> io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    page.raw("<p><small>")?;
    page.raw(name)?;
    page.raw("</small> ")?;
    for (at, item) in items.iter().take(LISTED).enumerate() {
        page.raw(if at == 0 { "" } else { " · " })?;
        page.line(item, 2_000)?;
    }
    if items.len() > LISTED {
        page.raw(" and ")?;
        page.number(items.len() - LISTED)?;
        page.raw(" more")?;
    }
    page.raw("</p>\n")
}
