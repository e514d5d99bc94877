//! Headers of tar archives: how one is told from other bytes, and what an extended one says.
//!
//! Source: POSIX.1-2017 `pax`, "ustar Interchange Format".

use tar::{Header, PaxExtensions};

/// Headers fill one block, and content whole ones.
pub(super) const BLOCK: usize = 512;

/// True for a block that is the header of a member: its sum is right, and its kind is one.
pub(super) fn is_tar(head: &[u8]) -> bool {
    let Some(block) = head.first_chunk::<BLOCK>() else {
        return false;
    };
    // The sum of old headers without a mark is rarely right by chance, but a text has to be harder to mistake.
    let is_marked = block[257..262] == *b"ustar";
    let kinds = if is_marked { 0..=0x7f } else { 0..=b'7' };
    (is_marked || block[0] != 0) && kinds.contains(&block[156]) && sum_is_right(block)
}

/// True when the sum in a header is that of its bytes.
pub(super) fn sum_is_right(block: &[u8; BLOCK]) -> bool {
    let sum = |from: usize, to: usize| block[from..to].iter().map(|b| u32::from(*b)).sum::<u32>();
    let computed = sum(0, 148) + 8 * u32::from(b' ') + sum(156, BLOCK);
    Header::from_byte_slice(block).cksum().ok() == Some(computed)
}

/// What headers before a member said about it.
#[derive(Default)]
pub(super) struct Extended {
    pub(super) name: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) is_sparse: bool,
}

impl Extended {
    /// Takes what the records of an extended header say.
    pub(super) fn take(&mut self, records: &[u8]) {
        for record in PaxExtensions::new(records).map_while(Result::ok) {
            match record.key_bytes() {
                b"path" => self.name = Some(record.value_bytes().to_vec()),
                b"size" => self.size = record.value().ok().and_then(|size| size.parse().ok()),
                key => self.is_sparse |= key.starts_with(b"GNU.sparse."),
            }
        }
    }
}

/// The size of the blocks that content of this size fills.
pub(super) fn padded(size: u64) -> u64 {
    size.checked_next_multiple_of(BLOCK as u64).unwrap_or(size)
}
