//! The beginning of a file as detection sees it: the outer keys of its first objects and its first line.
//!
//! It reads no values and forgives a cut or broken text: a guess must not fail on what a reader could read.

use std::collections::BTreeSet;

/// How much of a file detection may see. A first record with long messages before its ids still fits.
pub(crate) const HEAD_BYTES: u64 = 256 * 1024;

/// Lines that are looked at before giving up: a log may begin with broken ones.
const LINES: usize = 20;

/// What detection knows of a file.
pub(crate) struct Head<'a> {
    bytes: &'a [u8],
    /// The outer keys of the objects that the first lines begin with.
    objects: Vec<BTreeSet<&'a str>>,
    first_line: &'a [u8],
}

impl<'a> Head<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        let untouched = bytes;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let bytes = bytes.trim_ascii_start();
        let first_line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
        let mut objects = Vec::new();
        if matches!(bytes.first(), Some(b'{' | b'[')) {
            let mut rest = bytes;
            for _ in 0..LINES {
                if rest.first() == Some(&b'[') {
                    rest = rest[1..].trim_ascii_start();
                }
                if rest.first() == Some(&b'{') {
                    objects.push(outer_keys(rest));
                }
                match rest.iter().position(|b| *b == b'\n') {
                    Some(end) => rest = &rest[end + 1..],
                    None => break,
                }
            }
        }
        Self {
            bytes: untouched,
            objects,
            first_line: first_line.strip_suffix(b"\r").unwrap_or(first_line),
        }
    }

    /// The first bytes as they stand in the file.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// True when one of the first objects satisfies `fits`, given its outer keys.
    pub(crate) fn any_object(&self, fits: impl Fn(&BTreeSet<&str>) -> bool) -> bool {
        self.objects.iter().any(fits)
    }

    /// The first line as text; empty when it is not UTF-8.
    pub(crate) fn first_line(&self) -> &str {
        std::str::from_utf8(self.first_line).unwrap_or_default()
    }
}

/// True when `text` has this member in an object or in JSON text of one, not merely as a word of a text.
pub(crate) fn mentions(text: &[u8], name: &str) -> bool {
    let names = [format!("\"{name}\""), format!("\\\"{name}\\\"")];
    names.iter().any(|name| {
        let name = name.as_bytes();
        text.windows(name.len()).any(|window| window == name)
    })
}

/// The keys of the object that `bytes` begins with, as far as they can be seen; escaped keys are left out.
fn outer_keys(bytes: &[u8]) -> BTreeSet<&str> {
    let mut keys = BTreeSet::new();
    let mut depth = 0_usize;
    let mut at = 0;
    let mut key_may_come = false;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => {
                depth += 1;
                key_may_come = depth == 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            b',' => key_may_come = depth == 1,
            b'"' => {
                let start = at;
                while let Some(inner) = bytes.get(at) {
                    match inner {
                        b'\\' => at += 2,
                        b'"' => break,
                        _ => at += 1,
                    }
                }
                if key_may_come && let Some(Ok(key)) = bytes.get(start..at).map(std::str::from_utf8)
                {
                    keys.insert(key);
                }
                key_may_come = false;
                at += 1;
            }
            _ => {}
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_outer_keys_count() {
        let keys = outer_keys(br#"{"a":{"b":1},"c":["d"],"e":"f","g\"h":1,"i"#);
        assert_eq!(keys, BTreeSet::from(["a", "c", "e", "g\\\"h", "i"]));
    }
}
