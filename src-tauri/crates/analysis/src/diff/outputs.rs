//! Differences between two answers of a model: as JSON where both are JSON, else as text.
//!
//! Decides what counts as a JSON answer (also inside one code fence) and when two of them are equal.

use super::json::{JsonChange, diff_json};
use super::row::{Hunk, TextDiff};
use super::text::{DiffOptions, diff_text_with};
use crate::highlight::{self, Language};
use serde::Serialize;
use serde_json::Value;
use ts_rs::TS;

/// How two answers were compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum OutputKind {
    Text,
    /// Both are JSON objects or arrays; the hunks show them printed alike, keys sorted.
    Json,
}

impl OutputKind {
    /// The word used in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// The difference between two answers.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct OutputDiff {
    pub kind: OutputKind,
    /// Text: the same bytes. JSON: the same value, however it is written.
    pub equal: bool,
    /// The same bytes. JSON that is `equal` but not `identical` differs in formatting only.
    pub identical: bool,
    pub hunks: Vec<Hunk>,
    /// Equal rows folded away after the last hunk.
    pub skipped_after: u32,
    /// Rows that were counted but not made, because the row limit was reached.
    pub rows_omitted: u32,
    pub removed: u32,
    pub added: u32,
    /// Path by path, for JSON; empty for text.
    pub changes: Vec<JsonChange>,
}

impl From<TextDiff> for OutputDiff {
    /// A text diff in the shape of an answer's, for those who print both.
    fn from(text: TextDiff) -> Self {
        Self {
            kind: OutputKind::Text,
            equal: text.equal,
            identical: text.equal,
            hunks: text.hunks,
            skipped_after: text.skipped_after,
            rows_omitted: text.rows_omitted,
            removed: text.removed,
            added: text.added,
            changes: Vec::new(),
        }
    }
}

/// A text read as JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadJson {
    pub value: Value,
    /// The JSON stood inside a code fence.
    pub fenced: bool,
}

/// Longer texts are compared as text only.
const JSON_LIMIT_BYTES: usize = 16 << 20;

/// Reads a text as JSON. One code fence around all of it is taken off first: models add one unasked.
///
/// # Errors
/// Why it is not JSON, as `serde_json` says it.
pub fn read_json(text: &str) -> Result<ReadJson, serde_json::Error> {
    let trimmed = text.trim();
    match fenced(trimmed) {
        Some(inner) => serde_json::from_str(inner).map(|value| ReadJson {
            value,
            fenced: true,
        }),
        None => serde_json::from_str(trimmed).map(|value| ReadJson {
            value,
            fenced: false,
        }),
    }
}

fn fenced(trimmed: &str) -> Option<&str> {
    let inner = trimmed.strip_prefix("```")?.strip_suffix("```")?;
    let (info, body) = inner.split_once('\n')?;
    let named = matches!(
        info.trim().to_ascii_lowercase().as_str(),
        "" | "json" | "jsonc" | "json5"
    );
    (named && !body.contains("```")).then_some(body)
}

/// Compares two answers with three lines of context.
#[must_use]
pub fn diff_outputs(a: &str, b: &str) -> OutputDiff {
    diff_outputs_with(a, b, DiffOptions::default(), false)
}

/// Compares two answers; `coloured` adds syntax classes to the pieces.
#[must_use]
pub fn diff_outputs_with(a: &str, b: &str, options: DiffOptions, coloured: bool) -> OutputDiff {
    let (kind, changes, text_a, text_b) = match (container(a), container(b)) {
        (Some(json_a), Some(json_b)) => (
            OutputKind::Json,
            diff_json(&json_a, &json_b),
            pretty(json_a, a),
            pretty(json_b, b),
        ),
        _ => (OutputKind::Text, Vec::new(), a.to_owned(), b.to_owned()),
    };
    let mut text = if kind == OutputKind::Json && changes.is_empty() {
        // Equal values may still print apart (`1` and `1.0`); that is formatting, not a difference.
        diff_text_with(&text_a, &text_a, options)
    } else {
        diff_text_with(&text_a, &text_b, options)
    };
    if coloured {
        let language = match kind {
            OutputKind::Json => Some(Language::Json),
            OutputKind::Text => highlight::language_of(&text_b),
        };
        if let Some(language) = language {
            highlight::colour(&mut text, &text_a, &text_b, language);
        }
    }
    OutputDiff {
        kind,
        equal: match kind {
            OutputKind::Text => text.equal,
            OutputKind::Json => changes.is_empty(),
        },
        identical: a == b,
        hunks: text.hunks,
        skipped_after: text.skipped_after,
        rows_omitted: text.rows_omitted,
        removed: text.removed,
        added: text.added,
        changes,
    }
}

