//! OpenAI's bodies: chat completions (`messages`) and responses (`input`).
//!
//! Source: OpenAI API reference, "Create chat completion" and "Create a model response".

use super::Loss;
use super::bodies::{take_list, take_text};
use super::build::{Build, literal, member, role_of};
use super::plain_json::pretty;
use super::requests::{
    extra_body, losses_of, model_name, put_common, written_messages, written_tools,
};
use crate::PromptError;
use plumbline_model::{ModelParameters, PromptSpec, Role, ToolDefinition};
use serde_json::{Map, Value, json};

/// Members of a body that are no parameters.
const TAKEN: &[&str] = &[
    "model",
    "messages",
    "input",
    "instructions",
    "tools",
    "response_format",
    "text",
    "stop",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "system",
    "stop_sequences",
    "body",
    "params",
    "prompt",
    "data",
    "format",
];

pub(super) fn read(build: &mut Build, mut body: Map<String, Value>) -> Result<(), String> {
    build.spec.model = take_text(&mut body, "model").map(|model| format!("openai:{model}"));
    if let Some(instructions) = take_text(&mut body, "instructions") {
        build.message(Role::System, &literal(&instructions), "instructions");
    }
    if let Some(input) = take_text(&mut body, "input") {
        build.message(Role::User, &literal(&input), "input");
    }
    for key in ["messages", "input"] {
        messages(build, take_list(&mut body, key), key);
    }
    for (index, tool) in take_list(&mut body, "tools").into_iter().enumerate() {
        read_tool(build, tool, &format!("tools[{index}]"));
    }
    schema(build, &mut body, "");
    build.spec.parameters = parameters(&mut body);
    if build.spec.sections.is_empty() {
        return Err("it has no message".to_owned());
    }
    Ok(())
}

fn messages(build: &mut Build, items: Vec<Value>, key: &str) {
    for (index, item) in items.into_iter().enumerate() {
        let place = format!("{key}[{index}]");
        let Value::Object(mut message) = item else {
            build.losses.push(Loss::dropped(place, "it is no message"));
            continue;
        };
        let word = take_text(&mut message, "role").unwrap_or_default();
        let Some((role, remark)) = role_of(&word) else {
            build.losses.push(Loss::dropped(
                place,
                "it is no message with a role that a prompt has",
            ));
            continue;
        };
        if let Some(remark) = remark {
            build
                .losses
                .push(Loss::changed(format!("{place}.role"), remark));
        }
        if message.get("type").and_then(Value::as_str) == Some("message") {
            message.remove("type");
        }
        let content = message.remove("content").unwrap_or(Value::Null);
        let at = format!("{place}.content");
        let text = build.content_text(content, &at);
        build.message(role, &literal(&text), &at);
        build.drop_rest(&place, &message);
    }
}

pub(super) fn read_tool(build: &mut Build, tool: Value, place: &str) {
    let Value::Object(mut tool) = tool else {
        build.losses.push(Loss::dropped(place, "it is no tool"));
        return;
    };
    // Of chat completions the definition stands one level below.
    let mut inner = match tool.remove("function") {
        Some(Value::Object(inner)) => {
            tool.remove("type");
            build.drop_rest(place, &tool);
            inner
        }
        _ if tool.get("type").and_then(Value::as_str) == Some("function") => {
            tool.remove("type");
            tool
        }
        // As it is kept where no API asks for more.
        _ if !tool.contains_key("type") && tool.contains_key("parameters") => tool,
        _ => {
            build
                .losses
                .push(Loss::dropped(place, "only functions are tools of a prompt"));
            return;
        }
    };
    let Some(name) = take_text(&mut inner, "name") else {
        build.losses.push(Loss::dropped(place, "it has no name"));
        return;
    };
    let parameters = inner
        .remove("parameters")
        .filter(|schema| !schema.is_null());
    build.spec.tools.push(ToolDefinition {
        name,
        description: take_text(&mut inner, "description").unwrap_or_default(),
        parameters: parameters.unwrap_or_else(|| json!({"type": "object", "properties": {}})),
    });
    build.drop_rest(place, &inner);
}

