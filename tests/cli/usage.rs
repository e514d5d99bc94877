//! Help, exit statuses, colour: what a person types wrong, and what a script branches on.

use crate::stage::{Stage, prompt};

/// Every command that can be asked for help.
const COMMANDS: &[&[&str]] = &[
    &["import"],
    &["listen"],
    &["prompt"],
    &["prompt", "list"],
    &["prompt", "show"],
    &["prompt", "check"],
    &["prompt", "bump"],
    &["prompt", "render"],
    &["prompt", "diff"],
    &["prompt", "release"],
    &["prompt", "restore"],
    &["prompt", "new"],
    &["prompt", "edit"],
    &["prompt", "history"],
    &["prompt", "environments"],
    &["prompt", "promote"],
    &["prompt", "rollback"],
    &["prompt", "snippet"],
    &["prompt", "blame"],
    &["prompt", "import"],
    &["prompt", "export"],
    &["prompt", "contract"],
    &["prompt", "tools"],
    &["tool"],
    &["tool", "list"],
    &["tool", "show"],
    &["tool", "new"],
    &["tool", "edit"],
    &["tool", "check"],
    &["tool", "release"],
    &["replay"],
    &["compare"],
    &["review"],
    &["review", "summary"],
    &["review", "judge"],
    &["review", "accept"],
    &["review", "reject"],
    &["review", "reopen"],
    &["review", "label"],
    &["review", "sign-off"],
    &["share"],
    &["diff"],
    &["tokens"],
    &["cost"],
    &["trace"],
    &["trace", "list"],
    &["trace", "show"],
    &["trace", "export"],
    &["trace", "mapping"],
    &["trace", "mapping", "suggest"],
    &["trace", "mapping", "save"],
    &["trace", "mapping", "list"],
    &["trace", "mapping", "show"],
    &["trace", "mapping", "delete"],
    &["stats"],
    &["redaction"],
    &["redaction", "add"],
    &["redaction", "list"],
    &["redaction", "remove"],
    &["redaction", "test"],
    &["dataset"],
    &["dataset", "list"],
    &["dataset", "add"],
    &["dataset", "from-traces"],
    &["recording"],
    &["recording", "list"],
    &["recording", "add"],
    &["recording", "from-traces"],
    &["run"],
    &["run", "list"],
    &["run", "show"],
    &["run", "checks"],
    &["run", "record"],
    &["forecast"],
    &["cap"],
    &["cache"],
    &["cache", "show"],
    &["cache", "purge"],
    &["price"],
    &["price", "list"],
    &["price", "set"],
    &["price", "remove"],
    &["price", "import"],
    &["price", "table"],
    &["price", "recompute"],
    &["key"],
    &["key", "set"],
    &["key", "list"],
    &["key", "remove"],
    &["doctor"],
    &["demo"],
];

#[test]
fn every_command_shows_examples_that_name_itself() {
    let stage = Stage::new();
    let top = stage.run(&["--help"]);
    assert_eq!(top.status, Some(0));
    assert!(top.out.contains("Exit status"), "{}", top.out);
    for command in COMMANDS {
        assert!(
            top.out.contains(command[0]),
            "the list of commands lacks {command:?}"
        );
        let mut args = command.to_vec();
        args.push("--help");
        let help = stage.run(&args);
        assert_eq!(help.status, Some(0), "{help:#?}");
        let example = format!("plumbline {}", command.join(" "));
        let examples = help.out.split("Examples:").nth(1);
        assert!(
            examples.is_some_and(|text| text.contains(&example)),
            "no example `{example}` in the help:\n{}",
            help.out
        );
    }
    // A command that is added must be added here.
    let listed = top.out.split("Commands:").nth(1).unwrap();
    let commands = listed
        .lines()
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help");
    for name in commands {
        assert!(
            COMMANDS.iter().any(|command| command[0] == name),
            "{name} is not tested"
        );
    }
}

