//! The engine's end of the server: reads a request on a worker, waits until it is stored.

use super::parse::{Parsed, parse};
use crate::Engine;
use plumbline_listen::{Accepted, Batch, Refused, Sink};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use tokio::sync::oneshot;

/// A request that was read and waits to be stored.
pub(super) struct Work {
    pub(super) parsed: Parsed,
    pub(super) done: oneshot::Sender<Result<(), Refused>>,
    /// Empty by now; it keeps the room that the request takes until it is stored.
    pub(super) _batch: Batch,
}

pub(super) struct EngineSink {
    engine: Engine,
    name: Arc<str>,
    sender: Sender<Work>,
}

impl EngineSink {
    pub(super) fn new(engine: Engine, name: String, sender: Sender<Work>) -> Self {
        Self {
            engine,
            name: name.into(),
            sender,
        }
    }
}

impl Sink for EngineSink {
    async fn submit(&self, mut batch: Batch) -> Result<Accepted, Refused> {
        let (name, prices) = (Arc::clone(&self.name), self.engine.prices());
        let stopped = || Refused::Failed("reading the export stopped unexpectedly".to_owned());
        let read = self.engine.inner.runtime.spawn_blocking(move || {
            let parsed = parse(&batch, &name, &prices);
            batch.body = Vec::new();
            parsed.map(|parsed| (parsed, batch))
        });
        let (parsed, batch) = read.ok_or_else(stopped)?.await.map_err(|_| stopped())??;
        let accepted = accepted(&parsed);
        let (done, stored) = oneshot::channel();
        let work = Work {
            parsed,
            done,
            _batch: batch,
        };
        let stopping = || Refused::Busy("Plumbline is about to stop listening".to_owned());
        self.sender.send(work).map_err(|_| stopping())?;
        stored.await.map_err(|_| stopping())??;
        Ok(accepted)
    }
}

fn accepted(parsed: &Parsed) -> Accepted {
    Accepted {
        rejected: parsed.rows.len() as u64,
        reason: parsed
            .rows
            .first()
            .map(|row| format!("{}: {}", row.at, row.reason))
            .unwrap_or_default(),
    }
}
