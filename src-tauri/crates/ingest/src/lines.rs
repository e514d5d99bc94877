//! Lines of a source with a bound on each: memory stays flat whatever the file holds.
//!
//! It strips the byte order mark and line ends, and decides nothing about what a line says.

use std::io::{self, BufRead, ErrorKind};

/// The longest line that is read as a record, in bytes.
pub(crate) const LINE_BYTES: usize = 64 * 1024 * 1024;
/// What is kept of a longer one.
const HEAD_BYTES: usize = 8 * 1024;

/// One line without its end.
pub(crate) struct Line<'a> {
    /// Counted from 1.
    pub(crate) number: u64,
    /// The bytes; of a line that is too long only its beginning.
    pub(crate) bytes: &'a [u8],
    pub(crate) is_too_long: bool,
}

/// Reads a source line by line.
pub(crate) struct Lines<'a> {
    source: &'a mut dyn BufRead,
    limit: usize,
    number: u64,
    buffer: Vec<u8>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(source: &'a mut dyn BufRead, limit: usize) -> Self {
        Self {
            source,
            limit,
            number: 0,
            buffer: Vec::new(),
        }
    }

    /// How many lines were begun.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The next line, or `None` at the end of the source.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.buffer.clear();
        self.number += 1;
        let mut length = 0_u64;
        let mut ended = false;
        while !ended {
            let chunk = match self.source.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                if length == 0 {
                    return Ok(None);
                }
                break;
            }
            let end = chunk.iter().position(|b| *b == b'\n');
            let part = &chunk[..end.unwrap_or(chunk.len())];
            let used = part.len() + usize::from(end.is_some());
            ended = end.is_some();
            if length <= self.limit as u64 {
                // One byte over the limit tells a line that is too long from one that just fits.
                let room = (self.limit + 2).saturating_sub(self.buffer.len());
                self.buffer.extend_from_slice(&part[..part.len().min(room)]);
            }
            length += part.len() as u64;
            self.source.consume(used);
        }
        if self.number == 1 && self.buffer.starts_with(b"\xef\xbb\xbf") {
            self.buffer.drain(..3);
            length -= 3;
        }
        if self.buffer.len() as u64 == length && self.buffer.last() == Some(&b'\r') {
            self.buffer.pop();
            length -= 1;
        }
        let is_too_long = length > self.limit as u64;
        if is_too_long {
            self.buffer.truncate(HEAD_BYTES);
            // The next line need not pay for this one.
            self.buffer.shrink_to(HEAD_BYTES);
        }
        Ok(Some(Line {
            number: self.number,
            bytes: &self.buffer,
            is_too_long,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn read(bytes: &[u8], limit: usize) -> Vec<(u64, Vec<u8>, bool)> {
        // A tiny buffer makes lines cross its edge.
        let mut source = BufReader::with_capacity(3, bytes);
        let mut lines = Lines::new(&mut source, limit);
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            all.push((line.number, line.bytes.to_vec(), line.is_too_long));
        }
        all
    }

    #[test]
    fn marks_and_line_ends_are_stripped_and_empty_lines_are_numbered() {
        assert_eq!(
            read(b"\xef\xbb\xbfab\r\n\r\n\ncd", 100),
            [
                (1, b"ab".to_vec(), false),
                (2, Vec::new(), false),
                (3, Vec::new(), false),
                (4, b"cd".to_vec(), false),
            ]
        );
    }

    #[test]
    fn a_line_at_the_limit_fits_and_one_byte_more_does_not() {
        assert_eq!(read(b"12345\r\nx", 5)[0], (1, b"12345".to_vec(), false));
        let mut long = vec![b'x'; HEAD_BYTES + 100];
        long.extend_from_slice(b"\nnext");
        let lines = read(&long, HEAD_BYTES + 99);
        assert!(lines[0].2, "over the limit");
        assert_eq!(lines[0].1.len(), HEAD_BYTES, "only its beginning is kept");
        assert_eq!(
            lines[1],
            (2, b"next".to_vec(), false),
            "the next line is whole"
        );
    }
}
