//! The only place that writes to stdout and stderr.
//!
//! With `--json` exactly one object reaches stdout. Text that came from outside is cleaned of control
//! characters, so model output cannot drive the terminal. A closed pipe is a normal end.

use crate::args::Colour;
use plumbline_model::Problem;
use plumbline_report as report;
use serde::Serialize;
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

    pub(crate) fn style(&self) -> report::Style {
        self.style
    }

    /// Columns of the terminal; `None` when the output goes elsewhere and may be as wide as it likes.
    pub(crate) fn room(&self) -> Option<usize> {
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
            let _ = self.out(&serde_json::json!({ "error": problem }).to_string());
        }
        let mut stderr = io::stderr().lock();
        let _ = writeln!(stderr, "error: {}", report::clean(&problem.message));
        if let Some(hint) = &problem.hint {
            let _ = writeln!(stderr, "  {}", report::clean(hint));
        }
    }
}
