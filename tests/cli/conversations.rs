//! What was sent in production is sent again: single requests, and conversations whose tools answer as they did.

use crate::model_server::{COST_PICO, ModelServer, Reply, Seen};
use crate::stage::{Stage, count};
use serde_json::{Value, json};

/// One conversation: a question, a call of a tool, its answer, the last word.
fn stage() -> Stage {
    let question = json!({ "role": "user", "content": "Where is order 7?" });
    let called = json!({ "role": "assistant", "content": "",
        "tool_calls": [{ "id": "call-1", "name": "find", "arguments": { "id": 7 } }] });
    let answered = json!({ "role": "tool", "content": "shipped", "tool_call_id": "call-1" });
    let last = json!({ "role": "assistant", "content": "It has been shipped." });
    let call = |span_id: &str, start_ns: i64, input: Value, output: &Value, finish_reason: &str| {
        json!({
            "trace_id": "t1", "span_id": span_id, "kind": "llm", "provider": "openai",
            "model_requested": "gpt-4o", "start_ns": start_ns, "end_ns": start_ns + 5_000_000, "status": "ok",
            "parameters": { "temperature": 0.5, "max_tokens": 100, "logit_bias": { "5": 1 } },
            "tools": [{ "name": "find", "description": "Finds an order.", "schema": { "type": "object" } }],
            "tokens_in": 10, "tokens_out": 4,
            "input_messages": input, "output_messages": [output], "finish_reason": finish_reason,
        })
    };
    let start = 1_767_225_600_000_000_000_i64;
    let spans = [
        call("a", start, json!([question]), &called, "tool_calls"),
        json!({
            "trace_id": "t1", "span_id": "tool", "kind": "tool", "start_ns": start + 6_000_000,
            "end_ns": start + 7_000_000, "status": "ok", "tool_name": "find", "tool_arguments": { "id": 7 },
            "tool_result": "shipped",
        }),
        call(
            "b",
            start + 8_000_000,
            json!([question, called, answered]),
            &last,
            "stop",
        ),
    ];
    let stage = Stage::new();
    let lines: String = spans.iter().map(|span| format!("{span}\n")).collect();
    stage.write("trace.jsonl", lines);
    let imported = stage.json(&["import", "trace.jsonl"]);
    let stored = &imported["files"][0]["stored"];
    assert_eq!(stored, 3, "{imported:#}");
    stage
}

/// A model that looks up this order, then says what it read.
fn looks_up(id: u32) -> impl Fn(&Seen) -> Reply + Send + Sync {
    move |seen| {
        if seen.question.contains("order") {
            Reply::CallTool("find", json!({ "id": id }))
        } else {
            Reply::Answer(format!("The order is {}.", seen.question))
        }
    }
}

fn replay<'a>(model: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["replay", "@recorded", "--model", model, "--dataset", "sent"];
    args.extend(more);
    args
}

#[test]
fn a_conversation_goes_on_while_its_tools_were_called_the_same() {
    let stage = stage();
    let made = stage.json(&["dataset", "from-traces", "sent", "--conversations"]);
    assert_eq!(
        (&made["taken"], &made["recorded"]),
        (&json!(1), &json!(2)),
        "one conversation, two answers: {made:#}"
    );
    assert_eq!(made["left_out"], json!(["logit_bias"]));
    let server = ModelServer::start(looks_up(7));
    let (status, run) = stage.run_json(&replay(
        "openai:gpt-4.1-mini",
        &["--base-url", &server.base_url],
    ));
    assert_eq!(
        (status, count(&run, "live"), count(&run, "diverged")),
        (Some(0), 1, 0),
        "{run:#}"
    );
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(
        seen[0].body["tools"][0]["function"]["description"],
        "Finds an order."
    );
    assert_eq!(seen[0].body["temperature"], 0.5);
    assert_eq!(seen[1].body["messages"][2]["role"], "tool");
    assert_eq!(seen[1].body["messages"][2]["content"], "shipped");
    let paid: f64 = run["paid_usd"].as_str().unwrap().parse().unwrap();
    assert_eq!((paid * 1e12).round() as u64, 2 * COST_PICO);
    let cells = stage.cells();
    let cell = &cells[0].cell;
    assert_eq!(
        cell.completion.as_ref().unwrap().text,
        "The order is shipped."
    );
    assert_eq!((cell.turns.len(), cell.attempts), (1, 2));
    assert_eq!(stage.run(&["doctor"]).status, Some(0));

    let (_, again) = stage.run_json(&replay(
        "openai:gpt-4.1-mini",
        &["--base-url", &server.base_url],
    ));
    assert_eq!((count(&again, "cached"), server.requests()), (1, 2));
}

