//! Which format a foreign file is in: by its content, and by its name where the content may be two things.

use super::{PromptFormat, documents, langsmith, promptfoo};
use crate::{PromptError, front_matter, parse};
use serde_json::{Map, Value, json};

pub(super) enum Detected<'t> {
    PromptFile,
    /// YAML and what stands below it.
    Front(PromptFormat, &'t str, &'t str),
    /// The documents of the file: one, or one a line.
    Documents(PromptFormat, Vec<Value>),
    Text,
}

pub(super) fn detect<'t>(
    text: &'t str,
    file_name: Option<&str>,
) -> Result<Detected<'t>, PromptError> {
    let bare = text.trim_start_matches('\u{feff}').trim_start();
    let ending = file_name.and_then(|name| Some(name.rsplit_once('.')?.1.to_ascii_lowercase()));
    let ending = ending.as_deref().unwrap_or_default();
    if bare
        .lines()
        .next()
        .is_some_and(|line| line.trim_end() == "---")
    {
        return Ok(with_front_matter(bare, ending));
    }
    if ending == "prompt" {
        return Ok(Detected::Front(PromptFormat::Dotprompt, "", bare));
    }
    if bare.starts_with(['{', '[']) {
        return of_json(bare, file_name);
    }
    let is_yaml = ["yaml", "yml"].contains(&ending);
    if is_yaml || bare.lines().any(|line| line.starts_with("prompts:")) {
        return match documents::yaml(bare) {
            Ok(config) if promptfoo::is_config(&config) => {
                Ok(Detected::Documents(PromptFormat::Promptfoo, vec![config]))
            }
            Ok(_) if is_yaml => Err(PromptError::Foreign(
                "its YAML has no `prompts` as a promptfoo config has".to_owned(),
            )),
            Err(reason) if is_yaml => Err(PromptError::Foreign(reason)),
            _ => Ok(Detected::Text),
        };
    }
    Ok(Detected::Text)
}

fn with_front_matter<'t>(text: &'t str, ending: &str) -> Detected<'t> {
    let Ok(cut) = front_matter::cut(text) else {
        return Detected::PromptFile;
    };
    let found = |format| Detected::Front(format, cut.yaml, cut.body);
    match ending {
        // A prompt file of ours may bear any name.
        _ if parse(text).is_ok() => return Detected::PromptFile,
        "prompty" => return found(PromptFormat::Prompty),
        "prompt" => return found(PromptFormat::Dotprompt),
        _ => {}
    }
    let Ok(Value::Object(front)) = documents::yaml(cut.yaml) else {
        return Detected::PromptFile;
    };
    let has = |keys: &[&str]| keys.iter().any(|key| front.contains_key(*key));
    if has(&["owner", "changelog", "variables", "budget"]) {
        Detected::PromptFile
    } else if front.get("model").is_some_and(Value::is_object)
        || has(&["inputs", "sample", "authors", "template"])
    {
        found(PromptFormat::Prompty)
    } else if has(&["input", "output", "config"]) || cut.body.contains("{{role ") {
        found(PromptFormat::Dotprompt)
    } else {
        Detected::PromptFile
    }
}

fn of_json(text: &str, file_name: Option<&str>) -> Result<Detected<'static>, PromptError> {
    let documents = match documents::json(text) {
        Ok(documents) => unfolded(documents),
        // A text may begin with a brace.
        Err(_) if !looks_like_json(text) => return Ok(Detected::Text),
        Err(error) => {
            return Err(PromptError::Foreign(format!(
                "it is not valid JSON: {error}"
            )));
        }
    };
    let Some(first) = documents.first() else {
        return Err(PromptError::Foreign("it holds nothing".to_owned()));
    };
    // A bare list of messages is the body of a request that says nothing else.
    let is_message = |value: &Value| value.get("role").is_some() && value.get("content").is_some();
    if documents.iter().all(is_message) {
        let body = json!({ "messages": documents });
        return Ok(Detected::Documents(PromptFormat::Openai, vec![body]));
    }
    // A body without any setting may be of either; the files that we write name theirs.
    let is_named_so = file_name.is_some_and(|name| name.ends_with(".anthropic.json"));
    match format_of(first) {
        Some(PromptFormat::Openai) if is_named_so => {
            Ok(Detected::Documents(PromptFormat::Anthropic, documents))
        }
        Some(format) => Ok(Detected::Documents(format, documents)),
        None => Err(PromptError::Foreign(
            "its JSON is none of ours, of Langfuse, LangSmith or promptfoo, or a request of OpenAI or Anthropic"
                .to_owned(),
        )),
    }
}

/// One document, a list of them, a page `{data: […]}`, or one a line.
fn unfolded(documents: Vec<Value>) -> Vec<Value> {
    let mut unfolded = Vec::new();
    for document in documents {
        match document {
            Value::Array(items) => unfolded.extend(items),
            Value::Object(mut page) if page.get("data").is_some_and(Value::is_array) => {
                if let Some(Value::Array(items)) = page.remove("data") {
                    unfolded.extend(items);
                }
            }
            one => unfolded.push(one),
        }
    }
    unfolded
}

fn looks_like_json(text: &str) -> bool {
    let mut rest = text[1..].trim_start().chars();
    matches!(rest.next(), Some('"' | '{' | '[' | '}' | ']'))
}

fn format_of(document: &Value) -> Option<PromptFormat> {
    let has = |key: &str| document.get(key).is_some();
    if document.get("format").and_then(Value::as_str) == Some(super::plain_json::FORMAT) {
        Some(PromptFormat::Json)
    } else if has("manifest") || has("commits") || langsmith::is_manifest(document) {
        Some(PromptFormat::Langsmith)
    } else if promptfoo::is_config(document) {
        Some(PromptFormat::Promptfoo)
    } else if has("prompt") && has("name") && (has("config") || has("labels") || has("type")) {
        Some(PromptFormat::Langfuse)
    } else if let Some(body) = in_batch(document) {
        body_format(body)
    } else {
        body_format(document.as_object()?)
    }
}

/// The body that a line of a batch holds beside its id.
pub(super) fn in_batch(document: &Value) -> Option<&Map<String, Value>> {
    document.get("custom_id")?;
    let body = document.get("body").or_else(|| document.get("params"))?;
    body.as_object()
}

fn body_format(body: &Map<String, Value>) -> Option<PromptFormat> {
    if body.contains_key("messages") && is_anthropic(body) {
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
