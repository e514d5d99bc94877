//! Prompts of a promptfoo config (YAML or JSON) or of its results.
//!
//! Source: promptfoo documentation, "Prompts" and "Configuration reference". Templates are Nunjucks. A reference to a
//! file is never followed. Ours travels in the prompt's `config.plumbline`.

use super::bodies::{take_map, take_text};
use super::build::{About, Build, content_text, role_of};
use super::jinja_write::{from_untrimmed, to_untrimmed};
use super::openai::{read_settings, settings, with_provider};
use super::sealed::{self, Sealed, seal};
use super::{
    ForeignPrompt, ForeignVersion, LeftOut, Loss, MAX_VERSIONS, WrittenVersion, documents,
};
use crate::{used_variables, yaml_text};
use plumbline_model::{PromptSpec, Role};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Endings that make a text without spaces the name of a file.
const FILES: &[&str] = &[
    "txt", "md", "j2", "json", "yaml", "yml", "js", "cjs", "mjs", "ts", "py", "csv", "jsonl",
];

pub(super) fn is_config(document: &Value) -> bool {
    let prompts = document.get("prompts");
    prompts.is_some_and(|prompts| prompts.is_array() || prompts.is_string())
        || results(document).is_some()
}

/// The prompts of results, of the file as it is written and as it was in older versions.
fn results(document: &Value) -> Option<&Vec<Value>> {
    ["/results/prompts", "/results/table/head/prompts"]
        .iter()
        .find_map(|place| document.pointer(place)?.as_array())
}

pub(super) fn read(document: &Value, fallback: &str) -> Vec<ForeignPrompt> {
    let mut around = document.as_object().cloned().unwrap_or_default();
    let (entries, root) = match (around.remove("prompts"), results(document)) {
        (Some(Value::Array(entries)), _) => (entries, "prompts"),
        (Some(one @ Value::String(_)), _) => (vec![one], "prompts"),
        (_, Some(entries)) => (entries.clone(), "results.prompts"),
        _ => (Vec::new(), "prompts"),
    };
    let model = only_model(&mut around);
    let mut prompts: Vec<ForeignPrompt> = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, entry) in entries.into_iter().take(MAX_VERSIONS).enumerate() {
        // Results hold a prompt once for each provider.
        let of = |key: &str| entry.get(key).cloned().unwrap_or_default().to_string();
        if root != "prompts" && !seen.insert((of("raw"), of("label"))) {
            continue;
        }
        let place = format!("{root}[{index}]");
        let name = name_of(&entry).unwrap_or_else(|| fallback.to_owned());
        let version = version(&name, entry, model.as_deref(), &place);
        // Versions of ours are one history; all else is a prompt of its own.
        let known = version.as_ref().ok().and_then(|version| {
            version.file.as_ref()?;
            prompts.iter_mut().find(|prompt| {
                let mut versions = prompt.versions.iter();
                versions.any(|one| one.file.is_some() && one.spec.name == version.spec.name)
            })
        });
        match (version, known) {
            (Ok(version), Some(prompt)) => prompt.versions.push(version),
            (Ok(version), None) => prompts.push(ForeignPrompt {
                name: String::new(),
                original_name: match &version.file {
                    Some(_) => version.spec.name.clone(),
                    None => name,
                },
                versions: vec![version],
                left_out: Vec::new(),
            }),
            (Err(reason), _) => prompts.push(ForeignPrompt {
                name: String::new(),
                original_name: name,
                versions: Vec::new(),
                left_out: vec![LeftOut { place, reason }],
            }),
        }
    }
    let first = prompts
        .iter_mut()
        .flat_map(|prompt| &mut prompt.versions)
        .find(|version| version.file.is_none());
    if let Some(version) = first {
        let keys = around.into_iter().filter(|(_, value)| !value.is_null());
        let what = "it is about runs, not about a prompt";
        let losses = keys.map(|(key, _)| Loss::dropped(key, what));
        version.losses.extend(losses);
    }
    prompts
}

/// The model, where the config asks only one; several are a matter of runs.
fn only_model(around: &mut Map<String, Value>) -> Option<String> {
    let key = "providers";
    let providers = match around.get(key) {
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => return None,
    };
    let [Value::String(only)] = providers else {
        return None;
    };
    // `openai:chat:gpt-4.1` also names the door at which it is asked.
    let mut words = only.splitn(3, ':');
    let model = match (words.next(), words.next(), words.next()) {
        (Some(provider), Some("chat" | "messages" | "responses"), Some(model)) => {
            format!("{provider}:{model}")
        }
        (Some(_), Some(_), _) if !only.starts_with("file:") => only.clone(),
        _ => return None,
    };
    around.remove(key);
    Some(model)
}

fn name_of(entry: &Value) -> Option<String> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str);
    let name = text("label")
        .or_else(|| text("display"))
        .or_else(|| text("id"))?;
    // A label that nobody gave is the text itself.
    (text("raw") != Some(name)).then(|| name.chars().take(200).collect())
}

