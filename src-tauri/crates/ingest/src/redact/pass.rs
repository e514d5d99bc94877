//! One pass over a record: texts under the rule of their name, and what was counted on the way.

use super::find::{Found, Look, find};
use super::names::Rule;
use super::overlaps::settle;
use super::placeholder::is_placeholder;
use super::{RedactedCounts, Redactor, card, edges, json, phone};
use std::collections::BTreeMap;

/// JSON within text within JSON is looked into this often.
const NESTED_JSON: u8 = 3;
/// A replaced text is looked at again until nothing is found; no honest text needs more than two rounds.
const ROUNDS: usize = 16;
/// Bytes of a cut text's last word that may be the beginning of a key.
const LAST_WORD_BYTES: usize = 128;

pub(super) struct Pass<'r> {
    redactor: &'r Redactor,
    /// Texts of the record that hold nothing; a span repeats them.
    known: Vec<&'r str>,
    counts: BTreeMap<String, u64>,
    depth: u8,
}

impl<'r> Pass<'r> {
    pub(super) fn new(redactor: &'r Redactor) -> Self {
        Self::knowing(redactor, Vec::new())
    }

    /// A pass that need not look at these texts, which hold nothing.
    pub(super) fn knowing(redactor: &'r Redactor, known: Vec<&'r str>) -> Self {
        Self {
            redactor,
            known,
            counts: BTreeMap::new(),
            depth: 0,
        }
    }

    pub(super) fn add_to(self, counts: &mut RedactedCounts) {
        for (kind, count) in self.counts {
            *counts.entry(kind).or_default() += count;
        }
    }

    /// Adds the larger count of each kind of two passes over the same content.
    pub(super) fn add_larger_to(mut self, other: Self, counts: &mut RedactedCounts) {
        for (kind, count) in other.counts {
            let known = self.counts.entry(kind).or_default();
            *known = count.max(*known);
        }
        self.add_to(counts);
    }

    pub(super) fn has_own_patterns(&self) -> bool {
        !self.redactor.own.is_empty()
    }

    /// The text without secrets, where it holds any.
    pub(super) fn text(&mut self, text: &str) -> Option<String> {
        if self.depth < NESTED_JSON
            && let trimmed = text.trim_ascii()
            && (trimmed.starts_with('{') && trimmed.ends_with('}')
                || trimmed.starts_with('[') && trimmed.ends_with(']'))
            && !is_placeholder(trimmed)
        {
            self.depth += 1;
            let read = json::redact(self, text);
            self.depth -= 1;
            if let Some(changed) = read {
                return changed;
            }
        }
        self.plain(text, Look::Everything)
    }

    /// An id without keys.
    pub(super) fn id(&mut self, text: &str) -> Option<String> {
        self.plain(text, Look::Keys)
    }

    fn plain(&mut self, text: &str, look: Look) -> Option<String> {
        if self.known.contains(&text) {
            return None;
        }
        let mut changed = self.round(text, look)?;
        for _ in 1..ROUNDS {
            match self.round(&changed, look) {
                Some(again) => changed = again,
                None => break,
            }
        }
        Some(changed)
    }

    fn round(&mut self, text: &str, look: Look) -> Option<String> {
        let redactor = self.redactor;
        let mut found: Vec<Found<'r>> = find(text, look);
        if look == Look::Everything {
            found.extend(redactor.own.iter().flat_map(|own| own.find(text)));
        }
        let found = settle(text, found);
        if found.is_empty() {
            return None;
        }
        let mut out = String::with_capacity(text.len() + found.len() * 16);
        let mut end = 0;
        for found in &found {
            out.push_str(&text[end..found.range.start]);
            out.push_str(&self.placeholder(found.kind, &text[found.range.clone()]));
            end = found.range.end;
        }
        out.push_str(&text[end..]);
        Some(out)
    }

    fn placeholder(&mut self, kind: &str, secret: &str) -> String {
        match self.counts.get_mut(kind) {
            Some(count) => *count += 1,
            None => {
                self.counts.insert(kind.to_owned(), 1);
            }
        }
        // One number, however it is written, gives one placeholder.
        let digits: String;
        let secret = if matches!(kind, "card" | "phone") {
            digits = edges::digits(secret);
            &digits
        } else {
            secret
        };
        self.redactor.key.placeholder(kind, secret)
    }

