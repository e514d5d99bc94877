//! `cargo xtask live`: prompts against a running OpenAI-compatible server, on request
//! only. No test calls this: it sends requests, and they may cost money.

use crate::repository::{debug_folder, root};
use crate::shell::{call, cargo};
use std::path::{Path, PathBuf};
use std::process::Command;

const USAGE: &str = "\
give --base-url URL (such as http://127.0.0.1:8080/v1) and --model NAME; optional:
  --prompt NAME[@VERSION]   once for each column [default: ticket-triage]
  --dataset NAME|FILE       [default: fixtures/datasets/support-tickets.jsonl]
  --repeat N                [default: 1]";

/// What to ask, of whom.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    base_url: String,
    model: String,
    prompts: Vec<String>,
    dataset: String,
    repeat: String,
}

/// Replays live and prints what came back.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let plan = parse(args)?;
    let workspace = scratch_workspace();
    replay(&plan, &workspace)
}

fn replay(plan: &Plan, workspace: &Path) -> Result<(), String> {
    call(&mut cargo(&["build", "--package", "plumbline"]))?;
    call(
        plumbline(workspace)
            .arg("replay")
            .args(&plan.prompts)
            .args([
                "--model",
                &format!("local:{}", plan.model),
                "--base-url",
                &plan.base_url,
            ])
            .args(["--dataset", &plan.dataset, "--repeat", &plan.repeat]),
    )
}

fn plumbline(workspace: &Path) -> Command {
    let name = format!("plumbline{}", std::env::consts::EXE_SUFFIX);
    let mut command = Command::new(debug_folder().join(name));
    command
        .arg("--workspace")
        .arg(workspace)
        .current_dir(root());
    command
}

fn scratch_workspace() -> PathBuf {
    std::env::temp_dir().join(format!("plumbline-live-{}.db", std::process::id()))
}

fn parse(args: &[String]) -> Result<Plan, String> {
    let (mut base_url, mut model) = (None, None);
    let (mut prompts, mut dataset, mut repeat) = (Vec::new(), None, None);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let value = args
            .next()
            .ok_or_else(|| format!("{arg} needs a value\n{USAGE}"))?
            .clone();
        match arg.as_str() {
            "--base-url" => base_url = Some(value),
            "--model" => model = Some(value),
            "--prompt" => prompts.push(value),
            "--dataset" => dataset = Some(value),
            "--repeat" => repeat = Some(value),
            other => return Err(format!("no such argument: {other}\n{USAGE}")),
        }
    }
    if prompts.is_empty() {
        prompts.push("ticket-triage".to_owned());
    }
    Ok(Plan {
        base_url: base_url.ok_or(USAGE)?,
        model: model.ok_or(USAGE)?,
        prompts,
        dataset: dataset.unwrap_or_else(|| "fixtures/datasets/support-tickets.jsonl".to_owned()),
        repeat: repeat.unwrap_or_else(|| "1".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Plan, String> {
        parse(
            &line
                .split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn address_and_model_must_be_given_because_it_may_cost_money() {
        assert!(parsed("--model m").is_err());
        assert!(parsed("--base-url http://127.0.0.1:1/v1").is_err());
        assert!(parsed("--model m --base-url").is_err());
    }

    #[test]
    fn prompts_add_up_to_columns() {
        let line = "--base-url u --model m --prompt a@1.0.0 --prompt a";
        assert_eq!(parsed(line).unwrap().prompts, ["a@1.0.0", "a"]);
        assert_eq!(
            parsed("--base-url u --model m").unwrap().prompts,
            ["ticket-triage"]
        );
    }
}
