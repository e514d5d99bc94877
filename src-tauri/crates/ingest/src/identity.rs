//! Ids: hex in one case, ids derived from content, and users who must not be named.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Digest, Sha256};

/// An OTLP trace or span id (`bytes` is 16 or 8) in the one spelling that joins.
///
/// OTLP/JSON writes hex in either case; some producers write the base64 of plain protobuf JSON. Anything
/// else is an opaque id and stays as it is. All zeros and the empty text mean that there is no id.
pub(crate) fn wire_id(text: &str, bytes: usize) -> Option<String> {
    let text = text.trim();
    if text.bytes().all(|b| b == b'0') {
        return None;
    }
    if text.len() == bytes * 2 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Some(text.to_ascii_lowercase());
    }
    let unpadded = text.trim_end_matches('=');
    if unpadded.len() == (bytes * 8).div_ceil(6)
        && let Ok(decoded) = STANDARD_NO_PAD.decode(unpadded)
        && decoded.len() == bytes
    {
        return (decoded.iter().any(|b| *b != 0)).then(|| hex(&decoded));
    }
    Some(text.to_owned())
}

/// Lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    text
}

/// `bytes` bytes of SHA-256 over `parts`, as hex. `purpose` keeps equal content of two uses apart.
pub(crate) fn derived_id(purpose: &str, parts: &[&[u8]], bytes: usize) -> String {
    let mut hash = Sha256::new();
    for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
        // The length before each part keeps ("ab", "c") and ("a", "bc") apart.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    hex(&digest[..bytes.min(digest.len())])
}

/// Stands in for a user's id, which no column ever holds: 16 hex digits of a hash.
pub(crate) fn user_id_hash(user_id: &str) -> String {
    derived_id("plumbline user id", &[user_id.as_bytes()], 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_in_any_case_and_base64_are_one_id() {
        let lower = "5b8efff798038103d269b633813fc60c";
        assert_eq!(
            wire_id("5B8EFFF798038103D269B633813FC60C", 16).unwrap(),
            lower
        );
        assert_eq!(wire_id("W47/95gDgQPSabYzgT/GDA==", 16).unwrap(), lower);
        assert_eq!(wire_id("7uGbfsPBsXQ=", 8).unwrap(), "eee19b7ec3c1b174");
    }

    #[test]
    fn opaque_ids_stay_and_missing_ones_are_none() {
        assert_eq!(wire_id("Trace-7", 16).unwrap(), "Trace-7");
        assert_eq!(wire_id("", 8), None);
        assert_eq!(wire_id("0000000000000000", 8), None);
    }

    #[test]
    fn a_user_is_recognised_again_but_not_named() {
        let hash = user_id_hash("ada@example.org");
        assert_eq!(hash, user_id_hash("ada@example.org"));
        assert_ne!(hash, user_id_hash("bob@example.org"));
        assert_eq!(hash.len(), 16);
    }
}
