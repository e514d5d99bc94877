//! What a call costs, and where each figure comes from.

use crate::Usd;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where a figure or an answer comes from. Every figure shown carries one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Origin {
    /// Sent to a provider just now.
    Live,
    /// Answered by the response cache of the workspace.
    Cached,
    /// Taken from a recording of an earlier call.
    Recorded,
    /// Computed before sending.
    Estimated,
}

impl Origin {
    /// The word used in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Cached => "cached",
            Self::Recorded => "recorded",
            Self::Estimated => "estimated",
        }
    }
}

/// The dated price table that a cost was computed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PriceSource {
    /// Name of the table, such as `genai-prices`.
    pub table: String,
    /// Its version or date.
    pub version: String,
    /// The entry that matched, as `provider/model`.
    pub entry: String,
}

/// One addend of a cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CostLine {
    /// `input`, `input_cached`, `input_cache_write`, `output`.
    pub unit: String,
    pub tokens: u64,
    /// US dollars per million tokens.
    pub usd_per_mtok: Usd,
    pub usd: Usd,
}

/// A computed cost. `usd` is `None` when the model is unpriced or the usage unreported: unknown, never zero.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Cost {
    pub usd: Option<Usd>,
    pub source: Option<PriceSource>,
    pub lines: Vec<CostLine>,
    /// Why the cost is unknown, as a sentence.
    pub unknown_because: Option<String>,
}

impl Cost {
    /// Both together; unknown when one is.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        let usd = self.usd.zip(other.usd).map(|(left, right)| left + right);
        for line in other.lines {
            let same = self
                .lines
                .iter_mut()
                .find(|own| own.unit == line.unit && own.usd_per_mtok == line.usd_per_mtok);
            match same {
                Some(own) => {
                    own.tokens += line.tokens;
                    own.usd += line.usd;
                }
                None => self.lines.push(line),
            }
        }
        Self {
            usd,
            source: self.source.or(other.source),
            lines: self.lines,
            unknown_because: self.unknown_because.or(other.unknown_because),
        }
    }
}
