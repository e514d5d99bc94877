//! Names, messages, answers and errors written by an attacker: none of it may drive a terminal.

use crate::model_server::{ModelServer, Reply};
use crate::stage::{Ran, Stage, prompt};
use serde_json::json;

/// Clipboard (OSC 52), colour (CSI and its C1 form), title, bell, erase, direction and hidden characters.
const ATTACK: &str = "a\u{1b}]52;c;cm0gLXJm\u{7}b\u{1b}[31mc\u{9b}2Jd\u{202e}e\u{2066}f\u{200b}g\u{7f}h\u{8}i\ri\u{feff}j\u{e0041}k";

/// What a terminal would obey or hide. Line ends and tabs are ours too.
fn obeyed(text: &str) -> Vec<char> {
    text.chars()
        .filter(|c| match c {
            '\n' | '\t' => false,
            '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{feff}' => true,
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}' => true,
            '\u{e0000}'..='\u{e007f}' => true,
            c => c.is_control(),
        })
        .collect()
}

fn safe(ran: &Ran, what: &str) {
    for (stream, text) in [("stdout", &ran.out), ("stderr", &ran.err)] {
        assert_eq!(
            obeyed(text),
            Vec::<char>::new(),
            "{what}, {stream}: {text:?}"
        );
    }
    assert!(!ran.err.contains("panicked"), "{what}: {}", ran.err);
}

/// Runs a command as text and as JSON and looks at every character; answers what the text form said.
fn both(stage: &Stage, args: &[&str]) -> String {
    let ran = stage.run(args);
    safe(&ran, &format!("{args:?}"));
    let mut json = args.to_vec();
    json.push("--json");
    let object = stage.run(&json);
    safe(&object, &format!("{args:?} --json"));
    object.object();
    ran.out + &ran.err
}

#[test]
fn the_check_itself_sees_every_attack() {
    assert_eq!(obeyed(ATTACK).len(), 12);
}

#[test]
fn traces() {
    let stage = Stage::new();
    let message = json!([{ "role": "user", "content": ATTACK, ATTACK: ATTACK }]);
    let mut span = json!({
        "trace_id": "t", "span_id": "s", "kind": "llm", "start_ns": 1, "end_ns": 5_000_000, "status": "error",
        "input_messages": message, "output_messages": message, "tokens_in": 1, "tokens_out": 1,
        "documents": [{ "id": ATTACK, "source": ATTACK }], "tags": { ATTACK: ATTACK },
    });
    for name in [
        "name",
        "error_type",
        "error_message",
        "provider",
        "model_requested",
        "prompt_name",
        "prompt_version",
        "environment",
        "tenant",
        "request_id",
        "finish_reason",
    ] {
        span[name] = ATTACK.into();
    }
    span[ATTACK] = ATTACK.into();
    let hostile_id = json!({ "trace_id": ATTACK, "span_id": ATTACK, "kind": "llm", "start_ns": 2, "name": ATTACK });
    let broken = json!({ "trace_id": "t", "span_id": ATTACK, "kind": ATTACK, "start_ns": ATTACK });
    stage.write(
        &format!("{ATTACK}.jsonl"),
        format!("{span}\n{hostile_id}\n{broken}\n{ATTACK}\n"),
    );
    both(&stage, &["import", &format!("{ATTACK}.jsonl")]);
    assert!(
        both(&stage, &["trace", "list"]).contains("\\u{1b}"),
        "attacks are shown as text"
    );
    both(&stage, &["trace", "show", "t"]);
    both(&stage, &["trace", "show", "t", "s"]);
    both(&stage, &["trace", "show", ATTACK]);
    both(&stage, &["trace", "show", ATTACK, ATTACK]);
    both(&stage, &["stats", "--by", "model,day,prompt_version"]);
    both(&stage, &["dataset", "from-traces", ATTACK]);
    both(&stage, &["dataset", "list"]);
    for args in [&["trace", "export"][..], &["trace", "export", "--otlp"]] {
        let export = stage.run(args);
        safe(&export, &format!("{args:?}"));
        assert!(export.out.contains("\\u001b"), "{}", export.out);
    }
}

#[test]
fn names_of_files_and_things_that_do_not_exist() {
    let stage = Stage::new();
    stage.write(&format!("in/{ATTACK}.bin"), [0_u8, 1, 2, 3]);
    for args in [
        &["import", ATTACK][..],
        &["import", "in"],
        &["import", "in", "--format", ATTACK],
        &["trace", "show", ATTACK],
        &["trace", "list", "--sort", ATTACK],
        &["stats", "--by", ATTACK],
        &["prompt", "show", ATTACK],
        &["prompt", "show", &format!("answer@{ATTACK}")],
        &["prompt", "render", "answer", "--var", ATTACK],
        &["prompt", "render", "answer", "--case", ATTACK],
        &["run", "show", ATTACK],
        &["compare", ATTACK, ATTACK],
        &["diff", ATTACK, ATTACK],
        &["tokens", ATTACK],
        &["dataset", "add", ATTACK],
        &["cost", "--model", ATTACK, "--in", "1", "--out", "1"],
        &["replay", ATTACK, "--model", ATTACK, "--dataset", ATTACK],
        &[
            "replay",
            "answer",
            "--model",
            &format!("x:{ATTACK}"),
            "--dataset",
            ATTACK,
        ],
        &["demo", "--material", ATTACK],
    ] {
        both(&stage, args);
    }
}

