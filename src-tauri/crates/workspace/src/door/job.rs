//! One write on its way through the door.

use crate::door::{Durability, Tx};
use crate::error::{Result, WorkspaceError};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How a write that fails is kept from leaving half of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undo {
    /// It stands in a savepoint, which copies every page that it changes.
    Savepoint,
    /// It refuses before it writes anything, so there is nothing to undo but where the file fails.
    Nothing,
}

pub(super) trait Job: Send {
    fn durability(&self) -> Durability;
    fn undo(&self) -> Undo;
    /// Does the work; false asks to undo it.
    fn run(&mut self, tx: &Tx<'_>) -> bool;
    /// Sends the answer: the work's own, or the reason why the group was not kept.
    fn answer(self: Box<Self>, group: Result<()>);
}

/// What is told the outcome of a write once it stands; dropped untold when the writer is gone.
pub type Reply<T> = Box<dyn FnOnce(Result<T>) + Send>;

pub(super) struct Task<T, F> {
    durability: Durability,
    undo: Undo,
    work: Option<F>,
    outcome: Option<Result<T>>,
    reply: Reply<T>,
}

impl<T, F> Task<T, F> {
    pub(super) fn new(durability: Durability, undo: Undo, work: F, reply: Reply<T>) -> Self {
        Self {
            durability,
            undo,
            work: Some(work),
            outcome: None,
            reply,
        }
    }
}

impl<T, F> Job for Task<T, F>
where
    T: Send,
    F: FnOnce(&Tx<'_>) -> Result<T> + Send,
{
    fn durability(&self) -> Durability {
        self.durability
    }

    fn undo(&self) -> Undo {
        self.undo
    }

    fn run(&mut self, tx: &Tx<'_>) -> bool {
        let Some(work) = self.work.take() else {
            return false;
        };
        // A bug in one write must not close the door for all others.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(tx)))
            .unwrap_or_else(|panic| Err(WorkspaceError::Stopped(panic_text(&*panic))));
        let kept = outcome.is_ok();
        self.outcome = Some(outcome);
        kept
    }

    fn answer(self: Box<Self>, group: Result<()>) {
        let Self { outcome, reply, .. } = *self;
        let answer = match (outcome, group) {
            (Some(Err(own)), _) => Err(own),
            (_, Err(error)) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(WorkspaceError::Stopped("the write did not run".into())),
        };
        // The thread that answers goes on for the others, whatever one that hears does.
        let told = catch_unwind(AssertUnwindSafe(|| reply(answer)));
        if let Err(panic) = told {
            tracing::error!(reason = panic_text(&*panic), "who heard of a write stopped");
        }
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no reason given".to_owned())
}
