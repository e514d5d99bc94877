//! A folder of its own with a workspace and a prompt, and the program run in it.

use plumbline_engine::api::{CellView, GridFilter};
use plumbline_engine::{Engine, EngineOptions};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What a working machine needs at most; only a test that fails waits this long.
const DEADLINE: Duration = Duration::from_secs(40);

/// A prompt with a price (`openai:gpt-4.1-mini`) and a limit on output, so that its bound is known.
pub(crate) const PROMPT: &str = "---
name: answer
version: VERSION
owner: tests@example.test
description: Answers a question.
changelog: CHANGELOG
model: openai:gpt-4.1-mini
parameters:
  temperature: 0
  max_tokens: 50
variables:
  - name: question
    type: string
    description: What is asked.
budget:
  max_tokens_in: 400
  max_tokens_out: 50
---
system:
SYSTEM

user:
{{ question }}
";

pub(crate) fn prompt(version: &str, system: &str) -> String {
    PROMPT
        .replace("VERSION", version)
        .replace("CHANGELOG", "Says it better.")
        .replace("SYSTEM", system)
}

/// Cases `q-1` to `q-<count>`; case 7 asks `number 7`.
pub(crate) fn cases(count: usize) -> String {
    (1..=count)
        .map(|n| {
            let case = json!({
                "key": format!("q-{n}"),
                "variables": { "question": format!("number {n}") },
                "assertions": [{ "kind": "contains", "value": format!("number {n}") }],
            });
            format!("{case}\n")
        })
        .collect()
}

pub(crate) struct Stage {
    dir: TempDir,
}

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let stage = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        stage.write(
            "prompts/answer/prompt.md",
            prompt("1.1.0", "Answer in one word."),
        );
        stage.write(
            "prompts/answer/releases/1.0.0.md",
            prompt("1.0.0", "Answer."),
        );
        stage.write(
            "prompts/answer/releases/1.1.0.md",
            prompt("1.1.0", "Answer in one word."),
        );
        stage
    }

    /// With `cases.jsonl` beside the workspace.
    pub(crate) fn with_cases(count: usize) -> Self {
        let stage = Self::new();
        stage.write("cases.jsonl", cases(count));
        stage
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn workspace(&self) -> PathBuf {
        self.path("workspace.db")
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// The program in this folder, without any key or setting of the machine it runs on.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plumbline"));
        command
            .current_dir(self.dir.path())
            .env_clear()
            .env("HOME", self.dir.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            // Nobody's keyring: without an address the bus of the login would be found.
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
            .arg("--workspace")
            .arg(self.workspace())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command().args(args).output().unwrap())
    }

    /// The same with more variables of the environment.
    pub(crate) fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut command = self.command();
        command.args(args).envs(variables.iter().copied());
        Ran::of(command.output().unwrap())
    }

    /// Runs with `--json` and gives the one object, whatever the exit status.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        self.run_json(args).1
    }

    pub(crate) fn run_json(&self, args: &[&str]) -> (Option<i32>, Value) {
        let ran = Ran::of(self.command().arg("--json").args(args).output().unwrap());
        (ran.status, ran.object())
    }

    /// Every cell with its attempts, as the workspace holds them now: also while a program is at work.
    pub(crate) fn cells(&self) -> Vec<CellView> {
        let engine = Engine::open(EngineOptions {
            workspace: Some(self.workspace()),
            ..EngineOptions::default()
        })
        .unwrap();
        let runs = engine.run_list().unwrap().into_iter();
        let grids = runs.map(|run| engine.run_grid(run.id, &GridFilter::default(), 0, 100));
        let rows = grids.flat_map(|grid| grid.unwrap().rows);
        rows.flat_map(|row| row.cells)
            .flatten()
            .map(|cell| engine.cell_open(cell.id).unwrap())
            .collect()
    }

    pub(crate) fn run_with_input(&self, args: &[&str], input: &[u8]) -> Ran {
        let mut child = self
            .command()
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that refuses early closes its end; that is not this helper's failure.
        let _ = child.stdin.take().unwrap().write_all(input);
        Ran::of(child.wait_with_output().unwrap())
    }

    /// Starts the program and leaves it running.
    pub(crate) fn start(&self, args: &[&str]) -> Running {
        let child = self
            .command()
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Running(Some(child))
    }

    /// A replay of the prompt over `cases.jsonl` on the given server, as arguments.
    pub(crate) fn replay<'a>(&self, base_url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let mut args = vec![
            "replay",
            "answer@1.1.0",
            "--model",
            "openai:gpt-4.1-mini",
            "--dataset",
            "cases.jsonl",
            "--base-url",
            base_url,
        ];
        args.extend(more);
        args
    }
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            err: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// The one JSON object on stdout.
    pub(crate) fn object(&self) -> Value {
        assert_eq!(
            self.out.matches('\n').count(),
            1,
            "one line, one object: {self:#?}"
        );
        let value: Value =
            serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:#?}"));
        assert!(value.is_object(), "{self:#?}");
        value
    }

    /// Asserts a refusal: this status, nothing but an `error:` sentence with these words on stderr, no panic.
    pub(crate) fn passed(self) -> Self {
        assert_eq!(self.status, Some(0), "{self:#?}");
        self
    }

    pub(crate) fn refused(&self, status: i32, words: &[&str]) {
        assert_eq!(self.status, Some(status), "{self:#?}");
        assert!(!self.err.contains("panicked"), "{self:#?}");
        for word in words {
            assert!(self.err.contains(word), "`{word}` is missing: {self:#?}");
        }
    }
}

/// The program at work; killed when the test ends early.
pub(crate) struct Running(Option<Child>);

impl Running {
    pub(crate) fn id(&self) -> u32 {
        self.0.as_ref().unwrap().id()
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        self.0.as_mut().unwrap()
    }

    /// SIGKILL, as a crash does it.
    pub(crate) fn kill(mut self) {
        let mut child = self.0.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Sends a signal by name, such as `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.id().to_string())
            .status()
            .unwrap();
        assert!(sent.success());
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child().try_wait().unwrap().is_some()
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ran {
        until("the program to end", || self.has_ended());
        Ran::of(self.0.take().unwrap().wait_with_output().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Polls until the condition holds; fails the test at the deadline.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < DEADLINE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The project's own files.
pub(crate) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A number of the answer.
pub(crate) fn count(object: &Value, field: &str) -> u64 {
    object[field]
        .as_u64()
        .unwrap_or_else(|| panic!("`{field}` of {object:#}"))
}

/// Asserts several numbers of the answer.
#[track_caller]
pub(crate) fn counts(object: &Value, expected: &[(&str, u64)]) {
    for (name, number) in expected {
        assert_eq!(count(object, name), *number, "{name} of {object:#}");
    }
}
