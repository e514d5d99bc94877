//! Where a token stands in the table of its vocabulary: the build writes it there, and counting looks there.

/// Bits of a slot, from the lowest: rank, offset of the token's bytes, their length, a part of their hash.
pub(crate) const RANK_BITS: u32 = 18;
pub(crate) const OFFSET_BITS: u32 = 22;
pub(crate) const LENGTH_BITS: u32 = 8;
pub(crate) const TAG_BITS: u32 = 16;

/// A hash of a token's bytes (multiply and fold, sixteen bytes at a time).
pub(crate) fn hash_of(bytes: &[u8]) -> u64 {
    let mut hash = bytes.len() as u64;
    for chunk in bytes.chunks(16) {
        let [low, high] = words(chunk);
        hash = folded(
            low ^ hash ^ 0x9e37_79b9_7f4a_7c15,
            high ^ 0xd6e8_feb8_6659_fd93,
        );
    }
    hash
}

fn folded(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}

/// At most sixteen bytes as two words, zeros behind them. Reads overlap, since copying a few bytes to read them as a
/// word takes longer than everything else that is done with it.
pub(crate) fn words(bytes: &[u8]) -> [u64; 2] {
    let length = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        let last = u64::from_le_bytes(*last);
        let high = match length {
            8 => 0,
            _ => last >> (8 * (16 - length.min(16))),
        };
        return [u64::from_le_bytes(*first), high];
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let last = u64::from(u32::from_le_bytes(*last));
        return [
            u64::from(u32::from_le_bytes(*first)) | last << (8 * (length - 4)),
            0,
        ];
    }
    let mut low = 0;
    for (at, byte) in bytes.iter().enumerate() {
        low |= u64::from(*byte) << (8 * at);
    }
    [low, 0]
}

/// The slot that is looked at first, of a power of two.
pub(crate) fn first_slot(hash: u64, slots: usize) -> usize {
    hash as usize & (slots - 1)
}

/// What of the hash stands in the slot, so that another token there is seldom compared.
pub(crate) fn tag_of(hash: u64) -> u64 {
    hash >> (64 - TAG_BITS)
}
