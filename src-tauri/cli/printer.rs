//! The only place that writes to stdout and stderr.
//!
//! With `--json` exactly one object reaches stdout. Text that came from outside is cleaned of control
//! characters, so model output cannot drive the terminal. A closed pipe is a normal end.

use crate::args::Colour;
use plumbline_model::Problem;
use plumbline_report as report;
use serde::Serialize;
use serde_json::value::RawValue;
use std::io::{self, IsTerminal, Write};

/// Where and how a command prints.
#[derive(Clone)]
pub(crate) struct Printer {
    json: bool,
    style: report::Style,
    progress: bool,
}

impl Printer {
    pub(crate) fn new(json: bool, colour: Colour) -> Self {
        let wanted = match colour {
            Colour::Always => true,
            Colour::Never => false,
            // https://no-color.org: any non-empty value switches colour off.
            Colour::Auto => {
                io::stdout().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            }
        };
        Self {
            json,
            style: report::Style {
                colour: wanted && !json,
            },
            progress: io::stderr().is_terminal(),
        }
    }

    /// True when one JSON object is wanted.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    pub(crate) fn style(&self) -> report::Style {
        self.style
    }

    /// Columns of the terminal; `None` when the output goes elsewhere and may be as wide as it likes.
    pub(crate) fn room(&self) -> Option<usize> {
        if !io::stdout().is_terminal() {
            return None;
        }
        terminal_size::terminal_size().map(|(terminal_size::Width(columns), _)| columns.into())
    }

    /// Prints the answer: `object` with `--json`, else the text that `human` makes.
    pub(crate) fn answer<T: Serialize>(
        &self,
        object: &T,
        human: impl FnOnce() -> String,
    ) -> Result<(), Problem> {
        if self.json {
            self.out(&report::json::line(object)?)
        } else {
            self.out(&human())
        }
    }

    /// Writes text that is already fit for a terminal, with one line end.
    pub(crate) fn out(&self, text: &str) -> Result<(), Problem> {
        let mut stdout = io::stdout().lock();
        let written = stdout
            .write_all(text.as_bytes())
            .and_then(|()| {
                if text.ends_with('\n') {
                    Ok(())
                } else {
                    stdout.write_all(b"\n")
                }
            })
            .and_then(|()| stdout.flush());
        match written {
            // The reader has seen enough, as with `| head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(Problem::internal(format!(
                "cannot write the answer: {error}"
            ))),
            Ok(()) => Ok(()),
        }
    }

    /// Passes on the bytes of a file as they are made. A reader who left before the end has seen enough.
    pub(crate) fn file<T>(
        &self,
        write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, Problem>,
    ) -> Result<(), Problem> {
        let mut out = File {
            out: io::stdout(),
            reader_left: false,
        };
        match write(&mut out) {
            Err(_) if out.reader_left => Ok(()),
            Err(problem) => Err(problem),
            Ok(_) => Ok(()),
        }
    }

    /// Passes on lines of JSON as they are made, each escaped like every other answer. `None` when the
    /// reader left before the end.
    pub(crate) fn json_lines<T>(
        &self,
        write: impl FnOnce(&mut dyn Write) -> Result<T, Problem>,
    ) -> Result<Option<T>, Problem> {
        let mut lines = JsonLines {
            out: io::BufWriter::new(io::stdout().lock()),
            line: Vec::new(),
            reader_left: false,
        };
        let written = write(&mut lines).and_then(|written| {
            lines
                .flush()
                .map_err(|error| Problem::internal(format!("cannot write the answer: {error}")))?;
            Ok(Some(written))
        });
        if lines.reader_left {
            return Ok(None);
        }
        written
    }

    /// A progress line on a terminal's stderr, replacing the one before.
    pub(crate) fn progress(&self, line: &str) {
        if self.progress {
            let _ = write!(io::stderr().lock(), "\r\x1b[2K{}", report::clean(line));
        }
    }

    /// Ends the progress line.
    pub(crate) fn progress_done(&self) {
        if self.progress {
            let _ = write!(io::stderr().lock(), "\r\x1b[2K");
        }
    }

    /// A remark that is not the answer.
    pub(crate) fn note(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{}", report::clean(text));
    }

    /// What went wrong, on stderr; with `--json` the same as an object on stdout.
    pub(crate) fn problem(&self, problem: &Problem) {
        if self.json {
            let object = report::json::line(&serde_json::json!({ "error": problem }));
            let _ = object.and_then(|line| self.out(&line));
        }
        let mut stderr = io::stderr().lock();
        let _ = writeln!(stderr, "error: {}", report::clean(&problem.message));
        if let Some(hint) = &problem.hint {
            let _ = writeln!(stderr, "  {}", report::clean(hint));
        }
    }
}

/// Bytes that go out as they are, and whether anybody still reads them.
struct File {
    out: io::Stdout,
    reader_left: bool,
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.reader_left |= is_broken_pipe(&written);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.reader_left |= is_broken_pipe(&flushed);
        flushed
    }
}

fn is_broken_pipe<T>(outcome: &io::Result<T>) -> bool {
    let broken = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    outcome.as_ref().is_err_and(broken)
}

/// A writer that lets whole lines of JSON through, escaped.
struct JsonLines<W: Write> {
    out: W,
    /// The line that has begun.
    line: Vec<u8>,
    reader_left: bool,
}

impl<W: Write> JsonLines<W> {
    fn end_line(&mut self) -> io::Result<()> {
        let text = String::from_utf8(std::mem::take(&mut self.line)).map_err(io::Error::other)?;
        let json = RawValue::from_string(text)?;
        let line = report::json::line(&json).map_err(io::Error::other)?;
        let written = self.out.write_all(line.as_bytes());
        let written = written.and_then(|()| self.out.write_all(b"\n"));
        self.watched(written)
    }

    fn watched(&mut self, written: io::Result<()>) -> io::Result<()> {
        self.reader_left |= written
            .as_ref()
            .is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        written
    }
}

impl<W: Write> Write for JsonLines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(bytes.len(), |end| end + 1);
        self.line
            .extend_from_slice(&bytes[..end.unwrap_or(bytes.len())]);
        if end.is_some() {
            self.end_line()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.watched(flushed)
    }
}
