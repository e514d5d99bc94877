//! The shape of a text diff: hunks of rows of pieces, as the window and the CLI's JSON print them.
//!
//! Data only; how rows come about stands in `text`, what is invisible in `visible`.

use super::visible::{Mark, visible};
use crate::highlight::SyntaxClass;
use serde::Serialize;
use ts_rs::TS;

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RowTag {
    /// The same on both sides.
    Equal,
    /// Only in the old text.
    Removed,
    /// Only in the new text.
    Added,
    /// A line of the old text paired with the line of the new text that took its place.
    Changed,
}

/// How a piece of a line stands against the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Emphasis {
    Same,
    Removed,
    Added,
}

/// A run of characters of one line that share emphasis, syntax class and visibility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Piece {
    /// The characters as they are in the text, line end excluded.
    pub text: String,
    pub emphasis: Emphasis,
    /// Present when the text was highlighted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub class: Option<SyntaxClass>,
    /// Present when the characters cannot be seen or mislead: show the mark's label instead of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub mark: Option<Mark>,
}

/// One row of a diff, for both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct DiffRow {
    pub tag: RowTag,
    /// 1-based line of the old text; `None` on an added row.
    pub a_line: Option<u32>,
    /// 1-based line of the new text; `None` on a removed row.
    pub b_line: Option<u32>,
    pub a: Vec<Piece>,
    pub b: Vec<Piece>,
}

/// Rows that stand together, with the equal rows around them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Hunk {
    /// Equal rows folded away between the previous hunk (or the start) and this one.
    pub skipped_before: u32,
    /// 1-based first line of the old text; where the hunk has no old line, the line it stands before.
    pub a_start: u32,
    /// 1-based first line of the new text; where the hunk has no new line, the line it stands before.
    pub b_start: u32,
    pub rows: Vec<DiffRow>,
}

/// The difference between two texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct TextDiff {
    /// True when the two texts are the same, byte for byte.
    pub equal: bool,
    pub hunks: Vec<Hunk>,
    /// Equal rows folded away after the last hunk.
    pub skipped_after: u32,
    /// Rows that were counted but not made, because the row limit was reached.
    pub rows_omitted: u32,
    /// Lines removed, a changed line counting once here and once in `added`.
    pub removed: u32,
    pub added: u32,
}

/// Cuts one line into pieces: where its emphasis changes, and around what is invisible.
///
/// `runs` joined are the line. Marks are found in the whole line first: a space before a changed word is not
/// trailing.
pub(super) fn pieces_of(line: &str, runs: &[(Emphasis, &str)]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut ends = runs.iter().scan(0, |end, (emphasis, text)| {
        *end += text.len();
        Some((*end, *emphasis))
    });
    let mut current = ends.next();
    let mut at = 0;
    for run in visible(line) {
        let run_end = at + run.text.len();
        while at < run_end {
            let (end, emphasis) = current.unwrap_or((run_end, Emphasis::Same));
            let to = end.min(run_end);
            if to > at {
                pieces.push(Piece {
                    text: line[at..to].to_owned(),
                    emphasis,
                    class: None,
                    mark: run.mark.clone().map(|mark| mark.of_part(&line[at..to])),
                });
                at = to;
            }
            if at >= end {
                current = ends.next();
            }
        }
    }
    pieces
}
