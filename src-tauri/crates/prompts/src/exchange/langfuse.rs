//! Langfuse's prompts, as its API gives them: one, a page `{data: […]}`, a list, or one a line.
//!
//! Source: Langfuse API reference, "Prompts" (`name`, `version`, `type`, `prompt`, `config`, `labels`, `tags`,
//! `commitMessage`, `createdBy`, `createdAt`). Ours travels in `config.plumbline`.

use super::bodies::{take_map, take_text, take_texts, take_time};
use super::build::{About, Build, role_of};
use super::ours::{self, Copied, Found};
use super::plain_json::pretty;
use super::settings::{read_with_model, settings};
use super::{ForeignPrompt, ForeignVersion, LeftOut, Loss, WrittenVersion};
use plumbline_model::{PromptSpec, Role};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// As `origin` names it.
const SOURCE: &str = "langfuse";

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
    let mut about = about(&mut document);
    let mut config = take_map(&mut document, "config").unwrap_or_default();
    let prompt = document.remove("prompt").unwrap_or(Value::Null);
    let is_known = |kind: &str| ["text", "chat"].contains(&kind);
    if document
        .get("type")
        .and_then(Value::as_str)
        .is_some_and(is_known)
    {
        document.remove("type");
    }
    let beside = ours::Beside {
        copy: config.remove(ours::KEY),
        place: "config.plumbline",
        there: there(prompt, config),
    };
    let found = ours::read(&mut build, beside, written, shown)?;
    build.drop_rest("", &document);
    match found {
        Found::Whole(ours) => Ok(ForeignVersion {
            labels: about.labels,
            losses: build.losses,
            ..*ours
        }),
        Found::Edited(Copied {
            origin: Some(origin),
            ..
        }) if origin.source == SOURCE && origin.id == about.id => {
            // What was changed is not what bore that number there.
            about.id = None;
            build.finish(SOURCE, about)
        }
        _ => build.finish(SOURCE, about),
    }
}

fn there(prompt: Value, config: Map<String, Value>) -> Map<String, Value> {
    let there = [("prompt", prompt), ("config", Value::Object(config))];
    let there = there.into_iter();
    there.map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Reads the prompt and what is sent with it: `config` is free in Langfuse, and by custom it holds that.
fn shown(build: &mut Build, mut there: Map<String, Value>) -> Result<(), String> {
    messages(build, there.remove("prompt").unwrap_or_default())?;
    let config = take_map(&mut there, "config").unwrap_or_default();
    read_with_model(build, config, "config");
    Ok(())
}

/// What is not of the form that Langfuse gives it stays where it is.
fn about(document: &mut Map<String, Value>) -> About {
    let id = document
        .remove("version")
        .filter(|version| !version.is_null());
    let at = take_time(document, "createdAt");
    About {
        id: id.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned)),
        author: take_text(document, "createdBy"),
        at,
        message: take_text(document, "commitMessage").unwrap_or_default(),
        labels: take_texts(document, "labels"),
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

/// A list of versions, numbered as Langfuse does, each with our file beside it.
pub(super) fn write(versions: &[WrittenVersion<'_>]) -> (String, Vec<Loss>) {
    let documents: Vec<Value> = versions
        .iter()
        .enumerate()
        .map(|(index, version)| {
            let is_last = index + 1 == versions.len();
            let mut document = Value::Object(written(version.spec));
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
fn written(spec: &PromptSpec) -> Map<String, Value> {
    let messages: Vec<Value> = spec
        .sections
        .iter()
        .map(|section| json!({"role": section.role, "content": section.template}))
        .collect();
    let mut config = settings(spec);
    if let Some(model) = &spec.model {
        config.insert("model".to_owned(), json!(model));
    }
    // A parameter of that name would be taken for our file.
    config.remove(ours::KEY);
    there(json!(messages), config)
}