#[test]
fn wrong_usage_exits_2_and_says_nothing_on_stdout() {
    let stage = Stage::new();
    for args in [
        &["no-such-command"][..],
        &[],
        &["import"],
        &["import", "x", "--no-such-option"],
        &[
            "cost",
            "--model",
            "gpt-4.1-mini",
            "--in",
            "many",
            "--out",
            "1",
        ],
        &["replay"],
        &["replay", "answer", "--model", "openai:x"],
        &["replay", "--resume", "latest", "answer"],
        &["replay", "--resume", "latest", "--repeat", "2"],
        &[
            "replay",
            "--resume",
            "latest",
            "--base-url",
            "http://127.0.0.1:1",
        ],
        &["replay", "--resume", "latest", "--no-cache"],
        &[
            "replay",
            "answer",
            "--model",
            "openai:x",
            "--dataset",
            "d",
            "--resend-unknown",
        ],
        &["--color", "sometimes", "doctor"],
        &["compare", "latest"],
    ] {
        for json in [false, true] {
            let mut all = args.to_vec();
            if json {
                all.push("--json");
            }
            let ran = stage.run(&all);
            assert_eq!(ran.status, Some(2), "{all:?}: {ran:#?}");
            assert_eq!(ran.out, "", "{all:?}");
            assert!(!ran.err.is_empty(), "{all:?}");
        }
    }
    assert!(
        !stage.workspace().exists(),
        "wrong usage leaves no file behind"
    );
}

#[test]
fn wrong_input_exits_2_with_a_sentence_and_a_next_step() {
    let stage = Stage::with_cases(1);
    stage.write("list.json", "[1]");
    stage.write("binary.bin", [0xff_u8, 0xfe, 0x00, 0x9f]);
    let replay = |more: &[&'static str]| {
        let mut args = vec!["replay", "answer"];
        args.extend(more);
        args
    };
    for (args, words) in [
        (vec!["tokens", "nowhere.txt"], &["nowhere.txt"][..]),
        (vec!["tokens", "binary.bin"], &["binary.bin", "UTF-8"]),
        (
            vec!["tokens", "cases.jsonl", "--encoding", "p50k"],
            &["p50k", "o200k_base"],
        ),
        (
            vec![
                "cost", "--model", "x", "--in", "1", "--out", "1", "--cached", "2",
            ],
            &["--cached"],
        ),
        (vec!["diff", "nowhere.txt", "cases.jsonl"], &["nowhere.txt"]),
        (
            vec!["prompt", "render", "answer", "--var", "question"],
            &["key=value"],
        ),
        (
            vec![
                "prompt",
                "render",
                "answer",
                "--vars",
                "list.json",
                "--var",
                "x=1",
            ],
            &["list.json", "object"],
        ),
        (vec!["prompt", "render", "answer"], &["question"]),
        (
            vec!["prompt", "show", "../answer"],
            &["cannot be the name of a prompt"],
        ),
        (
            vec!["prompt", "show", "answer@9.9.9"],
            &["9.9.9", "prompt list"],
        ),
        (
            vec!["prompt", "show", "answer@latest"],
            &["latest", "1.2.0"],
        ),
        (vec!["prompt", "bump", "cases.jsonl", "cases.jsonl"], &[]),
        (
            vec!["stats", "--by", "colour"],
            &["colour", "prompt_version"],
        ),
        (
            vec!["trace", "list", "--sort", "nicest"],
            &["nicest", "slowest"],
        ),
        (vec!["trace", "show", "nope"], &["nope", "trace list"]),
        (vec!["compare", "latest", "latest"], &["latest"]),
        (
            vec!["run", "show", "latest"],
            &["no run", "plumbline replay"],
        ),
        (vec!["run", "show", "0190"], &["0190", "run list"]),
        (vec!["replay", "--resume", "latest"], &["no run"]),
        (vec!["dataset", "add", "binary.bin"], &["binary.bin"]),
        (
            vec!["import", "cases.jsonl", "--format", "xml"],
            &["xml", "otlp_json"],
        ),
        (
            replay(&["--model", "gpt-4.1", "--dataset", "cases.jsonl"]),
            &["provider:model", "openai:"],
        ),
        (
            replay(&["--model", "openai:x", "--dataset", "no.jsonl"]),
            &["no.jsonl", "JSONL"],
        ),
        (
            replay(&["--model", "openai:x", "--dataset", "cases.jsonl"]),
            &["OPENAI_API_KEY"],
        ),
        (
            replay(&["--model", "vllm:x", "--dataset", "cases.jsonl"]),
            &["base URL"],
        ),
        (
            replay(&[
                "--model",
                "vllm:x",
                "--dataset",
                "cases.jsonl",
                "--base-url",
                "ftp://x",
            ]),
            &["ftp"],
        ),
        (
            replay(&[
                "--model",
                "openai:x",
                "--dataset",
                "cases.jsonl",
                "--cap-usd",
                "much",
            ]),
            &["much", "--cap-usd"],
        ),
        (
            replay(&[
                "--model",
                "openai:x",
                "--dataset",
                "cases.jsonl",
                "--repeat",
                "0",
            ]),
            &["repeats"],
        ),
        (vec!["demo", "--material", "nowhere"], &["--material"]),
    ] {
        let ran = stage.run(&args);
        ran.refused(2, words);
        assert_eq!(ran.out, "", "{args:?}: {ran:#?}");
        assert!(ran.err.starts_with("error: "), "{args:?}: {ran:#?}");
    }
}

