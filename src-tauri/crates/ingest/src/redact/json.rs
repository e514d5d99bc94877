//! JSON without secrets, token by token: numbers, order, spaces and repeated keys stay as the source wrote them.
//!
//! Strings are unescaped before they are looked at, so no escape hides anything. One pass, no recursion.

use super::find::is_suspect;
use super::names::{Rule, is_name};
use super::pass::Pass;
use std::borrow::Cow;

/// Where in the JSON a token stands.
struct Place {
    is_object: bool,
    rule: Rule,
    /// A list of two that is a header: its name, then its value.
    is_pair: bool,
    /// The rule of the value that comes next.
    next: Rule,
    expects_key: bool,
    key_is_name: bool,
    /// What `name` or `key` said of the `value` beside it.
    told: Option<Rule>,
}

impl Place {
    fn new(is_object: bool, rule: Rule) -> Self {
        Self {
            is_object,
            rule,
            is_pair: false,
            next: rule,
            expects_key: is_object,
            key_is_name: false,
            told: None,
        }
    }
}

/// `None` for text that is no JSON object or list; else the changed text, where anything changed.
pub(super) fn redact(pass: &mut Pass<'_>, raw: &str) -> Option<Option<String>> {
    if !raw.trim_ascii_start().starts_with(['{', '[']) {
        return None;
    }
    if !pass.has_own_patterns() && !is_suspect(raw) {
        return Some(None);
    }
    // Broken JSON is text: what looks like its structure may not be.
    serde_json::from_str::<serde::de::IgnoredAny>(raw).ok()?;
    let mut walk = Walk {
        raw,
        out: String::new(),
        copied: 0,
        places: Vec::new(),
    };
    walk.run(pass)?;
    if walk.copied == 0 {
        return Some(None);
    }
    walk.out.push_str(&raw[walk.copied..]);
    Some(Some(walk.out))
}

struct Walk<'t> {
    raw: &'t str,
    out: String,
    /// How much of `raw` stands in `out`, changed or not.
    copied: usize,
    places: Vec<Place>,
}

impl Walk<'_> {
    fn run(&mut self, pass: &mut Pass<'_>) -> Option<()> {
        let bytes = self.raw.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'{' => self.enter(true),
                b'[' => self.enter(false),
                b'}' | b']' => {
                    self.places.pop()?;
                }
                b',' => {
                    if let Some(place) = self.places.last_mut() {
                        place.expects_key = place.is_object;
                    }
                }
                b'"' => {
                    let end = end_of_string(bytes, at)?;
                    self.string(pass, at, end)?;
                    at = end;
                    continue;
                }
                b'-' | b'0'..=b'9' => {
                    let end = at
                        + bytes[at..]
                            .iter()
                            .take_while(|b| {
                                matches!(b, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')
                            })
                            .count();
                    let rule = self.places.last().map_or(Rule::Text, |place| place.next);
                    if let Some(placeholder) = pass.number(rule, &self.raw[at..end]) {
                        self.replace(at, end, &placeholder)?;
                    }
                    at = end;
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
        Some(())
    }

    fn enter(&mut self, is_object: bool) {
        let (rule, is_in_list) = self
            .places
            .last()
            .map_or((Rule::Text, false), |place| (place.next, !place.is_object));
        let mut place = Place::new(
            is_object,
            if is_object {
                rule.within(is_in_list)
            } else {
                rule
            },
        );
        if !is_object && is_in_list && rule == Rule::Headers {
            place.is_pair = true;
            place.next = Rule::Text;
        }
        self.places.push(place);
    }

    /// A key or a text, quotes included.
    fn string(&mut self, pass: &mut Pass<'_>, start: usize, end: usize) -> Option<()> {
        let token = &self.raw[start..end];
        let inner = &token[1..token.len() - 1];
        let text: Cow<'_, str> = if inner.contains('\\') {
            // Half of a surrogate pair is no text; the record is then looked at as it is written.
            Cow::Owned(serde_json::from_str(token).ok()?)
        } else {
            Cow::Borrowed(inner)
        };
        let Some(place) = self.places.last_mut() else {
            let changed = pass.text(&text);
            return changed.map_or(Some(()), |changed| self.replace(start, end, &changed));
        };
        // A name counts as it will stand in the workspace, so that a second look decides as the first did.
        let changed = if place.expects_key {
            let changed = pass.text(&text);
            let name = changed.as_deref().unwrap_or(&text);
            place.expects_key = false;
            place.next = place.rule.member(name, place.told);
            place.key_is_name = is_name(name) && place.rule != Rule::Headers;
            changed
        } else if place.is_object {
            let changed = pass.under(place.next, &text);
            if place.key_is_name {
                place.told = Some(place.rule.told_by(changed.as_deref().unwrap_or(&text)));
            }
            changed
        } else if place.is_pair && place.next == Rule::Text {
            let changed = pass.text(&text);
            place.next = Rule::Headers.member(changed.as_deref().unwrap_or(&text), None);
            changed
        } else {
            pass.under(place.next, &text)
        };
        changed.map_or(Some(()), |changed| self.replace(start, end, &changed))
    }

    fn replace(&mut self, start: usize, end: usize, text: &str) -> Option<()> {
        let token = serde_json::to_string(text).ok()?;
        self.out.push_str(&self.raw[self.copied..start]);
        self.out.push_str(&token);
        self.copied = end;
        Some(())
    }
}

/// The byte after the closing quote of the string that opens at `open`.
pub(super) fn end_of_string(bytes: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        let found = at + memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[found] == b'"' {
            return Some(found + 1);
        }
        at = found + 2;
    }
}
