//! Where what arrives goes.

use crate::room::Taken;

/// What a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// `ExportTraceServiceRequest`.
    Traces,
    /// `ExportLogsServiceRequest`.
    Logs,
}

/// How a request is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Json,
    Protobuf,
}

/// One request's body, plain. It keeps its room until it is dropped.
#[derive(Debug)]
pub struct Batch {
    pub signal: Signal,
    pub encoding: Encoding,
    pub body: Vec<u8>,
    pub(crate) _room: Taken,
}

/// What became of a batch that was stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accepted {
    /// Spans or log records that were not understood; they are kept in quarantine.
    pub rejected: u64,
    /// Why, for the first of them.
    pub reason: String,
}

/// Why a batch was not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It is no export: sending it again is useless.
    Malformed(String),
    /// Not now: the client may send it again.
    Busy(String),
    /// It cannot be stored, now or later.
    Failed(String),
}

/// Takes batches in. It answers once what was accepted survives a power loss.
pub trait Sink: Send + Sync + 'static {
    /// Stores a batch.
    fn submit(&self, batch: Batch) -> impl Future<Output = Result<Accepted, Refused>> + Send;
}
