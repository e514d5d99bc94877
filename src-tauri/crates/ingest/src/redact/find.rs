//! The secrets of one text: a search for the beginnings of all shapes at once, and a closer look at each.
//!
//! Text without such a beginning costs one pass and no memory.

use super::keys::SHAPES;
use super::placeholder::placeholders;
use super::{assigned, card, edges, email, pem, phone, url};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::ops::{ControlFlow, Range};
use std::sync::LazyLock;

/// The shortest secret, `a@b.co`.
const SHORTEST: usize = 6;

/// A stretch of text that must go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found<'k> {
    pub(super) range: Range<usize>,
    pub(super) kind: &'k str,
    /// Among equal stretches the lowest wins: a key's own shape tells more than the name before it.
    rank: usize,
}

impl<'k> Found<'k> {
    pub(super) fn new(range: Range<usize>, kind: &'k str, rank: usize) -> Self {
        Self { range, kind, rank }
    }
}

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Everything,
    /// Keys that tell by their own shape.
    Keys,
}

/// What a beginning may lead to.
#[derive(Debug, Clone, Copy)]
enum Lead {
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

/// Ranks after those of the key shapes.
const RANK_URL: usize = 100;
const RANK_PERSONAL: usize = 101;
const RANK_ASSIGNED: usize = 102;
pub(super) const RANK_OWN: usize = 103;

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
        (r":\/\/", Lead::OfJson),
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
fn each_beginning(
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
fn each_run_of_digits(
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

fn of_digits(text: &str, run: &Range<usize>) -> Option<(Range<usize>, &'static str)> {
    card::find(text, run)
        .map(|range| (range, "card"))
        .or_else(|| phone::north_american(text, run).map(|range| (range, "phone")))
}

/// Every secret of a text by its own shape, in order and without overlaps.
pub(super) fn find(text: &str, look: Look) -> Vec<Found<'static>> {
    let mut found: Vec<Found<'static>> = Vec::new();
    if text.len() < SHORTEST {
        return found;
    }
    // How far each lead has been followed, so that what stands within a secret is not followed again.
    let (mut keys_end, mut assigned_end, mut has_pem) = (0, 0, false);
    let _ = each_beginning(text, |lead, anchor| {
        let at = anchor.start;
        let taken = match (lead, look) {
            (Lead::Key(index), _) => {
                let is_within = at < keys_end && found.last().is_some_and(|f| f.rank <= index);
                let range = if is_within {
                    None
                } else {
                    SHAPES[index].find(text, at)
                };
                range.map(|range| {
                    keys_end = range.end.max(keys_end);
                    Found::new(range, SHAPES[index].kind(), index)
                })
            }
            (Lead::Pem, _) => {
                has_pem = true;
                None
            }
            (_, Look::Keys) => None,
            (Lead::Assigned(word), _) => (at >= assigned_end)
                .then(|| assigned::find(text, at, word))
                .flatten()
                .map(|(range, kind)| {
                    assigned_end = range.end;
                    Found::new(range, kind, RANK_ASSIGNED)
                }),
            (Lead::Url, _) => {
                url::find(text, at).map(|(range, kind)| Found::new(range, kind, RANK_URL))
            }
            // The `@` after credentials begins a host, which stays.
            (Lead::At, _) => (found
                .iter()
                .rev()
                .take(4)
                .all(|f| f.range.end != at || f.rank != RANK_URL))
            .then(|| email::find(text, at, anchor.end))
            .flatten()
            .map(|range| Found::new(range, "email", RANK_PERSONAL)),
            (Lead::Plus, _) => phone::international(text, at)
                .map(|range| Found::new(range, "phone", RANK_PERSONAL)),
            (Lead::PhoneWord, _) => {
                phone::after_word(text, at).map(|range| Found::new(range, "phone", RANK_PERSONAL))
            }
            (Lead::OfJson | Lead::NameOfJson, _) => None,
        };
        found.extend(taken);
        ControlFlow::Continue(())
    });
    if has_pem {
        found.extend(pem::find(text).map(|(range, kind)| Found::new(range, kind, 0)));
    }
    if !found.is_empty() {
        let secrets = aws_secrets(text, &found);
        found.extend(secrets);
    }
    if look == Look::Everything {
        let _ = each_run_of_digits(text, |run| {
            found.extend(
                of_digits(text, &run).map(|(range, kind)| Found::new(range, kind, RANK_PERSONAL)),
            );
            ControlFlow::Continue(())
        });
    }
    settle(text, found)
}

/// The secret that commonly stands near an AWS key id: 40 characters that look random.
fn aws_secrets(text: &str, found: &[Found<'static>]) -> Vec<Found<'static>> {
    const NEAR_BYTES: usize = 160;
    const SECRET_BYTES: usize = 40;
    let mut secrets = Vec::new();
    for id in found.iter().filter(|found| found.kind == "aws_key_id") {
        let bytes = text.as_bytes();
        let most = bytes.len().min(id.range.end + NEAR_BYTES);
        let mut at = id.range.end;
        while at < most {
            let length = bytes[at..]
                .iter()
                .take(SECRET_BYTES + 1)
                .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+'))
                .count();
            if length == SECRET_BYTES && edges::is_mixed(&text[at..at + length]) {
                secrets.push(Found::new(at..at + length, "aws_secret", 0));
                break;
            }
            at += length.max(1);
        }
    }
    secrets
}

/// True when JSON, escapes and all, may hold something to take out. It may err on the side of looking.
pub(super) fn is_suspect(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    let flow = each_beginning(raw, |lead, anchor| {
        let at = anchor.start;
        let is_suspect = match lead {
            Lead::Key(index) => SHAPES[index].find(raw, at).is_some(),
            Lead::Assigned(_) | Lead::NameOfJson => assigned::is_assigned(bytes, anchor.end),
            Lead::Url => url::find(raw, at).is_some(),
            Lead::At => email::find(raw, at, anchor.end).is_some(),
            Lead::Plus => phone::international(raw, at).is_some(),
            Lead::PhoneWord => bytes[anchor.end..]
                .iter()
                .take(16)
                .any(|b| matches!(b, b':' | b'"' | b'0'..=b'9')),
            Lead::Pem | Lead::OfJson => true,
        };
        if is_suspect {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    flow.is_break()
        || each_run_of_digits(raw, |run| match of_digits(raw, &run) {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        })
        .is_break()
}

/// Puts what was found in order, joins what overlaps and leaves placeholders alone.
pub(super) fn settle<'k>(text: &str, mut found: Vec<Found<'k>>) -> Vec<Found<'k>> {
    if found.is_empty() {
        return found;
    }
    found.sort_by_key(|f| (f.range.start, std::cmp::Reverse(f.range.end), f.rank));
    let mut joined: Vec<Found<'k>> = Vec::with_capacity(found.len());
    for next in found {
        match joined.last_mut() {
            Some(last) if next.range.start < last.range.end => {
                // The longer one names the whole.
                if next.range.len() > last.range.len() {
                    last.kind = next.kind;
                    last.rank = next.rank;
                }
                last.range.end = last.range.end.max(next.range.end);
            }
            _ => joined.push(next),
        }
    }
    let known = placeholders(text);
    if known.is_empty() {
        return joined;
    }
    joined
        .into_iter()
        .flat_map(|found| around(found, &known))
        .collect()
}

/// What is left of a stretch beside the placeholders within it.
fn around<'k>(found: Found<'k>, known: &[Range<usize>]) -> Vec<Found<'k>> {
    let Found { range, kind, rank } = found;
    let mut left = Vec::new();
    let mut start = range.start;
    for placeholder in known
        .iter()
        .filter(|p| p.end > range.start && p.start < range.end)
    {
        if placeholder.start > start {
            left.push(Found::new(start..placeholder.start, kind, rank));
        }
        start = start.max(placeholder.end);
    }
    if start < range.end {
        left.push(Found::new(start..range.end, kind, rank));
    }
    left
}
