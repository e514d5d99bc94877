//! Dotprompt files: YAML with a model, its config and schemas, then Handlebars with `{{role "…"}}`.
//!
//! Source: Dotprompt reference, "Frontmatter", "Picoschema" and "Template". Ours travels in the front matter under
//! `plumbline.file`, as keys of extensions do.

mod write;

use super::bodies::{rename, take_list, take_map, take_text};
use super::build::Build;
use super::front_file::{BODY, FrontFile};
use super::settings::read_settings;
use super::{Loss, handlebars, picoschema};
use plumbline_model::{PromptSpec, ToolDefinition, Variable};
use serde_json::{Map, Value, json};

/// Names of settings there and here.
const NAMES: &[(&str, &str)] = &[
    ("maxOutputTokens", "max_tokens"),
    ("topP", "top_p"),
    ("topK", "top_k"),
    ("stopSequences", "stop"),
];

/// The format.
pub(super) struct Dotprompt;

impl FrontFile for Dotprompt {
    const SOURCE: &'static str = "dotprompt";
    const COPY: &'static str = "plumbline.file";
    const MAY_BE_BARE: bool = true;

    fn copy(file: &str) -> Value {
        json!(file)
    }

    fn copied(held: Value) -> Value {
        json!({ "file": held })
    }

    fn solid(body: &str) -> String {
        body.replace("\r\n", "\n").trim_end().to_owned()
    }

    fn shown(build: &mut Build, front: Map<String, Value>) -> Result<(), String> {
        shown(build, front)
    }

    fn front(spec: &PromptSpec, losses: &mut Vec<Loss>) -> Map<String, Value> {
        losses.extend(write::losses_of(spec));
        write::front(spec)
    }

    fn body(spec: &PromptSpec, losses: &mut Vec<Loss>) -> String {
        write::body(spec, losses)
    }
}

/// Reads the front matter and the template.
fn shown(build: &mut Build, mut front: Map<String, Value>) -> Result<(), String> {
    take_text(&mut front, "name");
    if let Some(text) = take_text(&mut front, "description") {
        build.spec.description = text;
    }
    if let Some(model) = take_text(&mut front, "model") {
        build.spec.model = Some(model_of(build, &model));
    }
    if let Some(members) = take_map(&mut front, "input") {
        input(build, members);
    }
    if let Some(mut config) = take_map(&mut front, "config") {
        rename(&mut config, NAMES);
        read_settings(build, config, "config");
    }
    tools(build, &mut front);
    if let Some(members) = take_map(&mut front, "output") {
        output(build, members);
    }
    let body = take_text(&mut front, BODY).unwrap_or_default();
    let read = handlebars::read(&body)?;
    for (index, (role, template)) in read.messages.into_iter().enumerate() {
        build.message(role, &template, &format!("message {}", index + 1));
    }
    if build.spec.sections.is_empty() {
        return Err("it has no message".to_owned());
    }
    build.optional(read.optional);
    for words in read.dropped {
        let what = "what is put in beside text has no place in a prompt";
        build.losses.push(Loss::dropped(words, what));
    }
    build.drop_rest("", &front);
    Ok(())
}

/// `googleai/gemini-2.5-flash` as `gemini:gemini-2.5-flash`.
fn model_of(build: &mut Build, model: &str) -> String {
    let (model, what) = match model.split_once('/') {
        Some(("googleai" | "google-genai", name)) => return format!("gemini:{name}"),
        Some(("vertexai", name)) => (name, "Vertex AI is written as the provider `gemini`"),
        Some((provider, name)) => return format!("{provider}:{name}"),
        None if model.contains(':') => return model.to_owned(),
        None => (
            model,
            "it names no provider; it is taken to be one of `gemini`",
        ),
    };
    build.losses.push(Loss::changed("model", what));
    format!("gemini:{model}")
}

fn input(build: &mut Build, mut input: Map<String, Value>) {
    let defaults = take_map(&mut input, "default").unwrap_or_default();
    match input
        .remove("schema")
        .map(|schema| picoschema::json_schema(&schema))
    {
        Some(Ok(schema)) => {
            let place = "input.schema";
            build.spec.variables =
                picoschema::variables(&schema, &defaults, place, &mut build.losses);
        }
        Some(Err(reason)) => build.losses.push(Loss::dropped("input.schema", reason)),
        None => {}
    }
    for (name, value) in defaults {
        if !build.declares(&name) {
            build.spec.variables.push(Variable {
                name,
                default: Some(value),
                ..Variable::default()
            });
        }
    }
    build.drop_rest("input", &input);
}

fn tools(build: &mut Build, front: &mut Map<String, Value>) {
    let mut defined = Vec::new();
    for (index, tool) in take_list(front, "toolDefs").into_iter().enumerate() {
        let place = format!("toolDefs[{index}]");
        let Value::Object(mut tool) = tool else {
            build.losses.push(Loss::dropped(place, "it is no tool"));
            continue;
        };
        let schema = tool
            .remove("inputSchema")
            .unwrap_or(json!({"type": "object"}));
        match (
            take_text(&mut tool, "name"),
            picoschema::json_schema(&schema),
        ) {
            (Some(name), Ok(parameters)) => {
                defined.push(name.clone());
                build.spec.tools.push(ToolDefinition {
                    name,
                    description: take_text(&mut tool, "description").unwrap_or_default(),
                    parameters,
                });
                build.drop_rest(&place, &tool);
            }
            _ => build
                .losses
                .push(Loss::dropped(place, "it has no name or no schema")),
        }
    }
    for (index, tool) in take_list(front, "tools").into_iter().enumerate() {
        let place = format!("tools[{index}]");
        match tool {
            Value::String(name) if defined.contains(&name) => {}
            Value::String(name) => {
                let what = format!(
                    "only the name `{}` stands there; a tool of a prompt has a schema",
                    shorter(&name)
                );
                build.losses.push(Loss::dropped(place, what));
            }
            other => {
                let what = format!("it is no name of a tool: {}", shorter(&other.to_string()));
                build.losses.push(Loss::dropped(place, what));
            }
        }
    }
}

fn shorter(text: &str) -> String {
    text.chars().take(80).collect()
}

fn output(build: &mut Build, mut output: Map<String, Value>) {
    match output
        .remove("schema")
        .map(|schema| picoschema::json_schema(&schema))
    {
        Some(Ok(schema)) => {
            build.spec.output_schema = Some(schema);
            // With a schema the answer is JSON anyway.
            if output.get("format") == Some(&json!("json")) {
                output.remove("format");
            }
        }
        Some(Err(reason)) => build.losses.push(Loss::dropped("output.schema", reason)),
        None => {}
    }
    if output.get("format") == Some(&json!("text")) {
        output.remove("format");
    }
    build.drop_rest("output", &output);
}
