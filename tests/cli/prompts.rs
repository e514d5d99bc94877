//! Prompt files: hashes that every process agrees on, releases that never change, steps that are large enough.

use crate::stage::{Stage, prompt};
use serde_json::Value;
use std::fs;

#[test]
fn two_processes_render_the_same_hashes() {
    let (one, other) = (Stage::new(), Stage::new());
    let render = |stage: &Stage, question: &str| {
        let var = format!("question={question}");
        stage.json(&["prompt", "render", "answer@1.0.0", "--var", &var])
    };
    let (a, b) = (render(&one, "why?"), render(&other, "why?"));
    assert_eq!(a, b);
    assert_eq!(a["request_hash"].as_str().unwrap().len(), 64);
    let else_asked = render(&one, "why not?");
    assert_eq!(a["template_hash"], else_asked["template_hash"]);
    assert_ne!(a["request_hash"], else_asked["request_hash"]);
}

#[test]
fn a_value_that_is_json_is_read_as_json_and_a_file_gives_all_at_once() {
    let stage = Stage::new();
    let text = prompt("1.2.0", "Answer.").replace("type: string", "type: integer");
    stage.write("prompts/answer/prompt.md", text);
    let asked = |args: &[&str]| -> Value {
        let mut all = vec!["prompt", "render", "answer"];
        all.extend(args);
        stage.json(&all)["messages"][1]["content"].clone()
    };
    assert_eq!(asked(&["--var", "question=7"]), "7");
    stage.write("vars.json", "{\"question\": 8}");
    assert_eq!(asked(&["--vars", "vars.json"]), "8");
    assert_eq!(
        asked(&["--vars", "vars.json", "--var", "question=9"]),
        "9",
        "the last word wins"
    );
    let refused = stage.run(&["prompt", "render", "answer", "--var", "question=seven"]);
    refused.refused(2, &["question"]);
}

#[test]
fn a_step_that_is_too_small_is_refused_and_names_the_least() {
    let stage = Stage::new();
    let more = prompt("1.1.0", "Answer in one word.").replace(
        "variables:\n",
        "variables:\n  - name: tone\n    type: string\n    description: How to say it.\n",
    );
    stage.write(
        "prompts/answer/prompt.md",
        more.replace("{{ question }}", "{{ question }} {{ tone }}"),
    );
    let before = fs::read_to_string(stage.path("prompts/answer/prompt.md")).unwrap();
    let release = |version: &str| {
        stage.run(&[
            "prompt",
            "release",
            "answer",
            version,
            "--changelog",
            "Asks for a tone",
        ])
    };
    for version in ["1.1.0", "1.1.1", "1.2.0", "0.9.0"] {
        release(version).refused(2, &["major", "2.0.0"]);
    }
    release("two").refused(2, &["two", "1.2.0"]);
    assert_eq!(
        fs::read_to_string(stage.path("prompts/answer/prompt.md")).unwrap(),
        before,
        "a refused release writes nothing"
    );
    assert!(!stage.path("prompts/answer/releases/2.0.0.md").exists());
    assert_eq!(release("2.0.0").status, Some(0));
}

#[test]
fn a_release_is_written_once_and_a_changed_one_is_noticed() {
    let stage = Stage::new();
    let working = stage.path("prompts/answer/prompt.md");
    fs::write(&working, prompt("1.1.0", "Answer in two words.")).unwrap();
    let release = |changelog: &str| {
        stage.run(&[
            "prompt",
            "release",
            "answer",
            "1.2.0",
            "--changelog",
            changelog,
        ])
    };
    assert_eq!(release("Two words").status, Some(0));
    let file = stage.path("prompts/answer/releases/1.2.0.md");
    let released = fs::read_to_string(&file).unwrap();
    assert!(
        released.contains("version: 1.2.0") && released.contains("Two words"),
        "{released}"
    );
    assert_eq!(
        fs::read_to_string(&working).unwrap(),
        released,
        "the working file follows"
    );
    fs::write(&working, prompt("1.2.0", "Answer in three words.")).unwrap();
    release("Again").refused(2, &["1.2.0"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), released);

    let list = || stage.run_json(&["prompt", "list", "answer"]);
    let (status, rows) = list();
    assert_eq!(
        (status, &rows["releases"][0]["altered"]),
        (Some(0), &Value::Bool(false))
    );
    fs::write(&file, released.replace("two words", "2 words")).unwrap();
    let (status, rows) = list();
    assert_eq!(status, Some(1), "an altered release is a finding");
    assert_eq!(rows["releases"][0]["version"], "1.2.0");
    assert_eq!(rows["releases"][0]["altered"], true);
    assert_eq!(rows["releases"][1]["altered"], false);
    fs::write(&file, &released).unwrap();
    assert_eq!(list().0, Some(0), "putting it back mends it");
}

