//! A prompt of ours as a Dotprompt file.

use super::super::settings::settings;
use super::super::{Loss, handlebars_write, picoschema};
use super::NAMES;
use crate::tool_uses::is_unresolved;
use plumbline_model::{PromptSpec, Role};
use serde_json::{Map, Value, json};

pub(super) fn front(spec: &PromptSpec) -> Map<String, Value> {
    let mut front = Map::from_iter([("name".to_owned(), json!(spec.name))]);
    let mut put = |key: &str, value: Value| front.insert(key.to_owned(), value);
    if !spec.description.is_empty() {
        put("description", json!(spec.description));
    }
    if let Some(model) = &spec.model {
        let model = match model.split_once(':') {
            Some(("gemini", name)) => format!("googleai/{name}"),
            Some((provider, name)) => format!("{provider}/{name}"),
            None => model.clone(),
        };
        put("model", json!(model));
    }
    let mut config = settings(spec);
    config.remove("response_format");
    config.remove("tools");
    for (theirs, ours) in NAMES {
        if let Some(value) = config.remove(*ours) {
            config.insert((*theirs).to_owned(), value);
        }
    }
    if !config.is_empty() {
        put("config", json!(config));
    }
    if !spec.variables.is_empty() {
        let mut input = json!({"schema": picoschema::of_variables(&spec.variables)});
        let defaults = spec
            .variables
            .iter()
            .filter_map(|variable| Some((variable.name.clone(), variable.default.clone()?)));
        let defaults: Map<String, Value> = defaults.collect();
        if !defaults.is_empty() {
            input["default"] = json!(defaults);
        }
        put("input", input);
    }
    let tools = spec.tools.iter();
    let tools: Vec<_> = tools.filter(|tool| !is_unresolved(spec, tool)).collect();
    if !tools.is_empty() {
        let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
        put("tools", json!(names));
        let tools = tools.iter().map(|tool| {
            json!({"name": tool.name, "description": tool.description, "inputSchema": tool.parameters})
        });
        put("toolDefs", tools.collect());
    }
    if let Some(schema) = spec
        .output_schema
        .as_ref()
        .filter(|one| picoschema::is_json_schema(one))
    {
        put("output", json!({"format": "json", "schema": schema}));
    }
    front
}

/// Schemas that Dotprompt would take for its short form.
pub(super) fn losses_of(spec: &PromptSpec) -> Vec<Loss> {
    let mut losses = Vec::new();
    let is_short = |schema: &Value| !picoschema::is_json_schema(schema);
    if spec.output_schema.as_ref().is_some_and(is_short) {
        let what = "a schema without a type that is one word means something else there";
        losses.push(Loss::dropped("output_schema", what));
    }
    for (index, tool) in spec.tools.iter().enumerate() {
        if !is_unresolved(spec, tool) && is_short(&tool.parameters) {
            let what = "a schema without a type that is one word means something else there";
            let place = format!("tools[{index}].parameters");
            losses.push(Loss::changed(place, what));
        }
    }
    losses
}

pub(super) fn body(spec: &PromptSpec, losses: &mut Vec<Loss>) -> String {
    let mut out = String::new();
    for (index, section) in spec.sections.iter().enumerate() {
        let role = match section.role {
            Role::Assistant => "model",
            role => role.as_str(),
        };
        let text = handlebars_write::write(&section.template).unwrap_or_else(|reason| {
            let what = format!("its Jinja stands there as text: {reason}");
            losses.push(Loss::changed(format!("messages[{index}]"), what));
            handlebars_write::literal(&section.template)
        });
        out.push_str(&format!("{{{{role \"{role}\"}}}}\n{text}\n\n"));
    }
    out.truncate(out.trim_end_matches('\n').len());
    out + "\n"
}
