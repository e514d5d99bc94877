//! Bodies as they lie in the file: JSON, compressed with zstd.
//!
//! A body that claims to unpack to more than the limit is refused, since the file may come from anywhere.

use crate::error::{Result, WorkspaceError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::Read;

/// Level 1: near the speed of memory, and bodies of chat text shrink to a half or less.
const LEVEL: i32 = 1;

/// The largest body that is unpacked, in bytes.
const BODY_LIMIT: u64 = 256 * 1024 * 1024;

/// Compresses bytes.
pub(crate) fn pack(bytes: &[u8]) -> Result<Vec<u8>> {
    if bytes.len() as u64 > BODY_LIMIT {
        return Err(WorkspaceError::BadInput(format!(
            "a body of {} bytes is larger than the limit of {BODY_LIMIT}",
            bytes.len()
        )));
    }
    zstd::bulk::compress(bytes, LEVEL)
        .map_err(|error| WorkspaceError::BadInput(format!("a body does not compress: {error}")))
}

/// The bytes that were packed.
pub(crate) fn unpack(packed: &[u8]) -> Result<Vec<u8>> {
    let damaged = |error: std::io::Error| {
        WorkspaceError::Damaged(format!("a stored body does not unpack: {error}"))
    };
    let mut bytes = Vec::new();
    zstd::stream::read::Decoder::new(packed)
        .map_err(damaged)?
        .take(BODY_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(damaged)?;
    if bytes.len() as u64 > BODY_LIMIT {
        return Err(WorkspaceError::Damaged(
            "a stored body unpacks to more than its limit".into(),
        ));
    }
    Ok(bytes)
}

/// Serialises to JSON text.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| WorkspaceError::BadInput(format!("a value is not JSON: {error}")))
}

/// Reads JSON that this crate wrote.
pub(crate) fn from_json<T: DeserializeOwned>(text: &[u8]) -> Result<T> {
    serde_json::from_slice(text)
        .map_err(|error| WorkspaceError::Damaged(format!("a stored value does not read: {error}")))
}

/// Serialises and compresses.
pub(crate) fn pack_json<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    pack(json(value)?.as_bytes())
}

/// Unpacks and reads.
pub(crate) fn unpack_json<T: DeserializeOwned>(packed: &[u8]) -> Result<T> {
    from_json(&unpack(packed)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_back_byte_for_byte() {
        let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        assert_eq!(unpack(&pack(&bytes).unwrap()).unwrap(), bytes);
        assert_eq!(unpack(&pack(b"").unwrap()).unwrap(), b"");
    }

    #[test]
    fn a_body_that_unpacks_beyond_the_limit_is_refused() {
        let zeros = vec![0_u8; 1024 * 1024];
        let mut bomb = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        for _ in 0..=(BODY_LIMIT / zeros.len() as u64) {
            std::io::Write::write_all(&mut bomb, &zeros).unwrap();
        }
        let bomb = bomb.finish().unwrap();
        assert!(matches!(unpack(&bomb), Err(WorkspaceError::Damaged(_))));
        assert!(matches!(
            unpack(b"not zstd"),
            Err(WorkspaceError::Damaged(_))
        ));
    }
}
