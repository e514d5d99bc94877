//! Prompty files: YAML about the model and the inputs, then messages below lines such as `system:`.
//!
//! Source: Prompty specification, version 1 (`model.api`, `model.configuration`, `model.parameters`, `inputs`,
//! `sample`) and version 2 (`model.id`, `model.options`, typed `inputs`). Values of the environment are never read.
//! Ours travels in the front matter as `plumbline`.

use super::bodies::{take_map, take_text};
use super::build::{About, Build, role_of};
use super::jinja::{from_untrimmed, shown, to_untrimmed};
use super::openai::{read_settings, settings, with_provider};
use super::sealed::{self, Sealed, seal};
use super::{ForeignVersion, Loss, WrittenVersion, documents, mustache};
use crate::yaml_text;
use plumbline_model::{PromptSpec, Role, Variable};
use serde_json::{Map, Value, json};

const TYPES: &[&str] = &["string", "number", "integer", "boolean", "array", "object"];

/// Reads the YAML and the text below it; `fallback` names a prompt that does not name itself.
pub(super) fn read(yaml: &str, body: &str, fallback: &str) -> Result<ForeignVersion, String> {
    let Value::Object(mut front) = documents::yaml(yaml)? else {
        return Err("its front matter is no list of `key: value` lines".to_owned());
    };
    let copy = front.remove(sealed::KEY);
    let mut standing = front.clone();
    standing.insert(BODY.to_owned(), json!(solid(body)));
    let name = take_text(&mut front, "name").unwrap_or_else(|| fallback.to_owned());
    let mut build = Build::new(&name);
    match sealed::open(copy.as_ref(), &standing, visible) {
        Sealed::Whole(ours) => return Ok(*ours),
        Sealed::Edited(copy) => sealed::keep_hidden(&mut build, *copy),
        Sealed::None => {}
    }
    let version = take_text(&mut front, "version");
    if let Some(text) = take_text(&mut front, "description") {
        build.spec.description = text;
    }
    if let Some(authors) = front.remove("authors").filter(|authors| !authors.is_null()) {
        match authors_of(&authors) {
            Some(owner) => build.spec.owner = owner,
            None => {
                front.insert("authors".to_owned(), authors);
            }
        }
    }
    model(&mut build, &mut front);
    inputs(&mut build, front.remove("inputs").unwrap_or_default());
    let is_mustache = match front.remove("template") {
        None | Some(Value::Null) => false,
        Some(template) => is_mustache(&template)?,
    };
    messages(&mut build, body, is_mustache)?;
    build.drop_rest("", &front);
    let about = About {
        id: version,
        ..About::default()
    };
    build.finish("prompty", about)
}

fn authors_of(authors: &Value) -> Option<String> {
    let names: Option<Vec<&str>> = authors.as_array()?.iter().map(Value::as_str).collect();
    names
        .filter(|names| !names.is_empty())
        .map(|names| names.join(", "))
}

/// Which language the template is in, in any of the forms that name one.
fn is_mustache(template: &Value) -> Result<bool, String> {
    let word = ["/format/kind", "/format", "/type", ""]
        .iter()
        .find_map(|place| template.pointer(place)?.as_str())
        .unwrap_or("jinja2");
    match word {
        "jinja2" | "jinja" | "nunjucks" => Ok(false),
        "mustache" => Ok(true),
        other => Err(format!("templates of `{}` are not read", shown(other))),
    }
}

