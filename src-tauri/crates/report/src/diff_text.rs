//! A diff for a terminal: unified, or side by side.
//!
//! Decides signs and folding notes. Signs always stand; inside a changed line, emphasis is colour and underline,
//! or `[-old-]` and `{+new+}` where there is no colour. Invisible characters show as their mark's label.

use crate::terminal::{Paint, Style, clean, one_line, pad_left, width};
use plumbline_analysis::diff::{
    DiffRow, Emphasis, Hunk, JsonChange, OutputDiff, OutputKind, Piece, RowTag,
};
use std::fmt::Write as _;

/// The two sides' names.
#[derive(Debug, Clone, Copy)]
pub struct Names<'n> {
    pub a: &'n str,
    pub b: &'n str,
}

/// Values of JSON changes are cut to this many columns.
const VALUE_COLUMNS: usize = 60;
/// Changes of JSON listed at most; all of them stand in the JSON form.
const CHANGES_SHOWN: usize = 50;

/// The diff one line under the other, old before new.
#[must_use]
pub fn unified(diff: &OutputDiff, names: Names<'_>, style: Style) -> String {
    let mut out = head(diff, names, style);
    for hunk in &diff.hunks {
        skipped(&mut out, hunk.skipped_before, style);
        let title = format!(
            "@@ -{} +{} @@",
            span(hunk.a_start, &hunk.rows, |row| row.a_line),
            span(hunk.b_start, &hunk.rows, |row| row.b_line)
        );
        line(&mut out, &style.paint(Paint::Accent, &title));
        unified_rows(&mut out, hunk, style);
    }
    foot(&mut out, diff, style);
    out
}