#[test]
fn another_call_than_was_recorded_is_where_it_diverged() {
    let stage = stage();
    stage.json(&["dataset", "from-traces", "sent", "--conversations"]);
    let server = ModelServer::start(looks_up(8));
    let (_, run) = stage.run_json(&replay(
        "openai:gpt-4.1-mini",
        &["--base-url", &server.base_url],
    ));
    assert_eq!(
        (
            count(&run, "live"),
            count(&run, "diverged"),
            server.requests()
        ),
        (1, 1, 1)
    );
    let cells = stage.cells();
    let diverged = cells[0].cell.diverged.as_ref().unwrap();
    assert_eq!(
        (
            diverged.turn,
            &diverged.arguments,
            &diverged.recorded_arguments
        ),
        (1, &json!({ "id": 8 }), &Some(json!({ "id": 7 })))
    );
    let shown = stage.run(&["run", "show", "latest"]);
    assert!(shown.out.contains("diverged"), "{}", shown.out);
}

#[test]
fn recordings_answer_what_was_sent_with_what_came_back() {
    let stage = stage();
    let made = stage.json(&["dataset", "from-traces", "sent", "--as-sent"]);
    assert_eq!(made["taken"], 2);
    let (status, run) = stage.run_json(&replay("recorded:gpt-4o", &[]));
    assert_eq!((status, count(&run, "recorded")), (Some(0), 2), "{run:#}");
    assert!(
        stage
            .cells()
            .iter()
            .any(|view| view.cell.completion.as_ref().unwrap().text == "It has been shipped.")
    );
    stage.json(&["dataset", "from-traces", "sent", "--conversations"]);
    let (_, run) = stage.run_json(&replay("recorded:gpt-4o", &[]));
    assert_eq!(
        (count(&run, "recorded"), count(&run, "diverged")),
        (1, 0),
        "a whole conversation from its recording: {run:#}"
    );
    let one = stage.json(&["dataset", "from-traces", "one", "--span", "t1/b"]);
    assert_eq!(one["taken"], 1);
    let none = stage.run(&["dataset", "from-traces", "none", "--span", "t1/zzz"]);
    none.refused(2, &["zzz"]);
}

#[test]
fn recordings_go_from_one_workspace_to_another() {
    let stage = stage();
    let made = stage.json(&["recording", "from-traces"]);
    assert_eq!(made, json!({ "model_calls": 2, "recorded": 2 }));
    let listed = stage.json(&["recording", "list"]);
    assert_eq!(
        listed["models"],
        json!([{ "provider": "openai", "model": "gpt-4o", "recordings": 2 }])
    );
    stage.json(&["dataset", "from-traces", "sent", "--as-sent"]);
    let server = ModelServer::start(looks_up(7));
    stage.json(&replay(
        "openai:gpt-4.1-mini",
        &["--base-url", &server.base_url],
    ));
    stage.run(&[
        "run",
        "record",
        "latest",
        "--recorder",
        "test",
        "--out",
        "answers.jsonl",
    ]);
    let other = self::stage();
    other.write(
        "answers.jsonl",
        std::fs::read(stage.path("answers.jsonl")).unwrap(),
    );
    assert_eq!(
        other.json(&["recording", "add", "answers.jsonl"])["added"],
        2
    );
    other.json(&["dataset", "from-traces", "sent", "--as-sent"]);
    let (_, run) = other.run_json(&replay("recorded:gpt-4.1-mini", &[]));
    assert_eq!(count(&run, "recorded"), 2, "{run:#}");
    other.write("broken.jsonl", "{\"provider\": 1}\n");
    other
        .run(&["recording", "add", "broken.jsonl"])
        .refused(2, &["line 1"]);
}

#[test]
fn a_case_without_a_request_cannot_be_sent_as_recorded() {
    let stage = Stage::with_cases(1);
    let run = stage.run_json(&[
        "replay",
        "@recorded",
        "--model",
        "recorded:gpt-4o",
        "--dataset",
        "cases.jsonl",
    ]);
    assert_eq!(count(&run.1, "not_sent"), 1);
    let why = stage.cells()[0].cell.problem.clone().unwrap();
    assert!(why.hint.unwrap().contains("--as-sent"));
}

#[cfg(unix)]
#[test]
fn a_crash_in_the_middle_of_a_conversation_pays_no_turn_twice() {
    let stage = stage();
    stage.json(&["dataset", "from-traces", "sent", "--conversations"]);
    let server = ModelServer::start(|seen| {
        if seen.question.contains("order") {
            Reply::CallTool("find", json!({ "id": 7 }))
        } else {
            Reply::Hold("done".to_owned())
        }
    });
    // Without the cache, so that it is the cell that keeps its turns.
    let args = replay(
        "openai:gpt-4.1-mini",
        &["--base-url", &server.base_url, "--no-cache"],
    );
    let program = stage.start(&args);
    server.wait_for(2);
    program.kill();
    server.release();
    let (_, resumed) = stage.run_json(&["replay", "--resume", "latest"]);
    assert_eq!(
        (count(&resumed, "unknown"), server.requests()),
        (1, 2),
        "{resumed:#}"
    );
    let (_, consented) = stage.run_json(&["replay", "--resume", "latest", "--resend-unknown"]);
    assert_eq!((count(&consented, "live"), server.requests()), (1, 3));
    assert_eq!(server.times()["Where is order 7?"], 1);
    assert_eq!(stage.run(&["doctor"]).status, Some(0));
}
