//! Dotprompt files: YAML with a model, its config and schemas, then Handlebars with `{{role "…"}}`.
//!
//! Source: Dotprompt reference, "Frontmatter", "Picoschema" and "Template". Ours travels in the front matter under
//! `plumbline.file`, as keys of extensions do.

use super::bodies::{take_list, take_map, take_text};
use super::build::{About, Build};
use super::openai::{read_settings, settings};
use super::sealed::{self, Sealed, seal};
use super::{
    ForeignVersion, Loss, WrittenVersion, documents, handlebars, handlebars_write, picoschema,
};
use crate::yaml_text;
use plumbline_model::{PromptSpec, Role, ToolDefinition, Variable};
use serde_json::{Map, Value, json};

const COPY_KEY: &str = "plumbline.file";

/// Names of settings there and here.
const NAMES: &[(&str, &str)] = &[
    ("maxOutputTokens", "max_tokens"),
    ("topP", "top_p"),
    ("topK", "top_k"),
    ("stopSequences", "stop"),
];

/// Reads the YAML, which may be missing, and the template below it.
pub(super) fn read(yaml: &str, body: &str, fallback: &str) -> Result<ForeignVersion, String> {
    let mut front = match documents::yaml(yaml)? {
        Value::Object(front) => front,
        Value::Null => Map::new(),
        _ => return Err("its front matter is no list of `key: value` lines".to_owned()),
    };
    let copy = front.remove(COPY_KEY).map(|text| json!({ "file": text }));
    let mut standing = front.clone();
    standing.insert(BODY.to_owned(), json!(solid(body)));
    let name = take_text(&mut front, "name").unwrap_or_else(|| fallback.to_owned());
    let mut build = Build::new(&name);
    match sealed::open(copy.as_ref(), &standing, visible) {
        Sealed::Whole(ours) => return Ok(*ours),
        Sealed::Edited(copy) => sealed::keep_hidden(&mut build, *copy),
        Sealed::None => {}
    }
    if let Some(text) = take_text(&mut front, "description") {
        build.spec.description = text;
    }
    build.spec.model = take_text(&mut front, "model").map(|model| model_of(&model));
    if let Some(members) = take_map(&mut front, "input") {
        input(&mut build, members);
    }
    if let Some(mut config) = take_map(&mut front, "config") {
        for (theirs, ours) in NAMES {
            if let Some(value) = config.remove(*theirs) {
                config.insert((*ours).to_owned(), value);
            }
        }
        read_settings(&mut build, config, "config");
    }
    tools(&mut build, &mut front);
    if let Some(members) = take_map(&mut front, "output") {
        output(&mut build, members);
    }
    let read = handlebars::read(&body.replace("\r\n", "\n"))?;
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
    let version = take_text(&mut front, "version");
    build.drop_rest("", &front);
    let about = About {
        id: version,
        ..About::default()
    };
    build.finish("dotprompt", about)
}

/// `googleai/gemini-2.5-flash` as `gemini:gemini-2.5-flash`.
fn model_of(model: &str) -> String {
    match model.split_once('/') {
        Some(("googleai" | "vertexai" | "google-genai", name)) => format!("gemini:{name}"),
        Some((provider, name)) => format!("{provider}:{name}"),
        None => format!("gemini:{model}"),
    }
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
    for tool in take_list(front, "tools") {
        let name: String = tool.as_str().unwrap_or_default().chars().take(80).collect();
        if !defined.contains(&name) {
            let what =
                format!("only the name `{name}` stands there; a tool of a prompt has a schema");
            build.losses.push(Loss::dropped("tools", what));
        }
    }
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

/// The member of what is compared that stands for the template.
const BODY: &str = "(template)";

fn solid(body: &str) -> String {
    body.replace("\r\n", "\n").trim_end().to_owned()
}

/// What a Dotprompt file shows of a prompt of ours.
fn visible(spec: &PromptSpec) -> Map<String, Value> {
    let mut visible = front(spec);
    visible.insert(BODY.to_owned(), json!(solid(&body(spec, &mut Vec::new()))));
    visible
}

fn front(spec: &PromptSpec) -> Map<String, Value> {
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
    if !spec.tools.is_empty() {
        let names: Vec<&str> = spec.tools.iter().map(|tool| tool.name.as_str()).collect();
        put("tools", json!(names));
        let tools = spec.tools.iter().map(|tool| {
            json!({"name": tool.name, "description": tool.description, "inputSchema": tool.parameters})
        });
        put("toolDefs", tools.collect());
    }
    if let Some(schema) = &spec.output_schema {
        put("output", json!({"format": "json", "schema": schema}));
    }
    front
}

fn body(spec: &PromptSpec, losses: &mut Vec<Loss>) -> String {
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

pub(super) fn write(version: &WrittenVersion<'_>) -> (String, Vec<Loss>) {
    let mut losses = Vec::new();
    let mut text = String::from("---\n");
    yaml_text::push_members(&mut text, 0, &front(version.spec));
    if let Some(copy) = seal(version.text).get("file") {
        yaml_text::push_member(&mut text, 0, COPY_KEY, copy);
    }
    text.push_str("---\n");
    text.push_str(&body(version.spec, &mut losses));
    (text, losses)
}
