//! Jinja taken apart and put together, between our rules for white space and those of others.
//!
//! Ours drop the line end after a block and the space before it (`trim_blocks`, `lstrip_blocks`). Jinja2, Nunjucks and
//! LangChain keep both, so the same text would not say the same.

use crate::template;
use minijinja::ErrorKind;
use std::collections::BTreeSet;

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

/// The start of what cannot be read, for a person to find it.
pub(super) fn shown(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(40).collect()
}

/// Puts a template of ours together from texts that are meant as they stand, and from tags.
#[derive(Default)]
pub(super) struct Writer {
    out: String,
    text: String,
    /// Where the last tag closes, while it may still have to keep the line end after it.
    open_end: Option<usize>,
}

impl Writer {
    pub(super) fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn output(&mut self, expression: &str) {
        self.whole(&format!("{{{{ {expression} }}}}"));
    }

    /// An output as it stands.
    pub(super) fn whole(&mut self, full: &str) {
        self.flush(true);
        self.open_end = None;
        self.out.push_str(full);
    }

    /// A block. One that `stands_alone` on its line takes the line with it; any other keeps what is around it.
    pub(super) fn tag(&mut self, tag: Tag<'_>, stands_alone: bool) {
        self.flush(true);
        let line = self.out.rsplit('\n').next().unwrap_or_default();
        let is_indent = !line.is_empty() && line.chars().all(char::is_whitespace);
        let left = match tag.left {
            None if is_indent && !stands_alone => "+",
            Some('-') => "-",
            Some(_) => "+",
            None => "",
        };
        let (open, close) = if tag.is_comment {
            ("{#", "#}")
        } else {
            ("{%", "%}")
        };
        let space = if tag.is_comment { "" } else { " " };
        self.out
            .push_str(&format!("{open}{left}{space}{}{space}", tag.inner));
        if let Some(mark) = tag.right {
            self.out.push(mark);
        }
        self.open_end = (tag.right.is_none() && !stands_alone).then_some(self.out.len());
        self.out.push_str(close);
    }

    /// A remark of who wrote the template; it renders to nothing.
    pub(super) fn comment(&mut self, words: &str, stands_alone: bool) {
        let inner = format!(" {} ", words.replace("#}", "# }"));
        let tag = Tag {
            is_comment: true,
            ..Tag::block(&inner)
        };
        self.tag(tag, stands_alone);
    }

    pub(super) fn finish(mut self) -> String {
        self.flush(false);
        self.out
    }

    fn flush(&mut self, before_tag: bool) {
        if self.text.is_empty() {
            return;
        }
        if let Some(at) = self.open_end.take()
            && self.text.starts_with(['\n', '\r'])
        {
            self.out.insert(at, '+');
        }
        let text = std::mem::take(&mut self.text);
        // Braces before a tag would open another one with it.
        let most = if before_tag {
            text.trim_end_matches('{')
        } else {
            &text
        };
        self.out.push_str(&super::build::literal(most));
        if most.len() < text.len() {
            self.out
                .push_str(&format!("{{{{ '{}' }}}}", &text[most.len()..]));
        }
    }
}

/// Whether a block has its line to itself, in templates where such a line vanishes. On each side: whether nothing
/// stands there, the text that does, and whether that text is the outermost.
pub(super) fn is_alone(
    before: (bool, Option<&str>, bool),
    after: (bool, Option<&str>, bool),
) -> bool {
    let blank = |text: &str| text.chars().all(|c| matches!(c, ' ' | '\t' | '\r'));
    let starts = match before {
        (nothing, None, _) => nothing,
        (_, Some(text), is_first) => match text.rsplit_once('\n') {
            Some((_, line)) => blank(line),
            None => is_first && blank(text),
        },
    };
    let ends = match after {
        (nothing, None, _) => nothing,
        (_, Some(text), is_last) => match text.split_once('\n') {
            Some((line, _)) => blank(line),
            None => is_last && blank(text),
        },
    };
    starts && ends
}

/// The text after a block that had its line to itself: our rules drop the line end, but not spaces before it.
pub(super) fn without_blank_start(text: &str, after_alone: bool) -> &str {
    if after_alone {
        text.trim_start_matches([' ', '\t'])
    } else {
        text
    }
}

