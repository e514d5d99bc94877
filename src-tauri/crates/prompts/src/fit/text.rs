//! A text that is cut between tokens, with a mark in the gap.

use super::shorten::Shorter;
use plumbline_tokens::{Encoding, KeptText, TextCut, count, fit_text};
use serde_json::Value;

/// How often the kept part is made shorter when it counts more beside the mark than alone; once is usual.
const TRIES: usize = 8;

pub(super) struct Text<'v> {
    encoding: Encoding,
    text: &'v str,
    tokens: u64,
    cut: TextCut,
    /// The most tokens that the mark takes, with a space on either side.
    mark_tokens: u64,
    /// Tokens that stay in any case.
    keep: u64,
}

impl<'v> Text<'v> {
    pub(super) fn new(encoding: Encoding, text: &'v str, cut: TextCut, keep: u64) -> Self {
        let tokens = count(encoding, text);
        Self {
            encoding,
            text,
            tokens,
            cut,
            mark_tokens: count(encoding, &format!(" {} ", mark(tokens))),
            keep,
        }
    }

    pub(super) fn tokens(&self) -> u64 {
        self.tokens
    }

    /// The mark alone, and what stays in any case.
    pub(super) fn least(&self) -> u64 {
        self.mark_tokens.saturating_add(self.keep)
    }

    /// At most so many tokens of it, the mark among them.
    pub(super) fn within(&self, tokens: u64) -> Shorter {
        let mut allowed = tokens.saturating_sub(self.mark_tokens).max(self.keep);
        for _ in 0..TRIES {
            let shorter = self.keeping(allowed);
            let over = shorter.tokens.saturating_sub(tokens);
            if over == 0 || allowed == self.keep {
                return shorter;
            }
            allowed = allowed.saturating_sub(over).max(self.keep);
        }
        self.keeping(self.keep)
    }

    fn keeping(&self, allowed: u64) -> Shorter {
        let kept = fit_text(self.encoding, self.text, allowed, self.cut);
        let text = if kept.is_whole(self.text) {
            self.text.to_owned()
        } else {
            self.joined(kept)
        };
        Shorter {
            tokens: count(self.encoding, &text),
            value: Value::String(text),
            items_dropped: None,
        }
    }

    fn joined(&self, kept: KeptText<'_>) -> String {
        let mark = mark(self.tokens.saturating_sub(kept.tokens));
        let mut text = kept.start.to_owned();
        if !text.is_empty() && !text.ends_with(char::is_whitespace) {
            text.push(' ');
        }
        text.push_str(&mark);
        if !kept.end.is_empty() && !kept.end.starts_with(char::is_whitespace) {
            text.push(' ');
        }
        text.push_str(kept.end);
        text
    }
}

fn mark(tokens: u64) -> String {
    let noun = if tokens == 1 { "token" } else { "tokens" };
    format!("[… {} {noun} cut …]", grouped(tokens))
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ENCODING: Encoding = Encoding::O200kBase;

    #[test]
    fn the_mark_stands_in_the_gap_and_says_how_much_is_gone() {
        let words = (0..3_000).map(|n| format!("word{n} ")).collect::<String>();
        let text = |cut| {
            let text = Text::new(ENCODING, &words, cut, 0);
            let shorter = text.within(100);
            assert!((95..=100).contains(&shorter.tokens), "{}", shorter.tokens);
            shorter.value.as_str().unwrap_or_default().to_owned()
        };
        let tail = text(TextCut::Tail);
        assert!(
            tail.starts_with("word0 ") && tail.ends_with(" tokens cut …]"),
            "{tail}"
        );
        let head = text(TextCut::Head);
        assert!(
            head.starts_with("[… ") && head.ends_with("word2999 "),
            "{head}"
        );
        let middle = text(TextCut::Middle);
        assert!(
            middle.starts_with("word0 ") && middle.ends_with("word2999 "),
            "{middle}"
        );
        let number = middle
            .split("[… ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        assert!(
            number.is_some_and(|number| number.contains(',')),
            "{middle}"
        );
    }

    #[test]
    fn numbers_are_grouped_and_one_token_is_no_plural() {
        assert_eq!(mark(1), "[… 1 token cut …]");
        assert_eq!(mark(999), "[… 999 tokens cut …]");
        assert_eq!(mark(1_234_567), "[… 1,234,567 tokens cut …]");
    }

    proptest! {
        #[test]
        fn a_shortened_text_is_within_what_it_was_given(
            text in "(?s)(.{0,30}|[ \n]{0,6}|[a-zA-Z']{0,12}|[一-龥]{0,9}|(👨‍👩‍👧|🇩🇪){0,3}){0,12}",
            steps in 0_u64..60,
        ) {
            for cut in [TextCut::Head, TextCut::Tail, TextCut::Middle] {
                let text = Text::new(ENCODING, &text, cut, 0);
                let step = text.least() + steps;
                if step < text.tokens() {
                    let shorter = text.within(step);
                    prop_assert!(shorter.tokens <= step);
                    prop_assert!(shorter.value.as_str().unwrap().contains(" cut …]"));
                }
            }
        }
    }
}
