//! One file: parse on this thread, store on another, add up the loss report.

use super::ReadAs;
use super::files::ImportSource;
use super::sqlite;
use crate::jobs::JobHandle;
use crate::{Engine, clock};
use plumbline_ingest::{Completeness, Item, ReadReport};
use plumbline_model::{
    Code, ImportFile, ImportId, LossCounts, Problem, QuarantinedRow, Span, UnixNanos, add_known,
};
use plumbline_tokens::prices::Prices;
use plumbline_workspace::{ImportedSpan, NewImport, PendingAppend, PreparedSpans, Workspace};
use sha2::{Digest, Sha256};
use std::io::{BufReader, Read};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Spans stored in one transaction.
const BATCH_SPANS: usize = 1_000;
/// A batch is also full at this many raw bytes, so that large spans do not fill the memory.
const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// Batches that wait between reading and storing.
const WAITING_BATCHES: usize = 2;
/// Quarantined rows shown with the report; all of them are stored.
const SHOWN_QUARANTINE: usize = 100;

enum Batch {
    Spans(Vec<ImportedSpan>),
    Quarantine(Vec<QuarantinedRow>),
}

impl Engine {
    pub(super) fn import_one(
        &self,
        source: &ImportSource,
        how: &ReadAs,
        job: &mut JobHandle,
        bytes_before: u64,
        bytes_total: Option<u64>,
    ) -> Result<ImportFile, Problem> {
        let import = clock::new_import_id();
        let name = source.name();
        let is_cancelled = job.cancel().clone();
        let opened = sqlite::open(source, how, move || is_cancelled.is_cancelled())?;
        let watched = Watched::new(opened.bytes);
        let most = source.bytes().unwrap_or(u64::MAX);
        let (position, digest) = (Arc::clone(&watched.position), Arc::clone(&watched.digest));
        let mut reader = BufReader::with_capacity(1 << 20, watched);
        self.inner.workspace.begin_import(NewImport {
            id: import,
            path: name.clone(),
            format: how.format_name().to_owned(),
            started_ns: clock::now(),
        })?;
        let (sender, receiver) = sync_channel(WAITING_BATCHES);
        let workspace = self.inner.workspace.clone();
        let mut parse = Parse::new(self.prices(), sender);
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
        let report = account.report(name, &read, counts);
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

/// Stores batches until the parser is done; the first failure stops both. While one batch is written, the
/// next is made ready.
fn store(
    workspace: &Workspace,
    import: ImportId,
    batches: &Receiver<Batch>,
) -> Result<LossCounts, Problem> {
    let mut counts = LossCounts::default();
    let mut written: Option<PendingAppend> = None;
    for batch in batches {
        match batch {
            Batch::Spans(spans) => {
                let prepared = PreparedSpans::new(spans)?;
                add_written(&mut counts, written.take())?;
                written = Some(workspace.submit_spans(import, prepared));
            }
            Batch::Quarantine(rows) => {
                counts.quarantined += rows.len() as u64;
                workspace.append_quarantine(import, rows)?;
            }
        }
    }
    add_written(&mut counts, written)?;
    Ok(counts)
}

fn add_written(counts: &mut LossCounts, written: Option<PendingAppend>) -> Result<(), Problem> {
    if let Some(written) = written {
        let outcome = written.wait()?;
        counts.stored += outcome.stored;
        counts.duplicate += outcome.duplicate;
    }
    Ok(())
}

/// The parsing side: batches on their way, and what the report will say.
struct Parse {
    prices: Arc<Prices>,
    sender: SyncSender<Batch>,
    spans: Vec<ImportedSpan>,
    raw_bytes: usize,
    quarantine: Vec<QuarantinedRow>,
    account: Account,
    seen: u64,
}

/// What the report says about the spans themselves.
#[derive(Default)]
struct Account {
    shown: Vec<QuarantinedRow>,
    model_calls: u64,
    tokens_in: Option<u64>,
    tokens_out: Option<u64>,
    first_ns: Option<UnixNanos>,
    last_ns: Option<UnixNanos>,
    completeness: Completeness,
}

impl Parse {
    fn new(prices: Arc<Prices>, sender: SyncSender<Batch>) -> Self {
        Self {
            prices,
            sender,
            spans: Vec::new(),
            raw_bytes: 0,
            quarantine: Vec::new(),
            account: Account::default(),
            seen: 0,
        }
    }

    fn counts(&self) -> u64 {
        self.seen
    }

    fn take(&mut self, item: Item) -> ControlFlow<()> {
        match item {
            Item::Span { span, raw } => {
                self.seen += 1;
                self.account.add(&span);
                let cost = span.is_model_call().then(|| {
                    let model = span.model().unwrap_or_default();
                    self.prices
                        .cost(span.provider.as_deref(), model, &span.usage, span.start_ns)
                });
                self.raw_bytes += raw.len();
                self.spans.push(ImportedSpan {
                    span: *span,
                    raw,
                    cost,
                });
            }
            Item::Quarantined(row) => {
                if self.account.shown.len() < SHOWN_QUARANTINE {
                    self.account.shown.push(row.clone());
                }
                self.quarantine.push(row);
            }
        }
        let full = self.spans.len() >= BATCH_SPANS
            || self.raw_bytes >= BATCH_BYTES
            || self.quarantine.len() >= BATCH_SPANS;
        if full {
            self.flush()
        } else {
            ControlFlow::Continue(())
        }
    }

    /// Hands over what has gathered; breaks when the storing side has stopped.
    fn flush(&mut self) -> ControlFlow<()> {
        self.raw_bytes = 0;
        let spans = std::mem::take(&mut self.spans);
        let rows = std::mem::take(&mut self.quarantine);
        let mut gone = false;
        if !spans.is_empty() {
            gone |= self.sender.send(Batch::Spans(spans)).is_err();
        }
        if !rows.is_empty() {
            gone |= self.sender.send(Batch::Quarantine(rows)).is_err();
        }
        if gone {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// Ends the storing side and gives the account.
    fn finish(self) -> Account {
        self.account
    }
}

impl Account {
    fn add(&mut self, span: &Span) {
        self.completeness.add(span);
        if span.is_model_call() {
            self.model_calls += 1;
            self.tokens_in = add_known(self.tokens_in, span.usage.tokens_in);
            self.tokens_out = add_known(self.tokens_out, span.usage.tokens_out);
        }
        let last = span.end_ns.unwrap_or(span.start_ns);
        self.first_ns = Some(
            self.first_ns
                .map_or(span.start_ns, |first| first.min(span.start_ns)),
        );
        self.last_ns = Some(self.last_ns.map_or(last, |known| known.max(last)));
    }

    fn report(self, path: String, read: &ReadReport, counts: LossCounts) -> ImportFile {
        ImportFile {
            path,
            format: read.format.as_str().to_owned(),
            counts: LossCounts {
                read: read.read,
                ..counts
            },
            quarantine: self.shown,
            model_calls: self.model_calls,
            tokens_in: self.tokens_in,
            tokens_out: self.tokens_out,
            first_ns: self.first_ns,
            last_ns: self.last_ns,
            fields_unread: read.fields_unread.clone(),
            completeness: self.completeness.shares(),
        }
    }
}

/// A reader that counts and hashes what passes.
struct Watched {
    inner: Box<dyn Read + Send>,
    position: Arc<AtomicU64>,
    digest: Arc<std::sync::Mutex<Sha256>>,
}

impl Watched {
    fn new(inner: Box<dyn Read + Send>) -> Self {
        Self {
            inner,
            position: Arc::default(),
            digest: Arc::new(std::sync::Mutex::new(Sha256::new())),
        }
    }
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.position.fetch_add(read as u64, Ordering::Relaxed);
        if let Ok(mut digest) = self.digest.lock() {
            digest.update(&buffer[..read]);
        }
        Ok(read)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
