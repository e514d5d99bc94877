use super::*;
use crate::EngineOptions;
use plumbline_model::Code;
use std::fs;

fn engine() -> (tempfile::TempDir, Engine) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("prompts");
    fs::create_dir_all(&root).unwrap();
    let engine = Engine::open(EngineOptions {
        workspace: Some(dir.path().join("w.db")),
        prompts: Some(root),
        ..EngineOptions::default()
    })
    .unwrap();
    (dir, engine)
}

fn with_tool(engine: &Engine) {
    engine.prompt_new("support", Some("ada")).unwrap();
    let view = engine.prompt_open("support", None).unwrap();
    let text = view
        .text
        .replace("budget:\n", "tools:\n  - use: search_orders\nbudget:\n");
    engine
        .prompt_save("support", &text, &view.text_hash)
        .unwrap();
}

fn edit(engine: &Engine, from: &str, to: &str) {
    let view = engine.tool_open("search_orders", None).unwrap();
    engine
        .tool_save(
            "search_orders",
            &view.text.replace(from, to),
            &view.text_hash,
        )
        .unwrap();
}

#[test]
fn a_tool_is_released_with_a_step_that_is_large_enough_and_never_changes() {
    let (dir, engine) = engine();
    assert!(engine.tool_list().unwrap().is_empty());
    engine.tool_new("search_orders", Some("ada")).unwrap();
    let twice = engine.tool_new("Search_Orders", None).unwrap_err();
    assert_eq!(twice.code, Code::Conflict);
    engine
        .tool_release("search_orders", "1.0.0", "First.")
        .unwrap();
    edit(&engine, "type: string", "type: integer");
    let refused = engine
        .tool_release("search_orders", "1.1.0", "By number.")
        .unwrap_err();
    assert!(refused.message.contains("major"), "{refused}");
    let view = engine
        .tool_release("search_orders", "2.0.0", "By number.")
        .unwrap();
    let versions: Vec<&str> = view.releases.iter().map(|r| r.version.as_str()).collect();
    assert_eq!(versions, ["2.0.0", "1.0.0"]);
    assert!(!view.drift);

    let path = dir
        .path()
        .join("prompts/tools/search_orders/releases/1.0.0.md");
    fs::write(&path, fs::read_to_string(&path).unwrap() + "!").unwrap();
    let altered: Vec<bool> = engine
        .tool_open("search_orders", None)
        .unwrap()
        .releases
        .iter()
        .map(|release| release.altered)
        .collect();
    assert_eq!(altered, [false, true]);
}

#[test]
fn a_release_of_a_prompt_keeps_its_tools_whatever_becomes_of_their_files() {
    let (dir, engine) = engine();
    engine.tool_new("search_orders", Some("ada")).unwrap();
    with_tool(&engine);
    let early = engine
        .prompt_release("support", "1.0.0", "First.")
        .unwrap_err();
    assert!(early.message.contains("search_orders"), "{early}");
    engine
        .tool_release("search_orders", "1.0.0", "First.")
        .unwrap();
    let view = engine.prompt_release("support", "1.0.0", "First.").unwrap();
    assert!(
        !view.drift,
        "the working file refers, the release says all, and both are the same"
    );
    assert!(view.text.contains("- use: search_orders"), "{}", view.text);
    let hash = view.releases[0].template_hash.clone();

    edit(&engine, "Say in one", "Finds orders. Say in one");
    engine
        .tool_release("search_orders", "1.1.0", "Says what it finds.")
        .unwrap();
    let view = engine.prompt_open("support", None).unwrap();
    assert!(view.drift, "the working file takes the newest tool");
    assert_eq!(
        view.check.bump.as_deref(),
        Some("minor"),
        "{:?}",
        view.check.bump_reasons
    );
    fs::remove_dir_all(dir.path().join("prompts/tools")).unwrap();
    let release = engine.prompt_open("support", Some("1.0.0")).unwrap();
    assert_eq!(release.check.template_hash, Some(hash));
    let gone = engine.prompt_open("support", None).unwrap().check;
    assert!(
        gone.findings
            .iter()
            .any(|f| f.severity == FindingSeverity::Error),
        "{gone:?}"
    );
}

#[test]
fn who_uses_a_tool_and_which_release_is_told() {
    let (_dir, engine) = engine();
    engine.tool_new("search_orders", Some("ada")).unwrap();
    engine
        .tool_release("search_orders", "1.0.0", "First.")
        .unwrap();
    with_tool(&engine);
    let view = engine.prompt_open("support", None).unwrap();
    let pinned = view
        .text
        .replace("use: search_orders", "use: search_orders@1.0.0");
    engine
        .prompt_save("support", &pinned, &view.text_hash)
        .unwrap();
    edit(&engine, "Say in one", "Finds orders. Say in one");
    engine
        .tool_release("search_orders", "1.1.0", "Says what it finds.")
        .unwrap();
    let used = engine.tool_open("search_orders", None).unwrap().used_by;
    assert_eq!(used[0].prompt, "support");
    assert_eq!(used[0].version.as_deref(), Some("1.0.0"));
    assert!(
        used[0].behind && !used[0].stale,
        "never replayed is not stale"
    );
    let tools = engine.prompt_tools("support").unwrap();
    assert_eq!(
        (
            tools.behind[0].newest.as_str(),
            tools.behind[0].bump.as_str()
        ),
        ("1.1.0", "minor")
    );
    assert_eq!(engine.tool_list().unwrap()[0].used_by, ["support"]);
}

#[test]
fn no_prompt_takes_the_place_of_the_tools() {
    let (_dir, engine) = engine();
    assert!(engine.prompt_new("tools", None).is_err());
    engine.tool_new("tools", None).unwrap();
}