/// A template of Jinja2 or Nunjucks, written so that ours says the same.
pub(super) fn from_untrimmed(template: &str) -> Result<String, String> {
    let mut writer = Writer::default();
    for piece in pieces(template)? {
        match piece {
            Piece::Text(text) | Piece::Raw(text) => writer.text(text),
            Piece::Output { full, .. } => writer.whole(full),
            Piece::Tag(tag) => writer.tag(tag, false),
        }
    }
    Ok(writer.finish())
}

/// A template of ours for Jinja2 or Nunjucks: what ours drops around blocks is not written.
pub(super) fn to_untrimmed(template: &str) -> Result<String, String> {
    let pieces = pieces(template)?;
    let mut out = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        let previous = index.checked_sub(1).and_then(|before| pieces.get(before));
        match piece {
            Piece::Text(text) => out.push_str(trimmed(text, previous, pieces.get(index + 1))),
            Piece::Output { full, .. } => out.push_str(full),
            Piece::Raw(text) => out.push_str(&super::build::literal(text)),
            Piece::Tag(tag) => {
                let mark = |mark: Option<char>| if mark == Some('-') { "-" } else { "" };
                let (left, right) = (mark(tag.left), mark(tag.right));
                if tag.is_comment {
                    out.push_str(&format!("{{#{left}{}{right}#}}", tag.inner));
                } else {
                    out.push_str(&format!("{{%{left} {} {right}%}}", tag.inner));
                }
            }
        }
    }
    Ok(out)
}

/// What our rules leave of a text between two pieces.
pub(super) fn trimmed<'t>(
    text: &'t str,
    previous: Option<&Piece<'_>>,
    next: Option<&Piece<'_>>,
) -> &'t str {
    let mut kept = text;
    let mut at_line_start = previous.is_none();
    if let Some(Piece::Tag(tag)) = previous
        && tag.right.is_none()
    {
        let without = kept
            .strip_prefix("\r\n")
            .or_else(|| kept.strip_prefix('\n'));
        at_line_start = without.is_some();
        kept = without.unwrap_or(kept);
    }
    if let Some(Piece::Tag(tag)) = next
        && tag.left.is_none()
    {
        let end = kept.trim_end_matches([' ', '\t']);
        if end.ends_with('\n') || (end.is_empty() && at_line_start) {
            kept = end;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::{Environment, context};
    use proptest::prelude::*;

    fn rendered(environment: &Environment<'_>, text: &str) -> Option<String> {
        let context = context! { x => "X", on => true, xs => vec!["a", "b"] };
        environment.render_str(text, context).ok()
    }

    fn untrimmed() -> Environment<'static> {
        let mut environment = Environment::new();
        let syntax = minijinja::syntax::SyntaxConfig::builder()
            .keep_trailing_newline(true)
            .build()
            .unwrap();
        environment.set_syntax(syntax);
        environment
    }

    const PARTS: &str = "(\\{% if on %\\}|\\{% endif %\\}|\\{% for y in xs %\\}|\\{% endfor %\\}|\\{\\{ x \\}\\}|\\{%- endif -%\\}|\\{# c #\\}|\\n| |\\t|a|\\{|\\}|%|\\\\)";

    proptest! {
        #[test]
        fn a_template_says_the_same_under_our_rules_for_white_space(parts in proptest::collection::vec(PARTS, 0..14)) {
            let text = parts.concat();
            if let Some(said) = rendered(&untrimmed(), &text) {
                let ours = from_untrimmed(&text).unwrap();
                prop_assert_eq!(rendered(&template::environment(), &ours), Some(said), "{}", ours);
            }
        }

        #[test]
        fn ours_says_the_same_under_the_rules_of_others(parts in proptest::collection::vec(PARTS, 0..14)) {
            let text = parts.concat();
            if let Some(said) = rendered(&template::environment(), &text) {
                let theirs = to_untrimmed(&text).unwrap();
                prop_assert_eq!(rendered(&untrimmed(), &theirs), Some(said), "{}", theirs);
            }
        }
    }

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

    #[test]
    fn what_is_raw_is_text() {
        let ours = from_untrimmed("{% raw %}{{ x }}{% endraw %}{{ x }}").unwrap();
        assert_eq!(
            rendered(&template::environment(), &ours).as_deref(),
            Some("{{ x }}X")
        );
    }
}
