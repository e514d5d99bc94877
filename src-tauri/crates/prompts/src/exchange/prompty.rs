//! Prompty files: YAML about the model and the inputs, then messages below lines such as `system:`.
//!
//! Source: Prompty specification, version 1 (`model.api`, `model.configuration`, `model.parameters`, `inputs`,
//! `sample`) and version 2 (`model.id`, `model.options`, typed `inputs`). Values of the environment are never read.
//! Ours travels in the front matter as `plumbline`.

mod settings;
mod write;

use super::bodies::take_text;
use super::build::{Build, role_of};
use super::front_file::{BODY, FrontFile};
use super::jinja::shown;
use super::jinja_write::from_untrimmed;
use super::{Loss, mustache, ours};
use plumbline_model::{PromptSpec, Role};
use serde_json::{Map, Value, json};

/// The format.
pub(super) struct Prompty;

impl FrontFile for Prompty {
    const SOURCE: &'static str = "prompty";
    const COPY: &'static str = ours::KEY;
    const MAY_BE_BARE: bool = false;

    fn copy(file: &str) -> Value {
        ours::member(file)
    }

    fn copied(held: Value) -> Value {
        held
    }

    fn solid(body: &str) -> String {
        body.replace("\r\n", "\n").trim().to_owned()
    }

    fn shown(build: &mut Build, front: Map<String, Value>) -> Result<(), String> {
        in_file(build, front)
    }

    fn front(spec: &PromptSpec, losses: &mut Vec<Loss>) -> Map<String, Value> {
        let front = write::front(spec);
        let model = front.get("model").unwrap_or(&Value::Null);
        for place in settings::references(model, "model") {
            let what = "there it stands for a value of the environment or of a file";
            losses.push(Loss::changed(place, what));
        }
        front
    }

    fn body(spec: &PromptSpec, losses: &mut Vec<Loss>) -> String {
        write::body(spec, losses)
    }
}

/// Reads the front matter and the messages.
fn in_file(build: &mut Build, mut front: Map<String, Value>) -> Result<(), String> {
    take_text(&mut front, "name");
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
    settings::model(build, &mut front);
    settings::inputs(build, front.remove("inputs").unwrap_or_default());
    let is_mustache = match front.remove("template") {
        None | Some(Value::Null) => false,
        Some(template) => is_mustache(build, template)?,
    };
    let body = take_text(&mut front, BODY).unwrap_or_default();
    messages(build, &body, is_mustache)?;
    build.drop_rest("", &front);
    Ok(())
}

fn authors_of(authors: &Value) -> Option<String> {
    let names: Option<Vec<&str>> = authors.as_array()?.iter().map(Value::as_str).collect();
    names
        .filter(|names| !names.is_empty())
        .map(|names| names.join(", "))
}

/// Which language the template is in, in any of the forms that name one.
fn is_mustache(build: &mut Build, template: Value) -> Result<bool, String> {
    let word = ["/format/kind", "/format", "/type", ""]
        .iter()
        .find_map(|place| template.pointer(place)?.as_str())
        .unwrap_or("jinja2");
    let is_mustache = match word {
        "jinja2" | "jinja" | "nunjucks" => false,
        "mustache" => true,
        other => return Err(format!("templates of `{}` are not read", shown(other))),
    };
    if let Value::Object(mut members) = template {
        take_kind(build, &mut members, "format");
        take_kind(build, &mut members, "type");
        // The roles are found as that parser finds them.
        let parser = members.get("parser").cloned().unwrap_or_default();
        if [Some(&parser), parser.get("kind")].contains(&Some(&json!("prompty"))) {
            take_kind(build, &mut members, "parser");
        }
        build.drop_rest("template", &members);
    }
    Ok(is_mustache)
}

/// Takes a member that is a word, or says it as its kind; what else it says is told.
fn take_kind(build: &mut Build, members: &mut Map<String, Value>, key: &str) {
    match members.remove(key) {
        None | Some(Value::String(_)) => {}
        Some(Value::Object(mut inner)) => {
            inner.remove("kind");
            build.drop_rest(&format!("template.{key}"), &inner);
        }
        Some(other) => {
            members.insert(key.to_owned(), other);
        }
    }
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
fn marker(line: &str) -> Option<(Role, &str)> {
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
