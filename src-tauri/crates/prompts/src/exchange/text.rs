//! A prompt file of ours, and a text without any form.

use super::build::{About, Build, literal};
use super::requests::{losses_of, written_messages};
use super::{ForeignPrompt, ForeignVersion, LeftOut, Loss};
use crate::{PromptError, parse};
use plumbline_model::{PromptSpec, Role};

/// A prompt file: one version, as it is.
pub(super) fn prompt_file(text: &str) -> Result<Vec<ForeignPrompt>, PromptError> {
    let spec = parse(text)?;
    Ok(vec![ForeignPrompt {
        name: String::new(),
        original_name: spec.name.clone(),
        versions: vec![version_of_file(spec, text)],
        left_out: Vec::new(),
    }])
}

/// A version that is ours already keeps all it says.
pub(super) fn version_of_file(spec: PromptSpec, text: &str) -> ForeignVersion {
    let origin = spec.origin.clone();
    ForeignVersion {
        id: origin.as_ref().and_then(|origin| origin.id.clone()),
        author: origin.as_ref().and_then(|origin| origin.author.clone()),
        at: origin.and_then(|origin| origin.at).map(|at| at.0),
        message: spec.changelog.clone(),
        labels: Vec::new(),
        file: Some(text.to_owned()),
        was: None,
        spec,
        losses: Vec::new(),
    }
}

/// A text is one message of a user, word for word.
pub(super) fn plain(text: &str, fallback: &str) -> Vec<ForeignPrompt> {
    let mut build = Build::new(fallback);
    build.message(
        Role::User,
        &literal(text.trim_start_matches('\u{feff}')),
        "text",
    );
    only(fallback.to_owned(), build.finish("text", About::default()))
}

/// A file of one version.
pub(super) fn only(name: String, version: Result<ForeignVersion, String>) -> Vec<ForeignPrompt> {
    let (versions, left_out) = match version {
        Ok(version) => (vec![version], Vec::new()),
        Err(reason) => {
            let place = name.clone();
            (Vec::new(), vec![LeftOut { place, reason }])
        }
    };
    vec![ForeignPrompt {
        name: String::new(),
        original_name: name,
        versions,
        left_out,
    }]
}

/// Only the messages, one after another.
pub(super) fn write(spec: &PromptSpec) -> (String, Vec<Loss>) {
    let mut losses = losses_of(spec);
    if spec.sections.len() != 1 {
        losses.push(Loss::changed(
            "messages",
            "a text is one message: all are joined into one",
        ));
    }
    if spec
        .sections
        .iter()
        .any(|section| section.role != Role::User)
    {
        let what = "a text has no roles; read again it is a user's";
        losses.push(Loss::changed("messages", what));
    }
    let rest = [
        (spec.model.is_some(), "model"),
        (
            serde_json::json!(spec.parameters) != serde_json::json!({}),
            "parameters",
        ),
        (!spec.tools.is_empty(), "tools"),
        (spec.output_schema.is_some(), "output_schema"),
    ];
    for (_, place) in rest.iter().filter(|(is_there, _)| *is_there) {
        losses.push(Loss::dropped(*place, "the format has no place for it"));
    }
    let texts: Vec<String> = written_messages(spec, &mut losses)
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    (texts.join("\n\n") + "\n", losses)
}
