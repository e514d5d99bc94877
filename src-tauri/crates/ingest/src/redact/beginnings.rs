//! Where a secret may begin: one search for the beginnings of all shapes at once, and the runs of digits.

use super::keys::SHAPES;
use super::{assigned, phone};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::ops::{ControlFlow, Range};
use std::sync::LazyLock;

/// What a beginning may lead to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lead {
    Key(usize),
    Assigned(&'static str),
    Url,
    At,
    Plus,
    PhoneWord,
    Pem,
    /// Names and escapes that only matter in JSON.
    OfJson,
    NameOfJson,
}

struct Beginnings {
    automaton: Option<AhoCorasick>,
    leads: Vec<Lead>,
}

static BEGINNINGS: LazyLock<Beginnings> = LazyLock::new(|| {
    let mut all: Vec<(String, Lead)> = Vec::new();
    let spellings = |word: &str| {
        let (first, rest) = word.split_at(1);
        [
            word.to_owned(),
            first.to_ascii_uppercase() + rest,
            word.to_ascii_uppercase(),
        ]
    };
    for (index, shape) in SHAPES.iter().enumerate() {
        for anchor in shape.anchors {
            match shape.kind() {
                // Two letters begin too many words; a digit of the hex that follows makes them rare.
                "twilio_key" => all.extend(
                    "0123456789abcdef"
                        .chars()
                        .map(|c| (format!("{anchor}{c}"), Lead::Key(index))),
                ),
                "basic_auth" => all.extend(spellings(anchor).map(|word| (word, Lead::Key(index)))),
                _ => all.push(((*anchor).to_owned(), Lead::Key(index))),
            }
        }
    }
    for word in assigned::ANCHORS {
        all.extend(spellings(word).map(|spelling| (spelling, Lead::Assigned(word))));
    }
    for word in phone::WORDS {
        all.extend(spellings(word).map(|spelling| (spelling, Lead::PhoneWord)));
    }
    for (anchor, lead) in [
        ("://", Lead::Url),
        ("@", Lead::At),
        ("%40", Lead::At),
        ("+", Lead::Plus),
        ("-----BEGIN", Lead::Pem),
        (r"\u", Lead::OfJson),
        (r"\/", Lead::OfJson),
        (".header.", Lead::OfJson),
        ("eaders", Lead::NameOfJson),
        ("redential", Lead::NameOfJson),
    ] {
        all.push((anchor.to_owned(), lead));
    }
    Beginnings {
        automaton: AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .match_kind(MatchKind::Standard)
            .build(all.iter().map(|(anchor, _)| anchor))
            .ok(),
        leads: all.iter().map(|(_, lead)| *lead).collect(),
    }
});

/// Every beginning in a text, until `look` has seen enough.
pub(super) fn each_beginning(
    text: &str,
    mut look: impl FnMut(Lead, Range<usize>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let Some(automaton) = &BEGINNINGS.automaton else {
        return ControlFlow::Continue(());
    };
    for found in automaton.find_overlapping_iter(text) {
        look(BEGINNINGS.leads[found.pattern().as_usize()], found.range())?;
    }
    ControlFlow::Continue(())
}

/// Every run of four or more digits: each holds one of every fourth byte.
pub(super) fn each_run_of_digits(
    text: &str,
    mut look: impl FnMut(Range<usize>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let bytes = text.as_bytes();
    let mut at = 3;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 4;
            continue;
        }
        let back = bytes[..at]
            .iter()
            .rev()
            .take_while(|b| b.is_ascii_digit())
            .count();
        let on = bytes[at..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        if back + on >= 4 {
            look(at - back..at + on)?;
        }
        at += on.max(1).next_multiple_of(4);
    }
    ControlFlow::Continue(())
}
