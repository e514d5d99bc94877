//! The import beside DuckDB's `read_json` into a table: the peer that reads JSON the fastest.
//!
//! DuckDB is C++ and takes longer to build than all of this: the one that PyPI ships is asked, by way of the Python
//! that `--duckdb` names (`python3 -m venv V && V/bin/pip install duckdb`, then `--duckdb V/bin/python`).

use crate::Size;
use crate::import::{expect, import, jsonl};
use crate::pairs::{Outcome, Row, Title, in_turn, median};
use crate::texts::Corpus;
use plumbline_engine::Redaction;
use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Prints the seconds from opening the database to its being closed, the rows, and the bytes of the file.
const SCRIPT: &str = "
import os, sys, time, duckdb
source, target = sys.argv[1], sys.argv[2]
start = time.perf_counter()
database = duckdb.connect(target, config={'threads': 2})
database.execute(
    \"CREATE TABLE span AS SELECT * FROM read_json(?, format = 'newline_delimited', maximum_object_size = 268435456)\",
    [source])
rows = database.execute('SELECT count(*) FROM span').fetchone()[0]
database.close()
print(time.perf_counter() - start, rows, os.path.getsize(target))
";

/// Nothing where no DuckDB was named.
pub(crate) fn measure(size: Size, python: Option<&Path>) -> Outcome<Vec<Row>> {
    let Some(python) = python else {
        return Ok(Vec::new());
    };
    let corpus = Corpus::read()?;
    let spans = size.choose(5_000, 150_000);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("spans.jsonl");
    let (source, ours, theirs) = (Cell::new(0.0), Cell::new(0.0), Cell::new(0.0));
    let mut rates = Vec::new();
    let mut row = in_turn(
        Title {
            name: "import JSONL spans".to_owned(),
            unit: "s",
            more_is_better: false,
            reference: "DuckDB read_json".to_owned(),
            counted: String::new(),
        },
        size.pairs(),
        |round| {
            let text = jsonl(&corpus, 500 + round, spans);
            source.set(text.len() as f64);
            Ok(fs::write(&file, text)?)
        },
        |()| {
            let place = tempfile::tempdir_in(folder.path())?;
            let (bytes, seconds) = import(place.path(), &file, spans, Redaction::On)?;
            ours.set(bytes);
            rates.push(source.get() / 1e6 / seconds);
            Ok(seconds)
        },
        |()| {
            let place = tempfile::tempdir_in(folder.path())?;
            let (seconds, bytes) =
                read_json(python, &file, &place.path().join("bench.duckdb"), spans)?;
            theirs.set(bytes);
            Ok(seconds)
        },
    )?;
    row.counted = format!(
        "{spans} spans of about 1.5 KB from a file in the page cache, until committed and closed, two threads each; ours \
         takes out secrets, counts, links traces and indexes: {:.1} MB/s, workspace {:.2}x the source, theirs {:.2}x",
        median(&rates).unwrap_or(f64::NAN),
        ours.get() / source.get(),
        theirs.get() / source.get(),
    );
    Ok(vec![row])
}

fn read_json(python: &Path, file: &Path, target: &Path, spans: usize) -> Outcome<(f64, f64)> {
    let done = Command::new(python)
        .args(["-c", SCRIPT])
        .args([file, target])
        .output()?;
    if !done.status.success() {
        return Err(format!("DuckDB: {}", String::from_utf8_lossy(&done.stderr).trim()).into());
    }
    let said = String::from_utf8(done.stdout)?;
    // It may draw a progress bar first.
    let mut said = said.lines().last().unwrap_or_default().split_whitespace();
    let mut figure = || said.next().ok_or("DuckDB printed too little");
    let (seconds, rows, bytes) = (figure()?, figure()?, figure()?);
    expect(spans, rows.parse()?)?;
    Ok((seconds.parse()?, bytes.parse()?))
}
