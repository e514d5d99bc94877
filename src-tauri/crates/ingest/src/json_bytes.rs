//! A walk over JSON text of any size that only sees its outer structure: values are cut out as bytes.
//!
//! It keeps one value in memory, bounded, and recurses nowhere, so neither size nor nesting of a file can
//! hurt. What is inside a value is for others to parse; a value that is broken inside does not stop the walk.

use std::io::{self, BufRead, ErrorKind};
use std::ops::ControlFlow;

/// The longest key that is kept, in bytes.
const KEY_BYTES: usize = 4 * 1024;

/// Why the walk cannot go on from here.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The text is not JSON at this byte (counted from 0), or ends too early.
    Broken { offset: u64, reason: String },
    /// The source failed.
    Io(io::Error),
    /// The sink wants no more.
    Stopped,
}

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What the sink says, as a reason to halt.
pub(crate) fn pass(flow: ControlFlow<()>) -> Result<(), Halt> {
    match flow {
        ControlFlow::Break(()) => Err(Halt::Stopped),
        ControlFlow::Continue(()) => Ok(()),
    }
}

/// The text with a position.
pub(crate) struct JsonBytes<'a> {
    source: &'a mut dyn BufRead,
    /// Bytes consumed so far.
    pub(crate) offset: u64,
    /// The line the position is on, counted from 1.
    pub(crate) line: u64,
    /// True while a line end breaks what is being read: inside one line of a file of lines.
    pub(crate) line_bound: bool,
}

impl<'a> JsonBytes<'a> {
    pub(crate) fn new(source: &'a mut dyn BufRead) -> Self {
        Self {
            source,
            offset: 0,
            line: 1,
            line_bound: false,
        }
    }

    /// What is in memory of the text that follows.
    pub(crate) fn lookahead(&mut self) -> io::Result<&[u8]> {
        self.fill()
    }

    pub(crate) fn broken<T>(&self, reason: impl Into<String>) -> Result<T, Halt> {
        Err(Halt::Broken {
            offset: self.offset,
            reason: reason.into(),
        })
    }

