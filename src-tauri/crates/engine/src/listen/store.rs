//! The storing side: requests that wait at the same time share one batch and one sync to disk.
//!
//! While one batch is written the next is made ready. Nobody is answered before the commit.

use super::account::RunAccount;
use super::again::Again;
use super::halves::{Group, Halves};
use super::meter::Meter;
use super::record;
use super::sink::{Held, Work};
use crate::jobs::JobHandle;
use crate::{Engine, clock};
use plumbline_ingest::Redactor;
use plumbline_listen::Refused;
use plumbline_model::{ImportFile, ImportId, LossCounts, Problem};
use plumbline_tokens::prices::Prices;
use plumbline_workspace::{PendingAppend, PreparedSpans, Workspace, WorkspaceError};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// A batch takes no further request at this many spans.
const GROUP_SPANS: usize = 4_000;
/// How often the report is kept while spans come.
const KEEP_EVERY: Duration = Duration::from_secs(1);

type Done = oneshot::Sender<Result<(), Refused>>;

/// A batch that is being written.
struct Written {
    pending: PendingAppend,
    joined: Group,
    account: RunAccount,
    answers: Vec<Done>,
    // Holds the room of the requests until they are answered, and exchanges that may have to be read again.
    held: Vec<Held>,
}

pub(super) struct Store {
    workspace: Workspace,
    import: ImportId,
    url: String,
    redactor: Option<Arc<Redactor>>,
    job: JobHandle,
    prices: Arc<Prices>,
    halves: Halves,
    account: RunAccount,
    meter: Arc<Meter>,
    again: Again,
    stored: u64,
    /// The report differs from the one that was kept.
    is_stale: bool,
    kept: Instant,
}

/// What there is to do next.
enum Next {
    Group(Vec<Work>),
    Nothing,
    End,
}

impl Store {
    pub(super) fn new(
        engine: &Engine,
        import: ImportId,
        url: String,
        job: JobHandle,
        meter: Arc<Meter>,
        redactor: Option<Arc<Redactor>>,
    ) -> Self {
        Self {
            workspace: engine.inner.workspace.clone(),
            prices: engine.prices(),
            halves: Halves::default(),
            import,
            url,
            job,
            account: RunAccount::new(redactor.clone()),
            redactor,
            meter,
            again: Again::default(),
            stored: 0,
            is_stale: false,
            kept: Instant::now(),
        }
    }

    /// Stores until no sender is left, then closes the import.
    pub(super) fn run(mut self, works: &Receiver<Work>) {
        let mut written = None;
        loop {
            match next(works, written.is_none()) {
                Next::Group(group) => {
                    let submitted = self.submit(group);
                    self.settle(written.take());
                    written = submitted;
                }
                Next::Nothing => self.settle(written.take()),
                Next::End => break,
            }
            if self.again.is_time() {
                self.settle(written.take());
                self.store_again();
            }
            if self.is_stale && self.kept.elapsed() >= KEEP_EVERY {
                self.keep();
            }
        }
        self.settle(written.take());
        self.store_again();
        self.again.give_up();
        let outcome = self.finish();
        if let Err(problem) = &outcome {
            tracing::warn!(%problem, "the import could not be closed");
        }
        self.job.end(&outcome);
    }

    /// Hands a group to the workspace.
    fn submit(&mut self, group: Vec<Work>) -> Option<Written> {
        let mut account = RunAccount::new(self.redactor.clone());
        let (mut joined, mut rows) = (Group::default(), Vec::new());
        let (mut answers, mut held) = (Vec::new(), Vec::new());
        for mut work in group {
            account.take(&mut work.parsed);
            for span in std::mem::take(&mut work.parsed.spans) {
                self.halves.add(
                    &mut joined,
                    &mut account.account,
                    span,
                    &self.prices,
                    self.redactor.as_deref(),
                );
            }
            rows.append(&mut work.parsed.rows);
            answers.extend(work.done);
            held.push(work.held);
        }
        match PreparedSpans::new(joined.take_spans()) {
            Ok(spans) => Some(Written {
                pending: self.workspace.submit_live(
                    self.import,
                    spans,
                    rows,
                    std::mem::take(&mut joined.replaced),
                ),
                joined,
                account,
                answers,
                held,
            }),
            Err(error) => {
                self.halves.undo(joined);
                self.refuse(answers, held, &error);
                None
            }
        }
    }

