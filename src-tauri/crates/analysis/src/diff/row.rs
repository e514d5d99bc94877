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

/// Cuts a run of one emphasis into pieces so that nothing invisible hides inside one.
pub(super) fn push_pieces(pieces: &mut Vec<Piece>, text: &str, emphasis: Emphasis) {
    for run in visible(text) {
        match pieces.last_mut() {
            Some(last) if last.emphasis == emphasis && last.mark.is_none() && run.mark.is_none() => {
                last.text.push_str(run.text);
            }
            _ => pieces.push(Piece {
                text: run.text.to_owned(),
                emphasis,
                class: None,
                mark: run.mark,
            }),
        }
    }
}
