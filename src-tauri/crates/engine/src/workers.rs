//! The engine's worker threads.

use std::future::Future;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// A runtime that may be dropped anywhere: the last clone of an engine may be dropped by one of its own
/// tasks, where a plain `Runtime` would panic because its drop waits for the threads.
pub(crate) struct Workers(Option<Runtime>);

impl Workers {
    pub(crate) fn new(runtime: Runtime) -> Self {
        Self(Some(runtime))
    }

    /// Runs blocking work; `None` only while the engine is being dropped.
    pub(crate) fn spawn_blocking<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Option<JoinHandle<R>> {
        self.0.as_ref().map(|runtime| runtime.spawn_blocking(work))
    }

    /// Runs a future; `None` only while the engine is being dropped.
    pub(crate) fn spawn<F>(&self, work: F) -> Option<JoinHandle<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.as_ref().map(|runtime| runtime.spawn(work))
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
