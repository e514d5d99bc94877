//! The engine's end of the server: reads a request on a worker, waits until it is stored.

use super::parse::{Parsed, parse};
use super::record::Exchange;
use crate::Engine;
use plumbline_ingest::Redactor;
use plumbline_listen::{Accepted, Batch, Refused, Sink};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// A request that was read and waits to be stored.
pub(super) struct Work {
    pub(super) parsed: Parsed,
    /// Who waits for it to be stored.
    pub(super) done: Option<oneshot::Sender<Result<(), Refused>>>,
    /// Keeps the room that it takes until it is stored.
    pub(super) held: Held,
}

/// Bytes of exports that are being read, or read and not yet stored. Read, an export takes several times its bytes;
/// what waits to be read takes no more than them.
const READ_BYTES: usize = 24 * 1024 * 1024;

/// Where something came from: an export, its content used up, or an exchange, which may be read again.
pub(super) enum Held {
    Export(
        #[expect(dead_code, reason = "held for its room")] Batch,
        #[expect(dead_code, reason = "held for its room")] OwnedSemaphorePermit,
    ),
    Recorded(Box<Exchange>),
}

pub(super) struct EngineSink {
    engine: Engine,
    name: Arc<str>,
    redactor: Option<Arc<Redactor>>,
    sender: Sender<Work>,
    reading: Arc<Semaphore>,
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
            reading: Arc::new(Semaphore::new(READ_BYTES)),
        }
    }
}

impl Sink for EngineSink {
    async fn submit(&self, mut batch: Batch) -> Result<Accepted, Refused> {
        let bytes = u32::try_from(batch.body.len().min(READ_BYTES)).unwrap_or(u32::MAX);
        let reading = Arc::clone(&self.reading).acquire_many_owned(bytes);
        let reading = reading.await.map_err(|_| stopping())?;
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
            held: Held::Export(batch, reading),
        };
        self.sender.send(work).map_err(|_| stopping())?;
        stored.await.map_err(|_| stopping())??;
        Ok(accepted)
    }
}

fn stopping() -> Refused {
    Refused::Busy("Plumbline is about to stop listening".to_owned())
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
