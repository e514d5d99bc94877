//! A model call before it is sent, in the one schema that every provider maps from.

use crate::{Message, ModelParameters, ToolDefinition};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// Messages, tools, output schema and parameters: everything that shapes an answer except which model gives it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ChatRequest {
    pub messages: Vec<Message>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolDefinition>,
    /// JSON Schema that the output must satisfy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    #[serde(default)]
    pub parameters: ModelParameters,
}

/// A request with the two hashes that identify where it came from and what it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AssembledRequest {
    pub request: ChatRequest,
    /// SHA-256 of the template it was made from, 64 hex digits.
    pub template_hash: String,
    /// SHA-256 of the request itself, 64 hex digits.
    pub request_hash: String,
    /// Input tokens as counted before sending; an estimate of what the provider will measure.
    pub tokens_in_estimated: u64,
    /// Which vocabulary counted them.
    pub encoding: String,
}
