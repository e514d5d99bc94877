//! Lines of JSON, read incrementally: bytes in, whole lines out, wherever the chunks were cut.
//!
//! A line ends in LF; one without it is not whole and is not handed over. Empty lines are skipped.

use crate::wire::WireError;
use plumbline_model::sse::Next;

/// Most bytes of one line.
const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;

/// The line whose end has not come yet.
#[derive(Debug, Default)]
pub(crate) struct LineParser(Vec<u8>);

impl LineParser {
    /// Reads a chunk and hands over every line that ends in it, in order.
    ///
    /// # Errors
    /// Those of `on_line`, and one for a line above 16 MB.
    pub(crate) fn feed(
        &mut self,
        chunk: &[u8],
        mut on_line: impl FnMut(&[u8]) -> Result<Next, WireError>,
    ) -> Result<Next, WireError> {
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            if self.0.len().saturating_add(piece.len()) > MAX_LINE_BYTES {
                return Err(WireError::Malformed(
                    "one line of the stream is larger than 16 MB".to_owned(),
                ));
            }
            self.0.extend_from_slice(piece);
            if self.0.ends_with(b"\n") {
                let line = std::mem::take(&mut self.0);
                let text = line.trim_ascii();
                if !text.is_empty() && on_line(text)? == Next::Stop {
                    return Ok(Next::Stop);
                }
                self.0 = line;
                self.0.clear();
            }
        }
        Ok(Next::Continue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_wherever_the_chunks_were_cut() {
        let stream = b"{\"a\":1}\r\n\n{\"b\":2}\n{\"c\"";
        for size in 1..=stream.len() {
            let mut lines = Vec::new();
            let mut parser = LineParser::default();
            for chunk in stream.chunks(size) {
                let next = parser.feed(chunk, |line| {
                    lines.push(String::from_utf8(line.to_vec()).unwrap());
                    Ok(Next::Continue)
                });
                assert_eq!(next, Ok(Next::Continue));
            }
            assert_eq!(lines, ["{\"a\":1}", "{\"b\":2}"], "chunks of {size}");
        }
    }

    #[test]
    fn an_endless_line_is_refused_at_the_cap() {
        let block = vec![b'x'; 1024 * 1024];
        let mut parser = LineParser::default();
        let fed = (0..17).try_for_each(|_| parser.feed(&block, |_| Ok(Next::Continue)).map(|_| ()));
        assert!(matches!(fed, Err(WireError::Malformed(_))));
    }
}
