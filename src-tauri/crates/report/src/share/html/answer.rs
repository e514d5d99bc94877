//! The answers of a case, side by side, and what changed between them.

use super::escape::Page;
use super::{TEXT_LIMIT_BYTES, diff, row};
use crate::figures::{UNKNOWN, duration, known_count, origin_mark, usd};
use crate::share::cut::cut;
use crate::share::{SharedCell, SharedHead, SharedRow};
use plumbline_model::CellStatus;
use std::io::{self, Write};

/// A text longer than this, or of more lines, is folded.
const FOLD_BYTES: usize = 4_000;
const FOLD_LINES: usize = 60;

pub(super) fn all(
    page: &mut Page<impl Write>,
    head: &SharedHead,
    row: &SharedRow,
) -> io::Result<()> {
    page.raw("<div class=\"cells\">\n")?;
    let baseline = row.cells.first().and_then(Option::as_ref);
    for (at, (column, cell)) in head.columns.iter().zip(&row.cells).enumerate() {
        page.raw("<div class=\"cell\">\n<h3>")?;
        page.line(&column.name, 120)?;
        page.raw(if at == 0 {
            " <small>baseline</small></h3>\n"
        } else {
            "</h3>\n"
        })?;
        match cell {
            None => page.raw("<p>This run has no such case.</p>\n")?,
            Some(cell) => one(page, cell, baseline.filter(|_| at > 0))?,
        }
        page.raw("</div>\n")?;
    }
    page.raw("</div>\n")?;
    for (at, cell) in row.cells.iter().enumerate().skip(1) {
        let Some(diff) = cell.as_ref().and_then(|cell| cell.diff.as_ref()) else {
            continue;
        };
        let name = |at: usize| {
            head.columns
                .get(at)
                .map_or("", |column| column.name.as_str())
        };
        diff::write(page, diff, name(0), name(at))?;
    }
    Ok(())
}

fn one(
    page: &mut Page<impl Write>,
    cell: &SharedCell,
    baseline: Option<&SharedCell>,
) -> io::Result<()> {
    figures(page, cell)?;
    if let Some(reason) = &cell.reason {
        page.raw("<p class=\"reason\"><small>reason</small> ")?;
        page.line(reason, 2_000)?;
        page.raw("</p>\n")?;
    }
    match (
        &cell.text,
        baseline.and_then(|baseline| baseline.text.as_ref()),
    ) {
        (None, _) => page.raw("<p><small>no answer</small></p>\n")?,
        (Some(answer), Some(before)) if answer == before && !answer.is_empty() => {
            page.raw("<p><small>the same text as the baseline</small></p>\n")?;
        }
        (Some(answer), _) => text(page, answer)?,
    }
    if let Some(calls) = &cell.tool_calls_json {
        page.raw("<p><small>tool calls</small></p>\n")?;
        text(page, calls)?;
    }
    row::list(page, "labels", &cell.labels)?;
    row::list(page, "notes", &cell.notes)
}

fn figures(page: &mut Page<impl Write>, cell: &SharedCell) -> io::Result<()> {
    page.raw("<p class=\"facts\">")?;
    page.raw(match cell.passed {
        Some(true) => "<span class=\"ok\">✓ passed</span>",
        Some(false) => "<span class=\"no\">✗ failed</span>",
        None => "<span>not graded</span>",
    })?;
    if cell.status != CellStatus::Complete {
        page.raw(" <span class=\"no\">")?;
        page.raw(cell.status.as_str())?;
        page.raw("</span>")?;
    }
    if let Some(score) = cell.score.filter(|score| score.is_finite()) {
        fact(page, "score ", &format!("{score:.3}"), "")?;
    }
    fact(page, "", &duration(cell.latency_ms), " latency")?;
    fact(page, "", &known_count(cell.tokens_in), " in")?;
    fact(page, "", &known_count(cell.tokens_out), " out")?;
    fact(page, "", &usd(cell.cost_usd), " cost")?;
    if let Some(origin) = cell.origin {
        page.raw(" <span>")?;
        page.raw(origin_mark(origin))?;
        page.raw(" ")?;
        page.raw(origin.as_str())?;
        page.raw("</span>")?;
    }
    if let (Some(distinct), Some(repeats)) = (cell.distinct, cell.repeats) {
        page.raw(if cell.flaky() {
            " <span class=\"no\">"
        } else {
            " <span>"
        })?;
        page.figure(&format!("{distinct} distinct of {repeats} repeats"))?;
        page.raw("</span>")?;
    }
    page.raw("</p>\n")
}

/// What is unknown is said only where it has a name.
fn fact(
    page: &mut Page<impl Write>,
    before: &'static str,
    shown: &str,
    after: &'static str,
) -> io::Result<()> {
    if shown == UNKNOWN {
        page.raw(" <span class=\"u\">")?;
    } else {
        page.raw(" <span>")?;
    }
    page.raw(before)?;
    page.figure(shown)?;
    // A duration and an amount name their own unit.
    page.raw(
        if shown != UNKNOWN && matches!(after, " latency" | " cost") {
            ""
        } else {
            after
        },
    )?;
    page.raw("</span>")
}

/// A text as it is, folded when long; what is beyond the limit is left out and said.
pub(super) fn text(page: &mut Page<impl Write>, data: &str) -> io::Result<()> {
    if data.is_empty() {
        return page.raw("<p><small>empty text</small></p>\n");
    }
    let lines = data.split_inclusive('\n').take(FOLD_LINES + 1).count();
    let folded = data.len() > FOLD_BYTES || lines > FOLD_LINES;
    if folded {
        page.raw("<details class=\"long\"><summary>")?;
        page.line(data.split('\n').next().unwrap_or("").trim(), 120)?;
        page.raw(" <small>whole text: ")?;
        page.number(data.len())?;
        page.raw(" bytes</small></summary>\n")?;
    }
    let (shown, rest) = cut(data, TEXT_LIMIT_BYTES);
    // The parser drops one line end after the tag, so that one is ours.
    page.raw("<pre>\n")?;
    page.block(shown)?;
    page.raw("</pre>\n")?;
    if !rest.is_empty() {
        page.raw("<p><small>cut here: ")?;
        page.number(shown.len())?;
        page.raw(" of ")?;
        page.number(data.len())?;
        page.raw(" bytes are in this page</small></p>\n")?;
    }
    page.raw(if folded { "</details>\n" } else { "" })
}
