//! `user:password@` in an address.

use std::ops::Range;

/// Longest user and password that are looked for, in bytes.
const USERINFO_BYTES: usize = 512;

/// What stands between `://`, which begins at `at`, and the `@` before the host, where it holds a password.
pub(super) fn find(text: &str, at: usize) -> Option<(Range<usize>, &'static str)> {
    let start = at + "://".len();
    let bytes = &text.as_bytes()[start..];
    let end = bytes.iter().take(USERINFO_BYTES).position(|b| {
        matches!(
            b,
            b'@' | b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'\\'
        ) || b.is_ascii_whitespace()
    })?;
    let is_userinfo = bytes[end] == b'@' && end > 0;
    let colon = bytes[..end].iter().position(|b| *b == b':')?;
    // A user without a password is no secret, and a template's gap is neither.
    (is_userinfo
        && colon + 1 < end
        && !bytes[..end].iter().any(|b| matches!(b, b'{' | b'}' | b'$')))
    .then_some((start..start + end, "url_credentials"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_user_with_a_password_is_taken() {
        let found =
            |text: &'static str| find(text, text.find("://").unwrap()).map(|(r, _)| &text[r]);
        assert_eq!(found("postgres://ada:s3cret@db/x"), Some("ada:s3cret"));
        assert_eq!(found("redis://:s3cret@cache:6379"), Some(":s3cret"));
        for text in [
            "http://localhost:8080/@ada",
            "ssh://git@host.test/x",
            "http://h.test?a=b:c@d",
            "postgres://${USER}:${PASSWORD}@db",
            "https://",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
