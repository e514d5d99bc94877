//! Private keys in PEM, whole or cut.

use std::ops::Range;

const BEGIN: &[u8] = b"-----BEGIN";
const LABEL_BYTES: usize = 60;
/// A label alone, as programs and manuals hold it, is no key.
const BODY_BYTES: usize = 20;

/// Every private key from its first dash to its last, or to the end of what can be one.
pub(super) fn find(text: &str) -> impl Iterator<Item = (Range<usize>, &'static str)> {
    let bytes = text.as_bytes();
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + memchr::memmem::find(bytes.get(from..)?, BEGIN)?;
            from = start + BEGIN.len();
            let label = &bytes[from..bytes.len().min(from + LABEL_BYTES)];
            let Some(close) = memchr::memmem::find(label, b"-----") else {
                continue;
            };
            let has = |word: &[u8]| memchr::memmem::find(&label[..close], word).is_some();
            if !(has(b"PRIVATE KEY") || has(b"PRIVATE%20KEY") || has(b"PRIVATE+KEY")) {
                continue;
            }
            let body = from + close + b"-----".len();
            let length = bytes[body..]
                .iter()
                .take_while(|b| {
                    b.is_ascii_alphanumeric()
                        || b.is_ascii_whitespace()
                        || b"+/=\\:,-.%".contains(b)
                })
                .count();
            if length < BODY_BYTES {
                continue;
            }
            // A key ends at its END line; a cut one where its letters do.
            let within = &bytes[body..body + length];
            let end = memchr::memmem::find(within, b"-----END")
                .and_then(|at| {
                    Some(at + 8 + memchr::memmem::find(&within[at + 8..], b"-----")? + 5)
                })
                .map_or(body + length, |at| body + at);
            from = end;
            return Some((start..end, "private_key"));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(text: &str) -> bool {
        find(text).next().is_some()
    }

    #[test]
    fn whole_and_cut_keys_are_found_and_labels_alone_are_not() {
        let key = "-----BEGIN RSA PRIVATE KEY-----\\nMIIEowIBAAKCAQEA7bq\\nabc=\\n-----END RSA PRIVATE KEY-----";
        let text = format!("a {key} b");
        let found: Vec<&str> = find(&text).map(|(range, _)| &text[range]).collect();
        assert_eq!(found, [key]);
        assert!(is_in("-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA7bqxyz"));
        assert!(!is_in("if line == \"-----BEGIN PRIVATE KEY-----\" {"));
        assert!(!is_in(
            "-----BEGIN CERTIFICATE-----\nMIIEowIBAAKCAQEA7bqxyz\n-----END CERTIFICATE-----"
        ));
    }
}
