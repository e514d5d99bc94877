//! Conversations with tools: what a recording of the tools says, and where a replay left it.

use crate::{ChatRequest, Completion, Message};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// One call of a tool as it was recorded, with its result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ToolResult {
    pub name: String,
    #[serde(default)]
    pub arguments: Value,
    /// What the tool answered, as the model read it.
    pub result: String,
}

/// One step of a replayed conversation: the model asked for tools, and the recording answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Turn {
    pub completion: Completion,
    /// Tool messages in the order of the calls.
    pub results: Vec<Message>,
}

/// Where a replayed conversation left its recording: the first call that nothing recorded answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Divergence {
    /// Turn of the conversation, from 1.
    pub turn: u32,
    pub tool: String,
    pub arguments: Value,
    /// Why the recording does not answer, as a sentence.
    pub because: String,
    /// The recorded arguments of that tool, where it was called at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_arguments: Option<Value>,
}

impl ChatRequest {
    /// The request that follows these turns.
    #[must_use]
    pub fn after(&self, turns: &[Turn]) -> Self {
        let mut request = self.clone();
        for turn in turns {
            let mut said = Message::text(crate::Role::Assistant, turn.completion.text.clone());
            said.tool_calls.clone_from(&turn.completion.tool_calls);
            request.messages.push(said);
            request.messages.extend(turn.results.iter().cloned());
        }
        request
    }
}