#[test]
fn a_release_whose_file_is_gone_is_told_and_comes_back() {
    let stage = Stage::new();
    let file = stage.path("prompts/answer/releases/1.0.0.md");
    let text = fs::read_to_string(&file).unwrap();
    let list = || stage.run_json(&["prompt", "list", "answer"]);
    let state = || {
        let (status, rows) = list();
        let row = rows["releases"][1].clone();
        (
            status,
            row["version"].clone(),
            row["missing"].clone(),
            row["altered"].clone(),
        )
    };
    assert_eq!(
        state(),
        (Some(0), "1.0.0".into(), false.into(), false.into())
    );
    fs::remove_file(&file).unwrap();
    assert_eq!(
        state(),
        (Some(1), "1.0.0".into(), true.into(), false.into())
    );
    let shown = stage.run(&["prompt", "history", "answer"]).out;
    assert!(shown.contains("file is missing"), "{shown}");
    // What it said is known all the same, and its version is not given to another text.
    let shown = stage.run(&["prompt", "show", "answer@1.0.0"]).passed();
    assert_eq!(shown.out.trim_end(), text.trim_end());
    let rendered = stage.run(&["prompt", "render", "answer@1.0.0", "--var", "question=x"]);
    rendered.passed();
    stage
        .run(&["prompt", "promote", "answer@1.0.0", "dev"])
        .refused(
            2,
            &["not in the folder any more", "prompt restore answer@1.0.0"],
        );
    stage.run(&["prompt", "restore", "answer@1.0.0"]).passed();
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    fs::write(&file, text.replace("Answer.", "Reply.")).unwrap();
    assert_eq!(
        state(),
        (Some(1), "1.0.0".into(), false.into(), true.into())
    );
    stage.run(&["prompt", "restore", "answer@1.0.0"]).passed();
    assert_eq!(
        state(),
        (Some(0), "1.0.0".into(), false.into(), false.into())
    );
    stage
        .run(&["prompt", "restore", "answer@7.0.0"])
        .refused(2, &["never saw answer@7.0.0"]);
    stage
        .run(&["prompt", "restore", "answer"])
        .refused(2, &["names no release"]);
}

#[test]
fn a_version_is_plain_and_never_given_twice() {
    let stage = Stage::new();
    let release = |version: &str| {
        stage.run(&[
            "prompt",
            "release",
            "answer",
            version,
            "--changelog",
            "Says it better",
        ])
    };
    stage.write(
        "prompts/answer/prompt.md",
        prompt("1.1.0", "Answer in two words."),
    );
    release("1.2.0-rc.1").refused(2, &["a plain version such as 1.2.3"]);
    release("1.2.0").passed();
    fs::remove_file(stage.path("prompts/answer/releases/1.2.0.md")).unwrap();
    stage.write(
        "prompts/answer/prompt.md",
        prompt("1.2.0", "Answer in three words."),
    );
    release("1.2.0").refused(
        2,
        &["was released before, with another text", "prompt restore"],
    );
}

#[test]
fn a_changelog_must_be_one_line() {
    let stage = Stage::new();
    stage.write(
        "prompts/answer/prompt.md",
        prompt("1.1.0", "Answer in two words."),
    );
    for changelog in ["", "  ", "a\nb"] {
        stage
            .run(&[
                "prompt",
                "release",
                "answer",
                "1.2.0",
                "--changelog",
                changelog,
            ])
            .refused(2, &["changelog"]);
    }
    assert!(!stage.path("prompts/answer/releases/1.2.0.md").exists());
}

