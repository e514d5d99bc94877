//! Bodies as they lie in the file: JSON, compressed with zstd.
//!
//! A body that claims to unpack to more than the limit is refused, since the file may come from anywhere.

use crate::error::{Result, WorkspaceError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};
use zstd::bulk::{Compressor, Decompressor};

/// Level 1: near the speed of memory, and bodies of chat text shrink to a half or less.
const LEVEL: i32 = 1;

/// The largest body that is unpacked, in bytes.
const BODY_LIMIT: u64 = 256 * 1024 * 1024;

/// Bodies up to this size are unpacked in one go, into a buffer of the size they claim.
const SHORT: usize = 1024 * 1024;

/// Contexts kept for the next body, as many as threads commonly work at once: making one costs more than
/// packing a short body.
const KEPT_CONTEXTS: usize = 4;
static PACKERS: Mutex<Vec<Compressor<'static>>> = Mutex::new(Vec::new());
static UNPACKERS: Mutex<Vec<Decompressor<'static>>> = Mutex::new(Vec::new());

/// Compresses bytes.
pub(crate) fn pack(bytes: &[u8]) -> Result<Vec<u8>> {
    pack_beside(bytes, &[])
}

/// Compresses bytes that say much the same as `known`. Who unpacks them must have `known`.
pub(crate) fn pack_beside(bytes: &[u8], known: &[u8]) -> Result<Vec<u8>> {
    refuse_oversized(bytes)?;
    let packed = with_context(&PACKERS, Compressor::default, |packer| {
        // An empty one takes the last body's away.
        packer.set_dictionary(LEVEL, known_part(known))?;
        packer.compress(bytes)
    });
    packed.map_err(|error| WorkspaceError::BadInput(format!("a body does not compress: {error}")))
}

/// Refuses what could be packed but would not be unpacked again.
pub(crate) fn refuse_oversized(bytes: &[u8]) -> Result<()> {
    if bytes.len() as u64 > BODY_LIMIT {
        return Err(WorkspaceError::BadInput(format!(
            "a body of {} bytes is larger than the limit of {BODY_LIMIT}",
            bytes.len()
        )));
    }
    Ok(())
}

/// Compresses bodies and records that were checked one by one, in place of what `packed` held.
pub(crate) fn pack_block(bytes: &[u8], packed: &mut Vec<u8>) -> Result<()> {
    with_context(&PACKERS, Compressor::default, |packer| {
        packer.set_dictionary(LEVEL, &[])?;
        packed.clear();
        packed.reserve(zstd::zstd_safe::compress_bound(bytes.len()));
        packer.compress_to_buffer(bytes, packed)
    })
    .map_err(|error| WorkspaceError::BadInput(format!("a block does not compress: {error}")))?;
    Ok(())
}

/// All bytes of a block that holds `total` of them.
pub(crate) fn unpack_block(packed: &[u8], total: usize) -> Result<Vec<u8>> {
    let bytes = if total <= SHORT {
        with_context(&UNPACKERS, Decompressor::default, |unpacker| {
            unpacker.decompress(packed, total)
        })
    } else {
        let mut bytes = Vec::new();
        zstd::stream::read::Decoder::with_buffer(packed).and_then(|decoder| {
            let most = (total as u64).min(2 * BODY_LIMIT);
            decoder.take(most + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        })
    }
    .map_err(|error| damaged(&error))?;
    if bytes.len() == total {
        Ok(bytes)
    } else {
        Err(WorkspaceError::Damaged(
            "a stored block does not unpack to what it should hold".into(),
        ))
    }
}

/// The bytes that were packed.
pub(crate) fn unpack(packed: &[u8]) -> Result<Vec<u8>> {
    match Decompressor::upper_bound(packed) {
        Some(size) if size <= SHORT => {
            with_context(&UNPACKERS, Decompressor::default, |unpacker| {
                unpacker.decompress(packed, size)
            })
            .map_err(|error| damaged(&error))
        }
        _ => unpack_beside(packed, &[]),
    }
}

/// The bytes that were packed beside `known`, or by themselves.
pub(crate) fn unpack_beside(packed: &[u8], known: &[u8]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    zstd::stream::read::Decoder::with_dictionary(packed, known_part(known))
        .map_err(|error| damaged(&error))?
        .take(BODY_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| damaged(&error))?;
    if bytes.len() as u64 > BODY_LIMIT {
        return Err(WorkspaceError::Damaged(
            "a stored body unpacks to more than its limit".into(),
        ));
    }
    Ok(bytes)
}

/// The beginning is enough to find what is alike, and bounds the work.
fn known_part(known: &[u8]) -> &[u8] {
    &known[..known.len().min(SHORT)]
}

fn damaged(error: &io::Error) -> WorkspaceError {
    WorkspaceError::Damaged(format!("a stored body does not unpack: {error}"))
}

/// Lends a context; one that failed is not used again.
fn with_context<C, T>(
    kept: &Mutex<Vec<C>>,
    new: impl FnOnce() -> C,
    work: impl FnOnce(&mut C) -> io::Result<T>,
) -> io::Result<T> {
    let waiting = kept.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut context = waiting.unwrap_or_else(new);
    let result = work(&mut context)?;
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() < KEPT_CONTEXTS {
        kept.push(context);
    }
    Ok(result)
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
    fn a_record_packed_beside_its_body_takes_little_room_and_needs_the_body() {
        let body: Vec<u8> = (0..3_000_u32)
            .flat_map(|n| {
                (n.wrapping_mul(2_654_435_761) >> 7)
                    .to_string()
                    .into_bytes()
            })
            .collect();
        let record = [&b"{\"raw\": "[..], &body, b"}"].concat();
        let packed = pack_beside(&record, &body).unwrap();
        assert!(packed.len() * 20 < pack(&record).unwrap().len());
        assert_eq!(unpack_beside(&packed, &body).unwrap(), record);
        assert!(unpack(&packed).is_err(), "half of it stands elsewhere");
        // The context that was lent must forget the body.
        assert_eq!(unpack(&pack(&record).unwrap()).unwrap(), record);
        assert_eq!(
            unpack_beside(&pack(&record).unwrap(), &body).unwrap(),
            record,
            "files written before records were packed beside their bodies stay readable"
        );
    }

    #[test]
    fn a_large_body_comes_back_too() {
        let bytes: Vec<u8> = (0..=255).cycle().take(3 * SHORT).collect();
        assert_eq!(unpack(&pack(&bytes).unwrap()).unwrap(), bytes);
        assert_eq!(
            unpack_beside(&pack_beside(&bytes, &bytes).unwrap(), &bytes).unwrap(),
            bytes
        );
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
