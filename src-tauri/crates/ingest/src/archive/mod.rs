//! Archives as sources of many: every member is read as a stream and handed over one by one.
//!
//! Nothing is ever extracted, no name of a member opens anything, and memory holds one member's buffers. Archives
//! inside archives are not read: depth is one.

mod directory;
mod kind;
mod limits;
mod member;
mod name;
mod tar;
mod tar_header;
mod zip;

pub use kind::{KIND_BYTES, SourceKind};
pub use limits::ArchiveLimits;
pub(crate) use limits::Meter;
pub use member::{Entry, Guard, Member, Refusal, Visit};
pub use name::is_beside_traces;
pub use tar::read_tar;
pub use zip::{Zip, ZipMembers, ZipSource, open_zip};

/// The members that an Inspect log begins with.
const LOG_MEMBERS: [&[u8]; 4] = [b"header.json", b"_journal/", b"samples/", b"summaries.json"];

/// Why a member that is not a stream is not read, if it is none.
fn nested(kind: SourceKind, head: &[u8], name: &str) -> Option<Refusal> {
    let (why, hint) = match kind {
        SourceKind::Stream => return None,
        SourceKind::Zip if is_log(head) || has_ending(name, ".eval") => (
            "is a log of Inspect inside an archive, and archives inside archives are not read",
            "Unpack the outer archive and import the `.eval` file itself.",
        ),
        SourceKind::Zip | SourceKind::Tar => (
            "is an archive, and archives inside archives are not read",
            "Unpack the outer archive and import the inner one itself.",
        ),
        SourceKind::Sqlite => (
            "is an SQLite database, which cannot be read out of an archive",
            "Unpack it and import the file itself.",
        ),
    };
    Some(Refusal {
        name: name.to_owned(),
        why: why.to_owned(),
        hint: hint.to_owned(),
    })
}

/// True when the first member of a zip archive is one that an Inspect log begins with.
fn is_log(head: &[u8]) -> bool {
    // The name stands behind the fixed part of the first local header.
    let first = head.get(30..).unwrap_or_default();
    LOG_MEMBERS.iter().any(|member| first.starts_with(member))
}

fn has_ending(name: &str, ending: &str) -> bool {
    name.to_ascii_lowercase().ends_with(ending)
}
