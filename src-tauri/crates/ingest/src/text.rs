//! Small questions about text that several readers ask.

use std::borrow::Cow;

/// The first `chars` characters, with an ellipsis in place of the last one when something was cut.
pub(crate) fn shorten(text: &str, chars: usize) -> Cow<'_, str> {
    if text.len() <= chars || text.chars().nth(chars).is_none() {
        return Cow::Borrowed(text);
    }
    let kept: String = text.chars().take(chars.saturating_sub(1)).collect();
    Cow::Owned(kept + "…")
}

/// Why this text cannot be a JSON record of ours, if its bytes alone tell.
///
/// JSON may write U+0000 as an escape, but neither a database column nor a C string holds it faithfully.
pub(crate) fn unfit(bytes: &[u8]) -> Option<String> {
    fit(bytes).err()
}

/// The text of a JSON record, or why it cannot be one.
pub(crate) fn fit(bytes: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| format!("invalid UTF-8 at byte {}", error.valid_up_to() + 1))?;
    if let Some(at) = memchr::memchr(0, bytes) {
        return Err(format!("a NUL character at byte {}", at + 1));
    }
    match escaped_nul(bytes) {
        Some(at) => Err(format!("an escaped NUL character at byte {}", at + 1)),
        None => Ok(text),
    }
}

/// Position of a `\u0000` whose backslash is not itself escaped.
fn escaped_nul(bytes: &[u8]) -> Option<usize> {
    memchr::memmem::find_iter(bytes, b"\\u0000").find(|at| {
        // An escaped backslash and plain text has an odd number of them before it.
        let before = bytes[..*at].iter().rev().take_while(|b| **b == b'\\');
        before.count() % 2 == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortening_counts_characters_not_bytes() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöüß", 3), "äö…");
    }

    #[test]
    fn nul_is_found_plain_and_escaped_but_not_behind_an_escaped_backslash() {
        assert!(unfit(b"\"a\0b\"").is_some());
        assert!(unfit(br#""a\u0000b""#).is_some());
        assert!(unfit(br#""a\\\u0000b""#).is_some());
        assert_eq!(unfit(br#""a\\u0000b""#), None);
        assert_eq!(unfit(br#""a\"#), None);
        assert_eq!(
            unfit(b"\"\xff\"").as_deref(),
            Some("invalid UTF-8 at byte 2")
        );
    }
}
