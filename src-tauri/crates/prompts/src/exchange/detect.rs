//! Which format a foreign file is in, by its content.

use super::PromptFormat;
use crate::PromptError;
use serde_json::Value;

pub(super) enum Detected {
    PromptFile,
    /// The documents of the file: one, or one a line.
    Json(PromptFormat, Vec<Value>),
    Text,
}

pub(super) fn detect(text: &str) -> Result<Detected, PromptError> {
    let bare = text.trim_start_matches('\u{feff}').trim_start();
    if bare
        .lines()
        .next()
        .is_some_and(|line| line.trim_end() == "---")
    {
        return Ok(Detected::PromptFile);
    }
    if !bare.starts_with(['{', '[']) {
        return Ok(Detected::Text);
    }
    let documents = match documents(bare) {
        Ok(documents) => documents,
        // A text may begin with a brace.
        Err(_) if !looks_like_json(bare) => return Ok(Detected::Text),
        Err(error) => {
            return Err(PromptError::Foreign(format!(
                "it is not valid JSON: {error}"
            )));
        }
    };
    let Some(first) = documents.first() else {
        return Err(PromptError::Foreign("it holds nothing".to_owned()));
    };
    match format_of(first) {
        Some(format) => Ok(Detected::Json(format, documents)),
        None => Err(PromptError::Foreign(
            "its JSON is none of ours, of Langfuse, or a request of OpenAI or Anthropic".to_owned(),
        )),
    }
}

/// One document, a list of them, a page `{data: […]}`, or one a line.
fn documents(text: &str) -> Result<Vec<Value>, serde_json::Error> {
    let mut documents = Vec::new();
    for document in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        match document? {
            Value::Array(items) => documents.extend(items),
            Value::Object(mut page) if page.get("data").is_some_and(Value::is_array) => {
                if let Some(Value::Array(items)) = page.remove("data") {
                    documents.extend(items);
                }
            }
            one => documents.push(one),
        }
    }
    Ok(documents)
}

fn looks_like_json(text: &str) -> bool {
    let mut rest = text[1..].trim_start().chars();
    matches!(rest.next(), Some('"' | '{' | '[' | '}' | ']'))
}

fn format_of(document: &Value) -> Option<PromptFormat> {
    let has = |key: &str| document.get(key).is_some();
    if document.get("format").and_then(Value::as_str) == Some(super::plain_json::FORMAT) {
        Some(PromptFormat::Json)
    } else if has("prompt") && has("name") && (has("config") || has("labels") || has("type")) {
        Some(PromptFormat::Langfuse)
    } else if has("messages") && is_anthropic(document) {
        Some(PromptFormat::Anthropic)
    } else if has("messages") || (has("input") && has("model")) {
        Some(PromptFormat::Openai)
    } else {
        None
    }
}

/// Anthropic has its system prompt beside the messages, and the schema of a tool under a name of its own.
fn is_anthropic(document: &Value) -> bool {
    let model = document
        .get("model")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let tools = document.get("tools").and_then(Value::as_array);
    let of_anthropic =
        tools.is_some_and(|tools| tools.iter().any(|tool| tool.get("input_schema").is_some()));
    document.get("system").is_some()
        || document.get("stop_sequences").is_some()
        || model.starts_with("claude")
        || of_anthropic
}
