//! Import: trace files into the workspace, each with a loss report.
//!
//! One thread parses, another stores, so that both cores work; memory holds a few batches whatever the
//! file's size. A file that cannot be read costs nothing but itself.

mod account;
mod files;
mod one;
mod parse;
mod sqlite;
mod store;
mod watched;

use crate::Engine;
use crate::api::{ImportRow, JobKind};
use crate::jobs::JobHandle;
use crate::redaction::{Redaction, without_secrets};
use files::{ImportSource, expand};
use plumbline_ingest::Format;
use plumbline_model::{
    Code, ColumnMapping, ImportFile, ImportId, JobId, NanosText, Problem, QuarantinedRow,
};
use plumbline_workspace::Page;
use serde::Serialize;
use std::path::PathBuf;

/// A file that was not imported, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportFailure {
    pub path: String,
    pub problem: Problem,
}

/// What says how the files of an import are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum ReadAs {
    /// Their content.
    #[default]
    Detected,
    /// One format for all.
    Format(Format),
    /// What their columns mean.
    Mapping(Box<ColumnMapping>),
}

impl ReadAs {
    /// The format that was named, as the import's row keeps it.
    fn format_name(&self) -> &'static str {
        match self {
            Self::Detected => "",
            Self::Format(format) => format.as_str(),
            Self::Mapping(_) => Format::Mapped.as_str(),
        }
    }
}

/// How an import was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportOptions {
    /// Read every file as this format instead of detecting it.
    pub format: Option<String>,
    /// Read every file as a table by this saved mapping of its columns.
    pub mapping: Option<String>,
    pub redaction: Redaction,
}

/// What an import of several files did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImportOutcome {
    pub files: Vec<ImportFile>,
    pub failures: Vec<ImportFailure>,
}

impl Engine {
    /// Imports files and folders as a job. A path `-` reads standard input.
    pub fn import_start(&self, paths: Vec<PathBuf>) -> Result<JobId, Problem> {
        let job = self
            .inner
            .jobs
            .start(JobKind::Import, &label(&paths), "bytes");
        let id = job.id();
        let engine = self.clone();
        self.inner.runtime.spawn_blocking(move || {
            let mut job = job;
            let outcome = engine
                .import_as(&mut job, &paths, &ReadAs::Detected, Redaction::On)
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
        let redactor = self.redactor(redaction)?;
        let sources = expand(paths)?;
        let total = sources.iter().map(ImportSource::bytes).sum::<Option<u64>>();
        let mut outcome = ImportOutcome::default();
        let mut done = 0;
        for source in sources {
            match self.import_one(&source, how, redactor.as_ref(), job, done, total) {
                Ok(file) => outcome.files.push(file),
                Err(problem) if problem.code == Code::Cancelled => return Err(problem),
                Err(problem) => {
                    outcome.failures.push(ImportFailure {
                        path: source.name(),
                        problem: without_secrets(redactor.as_deref(), problem),
                    });
                }
            }
            done += source.bytes().unwrap_or_default();
        }
        Ok(outcome)
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
                report: row.report.unwrap_or(ImportFile {
                    path: row.path,
                    format: row.format,
                    counts: row.counts,
                    ..ImportFile::default()
                }),
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
