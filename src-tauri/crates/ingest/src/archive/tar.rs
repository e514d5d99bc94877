//! Tar archives, read front to back as a stream: nothing is sought, so they may be piped in.
//!
//! The `tar` crate reads the headers; the walk is ours, because long names and extended headers are read with a
//! bound, sizes are counted and not believed, and members are handed over one by one. Sources: POSIX.1-2017 `pax`;
//! GNU tar manual, "Basic Tar Format".

use super::kind::{KIND_BYTES, SourceKind};
use super::limits::Meter;
use super::member::{Entry, Guard, Guarded, Member, Refusal, Visit, beginning};
use super::name::{is_beside_traces, label};
use super::tar_header::{BLOCK, Extended, padded, sum_is_right};
use super::{ArchiveLimits, nested};
use crate::packed::{Packing, Trouble};
use std::io::{self, BufRead, Cursor, Read};
use std::ops::ControlFlow;
use tar::{EntryType, Header};

/// The longest extended header or long name that is read.
const EXTENSION_BYTES: u64 = 1024 * 1024;

/// Hands every member of a tar archive, packed or not, to `visit`, in the order of the archive.
///
/// Whatever cannot be read is handed over as an [`Entry::Refused`]; the reading ends with the archive, at a limit,
/// where the archive is damaged, or when `visit` breaks.
pub fn read_tar(
    source: &mut dyn BufRead,
    archive: &str,
    limits: &ArchiveLimits,
    visit: &mut Visit<'_>,
) {
    let meter = Meter::new(*limits, None);
    let mut head = Vec::new();
    let begun = source.take(4).read_to_end(&mut head);
    let packing = Packing::of(&head);
    let whole = Cursor::new(head).chain(source);
    let mut walk = Walk {
        archive,
        meter: meter.clone(),
        below: None,
        last: "its beginning".to_owned(),
        visit,
    };
    let walked = match (begun, packing) {
        (Err(error), _) => Err(End::Refused(format!("cannot be read ({error})"))),
        (Ok(_), None) => walk.members(&mut { whole }),
        (Ok(_), Some(packing)) => match packing.open_within(whole, meter, true) {
            Err(error) => Err(End::Refused(format!("cannot be read ({error})"))),
            Ok((mut inside, trouble)) => {
                walk.below = Some(trouble);
                walk.members(&mut inside)
            }
        },
    };
    if let Err(End::Refused(why)) = walked {
        let _ = walk.refuse(
            archive.to_owned(),
            why,
            "What was read before is kept. Get the archive anew, or unpack what can be unpacked of it and import that.",
        );
    }
}

/// Why a walk is over before the archive says so.
enum End {
    /// The visitor wants no more.
    Stopped,
    Refused(String),
}

struct Walk<'a, 'v> {
    archive: &'a str,
    meter: Meter,
    below: Option<Trouble>,
    /// The member that was met last, for messages.
    last: String,
    visit: &'a mut Visit<'v>,
}

impl Walk<'_, '_> {
    fn members(&mut self, source: &mut dyn Read) -> Result<(), End> {
        let mut extended = Extended::default();
        let mut entries = 0_u64;
        while let Some(block) = self.header(source)? {
            entries += 1;
            if entries > self.meter.limits().entries {
                return Err(End::Refused(format!(
                    "holds more than {} members (the limit for one archive); those behind {} are not read",
                    self.meter.limits().entries,
                    self.last
                )));
            }
            let header = Header::from_byte_slice(&block);
            let Ok(stated) = header.entry_size() else {
                return Err(self.damaged());
            };
            let kind = header.entry_type();
            match kind {
                EntryType::GNULongName => {
                    let mut name = self.extension(source, stated)?;
                    while name.last() == Some(&0) {
                        name.pop();
                    }
                    extended.name = Some(name);
                    continue;
                }
                EntryType::XHeader => {
                    let records = self.extension(source, stated)?;
                    extended.take(&records);
                    continue;
                }
                EntryType::GNULongLink | EntryType::XGlobalHeader => {
                    self.skip(source, padded(stated))?;
                    continue;
                }
                _ => {}
            }
            let Extended {
                name,
                size,
                is_sparse,
            } = std::mem::take(&mut extended);
            let raw = name.unwrap_or_else(|| header.path_bytes().into_owned());
            self.last = label(&raw);
            match kind {
                // Links and devices have no content, whatever size they state; what a link aims at is not asked.
                EntryType::Directory
                | EntryType::Link
                | EntryType::Symlink
                | EntryType::Char
                | EntryType::Block
                | EntryType::Fifo => {}
                EntryType::Regular | EntryType::Continuous if !is_sparse => {
                    self.member(source, &raw, size.unwrap_or(stated))?;
                }
                _ => {
                    let why = if is_sparse || kind == EntryType::GNUSparse {
                        "is a sparse file, which is not read out of archives"
                    } else {
                        "is of a kind that is not read out of archives"
                    };
                    let name = self.full_name();
                    self.refuse(name, why, "Unpack it and import the file itself.")?;
                    self.skip(source, padded(size.unwrap_or(stated)))?;
                }
            }
        }
        // The sums of a packed archive stand at its very end.
        self.skip_rest(source)
    }

