//! Nothing is lost without a word, whichever format: held against files as the tools write them.

use super::*;
use crate::write::tests::any_spec;
use crate::{parse, render, write_prompt};
use plumbline_model::PromptSpec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Name and text of a file under `fixtures/prompts`.
macro_rules! fixture {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../../fixtures/prompts/",
                $name
            )),
        )
    };
}
pub(super) use fixture;

/// Name and text of each file.
const FIXTURES: &[(&str, &str)] = &[
    fixture!("langfuse/page.json"),
    fixture!("openai/chat.json"),
    fixture!("openai/responses.json"),
    fixture!("openai/batch.jsonl"),
    fixture!("anthropic/messages.json"),
    fixture!("anthropic/batch.jsonl"),
];

fn text_of(name: &str) -> &'static str {
    FIXTURES.iter().find(|(known, _)| *known == name).unwrap().1
}

/// Places of the losses of the newest version, in the order of the alphabet.
fn lost(name: &str) -> (ForeignFile, Vec<String>) {
    let file = read_foreign(text_of(name), Some(name)).unwrap();
    let newest = file.prompts[0].versions.last().unwrap();
    let mut places: Vec<String> = newest
        .losses
        .iter()
        .map(|loss| loss.place.clone())
        .collect();
    places.sort();
    (file, places)
}

#[test]
fn a_page_of_langfuse_tells_all_that_a_prompt_has_no_place_for() {
    let (file, places) = lost("langfuse/page.json");
    let expected = [
        "config.model",
        "config.response_format.json_schema.name",
        "config.response_format.json_schema.strict",
        "id",
        "isActive",
        "meta",
        "projectId",
        "prompt[1]",
        "tags",
        "updatedAt",
    ];
    assert_eq!(places, expected);
    let [first, second] = file.prompts[0].versions.as_slice() else {
        panic!("two versions");
    };
    assert_eq!(
        (first.id.as_deref(), second.id.as_deref()),
        (Some("1"), Some("2"))
    );
    assert_eq!(first.spec.changelog, "Imported from langfuse, version 1.");
    assert_eq!(second.labels, ["production", "latest"]);
    assert_eq!(second.spec.output_schema, Some(json!({"type": "object"})));
    assert_eq!(second.spec.tools[0].name, "find_order");
    assert_eq!(second.spec.parameters.extra, Default::default());
}

#[test]
fn requests_of_openai_tell_all_that_a_prompt_has_no_place_for() {
    let (file, places) = lost("openai/chat.json");
    let expected = [
        "messages[0].role",
        "messages[1].content",
        "messages[1].content[1]",
        "messages[1].name",
        "response_format.json_schema.name",
        "response_format.json_schema.strict",
        "tools[0].strict",
    ];
    assert_eq!(places, expected);
    let request = render(&file.prompts[0].versions[0].spec, &Map::new()).unwrap();
    assert_eq!(
        request.messages[0].content.text(),
        "Write {{braces}} as they are."
    );

    let (file, places) = lost("openai/responses.json");
    assert_eq!(places, ["text.format.name", "tools[1]"]);
    let extra = &file.prompts[0].versions[0].spec.parameters.extra;
    assert_eq!(extra["text"], json!({"verbosity": "low"}));
    assert_eq!(extra["reasoning"], json!({"effort": "low"}));

    let (file, places) = lost("openai/batch.jsonl");
    assert_eq!(places, ["custom_id", "method", "url"]);
    assert_eq!(file.prompts[0].versions.len(), 2);
}

#[test]
fn requests_of_anthropic_tell_all_that_a_prompt_has_no_place_for() {
    let (file, places) = lost("anthropic/messages.json");
    let expected = [
        "messages[1].content",
        "messages[1].content[0]",
        "system[0].cache_control",
        "tools[1]",
    ];
    assert_eq!(places, expected);
    let spec = &file.prompts[0].versions[0].spec;
    assert_eq!(spec.parameters.extra["top_k"], json!(5));
    assert_eq!(spec.sections[2].template, "On its way.");
    let (file, places) = lost("anthropic/batch.jsonl");
    assert_eq!(
        (file.format, places),
        (PromptFormat::Anthropic, vec!["custom_id".to_owned()])
    );
}