    /// Waits for a batch's commit and answers those who wait for it.
    fn settle(&mut self, written: Option<Written>) {
        let Some(written) = written else {
            return;
        };
        match written.pending.wait() {
            Ok(outcome) => {
                self.meter.stored(clock::now());
                answer(written.answers, &Ok(()));
                self.account.merge(written.account);
                self.is_stale = true;
                self.stored += outcome.stored;
                let stored = self.stored;
                self.job
                    .progress(stored, None, || format!("listening on {}", self.url));
            }
            Err(error) => {
                tracing::warn!(%error, "a batch was not stored");
                self.halves.undo(written.joined);
                self.refuse(written.answers, written.held, &error);
            }
        }
    }

    /// Tells those who wait that nothing was stored, and keeps the calls that nobody will send again.
    fn refuse(&mut self, answers: Vec<Done>, held: Vec<Held>, error: &WorkspaceError) {
        let refused = refused(error);
        let may_pass = matches!(refused, Refused::Busy(_));
        for held in held {
            if let Held::Recorded(exchange) = held {
                self.again.keep(*exchange, may_pass, error);
            }
        }
        self.meter.give_up(self.again.lost().count);
        self.is_stale = true;
        answer(answers, &Err(refused));
    }

    /// Stores exchanges that could not be stored, each alone, so that none takes another with it.
    fn store_again(&mut self) {
        for exchange in self.again.take() {
            if self.again.is_refused() {
                self.again.put_back(exchange);
                continue;
            }
            let work = record::work(exchange, &self.prices, self.redactor.as_ref());
            let submitted = self.submit(vec![work]);
            self.settle(submitted);
        }
    }

    /// Keeps the report for others to see. One that cannot be kept now is kept later.
    fn keep(&mut self) {
        self.kept = Instant::now();
        let kept = self.workspace.import(self.import).and_then(|row| {
            self.workspace
                .keep_report(self.import, &self.report(row.counts))
        });
        match kept {
            Ok(()) => self.is_stale = false,
            Err(error) => tracing::warn!(%error, "the report was not kept"),
        }
    }

    fn report(&self, counts: LossCounts) -> ImportFile {
        self.account
            .report(&self.url, counts, self.meter.lost(), self.again.lost())
    }

    fn finish(&mut self) -> Result<(), Problem> {
        let counts = self.workspace.import(self.import)?.counts;
        let report = self.report(counts);
        self.workspace
            .finish_import(self.import, None, &report, clock::now())?;
        Ok(())
    }
}

/// The requests that wait, up to a batch; `may_wait` for the first of them.
fn next(works: &Receiver<Work>, may_wait: bool) -> Next {
    let first = if may_wait {
        match works.recv_timeout(KEEP_EVERY) {
            Ok(work) => work,
            Err(RecvTimeoutError::Timeout) => return Next::Nothing,
            Err(RecvTimeoutError::Disconnected) => return Next::End,
        }
    } else {
        match works.try_recv() {
            Ok(work) => work,
            // The end is seen again once what is being written is settled.
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => return Next::Nothing,
        }
    };
    let mut spans = first.parsed.spans.len();
    let mut group = vec![first];
    while spans < GROUP_SPANS
        && let Ok(work) = works.try_recv()
    {
        spans += work.parsed.spans.len();
        group.push(work);
    }
    Next::Group(group)
}

fn answer(answers: Vec<Done>, outcome: &Result<(), Refused>) {
    for done in answers {
        // The client may have gone; what was stored stays.
        let _ = done.send(outcome.clone());
    }
}

/// A full disk and a lock pass; a damaged file does not.
fn refused(error: &WorkspaceError) -> Refused {
    let why = error.to_string();
    match error {
        WorkspaceError::Busy { .. } | WorkspaceError::DiskFull { .. } => Refused::Busy(why),
        _ => Refused::Failed(why),
    }
}
