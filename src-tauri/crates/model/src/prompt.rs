//! A prompt as code: what one prompt file says, after parsing.

use crate::{NanosText, Role, ToolUse, Usd};
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
    /// How its value is shortened when the prompt is over `max_tokens_in`; absent keeps it whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trim: Option<Trim>,
}

/// How the value of a variable is shortened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Trim {
    pub policy: TrimPolicy,
    /// Tokens of the value that are kept in any case, to the nearest character or item; absent may keep none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_tokens: Option<u64>,
    /// Member of an item that holds its score, for the policy `items`; absent means `score`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<String>,
}

impl From<TrimPolicy> for Trim {
    fn from(policy: TrimPolicy) -> Self {
        Self {
            policy,
            keep_tokens: None,
            score: None,
        }
    }
}

/// Which part of a value goes first. Of a list, and of a text that is JSON, whole items go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TrimPolicy {
    /// The start goes, the end stays.
    Head,
    /// The end goes, the start stays.
    Tail,
    /// The middle goes, both ends stay.
    Middle,
    /// The items with the lowest score go.
    Items,
}

/// By which rule a value was shortened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TrimRule {
    Head,
    Tail,
    Middle,
    Items,
    /// Another prompt wrote a summary of it.
    Summarise,
}

impl TrimRule {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Tail => "tail",
            Self::Middle => "middle",
            Self::Items => "items",
            Self::Summarise => "summarise",
        }
    }
}

impl From<TrimPolicy> for TrimRule {
    fn from(policy: TrimPolicy) -> Self {
        match policy {
            TrimPolicy::Head => Self::Head,
            TrimPolicy::Tail => Self::Tail,
            TrimPolicy::Middle => Self::Middle,
            TrimPolicy::Items => Self::Items,
        }
    }
}

/// One value, or the text of one section, that was shortened to keep a budget. Tokens are those of it alone; a value
/// that is no text counts as its compact JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Trimmed {
    /// The variable, unless a section was cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
    /// The section, as the budget names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    pub policy: TrimRule,
    pub tokens_before: u64,
    pub tokens_after: u64,
    /// Items of a list or members of an object that are gone; absent where a text was cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items_dropped: Option<u64>,
}

impl Trimmed {
    /// The variable or section that was cut.
    #[must_use]
    pub fn name(&self) -> &str {
        self.variable
            .as_deref()
            .or(self.section.as_deref())
            .unwrap_or_default()
    }
}

/// What happens to a prompt that is over `max_tokens_in` however much is trimmed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum WhenOver {
    /// Nothing is sent.
    #[default]
    Refuse,
    /// It goes to another model, which has a cap of its own.
    Escalate(Escalation),
    /// Another prompt summarises one variable first.
    Summarise(SummaryPrompt),
}

impl WhenOver {
    /// Whether this is what happens where nothing is said.
    #[must_use]
    pub fn is_refuse(&self) -> bool {
        *self == Self::Refuse
    }
}

/// The model that takes what is too long for the usual one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Escalation {
    /// As `provider:model`.
    pub model: String,
    /// The cap on input tokens in place of the budget's.
    pub max_tokens_in: u64,
}

/// The variable that is summarised, and the prompt that does it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct SummaryPrompt {
    pub variable: String,
    /// As `name` or `name@version`.
    pub prompt: String,
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
    /// Sections that are cut when trimming variables is not enough, in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<SectionTrim>,
    #[serde(skip_serializing_if = "WhenOver::is_refuse")]
    pub when_over: WhenOver,
}

/// How the rendered text of one section is shortened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct SectionTrim {
    /// Its role, and its number from 1 where the prompt has several of that role: `user`, `user 2`.
    pub section: String,
    pub trim: Trim,
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

/// Where a version was made before it came here. It names; nothing is fetched from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct PromptOrigin {
    /// The system it came from, such as `langfuse` or `git`.
    pub source: String,
    /// Its version or commit there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Who made it there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When it was made there; in a prompt file an RFC 3339 time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<NanosText>,
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
    /// What is offered to the model, in order. One whose file was not found yet has `null` for its parameters.
    pub tools: Vec<ToolDefinition>,
    /// Those of `tools` that are files of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_files: Vec<ToolUse>,
    /// JSON Schema that the output must satisfy.
    pub output_schema: Option<Value>,
    pub budget: Budget,
    /// Where this version was made, when it was imported; metadata, in no hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<PromptOrigin>,
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
            tool_files: Vec::new(),
            output_schema: None,
            budget: Budget::default(),
            origin: None,
            sections: Vec::new(),
        }
    }
}