/// Every way to put a member into one of the objects of a value.
pub(super) fn with_stranger(value: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    match value {
        Value::Object(members) => {
            let mut more = members.clone();
            more.insert("zz".to_owned(), json!("zz-stranger"));
            all.push(Value::Object(more));
            for (key, member) in members {
                all.extend(with_stranger(member).into_iter().map(|changed| {
                    let mut members = members.clone();
                    members.insert(key.clone(), changed);
                    Value::Object(members)
                }));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                all.extend(with_stranger(item).into_iter().map(|changed| {
                    let mut items = items.clone();
                    items[index] = changed;
                    Value::Array(items)
                }));
            }
        }
        _ => {}
    }
    all
}

/// Whether a person hears of the stranger, or finds it in the prompt.
fn is_told(file: &ForeignFile) -> bool {
    file.prompts.iter().any(|prompt| {
        !prompt.left_out.is_empty()
            || prompt.versions.iter().any(|version| {
                let holder = |loss: &Loss| loss.place.contains("zz") || loss.what.contains("zz-s");
                json!(version.spec).to_string().contains("zz-stranger")
                    || version.losses.iter().any(holder)
            })
    })
}

#[test]
fn a_member_that_nobody_expects_is_kept_or_told_wherever_it_stands() {
    for (name, text) in FIXTURES {
        let documents: Vec<Value> = serde_json::Deserializer::from_str(text)
            .into_iter()
            .collect::<Result<_, _>>()
            .unwrap();
        for changed in with_stranger(&documents[0]) {
            let changed = changed.to_string();
            let told = match read_foreign(&changed, Some(name)) {
                Ok(file) => is_told(&file) || is_lost_as_a_whole(&changed, &file),
                Err(_) => true,
            };
            assert!(told, "{name}: {changed}");
        }
    }
}

/// Within a part or a tool that is told to be lost there is nothing more to tell.
fn is_lost_as_a_whole(changed: &str, file: &ForeignFile) -> bool {
    let value: Value = serde_json::from_str(changed).unwrap();
    let version = file.prompts[0].versions.last().unwrap();
    version.losses.iter().any(|loss| {
        let pointer = format!("/{}", loss.place.replace(['.', '['], "/").replace(']', ""));
        let roots = ["", "/body", "/params", "/data/0", "/data/0/config"];
        let holds = |root: &&str| {
            let lost = value.pointer(&format!("{root}{pointer}"));
            loss.effect == LossEffect::Dropped
                && lost.is_some_and(|lost| lost.to_string().contains("zz-stranger"))
        };
        roots.iter().any(holds)
    })
}

#[test]
fn what_could_mean_two_things_is_refused() {
    let message = r#"{"role": "user", "content": "x"}"#;
    for text in [
        format!("{{\"messages\": [{message}], \"messages\": []}}"),
        format!("{{\"messages\": [{message}], \"__proto__\": {{}}}}"),
        format!("{{\"messages\": [{message}]}}\n7"),
        format!(
            "{{\"messages\": {}1{}}}",
            "[".repeat(5_000),
            "]".repeat(5_000)
        ),
        format!("[{}1]", "{\"messages\": []},".repeat(MAX_VERSIONS + 1)),
    ] {
        let error = read_foreign(&text, None).unwrap_err();
        assert!(matches!(error, PromptError::Foreign(_)), "{error}");
    }
}

#[test]
fn a_page_of_many_says_that_the_others_are_not_here() {
    let text = text_of("langfuse/page.json").replace("\"totalPages\": 1", "\"totalPages\": 3");
    let file = read_foreign(&text, None).unwrap();
    assert_eq!(file.prompts[0].left_out[0].place, "meta");
}

#[test]
fn whatever_is_changed_in_langfuse_counts_and_is_told() {
    let text = crate::parse::tests::FULL;
    let spec = parse(text).unwrap();
    let versions = [WrittenVersion { spec: &spec, text }];
    let written = write_foreign(PromptFormat::Langfuse, &versions).unwrap();
    let mut documents: Value = serde_json::from_str(&written.files[0].1).unwrap();
    let changes = [
        ("/0/config/temperature", json!(0.9)),
        ("/0/config/model", json!("openai:gpt-4.1")),
        ("/0/config/reasoning_effort", Value::Null),
        ("/0/prompt/1/content", json!("Say {{ ticket }}")),
    ];
    for (path, changed) in changes {
        let was = documents
            .pointer_mut(path)
            .map(|at| std::mem::replace(at, changed.clone()));
        let file = read_foreign(&documents.to_string(), None).unwrap();
        let version = &file.prompts[0].versions[0];
        assert!(version.file.is_none(), "{path}");
        assert!(
            version
                .losses
                .iter()
                .any(|loss| loss.place == "config.plumbline"),
            "{path}"
        );
        *documents.pointer_mut(path).unwrap() = was.unwrap();
    }
    let whole = read_foreign(&documents.to_string(), None).unwrap();
    assert_eq!(whole.prompts[0].versions[0].file.as_deref(), Some(text));
    assert_eq!(whole.prompts[0].versions[0].losses, []);
}

