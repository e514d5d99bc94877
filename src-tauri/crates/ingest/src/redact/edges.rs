//! Where a word begins and ends, in text that may hold escapes of JSON or of a URL.

/// True where a key may begin: not within a longer word. `\n` and `%3D` before it are no part of a word.
pub(super) fn begins(text: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|at| text[at]) else {
        return true;
    };
    if !(before.is_ascii_alphanumeric() || before == b'_' || before == b'-') {
        return true;
    }
    is_escape_before(text, at)
}

/// True when the bytes before `at` are an escape such as `\n`, `\u000a` or `%3D`.
pub(super) fn is_escape_before(text: &[u8], at: usize) -> bool {
    let back = |n: usize| at.checked_sub(n).map(|at| text[at]);
    let is_hex = |n: usize| back(n).is_some_and(|b| b.is_ascii_hexdigit());
    let is_letter = matches!(back(1), Some(b'n' | b't' | b'r' | b'b' | b'f'));
    (is_letter && back(2) == Some(b'\\'))
        || (back(3) == Some(b'%') && is_hex(1) && is_hex(2))
        || (back(6) == Some(b'\\') && back(5) == Some(b'u') && (1..=4).all(is_hex))
}

/// Bytes of the one separator that stands at `at`; a space may be written as in a URL.
pub(super) fn separator(text: &[u8], at: usize) -> Option<(u8, usize)> {
    match text.get(at)? {
        b'%' if text[at..].starts_with(b"%20") => Some((b' ', 3)),
        sign @ (b' ' | b'-' | b'.' | b'(' | b')') => Some((*sign, 1)),
        _ => None,
    }
}

/// The digits of a number without its separators.
pub(super) fn digits(text: &str) -> String {
    text.replace("%20", "")
        .chars()
        .filter(char::is_ascii_digit)
        .collect()
}

/// True where no letter or digit follows.
pub(super) fn ends(text: &[u8], at: usize) -> bool {
    text.get(at)
        .is_none_or(|b| !(b.is_ascii_alphanumeric() || *b == b'_'))
}

/// True for what nobody writes by hand: letters and digits mixed in one run of at least 12.
pub(super) fn looks_random(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .any(|run| run.len() >= 12 && is_mixed(run))
}

/// True for text with a letter and a digit.
pub(super) fn is_mixed(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_begin_after_escapes_and_not_within_words() {
        for (text, at, expected) in [
            ("sk-", 0, true),
            ("disk-", 2, false),
            ("task_sk-", 5, false),
            (r"\nsk-", 2, true),
            (r"nsk-", 1, false),
            ("%3Dsk-", 3, true),
            (r"\u000ask-", 6, true),
            ("=sk-", 1, true),
        ] {
            assert_eq!(begins(text.as_bytes(), at), expected, "{text}");
        }
    }
}
