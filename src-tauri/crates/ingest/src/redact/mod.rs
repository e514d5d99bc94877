//! Secrets and personal data out, before anything is stored.
//!
//! Keys and tokens of providers, `Authorization`, cookies, passwords, credentials in addresses, e-mail, telephone and
//! card numbers, and a person's own patterns become placeholders that stay the same within a workspace, so that
//! diffs still work. Headers pass by an allow-list. Every search is linear in the text; text without the beginning
//! of any secret is looked at once and costs no memory.

mod assigned;
mod beginnings;
mod card;
mod edges;
mod email;
mod find;
mod json;
mod keys;
mod names;
mod overlaps;
mod own;
mod pass;
mod pem;
mod phone;
mod placeholder;
mod quiet;
mod span;
mod url;
mod value;

pub use own::{OwnPattern, PatternError};

use pass::Pass;
use placeholder::Key;
use plumbline_model::{FieldUnread, QuarantinedRow, Span};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Texts of a record that are remembered as holding nothing: each text of its span is compared with them all.
const KNOWN_TEXTS: usize = 32;

/// Secrets taken out, by kind.
pub type RedactedCounts = BTreeMap<String, u64>;

/// Takes secrets out of everything an import stores. Made once, shared by all threads.
pub struct Redactor {
    key: Key,
    own: Vec<OwnPattern>,
}

impl Redactor {
    /// `key` is random and belongs to one workspace: equal secrets give equal placeholders under it.
    #[must_use]
    pub fn new(key: [u8; 32], own: Vec<OwnPattern>) -> Self {
        Self { key: Key(key), own }
    }

    /// A text without its secrets; those taken out are added to `counts`.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str, counts: &mut RedactedCounts) -> Cow<'t, str> {
        let mut pass = Pass::new(self);
        let changed = pass.text(text);
        pass.add_to(counts);
        changed.map_or(Cow::Borrowed(text), Cow::Owned)
    }

    /// A text that was cut: a key that the cut left too short to be recognised goes with the last word.
    #[must_use]
    pub fn excerpt<'t>(&self, text: &'t str, counts: &mut RedactedCounts) -> Cow<'t, str> {
        let clean = self.text(text, counts);
        match clean.strip_suffix('…') {
            Some(kept) => Cow::Owned(pass::without_last_word(kept) + "…"),
            None => clean,
        }
    }

    /// An id: only keys that tell by their own shape are taken out.
    #[must_use]
    pub fn id<'t>(&self, text: &'t str, counts: &mut RedactedCounts) -> Cow<'t, str> {
        let mut pass = Pass::new(self);
        let changed = pass.id(text);
        pass.add_to(counts);
        changed.map_or(Cow::Borrowed(text), Cow::Owned)
    }

    /// Every text of a span and its source record, which repeats them: a secret counts once for both.
    pub fn span(&self, span: &mut Span, raw: &mut Vec<u8>, counts: &mut RedactedCounts) {
        if let Some(known) = self.quiet_texts(raw) {
            // The span may say what its record does not, such as text that was packed there.
            let mut of_span = Pass::knowing(self, known);
            of_span.span(span);
            return of_span.add_to(counts);
        }
        let (mut of_span, mut of_raw) = (Pass::new(self), Pass::new(self));
        of_span.span(span);
        of_raw.record(raw);
        of_span.add_larger_to(of_raw, counts);
    }

    /// The long texts of a record that holds nothing to take out; `None` for any other record.
    fn quiet_texts<'t>(&self, raw: &'t [u8]) -> Option<Vec<&'t str>> {
        let text = std::str::from_utf8(raw).ok()?;
        if !self.own.is_empty() || !text.trim_ascii_start().starts_with(['{', '[']) {
            return None;
        }
        let quiet = find::quiet_strings(text)?;
        let quiet = quiet.into_iter().take(KNOWN_TEXTS);
        Some(quiet.map(|range| &text[range]).collect())
    }

    /// A row that was not understood: its text and the reason, which may quote it.
    pub fn quarantined(&self, row: &mut QuarantinedRow, counts: &mut RedactedCounts) {
        row.raw = self.excerpt(&row.raw, counts).into_owned();
        // The reason repeats what the row says.
        let mut repeated = RedactedCounts::new();
        row.reason = self.excerpt(&row.reason, &mut repeated).into_owned();
        row.at = self.text(&row.at, &mut repeated).into_owned();
    }

    /// Names and examples of fields that nobody read; the records that carry them count their secrets.
    #[must_use]
    pub fn unread(&self, fields: BTreeMap<String, FieldUnread>) -> BTreeMap<String, FieldUnread> {
        let mut repeated = RedactedCounts::new();
        let mut clean: BTreeMap<String, FieldUnread> = BTreeMap::new();
        for (name, field) in fields {
            let mut pass = Pass::new(self);
            let example = pass.by_name(&name, &field.example);
            let example = example.unwrap_or(field.example);
            let name = self.excerpt(&name, &mut repeated).into_owned();
            let entry = clean.entry(name).or_default();
            entry.count += field.count;
            entry.example = self.excerpt(&example, &mut repeated).into_owned();
        }
        clean
    }
}
