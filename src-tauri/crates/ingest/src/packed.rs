//! Compressed sources, read through: gzip (also several members) and Zstandard, recognised by their magic.
//!
//! Nothing is unpacked to disk. Sizes that a file declares are not believed: what comes out is counted, and a
//! source that expands like a bomb ends there. A stream that is cut, damaged or ended by a limit gives what it
//! gave so far; `Trouble` then says in one sentence what is missing and from which byte on.
//! Sources: RFC 1952 (gzip), RFC 8878 (Zstandard).

use crate::archive::Meter;
use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::rc::Rc;

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
        self.open_within(source, Meter::default(), true)
    }

    /// The same under the limits of a meter, which counts what comes out, and what goes in where `counts_input`
    /// says that nobody below does.
    ///
    /// # Errors
    /// The decoder cannot be made.
    pub(crate) fn open_within<'a>(
        self,
        source: impl BufRead + 'a,
        meter: Meter,
        counts_input: bool,
    ) -> io::Result<(impl BufRead + 'a, Trouble)> {
        let counted = BufReader::with_capacity(
            BUFFER_BYTES,
            Counted {
                source,
                meter: counts_input.then(|| meter.clone()),
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
            given: 0,
            meter,
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

    pub(crate) fn set(&self, byte: u64, reason: String) {
        *self.0.borrow_mut() = Some((byte, reason));
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.borrow().is_some()
    }

    pub(crate) fn reason(&self) -> Option<String> {
        self.0.borrow().as_ref().map(|(_, reason)| reason.clone())
    }
}

struct Counted<R> {
    source: R,
    meter: Option<Meter>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        if let Some(meter) = &self.meter {
            meter.take(read as u64);
        }
        Ok(read)
    }
}

struct Guarded<'a> {
    packing: Packing,
    inside: Box<dyn Read + 'a>,
    given: u64,
    meter: Meter,
    trouble: Trouble,
}

impl Guarded<'_> {
    fn end(&mut self, reason: String) {
        self.trouble.set(self.given, reason);
    }
}

impl Read for Guarded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.trouble.is_set() {
            return Ok(0);
        }
        match self.inside.read(buffer) {
            Ok(read) => {
                self.given += read as u64;
                if let Some(over) = self.meter.give(read as u64) {
                    let name = self.packing.name();
                    self.end(format!("the {name} data {over}; the rest is not read"));
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
