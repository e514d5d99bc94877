//! Exact token counts of plain text, for any input whatever.
//!
//! Counting cuts text as the published expressions do, remembers short pieces, and merges the others over tables
//! in the program. Token ids come from tiktoken-rs; its splitting expression backtracks, so one million spaces
//! overflow its stack, and a text with a run of more than [`LONGEST_RUN`] characters of one class (white space,
//! letters and digits, everything else) goes to bpe-openai. All three agree.
//! Special tokens such as `<|endoftext|>` inside a text are ordinary text: content cannot speak control.

use crate::Encoding;
use crate::any_pieces::any_pieces;
use crate::piece_memory::Shelf;
use crate::pieces::{Part, parts, piece_end};
use crate::vocabulary::{Vocabulary, linear};
use tiktoken_rs::CoreBPE;

/// Longest run of one class of characters that tiktoken-rs is given, in characters. It failed between
/// 300,000 and 1,000,000; real prose and code stay far below this.
const LONGEST_RUN: usize = 10_000;

/// How far a text was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reached {
    /// The end of a piece, as an offset.
    pub at: usize,
    /// Of all pieces up to there.
    pub tokens: u64,
}

/// The number of tokens of `text`. Exact; never fails.
#[must_use]
pub fn count(encoding: Encoding, text: &str) -> u64 {
    read(encoding, text, None).tokens
}

/// The last end of a piece of `text` up to which it has at most `limit` tokens. Reads one piece beyond it.
pub(crate) fn read_up_to(encoding: Encoding, text: &str, limit: u64) -> Reached {
    read(encoding, text, Some(limit))
}

// Inlined, so that a count has no limit to look at.
#[inline(always)]
fn read(encoding: Encoding, text: &str, limit: Option<u64>) -> Reached {
    static O200K: Shelf = Shelf::new();
    static CL100K: Shelf = Shelf::new();
    let shelf = match encoding {
        Encoding::O200kBase => &O200K,
        Encoding::Cl100kBase => &CL100K,
    };
    let vocabulary = Vocabulary::of(encoding);
    let merge = |piece: &[u8]| vocabulary.count(piece);
    shelf.with(|memory| {
        let mut reached = Reached { at: 0, tokens: 0 };
        let mut take = |piece: &[u8]| {
            let tokens = reached.tokens + memory.tokens(piece, merge);
            if limit.is_some_and(|limit| tokens > limit) {
                return Err(reached);
            }
            reached = Reached {
                at: reached.at + piece.len(),
                tokens,
            };
            Ok(())
        };
        let all = parts(text).try_for_each(|part| match part {
            Part::Ascii(text) => {
                let bytes = text.as_bytes();
                let mut from = 0;
                while from < bytes.len() {
                    let end = piece_end(encoding, bytes, from);
                    take(&bytes[from..end])?;
                    from = end;
                }
                Ok(())
            }
            Part::Mixed(text) => {
                any_pieces(encoding, text).try_for_each(|piece| take(piece.as_bytes()))
            }
        });
        all.err().unwrap_or(reached)
    })
}

/// The token ids of `text`. Exact; never fails.
#[must_use]
pub fn encode(encoding: Encoding, text: &str) -> Vec<u32> {
    if has_long_run(text) {
        linear(encoding).encode(text)
    } else {
        usual(encoding).encode_ordinary(text)
    }
}

fn usual(encoding: Encoding) -> &'static CoreBPE {
    match encoding {
        Encoding::O200kBase => tiktoken_rs::o200k_base_singleton(),
        Encoding::Cl100kBase => tiktoken_rs::cl100k_base_singleton(),
    }
}

#[derive(PartialEq, Clone, Copy)]
enum Class {
    Space,
    Word,
    Other,
}

fn class(character: char) -> Class {
    if character.is_whitespace() {
        Class::Space
    } else if character.is_alphanumeric() {
        Class::Word
    } else {
        Class::Other
    }
}

