use super::*;
use crate::EngineOptions;
use git2::{Repository, Signature, Time};
use serde_json::json;
use std::fs;

fn engine() -> (tempfile::TempDir, Engine) {
    let dir = tempfile::tempdir().unwrap();
    let engine = at(dir.path());
    (dir, engine)
}

fn at(dir: &Path) -> Engine {
    let root = dir.join("prompts");
    fs::create_dir_all(&root).unwrap();
    Engine::open(EngineOptions {
        workspace: Some(dir.join("w.db")),
        prompts: Some(root),
        ..EngineOptions::default()
    })
    .unwrap()
}

fn langfuse(texts: &[&str]) -> String {
    let versions: Vec<serde_json::Value> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            json!({"name": "Order status", "version": index + 1, "type": "text", "prompt": text, "config": {},
                "labels": [], "commitMessage": format!("Change {}", index + 1), "createdBy": "ada",
                "createdAt": format!("2026-03-0{}T09:30:00Z", index + 1)})
        })
        .collect();
    json!(versions).to_string()
}

fn steps(prompt: &ImportedPrompt) -> Vec<(&str, Option<&str>)> {
    prompt
        .versions
        .iter()
        .map(|v| (v.version.as_str(), v.bump.as_deref()))
        .collect()
}

#[test]
fn a_history_becomes_releases_with_computed_steps_and_again_only_what_is_new() {
    let (_dir, engine) = engine();
    let first = langfuse(&["Hello {{name}}", "Hello dear {{name}}"]);
    let import = engine.prompt_import(&first, None, None).unwrap();
    assert_eq!(import.format, "langfuse");
    assert_eq!(
        steps(&import.prompts[0]),
        [("1.0.0", None), ("1.1.0", Some("minor"))]
    );
    let more = langfuse(&[
        "Hello {{name}}",
        "Hello dear {{name}}",
        "Hello {{name}} of {{place}}",
    ]);
    let import = engine.prompt_import(&more, None, None).unwrap();
    assert_eq!(import.prompts[0].already, 2);
    assert_eq!(steps(&import.prompts[0]), [("2.0.0", Some("major"))]);
    let view = engine.prompt_open("order-status", None).unwrap();
    assert!(!view.drift);
    assert_eq!(view.releases[0].changelog, "Change 3");
    let origin = view.check.spec.unwrap().origin.unwrap();
    assert_eq!(
        (origin.source.as_str(), origin.id.as_deref()),
        ("langfuse", Some("3"))
    );
}

#[test]
fn a_prompt_of_that_name_that_came_from_elsewhere_and_unreleased_work_stay() {
    let (_dir, engine) = engine();
    engine.prompt_new("order-status", None).unwrap();
    let refused = engine
        .prompt_import(&langfuse(&["Hello"]), None, None)
        .unwrap_err();
    assert_eq!(refused.code, Code::Conflict);
    let named = engine
        .prompt_import(&langfuse(&["Hello"]), None, Some("other"))
        .unwrap();
    assert_eq!(named.prompts[0].name, "other");
    let view = engine.prompt_open("other", None).unwrap();
    engine
        .prompt_save("other", &format!("{}More.\n", view.text), &view.text_hash)
        .unwrap();
    let again = engine
        .prompt_import(&langfuse(&["Hello", "Bye"]), None, Some("other"))
        .unwrap();
    assert!(again.prompts[0].working_kept);
    assert_eq!(again.prompts[0].versions.len(), 1);
    assert!(
        engine
            .prompt_open("other", None)
            .unwrap()
            .text
            .ends_with("More.\n")
    );
    for name in ["../x", "tools", "CON"] {
        assert!(
            engine
                .prompt_import(&langfuse(&["x"]), None, Some(name))
                .is_err(),
            "{name}"
        );
    }
}

