//! An estimate of the input tokens of a whole request before it is sent.
//!
//! The framing follows OpenAI's cookbook ("How to count tokens with tiktoken", `num_tokens_from_messages`):
//! three tokens for each message, one more for a name, three that prime the answer. Tool definitions and
//! the output schema have no published rule; they count as their compact JSON. Images and audio are not
//! counted. The provider's measured usage replaces this figure once the call has been made.

use crate::{Encoding, count};
use plumbline_model::{ChatRequest, Message};
use serde_json::json;

const TOKENS_PER_MESSAGE: u64 = 3;
const TOKENS_PER_NAME: u64 = 1;
const TOKENS_PRIMING_THE_ANSWER: u64 = 3;

/// Estimated input tokens of `request`.
#[must_use]
pub fn count_request(encoding: Encoding, request: &ChatRequest) -> u64 {
    let messages: u64 = request
        .messages
        .iter()
        .map(|message| count_message(encoding, message))
        .sum();
    let tools: u64 = request
        .tools
        .iter()
        .map(|tool| {
            let definition = json!({
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
            });
            count(encoding, &definition.to_string())
        })
        .sum();
    let schema = request
        .output_schema
        .as_ref()
        .map_or(0, |schema| count(encoding, &schema.to_string()));
    messages + tools + schema + TOKENS_PRIMING_THE_ANSWER
}

/// Estimated tokens of one message with its framing.
#[must_use]
pub fn count_message(encoding: Encoding, message: &Message) -> u64 {
    let name = message
        .name
        .as_ref()
        .map_or(0, |name| count(encoding, name) + TOKENS_PER_NAME);
    let calls: u64 = message
        .tool_calls
        .iter()
        .map(|call| count(encoding, &call.name) + count(encoding, &call.arguments.to_string()))
        .sum();
    TOKENS_PER_MESSAGE
        + count(encoding, message.role.as_str())
        + count(encoding, &message.content.text())
        + name
        + calls
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumbline_model::{Role, ToolDefinition};

    /// The example conversation of the cookbook, whose counts OpenAI measured with its API.
    fn cookbook() -> ChatRequest {
        let lines = [
            (
                Role::System,
                None,
                "You are a helpful, pattern-following assistant that translates corporate jargon into plain English.",
            ),
            (
                Role::System,
                Some("example_user"),
                "New synergies will help drive top-line growth.",
            ),
            (
                Role::System,
                Some("example_assistant"),
                "Things working well together will increase revenue.",
            ),
            (
                Role::System,
                Some("example_user"),
                "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
            ),
            (
                Role::System,
                Some("example_assistant"),
                "Let's talk later when we're less busy about how to do better.",
            ),
            (
                Role::User,
                None,
                "This late pivot means we don't have time to boil the ocean for the client deliverable.",
            ),
        ];
        ChatRequest {
            messages: lines
                .into_iter()
                .map(|(role, name, text)| Message {
                    name: name.map(str::to_owned),
                    ..Message::text(role, text)
                })
                .collect(),
            ..ChatRequest::default()
        }
    }

    #[test]
    fn the_cookbook_conversation_counts_as_the_provider_measured_it() {
        assert_eq!(count_request(Encoding::Cl100kBase, &cookbook()), 129);
        assert_eq!(count_request(Encoding::O200kBase, &cookbook()), 124);
    }

    #[test]
    fn tools_and_schema_add_to_the_count() {
        let bare = cookbook();
        let mut with_tool = bare.clone();
        with_tool.tools.push(ToolDefinition {
            name: "search".to_owned(),
            description: "Finds documents.".to_owned(),
            parameters: json!({"type": "object", "properties": {"q": {"type": "string"}}}),
        });
        let mut with_schema = with_tool.clone();
        with_schema.output_schema = Some(json!({"type": "object"}));
        let counts =
            [&bare, &with_tool, &with_schema].map(|r| count_request(Encoding::O200kBase, r));
        assert!(counts[0] < counts[1] && counts[1] < counts[2], "{counts:?}");
    }
}
