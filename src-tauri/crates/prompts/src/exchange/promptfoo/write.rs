//! Versions of ours as a promptfoo config.

use super::super::jinja_write::to_untrimmed;
use super::super::settings::settings;
use super::super::{Loss, WrittenVersion, ours};
use super::raw::is_plain_prompt;
use crate::yaml_text;
use plumbline_model::{PromptSpec, Role};
use serde_json::{Map, Value, json};

/// What promptfoo shows of a version of ours.
pub(super) fn written(spec: &PromptSpec) -> Map<String, Value> {
    let text = |template: &str| to_untrimmed(template).unwrap_or_else(|_| template.to_owned());
    let raw = match spec.sections.as_slice() {
        [only] if only.role == Role::User && is_plain_prompt(&text(&only.template)) => {
            text(&only.template)
        }
        sections => {
            let messages: Vec<Value> = sections
                .iter()
                .map(|section| json!({"role": section.role, "content": text(&section.template)}))
                .collect();
            json!(messages).to_string()
        }
    };
    let mut config = settings(spec);
    if let Some(model) = &spec.model {
        config.insert("model".to_owned(), json!(model));
    }
    // A parameter of that name would be taken for our file.
    config.remove(ours::KEY);
    Map::from_iter([
        ("raw".to_owned(), json!(raw)),
        ("config".to_owned(), json!(config)),
    ])
}

/// A config whose prompts are the versions, oldest first.
pub(in super::super) fn write(versions: &[WrittenVersion<'_>]) -> (String, Vec<Loss>) {
    let mut losses = Vec::new();
    let mut text = String::from("prompts:\n");
    for version in versions {
        let spec = version.spec;
        let label = format!("{}@{}", spec.name, spec.version);
        let mut entry = Value::Object(written(spec));
        entry["config"][ours::KEY] = ours::member(version.text);
        entry["id"] = json!(label);
        entry["label"] = json!(label);
        yaml_text::push_item(&mut text, 2, &entry);
        for (index, section) in spec.sections.iter().enumerate() {
            if let Err(reason) = to_untrimmed(&section.template) {
                let place = format!("{label}.messages[{index}]");
                losses.push(Loss::changed(place, format!("it is no template: {reason}")));
            }
        }
    }
    (text, losses)
}
