//! Compressed sources, read through: gzip (also several members) and Zstandard, recognised by their magic.
//!
//! Nothing is unpacked to disk. Sizes that a file declares are not believed: what comes out is counted, and a
//! source that expands like a bomb ends there. A stream that is cut, damaged or ended by a limit gives what it
//! gave so far; `Trouble` then says in one sentence what is missing and from which byte on.
//! Sources: RFC 1952 (gzip), RFC 8878 (Zstandard).

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::rc::Rc;

/// What may come out whatever the ratio.
const FREE_BYTES: u64 = 64 * 1024 * 1024;
/// Beyond that, bytes out for each byte in. Logs that repeat themselves reach 30.
const RATIO: u64 = 200;
/// The most that may come out of one source.
const TOTAL_BYTES: u64 = 20 * 1024 * 1024 * 1024;
const BUFFER_BYTES: usize = 256 * 1024;

/// A way in which a source is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    Zstd,
}

impl Packing {
    /// Recognised by the first bytes.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        if head.starts_with(&[0x1f, 0x8b]) {
            Some(Self::Gzip)
        } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            Some(Self::Zstd)
        } else {
            None
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// A reader of what is inside, and where it will say what went wrong.
    ///
    /// # Errors
    /// The decoder cannot be made.
    pub(crate) fn open<'a>(
        self,
        source: impl BufRead + 'a,
    ) -> io::Result<(impl BufRead + 'a, Trouble)> {
        let taken = Rc::new(RefCell::new(0));
        let counted = BufReader::with_capacity(
            BUFFER_BYTES,
            Counted {
                source,
                taken: Rc::clone(&taken),
            },
        );
        let inside: Box<dyn Read + 'a> = match self {
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(counted)),
            Self::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(counted)?),
        };
        let trouble = Trouble::default();
        let guarded = Guarded {
            packing: self,
            inside,
            taken,
            given: 0,
            trouble: trouble.clone(),
        };
        Ok((BufReader::with_capacity(BUFFER_BYTES, guarded), trouble))
    }
}

/// Why a packed source ended before its end, if it did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trouble(Rc<RefCell<Option<(u64, String)>>>);

impl Trouble {
    /// The byte of the unpacked content up to which everything was read, and the reason.
    pub(crate) fn take(&self) -> Option<(u64, String)> {
        self.0.borrow_mut().take()
    }
}

struct Counted<R> {
    source: R,
    taken: Rc<RefCell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        *self.taken.borrow_mut() += read as u64;
        Ok(read)
    }
}

struct Guarded<'a> {
    packing: Packing,
    inside: Box<dyn Read + 'a>,
    taken: Rc<RefCell<u64>>,
    given: u64,
    trouble: Trouble,
}

impl Guarded<'_> {
    fn end(&mut self, reason: String) {
        *self.trouble.0.borrow_mut() = Some((self.given, reason));
    }
}

impl Read for Guarded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.trouble.0.borrow().is_some() {
            return Ok(0);
        }
        match self.inside.read(buffer) {
            Ok(read) => {
                self.given += read as u64;
                let taken = *self.taken.borrow();
                if self.given > FREE_BYTES && self.given / RATIO > taken {
                    self.end(format!(
                        "the {} data expands more than {RATIO} times, as a bomb does; the rest is not read",
                        self.packing.name()
                    ));
                } else if self.given > TOTAL_BYTES {
                    self.end("more than 20 GiB came out; the rest is not read".to_owned());
                }
                Ok(read)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let name = self.packing.name();
                self.end(match error.kind() {
                    ErrorKind::UnexpectedEof => {
                        format!("the {name} data is cut off here; what stood behind is missing")
                    }
                    _ => format!("the {name} data is damaged here ({error}); the rest is not read"),
                });
                Ok(0)
            }
        }
    }
}