#[test]
fn a_file_of_another_tool_that_was_changed_is_a_new_release_though_it_keeps_its_version() {
    let (_dir, engine) = engine();
    let file = |text: &str| {
        format!("---\nname: reply\nversion: \"1.0\"\nmodel: {{api: chat}}\n---\nsystem:\n{text}\n")
    };
    let import = |text: &str| {
        let import = engine.prompt_import(&file(text), Some("reply.prompty"), None);
        let prompt = import.unwrap().prompts.remove(0);
        (prompt.versions.len(), prompt.already)
    };
    assert_eq!(import("Be brief."), (1, 0));
    assert_eq!(import("Be brief."), (0, 1));
    for format in [PromptFormat::Prompty, PromptFormat::Dotprompt] {
        let export = engine.prompt_export("reply", None, format).unwrap();
        let lost = export.losses.iter().map(|loss| loss.place.as_str());
        assert!(
            lost.eq(export.losses.iter().map(|_| "versions")),
            "{:?}",
            export.losses
        );
        let own = engine.prompt_import(&export.text, Some(&export.file_name), None);
        assert_eq!(own.unwrap().prompts[0].already, 1);
        let changed = format!("{}And say {format:?}.\n", export.text);
        let own = engine.prompt_import(&changed, Some(&export.file_name), None);
        assert_eq!(own.unwrap().prompts[0].versions.len(), 1, "{changed}");
        let again = engine.prompt_import(&changed, Some(&export.file_name), None);
        assert_eq!(again.unwrap().prompts[0].already, 1);
    }
}

#[test]
fn whole_histories_go_to_another_workspace_byte_for_byte() {
    let (dir, engine) = engine();
    engine
        .prompt_import(&langfuse(&["Hello {{name}}", "Hi {{name}}"]), None, None)
        .unwrap();
    for format in [
        PromptFormat::Json,
        PromptFormat::Langfuse,
        PromptFormat::Langsmith,
        PromptFormat::Promptfoo,
    ] {
        let export = engine.prompt_export("order-status", None, format).unwrap();
        assert_eq!(export.losses, []);
        let elsewhere = tempfile::tempdir().unwrap();
        let other = at(elsewhere.path());
        other.prompt_import(&export.text, None, None).unwrap();
        for file in ["prompt.md", "releases/1.0.0.md", "releases/1.1.0.md"] {
            let path = |root: &Path| root.join("prompts/order-status").join(file);
            let text = fs::read_to_string(path(dir.path())).unwrap();
            assert_eq!(
                fs::read_to_string(path(elsewhere.path())).unwrap(),
                text,
                "{file}"
            );
        }
    }
}

#[test]
fn every_commit_of_a_file_in_git_is_a_release_with_author_date_and_message() {
    let (dir, engine) = engine();
    let repo = dir.path().join("repo");
    let repository = Repository::init(&repo).unwrap();
    let file = repo.join("answer.txt");
    let mut parent = None;
    for (n, text) in [
        "Answer.",
        "Answer kindly.",
        "\u{0}\u{1}",
        "Answer {{ in }} braces.",
    ]
    .iter()
    .enumerate()
    {
        let bytes: &[u8] = if n == 2 {
            &[0xff, 0xfe]
        } else {
            text.as_bytes()
        };
        fs::write(&file, bytes).unwrap();
        let mut index = repository.index().unwrap();
        index.add_path(Path::new("answer.txt")).unwrap();
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let who = Signature::new(
            "Ada",
            "ada@example.test",
            &Time::new(1_700_000_000 + n as i64, 0),
        )
        .unwrap();
        let parents: Vec<git2::Commit<'_>> = parent
            .into_iter()
            .map(|id| repository.find_commit(id).unwrap())
            .collect();
        let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
        let message = format!("Change {n}\n\nBecause.");
        parent = Some(
            repository
                .commit(Some("HEAD"), &who, &who, &message, &tree, &parents)
                .unwrap(),
        );
    }
    let import = engine.prompt_import_git(&file, None).unwrap();
    let prompt = &import.prompts[0];
    assert_eq!(
        steps(prompt),
        [
            ("1.0.0", None),
            ("1.1.0", Some("minor")),
            ("1.2.0", Some("minor"))
        ]
    );
    assert_eq!(prompt.left_out.len(), 1, "what was no text is told");
    assert_eq!(prompt.versions[1].changelog, "Change 1");
    assert_eq!(
        prompt.versions[1].author.as_deref(),
        Some("Ada <ada@example.test>")
    );
    let again = engine.prompt_import_git(&file, None).unwrap();
    assert_eq!(
        (again.prompts[0].already, again.prompts[0].versions.len()),
        (3, 0)
    );
    let view = engine.prompt_open("answer", Some("1.2.0")).unwrap();
    assert_eq!(view.check.spec.unwrap().owner, "Ada <ada@example.test>");
}