#[test]
fn files_that_are_compared() {
    let stage = Stage::new();
    let name = format!("{ATTACK}.txt");
    stage.write(&name, format!("same\n{ATTACK}\n"));
    stage.write("b.txt", format!("same\n{ATTACK} more\n"));
    stage.write("a.json", json!({ ATTACK: ATTACK, "x": 1 }).to_string());
    stage.write("b.json", json!({ ATTACK: 1, "x": ATTACK }).to_string());
    for args in [
        &["diff", name.as_str(), "b.txt"][..],
        &["diff", &name, "b.txt", "--side-by-side"],
        &["diff", "a.json", "b.json"],
    ] {
        both(&stage, args);
    }
}

#[test]
fn prompts() {
    let stage = Stage::new();
    let quoted = serde_json::Value::from(ATTACK).to_string();
    let text = prompt("1.2.0", &format!("Answer. {ATTACK}"))
        .replace(
            "description: Answers a question.",
            &format!("description: {quoted}"),
        )
        .replace("owner: tests@example.test", &format!("owner: {quoted}"))
        .replace(
            "changelog: Says it better.",
            &format!("changelog: {quoted}"),
        );
    stage.write("prompts/answer/prompt.md", &text);
    stage.write("prompts/answer/releases/1.2.0.md", &text);
    stage.write(
        "prompts/unreadable/prompt.md",
        format!("---\n{ATTACK}: [\n---\n{ATTACK}"),
    );
    stage.write(&format!("prompts/{ATTACK}/prompt.md"), &text);
    both(&stage, &["prompt", "list"]);
    both(&stage, &["prompt", "list", "answer"]);
    both(&stage, &["prompt", "show", "answer"]);
    both(&stage, &["prompt", "show", "unreadable"]);
    both(&stage, &["prompt", "check"]);
    both(&stage, &["prompt", "diff", "answer", "1.1.0", "working"]);
    both(
        &stage,
        &[
            "prompt",
            "bump",
            "prompts/answer/releases/1.0.0.md",
            "prompts/answer/prompt.md",
        ],
    );
    let question = format!("question={ATTACK}");
    both(
        &stage,
        &[
            "prompt",
            "render",
            "answer",
            "--var",
            &question,
            "--var",
            &format!("{ATTACK}=1"),
        ],
    );
    both(&stage, &["doctor"]);
}

#[test]
fn answers_errors_and_case_keys() {
    let stage = Stage::new();
    let case =
        |key: &str, question: &str| json!({ "key": key, "variables": { "question": question } });
    let header = json!({ "dataset": ATTACK, "description": ATTACK });
    let lines = [
        header,
        case(ATTACK, "say it"),
        case("error", "fail"),
        case("page", "page"),
    ];
    let dataset: String = lines.iter().map(|line| format!("{line}\n")).collect();
    stage.write("cases.jsonl", dataset);
    let server = ModelServer::start(|seen| match seen.question.as_str() {
        "fail" => Reply::Refuse(
            400,
            Vec::new(),
            json!({ "error": { "message": ATTACK, "code": ATTACK } }).to_string(),
        ),
        "page" => Reply::Refuse(404, Vec::new(), ATTACK.to_owned()),
        _ => Reply::Answer(format!("{} {ATTACK}", seen.model)),
    });
    let mut args = stage.replay(&server.base_url, &["--no-cache"]);
    args.extend(["--model", "openai:gpt-4.1"]);
    both(&stage, &args);
    both(&stage, &["run", "show", "latest"]);
    both(&stage, &["run", "list"]);
    let shown = both(&stage, &["compare", "latest.0", "latest.1", "--show", "3"]);
    assert!(shown.contains("\\u{1b}"), "{shown}");
    both(&stage, &["compare", "latest.0", "latest.1", "--markdown"]);
    both(&stage, &["dataset", "list"]);
    both(&stage, &["stats", "--replays"]);
}

#[test]
fn our_own_colours_are_the_only_sequences() {
    let stage = Stage::new();
    stage.write("a.txt", format!("{ATTACK}\n"));
    stage.write("b.txt", format!("{ATTACK}!\n"));
    let mut text = stage
        .run(&["--color", "always", "diff", "a.txt", "b.txt"])
        .out;
    assert!(text.contains('\u{1b}'), "colour was asked for");
    while let Some(start) = text.find("\u{1b}[") {
        let length = text[start + 2..]
            .find(|c: char| !c.is_ascii_digit() && c != ';')
            .unwrap();
        let end = start + 2 + length;
        assert_eq!(
            text.as_bytes()[end],
            b'm',
            "only SGR: {:?}",
            &text[start..=end]
        );
        text.replace_range(start..=end, "");
    }
    assert_eq!(obeyed(&text), Vec::<char>::new());
}
