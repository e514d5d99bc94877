//! Live intake as the window shows it.

use plumbline_model::{ImportId, JobId, LossCounts, NanosText};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What can be switched on by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Intake {
    /// OTLP over HTTP.
    Receiver,
    /// Calls of models, passed on and recorded.
    Proxy,
}

/// What to give to clients as their base URL. Who knows them can call through the proxy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ProxyUrls {
    pub openai: String,
    pub anthropic: String,
}

/// A run of an intake that listens now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct LiveIntake {
    pub intake: Intake,
    pub job: JobId,
    /// The import that its spans belong to.
    pub import: ImportId,
    /// Such as `http://127.0.0.1:4318`.
    pub url: String,
    pub proxy: Option<ProxyUrls>,
    /// Secrets are taken out before anything is stored.
    pub redacts: bool,
    /// Spans of this run.
    pub counts: LossCounts,
    /// Requests that were not answered as asked: foreign, broken, too large, or while too much waited.
    pub refused: u64,
    /// Calls that passed through the proxy and could not be recorded or stored.
    pub lost: u64,
    /// Bytes that are being read, or read and not yet stored.
    pub waiting_bytes: u64,
    /// When something was last stored.
    pub last_stored: Option<NanosText>,
}
