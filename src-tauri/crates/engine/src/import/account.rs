//! What a loss report says about the spans themselves.

use plumbline_ingest::{Completeness, ReadReport, RedactedCounts, Redactor};
use plumbline_model::{ImportFile, LossCounts, QuarantinedRow, Span, UnixNanos, add_known};
use std::sync::Arc;

/// Quarantined rows shown with the report; all of them are stored.
const SHOWN_QUARANTINE: usize = 100;

/// What the report says about the spans themselves.
#[derive(Default)]
pub(super) struct Account {
    redactor: Option<Arc<Redactor>>,
    redacted: RedactedCounts,
    shown: Vec<QuarantinedRow>,
    model_calls: u64,
    tokens_in: Option<u64>,
    tokens_out: Option<u64>,
    first_ns: Option<UnixNanos>,
    last_ns: Option<UnixNanos>,
    completeness: Completeness,
}

impl Account {
    pub(super) fn new(redactor: Option<Arc<Redactor>>) -> Self {
        Self {
            redactor,
            ..Self::default()
        }
    }

    /// What was taken out so far, to add to.
    pub(super) fn redacted(&mut self) -> &mut RedactedCounts {
        &mut self.redacted
    }

    pub(super) fn add(&mut self, span: &Span) {
        self.completeness.add(span);
        if span.is_model_call() {
            self.model_calls += 1;
            self.tokens_in = add_known(self.tokens_in, span.usage.tokens_in);
            self.tokens_out = add_known(self.tokens_out, span.usage.tokens_out);
        }
        let last = span.end_ns.unwrap_or(span.start_ns);
        self.first_ns = Some(
            self.first_ns
                .map_or(span.start_ns, |first| first.min(span.start_ns)),
        );
        self.last_ns = Some(self.last_ns.map_or(last, |known| known.max(last)));
    }

    pub(super) fn show(&mut self, row: &QuarantinedRow) {
        if self.shown.len() < SHOWN_QUARANTINE {
            self.shown.push(row.clone());
        }
    }

    pub(super) fn report(self, path: String, read: &ReadReport, counts: LossCounts) -> ImportFile {
        let fields_unread = match &self.redactor {
            Some(redactor) => redactor.unread(read.fields_unread.clone()),
            None => read.fields_unread.clone(),
        };
        ImportFile {
            path,
            format: read.format.as_str().to_owned(),
            counts: LossCounts {
                read: read.read,
                ..counts
            },
            quarantine: self.shown,
            model_calls: self.model_calls,
            tokens_in: self.tokens_in,
            tokens_out: self.tokens_out,
            first_ns: self.first_ns,
            last_ns: self.last_ns,
            fields_unread,
            completeness: self.completeness.shares(),
            redacted: self.redactor.map(|_| self.redacted),
        }
    }
}