/// The diff with the old text on the left; `room` is the width of the terminal.
#[must_use]
pub fn side_by_side(diff: &OutputDiff, names: Names<'_>, room: usize, style: Style) -> String {
    let mut out = head(diff, names, style);
    let digits = diff
        .hunks
        .iter()
        .flat_map(|hunk| &hunk.rows)
        .flat_map(|row| [row.a_line, row.b_line])
        .flatten()
        .max()
        .unwrap_or(0)
        .to_string()
        .len();
    // Number, space, sign, space on each side; ` │ ` between them.
    let text_room = (room.saturating_sub(2 * (digits + 3) + 3) / 2).max(10);
    for hunk in &diff.hunks {
        skipped(&mut out, hunk.skipped_before, style);
        for row in &hunk.rows {
            let (sign_a, sign_b) = match row.tag {
                RowTag::Equal => (' ', ' '),
                RowTag::Removed => ('-', ' '),
                RowTag::Added => (' ', '+'),
                RowTag::Changed => ('-', '+'),
            };
            let left = Side::new(row.a_line, sign_a, &row.a, row, text_room, style);
            let right = Side::new(row.b_line, sign_b, &row.b, row, text_room, style);
            for at in 0..left.lines.len().max(right.lines.len()).max(1) {
                let (a, used) = left.line(at, digits);
                let (b, _) = right.line(at, digits);
                let gap = " ".repeat((digits + 3 + text_room).saturating_sub(used));
                line(&mut out, format!("{a}{gap} │ {b}").trim_end());
            }
        }
    }
    foot(&mut out, diff, style);
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn head(diff: &OutputDiff, names: Names<'_>, style: Style) -> String {
    let mut out = String::new();
    if diff.hunks.is_empty() && diff.changes.is_empty() {
        let note = match (diff.identical, diff.kind) {
            (true, _) => "The two are identical.",
            (false, OutputKind::Json) => "The same JSON, written differently.",
            (false, OutputKind::Text) => "The two differ.",
        };
        line(&mut out, &style.paint(Paint::Dim, note));
        return out;
    }
    line(
        &mut out,
        &style.paint(Paint::Strong, &format!("--- {}", one_line(names.a))),
    );
    line(
        &mut out,
        &style.paint(Paint::Strong, &format!("+++ {}", one_line(names.b))),
    );
    for change in diff.changes.iter().take(CHANGES_SHOWN) {
        json_change(&mut out, change, style);
    }
    if diff.changes.len() > CHANGES_SHOWN {
        let more = format!(
            "… {} more paths changed",
            diff.changes.len() - CHANGES_SHOWN
        );
        line(&mut out, &style.paint(Paint::Dim, &more));
    }
    out
}

fn json_change(out: &mut String, change: &JsonChange, style: Style) {
    let value = |value: &Option<serde_json::Value>| {
        value.as_ref().map(|value| {
            crate::terminal::shorten(&one_line(&value.to_string()), VALUE_COLUMNS).into_owned()
        })
    };
    let path = style.paint(Paint::Strong, &one_line(&change.path));
    let _ = match (value(&change.a), value(&change.b)) {
        (Some(a), Some(b)) => writeln!(
            out,
            "~ {path}: {} → {}",
            style.paint(Paint::Removed, &a),
            style.paint(Paint::Added, &b)
        ),
        (Some(a), None) => writeln!(out, "- {path}: {}", style.paint(Paint::Removed, &a)),
        (None, b) => writeln!(
            out,
            "+ {path}: {}",
            style.paint(Paint::Added, &b.unwrap_or_default())
        ),
    };
}

fn skipped(out: &mut String, rows: u32, style: Style) {
    if rows > 0 {
        let unit = if rows == 1 { "line" } else { "lines" };
        line(
            out,
            &style.paint(Paint::Dim, &format!("… {rows} equal {unit}")),
        );
    }
}

fn foot(out: &mut String, diff: &OutputDiff, style: Style) {
    if !diff.hunks.is_empty() {
        skipped(out, diff.skipped_after, style);
    }
    if diff.rows_omitted > 0 {
        line(
            out,
            &style.paint(
                Paint::Warn,
                &format!("… {} more rows are not shown", diff.rows_omitted),
            ),
        );
    }
}

/// `start,count` of a side, as in a unified diff.
fn span(start: u32, rows: &[DiffRow], side: fn(&DiffRow) -> Option<u32>) -> String {
    let count = rows.iter().filter(|row| side(row).is_some()).count();
    if count == 1 {
        start.to_string()
    } else {
        format!("{start},{count}")
    }
}

fn unified_rows(out: &mut String, hunk: &Hunk, style: Style) {
    let mut rows = hunk.rows.as_slice();
    while let Some(first) = rows.first() {
        if first.tag == RowTag::Equal {
            line(
                out,
                format!("  {}", inline(&first.a, first, style)).trim_end(),
            );
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
            line(
                out,
                &format!(
                    "{} {}",
                    style.paint(Paint::Removed, "-"),
                    inline(&row.a, row, style)
                ),
            );
        }
        for row in block.iter().filter(|row| row.b_line.is_some()) {
            line(
                out,
                &format!(
                    "{} {}",
                    style.paint(Paint::Added, "+"),
                    inline(&row.b, row, style)
                ),
            );
        }
        rows = rest;
    }
}

fn inline(pieces: &[Piece], row: &DiffRow, style: Style) -> String {
    pieces_shown(pieces, row, style)
        .into_iter()
        .map(|(text, paint)| style.paint(paint, &text))
        .collect()
}

/// The pieces as text and colour, marks as their labels, emphasis as brackets where there is no colour.
fn pieces_shown(pieces: &[Piece], row: &DiffRow, style: Style) -> Vec<(String, Paint)> {
    let changed = row.tag == RowTag::Changed;
    // Brackets tell parts of a line apart; around the whole line they would say nothing.
    let partly = changed && pieces.iter().any(|piece| piece.emphasis == Emphasis::Same);
    let mut out: Vec<(String, Paint)> = Vec::new();
    let mut open = Emphasis::Same;
    let bracket = |out: &mut Vec<(String, Paint)>, from: Emphasis, to: Emphasis| {
        if from == to || style.colour || !partly {
            return;
        }
        let close = match from {
            Emphasis::Same => "",
            Emphasis::Removed => "-]",
            Emphasis::Added => "+}",
        };
        let start = match to {
            Emphasis::Same => "",
            Emphasis::Removed => "[-",
            Emphasis::Added => "{+",
        };
        out.push((format!("{close}{start}"), Paint::Plain));
    };
    for piece in pieces {
        bracket(&mut out, open, piece.emphasis);
        open = piece.emphasis;
        let paint = match (row.tag, piece.emphasis) {
            (RowTag::Equal, _) | (RowTag::Changed, Emphasis::Same) => {
                piece.class.map_or(Paint::Plain, Paint::Syntax)
            }
            (RowTag::Removed, Emphasis::Same) => Paint::Removed,
            (RowTag::Added, Emphasis::Same) => Paint::Added,
            (_, Emphasis::Removed) => {
                if partly {
                    Paint::RemovedStrong
                } else {
                    Paint::Removed
                }
            }
            (_, Emphasis::Added) => {
                if partly {
                    Paint::AddedStrong
                } else {
                    Paint::Added
                }
            }
        };
        match &piece.mark {
            Some(mark) if style.colour => out.push((mark.label.clone(), Paint::Mark)),
            Some(mark) => out.push((format!("‹{}›", mark.label), Paint::Plain)),
            None => out.push((clean(&piece.text).replace('\t', "    "), paint)),
        }
    }
    bracket(&mut out, open, Emphasis::Same);
    out
}

/// One side of one row, wrapped to its room.
struct Side {
    number: Option<u32>,
    sign: char,
    style: Style,
    lines: Vec<Vec<(String, Paint)>>,
}

impl Side {
    fn new(
        number: Option<u32>,
        sign: char,
        pieces: &[Piece],
        row: &DiffRow,
        room: usize,
        style: Style,
    ) -> Self {
        let mut lines = Vec::new();
        if number.is_some() {
            lines = wrap(pieces_shown(pieces, row, style), room);
        }
        Self {
            number,
            sign,
            style,
            lines,
        }
    }

    /// The text of a visual line and the columns it takes.
    fn line(&self, at: usize, digits: usize) -> (String, usize) {
        let number = self
            .number
            .filter(|_| at == 0)
            .map(|number| number.to_string())
            .unwrap_or_default();
        let sign = if at == 0 { self.sign } else { ' ' };
        let sign_paint = match sign {
            '-' => Paint::Removed,
            '+' => Paint::Added,
            _ => Paint::Plain,
        };
        let mut text = format!(
            "{} {} ",
            self.style.paint(Paint::Dim, &pad_left(&number, digits)),
            self.style.paint(sign_paint, &sign.to_string())
        );
        let mut used = digits + 3;
        for (part, paint) in self.lines.get(at).into_iter().flatten() {
            text.push_str(&self.style.paint(*paint, part));
            used += width(part);
        }
        (text, used)
    }
}

fn wrap(parts: Vec<(String, Paint)>, room: usize) -> Vec<Vec<(String, Paint)>> {
    let mut lines = vec![Vec::new()];
    let mut used = 0;
    for (text, paint) in parts {
        let mut part = String::new();
        for c in text.chars() {
            let columns = width(c.encode_utf8(&mut [0; 4]));
            if used + columns > room {
                let full = std::mem::take(&mut part);
                if let Some(last) = lines.last_mut() {
                    last.push((full, paint));
                }
                lines.push(Vec::new());
                used = 0;
            }
            used += columns;
            part.push(c);
        }
        if let Some(last) = lines.last_mut() {
            last.push((part, paint));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::oracle;
    use plumbline_analysis::diff::diff_outputs;
    use proptest::prelude::*;

    const NAMES: Names<'_> = Names { a: "old", b: "new" };

    #[test]
    fn a_unified_diff_has_signs_and_word_brackets() {
        let diff = diff_outputs(
            "You are a clerk.\nReply with one label.\nBe brief.\n",
            "You are a clerk.\nReply with exactly one label.\nBe brief.\nThank you.\n",
        );
        insta::assert_snapshot!(unified(&diff, NAMES, Style::default()), @r#"
        --- old
        +++ new
        @@ -1,3 +1,4 @@
          You are a clerk.
        - Reply with one label.
        + Reply with {+exactly +}one label.
          Be brief.
        + Thank you.
        "#);
    }

    #[test]
    fn json_shows_paths_and_then_lines() {
        let diff = diff_outputs(
            "{\"label\":\"billing\",\"n\":1}",
            "{\"n\":1,\"label\":\"other\",\"why\":null}",
        );
        insta::assert_snapshot!(unified(&diff, NAMES, Style::default()), @r#"
        --- old
        +++ new
        ~ $.label: "billing" → "other"
        + $.why: null
        @@ -1,4 +1,5 @@
          {
        -   "label": "[-billing-]",
        -   "n": 1
        +   "label": "{+other+}",
        +   "n": 1{+,+}
        +   "why": null
          }
        "#);
    }

    #[test]
    fn side_by_side_wraps_and_keeps_its_columns() {
        let diff = diff_outputs(
            "one\nthe refund was sent to the card on file\n",
            "one\nthe refund was sent to your bank account\ntwo\n",
        );
        let text = side_by_side(&diff, NAMES, 64, Style::default());
        assert!(text.lines().all(|line| width(line) <= 64), "{text}");
        insta::assert_snapshot!(text, @r#"
        --- old
        +++ new
        1   one                        │ 1   one
        2 - the refund was sent to [-t │ 2 + the refund was sent to {+y
            he card on file-]          │     our bank account+}
                                       │ 3 + two
        "#);
    }

    #[test]
    fn equal_things_are_said_in_a_sentence() {
        assert_eq!(
            unified(&diff_outputs("a", "a"), NAMES, Style::default()),
            "The two are identical.\n"
        );
        let same = diff_outputs("{\"a\":1}", "{ \"a\": 1 }");
        assert_eq!(
            unified(&same, NAMES, Style::default()),
            "The same JSON, written differently.\n"
        );
    }

    #[test]
    fn invisible_characters_show_with_and_without_colour() {
        let diff = diff_outputs("pay now\n", "pay\u{202e} now \n");
        let plain = unified(&diff, NAMES, Style::default());
        assert!(
            plain.contains("‹\\u{202e}›") && plain.contains("‹\\s›"),
            "{plain}"
        );
        assert!(unified(&diff, NAMES, Style { colour: true }).contains("\\u{202e}"));
    }

    proptest! {
        #[test]
        fn hostile_answers_never_command_the_terminal(
            a in "([\u{1b}\u{9b}\u{7}\r\n\\[\\];0-9mHa]|\u{202e}|世){0,40}",
            b in "([\u{1b}\u{9b}\u{7}\r\n\\[\\];0-9mHa]|\u{202e}|世){0,40}",
            colour in any::<bool>(),
        ) {
            let diff = diff_outputs(&a, &b);
            let names = Names { a: &a, b: &b };
            let style = Style { colour };
            for text in [unified(&diff, names, style), side_by_side(&diff, names, 60, style)] {
                prop_assert_eq!(oracle::forbidden(&text, colour), Vec::<String>::new());
            }
        }
    }
}
