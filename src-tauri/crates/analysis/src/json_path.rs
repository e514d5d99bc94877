//! Paths into JSON: `$`, `.name`, `[0]`, `['odd name']`.
//!
//! A small, exact subset of RFC 9535 that names one place: no wildcards, filters or negative indices.

use crate::AnalysisError;
use serde_json::Value;

/// The value at `path`; `None` when there is nothing there.
///
/// # Errors
/// [`AnalysisError::BadPath`] when the path is malformed.
pub fn get<'v>(value: &'v Value, path: &str) -> Result<Option<&'v Value>, AnalysisError> {
    let bad = |rest: &str, reason| AnalysisError::BadPath {
        path: path.to_owned(),
        at: path.chars().count() - rest.chars().count() + 1,
        reason,
    };
    let Some(mut rest) = path.strip_prefix('$') else {
        return Err(bad(path, "it must start with `$`"));
    };
    // Read to the end even when the value has run out, so that a typo is always told.
    let mut here = Some(value);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, next) = after.split_at(end);
            if name.is_empty() {
                return Err(bad(after, "a name is missing"));
            }
            here = here.and_then(|value| value.as_object()?.get(name));
            rest = next;
        } else if let Some(quote) = rest
            .strip_prefix('[')
            .and_then(|r| r.chars().next())
            .filter(|c| matches!(c, '\'' | '"'))
        {
            let (name, next) = quoted(&rest[2..], quote)
                .ok_or_else(|| bad(rest, "the quoted name does not end"))?;
            here = here.and_then(|value| value.as_object()?.get(&name));
            rest = next;
        } else if let Some(after) = rest.strip_prefix('[') {
            let (digits, next) = after
                .split_once(']')
                .ok_or_else(|| bad(rest, "`]` is missing"))?;
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            if !plain {
                return Err(bad(after, "an index is a whole number"));
            }
            // An index too large for this machine is beyond any array.
            here = digits
                .parse::<usize>()
                .ok()
                .and_then(|index| here?.as_array()?.get(index));
            rest = next;
        } else {
            return Err(bad(rest, "expected `.` or `[`"));
        }
    }
    Ok(here)
}

/// Reads up to the closing quote and bracket; a backslash takes the next character as it is.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            name.push(chars.next()?.1);
        } else if c == quote {
            return Some((name, text[at + c.len_utf8()..].strip_prefix(']')?));
        } else {
            name.push(c);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn names_indices_and_quotes_lead_to_values() {
        let value = json!({"a": {"b": [10, {"c d": 7, "it's": 8}]}});
        for (path, expected) in [
            ("$", Some(&value)),
            ("$.a.b[0]", Some(&json!(10))),
            ("$.a.b[1]['c d']", Some(&json!(7))),
            ("$[\"a\"].b[1]['it\\'s']", Some(&json!(8))),
            ("$.a.b[9]", None),
            ("$.a.b.c", None),
            ("$.a[0]", None),
            ("$.x.y[99999999999999999999999]", None),
        ] {
            assert_eq!(get(&value, path), Ok(expected), "{path}");
        }
    }

    #[test]
    fn a_malformed_path_says_where() {
        for (path, at) in [
            ("a", 1),
            ("", 1),
            ("$.", 3),
            ("$..a", 3),
            ("$.a[", 4),
            ("$.a[-1]", 5),
            ("$[]", 3),
            ("$x", 2),
            ("$['a", 2),
            ("$['a'x", 2),
        ] {
            match get(&json!({}), path) {
                Err(AnalysisError::BadPath { at: found, .. }) => assert_eq!(found, at, "{path}"),
                other => panic!("{path}: {other:?}"),
            }
        }
    }

    proptest! {
        #[test]
        fn no_path_panics(path in "\\$?[.\\[\\]'\"\\\\a0é-]{0,12}") {
            let _ = get(&json!({"a": [{"é": 1}]}), &path);
        }
    }
}
