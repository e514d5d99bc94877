//! Differences between two texts, two JSON values, or two answers of a model.
//!
//! Results are plain rows that the window and the terminal print alike; no face adds its own logic.
//! Knows nothing of runs, cases or files.

mod json;
mod lines;
mod outputs;
mod pair;
mod row;
mod text;
mod tool_calls;
mod visible;
mod words;

pub use json::{JsonChange, JsonChangeKind, diff_json, json_equal};
pub use lines::kept_lines;
pub use outputs::{OutputDiff, OutputKind, ReadJson, diff_outputs, diff_outputs_with, read_json};
pub use row::{DiffRow, Emphasis, Hunk, Piece, RowTag, TextDiff};
pub use text::{Context, DiffOptions, diff_text, diff_text_with};
pub use tool_calls::{ToolCallPair, diff_tool_calls};
pub use visible::{Mark, MarkKind, Run, mark_of, visible};
pub(crate) use words::{split_words, word_gaps, word_similarity};
