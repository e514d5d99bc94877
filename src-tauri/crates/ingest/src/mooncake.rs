//! Request traces in the shape of the public Mooncake traces: one JSON object a line with a time and two lengths.
//!
//! `timestamp` is in milliseconds from the beginning of the trace, which names no day: the first request starts
//! at 1970-01-01, and only differences mean something. Lengths are in tokens. The log has no ids, so they are
//! derived from each record and its place; it has no latency, so no span has an end. `hash_ids` names blocks of
//! 512 tokens that requests share; what a cache would make of them is an estimate, so it is not read as usage.
//! Source: kvcache-ai/Mooncake, `FAST25-release/traces`.

use crate::IngestError;
use crate::attributes::Attributes;
use crate::delivery::Delivery;
use crate::head::Head;
use crate::identity::derived_id;
use crate::instant::epoch_millis;
use crate::json_values::{self, Found};
use plumbline_model::{Span, SpanKind};
use serde_json::Value;
use std::io::BufRead;

/// Recognised by its keys.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    head.any_object(|keys| {
        ["timestamp", "input_length", "output_length"]
            .iter()
            .all(|key| keys.contains(key))
    })
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    json_values::each(source, source_name, delivery, &mut |delivery, found| {
        let (at, raw) = (found.at, found.raw);
        match span(found) {
            Ok((span, fields)) => {
                for (name, value) in fields.unread() {
                    delivery.loss().note(name, value);
                }
                delivery.span(span, raw.to_vec())
            }
            Err(reason) => delivery.quarantine(at, reason, raw),
        }
    })
}

fn span(found: Found<'_>) -> Result<(Span, Attributes), String> {
    let Value::Object(object) = found.value else {
        return Err("expected an object".to_owned());
    };
    let fields = Attributes::of_object(object);
    let start = fields
        .take("timestamp")
        .and_then(epoch_millis)
        .ok_or("`timestamp` is missing or no number of milliseconds")?;
    let id = |bytes| derived_id("mooncake", &[found.at.as_bytes(), found.raw], bytes);
    let mut span = Span::new(id(16), id(8), SpanKind::Llm, start);
    for (name, slot) in [
        ("input_length", &mut span.usage.tokens_in),
        ("output_length", &mut span.usage.tokens_out),
    ] {
        *slot = fields.count(&[name]);
        if slot.is_none() && fields.has(name) {
            return Err(format!("`{name}` is not a count"));
        }
    }
    Ok((span, fields))
}
