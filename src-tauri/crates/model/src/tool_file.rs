//! A tool as code: a versioned file of its own that prompts refer to by name.

use crate::ToolDefinition;
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// Everything one tool file says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ToolSpec {
    pub name: String,
    #[ts(type = "string")]
    pub version: Version,
    pub owner: String,
    /// What the model reads of it.
    pub description: String,
    /// What changed in this version, in one line.
    pub changelog: String,
    /// JSON Schema of the arguments.
    pub parameters: Value,
}

impl ToolSpec {
    /// What a model is offered of it.
    #[must_use]
    pub fn definition(&self) -> ToolDefinition {
        ToolDefinition {
            name: self.name.clone(),
            description: self.description.clone(),
            parameters: self.parameters.clone(),
        }
    }
}

/// A tool of a prompt that comes from a file of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ToolUse {
    pub name: String,
    /// Which versions will do, as in Cargo (`1.2.0` alone means exactly that); absent takes the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<String>,
    /// The version that the prompt's definition of it is; `None` until it was looked for and found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "string | null")]
    pub version: Option<Version>,
}
