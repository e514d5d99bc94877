//! The demo: the main job on real material, offline.
//!
//! Prompts, cases, imported traces and recorded answers of a real model come from the project's folders;
//! the answers are compared, counted and priced by the same code as everything else.

use crate::Engine;
use crate::api::{DemoSummary, JobKind, Side};
use crate::import::ReadAs;
use crate::jobs::JobHandle;
use crate::redaction::Redaction;
use crate::replay::RECORDED;
use plumbline_model::{JobId, Problem, RunPlan, Target};
use plumbline_tokens::prices::PriceOverride;
use serde::Deserialize;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

const SUMMARY: &str = "demo_summary";

/// Where the demo's prompts and fixtures are.
#[derive(Debug, Clone)]
pub struct DemoMaterial {
    root: PathBuf,
}

/// What `fixtures/demo/demo.json` says: which runs the demo makes. The last is its story, and the newest in every list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    runs: Vec<ScriptRun>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScriptRun {
    prompts: Vec<String>,
    models: Vec<String>,
    dataset: String,
}

impl DemoMaterial {
    /// The material at `root`, or above the program or the current folder.
    pub fn find(root: Option<&Path>) -> Result<Self, Problem> {
        let above = |start: Option<PathBuf>| {
            start
                .into_iter()
                .flat_map(|path| path.ancestors().map(Path::to_path_buf).collect::<Vec<_>>())
        };
        let program = std::env::current_exe().ok();
        let candidates: Vec<PathBuf> = match root {
            Some(root) => vec![root.to_path_buf()],
            None => above(std::env::current_dir().ok())
                .chain(above(program))
                .collect(),
        };
        candidates
            .into_iter()
            .find(|root| root.join("fixtures/demo/demo.json").is_file())
            .map(|root| Self { root })
            .ok_or_else(|| {
                Problem::not_found("the demo's material (prompts/ and fixtures/) was not found")
                    .hint("Run it inside a clone of Plumbline, or name one with --material FOLDER.")
            })
    }

    fn fixtures(&self, folder: &str) -> PathBuf {
        self.root.join("fixtures").join(folder)
    }

    fn script(&self) -> Result<Script, Problem> {
        read_json(&self.fixtures("demo").join("demo.json"))
    }
}

impl Engine {
    /// Makes the demo as a job.
    pub fn demo_start(&self, material: &DemoMaterial) -> Result<JobId, Problem> {
        let job = self.inner.jobs.start(JobKind::Demo, "demo", "steps");
        let id = job.id();
        let (engine, material) = (self.clone(), material.clone());
        self.inner.runtime.spawn_blocking(move || {
            let mut job = job;
            let outcome = engine.demo_as(&mut job, &material);
            job.end(&outcome);
        });
        Ok(id)
    }

    /// Makes the demo and waits.
    pub fn demo(&self, material: &DemoMaterial) -> Result<DemoSummary, Problem> {
        let mut job = self.inner.jobs.start(JobKind::Demo, "demo", "steps");
        let outcome = self.demo_as(&mut job, material);
        job.end(&outcome);
        outcome
    }

    /// What the last demo of this workspace showed.
    pub fn demo_summary(&self) -> Result<Option<DemoSummary>, Problem> {
        let stored = self.inner.workspace.setting(SUMMARY)?;
        // A summary of an older version is no summary.
        Ok(stored.and_then(|text| serde_json::from_str(&text).ok()))
    }

