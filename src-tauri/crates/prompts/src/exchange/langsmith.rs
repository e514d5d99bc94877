//! Prompts of the LangChain hub, as LangSmith gives them: a manifest, or commits that hold one.
//!
//! Source: LangSmith documentation, "Manage prompts programmatically", and LangChain's serialised form
//! (`{"lc": 1, "type": "constructor", "id": […], "kwargs": {…}}`). Ours travels in the prompt's `metadata.plumbline`.

mod manifest;
mod model;
mod write;

use super::bodies::{take_text, take_texts, take_time, time};
use super::build::{About, Build};
use super::ours::{self, Found};
use super::pages::{tell_around, too_many};
use super::{ForeignPrompt, ForeignVersion, LeftOut, MAX_VERSIONS};
use crate::PromptError;
use plumbline_model::UnixNanos;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

pub(super) use write::write;

/// Where the words about the prompt itself stand: alone, or first in a chain with its model.
const METADATA: [&str; 2] = ["/kwargs/metadata", "/kwargs/first/kwargs/metadata"];
/// Longest owner that is said again of each commit.
const MAX_OWNER_BYTES: usize = 200;
/// Members that name the prompt.
const NAMES: [&str; 3] = ["repo_handle", "repo", "name"];

/// Whether a document is a commit, a list of them, or a bare manifest.
pub(super) fn is_of(document: &Map<String, Value>) -> bool {
    let is_list = |key: &str| document.get(key).is_some_and(Value::is_array);
    document.contains_key("manifest")
        || is_list("commits")
        || (document.contains_key("lc") && is_list("id"))
}

/// Commits of one prompt, in the order of the file, and what stands around them.
#[derive(Default)]
struct Repository {
    commits: Vec<Value>,
    around: Map<String, Value>,
}

pub(super) fn read(
    documents: Vec<Map<String, Value>>,
    fallback: &str,
) -> Result<Vec<ForeignPrompt>, PromptError> {
    let mut repositories: BTreeMap<String, Repository> = BTreeMap::new();
    let mut count = 0;
    for mut document in documents {
        let name = take_name(&mut document);
        let (commits, around) = match document.remove("commits") {
            Some(Value::Array(commits)) => (commits, document),
            Some(other) => {
                document.insert("commits".to_owned(), other);
                (vec![Value::Object(document)], Map::new())
            }
            None => (vec![Value::Object(document)], Map::new()),
        };
        count += commits.len();
        if count > MAX_VERSIONS {
            return Err(too_many());
        }
        let owner = around.get("owner").and_then(Value::as_str);
        // Who owns the prompt made each commit that names nobody.
        let owner = owner.filter(|owner| owner.len() <= MAX_OWNER_BYTES);
        let owner = owner.map(str::to_owned);
        let mut around = Some(around);
        for mut commit in commits {
            let own = commit.as_object_mut().and_then(take_name);
            if let (Some(owner), Value::Object(commit)) = (&owner, &mut commit)
                && !commit.contains_key("lc")
            {
                commit
                    .entry("owner")
                    .or_insert_with(|| owner.as_str().into());
                around.as_mut().and_then(|around| around.remove("owner"));
            }
            let name = own.or_else(|| name.clone());
            let name = name.unwrap_or_else(|| fallback.to_owned());
            let repository = repositories.entry(name).or_default();
            repository.commits.push(commit);
            repository.around.extend(around.take().unwrap_or_default());
        }
    }
    let repositories = repositories.into_iter();
    Ok(repositories
        .map(|(name, repository)| history(name, repository))
        .collect())
}

/// The name of the prompt; a bare manifest says what it is made of in the member of that name.
fn take_name(document: &mut Map<String, Value>) -> Option<String> {
    if document.contains_key("lc") {
        return None;
    }
    NAMES.iter().find_map(|key| take_text(document, key))
}

fn history(name: String, repository: Repository) -> ForeignPrompt {
    let Repository {
        mut commits,
        around,
    } = repository;
    let at = |commit: &Value| -> Option<UnixNanos> { time(commit.get("created_at")?) };
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
    let mut prompt = ForeignPrompt {
        name: String::new(),
        original_name: name,
        versions,
        left_out,
    };
    tell_around(&mut prompt, &around);
    prompt
}

fn version(name: &str, commit: Value) -> Result<ForeignVersion, String> {
    let mut build = Build::new(name);
    let Value::Object(mut commit) = commit else {
        return Err("it is no commit".to_owned());
    };
    if commit.contains_key("lc") {
        commit = Map::from_iter([("manifest".to_owned(), Value::Object(commit))]);
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
        labels: take_texts(&mut commit, "tags"),
    };
    let mut manifest = commit.remove("manifest").unwrap_or_default();
    let (copy, place) = take_copy(&mut manifest);
    let beside = ours::Beside {
        copy,
        place: &place,
        there: Map::from_iter([("manifest".to_owned(), manifest)]),
    };
    let shown = |build: &mut Build, mut there: Map<String, Value>| {
        let manifest = there.remove("manifest").unwrap_or_default();
        manifest::read(build, manifest, "manifest")?;
        match build.spec.sections.is_empty() {
            true => Err("it has no message".to_owned()),
            false => Ok(()),
        }
    };
    let found = ours::read(&mut build, beside, write::written, shown)?;
    build.drop_rest("", &commit);
    match found {
        Found::Whole(ours) => Ok(ForeignVersion {
            labels: about.labels,
            losses: build.losses,
            ..*ours
        }),
        _ => build.finish("langsmith", about),
    }
}

/// Takes our copy out, and the metadata with it when there was nothing else; with the place where it stood.
fn take_copy(manifest: &mut Value) -> (Option<Value>, String) {
    for place in METADATA {
        let Some(Value::Object(metadata)) = manifest.pointer_mut(place) else {
            continue;
        };
        let copy = metadata.remove(ours::KEY);
        if metadata.is_empty()
            && let Some(above) = place.strip_suffix("/metadata")
            && let Some(Value::Object(kwargs)) = manifest.pointer_mut(above)
        {
            kwargs.remove("metadata");
        }
        if copy.is_some() {
            let place = place.replace('/', ".");
            return (copy, format!("manifest{place}.{}", ours::KEY));
        }
    }
    (None, String::new())
}
