//! Datasets: named lists of cases with stable keys.

use crate::{Assertion, ChatRequest, ToolResult};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use ts_rs::TS;

/// One input with what is expected of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Case {
    /// Stable key: runs are aligned by it.
    pub key: String,
    /// Values of the prompt's variables.
    #[ts(type = "Record<string, unknown>")]
    pub variables: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assertions: Vec<Assertion>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The request as it was sent in production, which the prompt `@recorded` sends again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<ChatRequest>,
    /// What tools answered in production: a replayed conversation goes on with it while the calls are the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_results: Vec<ToolResult>,
    /// The span this case was taken from, as `trace_id/span_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A named list of cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Dataset {
    pub name: String,
    #[serde(default)]
    pub description: String,
    pub cases: Vec<Case>,
}
