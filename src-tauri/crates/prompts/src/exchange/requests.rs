//! What requests have in common when they are written, and what none of them can hold.

use super::Loss;
use super::build::plain_text;
use crate::tool_uses::is_unresolved;
use crate::unresolved_tools;
use plumbline_model::{PromptSpec, Role, ToolDefinition};
use serde_json::{Map, Value, json};

/// What a format without templates or a place for more cannot hold of a prompt.
pub(super) fn losses_of(spec: &PromptSpec) -> Vec<Loss> {
    let plain = PromptSpec::unnamed();
    let mut losses = Vec::new();
    let mut drop = |is_there: bool, place: &str| {
        if is_there {
            losses.push(Loss::dropped(place, "the format has no place for it"));
        }
    };
    drop(spec.version != plain.version, "version");
    drop(!spec.owner.is_empty(), "owner");
    drop(!spec.description.is_empty(), "description");
    drop(!spec.changelog.is_empty(), "changelog");
    drop(spec.origin.is_some(), "origin");
    drop(!spec.variables.is_empty(), "variables");
    drop(!spec.tool_files.is_empty(), "tools.version");
    drop(spec.budget != plain.budget, "budget");
    losses
}

/// A body of the other parameters; one whose name means something else there is lost.
pub(super) fn extra_body(spec: &PromptSpec, taken: &[&str], losses: &mut Vec<Loss>) -> Value {
    let mut body = Map::new();
    for (key, value) in &spec.parameters.extra {
        if taken.contains(&key.as_str()) || value.is_null() {
            let place = format!("parameters.{key}");
            let what = "in a request this name means something else, or nothing";
            losses.push(Loss::dropped(place, what));
        } else {
            body.insert(key.clone(), value.clone());
        }
    }
    Value::Object(body)
}

/// The name of a model without its provider, which is told where the format cannot say it.
pub(super) fn model_name<'s>(
    spec: &'s PromptSpec,
    provider_of_format: &str,
    losses: &mut Vec<Loss>,
) -> Option<&'s str> {
    let model = spec.model.as_deref()?;
    match model.split_once(':') {
        Some((provider, name)) if provider == provider_of_format => Some(name),
        Some((provider, name)) => {
            let what = format!("the provider `{provider}` is not said");
            losses.push(Loss::changed("model", what));
            Some(name)
        }
        None => {
            let what = format!("it names no provider; there it is one of `{provider_of_format}`");
            losses.push(Loss::changed("model", what));
            Some(model)
        }
    }
}

/// The tools that have a definition; one whose file was not found has none to give.
pub(super) fn written_tools<'s>(
    spec: &'s PromptSpec,
    losses: &mut Vec<Loss>,
) -> Vec<&'s ToolDefinition> {
    for name in unresolved_tools(spec) {
        let what = format!("the file of tool `{name}` was not found");
        losses.push(Loss::dropped("tools", what));
    }
    let tools = spec.tools.iter();
    tools.filter(|tool| !is_unresolved(spec, tool)).collect()
}

/// Role and text of each message; a template is told as a loss, since a body has none.
pub(super) fn written_messages(spec: &PromptSpec, losses: &mut Vec<Loss>) -> Vec<(Role, String)> {
    let sections = spec.sections.iter().enumerate();
    sections
        .map(|(index, section)| {
            let text = plain_text(&section.template).unwrap_or_else(|| {
                let what = "the template stands there as text: the format has no variables";
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
