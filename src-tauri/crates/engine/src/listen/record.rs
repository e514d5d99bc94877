//! What passed through the proxy becomes spans, on a thread of its own: a call never waits for it.

use super::meter::Meter;
use super::parse::Parsed;
use super::sink::{Held, Work};
use crate::import::parse::priced;
use plumbline_ingest::{HttpExchange, HttpOutcome, Item, Redactor, read_http};
use plumbline_listen::{BUDGET_HEADER, PROMPT_HEADER, Recorded, Recorder};
use plumbline_model::{FieldUnread, QuarantinedRow, Span};
use plumbline_tokens::prices::Prices;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender};

/// Exchanges that wait to be read; their bytes have a bound of their own.
pub(super) const WAITING: usize = 256;
/// Where the loss report counts exchanges that are no calls of a model, as of other recordings.
const OTHER: &str = "(calls of other APIs)";
/// The tag that says what the proxy did for a budget.
const BUDGET_TAG: &str = "plumbline.budget";
/// Characters of an example.
const EXAMPLE_CHARS: usize = 80;

/// The proxy's end.
pub(super) struct EngineRecorder {
    sender: SyncSender<Recorded>,
    meter: Arc<Meter>,
}

impl EngineRecorder {
    pub(super) fn new(sender: SyncSender<Recorded>, meter: Arc<Meter>) -> Self {
        Self { sender, meter }
    }
}

impl Recorder for EngineRecorder {
    fn record(&self, recorded: Recorded) {
        if self.sender.try_send(recorded).is_err() {
            self.lost();
        }
    }

    fn lost(&self) {
        self.meter.lose(1);
    }
}

/// Reads exchanges until the proxy is gone.
pub(super) fn read_all(
    recorded: &Receiver<Recorded>,
    works: &Sender<Work>,
    prices: &Prices,
    redactor: Option<&Arc<Redactor>>,
) {
    for (number, recorded) in (1..).zip(recorded.iter()) {
        let exchange = Exchange {
            recorded,
            number,
            is_again: false,
        };
        if works.send(work(exchange, prices, redactor)).is_err() {
            return;
        }
    }
}

/// An exchange as it passed, kept until what was read of it is stored.
pub(super) struct Exchange {
    recorded: Recorded,
    /// Counted from 1.
    number: u64,
    /// It could not be stored before.
    pub(super) is_again: bool,
}

/// What there is to store of an exchange.
pub(super) fn work(exchange: Exchange, prices: &Prices, redactor: Option<&Arc<Redactor>>) -> Work {
    Work {
        parsed: read(&exchange.recorded, exchange.number, prices, redactor),
        done: None,
        held: Held::Recorded(Box::new(exchange)),
    }
}

fn read(
    recorded: &Recorded,
    number: u64,
    prices: &Prices,
    redactor: Option<&Arc<Redactor>>,
) -> Parsed {
    let exchange = &recorded.exchange;
    let mut parsed = Parsed::new(redactor.cloned());
    let mut fields = BTreeMap::new();
    let mut note = |name: String, example: String| {
        let example = example.chars().take(EXAMPLE_CHARS).collect();
        let field = fields
            .entry(name)
            .or_insert(FieldUnread { count: 0, example });
        field.count = 1;
    };
    match read_http(exchange).outcome {
        HttpOutcome::ModelCall {
            span,
            raw,
            fields_unread,
        } => {
            for (name, value) in fields_unread {
                note(name, value.to_string());
            }
            let mut span = span;
            name_prompt(&mut span, exchange);
            let mut item = Item::Span { span, raw };
            parsed.account.redact(&mut item);
            if let Item::Span { span, raw } = item {
                parsed.account.add(&span);
                parsed.spans.push(priced(prices, *span, raw));
            }
        }
        HttpOutcome::NotModelCall => {
            let place = exchange.url.split('?').next().unwrap_or_default();
            note(OTHER.to_owned(), format!("{} {place}", exchange.method));
        }
        HttpOutcome::Unreadable { reason, raw } => {
            let row = QuarantinedRow {
                at: format!("exchange {number} of the proxy, {}", recorded.vendor),
                reason,
                raw: String::from_utf8_lossy(&raw).chars().take(2_000).collect(),
            };
            let mut item = Item::Quarantined(row);
            parsed.account.redact(&mut item);
            if let Item::Quarantined(row) = item {
                parsed.account.show(&row);
                parsed.rows.push(row);
            }
        }
    }
    parsed.fields_unread = parsed.account.unread(fields);
    parsed
}

/// A call that named its prompt is joined to it, and keeps what was done for its budget.
fn name_prompt(span: &mut Span, exchange: &HttpExchange) {
    let header = |headers: &[(String, String)], name: &str| {
        let found = headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.clone())
    };
    let Some(prompt) = header(&exchange.request_headers, PROMPT_HEADER) else {
        return;
    };
    let (name, version) = match prompt.split_once('@') {
        Some((name, version)) => (name, Some(version.to_owned())),
        None => (prompt.as_str(), None),
    };
    span.prompt_name = Some(name.to_owned());
    span.prompt_version = version;
    if let Some(done) = header(&exchange.response_headers, BUDGET_HEADER) {
        span.tags.insert(BUDGET_TAG.to_owned(), done);
    }
}
