//! Bodies of requests: each document is a version, since that is how a prompt without a registry changes.

use super::build::About;
use super::{
    ForeignPrompt, ForeignVersion, LeftOut, MAX_VERSIONS, PromptFormat, anthropic, openai,
};
use crate::instant;
use plumbline_model::UnixNanos;
use serde_json::{Map, Value};

pub(super) fn read(
    format: PromptFormat,
    documents: &[Value],
    fallback: &str,
) -> Vec<ForeignPrompt> {
    let mut prompt = ForeignPrompt {
        name: String::new(),
        original_name: fallback.to_owned(),
        versions: Vec::new(),
        left_out: Vec::new(),
    };
    for (index, document) in documents.iter().take(MAX_VERSIONS).enumerate() {
        match version(format, document, fallback) {
            // The same request sent again is no new version.
            Ok(next)
                if prompt
                    .versions
                    .last()
                    .is_some_and(|last| last.spec == next.spec) => {}
            Ok(next) => prompt.versions.push(next),
            Err(reason) => prompt.left_out.push(LeftOut {
                place: format!("[{index}]"),
                reason,
            }),
        }
    }
    vec![prompt]
}

fn version(format: PromptFormat, document: &Value, name: &str) -> Result<ForeignVersion, String> {
    let Value::Object(body) = document else {
        return Err("it is no JSON object".to_owned());
    };
    let build = match format {
        PromptFormat::Anthropic => anthropic::read(body.clone(), name)?,
        _ => openai::read(body.clone(), name)?,
    };
    build.finish(format.as_str(), About::default())
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
