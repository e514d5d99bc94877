//! Zip archives, read member by member: never extracted, sizes counted and not believed.
//!
//! The directory at the end of the archive is what counts; the sum of a member's content tells whether it fits.
//! Before the directory is read its size is looked at, because every entry of it is kept. Source: PKWARE APPNOTE 6.3.10.

use super::kind::{KIND_BYTES, SourceKind};
use super::limits::Meter;
use super::member::{Entry, Guard, Guarded, Member, Refusal, Visit, beginning};
use super::name::{is_beside_traces, label};
use super::{ArchiveLimits, directory, nested};
use crate::inspect::EvalLog;
use crate::packed::Trouble;
use std::cell::Cell;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::rc::Rc;
use zip::{CompressionMethod, ZipArchive};

/// The most that is read to open an archive: its directory, whose names are kept.
const DIRECTORY_BYTES: u64 = 64 * 1024 * 1024;

const READ_PACKINGS: [CompressionMethod; 3] = [
    CompressionMethod::Stored,
    CompressionMethod::Deflated,
    CompressionMethod::Zstd,
];

/// What a zip archive is.
pub enum Zip<R> {
    /// A log of Inspect, which is one source.
    Log(EvalLog<ZipSource<R>>),
    /// Anything else, of which every member is one.
    Members(ZipMembers<R>),
}

/// The file below an archive, whose bytes are counted.
pub type ZipSource<R> = BufReader<Counted<R>>;

/// The members of a zip archive.
pub struct ZipMembers<R> {
    archive: ZipArchive<ZipSource<R>>,
    meter: Meter,
}

/// Opens a zip archive and reads its directory.
///
/// # Errors
/// Why it cannot be opened, as the end of a sentence about it.
pub fn open_zip<R: Read + Seek>(mut file: R, limits: &ArchiveLimits) -> Result<Zip<R>, String> {
    let damaged = |error: &dyn std::fmt::Display| {
        format!("is a zip archive that is cut off or damaged ({error})")
    };
    let (size, entries) = directory::stated(&mut file).map_err(|error| damaged(&error))?;
    if entries > limits.entries {
        return Err(format!(
            "holds {entries} members; the limit for one archive is {}",
            limits.entries
        ));
    }
    file.seek(SeekFrom::Start(0))
        .map_err(|error| damaged(&error))?;
    let meter = Meter::new(*limits, Some(size));
    let room = Rc::new(Cell::new(Some(DIRECTORY_BYTES)));
    let counted = Counted {
        file,
        meter: meter.clone(),
        room: Rc::clone(&room),
    };
    let archive = ZipArchive::new(BufReader::new(counted)).map_err(|error| damaged(&error))?;
    room.set(None);
    if archive.len() as u64 > limits.entries {
        return Err(format!(
            "holds {} members; the limit for one archive is {}",
            archive.len(),
            limits.entries
        ));
    }
    if EvalLog::is_log(&archive) {
        return Ok(Zip::Log(EvalLog::of(archive)?));
    }
    Ok(Zip::Members(ZipMembers { archive, meter }))
}

