//! Which format a foreign file is in, by its content.

use super::{MAX_VERSIONS, PromptFormat, plain_json, strict_json};
use crate::PromptError;
use serde_json::{Map, Value};

pub(super) enum Detected {
    PromptFile,
    Json(PromptFormat, Documents),
    Text,
}

/// What a JSON file holds: one document, a list of them, a page `{data: […]}`, or one a line.
#[derive(Default)]
pub(super) struct Documents {
    pub(super) all: Vec<Map<String, Value>>,
    /// What pages say beside their documents.
    pub(super) pages: Map<String, Value>,
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
    let values = match strict_json::documents(bare) {
        Ok(values) => values,
        // A text may begin with a brace.
        Err(_) if !looks_like_json(bare) => return Ok(Detected::Text),
        Err(error) => {
            return Err(PromptError::Foreign(format!(
                "its JSON cannot be read: {error}"
            )));
        }
    };
    let documents = Documents::of(values)?;
    let Some(first) = documents.all.first() else {
        return Err(PromptError::Foreign("it holds nothing".to_owned()));
    };
    match format_of(first) {
        Some(format) => Ok(Detected::Json(format, documents)),
        None => Err(PromptError::Foreign(
            "its JSON is none of ours, of Langfuse, or a request of OpenAI or Anthropic".to_owned(),
        )),
    }
}

impl Documents {
    fn of(values: Vec<Value>) -> Result<Self, PromptError> {
        let mut documents = Self::default();
        for value in values {
            match value {
                Value::Array(items) => documents.add(items)?,
                Value::Object(mut page) if is_page(&page) => {
                    if let Some(Value::Array(items)) = page.remove("data") {
                        documents.add(items)?;
                    }
                    documents.pages.extend(page);
                }
                one => documents.add(vec![one])?,
            }
        }
        Ok(documents)
    }

    fn add(&mut self, items: Vec<Value>) -> Result<(), PromptError> {
        for item in items {
            let number = self.all.len() + 1;
            if number > MAX_VERSIONS {
                return Err(PromptError::Foreign(format!(
                    "it holds more than {MAX_VERSIONS} versions; export fewer at a time"
                )));
            }
            match item {
                Value::Object(document) => self.all.push(document),
                _ => {
                    return Err(PromptError::Foreign(format!(
                        "entry {number} is no JSON object; remove it and try again"
                    )));
                }
            }
        }
        Ok(())
    }
}

fn is_page(document: &Map<String, Value>) -> bool {
    let is_document = ["prompt", "messages", "input", "format"]
        .iter()
        .any(|key| document.contains_key(*key));
    !is_document && document.get("data").is_some_and(Value::is_array)
}

fn looks_like_json(text: &str) -> bool {
    let mut rest = text[1..].trim_start().chars();
    matches!(rest.next(), Some('"' | '{' | '[' | '}' | ']'))
}

fn format_of(document: &Map<String, Value>) -> Option<PromptFormat> {
    let body = super::bodies::body_of(document);
    let has = |key: &str| document.contains_key(key);
    if document.get("format").and_then(Value::as_str) == Some(plain_json::FORMAT) {
        Some(PromptFormat::Json)
    } else if has("prompt") && has("name") && (has("config") || has("labels") || has("type")) {
        Some(PromptFormat::Langfuse)
    } else if body.contains_key("messages") && is_anthropic(body) {
        Some(PromptFormat::Anthropic)
    } else if body.contains_key("messages")
        || (body.contains_key("input") && body.contains_key("model"))
    {
        Some(PromptFormat::Openai)
    } else {
        None
    }
}

/// Anthropic has its system prompt beside the messages, and the schema of a tool under a name of its own.
fn is_anthropic(body: &Map<String, Value>) -> bool {
    let model = body
        .get("model")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let tools = body.get("tools").and_then(Value::as_array);
    let of_anthropic =
        tools.is_some_and(|tools| tools.iter().any(|tool| tool.get("input_schema").is_some()));
    body.contains_key("system")
        || body.contains_key("stop_sequences")
        || model.starts_with("claude")
        || of_anthropic
}
