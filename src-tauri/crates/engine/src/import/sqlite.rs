//! Other programs' SQLite files, read as lines of JSON.

use super::ReadAs;
use plumbline_ingest::{Format, sqlite_format};
use plumbline_model::Problem;
use plumbline_workspace::ForeignDatabase;
use std::io::Read;
use std::path::Path;

/// Tables that are named when nobody knows a database.
const SHOWN_TABLES: usize = 20;

/// Opens an SQLite file; its rows are read until `is_cancelled` says otherwise.
pub(super) fn open(
    path: &Path,
    how: &ReadAs,
    is_cancelled: impl Fn() -> bool + Send + 'static,
) -> Result<(Format, impl Read + 'static), Problem> {
    let (format, database) = recognised(path, how)?;
    Ok((format, database.0.rows(database.1).until(is_cancelled)))
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

    fn open_file(path: &Path, how: &ReadAs) -> Result<(Format, impl Read + 'static), Problem> {
        open(path, how, || false)
    }

    /// `PLUMBLINE_WRITE_FIXTURES=1` writes the rows anew after the files were made anew.
    #[test]
    fn the_rows_that_the_reader_is_tested_with_are_those_of_the_files() {
        let mut text = String::new();
        for name in ["llm_logs/responses.db", "llm_logs/turns.db"] {
            let (format, mut rows) = open_file(&fixture(name), &ReadAs::Detected).unwrap();
            assert_eq!(format, Format::LlmLogs);
            rows.read_to_string(&mut text).unwrap();
        }
        let rows = fixture("llm_logs/rows.jsonl");
        if std::env::var_os("PLUMBLINE_WRITE_FIXTURES").is_some() {
            fs::write(&rows, &text).unwrap();
        }
        assert_eq!(text, fs::read_to_string(rows).unwrap());
    }

    #[test]
    fn an_unknown_database_names_its_tables_and_another_format_cannot_be_forced() {
        let unknown =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/workspaces/v1.db");
        let problem = open_file(&unknown, &ReadAs::Detected).err().unwrap();
        assert!(problem.message.contains("import_file"), "{problem}");
        let how = ReadAs::Format(Format::CanonicalJsonl);
        let problem = open_file(&fixture("llm_logs/turns.db"), &how)
            .err()
            .unwrap();
        assert!(problem.message.contains("llm_logs"), "{problem}");
    }
}
