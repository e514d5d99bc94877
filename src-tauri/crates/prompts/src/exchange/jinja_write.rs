//! Jinja put together, between our rules for white space and those of others.
//!
//! Ours drop the line end after a block and the space before it (`trim_blocks`, `lstrip_blocks`). Jinja2, Nunjucks and
//! LangChain keep both, so the same text would not say the same.

use super::build::literal;
use super::jinja::{Piece, Tag, pieces};

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
        // Only the spaces are looked at: a line may be the whole template.
        let before = self.out.trim_end_matches([' ', '\t']);
        let is_indent =
            before.len() < self.out.len() && (before.is_empty() || before.ends_with('\n'));
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
        self.out.push_str(&literal(most));
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
            Piece::Raw(text) => out.push_str(&literal(text)),
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
    use crate::template;
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
    fn what_is_raw_is_text() {
        let ours = from_untrimmed("{% raw %}{{ x }}{% endraw %}{{ x }}").unwrap();
        assert_eq!(
            rendered(&template::environment(), &ours).as_deref(),
            Some("{{ x }}X")
        );
    }
}
