//! One OTLP span becomes one canonical span: what every dialect shares, and the order in which they speak.
//!
//! Each dialect fills only what is still unknown, so the first name in the reference's order wins and an
//! older name of the same figure is never added to it. Our own `plumbline.*` attributes speak last and win.

use super::anyvalue::KeyValue;
use super::wire::WireSpan;
use super::{common, genai, openinference, openllmetry, vercel};
use crate::attributes::{Attributes, COUNT};
use crate::canonical::{Draft, STRUCTURED};
use crate::identity::wire_id;
use crate::text::{fit, shorten};
use plumbline_model::{Span, SpanKind, UnixNanos};
use serde_json::{Map, Value};

/// The scope a span was recorded in.
#[derive(Default)]
pub(crate) struct Scope {
    pub(crate) name: String,
    pub(crate) attributes: Attributes,
    /// As it stands in the file; empty when it is too long to keep with every span.
    pub(crate) raw: Vec<u8>,
}

/// One event of a span.
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) at: Option<UnixNanos>,
    pub(crate) attributes: Attributes,
}

/// What the dialects read from.
pub(crate) struct Record<'a> {
    pub(crate) attributes: Attributes,
    pub(crate) events: Vec<Event>,
    pub(crate) resource: &'a Attributes,
    pub(crate) scope: &'a Scope,
}

impl Record<'_> {
    /// Events of this name.
    pub(crate) fn events<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Event> {
        self.events.iter().filter(move |event| event.name == name)
    }
}

/// A span and what was not understood of it.
pub(crate) struct Mapped {
    pub(crate) span: Span,
    pub(crate) unread: Vec<(String, Value)>,
}

type Kind = fn(&Record<'_>) -> Option<SpanKind>;
type Fill = fn(&Record<'_>, &mut Span);

/// Who may say what kind of step a span is, in this order.
const KINDS: [Kind; 5] = [
    genai::kind,
    vercel::kind,
    openinference::kind,
    openllmetry::kind,
    genai::kind_without_operation,
];

/// Who fills in fields, in this order.
const FILLS: [Fill; 5] = [
    genai::fill,
    vercel::fill,
    openinference::fill,
    openllmetry::fill,
    common::fill,
];

/// Reads one span from its JSON.
///
/// # Errors
/// It is not a span, or lacks an id or a start; the message says why.
pub(crate) fn read(raw: &[u8], resource: &Attributes, scope: &Scope) -> Result<Mapped, String> {
    let text = fit(raw)?;
    let wire: WireSpan =
        serde_json::from_str(text).map_err(|error| format!("{error} of the span"))?;
    map(wire, resource, scope)
}

/// Maps one span that came in whatever clothes.
///
/// # Errors
/// It lacks an id or a start.
pub(crate) fn map(wire: WireSpan, resource: &Attributes, scope: &Scope) -> Result<Mapped, String> {
    let beyond = wire.attributes.len().saturating_sub(COUNT);
    let id = |text: Option<String>, bytes| text.and_then(|text| wire_id(&text, bytes));
    let trace_id = id(wire.trace_id, 16).ok_or("`traceId` is missing or zero")?;
    let span_id = id(wire.span_id, 8).ok_or("`spanId` is missing or zero")?;
    let start = wire.start.or_else(|| own_start(&wire.attributes));
    let start = start.ok_or("`startTimeUnixNano` is missing")?;
    let record = Record {
        attributes: Attributes::of(wire.attributes),
        events: wire
            .events
            .into_iter()
            .map(|event| Event {
                name: event.name.unwrap_or_default(),
                at: event.time,
                attributes: Attributes::of(event.attributes.unwrap_or_default()),
            })
            .collect(),
        resource,
        scope,
    };
    let kind = KINDS.iter().find_map(|kind| kind(&record));
    let mut span = Span::new(trace_id, span_id, kind.unwrap_or(SpanKind::Chain), start);
    span.parent_id = id(wire.parent_id, 8);
    span.name = wire.name.filter(|name| !name.is_empty());
    // Zero is how OTLP says that a span has not ended.
    span.end_ns = wire.end.filter(|end| end.0 != 0);
    common::status(&wire.status, &record, &mut span);
    for fill in FILLS {
        fill(&record, &mut span);
    }
    let (span, own_unread) = own_attributes(&record, span)?;

    let mut unread = wire.unknown;
    unread.extend(own_unread);
    if beyond > 0 {
        unread.push(("(more attributes)".to_owned(), beyond.into()));
    }
    for (name, value) in record.attributes.unread() {
        unread.push((name.to_owned(), specimen(value)));
    }
    for event in &record.events {
        for (name, value) in event.attributes.unread() {
            unread.push((format!("events.{}.{name}", event.name), specimen(value)));
        }
    }
    Ok(Mapped { span, unread })
}

/// The start that our own export repeats: protobuf knows no difference between a start of zero and none.
fn own_start(attributes: &[KeyValue]) -> Option<UnixNanos> {
    let mut own = attributes.iter().take(COUNT);
    let start = own.find(|attribute| attribute.key == OWN_START)?;
    start.value.0.as_i64().map(UnixNanos)
}

/// Enough of a value for an example; whole prompts stand in attributes that nobody reads.
fn specimen(value: &Value) -> Value {
    match value {
        Value::String(text) => shorten(text, 200).into(),
        Value::Array(list) => list.iter().take(8).map(specimen).collect(),
        other => other.clone(),
    }
}

/// `plumbline.<field>` carries a canonical field by its own name: a structure as JSON text, a scalar as it is.
fn own_attributes(record: &Record<'_>, span: Span) -> Result<(Span, Vec<(String, Value)>), String> {
    let own: Vec<(&str, &Value)> = record
        .attributes
        .under(PREFIX)
        // `plumbline.prompt.name` and its like are names of their own, read in `common`.
        .filter(|(name, _)| !name.contains('.'))
        .collect();
    if own.is_empty() {
        return Ok((span, Vec::new()));
    }
    let mut fields = Map::new();
    for (name, value) in own {
        let value = match value {
            Value::String(text) if STRUCTURED.contains(&name) => {
                serde_json::from_str(text).unwrap_or_else(|_| value.clone())
            }
            other => other.clone(),
        };
        record.attributes.understood(&[&format!("{PREFIX}{name}")]);
        fields.insert(name.to_owned(), value);
    }
    let mut draft = Draft::from(span);
    draft.correct(fields).map_err(|why| {
        format!(
            "attribute {PREFIX}{}",
            why.trim_start_matches('`').replacen('`', "", 1)
        )
    })?;
    let (span, unread) = draft.finish()?;
    let unread = unread
        .into_iter()
        .map(|(name, value)| (format!("{PREFIX}{name}"), value))
        .collect();
    Ok((span, unread))
}

/// Before the name of a canonical field that has no OpenTelemetry name.
pub(crate) const PREFIX: &str = "plumbline.";
/// The start of a span that has none on the wire.
pub(crate) const OWN_START: &str = "plumbline.start_ns";
