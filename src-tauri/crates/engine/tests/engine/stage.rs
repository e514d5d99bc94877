//! A folder with a workspace and one prompt in two versions, and answers recorded for it as a test wants them.

use plumbline_engine::api::VariablesFrom;
use plumbline_engine::{Engine, EngineOptions};
use plumbline_model::{RunPlan, Target};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(crate) struct Stage {
    pub(crate) dir: TempDir,
    pub(crate) engine: Engine,
}

const PROMPT: &str = "---
name: label
version: VERSION
owner: tests@example.test
description: Puts a label on a text.
changelog: First.
parameters:
  temperature: 0
  max_tokens: 20
variables:
  - name: text
    type: string
    description: What is labelled.
budget:
  max_tokens_in: 200
  max_tokens_out: 20
---
system:
SYSTEM

user:
{{ text }}
";

pub(crate) fn prompt(version: &str, system: &str) -> String {
    PROMPT.replace("VERSION", version).replace("SYSTEM", system)
}

/// One recorded answer.
pub(crate) struct Said {
    pub(crate) version: &'static str,
    pub(crate) case: &'static str,
    pub(crate) text: &'static str,
    pub(crate) tokens_out: u64,
    pub(crate) latency_ms: f64,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("prompts/label");
        std::fs::create_dir_all(folder.join("releases")).unwrap();
        for (version, system) in [("1.0.0", "Label it."), ("1.1.0", "Label it in one word.")] {
            let text = prompt(version, system);
            std::fs::write(folder.join(format!("releases/{version}.md")), &text).unwrap();
            std::fs::write(folder.join("prompt.md"), &text).unwrap();
        }
        let engine = open(&dir);
        Self { dir, engine }
    }

    /// A second process' view of the same workspace: connections and memory of its own.
    pub(crate) fn other(&self) -> Engine {
        open(&self.dir)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A dataset whose case `x` says `text x` and expects `label x` in the answer.
    pub(crate) fn dataset(&self, name: &str, keys: &[&str]) {
        let mut lines = format!("{}\n", json!({ "dataset": name }));
        for key in keys {
            let case = json!({
                "key": key,
                "variables": { "text": format!("text {key}") },
                "assertions": [{ "kind": "contains", "value": format!("label {key}") }],
            });
            lines.push_str(&format!("{case}\n"));
        }
        let path = self.write(&format!("{name}.jsonl"), &lines);
        self.engine.dataset_add(&path).unwrap();
    }

    /// Keeps answers of `gpt-4.1-mini` under the requests that the prompt makes of the cases.
    pub(crate) fn record(&self, answers: &[Said]) {
        let mut lines = String::new();
        for said in answers {
            let mut values = serde_json::Map::new();
            values.insert("text".to_owned(), format!("text {}", said.case).into());
            let rendered = self
                .engine
                .prompt_render(
                    "label",
                    Some(said.version),
                    None,
                    &VariablesFrom::Values { values },
                )
                .unwrap();
            let completion: Value = json!({
                "status": "complete", "text": said.text, "tool_calls": [], "finish_reason": "stop",
                "usage": { "tokens_in": 100, "tokens_out": said.tokens_out },
                "model_returned": null, "provider_fingerprint": null, "response_id": null,
                "time_to_first_token_ms": null, "latency_ms": said.latency_ms,
            });
            let recording = json!({
                "provider": "openai", "model": "gpt-4.1-mini", "recorded_on": "2026-11-24",
                "request_hash": rendered.assembled.request_hash, "completion": completion,
            });
            lines.push_str(&format!("{recording}\n"));
        }
        let stored = self
            .engine
            .add_recordings(lines.as_bytes(), "a test")
            .unwrap();
        assert_eq!(stored, answers.len() as u64);
    }
}

pub(crate) fn plan(prompts: &[&str], dataset: &str, provider: &str) -> RunPlan {
    RunPlan {
        prompts: prompts.iter().map(|prompt| (*prompt).to_owned()).collect(),
        targets: vec![Target {
            provider: provider.to_owned(),
            model: "gpt-4.1-mini".to_owned(),
        }],
        dataset: dataset.to_owned(),
        repeats: 1,
        concurrency: 2,
        base_url: None,
        base_urls: Default::default(),
        cap_usd: None,
        tenant: None,
        waits: Default::default(),
        use_cache: false,
        retries: true,
    }
}

fn open(dir: &TempDir) -> Engine {
    Engine::open(EngineOptions {
        workspace: Some(dir.path().join("workspace.db")),
        prompts: Some(dir.path().join("prompts")),
        ..EngineOptions::default()
    })
    .unwrap()
}

/// Polls until the condition holds; only a test that fails waits for the deadline.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "waited in vain for {what}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}
