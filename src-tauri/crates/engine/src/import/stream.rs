//! One stream: parse on this thread, store on another, add up the loss report.

use super::parse::Parse;
use super::reading::{ReadAs, Reading};
use super::store::store;
use super::watched::{Course, Hashed, hex};
use crate::jobs::JobHandle;
use crate::{Engine, clock};
use plumbline_ingest::{Format, Guard, How};
use plumbline_model::{Code, ImportFile, ImportId, Problem};
use plumbline_workspace::NewImport;
use sha2::Digest;
use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::sync::mpsc::sync_channel;

/// Batches that wait between reading and storing.
const WAITING_BATCHES: usize = 3;
const BUFFER_BYTES: usize = 256 * 1024;

/// A source that is read front to back: a file, a pipe, the rows of a database, a member of an archive.
pub(super) struct Input<'a> {
    pub(super) name: String,
    pub(super) content: Box<dyn BufRead + 'a>,
    /// The format, where the first bytes told.
    pub(super) format: Option<Format>,
    pub(super) guard: Guard,
    /// The import that it is, where that has begun already.
    pub(super) import: Option<ImportId>,
}

impl Engine {
    /// Begins an import, which is in the list of imports from now on.
    pub(super) fn begin(&self, name: &str, reading: &Reading<'_>) -> Result<ImportId, Problem> {
        let id = clock::new_import_id();
        self.inner.workspace.begin_import(NewImport {
            id,
            path: reading.shown(name),
            format: reading.how.format_name().to_owned(),
            started_ns: clock::now(),
        })?;
        Ok(id)
    }

    pub(super) fn import_stream(
        &self,
        input: Input<'_>,
        reading: &Reading<'_>,
        job: &mut JobHandle,
        course: &Course,
    ) -> Result<ImportFile, Problem> {
        let Input {
            name,
            content,
            format,
            guard,
            import,
        } = input;
        let import = match import {
            Some(import) => import,
            None => self.begin(&name, reading)?,
        };
        let hashed = Hashed::new(content);
        let digest = hashed.digest();
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, hashed);
        let (sender, receiver) = sync_channel(WAITING_BATCHES);
        let workspace = self.inner.workspace.clone();
        let mut parse = Parse::new(self.prices(), sender, reading.redactor.clone());
        let (read, stored) = std::thread::scope(|scope| {
            let store = scope.spawn(move || store(&workspace, import, &receiver));
            let sink = &mut |item| {
                // What a reader says about a source that ends because of this is no row of it.
                if job.cancel().is_cancelled() {
                    return ControlFlow::Break(());
                }
                let flow = parse.take(item);
                job.progress(course.done(), course.total, || {
                    format!("{} spans", parse.counts())
                });
                flow
            };
            let how = match (reading.how, format) {
                (ReadAs::Detected, Some(format)) => How::Format(format),
                _ => reading.how.how(),
            };
            let read = plumbline_ingest::read_guarded(&mut reader, how, &name, &guard, sink);
            // A storing side that stopped has its own reason, told below.
            let _ = parse.flush();
            let account = parse.finish();
            let stored = store.join().unwrap_or_else(|_| {
                Err(Problem::internal("storing the spans stopped unexpectedly"))
            });
            (read.map(|read| (read, account)), stored)
        });
        let counts = stored?;
        if job.cancel().is_cancelled() {
            return Err(Problem::new(
                Code::Cancelled,
                format!("the import of {name} was cancelled after {} spans", counts.stored),
            )
            .hint("What was stored is kept and marked incomplete; importing the file again adds the rest."));
        }
        let (read, account) = read?;
        let report = account.report(reading.shown(&name), &read, counts);
        if !report.counts.adds_up() {
            return Err(Problem::internal(format!(
                "{}: {} rows read, but {} stored, {} duplicate and {} quarantined do not add up",
                report.path,
                report.counts.read,
                report.counts.stored,
                report.counts.duplicate,
                report.counts.quarantined
            )));
        }
        // The rows of a database are not its bytes.
        let sha256 = format
            .is_none()
            .then(|| hex(&digest.borrow().clone().finalize()));
        self.inner
            .workspace
            .finish_import(import, sha256.as_deref(), &report, clock::now())?;
        Ok(report)
    }
}
