//! Files among the sources that no stream gives: other programs' SQLite files, read as lines of JSON, and Inspect's
//! `.eval`, a zip archive, read as the text of its log. Both are recognised by their first bytes.

use super::ReadAs;
use super::files::ImportSource;
use plumbline_ingest::{EvalLog, Format, SQLITE_MAGIC, ZIP_MAGIC, sqlite_format};
use plumbline_model::Problem;
use plumbline_workspace::ForeignDatabase;
use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;

/// Tables that are named when nobody knows a database.
const SHOWN_TABLES: usize = 20;

/// What is read of a source, and its format where its first bytes told.
pub(super) struct OpenedSource {
    pub(super) bytes: Box<dyn Read + Send>,
    pub(super) format: Option<Format>,
}

/// Opens a source. Of an SQLite file the rows are read, until `is_cancelled` says otherwise.
pub(super) fn open(
    source: &ImportSource,
    how: &ReadAs,
    is_cancelled: impl Fn() -> bool + Send + 'static,
) -> Result<OpenedSource, Problem> {
    let mut bytes = source.open()?;
    let ImportSource::File { path, .. } = source else {
        // A stream is not asked before somebody reads it; of an SQLite file the reader says what it is.
        return Ok(OpenedSource {
            bytes,
            format: None,
        });
    };
    let mut head = Vec::new();
    bytes
        .by_ref()
        .take(SQLITE_MAGIC.len() as u64)
        .read_to_end(&mut head)
        .map_err(|error| {
            Problem::bad_input(format!("cannot read {}: {error}", source.name()))
                .hint("Check the path and its permissions.")
        })?;
    if head.starts_with(ZIP_MAGIC) {
        return eval_log(path, how);
    }
    if head != SQLITE_MAGIC {
        return Ok(OpenedSource {
            bytes: Box::new(Cursor::new(head).chain(bytes)),
            format: None,
        });
    }
    drop(bytes);
    let (format, database) = recognised(path, how)?;
    let rows = database.0.rows(database.1).until(is_cancelled);
    Ok(OpenedSource {
        bytes: Box::new(rows),
        format: Some(format),
    })
}

/// An archive that is a log of Inspect.
fn eval_log(path: &Path, how: &ReadAs) -> Result<OpenedSource, Problem> {
    if !matches!(how, ReadAs::Detected | ReadAs::Format(Format::Inspect)) {
        return Err(Problem::bad_input(format!(
            "{} is a zip archive and cannot be read as {}",
            path.display(),
            how.format_name()
        ))
        .hint("Leave --format and --mapping out."));
    }
    let file = File::open(path)
        .map_err(|error| Problem::bad_input(format!("cannot read {}: {error}", path.display())))?;
    let log = EvalLog::open(BufReader::new(file)).map_err(|why| {
        Problem::bad_input(format!("{} {why}", path.display())).hint(
            "Of zip archives Plumbline reads the `.eval` files of Inspect; unpack others and import the files in them.",
        )
    })?;
    Ok(OpenedSource {
        bytes: Box::new(log),
        format: Some(Format::Inspect),
    })
}

type Found = (ForeignDatabase, Vec<plumbline_model::TableRead>);

fn recognised(path: &Path, how: &ReadAs) -> Result<(Format, Found), Problem> {
    let database = ForeignDatabase::open(path)?;
    let tables = database.tables()?;
    let known = sqlite_format(&tables);
    let named = match how {
        ReadAs::Detected => None,
        ReadAs::Format(format) => Some(*format),
        ReadAs::Mapping(_) => Some(Format::Mapped),
    };
    match known {
        Some((format, reads)) if named.is_none_or(|named| named == format) => {
            Ok((format, (database, reads)))
        }
        Some((format, _)) => Err(Problem::bad_input(format!(
            "{} is an SQLite database of the format {format} and cannot be read otherwise",
            path.display()
        ))
        .hint("Leave --format and --mapping out.")),
        None => {
            let mut names: Vec<&str> = tables
                .iter()
                .map(String::as_str)
                .take(SHOWN_TABLES)
                .collect();
            if tables.len() > SHOWN_TABLES {
                names.push("…");
            }
            let names = if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            };
            Err(Problem::bad_input(format!(
                "{} is an SQLite database that Plumbline does not know; its tables are: {names}",
                path.display()
            ))
            .hint(
                "Plumbline reads the logs of `llm` and the database of Arize Phoenix. Export a table as CSV and import \
                 that with a mapping: `plumbline trace mapping suggest FILE`.",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    fn fixture(name: &str) -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/traces");
        root.join(name)
    }

    fn open_file(path: PathBuf, how: &ReadAs) -> Result<OpenedSource, Problem> {
        let source = ImportSource::File { path, bytes: 0 };
        open(&source, how, || false)
    }

    /// `PLUMBLINE_WRITE_FIXTURES=1` writes the rows anew after the files were made anew.
    #[test]
    fn the_rows_that_the_reader_is_tested_with_are_those_of_the_files() {
        let mut text = String::new();
        for name in ["llm_logs/responses.db", "llm_logs/turns.db"] {
            let mut opened = open_file(fixture(name), &ReadAs::Detected).unwrap();
            assert_eq!(opened.format, Some(Format::LlmLogs));
            opened.bytes.read_to_string(&mut text).unwrap();
        }
        let rows = fixture("llm_logs/rows.jsonl");
        if std::env::var_os("PLUMBLINE_WRITE_FIXTURES").is_some() {
            fs::write(&rows, &text).unwrap();
        }
        assert_eq!(text, fs::read_to_string(rows).unwrap());
    }

    #[test]
    fn an_eval_file_opens_as_its_log_and_as_nothing_else() {
        let mut opened = open_file(fixture("inspect/bike-parts.eval"), &ReadAs::Detected).unwrap();
        assert_eq!(opened.format, Some(Format::Inspect));
        let mut text = String::new();
        opened.bytes.read_to_string(&mut text).unwrap();
        assert!(text.contains("There are 7 saddles.") && text.ends_with("]}\n"));
        let how = ReadAs::Format(Format::CanonicalJsonl);
        let problem = open_file(fixture("inspect/bike-parts.eval"), &how)
            .err()
            .unwrap();
        assert!(problem.message.contains("zip archive"), "{problem}");
    }

    #[test]
    fn an_unknown_database_names_its_tables_and_another_format_cannot_be_forced() {
        let unknown =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/workspaces/v1.db");
        let problem = open_file(unknown, &ReadAs::Detected).err().unwrap();
        assert!(problem.message.contains("import_file"), "{problem}");
        let how = ReadAs::Format(Format::CanonicalJsonl);
        let problem = open_file(fixture("llm_logs/turns.db"), &how).err().unwrap();
        assert!(problem.message.contains("llm_logs"), "{problem}");
    }
}
