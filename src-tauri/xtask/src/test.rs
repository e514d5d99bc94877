//! `cargo xtask test`: runs the steps, goes on after a failure where that still tells something, and
//! ends with a table and the line `N passed, M failed`.

use crate::steps::{STEPS, Step};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What one step needs to have passed before it is worth starting.
const NEEDS: &[(&str, &[&str])] = &[
    ("check", &["npm"]),
    ("lint", &["npm"]),
    ("ui", &["npm"]),
    ("build", &["npm"]),
    ("e2e", &["build"]),
];

/// Runs the chosen steps; the exit status says whether all of them passed.
pub(crate) fn run(args: &[String]) -> ExitCode {
    let chosen = match choose(args) {
        Ok(chosen) => chosen,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    if args.iter().any(|arg| arg == "--list") {
        for step in STEPS {
            println!("{}", step.name);
        }
        return ExitCode::SUCCESS;
    }
    let mut done: Vec<(&str, Duration, Result<(), String>)> = Vec::new();
    for step in chosen {
        let broken = needed_by(step.name).find(|need| {
            done.iter()
                .any(|(name, _, result)| name == need && result.is_err())
        });
        let start = Instant::now();
        let result = if let Some(need) = broken {
            Err(format!("not started, because `{need}` failed"))
        } else {
            println!("\n== {}", step.name);
            (step.run)()
        };
        if let Err(why) = &result {
            eprintln!("FAILED {}: {why}", step.name);
        }
        done.push((step.name, start.elapsed(), result));
    }
    println!();
    for (name, took, result) in &done {
        let word = if result.is_ok() { "ok" } else { "FAILED" };
        println!("{name:10} {word:7} {:7.1} s", took.as_secs_f64());
    }
    let failed = done.iter().filter(|(_, _, result)| result.is_err()).count();
    println!("{} passed, {failed} failed", done.len() - failed);
    ExitCode::from(u8::from(failed > 0))
}

fn needed_by(step: &str) -> impl Iterator<Item = &'static str> {
    NEEDS
        .iter()
        .find(|(name, _)| *name == step)
        .map_or(&[] as &[&str], |(_, needs)| needs)
        .iter()
        .copied()
}

fn choose(args: &[String]) -> Result<Vec<&'static Step>, String> {
    let (mut only, mut skip) = (Vec::new(), Vec::new());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let list = match arg.as_str() {
            "--only" => &mut only,
            "--skip" => &mut skip,
            "--list" => continue,
            other => return Err(format!("`cargo xtask test` knows no `{other}`")),
        };
        let name = args
            .next()
            .ok_or_else(|| format!("{arg} needs the name of a step"))?;
        if !STEPS.iter().any(|step| step.name == name) {
            return Err(format!(
                "there is no step `{name}`; see `cargo xtask test --list`"
            ));
        }
        list.push(name.as_str());
    }
    Ok(STEPS
        .iter()
        .filter(|step| only.is_empty() || only.contains(&step.name))
        .filter(|step| !skip.contains(&step.name))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(args: &[&str]) -> Result<Vec<&'static str>, String> {
        let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        choose(&args).map(|steps| steps.iter().map(|step| step.name).collect())
    }

    #[test]
    fn only_and_skip_choose_steps_in_their_own_order() {
        assert_eq!(
            names(&["--only", "rust", "--only", "fmt"]).unwrap(),
            ["fmt", "rust"]
        );
        assert!(!names(&["--skip", "e2e"]).unwrap().contains(&"e2e"));
    }

    #[test]
    fn a_misspelt_step_is_an_error_and_not_an_empty_success() {
        assert!(names(&["--only", "e3e"]).is_err());
        assert!(names(&["--only"]).is_err());
        assert!(names(&["--fast"]).is_err());
    }

    #[test]
    fn what_a_step_needs_comes_before_it() {
        let place = |name: &str| STEPS.iter().position(|step| step.name == name).unwrap();
        for (step, needs) in NEEDS {
            for need in *needs {
                assert!(place(need) < place(step), "{step} needs {need} first");
            }
        }
    }
}
