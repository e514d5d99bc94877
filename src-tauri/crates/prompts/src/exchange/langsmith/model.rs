//! Models that a prompt is chained to, and how they are asked.

use super::super::Loss;
use super::super::bodies::{take_map, take_text};
use super::super::build::Build;
use super::super::openai::{read_settings, with_provider};
use serde_json::{Map, Value};

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

pub(super) fn provider_of(class: &str) -> Option<&'static str> {
    let provider = match class {
        "ChatOpenAI" | "OpenAI" => "openai",
        "AzureChatOpenAI" | "AzureOpenAI" => "azure_openai",
        "ChatAnthropic" => "anthropic",
        "ChatGoogleGenerativeAI" | "ChatVertexAI" => "gemini",
        "ChatBedrock" | "ChatBedrockConverse" => "bedrock",
        "ChatMistralAI" => "mistral",
        "ChatOllama" => "ollama",
        "ChatGroq" => "groq",
        "ChatDeepSeek" => "deepseek",
        _ => return None,
    };
    Some(provider)
}

pub(super) fn read(build: &mut Build, mut kwargs: Map<String, Value>, provider: &str, place: &str) {
    // A key is named by its variable; it is never looked up.
    kwargs.retain(|key, value| {
        let is_secret = value.get("type").is_some_and(|kind| kind == "secret");
        if is_secret {
            let what = "a key is not taken over";
            build
                .losses
                .push(Loss::dropped(format!("{place}.{key}"), what));
        }
        !is_secret && !is_empty(value)
    });
    let named = [
        "model",
        "model_name",
        "modelName",
        "azure_deployment",
        "deployment_name",
    ];
    if let Some(name) = named.iter().find_map(|key| take_text(&mut kwargs, key)) {
        build.spec.model = Some(with_provider(name, provider));
    }
    // A second name of the same model says nothing new.
    for key in named {
        let same = kwargs.get(key).and_then(Value::as_str).is_some_and(|name| {
            build.spec.model.as_deref() == Some(format!("{provider}:{name}").as_str())
        });
        if same {
            kwargs.remove(key);
        }
    }
    if let Some(more) = take_map(&mut kwargs, "model_kwargs") {
        kwargs.extend(more);
    }
    for (theirs, ours) in [
        ("maxTokens", "max_tokens"),
        ("topP", "top_p"),
        ("stop_sequences", "stop"),
    ] {
        if let Some(value) = kwargs.remove(theirs) {
            kwargs.insert(ours.to_owned(), value);
        }
    }
    settings(build, kwargs, place);
}

/// Settings may stand at the model and at its binding; the later ones add to the earlier.
pub(super) fn settings(build: &mut Build, settings: Map<String, Value>, place: &str) {
    let before = std::mem::take(&mut build.spec.parameters);
    read_settings(build, settings, place);
    let mut now = std::mem::take(&mut build.spec.parameters);
    now.temperature = now.temperature.or(before.temperature);
    now.top_p = now.top_p.or(before.top_p);
    now.max_tokens = now.max_tokens.or(before.max_tokens);
    now.seed = now.seed.or(before.seed);
    if now.stop.is_empty() {
        now.stop = before.stop;
    }
    for (key, value) in before.extra {
        now.extra.entry(key).or_insert(value);
    }
    build.spec.parameters = now;
}
