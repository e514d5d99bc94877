//! Where a token stands in the table of its vocabulary: the build writes it there, and counting looks there.

/// Bits of a slot, from the lowest: rank, offset of the token's bytes, their length, a part of their hash.
pub(crate) const RANK_BITS: u32 = 18;
pub(crate) const OFFSET_BITS: u32 = 22;
pub(crate) const LENGTH_BITS: u32 = 8;
pub(crate) const TAG_BITS: u32 = 16;

/// A hash of a token's bytes (multiply and shift, word by word).
pub(crate) fn hash_of(bytes: &[u8]) -> u64 {
    let mut hash = bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash ^= hash >> 32;
    }
    hash
}

/// The slot that is looked at first, of a power of two.
pub(crate) fn first_slot(hash: u64, slots: usize) -> usize {
    hash as usize & (slots - 1)
}

/// What of the hash stands in the slot, so that another token there is seldom compared.
pub(crate) fn tag_of(hash: u64) -> u64 {
    hash >> (64 - TAG_BITS)
}
