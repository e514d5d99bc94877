//! Tools as files: a prompt takes them by name, and is stale from a change of one until it was replayed with it.

use crate::model_server::{ModelServer, echo};
use crate::stage::{Stage, cases, prompt};
use serde_json::{Value, json};

fn tool(description: &str) -> String {
    format!(
        "---\nname: search_orders\nversion: 1.0.0\nowner: tests@example.test\nchangelog: First.\nparameters:\n  type: object\n  properties: {{email: {{type: string}}}}\n---\n{description}\n"
    )
}

fn stage() -> Stage {
    let stage = Stage::with_cases(2);
    stage.write("prompts/tools/search_orders/tool.md", tool("Finds orders."));
    stage
        .run(&[
            "tool",
            "release",
            "search_orders",
            "1.0.0",
            "--changelog",
            "First.",
        ])
        .passed();
    let text = prompt("1.0.0", "Be brief.");
    let text = text.replacen("\n---\n", "\ntools:\n  - use: search_orders\n---\n", 1);
    stage.write("prompts/answer/prompt.md", text);
    stage
}

fn replay_of<'a>(base_url: &'a str, dataset: &'a str) -> [&'a str; 8] {
    let model = ["--model", "openai:gpt-4.1-mini"];
    [
        "replay",
        "answer",
        model[0],
        model[1],
        "--dataset",
        dataset,
        "--base-url",
        base_url,
    ]
}

fn tools_sent(server: &ModelServer) -> Vec<Value> {
    let seen = server.seen();
    seen.iter()
        .map(|seen| seen.body["tools"][0]["function"]["description"].clone())
        .collect()
}

#[test]
fn a_change_of_a_tool_makes_its_prompts_stale_until_they_are_replayed() {
    let (stage, server) = (stage(), ModelServer::start(echo));
    let replay = || {
        stage
            .run(&replay_of(&server.base_url, "cases.jsonl"))
            .passed()
    };
    let state = || stage.run_json(&["prompt", "tools", "answer"]);
    assert_eq!(state().0, Some(0), "never replayed is not stale");
    replay();
    assert_eq!(tools_sent(&server), ["Finds orders.", "Finds orders."]);
    assert_eq!(state().0, Some(0));

    stage.write(
        "prompts/tools/search_orders/tool.md",
        tool("Finds the orders of a customer."),
    );
    assert_eq!(
        state().0,
        Some(0),
        "a draft of a tool is not sent, so it moves nothing"
    );
    let released = stage.json(&[
        "tool",
        "release",
        "search_orders",
        "1.1.0",
        "--changelog",
        "Clearer.",
    ]);
    assert_eq!(released["computed"], "minor", "{released:#}");
    assert_eq!(released["used_by"][0]["stale"], true, "{released:#}");
    let (status, told) = state();
    assert_eq!(status, Some(1));
    assert_eq!(
        (&told["stale"]["bump"], &told["stale"]["dataset"]),
        (&json!("minor"), &json!("cases"))
    );
    let list = stage.json(&["prompt", "list"]);
    assert_eq!(list["prompts"][0]["stale"], true, "{list:#}");
    let shown = stage.run(&["prompt", "tools", "answer"]);
    shown.refused(1, &[]);
    assert!(shown.out.contains("replay it"), "{}", shown.out);

    replay();
    assert_eq!(
        tools_sent(&server)[2..],
        ["Finds the orders of a customer."; 2]
    );
    assert_eq!(state().0, Some(0));
    assert_eq!(
        stage.json(&["prompt", "list"])["prompts"][0]["stale"],
        false
    );
}

#[test]
fn another_dataset_does_not_make_it_fresh() {
    let (stage, server) = (stage(), ModelServer::start(echo));
    stage
        .run(&replay_of(&server.base_url, "cases.jsonl"))
        .passed();
    stage.write("other.jsonl", cases(1));
    stage.write(
        "prompts/tools/search_orders/tool.md",
        tool("Finds the orders of a customer."),
    );
    stage
        .run(&[
            "tool",
            "release",
            "search_orders",
            "1.1.0",
            "--changelog",
            "Clearer.",
        ])
        .passed();
    stage
        .run(&replay_of(&server.base_url, "other.jsonl"))
        .passed();
    assert_eq!(stage.run_json(&["prompt", "tools", "answer"]).0, Some(1));
}

#[test]
fn a_tool_whose_name_is_no_folder_or_whose_step_is_too_small_is_refused() {
    let stage = stage();
    stage
        .run(&["tool", "new", "../x"])
        .refused(2, &["cannot be the name of a tool"]);
    stage
        .run(&["tool", "new", "Search_orders"])
        .refused(2, &["there is a tool"]);
    let text = tool("Finds orders.").replace("type: string", "type: integer");
    stage.write("prompts/tools/search_orders/tool.md", text);
    stage
        .run(&[
            "tool",
            "release",
            "search_orders",
            "1.0.1",
            "--changelog",
            "By number.",
        ])
        .refused(2, &["too small a step", "2.0.0"]);
    let listed = stage.json(&["tool", "list"]);
    assert_eq!(listed["tools"][0]["used_by"], json!(["answer"]));
    assert_eq!(listed["tools"][0]["drift"], true);
    let missing = stage.run(&["tool", "show", "nothing"]);
    missing.refused(2, &["no tool `nothing`", "plumbline tool list"]);
}
