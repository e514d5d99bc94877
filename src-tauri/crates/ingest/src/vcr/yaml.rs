//! The YAML of a cassette, one interaction at a time.
//!
//! Whoever writes YAML in blocks begins an item of the list with `-` at one column and indents what belongs to it,
//! so items are cut apart by lines and each is parsed on its own, within a budget: one that is broken, too large
//! or a bomb of aliases is refused alone. Writers name a value once and refer to it later; items that name values
//! are therefore parsed again before an item that refers.
//! Source: YAML 1.2.2, sections 6.1 (indentation), 7.1 (aliases).

use super::interaction::exchange;
use super::{LISTS, UNDERSTOOD};
use crate::IngestError;
use crate::delivery::Delivery;
use crate::lines::{LINE_BYTES, Lines};
use crate::recorded::{self, refuse};
use serde_json::{Map, Value};
use std::io::BufRead;
use std::ops::ControlFlow;

/// Lines that detection looks at.
const HEAD_LINES: usize = 20;
/// How much text of items that name values is kept for those that refer to them.
const NAMED_BYTES: usize = 1024 * 1024;
/// The largest value that an alias may repeat, and how many pieces all aliases of one item may repeat.
const REPEATED_BYTES: usize = 64 * 1024;
const REPEATED_EVENTS: usize = 2_000;

/// True where the list stands at the edge of one of the first lines, before anything but marks and scalars.
pub(super) fn detect(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    head.split(|byte| *byte == b'\n')
        .take(HEAD_LINES)
        .any(|line| list_begins(line).is_some())
}

/// What stands behind the name of the list, if this line begins it.
fn list_begins(line: &[u8]) -> Option<&[u8]> {
    LISTS.iter().find_map(|name| {
        let rest = line.strip_prefix(name.as_bytes())?.strip_prefix(b":")?;
        Some(rest.trim_ascii())
    })
}

pub(super) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    let mut lines = Lines::new(source, LINE_BYTES);
    let mut items = Items::default();
    let mut is_inside = false;
    loop {
        let line = match lines.next() {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(error) => {
                let at = format!("line {}", lines.number());
                return Err(IngestError::unreadable(source_name, at, error));
            }
        };
        let flow = if let Some(rest) = list_begins(line.bytes) {
            is_inside = true;
            if rest.is_empty() || rest == b"[]" || rest.starts_with(b"#") {
                ControlFlow::Continue(())
            } else {
                let at = format!("line {}", line.number);
                let why = "the list is written in one line of YAML; save the cassette as JSON";
                refuse(delivery, &at, why, rest.len())
            }
        } else if is_inside && !items.ends_at(line.bytes) {
            items.line(delivery, line.number, line.bytes, line.is_too_long)
        } else {
            let flow = if is_inside {
                items.finish(delivery)
            } else {
                ControlFlow::Continue(())
            };
            is_inside = false;
            beside(delivery, line.bytes);
            flow
        };
        if flow.is_break() {
            return Ok(());
        }
    }
    let _ = items.finish(delivery);
    Ok(())
}

/// A line outside the list: a mark, a comment, or a member that is understood or counted.
fn beside(delivery: &mut Delivery<'_>, line: &[u8]) {
    let text = String::from_utf8_lossy(line);
    if let Some((name, value)) = text.split_once(':')
        && !name.starts_with(['#', ' ', '-', '\t'])
        && !UNDERSTOOD.contains(&name)
    {
        delivery.loss().note(name, &Value::from(value.trim()));
    }
}

/// The items of the list so far.
#[derive(Default)]
struct Items {
    /// The column of the `-`, once one was seen.
    column: Option<usize>,
    /// The item that is being read, and the line it began on.
    item: Vec<u8>,
    begun: u64,
    is_too_long: bool,
    /// Items that name values, one after another.
    named: Vec<u8>,
}

impl Items {
    fn ends_at(&self, line: &[u8]) -> bool {
        let column = column_of(line);
        match line.get(column) {
            None | Some(b'#') => false,
            Some(b'-') => line.starts_with(b"---") && column == 0,
            Some(_) => column <= self.column.unwrap_or(0),
        }
    }

