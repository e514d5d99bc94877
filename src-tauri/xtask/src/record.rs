//! `cargo xtask record`: the demo's recordings, made anew by a running model.
//!
//! Every run of `fixtures/demo/demo.json` that names the model is replayed live, and once more with the
//! edit of the guided tour, so that the tour works offline. Nothing here writes an answer itself.

use crate::repository::{debug_folder, root};
use crate::shell::{call, cargo};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const USAGE: &str = "\
give --base-url URL (such as http://127.0.0.1:8080/v1) and --model NAME; optional:
  --recorder TEXT    who answers, such as the model file and the server
  --concurrency N    [default: 2]
  --only PROMPT      record the runs of one prompt";

struct Plan {
    base_url: String,
    model: String,
    recorder: String,
    concurrency: String,
    only: Option<String>,
}

/// Replays the demo's runs live and writes `fixtures/recordings/<prompt>.<model>.jsonl`.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let plan = parse(args)?;
    call(&mut cargo(&["build", "--package", "plumbline"]))?;
    let scratch = std::env::temp_dir().join(format!("plumbline-record-{}", std::process::id()));
    fs::create_dir_all(&scratch).map_err(|why| format!("{}: {why}", scratch.display()))?;
    let script = read_json(&root().join("fixtures/demo/demo.json"))?;
    let tour = read_json(&root().join("fixtures/demo/tour-edit.json"))?;
    let mut recordings = BTreeMap::new();
    for run in script["runs"].as_array().ok_or("demo.json has no `runs`")? {
        let named = |list: &str| -> Vec<String> {
            let items = run[list].as_array().into_iter().flatten();
            items.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let prompts = named("prompts");
        let name = prompts
            .first()
            .and_then(|p| p.split('@').next())
            .unwrap_or_default()
            .to_owned();
        if !named("models").contains(&plan.model) || plan.only.as_ref().is_some_and(|o| *o != name)
        {
            continue;
        }
        let dataset = run["dataset"]
            .as_str()
            .ok_or("a run of demo.json has no `dataset`")?;
        let mut text = record(&plan, &scratch, &root().join("prompts"), &prompts, dataset)?;
        if tour["prompt"] == name.as_str() {
            let edited = edited_prompts(&scratch, &tour)?;
            let working = [format!("{name}@working")];
            text.push_str(&record(&plan, &scratch, &edited, &working, dataset)?);
        }
        let lines: &mut Vec<String> = recordings.entry(name).or_default();
        for line in text.lines() {
            // Two runs share columns; the cache answers the second with the first's recording.
            if !lines.iter().any(|known| known == line) {
                lines.push(line.to_owned());
            }
        }
    }
    for (name, lines) in recordings {
        let file = root().join(format!("fixtures/recordings/{name}.{}.jsonl", plan.model));
        fs::create_dir_all(file.with_file_name("")).map_err(|why| why.to_string())?;
        fs::write(&file, lines.join("\n") + "\n")
            .map_err(|why| format!("{}: {why}", file.display()))?;
        println!("{}: {} recordings", file.display(), lines.len());
    }
    fs::remove_dir_all(&scratch).map_err(|why| format!("{}: {why}", scratch.display()))
}

/// Replays some columns live in a scratch workspace and gives their recordings.
fn record(
    plan: &Plan,
    scratch: &Path,
    prompts: &Path,
    columns: &[String],
    dataset: &str,
) -> Result<String, String> {
    let plumbline = || {
        let name = format!("plumbline{}", std::env::consts::EXE_SUFFIX);
        let mut command = Command::new(debug_folder().join(name));
        command
            .arg("--workspace")
            .arg(scratch.join("workspace.db"))
            .arg("--prompts")
            .arg(prompts);
        command.current_dir(root());
        command
    };
    call(
        plumbline()
            .arg("replay")
            .args(columns)
            .args([
                "--model",
                &format!("local:{}", plan.model),
                "--base-url",
                &plan.base_url,
            ])
            .args(["--dataset", &format!("fixtures/datasets/{dataset}.jsonl")])
            .args(["--concurrency", &plan.concurrency]),
    )?;
    let out = scratch.join("recordings.jsonl");
    call(
        plumbline()
            .args([
                "run",
                "record",
                "latest",
                "--recorder",
                &plan.recorder,
                "--out",
            ])
            .arg(&out),
    )?;
    fs::read_to_string(&out).map_err(|why| format!("{}: {why}", out.display()))
}

/// A copy of the prompts with the tour's edit in the working file.
fn edited_prompts(scratch: &Path, tour: &Value) -> Result<PathBuf, String> {
    let name = tour["prompt"]
        .as_str()
        .ok_or("tour-edit.json has no `prompt`")?;
    let before = tour["line_before"]
        .as_str()
        .ok_or("tour-edit.json has no `line_before`")?;
    let after = tour["line_after"]
        .as_str()
        .ok_or("tour-edit.json has no `line_after`")?;
    let text = fs::read_to_string(root().join("prompts").join(name).join("prompt.md"))
        .map_err(|why| format!("the working file of {name}: {why}"))?;
    if text.lines().filter(|line| *line == before).count() != 1 {
        return Err(format!(
            "the working file of {name} does not have the tour's line exactly once"
        ));
    }
    let folder = scratch.join("tour").join(name);
    fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    fs::write(folder.join("prompt.md"), text.replacen(before, after, 1))
        .map_err(|why| format!("{}: {why}", folder.display()))?;
    Ok(scratch.join("tour"))
}

fn read_json(path: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))?;
    serde_json::from_str(&text).map_err(|why| format!("{}: {why}", path.display()))
}

fn parse(args: &[String]) -> Result<Plan, String> {
    let (mut base_url, mut model, mut only) = (None, None, None);
    let (mut recorder, mut concurrency) = (String::new(), "2".to_owned());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let value = args
            .next()
            .ok_or_else(|| format!("{arg} needs a value\n{USAGE}"))?
            .clone();
        match arg.as_str() {
            "--base-url" => base_url = Some(value),
            "--model" => model = Some(value),
            "--recorder" => recorder = value,
            "--concurrency" => concurrency = value,
            "--only" => only = Some(value),
            other => return Err(format!("no such argument: {other}\n{USAGE}")),
        }
    }
    Ok(Plan {
        base_url: base_url.ok_or(USAGE)?,
        model: model.ok_or(USAGE)?,
        recorder,
        concurrency,
        only,
    })
}