#[test]
fn a_change_says_what_it_comes_to_before_its_lines() {
    let stage = Stage::with_cases(3);
    stage.run(&["dataset", "add", "cases.jsonl"]).passed();
    let text = prompt("1.1.0", "Answer in one word, and <b>never</b> in ``` two.");
    stage.write("prompts/answer/prompt.md", text);
    let before = stage.json(&["prompt", "diff", "answer"]);
    assert_eq!(before["computed"], "minor");
    assert_eq!(before["messages"][0]["kind"], "changed");
    assert_eq!(before["messages"][1]["kind"], "same");
    let counted = |side: &str| before["messages"][0][side].as_u64().unwrap();
    assert!(counted("tokens_before") < counted("tokens_after"));
    assert!(
        before["no_cost_because"]
            .as_str()
            .unwrap()
            .contains("no run of this prompt")
    );
    assert!(
        before["hunks"].is_array(),
        "the lines of before are where they were"
    );

    let plan = [
        "replay",
        "answer@1.0.0",
        "--model",
        "recorded:none",
        "--dataset",
        "cases",
    ];
    stage.run(&plan);
    let after = stage.json(&["prompt", "diff", "answer"]);
    let cost = &after["cost"];
    assert_eq!(
        (&cost["dataset"], &cost["cases"]),
        (&"cases".into(), &3.into())
    );
    let usd = |side: &str| cost[side].as_str().unwrap().parse::<f64>().unwrap();
    let (old, new) = (usd("usd_per_1000_before"), usd("usd_per_1000_after"));
    let tokens = |side: &str| cost[side].as_f64().unwrap();
    let per_mtok = 0.4;
    let expected = (tokens("tokens_in_after") - tokens("tokens_in_before")) * per_mtok / 1_000.0;
    assert!((new - old - expected).abs() < 1e-9, "{cost}");

    let released = [
        "prompt",
        "release",
        "answer",
        "1.2.0",
        "--changelog",
        "Says more.",
    ];
    let facts = stage.json(&released);
    assert_eq!(
        (&facts["from"], &facts["computed"]),
        (&"1.1.0".into(), &"minor".into())
    );
    assert_eq!(facts["cost"]["cases"], 3, "{facts}");
    stage.write(
        "prompts/answer/prompt.md",
        prompt("1.2.0", "Answer in ``` two."),
    );

    let shown = stage.run(&["prompt", "diff", "answer"]).passed().out;
    assert!(
        shown.contains("minor change") && shown.contains("1,000 calls of"),
        "{shown}"
    );
    let comment = stage
        .run(&["prompt", "diff", "answer", "--markdown"])
        .passed()
        .out;
    assert!(comment.starts_with("### answer 1"), "{comment}");
    assert!(
        comment.contains("````diff"),
        "a fence that its lines cannot end: {comment}"
    );
    stage
        .run(&["prompt", "diff", "answer", "--markdown", "--json"])
        .refused(2, &["cannot be used with"]);
}

/// Published packages that the snippet asks for, as far as plain values need them.
const RFC8785: &str = "import json
def plain(v):
    if isinstance(v, float) and v.is_integer():
        return int(v)
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items()}
    return [plain(x) for x in v] if isinstance(v, list) else v
