//! Bodies of requests: each document is a version, since that is how a prompt without a registry changes.

use super::build::{About, Build};
use super::{ForeignPrompt, ForeignVersion, LeftOut, PromptFormat, anthropic, openai};
use crate::instant;
use plumbline_model::UnixNanos;
use serde_json::{Map, Value};

/// Where a line of a batch holds the body, beside where it goes: OpenAI's, Anthropic's.
const WRAPPERS: &[&str] = &["body", "params"];

pub(super) fn read(
    format: PromptFormat,
    documents: Vec<Map<String, Value>>,
    fallback: &str,
) -> Vec<ForeignPrompt> {
    let mut prompt = ForeignPrompt {
        name: String::new(),
        original_name: fallback.to_owned(),
        versions: Vec::new(),
        left_out: Vec::new(),
    };
    for (index, document) in documents.into_iter().enumerate() {
        match version(format, document, fallback) {
            // The same request sent again is no new version.
            Ok(next)
                if prompt
                    .versions
                    .last()
                    .is_some_and(|last| last.spec == next.spec && last.losses == next.losses) => {}
            Ok(next) => prompt.versions.push(next),
            Err(reason) => prompt.left_out.push(LeftOut {
                place: format!("[{index}]"),
                reason,
            }),
        }
    }
    vec![prompt]
}

fn version(
    format: PromptFormat,
    mut document: Map<String, Value>,
    name: &str,
) -> Result<ForeignVersion, String> {
    let mut build = Build::new(name);
    let wrapper = wrapper(&document);
    if let Some(Value::Object(inner)) = wrapper.and_then(|key| document.remove(key)) {
        build.drop_rest("", &document);
        document = inner;
    }
    match format {
        PromptFormat::Anthropic => anthropic::read(&mut build, document)?,
        _ => openai::read(&mut build, document)?,
    }
    build.finish(format.as_str(), About::default())
}

/// The body that a document is or holds.
pub(super) fn body_of(document: &Map<String, Value>) -> &Map<String, Value> {
    wrapper(document)
        .and_then(|key| document.get(key)?.as_object())
        .unwrap_or(document)
}

fn wrapper(document: &Map<String, Value>) -> Option<&'static str> {
    let is_body = document.contains_key("messages") || document.contains_key("input");
    WRAPPERS
        .iter()
        .copied()
        .find(|key| !is_body && document.get(*key).is_some_and(Value::is_object))
}

/// Takes a member that is a text.
pub(super) fn take_text(body: &mut Map<String, Value>, key: &str) -> Option<String> {
    match body.remove(key) {
        Some(Value::String(text)) => Some(text),
        Some(other) => {
            body.insert(key.to_owned(), other);
            None
        }
        None => None,
    }
}

/// Takes a list; anything else stays where it is.
pub(super) fn take_list(body: &mut Map<String, Value>, key: &str) -> Vec<Value> {
    match body.remove(key) {
        Some(Value::Array(items)) => items,
        Some(other) => {
            body.insert(key.to_owned(), other);
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// Takes a map; anything else stays where it is.
pub(super) fn take_map(body: &mut Map<String, Value>, key: &str) -> Option<Map<String, Value>> {
    match body.remove(key) {
        Some(Value::Object(members)) => Some(members),
        Some(other) => {
            body.insert(key.to_owned(), other);
            None
        }
        None => None,
    }
}

/// Takes the texts of a list; what else stands in it stays where it is.
pub(super) fn take_texts(body: &mut Map<String, Value>, key: &str) -> Vec<String> {
    let (mut texts, mut odd) = (Vec::new(), Vec::new());
    for item in take_list(body, key) {
        match item {
            Value::String(text) => texts.push(text),
            other => odd.push(other),
        }
    }
    if !odd.is_empty() {
        body.insert(key.to_owned(), odd.into());
    }
    texts
}

/// Takes a time; a text that is none stays where it is. Python writes times of UTC without saying so.
pub(super) fn take_time(body: &mut Map<String, Value>, key: &str) -> Option<UnixNanos> {
    let at = body.get(key).and_then(time);
    if at.is_some() {
        body.remove(key);
    }
    at
}

pub(super) fn time(value: &Value) -> Option<UnixNanos> {
    let text = value.as_str()?;
    instant::from_rfc3339(text).or_else(|| instant::from_rfc3339(&format!("{text}Z")))
}

/// Gives members the names that they have here; one that has a namesake here already keeps its own.
pub(super) fn rename(members: &mut Map<String, Value>, names: &[(&str, &str)]) {
    for (theirs, ours) in names {
        if !members.contains_key(*ours)
            && let Some(value) = members.remove(*theirs)
        {
            members.insert((*ours).to_owned(), value);
        }
    }
}