fn model(build: &mut Build, front: &mut Map<String, Value>) {
    let mut model = match take_text(front, "model") {
        Some(id) => Map::from_iter([("id".to_owned(), Value::String(id))]),
        None => take_map(front, "model").unwrap_or_default(),
    };
    without_environment(&mut model, "model", &mut build.losses);
    let mut place = take_map(&mut model, "configuration")
        .or_else(|| take_map(&mut model, "connection"))
        .unwrap_or_default();
    let kind = take_text(&mut place, "type").or_else(|| take_text(&mut model, "provider"));
    let provider = match kind.as_deref() {
        Some("azure_openai" | "azure") => "azure_openai",
        Some(kind) => kind,
        None => "openai",
    };
    let name = ["id", "name"]
        .iter()
        .find_map(|key| take_text(&mut model, key))
        .or_else(|| {
            ["azure_deployment", "name", "model", "deployment"]
                .iter()
                .find_map(|key| take_text(&mut place, key))
        });
    build.spec.model = name.map(|name| with_provider(name, provider));
    let mut parameters = Map::new();
    for key in ["parameters", "options"] {
        parameters.extend(take_map(&mut model, key).unwrap_or_default());
    }
    for (theirs, ours) in [
        ("maxOutputTokens", "max_tokens"),
        ("topP", "top_p"),
        ("stopSequences", "stop"),
    ] {
        if let Some(value) = parameters.remove(theirs) {
            parameters.insert(ours.to_owned(), value);
        }
    }
    read_settings(build, parameters, "model.parameters");
    // A chat is what every prompt of ours is.
    if ["api", "apiType"]
        .iter()
        .any(|key| model.get(*key) == Some(&json!("chat")))
    {
        model.retain(|key, _| key != "api" && key != "apiType");
    }
    build.drop_rest("model.configuration", &place);
    build.drop_rest("model", &model);
}

/// Takes out what would be read from the environment, and tells it.
fn without_environment(members: &mut Map<String, Value>, place: &str, losses: &mut Vec<Loss>) {
    members.retain(|key, value| {
        let place = format!("{place}.{}", key.chars().take(80).collect::<String>());
        if let Value::Object(inner) = value {
            without_environment(inner, &place, losses);
        }
        let is_kept = !value.as_str().is_some_and(|text| text.contains("${"));
        if !is_kept {
            let what = "values of the environment are not read";
            losses.push(Loss::dropped(place, what));
        }
        is_kept
    });
}

