//! The one way out for records: counts what passes, so that no reader can break the law of accounting.

use crate::Format;
use crate::loss::LossTally;
use crate::text::shorten;
use plumbline_model::{FieldUnread, QuarantinedRow, Span};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Characters of a quarantined row that are kept.
const RAW_CHARS: usize = 2_000;

/// One record of a source.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A record that was understood.
    Span {
        span: Box<Span>,
        /// The record as JSON or as its line. A span of an OTLP export comes as an export of its own,
        /// with its resource and scope, so that the raw record can be read again.
        raw: Vec<u8>,
    },
    /// A record that was not.
    Quarantined(QuarantinedRow),
}

/// The account of one reading: `read` is the number of items the sink was given.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadReport {
    pub format: Format,
    pub read: u64,
    pub quarantined: u64,
    /// Fields that no part of the reader understands, by name.
    pub fields_unread: BTreeMap<String, FieldUnread>,
    /// True when the sink asked to stop.
    pub stopped: bool,
}

/// The sink with its counters.
pub(crate) struct Delivery<'a> {
    sink: &'a mut dyn FnMut(Item) -> ControlFlow<()>,
    read: u64,
    quarantined: u64,
    stopped: bool,
    loss: LossTally,
}

impl<'a> Delivery<'a> {
    pub(crate) fn new(sink: &'a mut dyn FnMut(Item) -> ControlFlow<()>) -> Self {
        Self {
            sink,
            read: 0,
            quarantined: 0,
            stopped: false,
            loss: LossTally::default(),
        }
    }

    /// Hands over a span; the caller has noted its unread fields in `loss` before.
    pub(crate) fn span(&mut self, span: Span, raw: Vec<u8>) -> ControlFlow<()> {
        // Spans without ids would all be one.
        if span.span_id.is_empty() || span.trace_id.is_empty() {
            return self.quarantine(
                "a span",
                "the id of the span or of its trace is empty",
                &raw,
            );
        }
        self.loss.next_record();
        self.pass(Item::Span {
            span: Box::new(span),
            raw,
        })
    }

    /// Hands over a record that was not understood; invalid UTF-8 and NUL in `raw` are replaced.
    pub(crate) fn quarantine(
        &mut self,
        at: impl Into<String>,
        reason: impl Into<String>,
        raw: &[u8],
    ) -> ControlFlow<()> {
        self.quarantined += 1;
        self.loss.next_record();
        let raw = &raw[..raw.len().min(RAW_CHARS * 4)];
        self.pass(Item::Quarantined(QuarantinedRow {
            at: at.into(),
            reason: reason.into(),
            raw: shorten(&String::from_utf8_lossy(raw), RAW_CHARS).replace('\0', "\u{fffd}"),
        }))
    }

    /// True once the sink has had enough.
    pub(crate) fn stopped(&self) -> bool {
        self.stopped
    }

    pub(crate) fn loss(&mut self) -> &mut LossTally {
        &mut self.loss
    }

    fn pass(&mut self, item: Item) -> ControlFlow<()> {
        self.read += 1;
        let flow = (self.sink)(item);
        self.stopped |= flow.is_break();
        flow
    }

    pub(crate) fn into_report(self, format: Format) -> ReadReport {
        ReadReport {
            format,
            read: self.read,
            quarantined: self.quarantined,
            fields_unread: self.loss.into_fields(),
            stopped: self.stopped,
        }
    }
}
