//! Langfuse's prompts, as its API gives them: one, a page `{data: […]}`, a list, or one a line.
//!
//! Source: Langfuse API reference, "Prompts" (`name`, `version`, `type`, `prompt`, `config`, `labels`, `tags`,
//! `commitMessage`, `createdBy`, `createdAt`). Ours travels in `config.plumbline`.

use super::bodies::{take_list, take_map, take_text, take_time};
use super::build::{About, Build, content_text, role_of};
use super::openai::{read_settings, settings, with_provider};
use super::plain_json::pretty;
use super::sealed::{self, Sealed, seal};
use super::{ForeignPrompt, ForeignVersion, LeftOut, Loss, MAX_VERSIONS, WrittenVersion};
use plumbline_model::{PromptSpec, Role};
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
    let seal = document
        .get("config")
        .and_then(|config| config.get(sealed::KEY));
    let sealed = sealed::open(seal, &standing(&document), visible);
    document.remove("name");
    let id = document
        .remove("version")
        .filter(|version| !version.is_null());
    let at = take_time(&mut document, "createdAt");
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
    let mut config = take_map(&mut document, "config").unwrap_or_default();
    match sealed {
        Sealed::Whole(ours) => {
            build.drop_rest("", &document);
            return Ok(ForeignVersion {
                labels: about.labels,
                losses: build.losses,
                ..*ours
            });
        }
        Sealed::Edited(copy) => sealed::keep_hidden(&mut build, *copy),
        Sealed::None => {}
    }
    config.remove(sealed::KEY);
    if let Some(model) = take_text(&mut config, "model") {
        build.spec.model = Some(with_provider(model, "openai"));
    }
    read_settings(&mut build, config, "config");
    messages(&mut build, prompt)?;
    build.drop_rest("", &document);
    build.finish("langfuse", about)
}

/// What stands in a version without our copy.
fn standing(document: &Map<String, Value>) -> Map<String, Value> {
    let mut standing = document.clone();
    standing.retain(|key, _| ["type", "prompt", "config"].contains(&key.as_str()));
    if let Some(Value::Object(config)) = standing.get_mut("config") {
        config.remove(sealed::KEY);
    }
    standing
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

/// What Langfuse shows of a version of ours.
fn visible(spec: &PromptSpec) -> Map<String, Value> {
    let sections = spec.sections.iter();
    let messages: Vec<Value> = sections
        .map(|section| json!({"role": section.role, "content": section.template}))
        .collect();
    let mut config = settings(spec);
    if let Some(model) = &spec.model {
        config.insert("model".to_owned(), json!(model));
    }
    let visible = [
        ("type", json!("chat")),
        ("prompt", json!(messages)),
        ("config", json!(config)),
    ];
    visible
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

/// A list of versions, numbered as Langfuse does, each with our file beside it.
pub(super) fn write(versions: &[WrittenVersion<'_>]) -> (String, Vec<Loss>) {
    let newest = versions.len();
    let documents: Vec<Value> = (1..)
        .zip(versions)
        .map(|(number, version): (usize, _)| {
            let mut document = Value::Object(visible(version.spec));
            document["config"][sealed::KEY] = seal(version.text);
            document["name"] = json!(version.spec.name);
            document["version"] = json!(number);
            document["labels"] = match number == newest {
                true => json!(["latest"]),
                false => json!([]),
            };
            document["tags"] = json!([]);
            document["commitMessage"] = json!(version.spec.changelog);
            document
        })
        .collect();
    (pretty(&documents), Vec::new())
}
