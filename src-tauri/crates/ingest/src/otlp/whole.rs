//! Whether bytes are one whole export, asked before any of it is read.
//!
//! A file is read as far as it goes. A request is different: its sender is there to hear that it is broken, and
//! what is refused must leave nothing behind. Spans that are broken inside a whole export are no matter of this.

use super::protobuf::varint;
use crate::Format;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// Levels of lists above a span: groups, scopes, spans.
const LEVELS: usize = 3;

/// Checks that `body` is one export in `format`; `names` are the keys of which one has to be there, such as
/// `resourceSpans`, unless there is nothing at all.
///
/// # Errors
/// What is wrong and where, as a sentence without an end.
pub fn check_export(body: &[u8], format: Format, names: &[&str]) -> Result<(), String> {
    if format == Format::OtlpProtobuf {
        return fields(body, LEVELS);
    }
    let keys: Keys = serde_json::from_slice(body).map_err(|error| format!("no JSON: {error}"))?;
    if keys.0.is_empty() || keys.0.iter().any(|key| names.contains(&key.as_str())) {
        return Ok(());
    }
    Err(format!("an object without `{}`", names.join("` or `")))
}

/// Every field that is a list of the level below must be whole, and nothing may stand there that is passed over.
fn fields(mut bytes: &[u8], levels: usize) -> Result<(), String> {
    let whole = bytes.len();
    while let Some((tag, behind)) = bytes.split_first() {
        let at = whole - bytes.len();
        if tag & 7 != 2 || tag & 0x80 != 0 {
            return Err(format!("no field of an export at byte {at} of its level"));
        }
        let (length, behind) =
            varint(behind).ok_or_else(|| format!("a length is cut or malformed at byte {at}"))?;
        let (payload, rest) = usize::try_from(length)
            .ok()
            .and_then(|length| behind.split_at_checked(length))
            .ok_or_else(|| format!("a field is cut at byte {at}"))?;
        // The lists: `resource_spans` is field 1 of an export, those below are field 2.
        let list = if levels == LEVELS { 0x0a } else { 0x12 };
        if *tag == list && levels > 1 {
            fields(payload, levels - 1)?;
        }
        bytes = rest;
    }
    Ok(())
}

/// The keys of an object; its values are looked through and not kept.
struct Keys(Vec<String>);

/// Keys that are looked at: an export has one or a few.
const KEYS: usize = 64;

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Look)
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = Keys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an export as an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
        let mut keys = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            map.next_value::<IgnoredAny>()?;
            if keys.len() < KEYS {
                keys.push(key);
            }
        }
        Ok(Keys(keys))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPANS: &[&str] = &["resourceSpans", "resource_spans"];

    fn json(text: &str) -> Result<(), String> {
        check_export(text.as_bytes(), Format::OtlpJson, SPANS)
    }

    #[test]
    fn one_whole_object_of_json_passes_and_nothing_else() {
        for good in [
            "{}",
            " {\"resourceSpans\":[]}\n",
            "{\"resource_spans\":null,\"x\":1}",
        ] {
            assert_eq!(json(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "[]",
            "null",
            "\"resourceSpans\"",
            "{\"resourceSpans\":[}",
            "{\"resourceSpans\":[]",
            "{\"resourceSpans\":[]}{\"resourceSpans\":[]}",
            "{\"resourceLogs\":[]}",
            "\u{feff}{}",
        ] {
            assert!(json(bad).is_err(), "{bad}");
        }
        let deep = format!("{{\"resourceSpans\":{}", "[".repeat(200_000));
        assert!(json(&deep).is_err());
    }

    #[test]
    fn every_cut_of_a_protobuf_export_is_seen() {
        // An export > a group > scope spans > two spans of three bytes.
        let spans = [0x12, 3, 1, 2, 3, 0x12, 3, 4, 5, 6];
        let scope = [&[0x0a, 2, 0x0a, 0][..], &[0x12, 10], &spans[..]].concat();
        let export = [&[0x0a, 16][..], &scope].concat();
        let check = |bytes: &[u8]| check_export(bytes, Format::OtlpProtobuf, SPANS);
        assert_eq!(check(&export), Ok(()));
        assert_eq!(check(b""), Ok(()), "nothing is an export of nothing");
        for cut in 1..export.len() {
            assert!(check(&export[..cut]).is_err(), "cut at {cut}");
        }
        for bad in [
            &b"\x1f\x8b\x08\0"[..],
            b"\x28\xb5\x2f\xfd",
            b"{}",
            b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }
}
