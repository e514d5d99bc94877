//! A member of an archive while it is read: its bytes, and what went wrong with them.

use super::limits::Meter;
use crate::packed::Trouble;
use std::io::{self, BufRead, BufReader, Cursor, ErrorKind, Read};

const BUFFER_BYTES: usize = 256 * 1024;

/// Whoever is shown the members of an archive one by one.
pub type Visit<'v> = dyn FnMut(Entry<'_>) -> std::ops::ControlFlow<()> + 'v;

/// What an archive gives.
pub enum Entry<'a> {
    /// Content to be read before the visit ends.
    Member(Member<'a>),
    /// Something that is not read. `name` is that of the archive itself where it concerns what follows.
    Refused(Refusal),
}

/// Why something in an archive is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Archive and member, as `archive.zip/inner/name.jsonl`.
    pub name: String,
    /// The end of a sentence that begins with the name.
    pub why: String,
    /// What to do next.
    pub hint: String,
}

/// One member: a reader of its content, and the guard that reading it is given.
pub struct Member<'a> {
    /// Archive and member, as `archive.zip/inner/name.jsonl`: a label, no path.
    pub name: String,
    pub content: Box<dyn BufRead + 'a>,
    pub guard: Guard,
}

/// What watches a source while it is read: the limits that hold for it, and what goes wrong on the way.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    pub(crate) meter: Meter,
    pub(crate) trouble: Trouble,
    /// True when the source is a member, whose archive counts the bytes that go in.
    pub(crate) is_member: bool,
}

/// Content of a member: what fails ends it, and is told as trouble.
pub(super) struct Guarded<R> {
    inner: R,
    /// Bytes that must still come; of an unknown size none must.
    owed: u64,
    given: u64,
    /// True where this layer unpacks, so that what it gives counts.
    unpacks: bool,
    name: String,
    guard: Guard,
    /// What went wrong below, for an archive that is itself packed.
    below: Option<Trouble>,
}

impl<R: Read> Guarded<R> {
    /// `owed` is the size that has to come, where the archive says it.
    pub(super) fn new(inner: R, name: &str, owed: u64, unpacks: bool, guard: Guard) -> Self {
        Self {
            inner,
            owed,
            given: 0,
            unpacks,
            name: name.to_owned(),
            guard,
            below: None,
        }
    }

    pub(super) fn above(mut self, below: Option<Trouble>) -> Self {
        self.below = below;
        self
    }

    pub(super) fn buffered(self, head: Vec<u8>) -> impl BufRead {
        Cursor::new(head).chain(BufReader::with_capacity(BUFFER_BYTES, self))
    }

    fn end(&mut self, reason: String) {
        self.guard.trouble.set(self.given, reason);
    }
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.guard.trouble.is_set() || buffer.is_empty() {
            return Ok(0);
        }
        match self.inner.read(buffer) {
            Ok(0) if self.owed > 0 => {
                let below = self.below.as_ref().and_then(Trouble::reason);
                let reason = below.unwrap_or_else(|| {
                    "the archive is cut off here; what stood behind is missing".to_owned()
                });
                self.end(reason);
                Ok(0)
            }
            Ok(read) => {
                self.given += read as u64;
                self.owed = self.owed.saturating_sub(read as u64);
                if self.unpacks
                    && let Some(over) = self.guard.meter.give(read as u64)
                {
                    self.end(format!(
                        "{}: the archive {over}; the rest is not read",
                        self.name
                    ));
                }
                Ok(read)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.end(match error.kind() {
                    ErrorKind::UnexpectedEof => {
                        "the archive is cut off here; what stood behind is missing".to_owned()
                    }
                    _ => format!(
                        "the member is damaged ({error}): the rows before this may be wrong, the rest is not read"
                    ),
                });
                Ok(0)
            }
        }
    }
}

/// Reads the first bytes of a member, to see what it is.
pub(super) fn beginning(content: &mut impl Read, bytes: u64) -> Vec<u8> {
    let mut head = Vec::new();
    // `Guarded` turns failures into trouble.
    let _ = content.take(bytes).read_to_end(&mut head);
    head
}