/// An object or array; a lone number or string is better compared as text.
fn container(text: &str) -> Option<Value> {
    if text.len() > JSON_LIMIT_BYTES {
        return None;
    }
    let read = read_json(text).ok()?;
    (read.value.is_object() || read.value.is_array()).then_some(read.value)
}

/// Prints with sorted keys, whatever map `serde_json` was built with.
fn pretty(mut value: Value, original: &str) -> String {
    value.sort_all_objects();
    serde_json::to_string_pretty(&value).unwrap_or_else(|_| original.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_compared_by_value_whatever_its_formatting_or_key_order() {
        let diff = diff_outputs(
            "{\"a\":1,\"b\":[2]}",
            "```json\n{ \"b\": [2.0], \"a\": 1 }\n```\n",
        );
        assert_eq!(diff.kind, OutputKind::Json);
        assert!(diff.equal && !diff.identical);
        assert!(diff.hunks.is_empty() && diff.changes.is_empty());
    }

    #[test]
    fn a_changed_field_shows_as_path_and_as_line() {
        let diff = diff_outputs(
            "{\"label\":\"billing\",\"n\":1}",
            "{\"n\":1,\"label\":\"other\"}",
        );
        assert!(!diff.equal);
        assert_eq!(diff.changes[0].path, "$.label");
        assert_eq!((diff.removed, diff.added), (1, 1));
    }

    #[test]
    fn prose_scalars_and_half_json_are_text() {
        for (a, b) in [
            ("hello", "hallo"),
            ("5", "6"),
            ("{\"a\":1", "{\"a\":2"),
            ("{\"a\":1}", "no"),
        ] {
            let diff = diff_outputs(a, b);
            assert_eq!(diff.kind, OutputKind::Text, "{a}");
            assert!(!diff.equal);
            assert!(!diff.hunks.is_empty());
        }
    }

    #[test]
    fn a_fence_with_prose_around_it_is_not_json() {
        assert!(read_json("Sure:\n```json\n{}\n```").is_err());
        assert!(read_json("```json\n{}\n```").is_ok_and(|read| read.fenced));
        assert!(read_json("```python\n{}\n```").is_err());
        assert!(read_json("```json\n{}\n```\n```json\n{}\n```").is_err());
    }

    #[test]
    fn the_wire_shape_has_kind_equal_and_hunks() {
        let value = serde_json::to_value(diff_outputs("a b\n", "a c\n")).unwrap();
        insta::assert_json_snapshot!(value, @r#"
        {
          "added": 1,
          "changes": [],
          "equal": false,
          "hunks": [
            {
              "a_start": 1,
              "b_start": 1,
              "rows": [
                {
                  "a": [
                    {
                      "emphasis": "same",
                      "text": "a "
                    },
                    {
                      "emphasis": "removed",
                      "text": "b"
                    }
                  ],
                  "a_line": 1,
                  "b": [
                    {
                      "emphasis": "same",
                      "text": "a "
                    },
                    {
                      "emphasis": "added",
                      "text": "c"
                    }
                  ],
                  "b_line": 1,
                  "tag": "changed"
                }
              ],
              "skipped_before": 0
            }
          ],
          "identical": false,
          "kind": "text",
          "removed": 1,
          "rows_omitted": 0,
          "skipped_after": 0
        }
        "#);
    }
}
