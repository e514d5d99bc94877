//! Anthropic's bodies of messages: the system prompt beside them, schemas of tools as `input_schema`.
//!
//! Source: Anthropic API reference, "Messages".

use super::Loss;
use super::bodies::{take_list, take_text};
use super::build::{Build, content_text, literal, losses_of, role_of};
use super::openai::{common, put_common, written_messages};
use super::plain_json::pretty;
use crate::PromptError;
use plumbline_model::{ModelParameters, PromptSpec, Role, ToolDefinition};
use serde_json::{Map, Value, json};

pub(super) fn read(mut body: Map<String, Value>, name: &str) -> Result<Build, String> {
    let mut build = Build::new(name);
    build.open_batch(&mut body, "params");
    build.spec.model = take_text(&mut body, "model").map(|model| format!("anthropic:{model}"));
    if let Some(system) = body.remove("system") {
        let text = content_text(&system, "system", &mut build.losses);
        build.message(Role::System, &literal(&text), "system");
    }
    for (index, item) in take_list(&mut body, "messages").into_iter().enumerate() {
        let place = format!("messages[{index}]");
        let Value::Object(mut message) = item else {
            build.losses.push(Loss::dropped(place, "it is no message"));
            continue;
        };
        let Some((role, _)) = take_text(&mut message, "role").as_deref().and_then(role_of) else {
            build
                .losses
                .push(Loss::dropped(place, "it has no role that a prompt has"));
            continue;
        };
        let content = message.remove("content").unwrap_or(Value::Null);
        let at = format!("{place}.content");
        let text = content_text(&content, &at, &mut build.losses);
        build.message(role, &literal(&text), &at);
        build.drop_rest(&place, &message);
    }
    for (index, tool) in take_list(&mut body, "tools").into_iter().enumerate() {
        read_tool(&mut build, tool, &format!("tools[{index}]"));
    }
    let mut parameters = ModelParameters::default();
    let limit = body
        .get("max_tokens")
        .and_then(Value::as_u64)
        .and_then(|n| u32::try_from(n).ok());
    if limit.is_some() {
        parameters.max_tokens = limit;
        body.remove("max_tokens");
    }
    common(&mut body, &mut parameters, "stop_sequences");
    parameters.extra = body
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect();
    build.spec.parameters = parameters;
    if build.spec.sections.is_empty() {
        return Err("it has no message".to_owned());
    }
    Ok(build)
}

fn read_tool(build: &mut Build, tool: Value, place: &str) {
    let Value::Object(mut tool) = tool else {
        build.losses.push(Loss::dropped(place, "it is no tool"));
        return;
    };
    let schema = tool.remove("input_schema");
    let (Some(name), Some(parameters)) = (take_text(&mut tool, "name"), schema) else {
        let what = "a tool of the provider's own has no schema that a prompt could hold";
        build.losses.push(Loss::dropped(place, what));
        return;
    };
    build.spec.tools.push(ToolDefinition {
        name,
        description: take_text(&mut tool, "description").unwrap_or_default(),
        parameters,
    });
    build.drop_rest(place, &tool);
}

/// A body of messages. Templates stand in it as they are.
pub(super) fn write(spec: &PromptSpec) -> Result<(String, Vec<Loss>), PromptError> {
    let mut losses = losses_of(spec);
    let mut body = json!(spec.parameters.extra);
    let mut system = Vec::new();
    let mut messages = Vec::new();
    for (index, (role, text)) in written_messages(spec, &mut losses).into_iter().enumerate() {
        match role {
            Role::System if messages.is_empty() => system.push(text),
            Role::User | Role::Assistant => messages.push(json!({"role": role, "content": text})),
            other => {
                let what = format!(
                    "a message of `{}` cannot stand here; it is written as a user's",
                    other.as_str()
                );
                losses.push(Loss::changed(format!("messages[{index}]"), what));
                messages.push(json!({"role": "user", "content": text}));
            }
        }
    }
    if system.len() > 1 {
        losses.push(Loss::changed(
            "messages",
            "the system messages are joined into one",
        ));
    }
    if !system.is_empty() {
        body["system"] = json!(system.join("\n\n"));
    }
    body["messages"] = messages.into();
    let model = spec.model.as_deref().unwrap_or_default();
    let (provider, model) = model.split_once(':').unwrap_or(("", model));
    if !model.is_empty() {
        body["model"] = json!(model);
    }
    if !["", "anthropic"].contains(&provider) {
        losses.push(Loss::changed(
            "model",
            format!("the provider `{provider}` is not said"),
        ));
    }
    match spec.parameters.max_tokens {
        Some(limit) => body["max_tokens"] = json!(limit),
        None => losses.push(Loss::changed(
            "parameters.max_tokens",
            "the API asks for one; set it before sending",
        )),
    }
    put_common(&mut body, spec, "stop_sequences");
    if !spec.tools.is_empty() {
        let tools = spec.tools.iter();
        body["tools"] = tools
            .map(|tool| {
                json!({"name": tool.name, "description": tool.description, "input_schema": tool.parameters})
            })
            .collect();
    }
    if spec.output_schema.is_some() {
        losses.push(Loss::dropped(
            "output_schema",
            "the format has no place for it",
        ));
    }
    Ok((pretty(&body), losses))
}
