//! What a Prompty file says beside its messages: the model, how it is asked, and the inputs.

use super::super::Loss;
use super::super::bodies::{rename, take_map, take_text};
use super::super::build::{Build, member};
use super::super::jinja::shown;
use super::super::settings::{read_settings, with_guess, with_provider};
use plumbline_model::Variable;
use serde_json::{Map, Value, json};

/// Names of settings there and here.
const NAMES: &[(&str, &str)] = &[
    ("maxOutputTokens", "max_tokens"),
    ("topP", "top_p"),
    ("stopSequences", "stop"),
];
const TYPES: &[&str] = &["string", "number", "integer", "boolean", "array", "object"];

/// The model and what is sent with it, in the words of either version.
pub(super) fn model(build: &mut Build, front: &mut Map<String, Value>) {
    let mut model = match take_text(front, "model") {
        Some(id) => Map::from_iter([("id".to_owned(), Value::String(id))]),
        None => take_map(front, "model").unwrap_or_default(),
    };
    without_environment(&mut model, "model", &mut build.losses);
    let (at_place, mut place) = match take_map(&mut model, "configuration") {
        Some(place) => ("model.configuration", place),
        None => (
            "model.connection",
            take_map(&mut model, "connection").unwrap_or_default(),
        ),
    };
    let kind = take_text(&mut place, "type").or_else(|| take_text(&mut model, "provider"));
    let provider = kind.as_deref().map(|kind| match kind {
        "azure_openai" | "azure" => "azure_openai",
        kind => kind,
    });
    let name = ["id", "name"]
        .iter()
        .find_map(|key| take_text(&mut model, key))
        .or_else(|| {
            ["azure_deployment", "name", "model", "deployment"]
                .iter()
                .find_map(|key| take_text(&mut place, key))
        });
    build.spec.model = match (name, provider) {
        (Some(name), Some(provider)) => Some(with_provider(name, provider)),
        (Some(name), None) => Some(with_guess(build, name, "model")),
        (None, provider) => {
            if let Some(provider) = provider {
                let what = format!("`{}` is a provider without a model", shown(provider));
                build.losses.push(Loss::dropped("model", what));
            }
            None
        }
    };
    let (at, mut parameters) = match take_map(&mut model, "parameters") {
        Some(parameters) => ("model.parameters", parameters),
        None => (
            "model.options",
            take_map(&mut model, "options").unwrap_or_default(),
        ),
    };
    rename(&mut parameters, NAMES);
    read_settings(build, parameters, at);
    // A chat is what every prompt of ours is.
    let says_so = |key: &str| ["api", "apiType"].contains(&key);
    model.retain(|key, value| !says_so(key) || *value != "chat");
    build.drop_rest(at_place, &place);
    build.drop_rest("model", &model);
}

/// Takes out what would be read from the environment, and tells it.
fn without_environment(members: &mut Map<String, Value>, place: &str, losses: &mut Vec<Loss>) {
    members.retain(|key, value| {
        let place = member(place, key);
        if let Value::Object(inner) = value {
            without_environment(inner, &place, losses);
        }
        let is_kept = !value.as_str().is_some_and(is_reference);
        if !is_kept {
            let what = "values of the environment are not read";
            losses.push(Loss::dropped(place, what));
        }
        is_kept
    });
}

/// Whether a text stands for a value from elsewhere, such as `${env:NAME}` or `${file:a.json}`.
fn is_reference(text: &str) -> bool {
    let mut rest = text.split("${").skip(1);
    rest.any(|behind| {
        let inside = behind.split_once('}').map(|(inside, _)| inside);
        let kind = inside.and_then(|inside| inside.split_once(':'));
        kind.is_some_and(|(kind, _)| {
            !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphabetic())
        })
    })
}

/// Places of texts of ours that would stand for a value from elsewhere there.
pub(super) fn references(value: &Value, place: &str) -> Vec<String> {
    match value {
        Value::String(text) if is_reference(text) => vec![place.to_owned()],
        Value::Object(members) => {
            let members = members.iter();
            members
                .flat_map(|(key, value)| references(value, &member(place, key)))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// A map from a name to what is said of it, a list of such, or version 2's `properties`.
pub(super) fn inputs(build: &mut Build, inputs: Value) {
    let entries: Vec<(String, Value)> = match inputs {
        Value::Object(mut members) => match members.remove("properties") {
            Some(Value::Object(properties)) => {
                build.drop_rest("inputs", &members);
                properties.into_iter().collect()
            }
            Some(Value::Array(items)) => {
                build.drop_rest("inputs", &members);
                named(build, items)
            }
            Some(other) => {
                members.insert("properties".to_owned(), other);
                members.into_iter().collect()
            }
            None => members.into_iter().collect(),
        },
        Value::Array(items) => named(build, items),
        other => {
            build.drop_rest("", &Map::from_iter([("inputs".to_owned(), other)]));
            return;
        }
    };
    for (name, entry) in entries {
        let place = member("inputs", &name);
        let mut variable = Variable {
            name,
            ..Variable::default()
        };
        match entry {
            Value::Object(mut members) => {
                let kind =
                    take_text(&mut members, "type").or_else(|| take_text(&mut members, "kind"));
                match kind.as_deref() {
                    Some("float") => variable.kind = Some("number".to_owned()),
                    Some(kind) if TYPES.contains(&kind) => variable.kind = Some(kind.to_owned()),
                    Some(kind) => {
                        let what =
                            format!("a variable may be anything where it was `{}`", shown(kind));
                        build
                            .losses
                            .push(Loss::changed(format!("{place}.type"), what));
                    }
                    None => {}
                }
                variable.description = take_text(&mut members, "description").unwrap_or_default();
                variable.default = members.remove("default").filter(|value| !value.is_null());
                if members.get("required") == Some(&json!(variable.default.is_none())) {
                    members.remove("required");
                }
                build.drop_rest(&place, &members);
            }
            Value::String(kind) if TYPES.contains(&kind.as_str()) => variable.kind = Some(kind),
            Value::Null => {}
            value => {
                let what = "a value in the place of a type is read as the default";
                build.losses.push(Loss::changed(place, what));
                variable.default = Some(value);
            }
        }
        build.spec.variables.push(variable);
    }
}

fn named(build: &mut Build, items: Vec<Value>) -> Vec<(String, Value)> {
    let mut entries = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        let entry = match item {
            Value::Object(mut members) => {
                take_text(&mut members, "name").map(|name| (name, Value::Object(members)))
            }
            Value::String(name) => Some((name, Value::Null)),
            _ => None,
        };
        match entry {
            Some(entry) => entries.push(entry),
            None => {
                let place = format!("inputs[{index}]");
                build.losses.push(Loss::dropped(place, "it has no name"));
            }
        }
    }
    entries
}
