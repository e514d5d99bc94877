//! Prompts of the LangChain hub, as LangSmith gives them: a manifest, or commits that hold one.
//!
//! Source: LangSmith documentation, "Manage prompts programmatically", and LangChain's serialised form
//! (`{"lc": 1, "type": "constructor", "id": […], "kwargs": {…}}`). Ours travels in the prompt's `metadata.plumbline`.

mod manifest;
mod model;
mod write;

use super::bodies::{take_list, take_text, take_time, time};
use super::build::{About, Build};
use super::sealed::{self, Sealed};
use super::{ForeignPrompt, ForeignVersion, LeftOut, MAX_VERSIONS};
use plumbline_model::UnixNanos;
use serde_json::{Map, Value};

pub(super) use write::write;

/// Where the words about the prompt itself stand: alone, or first in a chain with its model.
const METADATA: [&str; 2] = ["/kwargs/metadata", "/kwargs/first/kwargs/metadata"];

pub(super) fn is_manifest(value: &Value) -> bool {
    value.get("lc").is_some() && value.get("id").is_some_and(Value::is_array)
}

pub(super) fn read(documents: &[Value], fallback: &str) -> Vec<ForeignPrompt> {
    let mut histories: Vec<(String, Vec<Map<String, Value>>)> = Vec::new();
    for commit in commits(documents).take(MAX_VERSIONS) {
        let name = ["repo_handle", "repo", "name"]
            .iter()
            .find_map(|key| commit.get(*key)?.as_str())
            .unwrap_or(fallback);
        match histories.iter_mut().find(|(known, _)| known == name) {
            Some((_, commits)) => commits.push(commit),
            None => histories.push((name.to_owned(), vec![commit])),
        }
    }
    let histories = histories.into_iter();
    histories
        .map(|(name, commits)| history(name, commits))
        .collect()
}

/// Each commit, or a bare manifest as one; a list of commits may say once which repository they are of.
fn commits(documents: &[Value]) -> impl Iterator<Item = Map<String, Value>> {
    documents
        .iter()
        .filter_map(Value::as_object)
        .flat_map(|document| match document.get("commits") {
            Some(Value::Array(commits)) => {
                let mut around = document.clone();
                around.remove("commits");
                let within = |commit: &Map<String, Value>| {
                    let mut whole = around.clone();
                    whole.extend(commit.clone());
                    whole
                };
                commits
                    .iter()
                    .filter_map(Value::as_object)
                    .map(within)
                    .collect()
            }
            _ if document.contains_key("manifest") => vec![document.clone()],
            _ => vec![Map::from_iter([(
                "manifest".to_owned(),
                Value::Object(document.clone()),
            )])],
        })
}

fn history(name: String, mut commits: Vec<Map<String, Value>>) -> ForeignPrompt {
    let at = |commit: &Map<String, Value>| -> Option<UnixNanos> { time(commit.get("created_at")?) };
    // The API lists the newest first; without times the order stays.
    if commits.iter().all(|commit| at(commit).is_some()) {
        commits.sort_by_key(at);
    }
    let (mut versions, mut left_out) = (Vec::new(), Vec::new());
    for (index, commit) in commits.into_iter().enumerate() {
        let id = commit.get("commit_hash").and_then(Value::as_str);
        let place = match id {
            Some(id) => format!("{name}:{}", id.chars().take(12).collect::<String>()),
            None => format!("{name}, commit {}", index + 1),
        };
        match version(&name, commit) {
            Ok(version) => versions.push(version),
            Err(reason) => left_out.push(LeftOut { place, reason }),
        }
    }
    ForeignPrompt {
        name: String::new(),
        original_name: name,
        versions,
        left_out,
    }
}

fn version(name: &str, mut commit: Map<String, Value>) -> Result<ForeignVersion, String> {
    let mut build = Build::new(name);
    for key in ["repo_handle", "repo", "name"] {
        commit.remove(key);
    }
    let about = About {
        id: take_text(&mut commit, "commit_hash"),
        author: ["full_name", "owner"]
            .iter()
            .find_map(|key| take_text(&mut commit, key)),
        at: take_time(&mut commit, "created_at"),
        message: ["commit_message", "description"]
            .iter()
            .find_map(|key| take_text(&mut commit, key))
            .unwrap_or_default(),
        labels: take_list(&mut commit, "tags")
            .iter()
            .filter_map(|tag| tag.as_str().map(str::to_owned))
            .collect(),
    };
    let mut manifest = commit.remove("manifest").unwrap_or_default();
    let copy = take_seal(&mut manifest);
    let standing = Map::from_iter([("manifest".to_owned(), manifest.clone())]);
    match sealed::open(copy.as_ref(), &standing, write::visible) {
        Sealed::Whole(ours) => {
            build.drop_rest("", &commit);
            return Ok(ForeignVersion {
                labels: about.labels,
                losses: build.losses,
                ..*ours
            });
        }
        Sealed::Edited(copy) => sealed::keep_hidden(&mut build, *copy),
        Sealed::None => {}
    }
    manifest::read(&mut build, manifest, "manifest")?;
    if build.spec.sections.is_empty() {
        return Err("it has no message".to_owned());
    }
    build.drop_rest("", &commit);
    build.finish("langsmith", about)
}

/// Takes our copy out, and the metadata with it when there was nothing else.
fn take_seal(manifest: &mut Value) -> Option<Value> {
    for place in METADATA {
        let Some(Value::Object(metadata)) = manifest.pointer_mut(place) else {
            continue;
        };
        let copy = metadata.remove(sealed::KEY);
        if metadata.is_empty()
            && let Some(above) = place.strip_suffix("/metadata")
            && let Some(Value::Object(kwargs)) = manifest.pointer_mut(above)
        {
            kwargs.remove("metadata");
        }
        if copy.is_some() {
            return copy;
        }
    }
    None
}