fn version(
    name: &str,
    entry: Value,
    model: Option<&str>,
    place: &str,
) -> Result<ForeignVersion, String> {
    let mut build = Build::new(name);
    let mut members = match entry {
        Value::String(raw) => Map::from_iter([("raw".to_owned(), Value::String(raw))]),
        Value::Object(members) => members,
        _ => return Err("a prompt is a text or has `raw`".to_owned()),
    };
    let mut config = take_map(&mut members, "config").unwrap_or_default();
    let copy = config.remove(sealed::KEY);
    let mut standing = members.clone();
    standing.insert("config".to_owned(), json!(config));
    standing.retain(|key, _| !["id", "label", "display"].contains(&key.as_str()));
    let raw = take_text(&mut members, "raw");
    match sealed::open(copy.as_ref(), &standing, visible) {
        Sealed::Whole(ours) => return Ok(*ours),
        Sealed::Edited(copy) => sealed::keep_hidden(&mut build, *copy),
        Sealed::None => {}
    }
    let id = take_text(&mut members, "id");
    let raw = raw
        .or_else(|| id.clone().filter(|id| names_a_file(id)))
        .ok_or("the prompt has no text")?;
    if names_a_file(&raw) {
        return Err("its text is in another file, which is not opened".to_owned());
    }
    for key in ["label", "display"] {
        members.remove(key);
    }
    build.spec.model = take_text(&mut config, "model")
        .map(|model| with_provider(model, "openai"))
        .or_else(|| model.map(str::to_owned));
    read_settings(&mut build, config, &format!("{place}.config"));
    messages(&mut build, &raw, place)?;
    if used_variables(&build.spec).is_ok_and(|used| used.contains("env")) {
        return Err("environment variables are not read".to_owned());
    }
    build.drop_rest(place, &members);
    let about = About {
        id: id.filter(|id| id.len() <= 200),
        ..About::default()
    };
    build.finish("promptfoo", about)
}

/// `file://…`, or a bare relative path as promptfoo takes it too.
fn names_a_file(text: &str) -> bool {
    let ending = text.rsplit_once('.').map_or("", |(_, ending)| ending);
    let ending = ending.split(':').next().unwrap_or_default();
    text.starts_with("file://")
        || (!text.contains([' ', '\n', '{', '[']) && FILES.contains(&ending))
}

/// The messages of a chat written as JSON or YAML; any other text is one of a user.
fn messages(build: &mut Build, raw: &str, place: &str) -> Result<(), String> {
    if raw.trim().is_empty() {
        return Err("the prompt is empty".to_owned());
    }
    let Some(items) = chat(raw)? else {
        build.message(Role::User, &from_untrimmed(raw)?, place);
        return Ok(());
    };
    for (index, item) in items.into_iter().enumerate() {
        let place = format!("{place}.raw[{index}]");
        let Value::Object(mut message) = item else {
            return Err(format!("{place} is no message"));
        };
        let word = take_text(&mut message, "role").unwrap_or_default();
        let (role, remark) = role_of(&word)
            .ok_or_else(|| format!("{place} has the role `{}`", word.escape_debug()))?;
        let remark = remark.map(|remark| Loss::changed(format!("{place}.role"), remark));
        build.losses.extend(remark);
        let content = message.remove("content").unwrap_or_default();
        let text = content_text(&content, &place, &mut build.losses);
        build.message(role, &from_untrimmed(&text)?, &place);
        build.drop_rest(&place, &message);
    }
    Ok(())
}

fn chat(raw: &str) -> Result<Option<Vec<Value>>, String> {
    let trimmed = raw.trim();
    let torn = "a chat with templates outside of its texts cannot be taken apart";
    let value = if trimmed.starts_with('[') && trimmed.contains("\"role\"") {
        let documents = documents::json(trimmed).map_err(|error| format!("{torn}: {error}"))?;
        documents.into_iter().next()
    } else if trimmed.starts_with("- role:") {
        Some(documents::yaml(trimmed).map_err(|error| format!("{torn}: {error}"))?)
    } else {
        return Ok(None);
    };
    match value {
        Some(Value::Array(items)) => Ok(Some(items)),
        _ => Err("a chat is a list of messages".to_owned()),
    }
}

/// What promptfoo shows of a version of ours.
fn visible(spec: &PromptSpec) -> Map<String, Value> {
    let text = |template: &str| to_untrimmed(template).unwrap_or_else(|_| template.to_owned());
    let raw = match spec.sections.as_slice() {
        [only] if only.role == Role::User && is_plain_prompt(&text(&only.template)) => {
            text(&only.template)
        }
        sections => {
            let messages: Vec<Value> = sections
                .iter()
                .map(|section| json!({"role": section.role, "content": text(&section.template)}))
                .collect();
            json!(messages).to_string()
        }
    };
    let mut config = settings(spec);
    if let Some(model) = &spec.model {
        config.insert("model".to_owned(), json!(model));
    }
    Map::from_iter([
        ("raw".to_owned(), json!(raw)),
        ("config".to_owned(), json!(config)),
    ])
}

/// Whether promptfoo takes a text for the prompt itself.
fn is_plain_prompt(raw: &str) -> bool {
    !raw.trim().is_empty() && !names_a_file(raw) && matches!(chat(raw), Ok(None))
}

/// A config whose prompts are the versions, oldest first.
pub(super) fn write(versions: &[WrittenVersion<'_>]) -> (String, Vec<Loss>) {
    let mut losses = Vec::new();
    let mut text = String::from("prompts:\n");
    for version in versions {
        let spec = version.spec;
        let label = format!("{}@{}", spec.name, spec.version);
        let mut entry = Value::Object(visible(spec));
        entry["config"][sealed::KEY] = seal(version.text);
        entry["id"] = json!(label);
        entry["label"] = json!(label);
        yaml_text::push_item(&mut text, 2, &entry);
        for (index, section) in spec.sections.iter().enumerate() {
            if let Err(reason) = to_untrimmed(&section.template) {
                let place = format!("{label}.messages[{index}]");
                losses.push(Loss::changed(place, format!("it is no template: {reason}")));
            }
        }
    }
    (text, losses)
}
