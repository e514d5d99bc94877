//! What is sent with the messages, for formats that hold it beside a prompt: under the names of chat completions.

use super::Loss;
use super::bodies::{take_list, take_text};
use super::build::{Build, member};
use super::openai::{parameters, put_tools_and_schema, read_tool, schema};
use super::requests::put_common;
use crate::tool_uses::is_unresolved;
use plumbline_model::PromptSpec;
use serde_json::{Map, Value, json};

/// All settings of a prompt of ours but its model.
pub(super) fn settings(spec: &PromptSpec) -> Map<String, Value> {
    let mut settings = json!(spec.parameters.extra);
    if let Some(limit) = spec.parameters.max_tokens {
        settings["max_tokens"] = json!(limit);
    }
    put_common(&mut settings, spec, "stop");
    // A tool whose file was not found has nothing to show; our copy names it.
    let tools = spec.tools.iter();
    let tools = tools.filter(|tool| !is_unresolved(spec, tool)).collect();
    put_tools_and_schema(&mut settings, tools, spec.output_schema.as_ref());
    match settings {
        Value::Object(settings) => settings,
        _ => Map::new(),
    }
}

/// Reads what [`settings`] writes, and what others write like it; `place` is where they stand.
pub(super) fn read_settings(build: &mut Build, mut settings: Map<String, Value>, place: &str) {
    for (index, tool) in take_list(&mut settings, "tools").into_iter().enumerate() {
        let at = member(place, &format!("tools[{index}]"));
        read_tool(build, tool, &at);
    }
    schema(build, &mut settings, place);
    build.spec.parameters = parameters(&mut settings);
}

/// Settings with the model among them, which may not say whose it is.
pub(super) fn read_with_model(build: &mut Build, mut settings: Map<String, Value>, place: &str) {
    if let Some(model) = take_text(&mut settings, "model") {
        build.spec.model = Some(with_guess(build, model, &member(place, "model")));
    }
    read_settings(build, settings, place);
}

/// A model whose provider is not said, with the one that its name tells; the guess is told.
pub(super) fn with_guess(build: &mut Build, model: String, place: &str) -> String {
    let Some(provider) = provider_of(&model) else {
        return model;
    };
    let what = format!("it names no provider; it is taken to be one of `{provider}`");
    build.losses.push(Loss::changed(place, what));
    format!("{provider}:{model}")
}

/// Whose a model is by its name; nothing where the name says it.
fn provider_of(model: &str) -> Option<&'static str> {
    match model {
        named if named.contains(':') => None,
        claude if claude.starts_with("claude") => Some("anthropic"),
        gemini if gemini.starts_with("gemini") => Some("gemini"),
        _ => Some("openai"),
    }
}

/// A model of a provider that is said beside it.
pub(super) fn with_provider(model: String, provider: &str) -> String {
    let said = model.strip_prefix(provider);
    match said.is_some_and(|rest| rest.starts_with(':')) {
        true => model,
        false => format!("{provider}:{model}"),
    }
}
