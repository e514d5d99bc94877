//! Which format a foreign file is in: by its content, and by its name where the content may be two things.

use super::dotprompt::Dotprompt;
use super::front_file::FrontFile;
use super::pages::Documents;
use super::{PromptFormat, bodies, documents, langsmith, ours, plain_json, promptfoo};
use crate::{PromptError, front_matter, parse};
use serde_json::{Map, Value, json};

pub(super) enum Detected<'t> {
    PromptFile,
    /// YAML and what stands below it.
    Front(PromptFormat, &'t str, &'t str),
    Documents(PromptFormat, Documents),
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
            Ok(Value::Object(config)) if promptfoo::is_config(&config) => {
                let documents = Documents::of(vec![Value::Object(config)])?;
                Ok(Detected::Documents(PromptFormat::Promptfoo, documents))
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
    if has(&[ours::KEY]) {
        found(PromptFormat::Prompty)
    } else if has(&[Dotprompt::COPY]) {
        found(PromptFormat::Dotprompt)
    } else if has(&["owner", "changelog", "variables", "budget"]) {
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
    let values = match documents::json(text) {
        Ok(values) => values,
        // A text may begin with a brace.
        Err(_) if !looks_like_json(text) => return Ok(Detected::Text),
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
    // A bare list of messages is the body of a request that says nothing else.
    let is_message =
        |one: &Map<String, Value>| one.contains_key("role") && one.contains_key("content");
    if documents.all.iter().all(is_message) {
        let mut body = Documents::of(vec![json!({ "messages": documents.all })])?;
        body.pages = documents.pages;
        return Ok(Detected::Documents(PromptFormat::Openai, body));
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

fn looks_like_json(text: &str) -> bool {
    let mut rest = text[1..].trim_start().chars();
    matches!(rest.next(), Some('"' | '{' | '[' | '}' | ']'))
}

fn format_of(document: &Map<String, Value>) -> Option<PromptFormat> {
    let body = bodies::body_of(document);
    let has = |key: &str| document.contains_key(key);
    if document.get("format").and_then(Value::as_str) == Some(plain_json::FORMAT) {
        Some(PromptFormat::Json)
    } else if langsmith::is_of(document) {
        Some(PromptFormat::Langsmith)
    } else if promptfoo::is_config(document) {
        Some(PromptFormat::Promptfoo)
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
