//! The engine's end of the server: reads a request on a worker, waits until it is stored.

use super::parse::{Parsed, parse};
use crate::Engine;
use plumbline_ingest::Redactor;
use plumbline_listen::{Accepted, Batch, Recorded, Refused, Sink};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use tokio::sync::oneshot;

/// A request that was read and waits to be stored.
pub(super) struct Work {
    pub(super) parsed: Parsed,
    /// Who waits for it to be stored.
    pub(super) done: Option<oneshot::Sender<Result<(), Refused>>>,
    /// Keeps the room that it takes until it is stored.
    pub(super) _held: Held,
}

/// Where something came from, its content used up.
pub(super) enum Held {
    Export(#[expect(dead_code, reason = "held for its room")] Batch),
    Recorded(#[expect(dead_code, reason = "held for its room")] Box<Recorded>),
}

pub(super) struct EngineSink {
    engine: Engine,
    name: Arc<str>,
    redactor: Option<Arc<Redactor>>,
    sender: Sender<Work>,
}

impl EngineSink {
    pub(super) fn new(
        engine: Engine,
        name: String,
        redactor: Option<Arc<Redactor>>,
        sender: Sender<Work>,
    ) -> Self {
        Self {
            engine,
            name: name.into(),
            redactor,
            sender,
        }
    }
}

impl Sink for EngineSink {
    async fn submit(&self, mut batch: Batch) -> Result<Accepted, Refused> {
        let (name, prices) = (Arc::clone(&self.name), self.engine.prices());
        let redactor = self.redactor.clone();
        let stopped = || Refused::Failed("reading the export stopped unexpectedly".to_owned());
        let read = self.engine.inner.runtime.spawn_blocking(move || {
            let parsed = parse(&batch, &name, &prices, redactor);
            batch.body = Vec::new();
            parsed.map(|parsed| (parsed, batch))
        });
        let (parsed, batch) = read.ok_or_else(stopped)?.await.map_err(|_| stopped())??;
        let accepted = accepted(&parsed);
        let (done, stored) = oneshot::channel();
        let work = Work {
            parsed,
            done: Some(done),
            _held: Held::Export(batch),
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
