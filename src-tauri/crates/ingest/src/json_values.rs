//! The values of a JSON text one after another: an array's elements, one value a line, or a single object.
//!
//! One value is in memory at a time and none is longer than a line may be. Where the text breaks, the rest
//! of that line is one quarantined row and the reading goes on with the next line.

use crate::IngestError;
use crate::delivery::Delivery;
use crate::json_bytes::{Halt, JsonBytes, pass};
use crate::json_cut::closed_at_last_record;
use crate::lines::LINE_BYTES;
use crate::text::unfit;
use serde_json::Value;
use std::io::BufRead;
use std::ops::ControlFlow;

/// One value with its place.
pub(crate) struct Found<'a> {
    /// Such as `line 7` or `[3]`.
    pub(crate) at: &'a str,
    pub(crate) raw: &'a [u8],
    pub(crate) value: Value,
}

pub(crate) type Take<'t> = dyn FnMut(&mut Delivery<'_>, Found<'_>) -> ControlFlow<()> + 't;

/// Hands each value to `take`, which delivers what it makes of it. What is not JSON is quarantined here.
///
/// # Errors
/// The source fails.
pub(crate) fn each(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
    take: &mut Take<'_>,
) -> Result<(), IngestError> {
    let mut json = JsonBytes::new(source);
    match walk(&mut json, delivery, take) {
        Err(Halt::Io(error)) => {
            let at = format!("byte {}", json.offset);
            Err(IngestError::unreadable(source_name, at, error))
        }
        // `walk` turns every break into a quarantined row.
        Ok(()) | Err(Halt::Stopped | Halt::Broken { .. }) => Ok(()),
    }
}

fn walk(
    json: &mut JsonBytes<'_>,
    delivery: &mut Delivery<'_>,
    take: &mut Take<'_>,
) -> Result<(), Halt> {
    json.skip_mark()?;
    let mut raw = Vec::new();
    let mut is_lines = has_second_object(json.lookahead()?);
    while let Some(byte) = json.next_solid()? {
        let line = json.line;
        // In a file of lines a value that does not end on its own must not swallow the good ones behind it.
        json.line_bound = is_lines;
        let passed = match byte {
            b'[' => array(json, &mut raw, delivery, take),
            b'{' => json
                .capture(&mut raw, LINE_BYTES)
                .and_then(|whole| one(&format!("line {line}"), &raw, whole, delivery, take)),
            _ => {
                // For the row's sake; that it breaks is certain.
                let _ = json.capture(&mut raw, LINE_BYTES);
                json.broken("expected an object or a list")
            }
        };
        json.line_bound = false;
        is_lines |= byte == b'{' && json.line == line;
        if let Err(Halt::Broken { offset, reason }) = passed {
            salvage(json, byte, &raw, line, delivery, take)?;
            let reason = format!("{reason}, at byte {offset}");
            pass(delivery.quarantine(format!("line {line}"), reason, &raw))?;
            raw.clear();
            if !json.resync(true)? {
                return Ok(());
            }
        } else {
            passed?;
        }
    }
    Ok(())
}

/// Of an object that the end of the source cut, hands on what is whole in it.
fn salvage(
    json: &mut JsonBytes<'_>,
    first: u8,
    raw: &[u8],
    line: u64,
    delivery: &mut Delivery<'_>,
    take: &mut Take<'_>,
) -> Result<(), Halt> {
    if first != b'{' || !json.lookahead()?.is_empty() {
        return Ok(());
    }
    match closed_at_last_record(raw) {
        Some(closed) => one(&format!("line {line}"), &closed, true, delivery, take),
        None => Ok(()),
    }
}

/// True when a second line begins an object at its edge, as no indented text does.
fn has_second_object(text: &[u8]) -> bool {
    text.starts_with(b"{") && text.windows(3).any(|window| window == b"\n{\"")
}

fn array(
    json: &mut JsonBytes<'_>,
    raw: &mut Vec<u8>,
    delivery: &mut Delivery<'_>,
    take: &mut Take<'_>,
) -> Result<(), Halt> {
    json.expect(b'[')?;
    let (mut first, mut index) = (true, 0_u64);
    while json.next_element(&mut first)? {
        let whole = json.capture(raw, LINE_BYTES)?;
        one(&format!("[{index}]"), raw, whole, delivery, take)?;
        index += 1;
    }
    Ok(())
}

fn one(
    at: &str,
    raw: &[u8],
    whole: bool,
    delivery: &mut Delivery<'_>,
    take: &mut Take<'_>,
) -> Result<(), Halt> {
    let parsed = if whole {
        match unfit(raw) {
            Some(why) => Err(why),
            None => serde_json::from_slice(raw).map_err(|error| error.to_string()),
        }
    } else {
        Err("the value is longer than 64 MiB".to_owned())
    };
    pass(match parsed {
        Ok(value) => take(delivery, Found { at, raw, value }),
        Err(why) => delivery.quarantine(at, why, raw),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Item;
    use plumbline_model::{Span, SpanKind, UnixNanos};

    /// What was taken, and the places of what was quarantined.
    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let (mut taken, mut refused) = (Vec::new(), Vec::new());
        let mut sink = |item| {
            match item {
                Item::Span { span, raw } => {
                    taken.push(format!(
                        "{} {}",
                        span.span_id,
                        String::from_utf8_lossy(&raw)
                    ));
                }
                Item::Quarantined(row) => refused.push(row.at),
            }
            ControlFlow::Continue(())
        };
        let mut delivery = Delivery::new(&mut sink);
        each(
            &mut text.as_bytes(),
            "test",
            &mut delivery,
            &mut |delivery, found| {
                let span = Span::new("t", found.at, SpanKind::Llm, UnixNanos(1));
                delivery.span(span, found.raw.to_vec())
            },
        )
        .unwrap();
        (taken, refused)
    }

    #[test]
    fn lines_arrays_and_a_single_object_are_values() {
        assert_eq!(
            read("{\"a\":1}\n\n{\"a\":2}\n").0,
            ["line 1 {\"a\":1}", "line 3 {\"a\":2}"]
        );
        assert_eq!(
            read("\u{feff} [1, {\"a\":[2]}]").0,
            ["[0] 1", "[1] {\"a\":[2]}"]
        );
        assert_eq!(read("{\n \"a\": 1\n}").0, ["line 1 {\n \"a\": 1\n}"]);
    }

    #[test]
    fn a_broken_line_costs_itself_alone() {
        let (taken, refused) = read("{\"a\":1}\nnonsense here\n{\"a\":2}\n{\"a\":");
        assert_eq!(taken.len(), 2);
        assert_eq!(refused, ["line 2", "line 4"]);
        for first in ["{\"a\":1}\n{\"a\":\n", "{\"a\": [\n{\"a\":1}\n"] {
            let (taken, refused) = read(&format!("{first}{{\"a\":2}}\n{{\"a\":3}}"));
            assert_eq!(
                taken.len(),
                3,
                "an object without an end does not swallow what follows"
            );
            assert_eq!(refused.len(), 1);
        }
    }

    #[test]
    fn nesting_without_end_is_refused_and_hurts_nobody() {
        let deep = format!("{}{}\n", "[".repeat(100_000), "]".repeat(100_000)) + "{}";
        let (taken, refused) = read(&deep);
        assert_eq!((taken.len(), refused.len()), (1, 1));
    }
}
