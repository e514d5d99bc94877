//! Import: trace files into the workspace, each with a loss report.
//!
//! One thread parses, another stores, so that both cores work; memory holds a few batches whatever the
//! file's size. A file that cannot be read costs nothing but itself.

pub(crate) mod account;
mod archive;
mod files;
mod open;
mod outcome;
pub(crate) mod parse;
mod reading;
mod sqlite;
mod store;
mod stream;
mod watched;

use crate::api::{ImportRow, JobKind};
use crate::jobs::JobHandle;
use crate::redaction::Redaction;
use crate::{Engine, clock};
use files::{ImportSource, expand};
use open::Opened;
pub use outcome::{ImportFailure, ImportOutcome};
use plumbline_ingest::{Format, Guard};
use plumbline_model::{Code, ImportFile, ImportId, JobId, NanosText, Problem, QuarantinedRow};
use plumbline_workspace::Page;
pub use reading::ImportOptions;
pub(crate) use reading::ReadAs;
use reading::Reading;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use stream::Input;
use watched::Course;

impl Engine {
    /// Imports files and folders as a job. A path `-` reads standard input.
    pub fn import_start(&self, paths: Vec<PathBuf>) -> Result<JobId, Problem> {
        self.import_start_with(paths, Redaction::On)
    }

    /// The same, with secrets taken out or not.
    pub fn import_start_with(
        &self,
        paths: Vec<PathBuf>,
        redaction: Redaction,
    ) -> Result<JobId, Problem> {
        let job = self
            .inner
            .jobs
            .start(JobKind::Import, &label(&paths), "bytes");
        let id = job.id();
        let engine = self.clone();
        self.inner.runtime.spawn_blocking(move || {
            let mut job = job;
            let outcome = engine
                .import_as(&mut job, &paths, &ReadAs::Detected, redaction)
                .and_then(first_failure);
            job.end(&outcome);
        });
        Ok(id)
    }

    /// Imports files and folders and waits; `progress` hears of a job that can be cancelled.
    pub fn import(
        &self,
        paths: &[PathBuf],
        format: Option<&str>,
    ) -> Result<ImportOutcome, Problem> {
        let options = ImportOptions {
            format: format.map(str::to_owned),
            ..ImportOptions::default()
        };
        self.import_with(paths, &options)
    }

    /// Imports files and folders as asked for, and waits.
    pub fn import_with(
        &self,
        paths: &[PathBuf],
        options: &ImportOptions,
    ) -> Result<ImportOutcome, Problem> {
        let how = match (&options.mapping, &options.format) {
            (Some(mapping), _) => ReadAs::Mapping(Box::new(self.mapping_show(mapping)?.mapping)),
            (None, Some(format)) => ReadAs::Format(parse_format(format)?),
            (None, None) => ReadAs::Detected,
        };
        let mut job = self
            .inner
            .jobs
            .start(JobKind::Import, &label(paths), "bytes");
        let outcome = self.import_as(&mut job, paths, &how, options.redaction);
        job.end(&outcome);
        outcome
    }

    pub(crate) fn import_as(
        &self,
        job: &mut JobHandle,
        paths: &[PathBuf],
        how: &ReadAs,
        redaction: Redaction,
    ) -> Result<ImportOutcome, Problem> {
        let reading = Reading {
            how,
            redactor: self.redactor(redaction)?,
        };
        let sources = expand(paths)?;
        let total = sources.iter().map(ImportSource::bytes).sum::<Option<u64>>();
        let mut outcome = ImportOutcome::default();
        let mut done = 0;
        for source in sources {
            match self.import_one(&source, &reading, job, (done, total), &mut outcome) {
                Ok(()) => {}
                Err(problem) if problem.code == Code::Cancelled => return Err(problem),
                Err(problem) => {
                    outcome
                        .failures
                        .push(reading.failure(&source.name(), problem));
                }
            }
            done += source.bytes().unwrap_or_default();
        }
        Ok(outcome)
    }

    /// Imports one source, which may give several files: an archive has its members.
    fn import_one(
        &self,
        source: &ImportSource,
        reading: &Reading<'_>,
        job: &mut JobHandle,
        (before, total): (u64, Option<u64>),
        outcome: &mut ImportOutcome,
    ) -> Result<(), Problem> {
        let course = Course {
            position: Arc::default(),
            most: source.bytes().unwrap_or(u64::MAX),
            before,
            total,
        };
        // Standard input may be silent for long, and nobody knows what comes: its import begins before.
        let import = match source {
            ImportSource::StandardInput => Some(self.begin(&source.name(), reading)?),
            ImportSource::File { .. } => None,
        };
        let cancel = job.cancel().clone();
        match open::open(source, reading.how, &course.position, &cancel)? {
            Opened::Stream { content, format } => {
                let input = Input {
                    name: source.name(),
                    content,
                    format,
                    guard: Guard::default(),
                    import,
                };
                outcome.add(self.import_stream(input, reading, job, &course)?);
                Ok(())
            }
            Opened::Archive(members) => {
                if let Some(import) = import {
                    // Its members are imports of their own.
                    let report = ImportFile {
                        path: reading.shown(&source.name()),
                        format: "archive".to_owned(),
                        redacted: reading.redactor.is_some().then(BTreeMap::new),
                        ..ImportFile::default()
                    };
                    let workspace = &self.inner.workspace;
                    workspace.finish_import(import, None, &report, clock::now())?;
                }
                self.import_archive(&source.name(), members, reading, job, &course, outcome)
            }
        }
    }

    /// Every import, newest first.
    pub fn import_list(&self) -> Result<Vec<ImportRow>, Problem> {
        let rows = self.inner.workspace.list_imports()?;
        Ok(rows
            .into_iter()
            .map(|row| ImportRow {
                id: row.id,
                started: NanosText(row.started_ns),
                complete: row.complete,
                report: report_of(row),
            })
            .collect())
    }

    /// Rows of an import that could not be understood.
    pub fn import_quarantine(
        &self,
        import: ImportId,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<QuarantinedRow>, Problem> {
        Ok(self
            .inner
            .workspace
            .quarantine(
                import,
                Page {
                    offset,
                    limit: limit.min(1_000),
                },
            )?
            .rows)
    }
}

/// The report of a stored import.
pub(crate) fn report_of(row: plumbline_workspace::ImportRow) -> ImportFile {
    ImportFile {
        // While it runs, the report that was kept may be older than what was committed.
        counts: row.counts,
        ..row.report.unwrap_or(ImportFile {
            path: row.path,
            format: row.format,
            ..ImportFile::default()
        })
    }
}

fn parse_format(name: &str) -> Result<Format, Problem> {
    name.parse()
        .map_err(|message: String| Problem::bad_input(message))
}

fn label(paths: &[PathBuf]) -> String {
    match paths {
        [one] => one
            .file_name()
            .unwrap_or(one.as_os_str())
            .to_string_lossy()
            .into_owned(),
        several => format!("{} files", several.len()),
    }
}

/// A job has one problem to show: that of the first file that failed.
fn first_failure(outcome: ImportOutcome) -> Result<ImportOutcome, Problem> {
    match outcome.failures.first() {
        Some(failure) => Err(failure.problem.clone()),
        None => Ok(outcome),
    }
}