fn has_long_run(text: &str) -> bool {
    if text.len() <= LONGEST_RUN {
        return false;
    }
    let mut run = 0;
    let mut last = None;
    text.chars().any(|character| {
        let this = Some(class(character));
        run = if this == last { run + 1 } else { 1 };
        last = this;
        run > LONGEST_RUN
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::BOTH;
    use proptest::prelude::*;

    #[test]
    fn published_counts_are_met() {
        // OpenAI's cookbook, "How to count tokens with tiktoken".
        assert_eq!(
            encode(Encoding::Cl100kBase, "tiktoken is great!"),
            [83, 1609, 5963, 374, 2294, 0]
        );
        assert_eq!(
            count(Encoding::Cl100kBase, "antidisestablishmentarianism"),
            6
        );
        assert_eq!(count(Encoding::O200kBase, "お誕生日おめでとう"), 8);
        assert_eq!(count(Encoding::Cl100kBase, "お誕生日おめでとう"), 9);
        assert_eq!(count(Encoding::O200kBase, ""), 0);
    }

    #[test]
    fn both_counters_agree_id_by_id_on_mixed_text() {
        let texts = [
            "The quick brown fox; it's what we've DON'T'd — isn't it?",
            "fn main() {\n    let x: Vec<u8> = vec![0; 1 << 10];\n\treturn;\r\n}\r\n",
            r#"{"name":"Zoë","ids":[1,22,333,4444],"nested":{"a":null,"b":-1.5e-9}}"#,
            "数据集中的每一个样本都有一个稳定的键。「はい」と言った。",
            "👨‍👩‍👧‍👦 family 🇩🇪 flags 👍🏽 e\u{301} combining",
            "\u{0}\u{1}\u{7f}\u{85}\u{a0}\u{2003} \u{feff}controls\u{b}\u{c}",
            "   \n\n \t x  \u{a0} y\r\n\r\n  ",
            "<|endoftext|><|im_start|>system",
            "",
        ];
        for encoding in BOTH {
            for text in texts {
                let ids = usual(encoding).encode_ordinary(text);
                assert_eq!(ids, linear(encoding).encode(text), "{encoding}: {text:?}");
                assert_eq!(ids, encode(encoding, text));
                assert_eq!(ids.len() as u64, count(encoding, text));
            }
        }
    }

    #[test]
    fn a_special_token_in_a_text_is_ordinary_text() {
        for encoding in BOTH {
            assert!(
                count(encoding, "<|endoftext|>") > 1,
                "one token would let content end the conversation"
            );
        }
    }

    #[test]
    fn a_million_of_the_same_character_is_counted() {
        for encoding in BOTH {
            for text in [" ", "a", "\n", "7", "中"] {
                let text = text.repeat(1_000_000);
                let tokens = count(encoding, &text);
                assert!(tokens > 1_000 && tokens <= 1_000_000, "{tokens}");
            }
        }
        let padded = format!("start{}end", " ".repeat(400_000));
        assert!(count(Encoding::O200kBase, &padded) > 2);
    }

    #[test]
    fn only_long_runs_leave_the_usual_counter() {
        assert!(!has_long_run(&"word ".repeat(100_000)));
        assert!(!has_long_run(&" ".repeat(LONGEST_RUN)));
        assert!(has_long_run(&" ".repeat(LONGEST_RUN + 1)));
        assert!(has_long_run(&format!("x{}", "-".repeat(LONGEST_RUN + 1))));
    }

    proptest! {
        #[test]
        fn both_counters_agree_on_any_text(
            text in "(?s)(.{0,30}|[ \t\r\n\u{a0}]{0,12}|[a-zA-Z']{0,12}|[0-9]{0,8}|[一-龥]{0,6}|[!-/]{0,5}){0,12}"
        ) {
            for encoding in BOTH {
                let ids = usual(encoding).encode_ordinary(&text);
                prop_assert_eq!(count(encoding, &text), ids.len() as u64);
                prop_assert_eq!(ids, linear(encoding).encode(text.as_str()));
            }
        }
    }
}