/// The schema of `response_format`, or of `text.format`; what stands around it within `place` is told.
pub(super) fn schema(build: &mut Build, body: &mut Map<String, Value>, place: &str) {
    let at = |key: &str| member(place, key);
    if let Some(Value::Object(format)) = body.get_mut("response_format")
        && let Some(Value::Object(mut inner)) = take_schema_holder(format)
    {
        build.spec.output_schema = inner.remove("schema");
        build.drop_rest(&at("response_format.json_schema"), &inner);
        let format = std::mem::take(format);
        build.drop_rest(&at("response_format"), &format);
        body.remove("response_format");
    }
    if let Some(Value::Object(text)) = body.get_mut("text")
        && text
            .get("format")
            .and_then(|format| format.get("schema"))
            .is_some_and(|s| !s.is_null())
        && let Some(Value::Object(mut format)) = text.remove("format")
    {
        build.spec.output_schema = format.remove("schema");
        format.remove("type");
        build.drop_rest(&at("text.format"), &format);
        if text.is_empty() {
            body.remove("text");
        }
    }
}

/// Takes `json_schema` where it has a schema, and the `type` that says so.
fn take_schema_holder(format: &mut Map<String, Value>) -> Option<Value> {
    format
        .get("json_schema")?
        .get("schema")
        .filter(|schema| !schema.is_null())?;
    format.remove("type");
    format.remove("json_schema")
}

/// What is left are parameters; those that our file names differently are renamed.
pub(super) fn parameters(body: &mut Map<String, Value>) -> ModelParameters {
    let mut parameters = ModelParameters::default();
    for key in ["max_tokens", "max_completion_tokens", "max_output_tokens"] {
        let limit = body
            .get(key)
            .and_then(Value::as_u64)
            .and_then(|n| u32::try_from(n).ok());
        if limit.is_some() && parameters.max_tokens.is_none() {
            parameters.max_tokens = limit;
            body.remove(key);
        }
    }
    common(body, &mut parameters, "stop");
    let rest = std::mem::take(body);
    parameters.extra = rest
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect();
    parameters
}

/// The parameters that every provider has.
pub(super) fn common(body: &mut Map<String, Value>, parameters: &mut ModelParameters, stop: &str) {
    let mut number = |key: &str| {
        let value = body.get(key).and_then(Value::as_f64);
        if value.is_some() {
            body.remove(key);
        }
        value
    };
    parameters.temperature = number("temperature");
    parameters.top_p = number("top_p");
    if let Some(seed) = body.get("seed").and_then(Value::as_i64) {
        parameters.seed = Some(seed);
        body.remove("seed");
    }
    let words: Option<Vec<String>> = match body.get(stop) {
        Some(Value::String(word)) => Some(vec![word.clone()]),
        Some(Value::Array(words)) => words
            .iter()
            .map(|word| word.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    };
    if let Some(words) = words {
        parameters.stop = words;
        body.remove(stop);
    }
}

/// A body of chat completions. Templates stand in it as they are.
pub(super) fn write(spec: &PromptSpec) -> Result<(String, Vec<Loss>), PromptError> {
    let mut losses = losses_of(spec);
    let mut body = extra_body(spec, TAKEN, &mut losses);
    let messages = written_messages(spec, &mut losses);
    body["messages"] = messages
        .into_iter()
        .map(|(role, text)| json!({"role": role, "content": text}))
        .collect();
    if let Some(model) = model_name(spec, "openai", &mut losses) {
        body["model"] = json!(model);
    }
    if let Some(limit) = spec.parameters.max_tokens {
        body["max_completion_tokens"] = json!(limit);
    }
    put_common(&mut body, spec, "stop");
    let tools = written_tools(spec, &mut losses);
    put_tools_and_schema(&mut body, tools, spec.output_schema.as_ref());
    Ok((pretty(&body), losses))
}

pub(super) fn put_tools_and_schema(
    body: &mut Value,
    tools: Vec<&ToolDefinition>,
    schema: Option<&Value>,
) {
    if !tools.is_empty() {
        body["tools"] = tools
            .into_iter()
            .map(|tool| {
                json!({"type": "function", "function": {
                    "name": tool.name, "description": tool.description, "parameters": tool.parameters,
                }})
            })
            .collect();
    }
    if let Some(schema) = schema {
        body["response_format"] = json!({
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": schema},
        });
    }
}
