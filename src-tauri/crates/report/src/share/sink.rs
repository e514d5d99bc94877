//! Counts what goes out.

use std::io::{self, Write};

/// What a format wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Cases, not lines.
    pub rows: u64,
    pub bytes: u64,
}

/// Passes bytes on and counts them.
#[derive(Debug)]
pub(super) struct Counting<W> {
    out: W,
    pub(super) bytes: u64,
}

impl<W> Counting<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, bytes: 0 }
    }
}

impl<W: Write> Write for Counting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.out.write(bytes)?;
        self.bytes += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
