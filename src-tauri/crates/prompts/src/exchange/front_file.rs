//! A file of YAML about a prompt and a template below it, as Prompty and Dotprompt have, with our copy in the YAML.

use super::bodies::take_text;
use super::build::{About, Build};
use super::ours::{self, Found};
use super::{ForeignVersion, Loss, WrittenVersion, documents};
use crate::yaml_text;
use plumbline_model::PromptSpec;
use serde_json::{Map, Value, json};

/// The member of what is compared that stands for the template.
pub(super) const BODY: &str = "(template)";

/// What such a format has of its own.
pub(super) trait FrontFile {
    /// As an origin names it.
    const SOURCE: &'static str;
    /// The key of our copy.
    const COPY: &'static str;
    /// Whether the YAML may be missing.
    const MAY_BE_BARE: bool;

    /// Our copy as its key holds it, of a prompt file.
    fn copy(file: &str) -> Value;

    /// The copy as `{"file": …}`, of what its key holds.
    fn copied(held: Value) -> Value;

    /// What of the white space of a template says nothing.
    fn solid(body: &str) -> String;

    /// Reads the YAML, with the template in [`BODY`].
    fn shown(build: &mut Build, front: Map<String, Value>) -> Result<(), String>;

    /// The YAML of a prompt of ours.
    fn front(spec: &PromptSpec, losses: &mut Vec<Loss>) -> Map<String, Value>;

    /// The template of a prompt of ours.
    fn body(spec: &PromptSpec, losses: &mut Vec<Loss>) -> String;
}

/// Reads the YAML and the template below it; with the name of the prompt, which is `fallback` where it names itself not.
pub(super) fn read<F: FrontFile>(
    yaml: &str,
    body: &str,
    fallback: &str,
) -> (String, Result<ForeignVersion, String>) {
    let front = match documents::yaml(yaml) {
        Ok(Value::Object(front)) => Ok(front),
        Ok(Value::Null) if F::MAY_BE_BARE => Ok(Map::new()),
        Ok(_) => Err("its front matter is no list of `key: value` lines".to_owned()),
        Err(reason) => Err(reason),
    };
    let named = front.as_ref().ok().and_then(|front| front.get("name"));
    let name = named.and_then(Value::as_str).unwrap_or(fallback).to_owned();
    let version = front.and_then(|front| version::<F>(&name, front, body));
    (name, version)
}

fn version<F: FrontFile>(
    name: &str,
    mut front: Map<String, Value>,
    body: &str,
) -> Result<ForeignVersion, String> {
    let mut build = Build::new(name);
    let id = take_text(&mut front, "version");
    let copy = front.remove(F::COPY).map(F::copied);
    front.insert(BODY.to_owned(), json!(F::solid(body)));
    let beside = ours::Beside {
        copy,
        place: F::COPY,
        there: front,
    };
    match ours::read(&mut build, beside, written::<F>, F::shown)? {
        Found::Whole(ours) if id.is_none() => Ok(*ours),
        Found::Whole(ours) => {
            let what = "the version is the one that its own file gives it";
            let losses = vec![Loss::changed("version", what)];
            Ok(ForeignVersion { losses, ..*ours })
        }
        _ => {
            let about = About {
                id,
                ..About::default()
            };
            build.finish(F::SOURCE, about)
        }
    }
}

/// What a file shows of a prompt of ours.
fn written<F: FrontFile>(spec: &PromptSpec) -> Map<String, Value> {
    let losses = &mut Vec::new();
    let mut written = F::front(spec, losses);
    let body = F::solid(&F::body(spec, losses));
    written.insert(BODY.to_owned(), json!(body));
    written
}

/// Writes a prompt of ours, and says what the format cannot hold.
pub(super) fn write<F: FrontFile>(version: &WrittenVersion<'_>) -> (String, Vec<Loss>) {
    let mut losses = Vec::new();
    let mut text = String::from("---\n");
    let front = F::front(version.spec, &mut losses);
    yaml_text::push_members(&mut text, 0, &front);
    yaml_text::push_member(&mut text, 0, F::COPY, &F::copy(version.text));
    text.push_str("---\n");
    text.push_str(&F::body(version.spec, &mut losses));
    (text, losses)
}
