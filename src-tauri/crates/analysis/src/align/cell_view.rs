//! One answer of one side, as far as a comparison looks at it.

use plumbline_model::{Cell, CellStatus, Origin, ToolCall, Usd};
use std::hash::{DefaultHasher, Hash, Hasher};

/// One answer of one side.
#[derive(Debug, Clone)]
pub struct CellView<'c> {
    pub case_key: &'c str,
    /// 0 for the first repeat.
    pub repeat: u32,
    pub status: CellStatus,
    pub text: &'c str,
    pub tool_calls: &'c [ToolCall],
    pub passed: Option<bool>,
    /// Measured from sending to the end; ignored for cached answers, which took no time of their own.
    pub latency_ms: Option<f64>,
    pub tokens_out: Option<u64>,
    pub cost_usd: Option<Usd>,
    pub origin: Option<Origin>,
}

impl<'c> CellView<'c> {
    /// Equal answers share it: the text and the calls of tools, without the provider's ids.
    pub(super) fn output_hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.text.hash(&mut hasher);
        for call in self.tool_calls {
            call.name.hash(&mut hasher);
            call.arguments.to_string().hash(&mut hasher);
        }
        hasher.finish()
    }

    /// The view of a stored cell.
    #[must_use]
    pub fn of(cell: &'c Cell) -> Self {
        let completion = cell.completion.as_ref();
        Self {
            case_key: &cell.key.case_key,
            repeat: cell.key.repeat,
            status: cell.status,
            text: completion.map_or("", |completion| &completion.text),
            tool_calls: completion.map_or(&[], |completion| &completion.tool_calls),
            passed: cell.passed,
            latency_ms: completion.and_then(|completion| completion.latency_ms),
            tokens_out: completion.and_then(|completion| completion.usage.tokens_out),
            cost_usd: cell.cost.usd,
            origin: cell.origin,
        }
    }
}
