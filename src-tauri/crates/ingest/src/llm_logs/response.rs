//! A call as a row of `responses`, llm's store up to migration 22.

use super::{attachment, fragments};
use crate::attributes::Attributes;
use crate::messages::arguments;
use crate::sqlite_rows::list;
use plumbline_model::{Content, Message, Role, Span, ToolCall};
use serde_json::{Value, json};

pub(super) fn fill(fields: &Attributes, span: &mut Span) {
    let with = |texts: Vec<String>, own: Option<String>| {
        let texts: Vec<String> = texts.into_iter().chain(own).collect();
        texts.join("\n")
    };
    let system = with(
        fragments(&list(fields, "system_fragments")),
        fields.text(&["system"]),
    );
    if !system.is_empty() {
        span.input_messages
            .push(Message::text(Role::System, system));
    }
    for result in list(fields, "tool_results") {
        let said = result.text(&["output"]).or(result.text(&["exception"]));
        let mut message = Message::text(Role::Tool, said.unwrap_or_default());
        message.name = result.text(&["name"]);
        message.tool_call_id = result.text(&["tool_call_id"]);
        span.input_messages.push(message);
    }
    let prompt = with(
        fragments(&list(fields, "fragments")),
        fields.text(&["prompt"]),
    );
    let attached: Vec<Value> = list(fields, "attachments").iter().map(attachment).collect();
    if !attached.is_empty() {
        let mut message = Message::text(Role::User, "");
        let text = json!({"type": "text", "text": prompt});
        message.content = Content::Parts(std::iter::once(text).chain(attached).collect());
        span.input_messages.push(message);
    } else if !prompt.is_empty() {
        span.input_messages.push(Message::text(Role::User, prompt));
    }
    let calls: Vec<ToolCall> = list(fields, "tool_calls")
        .iter()
        .map(|call| ToolCall {
            id: call.text(&["tool_call_id"]).unwrap_or_default(),
            name: call.text(&["name"]).unwrap_or_default(),
            arguments: call
                .take("arguments")
                .cloned()
                .map(arguments)
                .unwrap_or_default(),
        })
        .collect();
    let said = fields.text(&["response"]);
    if said.is_some() || !calls.is_empty() {
        let mut message = Message::text(Role::Assistant, said.unwrap_or_default());
        message.tool_calls = calls;
        span.output_messages.push(message);
    }
    // The request as the plugin sent it; what was said stands in columns of its own.
    fields.understood(&["prompt_json"]);
}
