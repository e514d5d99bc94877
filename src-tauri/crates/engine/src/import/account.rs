//! What a loss report says about the spans themselves.

use plumbline_ingest::{Completeness, Item, ReadReport, RedactedCounts, Redactor};
use plumbline_model::{
    FieldUnread, ImportFile, LossCounts, QuarantinedRow, Span, UnixNanos, add_known,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Quarantined rows shown with the report; all of them are stored.
const SHOWN_QUARANTINE: usize = 100;

/// What the report says about the spans themselves.
#[derive(Default)]
pub(crate) struct Account {
    redactor: Option<Arc<Redactor>>,
    redacted: RedactedCounts,
    shown: Vec<QuarantinedRow>,
    model_calls: u64,
    tokens_in: Option<u64>,
    tokens_out: Option<u64>,
    tokens_unattributed: Option<u64>,
    first_ns: Option<UnixNanos>,
    last_ns: Option<UnixNanos>,
    completeness: Completeness,
}

impl Account {
    pub(crate) fn new(redactor: Option<Arc<Redactor>>) -> Self {
        Self {
            redactor,
            ..Self::default()
        }
    }

    /// Takes secrets out of what was read, and counts them.
    pub(crate) fn redact(&mut self, item: &mut Item) {
        if let Some(redactor) = &self.redactor {
            match item {
                Item::Span { span, raw } => redactor.span(span, raw, &mut self.redacted),
                Item::Quarantined(row) => redactor.quarantined(row, &mut self.redacted),
            }
        }
    }

    /// Fields that nobody reads, without secrets in their examples.
    pub(crate) fn unread(
        &self,
        fields: BTreeMap<String, FieldUnread>,
    ) -> BTreeMap<String, FieldUnread> {
        match &self.redactor {
            Some(redactor) => redactor.unread(fields),
            None => fields,
        }
    }

    pub(crate) fn add(&mut self, span: &Span) {
        self.completeness.add(span);
        if span.is_model_call() {
            self.model_calls += 1;
            self.tokens_in = add_known(self.tokens_in, span.usage.tokens_in);
            self.tokens_out = add_known(self.tokens_out, span.usage.tokens_out);
            self.tokens_unattributed =
                add_known(self.tokens_unattributed, span.usage.tokens_unattributed);
        }
        let last = span.end_ns.unwrap_or(span.start_ns);
        self.first_ns = Some(
            self.first_ns
                .map_or(span.start_ns, |first| first.min(span.start_ns)),
        );
        self.last_ns = Some(self.last_ns.map_or(last, |known| known.max(last)));
    }

    /// Takes a span out again, because another stands in its place.
    pub(crate) fn remove(&mut self, span: &Span) {
        self.completeness.remove(span);
        if span.is_model_call() {
            self.model_calls = self.model_calls.saturating_sub(1);
            let less = |sum: Option<u64>, part: Option<u64>| {
                sum.map(|sum| sum.saturating_sub(part.unwrap_or_default()))
            };
            self.tokens_in = less(self.tokens_in, span.usage.tokens_in);
            self.tokens_out = less(self.tokens_out, span.usage.tokens_out);
            self.tokens_unattributed =
                less(self.tokens_unattributed, span.usage.tokens_unattributed);
        }
    }

    pub(crate) fn show(&mut self, row: &QuarantinedRow) {
        if self.shown.len() < SHOWN_QUARANTINE {
            self.shown.push(row.clone());
        }
    }

    /// Takes in what another account says, of spans that came later.
    pub(crate) fn merge(&mut self, later: Self) {
        for row in &later.shown {
            self.show(row);
        }
        self.model_calls += later.model_calls;
        self.tokens_in = add_known(self.tokens_in, later.tokens_in);
        self.tokens_out = add_known(self.tokens_out, later.tokens_out);
        self.tokens_unattributed = add_known(self.tokens_unattributed, later.tokens_unattributed);
        self.first_ns = [self.first_ns, later.first_ns].into_iter().flatten().min();
        self.last_ns = [self.last_ns, later.last_ns].into_iter().flatten().max();
        self.completeness.merge(later.completeness);
        for (kind, count) in later.redacted {
            *self.redacted.entry(kind).or_default() += count;
        }
    }

    pub(crate) fn report(&self, path: String, read: &ReadReport, counts: LossCounts) -> ImportFile {
        let counts = LossCounts {
            read: read.read,
            ..counts
        };
        let unread = self.unread(read.fields_unread.clone());
        self.report_of(path, read.format.as_str(), unread, counts)
    }

    /// A report whose counts and unread fields were gathered elsewhere.
    pub(crate) fn report_of(
        &self,
        path: String,
        format: &str,
        fields_unread: BTreeMap<String, FieldUnread>,
        counts: LossCounts,
    ) -> ImportFile {
        ImportFile {
            path,
            format: format.to_owned(),
            counts,
            quarantine: self.shown.clone(),
            model_calls: self.model_calls,
            tokens_in: self.tokens_in,
            tokens_out: self.tokens_out,
            tokens_unattributed: self.tokens_unattributed.filter(|tokens| *tokens > 0),
            first_ns: self.first_ns,
            last_ns: self.last_ns,
            fields_unread,
            completeness: self.completeness.shares(),
            redacted: self.redactor.is_some().then(|| self.redacted.clone()),
        }
    }
}
