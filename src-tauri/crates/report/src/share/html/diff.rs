//! The hunks of a diff: the same that the terminal and the window show.
//!
//! Signs tell old from new; what changed inside a line is underlined (`<u>`, used for nothing else).

use super::escape::Page;
use plumbline_analysis::diff::{
    DiffRow, Emphasis, JsonChange, OutputDiff, OutputKind, Piece, RowTag,
};
use std::io::{self, Write};

/// Bytes of a JSON value shown in the list of paths.
const VALUE: usize = 120;
/// Changed paths listed at most.
const CHANGES: usize = 50;
/// Rows of one diff in the page at most; the rest is counted.
const ROWS: usize = 400;
/// Bytes of all lines of one diff at most.
const BYTES: usize = 60_000;

pub(super) fn write(
    page: &mut Page<impl Write>,
    diff: &OutputDiff,
    a: &str,
    b: &str,
) -> io::Result<()> {
    page.raw("<h3>")?;
    page.line(a, 120)?;
    page.raw(" → ")?;
    page.line(b, 120)?;
    page.raw("</h3>\n")?;
    if diff.hunks.is_empty() && diff.changes.is_empty() {
        return page.raw(match (diff.identical, diff.kind) {
            (true, _) => "<p><small>The two are identical.</small></p>\n",
            (false, OutputKind::Json) => {
                "<p><small>The same JSON, written differently.</small></p>\n"
            }
            (false, OutputKind::Text) => "<p><small>The two differ.</small></p>\n",
        });
    }
    // The parser drops one line end after the tag, so that one is ours.
    page.raw("<pre class=\"diff\">\n")?;
    for change in diff.changes.iter().take(CHANGES) {
        json_change(page, change)?;
    }
    if diff.changes.len() > CHANGES {
        page.raw("<span class=\"at\">… ")?;
        page.number(diff.changes.len() - CHANGES)?;
        page.raw(" more paths changed\n</span>")?;
    }
    let mut room = Room {
        rows: ROWS,
        bytes: BYTES,
    };
    let mut left_out = diff.rows_omitted as usize;
    for hunk in &diff.hunks {
        let fit = hunk.rows.iter().take_while(|row| room.takes(row)).count();
        let (shown, rest) = hunk.rows.split_at(fit);
        left_out += rest.len();
        if shown.is_empty() {
            room.rows = 0;
            continue;
        }
        skipped(page, hunk.skipped_before)?;
        rows(page, shown)?;
    }
    if !diff.hunks.is_empty() && left_out == 0 {
        skipped(page, diff.skipped_after)?;
    }
    if left_out > 0 {
        page.raw("<span class=\"at\">… ")?;
        page.number(left_out)?;
        page.raw(" more rows of the diff are not in this page\n</span>")?;
    }
    page.raw("</pre>\n")
}

struct Room {
    rows: usize,
    bytes: usize,
}

impl Room {
    /// Whether the row still fits; one that does not ends the diff.
    fn takes(&mut self, row: &DiffRow) -> bool {
        let bytes: usize = row
            .a
            .iter()
            .chain(&row.b)
            .map(|piece| piece.text.len())
            .sum();
        if self.rows == 0 || bytes > self.bytes {
            self.rows = 0;
            return false;
        }
        self.rows -= 1;
        self.bytes -= bytes;
        true
    }
}

fn skipped(page: &mut Page<impl Write>, rows: u32) -> io::Result<()> {
    if rows == 0 {
        return Ok(());
    }
    page.raw("<span class=\"at\">… ")?;
    page.number(rows as usize)?;
    page.raw(if rows == 1 {
        " equal line\n</span>"
    } else {
        " equal lines\n</span>"
    })
}

fn json_change(page: &mut Page<impl Write>, change: &JsonChange) -> io::Result<()> {
    let value = |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string);
    let (a, b) = (value(&change.a), value(&change.b));
    let (open, close) = match (&a, &b) {
        (Some(_), Some(_)) => ("<span class=\"path\">~ ", "\n</span>"),
        (Some(_), None) => ("<del>- ", "\n</del>"),
        (None, _) => ("<ins>+ ", "\n</ins>"),
    };
    page.raw(open)?;
    page.line(&change.path, VALUE)?;
    page.raw(": ")?;
    if let Some(a) = &a {
        page.line(a, VALUE)?;
    }
    if let Some(b) = &b {
        page.raw(if a.is_some() { " → " } else { "" })?;
        page.line(b, VALUE)?;
    }
    page.raw(close)
}

fn rows(page: &mut Page<impl Write>, mut rows: &[DiffRow]) -> io::Result<()> {
    while let Some(first) = rows.first() {
        if first.tag == RowTag::Equal {
            page.raw("  ")?;
            pieces(page, &first.a, false)?;
            page.raw("\n")?;
            rows = &rows[1..];
            continue;
        }
        // Neighbouring changes: all old lines, then all new ones, so that each side reads in one go.
        let len = rows
            .iter()
            .take_while(|row| row.tag != RowTag::Equal)
            .count();
        let (block, rest) = rows.split_at(len);
        for row in block.iter().filter(|row| row.a_line.is_some()) {
            page.raw("<del>- ")?;
            pieces(page, &row.a, row.tag == RowTag::Changed)?;
            page.raw("\n</del>")?;
        }
        for row in block.iter().filter(|row| row.b_line.is_some()) {
            page.raw("<ins>+ ")?;
            pieces(page, &row.b, row.tag == RowTag::Changed)?;
            page.raw("\n</ins>")?;
        }
        rows = rest;
    }
    Ok(())
}

fn pieces(page: &mut Page<impl Write>, pieces: &[Piece], changed: bool) -> io::Result<()> {
    // Under a whole line the underline would say nothing that the sign does not.
    let partly = changed && pieces.iter().any(|piece| piece.emphasis == Emphasis::Same);
    for piece in pieces {
        let strong = partly && piece.emphasis != Emphasis::Same;
        page.raw(if strong { "<u>" } else { "" })?;
        page.piece(piece)?;
        page.raw(if strong { "</u>" } else { "" })?;
    }
    Ok(())
}
