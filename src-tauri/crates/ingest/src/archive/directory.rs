//! How many entries a zip archive states, found out before its directory is read into memory.
//!
//! Source: PKWARE APPNOTE 6.3.10, sections 4.3.14 to 4.3.16.

use std::io::{self, Read, Seek, SeekFrom};

const END: &[u8; 4] = b"PK\x05\x06";
const END_BYTES: usize = 22;
const LOCATOR: &[u8; 4] = b"PK\x06\x07";
const LOCATOR_BYTES: usize = 20;
const END64: &[u8; 4] = b"PK\x06\x06";
const END64_BYTES: usize = 56;
/// A comment may stand behind the end.
const COMMENT_BYTES: usize = 65_535;

/// The size of the archive in bytes, and the largest number of entries that an end of it states.
///
/// # Errors
/// The file fails, or a long directory is not where the archive says.
pub(super) fn stated(file: &mut (impl Read + Seek)) -> io::Result<(u64, u64)> {
    let size = file.seek(SeekFrom::End(0))?;
    let tail_bytes = (END_BYTES + COMMENT_BYTES + LOCATOR_BYTES + END64_BYTES) as u64;
    let start = size.saturating_sub(tail_bytes);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.take(tail_bytes).read_to_end(&mut tail)?;
    let mut entries = 0;
    for at in 0..tail.len().saturating_sub(END_BYTES - 1) {
        if !tail[at..].starts_with(END) {
            continue;
        }
        entries = entries.max(number(&tail, at + 10, 2));
        let Some(locator) = at.checked_sub(LOCATOR_BYTES) else {
            continue;
        };
        if tail[locator..].starts_with(LOCATOR) {
            file.seek(SeekFrom::Start(number(&tail, locator + 8, 8)))?;
            let mut end64 = Vec::new();
            file.take(END64_BYTES as u64).read_to_end(&mut end64)?;
            if end64.len() < END64_BYTES || !end64.starts_with(END64) {
                return Err(io::Error::other(
                    "the end of its directory is not where it says",
                ));
            }
            entries = entries
                .max(number(&end64, 24, 8))
                .max(number(&end64, 32, 8));
        }
    }
    Ok((size, entries))
}

fn number(bytes: &[u8], at: usize, width: usize) -> u64 {
    let bytes = bytes.get(at..at + width).unwrap_or_default();
    bytes
        .iter()
        .rev()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}