    fn demo_as(
        &self,
        job: &mut JobHandle,
        material: &DemoMaterial,
    ) -> Result<DemoSummary, Problem> {
        let script = material.script()?;
        let steps = Some(5 + script.runs.len() as u64);
        let mut done = 0;
        let mut step = |job: &mut JobHandle, note: &str| {
            done += 1;
            job.progress(done, steps, || note.to_owned());
        };
        step(job, "prompts");
        self.open_prompts_folder(&self.copy_prompts(&material.root.join("prompts"))?)?;
        step(job, "datasets");
        for path in files_in(&material.fixtures("datasets"), "jsonl")? {
            self.dataset_add(&path)?;
        }
        step(job, "prices");
        let prices: Vec<PriceOverride> = read_json(&material.fixtures("demo").join("prices.json"))?;
        for price in &prices {
            self.set_price(price)?;
        }
        step(job, "traces");
        let traces = files_in(&material.fixtures("demo").join("traces"), "jsonl")?;
        let imported = self.import_as(job, &traces, &ReadAs::Detected, Redaction::On)?;
        if let Some(failure) = imported.failures.first() {
            return Err(failure.problem.clone());
        }
        step(job, "recordings");
        for path in files_in(&material.fixtures("recordings"), "jsonl")? {
            let file = File::open(&path).map_err(|error| unreadable(&path, &error))?;
            self.add_recordings(BufReader::new(file), &path.display().to_string())?;
        }
        let mut story = None;
        for run in &script.runs {
            step(job, &format!("replaying {}", run.dataset));
            let run_id = self.replay_within(&run.plan(), job)?;
            story = Some(run_id);
        }
        let run_id = story.ok_or_else(|| Problem::internal("the demo's script names no run"))?;
        let spans: u64 = imported
            .files
            .iter()
            .map(|file| file.counts.read - file.counts.quarantined)
            .sum();
        let summary = self.summarise(run_id, spans)?;
        let text = serde_json::to_string(&summary)
            .map_err(|error| Problem::internal(format!("the summary cannot be stored: {error}")))?;
        self.inner.workspace.put_setting(SUMMARY, Some(&text))?;
        Ok(summary)
    }

    fn summarise(
        &self,
        run_id: plumbline_model::RunId,
        spans: u64,
    ) -> Result<DemoSummary, Problem> {
        let side = |column| Side {
            run_id,
            column: Some(column),
        };
        let view = self.compare_open(&[side(0), side(1)])?;
        let (a, b, compared) = view
            .first_pair()
            .ok_or_else(|| Problem::internal("the demo compares two columns"))?;
        let view = self.run_open(run_id)?;
        Ok(DemoSummary {
            prompt: a.prompt_name.clone(),
            version_a: a.prompt_version.clone(),
            version_b: b.prompt_version.clone(),
            model: a.target.model.clone(),
            cases: compared.matched + compared.not_comparable,
            answers_moved: compared.changed + compared.fixed + compared.broken,
            fixed: compared.fixed,
            broken: compared.broken,
            tokens_in: view.row.totals.tokens_in,
            tokens_out: view.row.totals.tokens_out,
            cost_usd: view.row.totals.cost_usd,
            p50_ms: view.row.p50_ms,
            p95_ms: view.row.p95_ms,
            verdict: compared.verdict.clone(),
            run_id: run_id.to_string(),
            spans_imported: spans,
        })
    }

    /// The demo's prompts beside the workspace, so that editing one leaves the project as it is.
    fn copy_prompts(&self, from: &Path) -> Result<PathBuf, Problem> {
        let workspace = self.workspace_path();
        let name = workspace
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let to = workspace.with_file_name(format!("{name}-prompts"));
        copy_missing(from, &to).map_err(|error| {
            Problem::bad_input(format!(
                "cannot copy the prompts to {}: {error}",
                to.display()
            ))
            .hint("Choose a workspace in a folder that can be written.")
        })?;
        Ok(to)
    }
}

impl ScriptRun {
    fn plan(&self) -> RunPlan {
        RunPlan {
            prompts: self.prompts.clone(),
            targets: self
                .models
                .iter()
                .map(|model| Target {
                    provider: RECORDED.to_owned(),
                    model: model.clone(),
                })
                .collect(),
            dataset: self.dataset.clone(),
            repeats: 1,
            concurrency: 8,
            base_url: None,
            base_urls: Default::default(),
            cap_usd: None,
            tenant: None,
            waits: Default::default(),
            use_cache: false,
            retries: true,
        }
    }
}

/// Copies what is not there yet: an edited copy stays edited.
fn copy_missing(from: &Path, to: &Path) -> std::io::Result<()> {
    let mut folders = vec![PathBuf::new()];
    while let Some(relative) = folders.pop() {
        fs::create_dir_all(to.join(&relative))?;
        for entry in fs::read_dir(from.join(&relative))? {
            let entry = entry?;
            let path = relative.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if !to.join(&path).exists() {
                fs::copy(entry.path(), to.join(&path))?;
            }
        }
    }
    Ok(())
}

fn files_in(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, Problem> {
    let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect();
    files.sort();
    Ok(files)
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Problem> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    serde_json::from_str(&text)
        .map_err(|error| Problem::bad_input(format!("{}: {error}", path.display())))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::not_found(format!("cannot read {}: {error}", path.display()))
        .hint("The demo's material is incomplete; clone the project again.")
}
