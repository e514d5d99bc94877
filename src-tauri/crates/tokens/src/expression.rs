//! Cuts any text into pieces by the published splitting expressions (tiktoken, `openai_public.py`).
//!
//! Their `\s+(?!\S)` looks ahead, which a linear engine cannot: it is white space to the end of the text, or white
//! space of which the last character is given back.

use crate::Encoding;
use regex::Regex;
use std::sync::LazyLock;

struct Expression {
    /// Everything that looks nowhere.
    plain: Option<Regex>,
    /// White space before white space.
    before_space: Option<Regex>,
}

fn expression(encoding: Encoding) -> Expression {
    let words = match encoding {
        Encoding::O200kBase => {
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*"
        }
        Encoding::Cl100kBase => {
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
        }
    };
    Expression {
        plain: Regex::new(&format!(r"\A(?:{words}|\s*[\r\n]+|\s+\z)")).ok(),
        before_space: Regex::new(r"\A\s+\s").ok(),
    }
}

/// The pieces of a text, in order.
pub(crate) fn pieces(encoding: Encoding, text: &str) -> impl Iterator<Item = &str> {
    static O200K: LazyLock<Expression> = LazyLock::new(|| expression(Encoding::O200kBase));
    static CL100K: LazyLock<Expression> = LazyLock::new(|| expression(Encoding::Cl100kBase));
    let expression = match encoding {
        Encoding::O200kBase => &O200K,
        Encoding::Cl100kBase => &CL100K,
    };
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let (piece, later) = rest.split_at(expression.end(rest).unwrap_or(first.len_utf8()));
        rest = later;
        Some(piece)
    })
}

impl Expression {
    /// Where the first piece ends; `None` for a single space before a word that it does not belong to.
    fn end(&self, text: &str) -> Option<usize> {
        if let Some(found) = self.plain.as_ref()?.find(text) {
            return Some(found.end());
        }
        let spaces = self.before_space.as_ref()?.find(text)?;
        let given_back = spaces.as_str().chars().next_back()?;
        Some(spaces.end() - given_back.len_utf8())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_cut_as_the_published_expression_cuts_it(
            text in "(?s)([ \t\r\n\u{a0}\u{3000}]{0,4}|[a-zA-Z']{0,6}|[0-9]{0,5}|[é一ſǅʰ\u{301}]{0,3}|[!-/]{0,3}|.){0,16}"
        ) {
            for (encoding, peer) in [
                (Encoding::O200kBase, bpe_openai::o200k_base()),
                (Encoding::Cl100kBase, bpe_openai::cl100k_base()),
            ] {
                let expected: Vec<&str> = peer.split(&text).collect();
                prop_assert_eq!(pieces(encoding, &text).collect::<Vec<_>>(), expected);
            }
        }
    }
}