    /// The value of a field that is known by its name alone.
    pub(super) fn by_name(&mut self, name: &str, text: &str) -> Option<String> {
        self.under(Rule::of(name), text)
    }

    /// A text under a rule, where the rule changes it.
    pub(super) fn under(&mut self, rule: Rule, text: &str) -> Option<String> {
        match rule {
            Rule::Whole(kind) => self.whole(kind, text),
            Rule::Random(kind) if edges::looks_random(text) => self.whole(kind, text),
            Rule::Phone if phone::is_number(text) => Some(self.placeholder("phone", text)),
            Rule::Card if card::is_number(text) => Some(self.placeholder("card", text)),
            Rule::Id => self.id(text),
            _ => self.text(text),
        }
    }

    /// A number under a rule, as the text that takes its place.
    pub(super) fn number(&mut self, rule: Rule, number: &str) -> Option<String> {
        match rule {
            Rule::Phone if phone::is_number(number) => Some(self.placeholder("phone", number)),
            Rule::Card if card::is_number(number) => Some(self.placeholder("card", number)),
            _ => None,
        }
    }

    /// A value that is a secret as a whole. The scheme before it stays; a key keeps the kind that its shape tells, so
    /// that it looks the same wherever it stands.
    fn whole(&mut self, kind: &str, text: &str) -> Option<String> {
        let (scheme, secret) = match text.split_once(' ') {
            Some((word, rest)) if is_scheme(word) => (&text[..=word.len()], rest),
            _ => ("", text),
        };
        if is_nothing(secret) {
            return None;
        }
        let kind = match find(secret, Look::Keys).as_slice() {
            [one] if one.range == (0..secret.len()) => one.kind,
            _ => kind,
        };
        Some(format!("{scheme}{}", self.placeholder(kind, secret)))
    }

    /// The bytes of a source record: JSON by its tokens, anything else as text.
    pub(super) fn record(&mut self, raw: &mut Vec<u8>) {
        let changed = match std::str::from_utf8(raw) {
            Ok(text) => match json::redact(self, text) {
                Some(changed) => changed,
                None => self.plain(text, Look::Everything),
            },
            Err(_) => {
                let text = String::from_utf8_lossy(raw).into_owned();
                self.plain(&text, Look::Everything)
            }
        };
        if let Some(changed) = changed {
            *raw = changed.into_bytes();
        }
    }
}

/// Schemes of HTTP authentication.
fn is_scheme(word: &str) -> bool {
    [
        "bearer",
        "basic",
        "token",
        "digest",
        "apikey",
        "key",
        "negotiate",
        "aws4-hmac-sha256",
    ]
    .iter()
    .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// True for what holds no secret: nothing, a placeholder of ours or another's, a gap of a template.
fn is_nothing(secret: &str) -> bool {
    let trimmed = secret.trim();
    let is_bracketed = |open: char, close: char| {
        trimmed.len() <= 40
            && trimmed.starts_with(open)
            && trimmed.ends_with(close)
            && trimmed
                .chars()
                .all(|c| c.is_ascii_alphabetic() || "[]{}<>$ _.".contains(c))
    };
    trimmed.is_empty()
        || is_placeholder(trimmed)
        || trimmed.chars().all(|c| matches!(c, '*' | '•' | '.' | '-'))
        || is_bracketed('[', ']')
        || is_bracketed('<', '>')
        || is_bracketed('$', '}')
        || is_bracketed('{', '}')
}

/// A cut text without the word that the cut went through.
pub(super) fn without_last_word(text: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || "\"',;<>{}()".contains(c);
    let start = text.rfind(is_end).map_or(0, |at| {
        at + text[at..].chars().next().map_or(1, char::len_utf8)
    });
    let mut from = start.max(text.len().saturating_sub(LAST_WORD_BYTES));
    while !text.is_char_boundary(from) {
        from += 1;
    }
    // A placeholder is not taken apart.
    if is_placeholder(&text[start..]) {
        from = text.len();
    }
    text[..from].to_owned()
}
