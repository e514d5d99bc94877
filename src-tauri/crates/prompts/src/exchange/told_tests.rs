//! Nothing is lost without a word in the formats that stand in YAML or in serialised objects, and what was changed in
//! them counts.

use super::loss_tests::{fixture, with_stranger};
use super::*;
use crate::write::tests::any_spec;
use crate::{front_matter, parse, write_prompt, yaml_text};
use plumbline_model::Role;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Name and text of each file that holds nothing but what can be read.
const FIXTURES: &[(&str, &str)] = &[
    fixture!("langsmith/commits.json"),
    fixture!("langsmith/structured.json"),
    fixture!("promptfoo/promptfooconfig.yaml"),
    fixture!("promptfoo/results.json"),
    fixture!("prompty/v1.prompty"),
    fixture!("prompty/v2-mustache.prompty"),
    fixture!("dotprompt/recipe.prompt"),
];

/// What a file says as a value, and how to write another value in its place.
fn opened(name: &str, text: &'static str) -> (Value, impl Fn(&Value) -> String) {
    let ending = name.rsplit('.').next().unwrap();
    let (yaml, body) = match ending {
        "json" => ("", ""),
        "yaml" => (text, ""),
        _ => {
            let cut = front_matter::cut(text).unwrap();
            (cut.yaml, cut.body)
        }
    };
    let value = match ending {
        "json" => serde_json::from_str(text).unwrap(),
        _ => documents::yaml(yaml).unwrap(),
    };
    let write = move |value: &Value| {
        let mut out = String::new();
        match value {
            Value::Object(members) if !yaml.is_empty() => {
                yaml_text::push_members(&mut out, 0, members);
            }
            other => out = other.to_string(),
        }
        match body {
            "" => out,
            body => format!("---\n{out}---\n{body}"),
        }
    };
    (value, write)
}

/// Each loss and each reason why something is left out.
fn all_told(file: &ForeignFile) -> Vec<(String, String)> {
    let versions = file.prompts.iter().flat_map(|prompt| &prompt.versions);
    let losses = versions.flat_map(|version| &version.losses);
    let losses = losses.map(|loss| (loss.place.clone(), loss.what.clone()));
    let left_out = file.prompts.iter().flat_map(|prompt| &prompt.left_out);
    losses
        .chain(left_out.map(|one| (one.place.clone(), one.reason.clone())))
        .collect()
}

/// Whether a person hears of the stranger, finds it in a prompt, or hears that all around it is lost.
fn is_told(changed: &Value, file: &ForeignFile) -> bool {
    let mut versions = file.prompts.iter().flat_map(|prompt| &prompt.versions);
    let is_kept = versions.any(|one| json!(one.spec).to_string().contains("zz-stranger"));
    is_kept
        || all_told(file).iter().any(|(place, what)| {
            let place = place.replace("manifest.kwargs", "kwargs");
            let pointer = format!("/{}", place.replace(['.', '['], "/").replace(']', ""));
            let roots = ["", "/commits/0/manifest", "/commits/1/manifest"];
            let lost = roots
                .iter()
                .find_map(|root| changed.pointer(&format!("{root}{pointer}")));
            place.contains("zz")
                || what.contains("zz")
                || lost.is_some_and(|lost| lost.to_string().contains("zz-stranger"))
        })
}

#[test]
fn a_member_that_nobody_expects_is_kept_or_told_wherever_it_stands() {
    for (name, text) in FIXTURES {
        let (mut value, write) = opened(name, text);
        if let Some(commits) = value.pointer_mut("/commits").and_then(Value::as_array_mut) {
            // The last is one that is left out.
            commits.truncate(2);
        }
        let strangers = with_stranger(&value);
        assert!(strangers.len() > 2, "{name}");
        for changed in strangers {
            let told = match read_foreign(&write(&changed), Some(name)) {
                Ok(file) => is_told(&changed, &file),
                Err(_) => true,
            };
            assert!(told, "{name}: {}", write(&changed));
        }
    }
}

