//! The secrets of one text: a closer look at everything that may begin one.
//!
//! Text without such a beginning costs one pass and no memory.

use super::beginnings::{Lead, each_beginning, each_run_of_digits};
use super::json::end_of_string;
use super::keys::SHAPES;
use super::overlaps::settle;
use super::quiet::{WORTHWHILE, is_quiet, is_small_word};
use super::{assigned, card, edges, email, pem, phone, url};
use std::ops::{ControlFlow, Range};

/// The shortest secret, `a@b.co`.
const SHORTEST: usize = 6;

/// A stretch of text that must go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found<'k> {
    pub(super) range: Range<usize>,
    pub(super) kind: &'k str,
    /// Among equal stretches the lowest wins: a key's own shape tells more than the name before it.
    pub(super) rank: usize,
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

/// Ranks after those of the key shapes.
const RANK_URL: usize = 100;
const RANK_PERSONAL: usize = 101;
const RANK_ASSIGNED: usize = 102;
pub(super) const RANK_OWN: usize = 103;

fn of_digits(text: &str, run: &Range<usize>) -> Option<(Range<usize>, &'static str)> {
    card::find(text, run)
        .map(|range| (range, "card"))
        .or_else(|| phone::north_american(text, run).map(|range| (range, "phone")))
}

/// Every secret of a text by its own shape, in order and without overlaps.
pub(super) fn find(text: &str, look: Look) -> Vec<Found<'static>> {
    let is_clean = match text.len() {
        ..SHORTEST => true,
        SHORTEST..WORTHWHILE => is_small_word(text),
        _ => is_quiet(text),
    };
    if is_clean {
        return Vec::new();
    }
    find_in_full(text, look)
}

/// The same, whatever the text looks like from afar.
pub(super) fn find_in_full(text: &str, look: Look) -> Vec<Found<'static>> {
    let mut found: Vec<Found<'static>> = Vec::new();
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

/// A string of JSON is worth a look from afar from this length on.
const LONG_STRING: usize = 64;

/// True when JSON, escapes and all, may hold something to take out. It may err on the side of looking.
pub(super) fn is_suspect(raw: &str) -> bool {
    quiet_strings(raw).is_none()
}

/// Where the long strings of JSON stand that hold nothing, as they are written; `None` where anything of it may hold
/// something to take out.
pub(super) fn quiet_strings(raw: &str) -> Option<Vec<Range<usize>>> {
    let bytes = raw.as_bytes();
    let (mut from, mut at, mut quiet) = (0, 0, Vec::new());
    // Long strings that hold nothing are passed over; what stands between them is searched.
    while let Some(open) = memchr::memchr(b'"', &bytes[at..]).map(|found| at + found) {
        let Some(end) = end_of_string(bytes, open) else {
            break;
        };
        if end - open > LONG_STRING
            && !assigned::is_assigned(bytes, end)
            && is_quiet(&raw[open + 1..end - 1])
        {
            if is_suspect_part(raw, from..open + 1) {
                return None;
            }
            quiet.push(open + 1..end - 1);
            from = end - 1;
        }
        at = end;
    }
    let flow = each_run_of_digits(raw, |run| match of_digits(raw, &run) {
        Some(_) => ControlFlow::Break(()),
        None => ControlFlow::Continue(()),
    });
    (flow.is_continue() && !is_suspect_part(raw, from..raw.len())).then_some(quiet)
}

/// The same of a part, whose beginnings are followed into what stands around it.
fn is_suspect_part(raw: &str, part: Range<usize>) -> bool {
    let bytes = raw.as_bytes();
    let flow = each_beginning(&raw[part.clone()], |lead, anchor| {
        let (at, end) = (part.start + anchor.start, part.start + anchor.end);
        let is_suspect = match lead {
            Lead::Key(index) => SHAPES[index].find(raw, at).is_some(),
            Lead::Assigned("bearer") => assigned::find(raw, at, "bearer").is_some(),
            Lead::Assigned(_) | Lead::NameOfJson => {
                assigned::is_assigned(bytes, end) || is_told(bytes, end)
            }
            Lead::Url => url::find(raw, at).is_some(),
            Lead::At => email::find(raw, at, end).is_some(),
            Lead::Plus => phone::international(raw, at).is_some(),
            Lead::PhoneWord => bytes[end..]
                .iter()
                .take(32)
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
}

/// True where a string ends with a name and another value follows, which may be what it names.
fn is_told(bytes: &[u8], end_of_word: usize) -> bool {
    let mut rest = bytes[end_of_word..]
        .iter()
        .skip_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    rest.next() == Some(&b'"') && rest.find(|b| !b.is_ascii_whitespace()) == Some(&b',')
}
