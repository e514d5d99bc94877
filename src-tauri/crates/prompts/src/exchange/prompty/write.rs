//! A prompt of ours as a Prompty file.

use super::super::Loss;
use super::super::jinja_write::to_untrimmed;
use super::super::settings::settings;
use super::marker;
use plumbline_model::PromptSpec;
use serde_json::{Map, Value, json};

pub(super) fn front(spec: &PromptSpec) -> Map<String, Value> {
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

pub(super) fn body(spec: &PromptSpec, losses: &mut Vec<Loss>) -> String {
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
