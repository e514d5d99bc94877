//! What an import understood, and what it did not: the loss report.

use crate::UnixNanos;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ts_rs::TS;

/// A row that could not be understood, kept with its place and reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct QuarantinedRow {
    /// Where, such as `line 7` or `resourceSpans[0].scopeSpans[0].spans[3]`.
    pub at: String,
    /// Why, as a sentence.
    pub reason: String,
    /// The first bytes of the row as text, at most 2,000 characters; invalid UTF-8 is replaced.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub raw: String,
}

/// A field that no part of the importer reads; the raw record keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FieldUnread {
    /// Spans that carry it.
    pub count: u64,
    /// One value, shortened to 80 characters.
    pub example: String,
}

/// The law of every import: `read = stored + duplicate + quarantined`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LossCounts {
    pub read: u64,
    pub stored: u64,
    pub duplicate: u64,
    pub quarantined: u64,
}

impl LossCounts {
    /// True when nothing was lost on the way.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.read == self.stored + self.duplicate + self.quarantined
    }
}

/// The loss report of one file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ImportFile {
    pub path: String,
    /// The format that was detected or forced, such as `otlp_json`.
    pub format: String,
    #[serde(flatten)]
    pub counts: LossCounts,
    /// The first 100 quarantined rows; all of them stand in the workspace.
    pub quarantine: Vec<QuarantinedRow>,
    pub model_calls: u64,
    pub tokens_in: Option<u64>,
    pub tokens_out: Option<u64>,
    /// What totals count beyond both; `None` also in reports older than this field.
    #[serde(default)]
    pub tokens_unattributed: Option<u64>,
    #[ts(type = "string | null")]
    pub first_ns: Option<UnixNanos>,
    #[ts(type = "string | null")]
    pub last_ns: Option<UnixNanos>,
    pub fields_unread: BTreeMap<String, FieldUnread>,
    /// Share of model calls, 0 to 1, that carry each field a post-mortem needs.
    pub completeness: BTreeMap<String, f64>,
    /// Secrets and personal data that were taken out before anything was stored, by kind; `None` where redaction was
    /// switched off, and in reports older than it.
    #[serde(default)]
    pub redacted: Option<BTreeMap<String, u64>>,
}