#[test]
fn a_text_of_a_prompty_file_is_a_reference_only_where_it_names_what_it_refers_to() {
    let prompty = |value: &str| {
        let front = format!(
            "name: a\nmodel:\n  parameters: {{note: {}}}\n",
            json!(value)
        );
        let file =
            read_foreign(&format!("---\n{front}---\nuser:\nhi\n"), Some("a.prompty")).unwrap();
        let version = &file.prompts[0].versions[0];
        let told = version
            .losses
            .iter()
            .any(|loss| loss.what.contains("environment"));
        (version.spec.parameters.extra.get("note").cloned(), told)
    };
    for kept in ["${", "${}", "costs ${5}", "${:x}", "a ${ b: c"] {
        assert_eq!(prompty(kept), (Some(json!(kept)), false), "{kept}");
    }
    for reference in ["${env:KEY}", "${env:KEY:default}", "x ${file:a.json} y"] {
        assert_eq!(prompty(reference), (None, true), "{reference}");
    }
    let mut spec = parse("---\nname: a\nversion: 1.0.0\n---\nuser:\nhi\n").unwrap();
    spec.parameters
        .extra
        .insert("note".into(), json!("${env:KEY}"));
    let text = write_prompt(&spec);
    let versions = [WrittenVersion {
        spec: &spec,
        text: &text,
    }];
    let written = write_foreign(PromptFormat::Prompty, &versions).unwrap();
    assert_eq!(written.losses[0].place, "model.parameters.note");
}

const COPYING: [PromptFormat; 5] = [
    PromptFormat::Langfuse,
    PromptFormat::Langsmith,
    PromptFormat::Promptfoo,
    PromptFormat::Prompty,
    PromptFormat::Dotprompt,
];

proptest! {
    #[test]
    fn what_stands_beside_another_copy_counts_and_the_copy_says_the_rest(
        there in any_spec("[a-z ]{0,9}[a-z]"), copy in any_spec("[a-z ]{0,9}[a-z]")
    ) {
        let (mut there, mut copy) = (there, copy);
        for spec in [&mut there, &mut copy] {
            spec.name = "a".to_owned();
            spec.model = Some("openai:m".to_owned());
            spec.parameters.extra.retain(|_, value| !build::says_nothing(value));
            spec.sections.retain(|section| section.role != Role::Tool && !section.template.is_empty());
            spec.variables.clear();
            let schema = spec.output_schema.take();
            spec.output_schema = schema.map(|schema| json!({"type": "object", "default": schema}));
            for tool in &mut spec.tools {
                tool.parameters = json!({"type": "object", "default": tool.parameters});
            }
        }
        prop_assume!(!there.sections.is_empty());
        let text = write_prompt(&copy);
        let copy = parse(&text).unwrap();
        for format in COPYING {
            let written = write_foreign(format, &[WrittenVersion { spec: &there, text: &text }]).unwrap();
            let (name, file) = &written.files[0];
            let back = read_foreign(file, Some(name)).unwrap();
            prop_assert_eq!(back.format, format);
            let Some(back) = back.prompts[0].versions.first() else { continue };
            let messages = |spec: &PromptSpec| -> Vec<(Role, String)> {
                spec.sections.iter().map(|one| (one.role, one.template.trim().to_owned())).collect()
            };
            prop_assert_eq!(messages(&back.spec), messages(&there), "{:?}: {}", format, file);
            // What is null says nothing.
            let shown = |spec: &PromptSpec| json!([spec.parameters, spec.tools, spec.output_schema]);
            let (is, was) = (shown(&back.spec), shown(&there));
            prop_assert!(ours::is_same(&is, &was), "{:?}: {} {} {}", format, is, was, file);
            if back.file.is_none() {
                prop_assert_eq!(&back.spec.budget, &copy.budget);
                prop_assert!(back.losses.iter().any(|loss| loss.place.contains("plumbline")));
            }
        }
    }
}
