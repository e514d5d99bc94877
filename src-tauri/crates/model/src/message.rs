//! Chat messages in one small schema that every provider and every trace format maps to.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Role {
    /// Instructions of the application; `developer` is read as this.
    #[serde(alias = "developer")]
    System,
    /// The person or program that asks.
    #[serde(alias = "human")]
    User,
    /// The model.
    #[serde(alias = "ai", alias = "model")]
    Assistant,
    /// The result of a tool call.
    #[serde(alias = "function")]
    Tool,
}

impl Role {
    /// The word used in files and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// The body of a message: text, or the provider's parts (images, audio, …) kept as they came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(untagged)]
#[ts(export)]
pub enum Content {
    /// Plain text.
    Text(String),
    /// Structured parts, in order.
    Parts(Vec<Value>),
}

impl Content {
    /// The readable text: the text itself, or the `text` members of the parts joined by line ends.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Parts(parts) => {
                let texts: Vec<&str> = parts
                    .iter()
                    .filter_map(|part| part.get("text").or_else(|| part.get("content")))
                    .filter_map(Value::as_str)
                    .collect();
                texts.join("\n")
            }
        }
    }

    /// True for the empty text and for no parts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Parts(parts) => parts.is_empty(),
        }
    }
}

impl Default for Content {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// One call of a tool that the model asked for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct ToolCall {
    /// The provider's id, which the tool's answer refers to.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments: an object, or the raw text when the model did not write valid JSON.
    pub arguments: Value,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said; empty for a message that only calls tools.
    #[serde(default)]
    pub content: Content,
    /// The tool calls an assistant message makes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// The call that a tool message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// The speaker's or tool's name, where a source gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Message {
    /// A message of plain text.
    #[must_use]
    pub fn text(role: Role, content: impl Into<String>) -> Self {
        Self {
            role,
            content: Content::Text(content.into()),
            tool_calls: Vec::new(),
            tool_call_id: None,
            name: None,
        }
    }
}