/// A map from a name to what is said of it, a list of such, or version 2's `properties`.
fn inputs(build: &mut Build, inputs: Value) {
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
        let place = format!("inputs.{}", name.chars().take(80).collect::<String>());
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

/// Cuts the body at its role lines, as the template stands; text before the first is a system message.
fn messages(build: &mut Build, body: &str, is_mustache: bool) -> Result<(), String> {
    let mut messages: Vec<(Role, String, String)> = Vec::new();
    for (index, line) in body.split_inclusive('\n').enumerate() {
        let place = format!("line {} of the messages", index + 1);
        if let Some((role, attributes)) = marker(line) {
            if !attributes.is_empty() {
                let what = format!("a role has no `{}`", shown(attributes));
                build.losses.push(Loss::dropped(place.clone(), what));
            }
            messages.push((role, String::new(), place));
            continue;
        }
        let bare = line.trim();
        if bare.starts_with("{{") && bare.ends_with("}}:") {
            let what = "a role that a value names would open a message; here it is text";
            build.losses.push(Loss::changed(place.clone(), what));
        }
        match messages.last_mut() {
            Some((_, text, _)) => text.push_str(line),
            None if bare.is_empty() => {}
            None => messages.push((Role::System, line.to_owned(), place)),
        }
    }
    for (role, text, place) in messages {
        // Prompty drops what is blank around a message.
        let text = text.trim();
        let template = if is_mustache {
            let converted = mustache::read(text)?;
            build.optional(converted.optional);
            let remarks = converted.remarks.into_iter();
            build
                .losses
                .extend(remarks.map(|remark| Loss::changed(place.clone(), remark)));
            converted.template
        } else {
            from_untrimmed(text)?
        };
        if text.contains("![") {
            let what = "a picture in Markdown stays text";
            build.losses.push(Loss::changed(place.clone(), what));
        }
        build.message(role, &template, &place);
    }
    if build.spec.sections.is_empty() {
        return Err("it has no message".to_owned());
    }
    Ok(())
}

/// The role that a line opens a message of, and what stands in brackets behind it.
pub(super) fn marker(line: &str) -> Option<(Role, &str)> {
    let bare = line.trim().trim_start_matches('#').trim_start();
    let bare = bare.strip_suffix(':')?;
    let (word, attributes) = match bare.split_once('[') {
        Some((word, attributes)) => (word, attributes.strip_suffix(']')?),
        None => (bare, ""),
    };
    let known = [
        "system",
        "developer",
        "user",
        "assistant",
        "tool",
        "function",
    ];
    let word = word.trim().to_ascii_lowercase();
    let role = known.contains(&word.as_str()).then(|| role_of(&word))??.0;
    Some((role, attributes))
}

/// The member of what is compared that stands for the text below the front matter.
const BODY: &str = "(messages)";

fn solid(body: &str) -> String {
    body.replace("\r\n", "\n").trim().to_owned()
}

/// What a Prompty file shows of a prompt of ours.
fn visible(spec: &PromptSpec) -> Map<String, Value> {
    let mut visible = front(spec);
    visible.insert(BODY.to_owned(), json!(solid(&body(spec, &mut Vec::new()))));
    visible
}

fn front(spec: &PromptSpec) -> Map<String, Value> {
    let mut front = Map::from_iter([("name".to_owned(), json!(spec.name))]);
    let mut put = |key: &str, value: Value| front.insert(key.to_owned(), value);
    if !spec.description.is_empty() {
        put("description", json!(spec.description));
    }
    if !spec.owner.is_empty() {
        put("authors", json!([spec.owner]));
    }
    let mut model = json!({"api": "chat", "parameters": settings(spec)});
    if let Some((provider, name)) = spec
        .model
        .as_deref()
        .and_then(|model| model.split_once(':'))
    {
        let key = match provider {
            "azure_openai" => "azure_deployment",
            _ => "name",
        };
        model["configuration"] = json!({"type": provider, key: name});
    }
    put("model", model);
    if !spec.variables.is_empty() {
        let inputs = spec.variables.iter().map(|variable| {
            let mut input = json!(variable);
            if let Value::Object(members) = &mut input {
                members.remove("name");
                members.remove("trim");
            }
            (variable.name.clone(), input)
        });
        put("inputs", Value::Object(inputs.collect()));
    }
    put("template", json!("jinja2"));
    front
}

fn body(spec: &PromptSpec, losses: &mut Vec<Loss>) -> String {
    let mut out = String::new();
    for (index, section) in spec.sections.iter().enumerate() {
        let template = to_untrimmed(&section.template).unwrap_or_else(|reason| {
            let place = format!("messages[{index}]");
            losses.push(Loss::changed(place, format!("it is no template: {reason}")));
            section.template.clone()
        });
        out.push_str(&format!("{}:\n", section.role.as_str()));
        for line in template.split_inclusive('\n') {
            match marker(line) {
                // A line that would open a message is written as a value.
                Some(_) => {
                    let words = line.trim();
                    let quoted = format!("{{{{ {} }}}}", json!(words));
                    out.push_str(&line.replacen(words, &quoted, 1));
                }
                None => out.push_str(line),
            }
        }
        out.push_str("\n\n");
    }
    out.truncate(out.trim_end_matches('\n').len());
    out + "\n"
}

pub(super) fn write(version: &WrittenVersion<'_>) -> (String, Vec<Loss>) {
    let mut losses = Vec::new();
    let mut text = String::from("---\n");
    yaml_text::push_members(&mut text, 0, &front(version.spec));
    yaml_text::push_member(&mut text, 0, sealed::KEY, &seal(version.text));
    text.push_str("---\n");
    text.push_str(&body(version.spec, &mut losses));
    (text, losses)
}