/// A reader that counts what it reads, and while there is little room, ends beyond that.
pub struct Counted<R> {
    file: R,
    meter: Meter,
    room: Rc<Cell<Option<u64>>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.meter.take(read as u64);
        if let Some(room) = self.room.get() {
            match room.checked_sub(read as u64) {
                Some(left) => self.room.set(Some(left)),
                None => return Err(io::Error::other("its directory is longer than 64 MiB")),
            }
        }
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl<R: Read + Seek> ZipMembers<R> {
    /// Hands every member to `visit`, in the order of the directory. Whatever cannot be read is handed over as an
    /// [`Entry::Refused`]; the reading ends with the archive, at a limit, or when `visit` breaks.
    pub fn read(mut self, archive: &str, visit: &mut Visit<'_>) {
        let overlapping = self.overlapping();
        if self.archive.has_duplicate_names() {
            let refusal = Refusal {
                name: archive.to_owned(),
                why: "names several members alike; of each such name only the last is read"
                    .to_owned(),
                hint: "Unpack the others under names of their own and import them.".to_owned(),
            };
            if visit(Entry::Refused(refusal)).is_break() {
                return;
            }
        }
        for (index, overlaps) in overlapping.into_iter().enumerate() {
            if self.member(index, overlaps, archive, visit).is_break() {
                return;
            }
            if let Some(over) = self.meter.over() {
                let left = self.archive.len() - index - 1;
                let name = self.name(index);
                // Nothing follows, so a visitor that wants no more says nothing new.
                let _ = visit(Entry::Refused(Refusal {
                    name: archive.to_owned(),
                    why: format!("{over}; the rest of {name} and what stands behind it ({left} more) are not read"),
                    hint: "What was read before is kept. If the archive is to be trusted, unpack it and import the \
                           folder."
                        .to_owned(),
                }));
                return;
            }
        }
    }

    fn member(
        &mut self,
        index: usize,
        overlaps: bool,
        archive: &str,
        visit: &mut Visit<'_>,
    ) -> std::ops::ControlFlow<()> {
        let Ok(entry) = self.archive.by_index_data(index) else {
            return std::ops::ControlFlow::Continue(());
        };
        let path = entry.name().map_or_else(
            |_| String::from_utf8_lossy(entry.name_raw()).into_owned(),
            std::borrow::Cow::into_owned,
        );
        // A link's content is where it aims, which is not asked.
        if entry.is_dir() || entry.is_symlink() || path.ends_with('\\') || is_beside_traces(&path) {
            return std::ops::ControlFlow::Continue(());
        }
        let name = format!("{archive}/{}", label(path.as_bytes()));
        let (is_encrypted, size, packing) = (entry.encrypted(), entry.size(), entry.compression());
        drop(entry);
        let refuse = |visit: &mut Visit<'_>, why: &str, hint: &str| {
            visit(Entry::Refused(Refusal {
                name: name.clone(),
                why: why.to_owned(),
                hint: hint.to_owned(),
            }))
        };
        if is_encrypted {
            let hint = "Unpack it with its password and import the file itself.";
            return refuse(visit, "is encrypted", hint);
        }
        if overlaps {
            let why = "overlaps another member, as members of bombs do; it is not read";
            return refuse(visit, why, "Get the archive anew.");
        }
        if !READ_PACKINGS.contains(&packing) {
            let why = format!("is packed in a way that is not read ({packing})");
            let hint = "Pack it anew as plain zip (deflate), or unpack it.";
            return refuse(visit, &why, hint);
        }
        let member = match self.archive.by_index(index) {
            Ok(member) => member,
            Err(error) => {
                let why = format!("cannot be opened: the archive is damaged there ({error})");
                return refuse(visit, &why, "Get the archive anew.");
            }
        };
        let guard = Guard {
            meter: self.meter.clone(),
            trouble: Trouble::default(),
            is_member: true,
        };
        let mut content = Guarded::new(member, &name, size, true, guard.clone());
        let head = beginning(&mut content, KIND_BYTES);
        if let Some(refusal) = nested(SourceKind::inside_of(&head), &head, &name) {
            return visit(Entry::Refused(refusal));
        }
        visit(Entry::Member(Member {
            name,
            content: Box::new(content.buffered(head)),
            guard,
        }))
    }

    fn name(&self, index: usize) -> String {
        let name = self.archive.name_for_index(index).and_then(Result::ok);
        name.map_or_else(|| format!("member {index}"), |name| label(name.as_bytes()))
    }

    /// By index, whether a member shares bytes with one that begins before it.
    fn overlapping(&self) -> Vec<bool> {
        /// A local header without its name.
        const HEADER_BYTES: u64 = 30;
        let mut ranges: Vec<(u64, u64, usize)> = (0..self.archive.len())
            .filter_map(|index| {
                let entry = self.archive.by_index_data(index).ok()?;
                let start = entry.header_start();
                let length = HEADER_BYTES + entry.name_raw().len() as u64;
                Some((
                    start,
                    start.saturating_add(length.saturating_add(entry.compressed_size())),
                    index,
                ))
            })
            .collect();
        ranges.sort_unstable();
        let mut overlapping = vec![false; self.archive.len()];
        let mut reached = 0;
        for (start, end, index) in ranges {
            overlapping[index] = start < reached;
            reached = reached.max(end);
        }
        overlapping
    }
}
