//! A summary that stands in a request in place of a value that was too long.

use crate::{Cost, Origin, Target, Usage};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What another prompt wrote, so that a request is within its budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ValueSummary {
    /// The variable whose value it stands for.
    pub variable: String,
    /// The prompt that wrote it, as `name@version`.
    pub prompt: String,
    /// The model that was asked.
    pub target: Target,
    pub text: String,
    /// Of the value that it stands for.
    pub tokens_before: u64,
    /// Where this cell has it from: asked for it, or asked before for another one.
    pub origin: Origin,
    pub usage: Usage,
    /// Part of the cost of the cell.
    pub cost: Cost,
}
