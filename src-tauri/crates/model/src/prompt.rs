//! A prompt as code: what one prompt file says, after parsing.

use crate::{Role, Usd};
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use ts_rs::TS;

/// Parameters of a model call. Unknown ones are kept in `extra` and sent as they are.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct ModelParameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Hard limit on output tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}

/// A tool that the prompt offers to the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ToolDefinition {
    pub name: String,
    #[serde(default)]
    pub description: String,
    /// JSON Schema of the arguments.
    pub parameters: Value,
}

/// An input of a prompt.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct Variable {
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// JSON type: string, number, integer, boolean, array, object; absent accepts any.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Used when a caller gives no value; without it the variable is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
}

/// Limits that are checked before a call is sent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(export)]
pub struct Budget {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens_out: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_cost_usd: Option<Usd>,
}

/// One message template: a role and the Jinja text below its marker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Section {
    pub role: Role,
    pub template: String,
    /// Line of the prompt file (1-based) on which the template text starts.
    pub line: usize,
}

/// Everything one prompt file says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PromptSpec {
    pub name: String,
    #[ts(type = "string")]
    pub version: Version,
    pub owner: String,
    pub description: String,
    /// What changed in this version, in one line.
    pub changelog: String,
    /// The model this prompt was written for, as `provider:model`; a replay may choose others.
    pub model: Option<String>,
    pub parameters: ModelParameters,
    pub variables: Vec<Variable>,
    pub tools: Vec<ToolDefinition>,
    /// JSON Schema that the output must satisfy.
    pub output_schema: Option<Value>,
    pub budget: Budget,
    pub sections: Vec<Section>,
}

impl PromptSpec {
    /// A prompt that says nothing, in the place of one that is not there.
    #[must_use]
    pub fn unnamed() -> Self {
        Self {
            name: String::new(),
            version: Version::new(0, 0, 0),
            owner: String::new(),
            description: String::new(),
            changelog: String::new(),
            model: None,
            parameters: ModelParameters::default(),
            variables: Vec::new(),
            tools: Vec::new(),
            output_schema: None,
            budget: Budget::default(),
            sections: Vec::new(),
        }
    }
}
