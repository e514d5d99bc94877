//! Jinja taken apart: texts, outputs and blocks, with their marks for white space.

/// A part of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    Text(&'t str),
    /// `{{ … }}`: all of it, and what is between.
    Output {
        full: &'t str,
        inner: &'t str,
    },
    /// `{% … %}` or `{# … #}`, with its marks for white space.
    Tag(Tag<'t>),
    /// What stands between `{% raw %}` and `{% endraw %}`.
    Raw(&'t str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'t> {
    pub(super) inner: &'t str,
    pub(super) left: Option<char>,
    pub(super) right: Option<char>,
    pub(super) is_comment: bool,
}

impl<'t> Tag<'t> {
    pub(super) fn block(inner: &'t str) -> Self {
        Self {
            inner,
            left: None,
            right: None,
            is_comment: false,
        }
    }
}

/// Takes a template apart; the error says why it is none.
pub(super) fn pieces(template: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(at) = opener(rest) {
        let (text, from) = rest.split_at(at);
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        let kind = &from[..2];
        let length = match kind {
            "{#" => from[2..].find("#}").map(|end| end + 4),
            "{{" => end_of(from, "}}"),
            _ => end_of(from, "%}"),
        };
        let Some(length) = length else {
            return Err(format!("`{}` is not closed", shown(from)));
        };
        let full = &from[..length];
        rest = &from[length..];
        let inner = &full[2..length - 2];
        let left = inner.chars().next().filter(|c| "-+".contains(*c));
        let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
        let right = inner.chars().next_back().filter(|c| "-+".contains(*c));
        let inner = inner.strip_suffix(['-', '+']).unwrap_or(inner);
        match kind {
            "{{" => pieces.push(Piece::Output {
                full,
                inner: inner.trim(),
            }),
            "{%" if inner.trim() == "raw" => {
                let (text, after) = raw(rest).ok_or("`{% raw %}` is not closed")?;
                pieces.push(Piece::Raw(text));
                rest = after;
            }
            _ => pieces.push(Piece::Tag(Tag {
                inner: if kind == "{#" { inner } else { inner.trim() },
                left,
                right,
                is_comment: kind == "{#",
            })),
        }
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

fn opener(text: &str) -> Option<usize> {
    let pairs = text.as_bytes().windows(2);
    pairs
        .enumerate()
        .find(|(_, pair)| pair[0] == b'{' && matches!(pair[1], b'{' | b'%' | b'#'))
        .map(|(at, _)| at)
}

/// Length of a tag up to its closer, which may also stand in a text or a map within it.
fn end_of(from: &str, closer: &str) -> Option<usize> {
    let bytes = from.as_bytes();
    let (mut depth, mut quote, mut at) = (0_usize, None, 2);
    while at < bytes.len() {
        let byte = bytes[at];
        match quote {
            Some(_) if byte == b'\\' => at += 1,
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if depth == 0 && bytes[at..].starts_with(closer.as_bytes()) => {
                return Some(at + 2);
            }
            None => match byte {
                b'"' | b'\'' => quote = Some(byte),
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            },
        }
        at += 1;
    }
    None
}

/// The text up to `{% endraw %}`, and what follows it.
fn raw(text: &str) -> Option<(&str, &str)> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find("{%")?;
        let end = at + text[at..].find("%}")?;
        let inner = text[at + 2..end].trim_matches(['-', '+']);
        if inner.trim() == "endraw" {
            return Some((&text[..at], &text[end + 2..]));
        }
        from = at + 2;
    }
}

/// The text that an expression is, when it is nothing but a quoted text.
pub(super) fn quoted_text(expression: &str) -> Option<String> {
    let quote = expression.chars().next().filter(|c| "'\"".contains(*c))?;
    let inner = expression[1..].strip_suffix(quote)?;
    let (mut text, mut chars) = (String::new(), inner.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next()? {
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                't' => text.push('\t'),
                c @ ('\\' | '\'' | '"' | '/') => text.push(c),
                _ => return None,
            },
            c if c == quote => return None,
            c => text.push(c),
        }
    }
    Some(text)
}

/// A name, or members of it such as `user.name`.
pub(super) fn is_path(expression: &str) -> bool {
    expression.split('.').all(is_name)
}

pub(super) fn is_name(word: &str) -> bool {
    let mut chars = word.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The start of what cannot be read, for a person to find it.
pub(super) fn shown(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_maps_within_a_tag_do_not_close_it() {
        let text = "{{ '}}' }}{{ {'a': {'b': 1}}.a }}{% if '%}' %}";
        let inner: Vec<&str> = pieces(text)
            .unwrap()
            .iter()
            .map(|piece| match piece {
                Piece::Output { inner, .. } => inner,
                Piece::Tag(tag) => tag.inner,
                _ => "",
            })
            .collect();
        assert_eq!(inner, ["'}}'", "{'a': {'b': 1}}.a", "if '%}'"]);
        assert!(pieces("{{ x").is_err());
        assert_eq!(quoted_text(r#""a\n""#).as_deref(), Some("a\n"));
        assert_eq!(quoted_text("'a' ~ 'b'"), None);
    }
}
