//! What stands where a secret was: `[redacted:email:1f3a9c02]`, its kind and a short keyed hash.
//!
//! The key is random and stays in the workspace, so equal secrets of one workspace look equal and nobody who holds
//! an export can try out guesses.

use crate::identity::hex;
use sha2::{Digest, Sha256};
use std::ops::Range;

const OPEN: &str = "[redacted:";
/// Bytes of the hash that are shown.
const HASH_BYTES: usize = 4;
/// The longest kind, in bytes.
pub(super) const KIND_BYTES: usize = 32;

/// The random key of a workspace.
#[derive(Clone)]
pub(super) struct Key(pub(super) [u8; 32]);

impl Key {
    /// The placeholder of a secret.
    pub(super) fn placeholder(&self, kind: &str, secret: &str) -> String {
        // The key enters before and after the secret, so that no digest can be extended to another one.
        let inner = Sha256::new_with_prefix(self.0)
            .chain_update(kind)
            .chain_update([0])
            .chain_update(secret)
            .finalize();
        let outer = Sha256::new_with_prefix(self.0)
            .chain_update(inner)
            .finalize();
        format!("{OPEN}{kind}:{}]", hex(&outer[..HASH_BYTES]))
    }
}

/// True for one placeholder and nothing else.
pub(super) fn is_placeholder(text: &str) -> bool {
    length_at_start(text) == Some(text.len())
}

/// Every placeholder of a text, in order.
pub(super) fn placeholders(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = memchr::memmem::find(&text.as_bytes()[from..], OPEN.as_bytes()) {
        let start = from + at;
        from = start + OPEN.len();
        if let Some(length) = length_at_start(&text[start..]) {
            found.push(start..start + length);
            from = start + length;
        }
    }
    found
}

/// Bytes of the placeholder that a text begins with.
fn length_at_start(text: &str) -> Option<usize> {
    let rest = text.strip_prefix(OPEN)?.as_bytes();
    let kind = rest
        .iter()
        .take(KIND_BYTES + 1)
        .position(|b| !is_kind_byte(*b))?;
    let hash = rest.get(kind + 1..kind + 1 + HASH_BYTES * 2)?;
    let is_whole = kind > 0
        && rest[kind] == b':'
        && hash
            .iter()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b))
        && rest.get(kind + 1 + HASH_BYTES * 2) == Some(&b']');
    is_whole.then_some(OPEN.len() + kind + 1 + HASH_BYTES * 2 + 1)
}

/// Kinds are small words, so that a placeholder can be told from other text in brackets.
pub(super) fn is_kind_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_secrets_look_equal_under_one_key_and_different_under_another() {
        let (one, other) = (Key([1; 32]), Key([2; 32]));
        let placeholder = one.placeholder("email", "ada@example.org");
        assert_eq!(placeholder, one.placeholder("email", "ada@example.org"));
        assert_ne!(placeholder, one.placeholder("email", "bob@example.org"));
        assert_ne!(placeholder, other.placeholder("email", "ada@example.org"));
        assert!(is_placeholder(&placeholder), "{placeholder}");
    }

    #[test]
    fn only_whole_placeholders_are_found() {
        let text = "a [redacted:email:1f3a9c02] [redacted:x:12] [redacted::1f3a9c02] [redacted:own-1:00000000]";
        let found: Vec<&str> = placeholders(text)
            .into_iter()
            .map(|range| &text[range])
            .collect();
        assert_eq!(
            found,
            ["[redacted:email:1f3a9c02]", "[redacted:own-1:00000000]"]
        );
        assert!(!is_placeholder("[redacted:email:1f3a9c02] and more"));
    }
}
