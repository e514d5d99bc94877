//! What a case expects of an answer.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// One check of one answer. JSON: `{"kind": "json_equals", "path": "$.label", "value": "billing"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export)]
pub enum Assertion {
    /// The text, trimmed, is exactly this.
    Equals { value: String },
    /// The text contains this, ignoring case.
    Contains { value: String },
    /// The text does not contain this, ignoring case.
    NotContains { value: String },
    /// The text is JSON and the value at `path` (`$.a.b[0]`) equals this.
    JsonEquals { path: String, value: Value },
    /// The text is JSON that satisfies the prompt's output schema.
    JsonValid,
    /// The model called this tool; `arguments`, where given, must be among the call's arguments.
    ToolCalled {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arguments: Option<Value>,
    },
}
