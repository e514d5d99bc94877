//! OpenAI's bodies: chat completions (`messages`) and responses (`input`).
//!
//! Source: OpenAI API reference, "Create chat completion" and "Create a model response".

use super::Loss;
use super::bodies::{take_list, take_text};
use super::build::{Build, content_text, literal, losses_of, plain_text, role_of};
use super::plain_json::pretty;
use crate::PromptError;
use plumbline_model::{ModelParameters, PromptSpec, Role, ToolDefinition};
use serde_json::{Map, Value, json};

pub(super) fn read(mut body: Map<String, Value>, name: &str) -> Result<Build, String> {
    let mut build = Build::new(name);
    build.open_batch(&mut body, "body");
    build.spec.model = take_text(&mut body, "model").map(|model| format!("openai:{model}"));
    if let Some(instructions) = take_text(&mut body, "instructions") {
        build.message(Role::System, &literal(&instructions), "instructions");
    }
    if let Some(input) = take_text(&mut body, "input") {
        build.message(Role::User, &literal(&input), "input");
    }
    for key in ["messages", "input"] {
        messages(&mut build, take_list(&mut body, key), key);
    }
    for (index, tool) in take_list(&mut body, "tools").into_iter().enumerate() {
        read_tool(&mut build, tool, &format!("tools[{index}]"));
    }
    schema(&mut build, &mut body);
    build.spec.parameters = parameters(&mut body);
    if build.spec.sections.is_empty() {
        return Err("it has no message".to_owned());
    }
    Ok(build)
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
        let text = content_text(&content, &at, &mut build.losses);
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
        // Of responses it stands beside its type, and some leave the type out.
        _ if tool
            .get("type")
            .map_or(tool.contains_key("parameters"), |kind| kind == "function") =>
        {
            tool.remove("type");
            tool
        }
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

/// The schema of `response_format`, or of `text.format`.
pub(super) fn schema(build: &mut Build, body: &mut Map<String, Value>) {
    for (key, path) in [
        ("response_format", "/json_schema/schema"),
        ("text", "/format/schema"),
    ] {
        let found = body.get(key).and_then(|value| value.pointer(path)).cloned();
        if let Some(found) = found {
            build.spec.output_schema = Some(found);
            // Beside the format of the text stands what is sent with it.
            match body.remove(key) {
                Some(Value::Object(mut rest)) if key == "text" && rest.len() > 1 => {
                    rest.remove("format");
                    body.insert(key.to_owned(), Value::Object(rest));
                }
                _ => {}
            }
            let what = "the name and strictness of a schema are the business of who sends";
            build.losses.push(Loss::changed(key, what));
        }
    }
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
    let mut body = json!(spec.parameters.extra);
    let messages = written_messages(spec, &mut losses);
    body["messages"] = messages
        .into_iter()
        .map(|(role, text)| json!({"role": role, "content": text}))
        .collect();
    let model = spec.model.as_deref().unwrap_or_default();
    let (provider, model) = model.split_once(':').unwrap_or(("", model));
    if !model.is_empty() {
        body["model"] = json!(model);
    }
    if !["", "openai"].contains(&provider) {
        losses.push(Loss::changed(
            "model",
            format!("the provider `{provider}` is not said"),
        ));
    }
    if let Some(limit) = spec.parameters.max_tokens {
        body["max_completion_tokens"] = json!(limit);
    }
    put_common(&mut body, spec, "stop");
    put_tools_and_schema(&mut body, spec);
    Ok((pretty(&body), losses))
}

fn put_tools_and_schema(body: &mut Value, spec: &PromptSpec) {
    if !spec.tools.is_empty() {
        body["tools"] = spec
            .tools
            .iter()
            .map(|tool| {
                json!({"type": "function", "function": {
                    "name": tool.name, "description": tool.description, "parameters": tool.parameters,
                }})
            })
            .collect();
    }
    if let Some(schema) = &spec.output_schema {
        body["response_format"] = json!({
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": schema},
        });
    }
}

/// All that is sent with the messages, under the names of chat completions, for formats that hold it beside a prompt.
pub(super) fn settings(spec: &PromptSpec) -> Map<String, Value> {
    let mut settings = json!(spec.parameters.extra);
    if let Some(limit) = spec.parameters.max_tokens {
        settings["max_tokens"] = json!(limit);
    }
    put_common(&mut settings, spec, "stop");
    put_tools_and_schema(&mut settings, spec);
    match settings {
        Value::Object(settings) => settings,
        _ => Map::new(),
    }
}

/// Reads what [`settings`] writes, and what others write like it.
pub(super) fn read_settings(build: &mut Build, mut settings: Map<String, Value>, place: &str) {
    for (index, tool) in take_list(&mut settings, "tools").into_iter().enumerate() {
        read_tool(build, tool, &format!("{place}.tools[{index}]"));
    }
    schema(build, &mut settings);
    build.spec.parameters = parameters(&mut settings);
}

/// The model with its provider: one that is not said is that of the format.
pub(super) fn with_provider(model: String, provider: &str) -> String {
    if model.contains(':') {
        model
    } else {
        format!("{provider}:{model}")
    }
}

/// Role and text of each message; a template is told as a loss, since a body has none.
pub(super) fn written_messages(spec: &PromptSpec, losses: &mut Vec<Loss>) -> Vec<(Role, String)> {
    let sections = spec.sections.iter().enumerate();
    sections
        .map(|(index, section)| {
            let text = plain_text(&section.template).unwrap_or_else(|| {
                let what = "the template stands in the body as text: a body has no variables";
                losses.push(Loss::changed(format!("messages[{index}]"), what));
                section.template.clone()
            });
            (section.role, text)
        })
        .collect()
}

pub(super) fn put_common(body: &mut Value, spec: &PromptSpec, stop: &str) {
    let parameters = &spec.parameters;
    let numbers = [
        ("temperature", parameters.temperature),
        ("top_p", parameters.top_p),
    ];
    for (key, value) in numbers {
        if let Some(value) = value {
            body[key] = json!(value);
        }
    }
    if let Some(seed) = parameters.seed {
        body["seed"] = json!(seed);
    }
    if !parameters.stop.is_empty() {
        body[stop] = json!(parameters.stop);
    }
}
