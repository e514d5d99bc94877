//! What a source is, told by its first bytes; its name does not count.

use super::tar_header::{BLOCK, is_tar};
use crate::inspect::ZIP_MAGIC;
use crate::packed::Packing;
use crate::sqlite_rows::SQLITE_MAGIC;
use std::io::{Cursor, Read};

/// How many first bytes tell: enough for a first block of Zstandard.
pub const KIND_BYTES: u64 = 256 * 1024;

/// An archive that says where it ends has this when nothing is in it.
const EMPTY_ZIP: &[u8; 4] = b"PK\x05\x06";

/// The ways in which sources are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// Records one after another, packed or not.
    Stream,
    /// A zip archive: its end has to be sought.
    Zip,
    /// A tar archive, packed or not.
    Tar,
    /// A database, which has to be opened by its path.
    Sqlite,
}

impl SourceKind {
    /// Recognised by the first [`KIND_BYTES`].
    #[must_use]
    pub fn of(head: &[u8]) -> Self {
        if head.starts_with(ZIP_MAGIC) || head.starts_with(EMPTY_ZIP) {
            Self::Zip
        } else if head.starts_with(SQLITE_MAGIC) {
            Self::Sqlite
        } else if is_tar(head) || is_tar(&inside(head)) {
            Self::Tar
        } else {
            Self::Stream
        }
    }

    /// What a packed member or source is inside, as [`SourceKind::of`]; a pack around none is a stream.
    pub(super) fn inside_of(head: &[u8]) -> Self {
        match Self::of(&inside(head)) {
            Self::Stream => Self::of(head),
            kind => kind,
        }
    }
}

/// The first bytes of what is packed; none for what is not.
fn inside(head: &[u8]) -> Vec<u8> {
    let mut first = Vec::new();
    if let Some(packing) = Packing::of(head)
        && let Ok((inside, _)) = packing.open(Cursor::new(head))
    {
        // A beginning that does not unpack is no archive; the reader says what is wrong with it.
        let _ = inside.take(BLOCK as u64).read_to_end(&mut first);
    }
    first
}
