//! Full-text searches: one job for each text that is searched for, whoever asks for it meanwhile.

use crate::Engine;
use crate::api::JobKind;
use plumbline_model::{Code, Problem};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Blocks that are searched without a word: some tens of milliseconds.
const QUIET_BLOCKS: u64 = 64;

/// The searches that run, by their text.
#[derive(Default)]
pub(crate) struct Searching(Mutex<HashMap<String, CancellationToken>>);

impl Engine {
    /// Searches what was not searched yet for this text; lists filtered by it then come at once.
    ///
    /// # Errors
    /// `cancelled` for everyone who waited for the search when it is.
    pub(crate) fn search(&self, text: &str) -> Result<(), Problem> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        let workspace = &self.inner.workspace;
        let left = workspace.search_left(text)?;
        if left <= QUIET_BLOCKS {
            return Ok(());
        }
        let mut running = self.inner.searching.lock();
        if let Some(cancel) = running.get(text).cloned() {
            drop(running);
            return found(workspace.search_text(text, &mut |_| stop_when(&cancel))?);
        }
        let mut job = self.inner.jobs.start(JobKind::Search, text, "blocks");
        let cancel = job.cancel().clone();
        running.insert(text.to_owned(), cancel.clone());
        drop(running);
        let outcome = workspace
            .search_text(text, &mut |progress| {
                job.progress(progress.done, Some(progress.total), || {
                    format!("{} found", progress.found)
                });
                stop_when(&cancel)
            })
            .map_err(Problem::from)
            .and_then(found);
        self.inner.searching.lock().remove(text);
        job.end(&outcome);
        outcome
    }
}

impl Searching {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stop_when(cancel: &CancellationToken) -> ControlFlow<()> {
    match cancel.is_cancelled() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    }
}

fn found(complete: bool) -> Result<(), Problem> {
    if complete {
        return Ok(());
    }
    Err(Problem::new(Code::Cancelled, "the search was cancelled")
        .hint("Search again to go on where it stopped."))
}