def dumps(v):
    return json.dumps(plain(v), sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()
";

#[test]
fn an_application_computes_the_hashes_that_we_compute() {
    let stage = Stage::new();
    let snippet = |language: &str| {
        let args = ["prompt", "snippet", "answer@1.0.0", "--language", language];
        stage.run(&args).passed().out
    };
    for language in ["python", "typescript", "rust"] {
        assert!(
            snippet(language).contains("plumbline.prompt.hash"),
            "{language}"
        );
    }
    stage
        .run(&["prompt", "snippet", "answer", "--language", "cobol"])
        .refused(2, &["python"]);
    stage.write("rfc8785.py", RFC8785);
    let rendered = stage.json(&[
        "prompt",
        "render",
        "answer@1.0.0",
        "--var",
        "question=wie spät?",
    ]);
    let request = &rendered["request"];
    let check = format!(
        "{}\n\nclass Span(dict):\n    def set_attributes(self, them):\n        self.update(them)\n    def set_attribute(self, \
         name, value):\n        self[name] = value\n\nspan = Span()\nrequest = json.loads({})\nmark(span, {{}}, \
         request['messages'], request['parameters'])\nprint(json.dumps(span))\n",
        snippet("python"),
        serde_json::Value::from(request.to_string())
    );
    stage.write("check.py", check);
    let mut python = std::process::Command::new("python3");
    let ran = python.arg("check.py").current_dir(stage.path(".")).output();
    let Ok(ran) = ran else {
        eprintln!("skipped: there is no python3 to run the snippet with");
        return;
    };
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let span: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(span["plumbline.prompt.name"], "answer");
    assert_eq!(span["plumbline.prompt.version"], "1.0.0");
    assert_eq!(span["plumbline.prompt.hash"], rendered["template_hash"]);
    assert_eq!(span["plumbline.request.hash"], rendered["request_hash"]);
}

#[test]
fn a_release_killed_at_any_moment_is_whole_or_not_there() {
    let stage = Stage::new();
    let (mut whole, mut absent) = (0, 0);
    for n in 0..40 {
        let version = format!("1.{}.0", n + 2);
        let text = prompt(&version, &format!("Answer in {n} words."));
        stage.write("prompts/answer/prompt.md", &text);
        let args = [
            "prompt",
            "release",
            "answer",
            &version,
            "--changelog",
            "Shorter.",
        ];
        let running = stage.start(&args);
        std::thread::sleep(std::time::Duration::from_millis(n));
        running.kill();
        let file = stage.path(&format!("prompts/answer/releases/{version}.md"));
        match fs::read_to_string(&file) {
            Ok(released) => {
                whole += 1;
                let end = format!("Answer in {n} words.\n\nuser:\n{{{{ question }}}}\n");
                assert!(released.ends_with(&end), "half a release: {released}");
            }
            Err(_) => {
                absent += 1;
                stage.run(&args).passed();
            }
        }
        // The working file is the old one or the new one, and nothing of the write lies about as a release.
        let working = fs::read_to_string(stage.path("prompts/answer/prompt.md")).unwrap();
        assert!(
            working.contains(&format!("Answer in {n} words.")),
            "{working}"
        );
        let releases = stage.json(&["prompt", "list", "answer"])["releases"].clone();
        assert_eq!(releases[0]["version"], version.as_str());
        assert_eq!(releases.as_array().unwrap().len() as u64, n + 3);
    }
    assert_eq!(whole + absent, 40);
}

#[test]
fn a_check_with_fix_makes_what_leaves_no_doubt_and_says_so() {
    let stage = Stage::new();
    let sound = prompt("1.2.0", "Answer it.");
    let text = sound
        .replace("name: answer", "name: anser")
        .replace("Answer it.", "Answer it.\u{200b} {{ tone }}");
    stage.write("prompts/answer/prompt.md", &text);
    let looked = stage.run_json(&["prompt", "check", "answer"]);
    assert_eq!((looked.0, looked.1["fixed"].is_null()), (Some(1), true));
    assert_eq!(
        fs::read_to_string(stage.path("prompts/answer/prompt.md")).unwrap(),
        text
    );
    let (status, fixed) = stage.run_json(&["prompt", "check", "answer", "--fix"]);
    assert_eq!(status, Some(0), "{fixed}");
    assert_eq!(
        fixed["fixed"],
        serde_json::json!([
            "Declare `tone`",
            "Set `name` to answer",
            "Set `version` to 2.0.0",
            "Remove the characters that nobody sees"
        ])
    );
    assert_eq!(fixed["errors"], 0);
    let again = stage.json(&["prompt", "check", "answer", "--fix"]);
    assert_eq!(again["fixed"], serde_json::json!([]));
}

#[test]
fn a_fix_in_doubt_is_named_and_not_made() {
    let stage = Stage::new();
    let text = prompt("1.2.0", "Answer it.").replace("{{ question }}", "{{ quesion }}");
    stage.write("prompts/answer/prompt.md", &text);
    let ran = stage.run(&["prompt", "check", "answer", "--fix"]);
    ran.refused(1, &[]);
    let now = fs::read_to_string(stage.path("prompts/answer/prompt.md")).unwrap();
    assert!(
        now.contains("{{ quesion }}") && now.contains("name: question"),
        "{now}"
    );
}
