//! Price tables, and costs computed again.

use plumbline_model::{PriceSource, UnixNanos, Usd};
use serde::Serialize;
use ts_rs::TS;

/// A price table that stands behind a sum of money.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
#[ts(export)]
pub struct PriceTableUsed {
    pub table: String,
    pub version: String,
}

impl From<PriceSource> for PriceTableUsed {
    fn from(source: PriceSource) -> Self {
        Self {
            table: source.table,
            version: source.version,
        }
    }
}

/// The price table in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct PriceTableView {
    pub table: String,
    pub version: String,
    /// The day its prices are of, as `YYYY-MM-DD`.
    pub as_of: String,
    /// Whole days since then; `None` where the table names no day.
    pub age_days: Option<i64>,
    pub models: u64,
    /// The one that travels with the program.
    pub bundled: bool,
    /// File that it was imported from.
    pub imported_from: Option<String>,
    #[ts(type = "string | null")]
    pub imported_ns: Option<UnixNanos>,
    /// The table that is asked for models this one does not know.
    pub behind: Option<PriceTableUsed>,
}

/// Which imported calls are meant. Every condition that is set must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallsOf {
    pub provider: Option<String>,
    pub model: Option<String>,
    pub prompt_name: Option<String>,
    pub environment: Option<String>,
}

/// What computing costs again came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Recomputed {
    /// True when nothing was stored.
    pub dry_run: bool,
    /// Calls or cells that were looked at.
    pub calls: u64,
    /// Those whose cost is another now.
    pub changed: u64,
    /// Calls for which the source reports a cost, which stays the one that counts.
    pub reported: u64,
    /// Calls without a known cost, before and now.
    pub unknown_before: u64,
    pub unknown_after: u64,
    /// Sums of the known costs; `None` when none is known.
    pub usd_before: Option<Usd>,
    pub usd_after: Option<Usd>,
    /// The tables that the stored costs were computed from, and those of now.
    pub from: Vec<PriceTableUsed>,
    pub to: Vec<PriceTableUsed>,
}
