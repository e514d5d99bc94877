//! An estimate of the input tokens of a whole request before it is sent.
//!
//! The framing follows OpenAI's cookbook ("How to count tokens with tiktoken", `num_tokens_from_messages`):
//! three tokens for each message, one more for a name, three that prime the answer. Tool definitions and
//! the output schema have no published rule; they count as their compact JSON. Images and audio are not
//! counted. The provider's measured usage replaces this figure once the call has been made.

use crate::{Encoding, count};
use plumbline_model::{ChatRequest, Message, ToolDefinition};
use serde_json::{Value, json};

const TOKENS_PER_MESSAGE: u64 = 3;
const TOKENS_PER_NAME: u64 = 1;
const TOKENS_PRIMING_THE_ANSWER: u64 = 3;

/// Estimated input tokens of `request`.
#[must_use]
pub fn count_request(encoding: Encoding, request: &ChatRequest) -> u64 {
    RequestCounter::new(encoding).count(request)
}

/// Of the tools and the output schema.
fn count_tools(encoding: Encoding, request: &ChatRequest) -> u64 {
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
    tools + schema
}

/// Counts requests that say much the same, such as those of one prompt: what stood at the same place of the request
/// before is not counted again.
#[derive(Debug, Clone)]
pub struct RequestCounter {
    encoding: Encoding,
    messages: Vec<(Message, u64)>,
    /// Of tools and schema together.
    rest: Option<(Vec<ToolDefinition>, Option<Value>, u64)>,
}

impl RequestCounter {
    #[must_use]
    pub fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            messages: Vec::new(),
            rest: None,
        }
    }

    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// As [`count_request`].
    pub fn count(&mut self, request: &ChatRequest) -> u64 {
        let mut tokens = TOKENS_PRIMING_THE_ANSWER;
        for (at, message) in request.messages.iter().enumerate() {
            match self.messages.get_mut(at) {
                Some((known, counted)) if known == message => tokens += *counted,
                place => {
                    let counted = count_message(self.encoding, message);
                    match place {
                        Some(place) => *place = (message.clone(), counted),
                        None => self.messages.push((message.clone(), counted)),
                    }
                    tokens += counted;
                }
            }
        }
        let rest = match &self.rest {
            Some((tools, schema, counted))
                if *tools == request.tools && *schema == request.output_schema =>
            {
                *counted
            }
            _ => {
                let counted = count_tools(self.encoding, request);
                let known = (request.tools.clone(), request.output_schema.clone());
                self.rest = Some((known.0, known.1, counted));
                counted
            }
        };
        tokens + rest
    }
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
    use plumbline_model::Role;

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

    #[test]
    fn a_counter_that_has_seen_much_the_same_counts_as_one_that_has_not() {
        let mut requests = vec![cookbook(), cookbook()];
        requests[1].messages[0] = Message::text(Role::System, "Something else.");
        requests.push(ChatRequest {
            tools: vec![ToolDefinition {
                name: "find".to_owned(),
                description: "Finds.".to_owned(),
                parameters: json!({"type": "object"}),
            }],
            ..cookbook()
        });
        requests.push(ChatRequest {
            messages: cookbook().messages.split_off(3),
            output_schema: Some(json!({"type": "string"})),
            ..cookbook()
        });
        requests.push(cookbook());
        for encoding in [Encoding::O200kBase, Encoding::Cl100kBase] {
            let mut counter = RequestCounter::new(encoding);
            for request in &requests {
                assert_eq!(counter.count(request), count_request(encoding, request));
            }
        }
    }
}
