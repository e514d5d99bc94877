//! Which filters and tests of a template we do not have.

use super::jinja::{Piece, is_name, pieces};
use crate::template;
use minijinja::ErrorKind;
use std::collections::BTreeSet;

/// A filter or a test that our templates do not have. They are only missed when a template is rendered.
pub(super) fn unknown_word(template: &str) -> Option<String> {
    let environment = template::environment();
    let is_unknown = |probe: String, kind: ErrorKind| {
        let rendered = environment.render_str(&probe, ());
        rendered.is_err_and(|error| error.kind() == kind)
    };
    let mut known = BTreeSet::new();
    for piece in pieces(template).ok()? {
        let inner = match piece {
            Piece::Output { inner, .. } => inner,
            Piece::Tag(tag) if !tag.is_comment => tag.inner,
            _ => continue,
        };
        for (before, word) in words_after_marks(inner) {
            if !known.insert((before, word)) {
                continue;
            }
            let unknown = match before {
                '|' => is_unknown(format!("{{{{ '' | {word} }}}}"), ErrorKind::UnknownFilter),
                _ => is_unknown(format!("{{{{ '' is {word} }}}}"), ErrorKind::UnknownTest),
            };
            if unknown {
                return Some(word.to_owned());
            }
        }
    }
    None
}

/// The names after `|` and after `is`, outside of texts.
fn words_after_marks(inner: &str) -> Vec<(char, &str)> {
    let mut found = Vec::new();
    let (mut rest, mut mark) = (inner, None);
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '\'' | '"' => end_of_text(rest),
            c if c.is_ascii_alphabetic() || c == '_' => rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let word = &rest[..end];
        rest = &rest[end..];
        mark = match (mark, word) {
            (_, "|") => Some('|'),
            (_, "is") => Some('i'),
            (Some('i'), "not") => Some('i'),
            (mark, space) if space.trim().is_empty() => mark,
            (Some(before), name) if is_name(name) => {
                found.push((before, name));
                None
            }
            _ => None,
        };
    }
    found
}

fn end_of_text(text: &str) -> usize {
    let quote = text.as_bytes().first().copied().unwrap_or_default();
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            byte if byte == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_and_tests_that_nobody_has_are_seen_before_they_are_missed() {
        for (text, unknown) in [
            ("{{ x | dump }}", Some("dump")),
            (
                "{% if x is odd and y is not sameas2 z %}{% endif %}",
                Some("sameas2"),
            ),
            (
                "{{ x|upper|default('a | b') ~ 'is it' }}{% if x is not defined %}{% endif %}",
                None,
            ),
            ("{{ xs | join(', ') | tojson }}", None),
        ] {
            assert_eq!(unknown_word(text).as_deref(), unknown, "{text}");
        }
    }
}
