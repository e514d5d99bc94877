//! Handlebars taken apart: texts, tags and the words within them.

use super::jinja::shown;
use super::jinja_write::is_alone;

#[derive(Clone, Copy)]
pub(super) enum Part<'t> {
    Text(&'t str),
    Tag {
        inner: &'t str,
        left: bool,
        right: bool,
    },
    Comment(&'t str),
}

pub(super) fn is_role(part: &Part<'_>) -> bool {
    matches!(part, Part::Tag { inner, .. } if inner.starts_with("role "))
}

pub(super) fn stands_alone(parts: &[Part<'_>], index: usize) -> bool {
    let is_block = match parts.get(index) {
        Some(Part::Comment(_)) => true,
        Some(Part::Tag { inner, left, right }) => {
            !left && !right && (inner.starts_with(['#', '/']) || inner.starts_with("else"))
        }
        _ => false,
    };
    let text = |index: usize| match parts.get(index) {
        Some(Part::Text(text)) => Some(*text),
        _ => None,
    };
    let after_role = index
        .checked_sub(1)
        .and_then(|before| parts.get(before))
        .is_some_and(is_role);
    is_block
        && !after_role
        && is_alone(
            (index == 0, index.checked_sub(1).and_then(text), index == 1),
            (
                index + 1 == parts.len(),
                text(index + 1),
                index + 2 == parts.len(),
            ),
        )
}

/// The words between the braces; a text in quotes, and the names between bars, are one.
pub(super) fn words(inner: &str) -> Result<Vec<&str>, String> {
    let mut words = Vec::new();
    let mut rest = inner.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '"' | '\'' | '|' => rest[1..].find(first).map(|at| at + 2),
            '(' => None,
            _ => Some(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        let end = end.ok_or_else(|| format!("`{}` cannot be read", shown(rest)))?;
        words.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    Ok(words)
}

pub(super) fn parts(text: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let (mut start, mut from) = (0, 0);
    while let Some(at) = text[from..].find("{{").map(|at| at + from) {
        if text[..at].ends_with('\\') {
            from = at + 2;
            continue;
        }
        if start < at {
            parts.push(Part::Text(&text[start..at]));
        }
        let rest = &text[at..];
        let (open, close) = if rest.starts_with("{{!--") {
            ("{{!--", "--}}")
        } else if rest.starts_with("{{{") {
            ("{{{", "}}}")
        } else {
            ("{{", "}}")
        };
        let end = rest
            .find(close)
            .ok_or_else(|| format!("`{}` is not closed", shown(rest)))?;
        let inner = rest.get(open.len()..end).unwrap_or_default();
        let left = inner.starts_with('~');
        let right = inner.ends_with('~');
        let inner = inner.trim_matches('~').trim();
        parts.push(if open == "{{!--" || inner.starts_with('!') {
            Part::Comment(inner.trim_start_matches('!').trim())
        } else {
            Part::Tag { inner, left, right }
        });
        start = at + end + close.len();
        from = start;
    }
    if start < text.len() {
        parts.push(Part::Text(&text[start..]));
    }
    Ok(parts)
}