    fn fill(&mut self) -> io::Result<&[u8]> {
        loop {
            // Asked twice because a borrow that is returned from a loop would outlive it.
            match self.source.fill_buf() {
                Ok(_) => return self.source.fill_buf(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn consume(&mut self, count: usize, lines: u64) {
        self.source.consume(count);
        self.offset += count as u64;
        self.line += lines;
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.fill()?.first().copied())
    }

    /// The next byte that is not white space, left where it is. Where a line end breaks, it is such a byte.
    pub(crate) fn next_solid(&mut self) -> io::Result<Option<u8>> {
        let line_bound = self.line_bound;
        loop {
            let chunk = self.fill()?;
            if chunk.is_empty() {
                return Ok(None);
            }
            let blank = chunk
                .iter()
                .position(|b| !matches!(b, b' ' | b'\t' | b'\r') && (line_bound || *b != b'\n'));
            let skipped = &chunk[..blank.unwrap_or(chunk.len())];
            let lines = skipped.iter().filter(|b| **b == b'\n').count() as u64;
            let found = blank.map(|at| chunk[at]);
            let count = skipped.len();
            self.consume(count, lines);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// Steps over a byte order mark, if the text begins with one.
    pub(crate) fn skip_mark(&mut self) -> io::Result<()> {
        if self.fill()?.starts_with(b"\xef\xbb\xbf") {
            self.consume(3, 0);
        }
        Ok(())
    }

    /// Steps over this one byte, after white space.
    pub(crate) fn expect(&mut self, byte: u8) -> Result<(), Halt> {
        match self.next_solid()? {
            Some(found) if found == byte => {
                self.consume(1, 0);
                Ok(())
            }
            Some(found) => self.broken(format!(
                "expected `{}` and found `{}`",
                char::from(byte),
                found.escape_ascii()
            )),
            None => self.broken("the file ends early"),
        }
    }

    /// Inside an array: true when an element follows, false when the array has ended.
    pub(crate) fn next_element(&mut self, first: &mut bool) -> Result<bool, Halt> {
        self.next_in(b']', first)
    }

    /// Inside an object: the next key, with the position before its value; `None` when it has ended.
    pub(crate) fn next_member(&mut self, first: &mut bool) -> Result<Option<String>, Halt> {
        if !self.next_in(b'}', first)? {
            return Ok(None);
        }
        if self.next_solid()? != Some(b'"') {
            return self.broken("expected a key in quotes");
        }
        let mut bytes = Vec::new();
        self.capture(&mut bytes, KEY_BYTES)?;
        let key = match serde_json::from_slice(&bytes) {
            Ok(key) => key,
            Err(_) => return self.broken("a key is not valid JSON text"),
        };
        self.expect(b':')?;
        Ok(Some(key))
    }

    fn next_in(&mut self, close: u8, first: &mut bool) -> Result<bool, Halt> {
        if self.next_solid()? == Some(close) {
            self.consume(1, 0);
            return Ok(false);
        }
        if !std::mem::take(first) {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// Copies the next value into `into` and steps over it. False when it was longer than `limit`: then only
    /// its beginning is in `into`, and the position is still behind its end.
    pub(crate) fn capture(&mut self, into: &mut Vec<u8>, limit: usize) -> Result<bool, Halt> {
        into.clear();
        if self.next_solid()?.is_none() {
            return self.broken("the file ends where a value was expected");
        }
        let mut scan = Scan {
            line_bound: self.line_bound,
            ..Scan::default()
        };
        let mut length = 0;
        loop {
            let chunk = self.fill()?;
            if chunk.is_empty() {
                // A bare number may end with the file; everything else is cut.
                return if scan.is_scalar() && length > 0 {
                    Ok(length <= limit)
                } else {
                    self.broken("the file ends inside a value")
                };
            }
            let (used, lines, state) = scan.run(chunk);
            let room = limit.saturating_sub(into.len());
            into.extend_from_slice(&chunk[..used.min(room)]);
            length += used;
            self.consume(used, lines);
            match state {
                State::More => {}
                State::Done if length == 0 => return self.broken("expected a value"),
                State::Done => return Ok(length <= limit),
                State::LineEnd => return self.broken("a line ends inside a value"),
            }
        }
    }

    /// After a break: goes to the next line, in a file that is not known to be one of lines to the next one
    /// that begins with `{`, where an export could begin. False at the end of the file.
    pub(crate) fn resync(&mut self, any_line: bool) -> io::Result<bool> {
        loop {
            let chunk = self.fill()?;
            if chunk.is_empty() {
                return Ok(false);
            }
            match chunk.iter().position(|b| *b == b'\n') {
                Some(at) => {
                    self.consume(at + 1, 1);
                    if any_line || self.peek()? == Some(b'{') {
                        return Ok(true);
                    }
                }
                None => {
                    let count = chunk.len();
                    self.consume(count, 0);
                }
            }
        }
    }
}

enum State {
    More,
    Done,
    LineEnd,
}

/// Finds the end of one value: counts brackets outside of texts.
#[derive(Default)]
struct Scan {
    line_bound: bool,
    depth: u64,
    begun: bool,
    in_text: bool,
    escaped: bool,
}

impl Scan {
    fn is_scalar(&self) -> bool {
        self.depth == 0 && !self.in_text
    }

    /// How many bytes of `chunk` belong to the value, how many lines end in them, and what comes next.
    fn run(&mut self, chunk: &[u8]) -> (usize, u64, State) {
        let mut lines = 0;
        let mut at = 0;
        while let Some(byte) = chunk.get(at) {
            if self.in_text {
                if std::mem::take(&mut self.escaped) {
                    at += 1;
                    continue;
                }
                let Some(found) = memchr::memchr3(b'"', b'\\', b'\n', &chunk[at..]) else {
                    break;
                };
                at += found;
                match chunk[at] {
                    b'\n' => return (at, lines, State::LineEnd),
                    b'\\' => self.escaped = true,
                    _ => {
                        self.in_text = false;
                        if self.depth == 0 {
                            return (at + 1, lines, State::Done);
                        }
                    }
                }
                at += 1;
                continue;
            }
            match byte {
                b'"' => {
                    if self.depth == 0 && self.begun {
                        return (at, lines, State::Done);
                    }
                    self.in_text = true;
                }
                b'{' | b'[' => {
                    if self.depth == 0 && self.begun {
                        return (at, lines, State::Done);
                    }
                    self.depth += 1;
                }
                b'}' | b']' => {
                    if self.depth == 0 {
                        return (at, lines, State::Done);
                    }
                    self.depth -= 1;
                    if self.depth == 0 {
                        return (at + 1, lines, State::Done);
                    }
                }
                b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => {
                    return (at, lines, State::Done);
                }
                b'\n' if self.line_bound => return (at, lines, State::LineEnd),
                b'\n' => lines += 1,
                _ => {}
            }
            self.begun = true;
            at += 1;
        }
        (chunk.len(), lines, State::More)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn capture(text: &str, limit: usize) -> Result<(String, bool, u64), Halt> {
        // A tiny buffer makes values cross its edge.
        let mut source = BufReader::with_capacity(2, text.as_bytes());
        let mut json = JsonBytes::new(&mut source);
        let mut bytes = Vec::new();
        let whole = json.capture(&mut bytes, limit)?;
        Ok((String::from_utf8(bytes).unwrap(), whole, json.offset))
    }

    #[test]
    fn values_end_where_their_brackets_do() {
        for (text, value) in [
            (" {\"a\":\"}\\\"\"} ,", "{\"a\":\"}\\\"\"}"),
            ("[1,[2,{}]]]", "[1,[2,{}]]"),
            ("\"x,y\",", "\"x,y\""),
            ("12}", "12"),
            ("null", "null"),
        ] {
            assert_eq!(capture(text, 100).unwrap().0, value);
        }
    }

    #[test]
    fn a_value_over_the_limit_is_stepped_over_whole() {
        let (kept, whole, offset) = capture("[1,2,3,4]", 4).unwrap();
        assert_eq!((kept.as_str(), whole, offset), ("[1,2", false, 9));
    }

    #[test]
    fn a_cut_says_where() {
        let Err(Halt::Broken { offset, .. }) = capture("{\"a\": [1, ", 100) else {
            panic!("a cut value must not pass");
        };
        assert_eq!(offset, 10);
        assert!(
            capture("{\"a\": \"b\n\"}", 100).is_err(),
            "text cannot hold a line end"
        );
        assert!(capture("", 100).is_err());
    }
}
