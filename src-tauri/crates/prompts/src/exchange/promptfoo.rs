//! Prompts of a promptfoo config (YAML or JSON) or of its results.
//!
//! Source: promptfoo documentation, "Prompts" and "Configuration reference". Templates are Nunjucks. A reference to a
//! file is never followed. Ours travels in the prompt's `config.plumbline`.

mod entry;
mod raw;
mod write;

use super::build::{member, says_nothing};
use super::pages::{tell, too_many};
use super::{ForeignPrompt, ForeignVersion, LeftOut, Loss, MAX_VERSIONS};
use crate::PromptError;
use entry::version;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

pub(super) use write::write;

pub(super) fn is_config(document: &Map<String, Value>) -> bool {
    let prompts = document.get("prompts");
    prompts.is_some_and(|prompts| prompts.is_array() || prompts.is_string())
        || results(document).is_some()
}

/// The prompts of results, of the file as it is written and as it was in older versions, and where they stand.
fn results(document: &Map<String, Value>) -> Option<(&'static str, &Vec<Value>)> {
    let results = document.get("results")?;
    [
        ("results.prompts", "/prompts"),
        ("results.table.head.prompts", "/table/head/prompts"),
    ]
    .into_iter()
    .find_map(|(place, pointer)| Some((place, results.pointer(pointer)?.as_array()?)))
}

pub(super) fn read(
    documents: Vec<Map<String, Value>>,
    fallback: &str,
) -> Result<Vec<ForeignPrompt>, PromptError> {
    let mut prompts = Vec::new();
    let mut count = 0;
    for mut around in documents {
        let (root, entries) = match around.remove("prompts") {
            Some(Value::Array(entries)) => ("prompts", entries),
            Some(one @ Value::String(_)) => ("prompts", vec![one]),
            other => {
                around.extend(other.map(|other| ("prompts".to_owned(), other)));
                match results(&around) {
                    Some((root, entries)) => (root, entries.clone()),
                    None => ("prompts", Vec::new()),
                }
            }
        };
        count += entries.len();
        if count > MAX_VERSIONS {
            return Err(too_many());
        }
        prompts.extend(config(entries, root, around, fallback));
    }
    Ok(prompts)
}

/// The prompts of one file. Versions of ours are one history; all else is a prompt of its own.
fn config(
    entries: Vec<Value>,
    root: &str,
    mut around: Map<String, Value>,
    fallback: &str,
) -> Vec<ForeignPrompt> {
    let providers = around.get("providers").cloned();
    let model = only_model(&mut around);
    let mut prompts: Vec<ForeignPrompt> = Vec::new();
    let mut seen = BTreeMap::new();
    let mut histories: BTreeMap<String, usize> = BTreeMap::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let place = format!("{root}[{index}]");
        // Results hold a prompt once for each provider.
        let of = |key: &str| entry.get(key).cloned().unwrap_or_default().to_string();
        let key = (of("raw"), of("label"));
        if let Some(first) = seen.get(&key).filter(|_| root != "prompts") {
            let what = "it is the prompt above once more, asked of another provider";
            tell(&mut prompts[*first], Loss::dropped(place, what));
            continue;
        }
        let name = name_of(&entry).unwrap_or_else(|| fallback.to_owned());
        let (version, of_ours) = match version(&name, entry, model.as_deref(), &place) {
            Ok((version, of_ours)) => (Ok(version), of_ours),
            Err(reason) => (Err(LeftOut { place, reason }), None),
        };
        let known = of_ours.as_ref().and_then(|name| histories.get(name));
        let at = known.copied().unwrap_or(prompts.len());
        if at == prompts.len() {
            prompts.push(ForeignPrompt {
                name: String::new(),
                original_name: of_ours.clone().unwrap_or(name),
                versions: Vec::new(),
                left_out: Vec::new(),
            });
        }
        match version {
            Ok(version) => prompts[at].versions.push(version),
            Err(left_out) => prompts[at].left_out.push(left_out),
        }
        histories.extend(of_ours.map(|name| (name, at)));
        seen.insert(key, at);
    }
    let is_asked = |one: &ForeignVersion| one.file.is_none() && one.spec.model == model;
    if let Some(providers) = providers
        && !prompts.iter().flat_map(|one| &one.versions).any(is_asked)
    {
        around.insert("providers".to_owned(), providers);
    }
    if let Some(first) = prompts.first_mut() {
        for (key, _) in around.iter().filter(|(_, value)| !says_nothing(value)) {
            let what = "it is about runs, not about a prompt";
            tell(first, Loss::dropped(member("", key), what));
        }
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
