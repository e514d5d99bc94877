//! Chores of the repository: `cargo xtask <chore>`. Plain processes and files; no shell scripts.
//!
//! A chore prints what it does, one line a step. It installs system packages only for `run` and
//! `test`, and only when they are missing.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore talks to the person who started it"
)]

mod bench;
mod bindings;
mod e2e;
mod fuzz;
mod live;
mod prices;
mod record;
mod repository;
mod run;
mod shell;
mod steps;
mod system;
mod test;
mod window;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask <chore>

  run [--headless] [--release]   build what is missing and open the demo (headless: print its summary)
  test [--only STEP] [--skip STEP]...   every check, cheapest first; `test --list` names the steps
  bench [ARGS]                   the benchmarks, in release
  fuzz [--seconds N] [TARGET]...   the fuzz targets, seeded from the fixtures; needs cargo-fuzz
  prices [--from PATH]           renew the bundled price table
  bindings [--check]             write the TypeScript types of the window's contract
  shots                          screenshots of every screen into tests/e2e/shots
  live --base-url URL --model M  replay the demo against a running server
  record --base-url URL --model M   make the demo's recordings anew
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((chore, rest)) = args.split_first() else {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    };
    let done = match chore.as_str() {
        "run" => run::run(rest),
        "test" => return test::run(rest),
        "bench" => bench::run(rest),
        "fuzz" => fuzz::run(rest),
        "prices" => prices::run(rest),
        "bindings" => bindings::run(rest),
        "shots" => e2e::shots(rest),
        "live" => live::run(rest),
        "record" => record::run(rest),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        other => Err(format!("there is no chore `{other}`\n\n{USAGE}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}
