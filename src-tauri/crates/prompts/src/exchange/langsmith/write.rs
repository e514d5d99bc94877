//! A prompt of ours as a commit of the LangChain hub.

use super::super::jinja_write::to_untrimmed;
use super::super::plain_json::pretty;
use super::super::settings::settings;
use super::super::{Loss, WrittenVersion, f_string, ours};
use crate::used_variables;
use plumbline_model::{PromptSpec, Role, Section};
use serde_json::{Map, Value, json};

/// Commits, oldest first, each with our file in the metadata of its prompt.
pub(in super::super) fn write(versions: &[WrittenVersion<'_>]) -> (String, Vec<Loss>) {
    let mut losses = Vec::new();
    let commits: Vec<Value> = versions
        .iter()
        .map(|version| {
            let mut manifest = manifest(version.spec, &mut losses);
            for place in ["/kwargs/first/kwargs", "/kwargs"] {
                if let Some(Value::Object(kwargs)) = manifest.pointer_mut(place) {
                    let copy = json!({ ours::KEY: ours::member(version.text) });
                    kwargs.insert("metadata".to_owned(), copy);
                    break;
                }
            }
            json!({
                "repo": version.spec.name,
                "commit_message": version.spec.changelog,
                "manifest": manifest,
            })
        })
        .collect();
    losses.dedup();
    (pretty(&commits), losses)
}

/// What LangSmith shows of a prompt of ours.
pub(super) fn written(spec: &PromptSpec) -> Map<String, Value> {
    Map::from_iter([("manifest".to_owned(), manifest(spec, &mut Vec::new()))])
}

fn object(id: &[&str], kwargs: &Value) -> Value {
    json!({"lc": 1, "type": "constructor", "id": id, "kwargs": kwargs})
}

/// The prompt alone, or chained to a model that LangChain knows.
fn manifest(spec: &PromptSpec, losses: &mut Vec<Loss>) -> Value {
    let sections = spec.sections.iter().enumerate();
    let messages: Vec<Value> = sections
        .map(|(index, section)| message(section, index, losses))
        .collect();
    let names: Vec<String> = used_variables(spec)
        .unwrap_or_default()
        .into_iter()
        .collect();
    let mut kwargs = json!({"messages": messages, "input_variables": names});
    let prompt = match &spec.output_schema {
        Some(schema) => {
            kwargs["schema_"] = schema.clone();
            object(
                &[
                    "langchain_core",
                    "prompts",
                    "structured",
                    "StructuredPrompt",
                ],
                &kwargs,
            )
        }
        None => object(
            &["langchain", "prompts", "chat", "ChatPromptTemplate"],
            &kwargs,
        ),
    };
    match model(spec) {
        Some(model) => object(
            &["langchain", "schema", "runnable", "RunnableSequence"],
            &json!({"first": prompt, "last": model}),
        ),
        None => prompt,
    }
}

fn model(spec: &PromptSpec) -> Option<Value> {
    let (provider, name) = spec.model.as_deref()?.split_once(':')?;
    let id = match provider {
        "openai" => ["langchain", "chat_models", "openai", "ChatOpenAI"],
        "azure_openai" => [
            "langchain",
            "chat_models",
            "azure_openai",
            "AzureChatOpenAI",
        ],
        "anthropic" => ["langchain", "chat_models", "anthropic", "ChatAnthropic"],
        _ => return None,
    };
    let mut kwargs = settings(spec);
    // The schema stands at the prompt, and tools are bound to the model.
    kwargs.remove("response_format");
    let tools = kwargs.remove("tools");
    kwargs.insert("model".to_owned(), json!(name));
    let model = object(&id, &Value::Object(kwargs));
    Some(match tools {
        Some(tools) => object(
            &["langchain", "schema", "runnable", "RunnableBinding"],
            &json!({"bound": model, "kwargs": {"tools": tools}}),
        ),
        None => model,
    })
}

fn message(section: &Section, index: usize, losses: &mut Vec<Loss>) -> Value {
    let class = match section.role {
        Role::System => "SystemMessagePromptTemplate",
        Role::User => "HumanMessagePromptTemplate",
        Role::Assistant => "AIMessagePromptTemplate",
        Role::Tool => "ChatMessagePromptTemplate",
    };
    let (format, template) = match f_string::write(&section.template) {
        Some(text) => ("f-string", text),
        None => (
            "jinja2",
            to_untrimmed(&section.template).unwrap_or_else(|reason| {
                let place = format!("messages[{index}]");
                losses.push(Loss::changed(place, format!("it is no template: {reason}")));
                section.template.clone()
            }),
        ),
    };
    let mut alone = PromptSpec::unnamed();
    alone.sections.push(section.clone());
    let names: Vec<String> = used_variables(&alone)
        .unwrap_or_default()
        .into_iter()
        .collect();
    let prompt = object(
        &["langchain", "prompts", "prompt", "PromptTemplate"],
        &json!({"template": template, "template_format": format, "input_variables": names}),
    );
    let mut kwargs = json!({ "prompt": prompt });
    if section.role == Role::Tool {
        kwargs["role"] = json!("tool");
    }
    object(&["langchain", "prompts", "chat", class], &kwargs)
}
