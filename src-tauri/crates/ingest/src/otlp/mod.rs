//! OTLP/JSON: recognising an export, reading it span by span, and handing each on with what it belongs to.
//!
//! `walk` cuts spans out of the text, `span` maps one, a file per dialect fills in what its names say, and
//! `export` writes. `logs` gathers GenAI events that arrive as log records; other log records are counted in the loss
//! report, metrics are named there.
//! Sources: opentelemetry-proto, "JSON Protobuf Encoding" and `trace.proto`.

pub(crate) mod anyvalue;
mod common;
mod export;
mod genai;
pub(crate) mod indexed;
mod late;
mod logs;
mod openinference;
mod openllmetry;
mod proto;
pub(crate) mod protobuf;
mod span;
mod vercel;
mod walk;
mod whole;
mod wire;

pub use export::to_otlp;
pub use late::{is_assembled, join_late};
pub(crate) use span::{Scope, map};
pub use whole::check_export;
pub(crate) use wire::{WireEvent, WireSpan, WireStatus};

use crate::IngestError;
use crate::attributes::Attributes;
use crate::delivery::Delivery;
use crate::head::Head;
use crate::json_bytes::Halt;
use logs::Logs;
use std::io::BufRead;
use std::ops::ControlFlow;
use walk::Walk;

/// Recognised by the outer key of an export, of traces or (without any span) of logs.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    head.any_object(|keys| EXPORT_KEYS.iter().any(|key| keys.contains(key)))
}

const EXPORT_KEYS: [&str; 6] = [
    "resourceSpans",
    "resource_spans",
    "resourceLogs",
    "resource_logs",
    "resourceMetrics",
    "resource_metrics",
];

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    let mut walk = Walk::new(source, delivery);
    match walk.file() {
        Ok(()) | Err(Halt::Stopped) => Ok(()),
        Err(Halt::Io(error)) => {
            let at = format!("byte {}", walk.offset());
            Err(IngestError::unreadable(source_name, at, error))
        }
        // `file` turns every break into a quarantined row.
        Err(Halt::Broken { .. }) => Ok(()),
    }
}

/// A resource: what its attributes say and how it stands in the file.
#[derive(Default)]
struct Resource {
    attributes: Attributes,
    raw: Vec<u8>,
}

/// Hands on a span with the resource and scope it came from, or leaves it with `logs` to wait for its messages.
fn deliver(
    delivery: &mut Delivery<'_>,
    at: &str,
    raw: &[u8],
    (resource, scope): (Option<&Resource>, Option<&Scope>),
    logs: Option<&mut Logs>,
) -> Result<(), Halt> {
    let no_resource = Resource::default();
    let no_scope = Scope::default();
    let resource = resource.unwrap_or(&no_resource);
    let scope = scope.unwrap_or(&no_scope);
    let flow = match span::read(raw, &resource.attributes, scope) {
        Ok(mapped) => {
            if let Some(logs) = logs
                && logs.holds(&mapped.span, at, raw, resource, scope)
            {
                return logs.release_if_full(delivery);
            }
            for (name, value) in &mapped.unread {
                delivery.loss().note(name, value);
            }
            for (name, value) in resource.attributes.unread() {
                delivery.loss().note(&format!("resource.{name}"), value);
            }
            for (name, value) in scope.attributes.unread() {
                delivery.loss().note(&format!("scope.{name}"), value);
            }
            delivery.span(mapped.span, standalone(raw, &resource.raw, &scope.raw))
        }
        Err(reason) => delivery.quarantine(at, reason, raw),
    };
    if flow.is_break() {
        Err(Halt::Stopped)
    } else {
        Ok(())
    }
}

/// Delivers a span that stands by itself, without resource and scope.
pub(crate) fn deliver_alone(delivery: &mut Delivery<'_>, at: &str, raw: &[u8]) -> ControlFlow<()> {
    match deliver(delivery, at, raw, (None, None), None) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    }
}

/// The span as an export of its own, so that the raw record says all and can be read again.
fn standalone(span: &[u8], resource: &[u8], scope: &[u8]) -> Vec<u8> {
    let mut raw = Vec::with_capacity(span.len() + resource.len() + scope.len() + 80);
    raw.extend_from_slice(b"{\"resourceSpans\":[{");
    if !resource.is_empty() {
        raw.extend_from_slice(b"\"resource\":");
        raw.extend_from_slice(resource);
        raw.push(b',');
    }
    raw.extend_from_slice(b"\"scopeSpans\":[{");
    if !scope.is_empty() {
        raw.extend_from_slice(b"\"scope\":");
        raw.extend_from_slice(scope);
        raw.push(b',');
    }
    raw.extend_from_slice(b"\"spans\":[");
    raw.extend_from_slice(span);
    raw.extend_from_slice(b"]}]}]}");
    raw
}
