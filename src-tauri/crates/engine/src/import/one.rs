//! One file: parse on this thread, store on another, add up the loss report.

use super::ReadAs;
use super::files::ImportSource;
use super::parse::Parse;
use super::sqlite;
use super::store::store;
use super::watched::{Watched, hex};
use crate::jobs::JobHandle;
use crate::{Engine, clock};
use plumbline_ingest::{RedactedCounts, Redactor};
use plumbline_model::{Code, ImportFile, Problem};
use plumbline_workspace::NewImport;
use sha2::Digest;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::sync_channel;

/// Batches that wait between reading and storing.
const WAITING_BATCHES: usize = 2;

impl Engine {
    pub(super) fn import_one(
        &self,
        source: &ImportSource,
        how: &ReadAs,
        redactor: Option<&Arc<Redactor>>,
        job: &mut JobHandle,
        bytes_before: u64,
        bytes_total: Option<u64>,
    ) -> Result<ImportFile, Problem> {
        let import = clock::new_import_id();
        let name = source.name();
        // Where a file lies is the person's own word; only a key in it goes.
        let shown = redactor.map_or_else(
            || name.clone(),
            |redactor| redactor.id(&name, &mut RedactedCounts::new()).into_owned(),
        );
        let is_cancelled = job.cancel().clone();
        let opened = sqlite::open(source, how, move || is_cancelled.is_cancelled())?;
        let watched = Watched::new(opened.bytes);
        let most = source.bytes().unwrap_or(u64::MAX);
        let (position, digest) = (Arc::clone(&watched.position), Arc::clone(&watched.digest));
        let mut reader = BufReader::with_capacity(1 << 20, watched);
        self.inner.workspace.begin_import(NewImport {
            id: import,
            path: shown.clone(),
            format: how.format_name().to_owned(),
            started_ns: clock::now(),
        })?;
        let (sender, receiver) = sync_channel(WAITING_BATCHES);
        let workspace = self.inner.workspace.clone();
        let mut parse = Parse::new(self.prices(), sender, redactor.cloned());
        let (read, stored) = std::thread::scope(|scope| {
            let store = scope.spawn(move || store(&workspace, import, &receiver));
            let sink = &mut |item| {
                let flow = parse.take(item);
                // What comes out of a packed file or a database may be more than the file holds.
                let done = bytes_before + position.load(Ordering::Relaxed).min(most);
                job.progress(done, bytes_total, || format!("{} spans", parse.counts()));
                if job.cancel().is_cancelled() {
                    ControlFlow::Break(())
                } else {
                    flow
                }
            };
            let read = match how {
                ReadAs::Detected => plumbline_ingest::read(&mut reader, opened.format, &name, sink),
                ReadAs::Format(format) => {
                    plumbline_ingest::read(&mut reader, Some(*format), &name, sink)
                }
                ReadAs::Mapping(mapping) => {
                    plumbline_ingest::read_mapped(&mut reader, mapping, &name, sink)
                }
            };
            // A storing side that stopped has its own reason, told below.
            let _ = parse.flush();
            let account = parse.finish();
            let stored = store.join().unwrap_or_else(|_| {
                Err(Problem::internal("storing the spans stopped unexpectedly"))
            });
            (read.map(|read| (read, account)), stored)
        });
        let counts = stored?;
        let (read, account) = read?;
        if job.cancel().is_cancelled() {
            return Err(Problem::new(
                Code::Cancelled,
                format!("the import of {name} was cancelled after {} spans", counts.stored),
            )
            .hint("What was stored is kept and marked incomplete; importing the file again adds the rest."));
        }
        let report = account.report(shown, &read, counts);
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
        let is_whole = opened.format.is_none();
        let sha256 = digest
            .lock()
            .map(|digest| hex(&digest.clone().finalize()))
            .ok()
            .filter(|_| is_whole);
        self.inner
            .workspace
            .finish_import(import, sha256.as_deref(), &report, clock::now())?;
        Ok(report)
    }
}
