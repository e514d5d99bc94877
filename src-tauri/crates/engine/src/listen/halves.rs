//! Calls and what was said in them, which exporters send in different requests and in either order.
//!
//! A model call without messages, and a span put together from log records, are stored as they come, and kept here
//! for a while. When the other half comes, the fuller span takes the place of the one that was stored. Beyond
//! 32 MiB the oldest are let go: their halves then stay two spans of one id.

use crate::import::account::Account;
use crate::import::parse::priced;
use plumbline_ingest::{Format, Item, RedactedCounts, Redactor, is_assembled, join_late};
use plumbline_model::{Span, SpanKind};
use plumbline_tokens::prices::Prices;
use plumbline_workspace::{ImportedSpan, SpanContent};
use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;

const KEPT_BYTES: usize = 32 * 1024 * 1024;

type Key = (String, String);

/// What is known of one call.
#[derive(Clone, Default)]
struct Half {
    /// The call as it was measured.
    measured: Option<Vec<u8>>,
    /// Its log records, as a span.
    said: Option<Vec<u8>>,
    /// What stands in the workspace, or is about to.
    stored: Option<Span>,
}

impl Half {
    fn bytes(&self) -> usize {
        // The stored span is about as long as its records.
        let raw = |part: &Option<Vec<u8>>| part.as_ref().map_or(0, Vec::len);
        2 * (raw(&self.measured) + raw(&self.said))
    }

    fn part(&mut self, is_said: bool) -> &mut Option<Vec<u8>> {
        if is_said {
            &mut self.said
        } else {
            &mut self.measured
        }
    }

    fn whole(&self) -> Option<Vec<u8>> {
        match (&self.measured, &self.said) {
            (Some(measured), Some(said)) => join_late(measured, said),
            (one, other) => one.clone().or_else(|| other.clone()),
        }
    }
}

/// A group of spans on its way into the workspace.
#[derive(Default)]
pub(super) struct Group {
    spans: Vec<Option<ImportedSpan>>,
    /// Where in `spans` a call stands.
    places: HashMap<Key, usize>,
    pub(super) replaced: Vec<SpanContent>,
    /// What was known before this group, to go back to when it is not stored.
    before: Vec<(Key, Option<Half>)>,
}

impl Group {
    /// The spans to store.
    pub(super) fn take_spans(&mut self) -> Vec<ImportedSpan> {
        self.places.clear();
        std::mem::take(&mut self.spans)
            .into_iter()
            .flatten()
            .collect()
    }
}

/// The calls that are kept.
#[derive(Default)]
pub(super) struct Halves {
    known: HashMap<Key, Half>,
    order: VecDeque<Key>,
    bytes: usize,
}

impl Halves {
    /// Puts a span into the group, joined with its other half where that is known.
    pub(super) fn add(
        &mut self,
        group: &mut Group,
        account: &mut Account,
        new: ImportedSpan,
        prices: &Prices,
        redactor: Option<&Redactor>,
    ) {
        let is_said = is_assembled(&new.span);
        let is_silent = new.span.input_messages.is_empty() && new.span.output_messages.is_empty();
        let key = (new.span.trace_id.clone(), new.span.span_id.clone());
        let may_join = new.span.kind == SpanKind::Llm
            && (is_said || is_silent || self.known.contains_key(&key));
        if !may_join {
            group.spans.push(Some(new));
            return;
        }
        let Some(before) = self.known.get(&key).cloned() else {
            let mut half = Half {
                stored: Some(new.span.clone()),
                ..Half::default()
            };
            *half.part(is_said) = Some(new.raw.clone());
            group.places.insert(key.clone(), group.spans.len());
            group.spans.push(Some(new));
            group.before.push((key.clone(), None));
            self.put(key, half);
            return;
        };
        let is_other = |held: &Vec<u8>| !is_said && *held != new.raw;
        if before.measured.as_ref().is_some_and(is_other) {
            // Another measurement under the same ids contradicts the first; both stay.
            group.spans.push(Some(new));
            return;
        }
        let mut half = before.clone();
        let part = half.part(is_said);
        let fits = match part.as_deref().filter(|_| is_said) {
            Some(said) => {
                let joined = join_late(said, &new.raw);
                joined.map(|joined| *part = Some(joined)).is_some()
            }
            None => {
                *part = Some(new.raw.clone());
                true
            }
        };
        let whole = fits
            .then(|| half.whole())
            .flatten()
            .and_then(|raw| read(raw, redactor));
        let Some((span, raw)) = whole else {
            // Two records that do not fit together are two spans.
            group.spans.push(Some(new));
            return;
        };
        // Added before anything is taken out: an account of one request must not fall below nothing.
        account.add(&span);
        account.remove(&new.span);
        if let Some(old) = half.stored.replace(span.clone())
            && old != span
        {
            account.remove(&old);
            replace(group, &key, &old);
        }
        group.places.insert(key.clone(), group.spans.len());
        group.spans.push(Some(priced(prices, span, raw)));
        group.before.push((key.clone(), Some(before)));
        self.put(key, half);
    }

    /// Goes back to what was known before a group that was not stored.
    pub(super) fn undo(&mut self, group: Group) {
        for (key, before) in group.before.into_iter().rev() {
            match before {
                Some(half) => self.put(key, half),
                None => {
                    if let Some(half) = self.known.remove(&key) {
                        self.bytes = self.bytes.saturating_sub(half.bytes());
                    }
                }
            }
        }
    }

    fn put(&mut self, key: Key, half: Half) {
        self.bytes += half.bytes();
        match self.known.insert(key.clone(), half) {
            Some(old) => self.bytes = self.bytes.saturating_sub(old.bytes()),
            None => self.order.push_back(key),
        }
        while self.bytes > KEPT_BYTES
            && let Some(oldest) = self.order.pop_front()
        {
            if let Some(half) = self.known.remove(&oldest) {
                self.bytes = self.bytes.saturating_sub(half.bytes());
            }
        }
    }
}

/// Takes out what was stored, or is in this group to be stored.
fn replace(group: &mut Group, key: &Key, old: &Span) {
    let in_group = group
        .places
        .get(key)
        .and_then(|at| group.spans.get_mut(*at));
    match (in_group, SpanContent::of(old)) {
        (Some(place), _) => *place = None,
        (None, Ok(content)) => group.replaced.push(content),
        // What cannot be stored was not.
        (None, Err(_)) => {}
    }
}

/// The one span of a record; what its two halves say together may be a secret that neither shows.
fn read(mut raw: Vec<u8>, redactor: Option<&Redactor>) -> Option<(Span, Vec<u8>)> {
    let mut found = None;
    let mut source = raw.as_slice();
    plumbline_ingest::read(&mut source, Some(Format::OtlpJson), "a call", &mut |item| {
        if let Item::Span { span, .. } = item {
            found = Some(*span);
        }
        ControlFlow::Continue(())
    })
    .ok()?;
    let mut span = found?;
    if let Some(redactor) = redactor {
        redactor.span(&mut span, &mut raw, &mut RedactedCounts::new());
    }
    Some((span, raw))
}
