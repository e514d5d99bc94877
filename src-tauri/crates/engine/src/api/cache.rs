//! The response cache.

use plumbline_model::{NanosText, Usd};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What the cache holds and what it saved.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[ts(export)]
pub struct CacheView {
    pub entries: u64,
    /// Compressed size of the answers.
    pub bytes: u64,
    pub oldest: Option<NanosText>,
    pub newest: Option<NanosText>,
    /// Cells of all runs that it answered.
    pub calls_saved: u64,
    /// What these would have cost, by the price when they were answered.
    pub saved_usd: Option<Usd>,
    /// Cells among them whose price is unknown; above zero, `saved_usd` is a lower bound.
    pub unpriced_calls_saved: u64,
}

/// Which answers to drop. Conditions that are given must all hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct CachePurgeFilter {
    pub provider: Option<String>,
    pub model: Option<String>,
    pub prompt_name: Option<String>,
    /// Id of a document that the request quotes, such as one that changed.
    pub document: Option<String>,
    pub older_than_days: Option<u32>,
    /// Everything, where nothing else is given.
    pub all: bool,
}
