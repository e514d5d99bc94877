//! Langfuse's prompts, as its API gives them: one, a page `{data: […]}`, a list, or one a line.
//!
//! Source: Langfuse API reference, "Prompts" (`name`, `version`, `type`, `prompt`, `config`, `labels`, `tags`,
//! `commitMessage`, `createdBy`, `createdAt`). Ours travels in `config.plumbline`.

use super::bodies::{take_list, take_text};
use super::build::{About, Build, role_of};
use super::openai::{common, read_tool, schema};
use super::plain_json::pretty;
use super::{ForeignPrompt, ForeignVersion, LeftOut, Loss, WrittenVersion, ours};
use crate::instant;
use plumbline_model::{ModelParameters, PromptSpec, Role};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A version with its number.
type Numbered = (u64, Map<String, Value>);

pub(super) fn read(documents: Vec<Map<String, Value>>) -> Vec<ForeignPrompt> {
    let mut histories: BTreeMap<String, Vec<Numbered>> = BTreeMap::new();
    for mut document in documents {
        let name = take_text(&mut document, "name").unwrap_or_else(|| "prompt".to_owned());
        let version = document.get("version").and_then(Value::as_u64).unwrap_or(0);
        histories.entry(name).or_default().push((version, document));
    }
    histories
        .into_iter()
        .map(|(name, versions)| history(name, versions))
        .collect()
}

fn history(name: String, mut documents: Vec<Numbered>) -> ForeignPrompt {
    documents.sort_by_key(|(version, _)| *version);
    let (mut versions, mut left_out) = (Vec::new(), Vec::new());
    for (number, document) in documents {
        match version(&name, document) {
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
    let about = about(&mut document);
    let mut config = match document.remove("config") {
        Some(Value::Object(config)) => config,
        Some(other) => {
            document.insert("config".to_owned(), other);
            Map::new()
        }
        None => Map::new(),
    };
    let prompt = document.remove("prompt").unwrap_or(Value::Null);
    let is_known = |kind: &str| ["text", "chat"].contains(&kind);
    if document
        .get("type")
        .and_then(Value::as_str)
        .is_some_and(is_known)
    {
        document.remove("type");
    }
    if let Some(member) = config.remove(ours::KEY) {
        let there = json!({"prompt": prompt, "config": config});
        match ours::read(&member, "config.plumbline", &there, written) {
            Ok(mut ours) => {
                build.drop_rest("", &document);
                ours.labels = about.labels;
                ours.losses = build.losses;
                return Ok(ours);
            }
            Err(loss) => build.losses.push(loss),
        }
    }
    messages(&mut build, prompt)?;
    settings(&mut build, config);
    build.drop_rest("", &document);
    build.finish("langfuse", about)
}

/// What is not of the form that Langfuse gives it stays where it is.
fn about(document: &mut Map<String, Value>) -> About {
    let id = document
        .remove("version")
        .filter(|version| !version.is_null());
    let at = document.get("createdAt").and_then(Value::as_str);
    let at = at.and_then(instant::from_rfc3339);
    if at.is_some() {
        document.remove("createdAt");
    }
    let labels = take_list(document, "labels");
    let (labels, odd): (Vec<Value>, Vec<Value>) = labels.into_iter().partition(Value::is_string);
    if !odd.is_empty() {
        document.insert("labels".to_owned(), odd.into());
    }
    About {
        id: id.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned)),
        author: take_text(document, "createdBy"),
        at,
        message: take_text(document, "commitMessage").unwrap_or_default(),
        labels: labels
            .iter()
            .filter_map(|label| label.as_str().map(str::to_owned))
            .collect(),
    }
}

fn messages(build: &mut Build, prompt: Value) -> Result<(), String> {
    match prompt {
        Value::String(text) => message(build, Role::User, &text, "prompt"),
        Value::Array(items) => {
            for (index, item) in items.into_iter().enumerate() {
                let place = format!("prompt[{index}]");
                let Value::Object(mut item) = item else {
                    return Err(format!("{place} is no message"));
                };
                if item.get("type").and_then(Value::as_str) == Some("placeholder") {
                    let name = take_text(&mut item, "name").unwrap_or_default();
                    let name: String = name.chars().take(80).collect();
                    let what = format!(
                        "the messages put in as `{name}` at run time have no place in a prompt"
                    );
                    build.losses.push(Loss::dropped(&place, what));
                    item.remove("type");
                    build.drop_rest(&place, &item);
                    continue;
                }
                if item.get("type").and_then(Value::as_str) == Some("chatmessage") {
                    item.remove("type");
                }
                let word = take_text(&mut item, "role").unwrap_or_default();
                let (role, remark) = role_of(&word)
                    .ok_or_else(|| format!("{place} has the role `{}`", word.escape_debug()))?;
                if let Some(remark) = remark {
                    let at = format!("{place}.role");
                    build.losses.push(Loss::changed(at, remark));
                }
                let content = item.remove("content").unwrap_or(Value::Null);
                let text = build.content_text(content, &format!("{place}.content"));
                message(build, role, &text, &place);
                build.drop_rest(&place, &item);
            }
        }
        _ => return Err("it has no `prompt` of text or messages".to_owned()),
    }
    Ok(())
}

fn message(build: &mut Build, role: Role, text: &str, place: &str) {
    if text.contains("@@@langfusePrompt:") {
        let what = "another prompt is put in here by Langfuse; its tag stays as text";
        build.losses.push(Loss::changed(place, what));
    }
    build.message(role, text, place);
}

/// `config` is free in Langfuse; by custom it holds what is sent with the prompt.
fn settings(build: &mut Build, mut config: Map<String, Value>) {
    if let Some(model) = take_text(&mut config, "model") {
        let provider = provider_of(&model);
        build.spec.model = Some(match provider {
            Some(provider) => {
                let what = format!("it names no provider; it is taken to be one of `{provider}`");
                build.losses.push(Loss::changed("config.model", what));
                format!("{provider}:{model}")
            }
            None => model,
        });
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
    schema(build, &mut config);
    for (index, tool) in take_list(&mut config, "tools").into_iter().enumerate() {
        read_tool(build, tool, &format!("config.tools[{index}]"));
    }
    parameters.extra = config
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect();
    build.spec.parameters = parameters;
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

/// A list of versions, numbered as Langfuse does, each with our file beside it.
pub(super) fn write(versions: &[WrittenVersion<'_>]) -> (String, Vec<Loss>) {
    let documents: Vec<Value> = versions
        .iter()
        .enumerate()
        .map(|(index, version)| {
            let is_last = index + 1 == versions.len();
            let mut document = written(version.spec);
            document["config"][ours::KEY] = ours::member(version.text);
            document["name"] = json!(version.spec.name);
            document["version"] = json!(index + 1);
            document["type"] = json!("chat");
            document["labels"] = json!(if is_last { vec!["latest"] } else { Vec::new() });
            document["tags"] = json!([]);
            document["commitMessage"] = json!(version.spec.changelog);
            document
        })
        .collect();
    (pretty(&documents), Vec::new())
}

/// What Langfuse shows of a prompt. Everything else is in our file.
fn written(spec: &PromptSpec) -> Value {
    let messages: Vec<Value> = spec
        .sections
        .iter()
        .map(|section| json!({"role": section.role, "content": section.template}))
        .collect();
    let mut config = json!(spec.parameters);
    if let Some(model) = &spec.model {
        config["model"] = json!(model);
    }
    // A parameter of that name would be taken for our file.
    if let Value::Object(config) = &mut config {
        config.remove(ours::KEY);
    }
    json!({"prompt": messages, "config": config})
}
