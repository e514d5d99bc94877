//! The labelled changes of `fixtures/bumps`, each with the bump that the rules ask for.

use super::{Bump, bump};
use crate::parse;
use plumbline_model::{PromptSpec, ToolDefinition};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    subject: Subject,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    why: String,
    bump: String,
    /// Stands in one of the reasons.
    says: Option<String>,
    /// Another subject than that of the file.
    subject: Option<Subject>,
    before: Value,
    after: Value,
}

/// What `before` and `after` are.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Subject {
    /// A piece of the base prompt and what takes its place.
    Prompt,
    /// Output schemas.
    Output,
    /// The arguments of one tool.
    Tool,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures/bumps")
}

fn files() -> Vec<File> {
    let entries = fs::read_dir(folder()).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "yaml"));
    paths.sort();
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        let options = serde_saphyr::options! { strict_booleans: true };
        serde_saphyr::from_str_with_options(&text, options)
            .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    };
    paths.iter().map(read).collect()
}

fn run(base: &str, case: &Case, subject: Subject) -> Bump {
    let with = |change: &dyn Fn(&mut PromptSpec, &Value), value: &Value| {
        let mut spec = parse(base).unwrap();
        change(&mut spec, value);
        spec
    };
    let (old, new) = match subject {
        Subject::Prompt => {
            let (from, to) = (case.before.as_str().unwrap(), case.after.as_str().unwrap());
            assert_eq!(base.matches(from).count(), 1, "{}: {from}", case.id);
            let edited = base.replacen(from, to, 1);
            let new = parse(&edited).unwrap_or_else(|e| panic!("{}: {e}", case.id));
            (parse(base).unwrap(), new)
        }
        Subject::Output => {
            let change = |spec: &mut PromptSpec, schema: &Value| {
                spec.output_schema = Some(schema.clone()).filter(|schema| !schema.is_null());
            };
            (with(&change, &case.before), with(&change, &case.after))
        }
        Subject::Tool => {
            let change = |spec: &mut PromptSpec, schema: &Value| {
                spec.tools = vec![ToolDefinition {
                    name: "lookup".to_owned(),
                    description: String::new(),
                    parameters: schema.clone(),
                }];
            };
            (with(&change, &case.before), with(&change, &case.after))
        }
    };
    bump(&old, &new)
}

#[test]
fn every_labelled_change_takes_its_bump() {
    let base = fs::read_to_string(folder().join("base.md")).unwrap();
    let (mut ids, mut wrong) = (BTreeSet::new(), Vec::new());
    for file in files() {
        for case in &file.cases {
            assert!(ids.insert(case.id.clone()), "{} stands twice", case.id);
            assert!(!case.why.is_empty(), "{}", case.id);
            let found = run(&base, case, case.subject.unwrap_or(file.subject));
            let said = |text: &String| found.reasons.iter().any(|reason| reason.contains(text));
            if found.computed.to_string() != case.bump || !case.says.as_ref().is_none_or(said) {
                wrong.push(format!(
                    "{} ({}): expected {} {:?}, found {} {:#?}",
                    case.id, case.why, case.bump, case.says, found.computed, found.reasons
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
    assert!(ids.len() >= 150, "{} cases", ids.len());
}

/// Released while a field that is new to a closed object did not count as a break.
const EARLIER: &[(&str, &str)] = &[("ticket-triage", "1.2.0")];

#[test]
fn no_sample_prompt_was_released_with_too_small_a_step() {
    let prompts = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../prompts");
    for folder in fs::read_dir(prompts).unwrap() {
        let releases = fs::read_dir(folder.unwrap().path().join("releases")).unwrap();
        let mut specs: Vec<PromptSpec> = releases
            .map(|file| parse(&fs::read_to_string(file.unwrap().path()).unwrap()).unwrap())
            .collect();
        specs.sort_by(|a, b| a.version.cmp(&b.version));
        for (old, new) in specs.iter().zip(specs.iter().skip(1)) {
            let found = bump(old, new);
            let least = found.computed.apply(&old.version);
            let (name, version) = (new.name.as_str(), new.version.to_string());
            let earlier = EARLIER.contains(&(name, version.as_str()));
            assert!(
                earlier || least <= new.version,
                "{name} {version}: {:?}",
                found.reasons
            );
        }
    }
}