    fn member(&mut self, source: &mut dyn Read, raw: &[u8], size: u64) -> Result<(), End> {
        let name = self.full_name();
        // The end of a name tells what a member is.
        let path = String::from_utf8_lossy(&raw[raw.len().saturating_sub(4_096)..]);
        if is_beside_traces(&path) || path.ends_with('/') {
            return self.skip(source, padded(size));
        }
        let guard = Guard {
            meter: self.meter.clone(),
            trouble: Trouble::default(),
            is_member: true,
        };
        let mut left = source.take(size);
        let mut content =
            Guarded::new(&mut left, &name, size, false, guard.clone()).above(self.below.clone());
        let head = beginning(&mut content, KIND_BYTES);
        let flow = match nested(SourceKind::inside_of(&head), &head, &name) {
            Some(refusal) => {
                drop(content);
                (self.visit)(Entry::Refused(refusal))
            }
            None => (self.visit)(Entry::Member(Member {
                name,
                content: Box::new(content.buffered(head)),
                guard,
            })),
        };
        if flow.is_break() {
            return Err(End::Stopped);
        }
        let unread = left.limit();
        // A pack inside the member reached a limit; the archive's own ends by itself, behind what it gave.
        if self.below.as_ref().is_none_or(|below| !below.is_set()) {
            self.over()?;
        }
        self.skip(source, unread.saturating_add(padded(size) - size))
    }

    /// The next header; none behind the mark that ends the archive.
    fn header(&mut self, source: &mut dyn Read) -> Result<Option<[u8; BLOCK]>, End> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match source.read(&mut block[filled..]) {
                Ok(0) => {
                    self.over()?;
                    return Err(End::Refused(format!(
                        "is cut off behind {}: the mark that ends an archive is missing, and what stood there",
                        self.last
                    )));
                }
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(End::Refused(format!(
                        "cannot be read behind {} ({error})",
                        self.last
                    )));
                }
            }
        }
        if block == [0; BLOCK] {
            return Ok(None);
        }
        if !sum_is_right(&block) {
            return Err(self.damaged());
        }
        Ok(Some(block))
    }

    /// The content of an extended header; one that is too long is stepped over and tells nothing.
    fn extension(&mut self, source: &mut dyn Read, size: u64) -> Result<Vec<u8>, End> {
        let mut bytes = Vec::new();
        if size > EXTENSION_BYTES {
            let name = self.archive.to_owned();
            let why = format!(
                "has a header of {size} bytes behind {}, which is passed over",
                self.last
            );
            self.refuse(
                name,
                why,
                "The member behind it may have a wrong name or size.",
            )?;
            self.skip(source, padded(size))?;
            return Ok(bytes);
        }
        let read = source.take(size).read_to_end(&mut bytes);
        if !matches!(read, Ok(read) if read as u64 == size) {
            return Err(self.damaged());
        }
        self.skip(source, padded(size) - size)?;
        Ok(bytes)
    }

    fn skip(&mut self, source: &mut dyn Read, bytes: u64) -> Result<(), End> {
        let skipped = io::copy(&mut source.take(bytes), &mut io::sink());
        match skipped {
            Ok(skipped) if skipped == bytes => Ok(()),
            _ => self.over().and(Err(End::Refused(format!(
                "is cut off or damaged in {}; what stood behind is missing",
                self.last
            )))),
        }
    }

    /// Reads on to the end, so that a packed archive is checked to its last byte.
    fn skip_rest(&mut self, source: &mut dyn Read) -> Result<(), End> {
        let _ = io::copy(source, &mut io::sink());
        self.over()
    }

    /// Ends the walk where a limit was reached, or where what the archive is packed in is broken.
    fn over(&self) -> Result<(), End> {
        if let Some(over) = self.meter.over() {
            return Err(End::Refused(format!(
                "{over}; what stands behind {} is not read",
                self.last
            )));
        }
        match self.below.as_ref().and_then(Trouble::reason) {
            Some(reason) => Err(End::Refused(format!("ends behind {}: {reason}", self.last))),
            None => Ok(()),
        }
    }

    fn damaged(&self) -> End {
        End::Refused(format!(
            "is damaged behind {}; what stands there is not read",
            self.last
        ))
    }

    fn full_name(&self) -> String {
        format!("{}/{}", self.archive, self.last)
    }

    fn refuse(&mut self, name: String, why: impl Into<String>, hint: &str) -> Result<(), End> {
        let refusal = Refusal {
            name,
            why: why.into(),
            hint: hint.to_owned(),
        };
        match (self.visit)(Entry::Refused(refusal)) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(End::Stopped),
        }
    }
}