#[test]
fn a_changed_version_does_not_bear_the_number_of_the_one_it_was() {
    let text = crate::parse::tests::FULL
        .replace("owner: ", "origin: {source: langfuse, id: \"1\"}\nowner: ");
    let spec = parse(&text).unwrap();
    let version = WrittenVersion {
        spec: &spec,
        text: &text,
    };
    let written = write_foreign(PromptFormat::Langfuse, &[version]).unwrap();
    let changed = written.files[0].1.replace("\"low\"", "\"high\"");
    assert_ne!(changed, written.files[0].1);
    let file = read_foreign(&changed, None).unwrap();
    let version = &file.prompts[0].versions[0];
    let origin = version.spec.origin.as_ref().unwrap();
    assert_eq!((origin.source.as_str(), &origin.id), ("langfuse", &None));
}

#[test]
fn ten_thousand_prompts_of_one_name_are_told_apart_in_a_moment() {
    let one = |_| json!({"name": "a", "versions": []});
    let prompts: Vec<Value> = (0..MAX_VERSIONS).map(one).collect();
    let document = json!({"format": "plumbline.prompt", "version": 1, "prompts": prompts});
    let file = read_foreign(&document.to_string(), None).unwrap();
    let names: BTreeSet<&str> = file
        .prompts
        .iter()
        .map(|prompt| prompt.name.as_str())
        .collect();
    assert_eq!(names.len(), MAX_VERSIONS);
}

/// Members of a prompt by the place under which their loss is told.
fn members(spec: &PromptSpec) -> Map<String, Value> {
    let messages: Vec<Value> = spec
        .sections
        .iter()
        .map(|section| json!([section.role, section.template]))
        .collect();
    let said = json!({
        "version": spec.version, "owner": spec.owner, "description": spec.description,
        "changelog": spec.changelog, "model": spec.model, "parameters": spec.parameters,
        "variables": spec.variables, "tools": spec.tools, "output_schema": spec.output_schema,
        "budget": spec.budget, "origin": spec.origin, "messages": messages,
    });
    said.as_object().unwrap().clone()
}

proptest! {
    #[test]
    fn what_a_body_does_not_bring_back_is_in_its_losses(spec in any_spec("[a-z {}%#.]{0,12}")) {
        let nothing = members(&PromptSpec::unnamed());
        let text = write_prompt(&spec);
        let spec = parse(&text).unwrap();
        for format in [PromptFormat::Openai, PromptFormat::Anthropic, PromptFormat::Text] {
            let written = write_foreign(format, &[WrittenVersion { spec: &spec, text: &text }]).unwrap();
            let Ok(back) = read_foreign(&written.files[0].1, Some(&written.files[0].0)) else { continue };
            let Some(version) = back.prompts[0].versions.first() else { continue };
            let back = members(&version.spec);
            for (member, value) in members(&spec) {
                let is_there = super::ours::is_same(&back[&member], &value);
                if value == nothing[&member] || is_there {
                    continue;
                }
                let told = written.losses.iter().any(|loss| loss.place.starts_with(&member));
                prop_assert!(told, "{:?}: {} was {} and is {}", format, member, value, back[&member]);
            }
        }
    }

    #[test]
    fn a_file_that_was_tampered_with_makes_nothing_fall(
        which in 0..FIXTURES.len(), at in any::<prop::sample::Index>(), length in 0..9_usize,
        with in "[{}\\[\\],:\"0-9a-z\\\\{%]{0,6}",
    ) {
        let (name, text) = FIXTURES[which];
        let chars: Vec<char> = text.chars().collect();
        let at = at.index(chars.len());
        let rest = chars.iter().skip(at + length);
        let changed: String = chars[..at].iter().copied().chain(with.chars()).chain(rest.copied()).collect();
        let _ = read_foreign(&changed, Some(name));
    }
}
