//! One JSON object for scripts, safe to look at in a terminal.

use plumbline_analysis::diff::{MarkKind, mark_of};
use plumbline_model::Problem;
use serde::Serialize;
use std::fmt::Write as _;

/// The value as one line of JSON without a line end. Characters that a terminal would obey or hide (C1, DEL,
/// bidi, zero-width) are escaped as `\uXXXX`, so that the JSON still says the same. Members keep the order of
/// the type's fields.
///
/// # Errors
/// A problem of ours: a value that has no JSON form.
pub fn line(value: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(value)
        .map(|text| escape(&text))
        .map_err(|error| Problem::internal(format!("a result cannot be written as JSON: {error}")))
}

/// The value as indented JSON without a line end, escaped like [`line`].
///
/// # Errors
/// As [`line`].
pub fn pretty(value: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string_pretty(value)
        .map(|text| escape(&text))
        .map_err(|error| Problem::internal(format!("a result cannot be written as JSON: {error}")))
}

/// Such characters occur inside JSON strings only, where `\u` may replace them.
fn escape(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut previous = None;
    for c in json.chars() {
        let hidden = c != '\n'
            && matches!(
                mark_of(c, previous),
                Some(MarkKind::Control | MarkKind::Bidi | MarkKind::ZeroWidth)
            );
        previous = Some(c);
        if hidden {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::oracle;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn hidden_characters_are_escaped_and_others_stay_readable() {
        let text = line(&json!({"t": "ä\u{9b}\u{202e}\u{e0041}\u{1b}"})).unwrap();
        assert_eq!(text, "{\"t\":\"ä\\u009b\\u202e\\udb40\\udc41\\u001b\"}");
    }

    proptest! {
        #[test]
        fn the_json_says_the_same_and_commands_no_terminal(text in "([\u{0}-\u{9f}]|\u{202e}|\u{200b}|.){0,60}") {
            let value = json!({ "text": text });
            let written = line(&value).unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value.clone());
            prop_assert_eq!(oracle::forbidden(&written, false), Vec::<String>::new());
            prop_assert!(!written.contains('\n'));
            prop_assert_eq!(serde_json::from_str::<Value>(&pretty(&value).unwrap()).unwrap(), value);
        }
    }
}
