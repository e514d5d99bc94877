//! One request read: its spans with their prices, and what was not understood.

use crate::import::account::Account;
use crate::import::parse::priced;
use plumbline_ingest::{Format, Item, Redactor, check_export};
use plumbline_listen::{Batch, Encoding, Refused, Signal};
use plumbline_model::{FieldUnread, QuarantinedRow};
use plumbline_tokens::prices::Prices;
use plumbline_workspace::ImportedSpan;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

/// What a request brought, without secrets.
pub(super) struct Parsed {
    pub(super) spans: Vec<ImportedSpan>,
    pub(super) rows: Vec<QuarantinedRow>,
    pub(super) account: Account,
    pub(super) fields_unread: BTreeMap<String, FieldUnread>,
}

impl Parsed {
    pub(super) fn new(redactor: Option<Arc<Redactor>>) -> Self {
        Self {
            spans: Vec::new(),
            rows: Vec::new(),
            account: Account::new(redactor),
            fields_unread: BTreeMap::new(),
        }
    }
}

/// Reads a whole export; a broken one is refused before anything of it counts.
pub(super) fn parse(
    batch: &Batch,
    name: &str,
    prices: &Prices,
    redactor: Option<Arc<Redactor>>,
) -> Result<Parsed, Refused> {
    let format = match batch.encoding {
        Encoding::Json => Format::OtlpJson,
        Encoding::Protobuf => Format::OtlpProtobuf,
    };
    let names: &[&str] = match batch.signal {
        Signal::Traces => &["resourceSpans", "resource_spans"],
        Signal::Logs => &["resourceLogs", "resource_logs"],
    };
    check_export(&batch.body, format, names).map_err(Refused::Malformed)?;
    let mut parsed = Parsed::new(redactor);
    if is_nothing(batch) {
        return Ok(parsed);
    }
    let mut source = batch.body.as_slice();
    let read = plumbline_ingest::read(&mut source, Some(format), name, &mut |mut item| {
        parsed.account.redact(&mut item);
        match item {
            Item::Span { span, raw } => {
                parsed.account.add(&span);
                parsed.spans.push(priced(prices, *span, raw));
            }
            Item::Quarantined(row) => {
                parsed.account.show(&row);
                parsed.rows.push(row);
            }
        }
        ControlFlow::Continue(())
    });
    match read {
        Ok(read) => {
            parsed.fields_unread = parsed.account.unread(read.fields_unread);
            Ok(parsed)
        }
        Err(error) => Err(Refused::Malformed(error.to_string())),
    }
}

/// An export of nothing: no bytes of protobuf, an empty object of JSON.
fn is_nothing(batch: &Batch) -> bool {
    let text = batch.body.trim_ascii();
    match batch.encoding {
        Encoding::Protobuf => batch.body.is_empty(),
        Encoding::Json => text
            .strip_prefix(b"{")
            .and_then(|rest| rest.strip_suffix(b"}"))
            .is_some_and(|inside| inside.trim_ascii().is_empty()),
    }
}