    fn line(
        &mut self,
        delivery: &mut Delivery<'_>,
        number: u64,
        line: &[u8],
        is_too_long: bool,
    ) -> ControlFlow<()> {
        let column = column_of(line);
        let is_dash = matches!(line.get(column..), Some([b'-'] | [b'-', b' ', ..]));
        if is_dash && column <= *self.column.get_or_insert(column) {
            self.finish(delivery)?;
            self.begun = number;
        }
        if self.begun == 0 {
            // Comments before the first item.
            return ControlFlow::Continue(());
        }
        self.is_too_long |= is_too_long || self.item.len() + line.len() > LINE_BYTES;
        if !self.is_too_long {
            self.item.extend_from_slice(line);
            self.item.push(b'\n');
        }
        ControlFlow::Continue(())
    }

    /// Hands on the item that ends here.
    fn finish(&mut self, delivery: &mut Delivery<'_>) -> ControlFlow<()> {
        let item = std::mem::take(&mut self.item);
        let is_too_long = std::mem::take(&mut self.is_too_long);
        if item.trim_ascii().is_empty() && !is_too_long {
            return ControlFlow::Continue(());
        }
        let at = format!("line {}", self.begun);
        if is_too_long {
            return refuse(
                delivery,
                &at,
                "the interaction is longer than 64 MiB",
                item.len(),
            );
        }
        let parsed = self.parse(&item);
        if names_a_value(&item) && self.named.len() + item.len() <= NAMED_BYTES {
            self.named.extend_from_slice(&item);
        }
        match parsed {
            Ok(fields) => {
                let has_binary = item.windows(7).any(|window| window == b"!binary");
                recorded::deliver(delivery, &at, &exchange(&fields, has_binary))
            }
            Err(why) => refuse(delivery, &at, &why, item.len()),
        }
    }

    fn parse(&self, item: &[u8]) -> Result<Map<String, Value>, String> {
        let alone = last_of(item);
        match alone {
            Err(_) if !self.named.is_empty() => last_of(&[&self.named[..], item].concat()),
            other => other,
        }
    }
}

fn column_of(line: &[u8]) -> usize {
    line.iter().take_while(|byte| **byte == b' ').count()
}

/// Anchors stand behind a space; text that looks like one costs a little memory and nothing else.
fn names_a_value(item: &[u8]) -> bool {
    item.windows(3)
        .any(|window| window[0] == b' ' && window[1] == b'&' && window[2].is_ascii_alphanumeric())
}

/// The last item of a list, as an object.
fn last_of(list: &[u8]) -> Result<Map<String, Value>, String> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_aliases: 1_000,
            max_anchors: 1_000,
            max_recorded_anchor_events: 20_000,
            max_recorded_anchor_bytes: REPEATED_BYTES,
            max_merge_keys: 0,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: REPEATED_EVENTS,
        },
        ignore_binary_tag_for_string: true,
        strict_booleans: true,
        with_snippet: false,
    };
    let items: Vec<Value> = serde_saphyr::from_slice_with_options(list, options)
        .map_err(|error| format!("this is no YAML that can be read: {}", first_line(&error)))?;
    match items.into_iter().next_back() {
        Some(Value::Object(fields)) if fields.contains_key("request") => Ok(fields),
        _ => Err("expected an interaction with a `request`".to_owned()),
    }
}

/// What went wrong, without the text around it: that may hold a key.
fn first_line(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    crate::text::shorten(text.lines().next().unwrap_or_default(), 200).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_repeat_small_values_and_no_large_ones() {
        let shared = b"- request: {headers: &h {Accept: ['*/*']}}\n- request: {headers: *h}\n";
        let fields = last_of(shared).unwrap();
        assert_eq!(fields["request"]["headers"]["Accept"][0], "*/*");
        let mut laughs =
            String::from("- request: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
        for n in 1..12 {
            let before = vec![format!("*a{}", n - 1); 9].join(", ");
            laughs.push_str(&format!("- request: &a{n} [{before}]\n"));
        }
        assert!(last_of(laughs.as_bytes()).is_err());
        let large = format!(
            "- request: &b '{}'\n{}",
            "x".repeat(100_000),
            "- request: *b\n".repeat(500)
        );
        assert!(last_of(large.as_bytes()).is_err());
        let deep = format!(
            "- request: {}{}\n",
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        assert!(last_of(deep.as_bytes()).is_err());
    }
}
