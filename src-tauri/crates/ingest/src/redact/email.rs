//! E-mail addresses, told from `package@1.2.0`, `icon@2x.png` and `a@b.method()`.

use super::edges;
use std::ops::Range;

const LOCAL_BYTES: usize = 64;
const DOMAIN_BYTES: usize = 253;

/// What is no mailbox before an `@`: remotes of Git and words of programs.
const NO_LOCALS: [&str; 5] = ["git", "this", "super", "self", "return"];
/// Ends of file names that look like top-level domains.
const FILE_ENDS: [&str; 24] = [
    "png", "jpg", "jpeg", "gif", "svg", "webp", "avif", "ico", "css", "scss", "js", "mjs", "cjs",
    "ts", "tsx", "jsx", "json", "html", "yaml", "yml", "toml", "lock", "map", "txt",
];

/// The address around the `@` (or `%40`) at `at..after`.
pub(super) fn find(text: &str, at: usize, after: usize) -> Option<Range<usize>> {
    let start = local_start(text, at)?;
    let end = after + domain_length(text.get(after..)?)?;
    let is_call = text.as_bytes().get(end) == Some(&b'(');
    (!is_call && !NO_LOCALS.contains(&&text[start..at])).then_some(start..end)
}

fn local_start(text: &str, at: usize) -> Option<usize> {
    let mut start = at;
    for (index, c) in text[..at].char_indices().rev() {
        if at - index > LOCAL_BYTES || !(is_letter_or_digit(c) || "._+-".contains(c)) {
            break;
        }
        start = index;
    }
    // The letter of an escape (`\n`, `%20`) is no part of the mailbox.
    let bytes = text.as_bytes();
    if start < at && start > 0 && bytes[start - 1] == b'\\' && b"ntrbf".contains(&bytes[start]) {
        start += 1;
    }
    if start + 2 < at
        && start > 0
        && bytes[start - 1] == b'%'
        && edges::is_escape_before(bytes, start + 2)
    {
        start += 2;
    }
    let trimmed = text[start..at].trim_start_matches(['.', '+', '-']);
    let start = at - trimmed.len();
    (start < at).then_some(start)
}

/// Bytes of the domain that a text begins with.
fn domain_length(rest: &str) -> Option<usize> {
    let length = rest
        .char_indices()
        .take_while(|(index, c)| {
            *index <= DOMAIN_BYTES && (is_letter_or_digit(*c) || matches!(c, '.' | '-'))
        })
        .last()
        .map(|(index, c)| index + c.len_utf8())?;
    let mut domain = rest[..length].trim_end_matches(['.', '-']);
    // `ada@example.org.2024` ends where the name does.
    loop {
        let (before, last) = domain.rsplit_once('.')?;
        if is_top_level(last) {
            let is_sound = domain
                .split('.')
                .all(|label| !label.is_empty() && label.len() <= 63 && !label.starts_with('-'));
            let name = before.rsplit('.').next().unwrap_or_default();
            let is_file = FILE_ENDS.contains(&last) || matches!(name, "2x" | "3x");
            return (is_sound && !is_file).then_some(domain.len());
        }
        domain = before.trim_end_matches('.');
    }
}

fn is_top_level(label: &str) -> bool {
    if let Some(coded) = label.strip_prefix("xn--") {
        return coded.len() >= 2
            && coded
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-');
    }
    let rest = label.get(1..).unwrap_or_default();
    (2..=24).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphabetic())
        && (rest.bytes().all(|b| b.is_ascii_lowercase())
            || label.bytes().all(|b| b.is_ascii_uppercase()))
}

/// Letters of Latin scripts: text of other scripts often runs up to an address without a space.
fn is_letter_or_digit(c: char) -> bool {
    c.is_ascii_alphanumeric() || (c.is_alphanumeric() && c < '\u{250}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        let at = text.find('@').unwrap();
        find(text, at, at + 1).map(|range| &text[range])
    }

    #[test]
    fn addresses_are_found_whole_in_their_surroundings() {
        for (text, address) in [
            (
                "Write to ada.lovelace+news@mail.example.co.uk.",
                "ada.lovelace+news@mail.example.co.uk",
            ),
            ("<ADA@EXAMPLE.ORG>", "ADA@EXAMPLE.ORG"),
            (r"line\nada@example.org\n", "ada@example.org"),
            ("邮箱是ada@example.org。", "ada@example.org"),
            ("jörg@müller.de", "jörg@müller.de"),
            ("ada@example.org.2024", "ada@example.org"),
            ("x%20ada@example.org", "ada@example.org"),
        ] {
            assert_eq!(found(text), Some(address), "{text}");
        }
    }

    #[test]
    fn what_only_has_the_sign_stays() {
        for text in [
            "ticket-triage@1.2.0",
            "icon@2x.png",
            "@decorator.call",
            "git@github.com:a/b",
            "this@Main.finish",
            "a@b.transpose()",
            "user@localhost",
            "left @ right.side",
            "node@v20.x",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
