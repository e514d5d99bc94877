//! Models that a prompt is chained to, and how they are asked.

use super::super::Loss;
use super::super::bodies::{rename, take_map, take_text};
use super::super::build::{Build, member, says_nothing};
use super::super::settings::{read_settings, with_provider};
use serde_json::{Map, Value};

/// Names of settings there and here.
const NAMES: &[(&str, &str)] = &[
    ("maxTokens", "max_tokens"),
    ("topP", "top_p"),
    ("stop_sequences", "stop"),
];

/// Whose models a class asks; nothing for a class that is no model.
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
            build.losses.push(Loss::dropped(member(place, key), what));
        }
        !is_secret && !says_nothing(value)
    });
    let named = [
        "model",
        "model_name",
        "modelName",
        "azure_deployment",
        "deployment_name",
    ];
    if let Some(name) = named.iter().find_map(|key| take_text(&mut kwargs, key)) {
        let model = with_provider(name, provider);
        if let Some(before) = build.spec.model.replace(model) {
            let shown: String = before.chars().take(80).collect();
            let what = format!("a prompt has one model; `{shown}` came before this one");
            build.losses.push(Loss::dropped(place, what));
        }
    }
    // A second name of the same model says nothing new.
    for key in named {
        let same = kwargs.get(key).and_then(Value::as_str).is_some_and(|name| {
            build.spec.model.as_deref() == Some(with_provider(name.to_owned(), provider).as_str())
        });
        if same {
            kwargs.remove(key);
        }
    }
    if let Some(more) = take_map(&mut kwargs, "model_kwargs") {
        for (key, value) in more {
            if let Some(other) = kwargs.insert(key.clone(), value) {
                let shown: String = other.to_string().chars().take(80).collect();
                let what = format!("`model_kwargs` says it too, in the place of {shown}");
                build.losses.push(Loss::dropped(member(place, &key), what));
            }
        }
    }
    rename(&mut kwargs, NAMES);
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
