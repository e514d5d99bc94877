//! What a source turns out to be: a stream, another program's SQLite file, a log of Inspect, or an archive of many.
//!
//! The first bytes tell, never the name.

use super::ReadAs;
use super::files::ImportSource;
use super::sqlite;
use super::watched::Followed;
use plumbline_ingest::{ArchiveLimits, Format, KIND_BYTES, SourceKind, Zip, ZipMembers, open_zip};
use plumbline_model::Problem;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio_util::sync::CancellationToken;

const BUFFER_BYTES: usize = 1 << 20;

/// What is read of a source.
pub(super) enum Opened {
    /// One stream, and its format where its first bytes told.
    Stream {
        content: Box<dyn BufRead>,
        format: Option<Format>,
    },
    Archive(Members),
}

/// An archive whose members are sources.
pub(super) enum Members {
    Tar(Box<dyn BufRead>),
    Zip(Box<ZipMembers<Followed<File>>>),
}

/// Opens a source, whose reading moves `position` and ends when `cancel` says so.
///
/// # Errors
/// It cannot be opened, or not as `how` says.
pub(super) fn open(
    source: &ImportSource,
    how: &ReadAs,
    position: &Arc<AtomicU64>,
    cancel: &CancellationToken,
) -> Result<Opened, Problem> {
    let mut content = Followed::new(source.open()?, position, cancel);
    let mut head = Vec::new();
    content
        .by_ref()
        .take(KIND_BYTES)
        .read_to_end(&mut head)
        .map_err(|error| unreadable(&source.name(), &error))?;
    match (SourceKind::of(&head), source) {
        (SourceKind::Zip, ImportSource::File { path, .. }) => {
            let file = File::open(path).map_err(|error| unreadable(&source.name(), &error))?;
            zip(Followed::new(file, position, cancel), path, how)
        }
        (SourceKind::Sqlite, ImportSource::File { path, .. }) => {
            let cancelled = cancel.clone();
            let (format, rows) = sqlite::open(path, how, move || cancelled.is_cancelled())?;
            Ok(Opened::Stream {
                content: buffered(Followed::new(rows, position, cancel)),
                format: Some(format),
            })
        }
        (SourceKind::Zip, ImportSource::StandardInput) => Err(Problem::bad_input(
            "standard input is a zip archive, whose directory stands at its end and cannot be sought in a stream",
        )
        .hint("Name the archive as a file, or pipe a tar archive: those are read front to back.")),
        (kind, _) => {
            let content = buffered(Cursor::new(head).chain(content));
            Ok(if kind == SourceKind::Tar {
                Opened::Archive(Members::Tar(content))
            } else {
                // A stream of a database's bytes is refused by the reader.
                Opened::Stream {
                    content,
                    format: None,
                }
            })
        }
    }
}

fn buffered(content: impl Read + 'static) -> Box<dyn BufRead> {
    Box::new(BufReader::with_capacity(BUFFER_BYTES, content))
}

fn zip(file: Followed<File>, path: &Path, how: &ReadAs) -> Result<Opened, Problem> {
    let path = path.display();
    let opened = open_zip(file, &ArchiveLimits::default()).map_err(|why| {
        Problem::bad_input(format!("{path} {why}"))
            .hint("Get the archive anew, or unpack it and import the folder.")
    })?;
    match opened {
        Zip::Members(members) if *how == ReadAs::Format(Format::Inspect) => {
            drop(members);
            Err(Problem::bad_input(format!(
                "{path} is a zip archive, but no log of Inspect: neither `header.json` with samples nor \
                 `_journal/start.json` is in it"
            ))
            .hint("Leave --format out: the members of the archive are then read as what they are."))
        }
        Zip::Members(members) => Ok(Opened::Archive(Members::Zip(Box::new(members)))),
        Zip::Log(log) if matches!(how, ReadAs::Detected | ReadAs::Format(Format::Inspect)) => {
            Ok(Opened::Stream {
                content: buffered(log),
                format: Some(Format::Inspect),
            })
        }
        Zip::Log(_) => Err(Problem::bad_input(format!(
            "{path} is a log of Inspect and cannot be read as {}",
            how.format_name()
        ))
        .hint("Leave --format and --mapping out.")),
    }
}

fn unreadable(name: &str, error: &std::io::Error) -> Problem {
    Problem::bad_input(format!("cannot read {name}: {error}"))
        .hint("Check the path and its permissions.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn fixture(name: &str) -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/traces");
        root.join(name)
    }

    fn open_file(path: PathBuf, how: &ReadAs) -> Result<Opened, Problem> {
        let source = ImportSource::File { path, bytes: 0 };
        open(&source, how, &Arc::default(), &CancellationToken::new())
    }

    #[test]
    fn an_eval_file_opens_as_its_log_and_as_nothing_else() {
        let path = fixture("inspect/bike-parts.eval");
        let Opened::Stream {
            mut content,
            format,
        } = open_file(path.clone(), &ReadAs::Detected).unwrap()
        else {
            panic!("a log is one source");
        };
        assert_eq!(format, Some(Format::Inspect));
        let mut text = String::new();
        content.read_to_string(&mut text).unwrap();
        assert!(text.contains("There are 7 saddles.") && text.ends_with("]}\n"));
        let how = ReadAs::Format(Format::CanonicalJsonl);
        let problem = open_file(path, &how).err().unwrap();
        assert!(problem.message.contains("log of Inspect"), "{problem}");
    }
}
