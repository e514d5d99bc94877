//! The parsing side of an import: items become priced batches.

use super::account::Account;
use super::store::Batch;
use plumbline_ingest::{Item, Redactor};
use plumbline_model::{QuarantinedRow, Span};
use plumbline_tokens::prices::Prices;
use plumbline_workspace::ImportedSpan;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

/// Spans stored in one transaction.
const BATCH_SPANS: usize = 1_000;
/// A batch is also full at this many raw bytes, so that large spans do not fill the memory.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// A span with what it costs by the prices in force.
pub(crate) fn priced(prices: &Prices, span: Span, raw: Vec<u8>) -> ImportedSpan {
    let cost = span.is_model_call().then(|| prices.cost_of_span(&span));
    ImportedSpan { span, raw, cost }
}

/// The parsing side: batches on their way, and what the report will say.
pub(super) struct Parse {
    prices: Arc<Prices>,
    sender: SyncSender<Batch>,
    spans: Vec<ImportedSpan>,
    raw_bytes: usize,
    quarantine: Vec<QuarantinedRow>,
    account: Account,
    seen: u64,
}

impl Parse {
    /// Without a `redactor` everything is stored as it came.
    pub(super) fn new(
        prices: Arc<Prices>,
        sender: SyncSender<Batch>,
        redactor: Option<Arc<Redactor>>,
    ) -> Self {
        Self {
            prices,
            sender,
            account: Account::new(redactor),
            spans: Vec::new(),
            raw_bytes: 0,
            quarantine: Vec::new(),
            seen: 0,
        }
    }

    pub(super) fn counts(&self) -> u64 {
        self.seen
    }

    pub(super) fn take(&mut self, mut item: Item) -> ControlFlow<()> {
        self.account.redact(&mut item);
        match item {
            Item::Span { span, raw } => {
                self.seen += 1;
                self.account.add(&span);
                self.raw_bytes += raw.len();
                self.spans.push(priced(&self.prices, *span, raw));
            }
            Item::Quarantined(row) => {
                self.account.show(&row);
                self.quarantine.push(row);
            }
        }
        let full = self.spans.len() >= BATCH_SPANS
            || self.raw_bytes >= BATCH_BYTES
            || self.quarantine.len() >= BATCH_SPANS;
        if full {
            self.flush()
        } else {
            ControlFlow::Continue(())
        }
    }

    /// Hands over what has gathered; breaks when the storing side has stopped.
    pub(super) fn flush(&mut self) -> ControlFlow<()> {
        self.raw_bytes = 0;
        let spans = std::mem::take(&mut self.spans);
        let rows = std::mem::take(&mut self.quarantine);
        let mut gone = false;
        if !spans.is_empty() {
            gone |= self.sender.send(Batch::Spans(spans)).is_err();
        }
        if !rows.is_empty() {
            gone |= self.sender.send(Batch::Quarantine(rows)).is_err();
        }
        if gone {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// Ends the storing side and gives the account.
    pub(super) fn finish(self) -> Account {
        self.account
    }
}
