//! Langfuse's prompts, as its API gives them: one, a page `{data: […]}`, a list, or one a line.
//!
//! Source: Langfuse API reference, "Prompts" (`name`, `version`, `type`, `prompt`, `config`, `labels`, `tags`,
//! `commitMessage`, `createdBy`, `createdAt`). Ours travels in `config.plumbline`.

use super::bodies::{take_list, take_text};
use super::build::{About, Build, content_text, role_of};
use super::openai::common;
use super::plain_json::pretty;
use super::text::version_of_file;
use super::{ForeignPrompt, ForeignVersion, LeftOut, Loss, MAX_VERSIONS, WrittenVersion};
use crate::{instant, parse};
use plumbline_model::{ModelParameters, Role, ToolDefinition};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A version with its number.
type Numbered<'d> = (u64, &'d Map<String, Value>);

pub(super) fn read(documents: &[Value]) -> Vec<ForeignPrompt> {
    let mut histories: BTreeMap<String, Vec<Numbered<'_>>> = BTreeMap::new();
    for document in documents
        .iter()
        .take(MAX_VERSIONS)
        .filter_map(Value::as_object)
    {
        let name = document
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or("prompt");
        let version = document.get("version").and_then(Value::as_u64).unwrap_or(0);
        histories
            .entry(name.to_owned())
            .or_default()
            .push((version, document));
    }
    histories
        .into_iter()
        .map(|(name, versions)| history(name, versions))
        .collect()
}

fn history(name: String, mut documents: Vec<Numbered<'_>>) -> ForeignPrompt {
    documents.sort_by_key(|(version, _)| *version);
    let (mut versions, mut left_out) = (Vec::new(), Vec::new());
    for (number, document) in documents {
        match version(&name, document.clone()) {
            Ok(version) => versions.push(version),
            Err(reason) => left_out.push(LeftOut {
                place: format!("{name}, version {number}"),
                reason,
            }),
        }
    }
    ForeignPrompt {
        name: String::new(),
        original_name: name,
        versions,
        left_out,
    }
}

fn version(name: &str, mut document: Map<String, Value>) -> Result<ForeignVersion, String> {
    let mut build = Build::new(name);
    document.remove("name");
    let id = document
        .remove("version")
        .filter(|version| !version.is_null());
    let at = take_text(&mut document, "createdAt").and_then(|at| instant::from_rfc3339(&at));
    let about = About {
        id: id.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned)),
        author: take_text(&mut document, "createdBy"),
        at,
        message: take_text(&mut document, "commitMessage").unwrap_or_default(),
        labels: take_list(&mut document, "labels")
            .iter()
            .filter_map(|label| label.as_str().map(str::to_owned))
            .collect(),
    };
    let prompt = document.remove("prompt").unwrap_or(Value::Null);
    document.remove("type");
    document.remove("updatedAt");
    messages(&mut build, prompt)?;
    let mut config = match document.remove("config") {
        Some(Value::Object(config)) => config,
        _ => Map::new(),
    };
    if let Some(ours) = ours(&mut config, &build) {
        return Ok(ForeignVersion {
            labels: about.labels,
            ..ours
        });
    }
    settings(&mut build, config);
    build.drop_rest("", &document);
    build.finish("langfuse", about)
}

fn messages(build: &mut Build, prompt: Value) -> Result<(), String> {
    match prompt {
        Value::String(text) => build.message(Role::User, &text, "prompt"),
        Value::Array(items) => {
            for (index, item) in items.into_iter().enumerate() {
                let place = format!("prompt[{index}]");
                let Value::Object(mut message) = item else {
                    return Err(format!("{place} is no message"));
                };
                if message.get("type").and_then(Value::as_str) == Some("placeholder") {
                    let what = "messages that are put in at run time have no place in a prompt";
                    build.losses.push(Loss::dropped(place, what));
                    continue;
                }
                message.remove("type");
                let word = take_text(&mut message, "role").unwrap_or_default();
                let (role, remark) = role_of(&word)
                    .ok_or_else(|| format!("{place} has the role `{}`", word.escape_debug()))?;
                if let Some(remark) = remark {
                    build
                        .losses
                        .push(Loss::changed(format!("{place}.role"), remark));
                }
                let content = message.remove("content").unwrap_or(Value::Null);
                let text = content_text(&content, &place, &mut build.losses);
                build.message(role, &text, &place);
                build.drop_rest(&place, &message);
            }
        }
        _ => return Err("it has no `prompt` of text or messages".to_owned()),
    }
    Ok(())
}

/// The prompt file that we wrote beside it, as long as its messages are still those of the prompt.
fn ours(config: &mut Map<String, Value>, build: &Build) -> Option<ForeignVersion> {
    let text = config.get("plumbline")?.get("file")?.as_str()?.to_owned();
    let spec = parse(&text).ok()?;
    let same = spec.sections.len() == build.spec.sections.len()
        && spec
            .sections
            .iter()
            .zip(&build.spec.sections)
            .all(|(ours, theirs)| ours.role == theirs.role && ours.template == theirs.template);
    // Somebody changed it there: what stands there counts, and what we wrote is out of date.
    config.remove("plumbline");
    same.then(|| version_of_file(spec, &text))
}

/// `config` is free in Langfuse; by custom it holds what is sent with the prompt.
fn settings(build: &mut Build, mut config: Map<String, Value>) {
    if let Some(model) = take_text(&mut config, "model") {
        let model = if model.contains(':') {
            model
        } else {
            format!("openai:{model}")
        };
        build.spec.model = Some(model);
    }
    let mut parameters = ModelParameters::default();
    let limit = config
        .get("max_tokens")
        .and_then(Value::as_u64)
        .and_then(|n| u32::try_from(n).ok());
    if limit.is_some() {
        parameters.max_tokens = limit;
        config.remove("max_tokens");
    }
    common(&mut config, &mut parameters, "stop");
    let schema = config
        .get("response_format")
        .and_then(|f| f.pointer("/json_schema/schema"))
        .cloned();
    if schema.is_some() {
        build.spec.output_schema = schema;
        config.remove("response_format");
    }
    for tool in take_list(&mut config, "tools") {
        let inner = tool.get("function").unwrap_or(&tool);
        let name = inner.get("name").and_then(Value::as_str);
        match (name, inner.get("parameters")) {
            (Some(name), Some(schema)) => build.spec.tools.push(ToolDefinition {
                name: name.to_owned(),
                description: inner
                    .get("description")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
                parameters: schema.clone(),
            }),
            _ => build.losses.push(Loss::dropped(
                "config.tools",
                "a tool without name or schema",
            )),
        }
    }
    parameters.extra = config
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect();
    build.spec.parameters = parameters;
}

/// A list of versions, numbered as Langfuse does, each with our file beside it.
pub(super) fn write(versions: &[WrittenVersion<'_>]) -> (String, Vec<Loss>) {
    let documents: Vec<Value> = versions
        .iter()
        .enumerate()
        .map(|(index, version)| {
            let spec = version.spec;
            let messages: Vec<Value> = spec
                .sections
                .iter()
                .map(|section| json!({"role": section.role, "content": section.template}))
                .collect();
            let mut config = json!(spec.parameters);
            config["model"] = json!(spec.model);
            config["plumbline"] = json!({"file": version.text});
            let is_last = index + 1 == versions.len();
            json!({
                "name": spec.name,
                "version": index + 1,
                "type": "chat",
                "prompt": messages,
                "config": config,
                "labels": if is_last { vec!["latest"] } else { Vec::new() },
                "tags": [],
                "commitMessage": spec.changelog,
            })
        })
        .collect();
    (pretty(&documents), Vec::new())
}