#[test]
fn a_prompt_with_errors_is_a_finding() {
    let stage = Stage::new();
    assert_eq!(stage.run(&["prompt", "check"]).status, Some(0));
    stage.write("prompts/broken/prompt.md", "no front matter");
    let ran = stage.run(&["prompt", "check"]);
    assert_eq!(ran.status, Some(1), "{ran:#?}");
    assert!(ran.out.contains("broken"), "{ran:#?}");
    let mismatch = prompt("1.0.0", "Answer {{ nothing }}.");
    stage.write("prompts/answer/prompt.md", mismatch);
    assert_eq!(stage.run(&["prompt", "check", "answer"]).status, Some(1));
}

#[test]
fn a_file_that_is_no_workspace_is_refused_untouched() {
    let stage = Stage::new();
    let content = b"SQLite format 3\0 or so I say";
    std::fs::write(stage.workspace(), content).unwrap();
    stage
        .run(&["doctor"])
        .refused(2, &["workspace.db", "not a Plumbline workspace"]);
    assert_eq!(std::fs::read(stage.workspace()).unwrap(), content);
}

#[test]
fn a_workspace_that_is_damaged_is_ours_to_say() {
    let stage = Stage::new();
    stage.run(&["doctor"]);
    let mut bytes = std::fs::read(stage.workspace()).unwrap();
    let end = bytes.len();
    // The first page names ours; everything behind it is noise.
    bytes[16_384..end].fill(0xa5);
    std::fs::write(stage.workspace(), &bytes).unwrap();
    for args in [&["doctor"][..], &["trace", "list"], &["run", "list"]] {
        let ran = stage.run(args);
        assert_eq!(ran.status, Some(4), "{args:?}: {ran:#?}");
        assert!(!ran.err.contains("panicked"), "{ran:#?}");
    }
}

#[test]
fn colour_comes_only_where_it_is_wanted() {
    let stage = Stage::new();
    let coloured = |args: &[&str], no_color: Option<&str>| {
        let mut command = stage.command();
        command.args(args).arg("prompt").arg("check");
        command
            .env("TERM", "xterm-256color")
            .env("CLICOLOR_FORCE", "1");
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        let out = command.output().unwrap();
        (String::from_utf8(out.stdout).unwrap() + &String::from_utf8(out.stderr).unwrap())
            .contains('\u{1b}')
    };
    assert!(!coloured(&[], None), "a pipe is no terminal");
    assert!(!coloured(&[], Some("1")));
    assert!(coloured(&["--color", "always"], None));
    assert!(!coloured(&["--color", "never"], None));
    assert!(
        !coloured(&["--color", "always", "--json"], None),
        "JSON has no colour"
    );
}

#[test]
fn help_and_errors_have_no_colour_in_a_pipe() {
    let stage = Stage::new();
    for args in [&["--help"][..], &["replay", "--help"], &["no-such-command"]] {
        let ran = stage.run(args);
        assert!(!(ran.out + &ran.err).contains('\u{1b}'), "{args:?}");
    }
}
