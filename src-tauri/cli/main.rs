//! The headless face: arguments → engine → report → exit status.

mod args;
mod commands;
mod exit;
mod printer;
mod when;

use args::Cli;
use clap::Parser;
use exit::ExitStatus;
use plumbline_model::Problem;
use printer::Printer;
use std::process::ExitCode;

/// Spans are made on one thread and let go of on another, where the system's allocator takes its locks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            // Help and version are answers; everything else is wrong usage.
            let status = if error.use_stderr() {
                ExitStatus::BadInput
            } else {
                ExitStatus::Pass
            };
            return status.into();
        }
    };
    log_to_stderr();
    let printer = Printer::new(cli.global.json, cli.global.color);
    let run = std::panic::AssertUnwindSafe(|| commands::run(&cli, &printer));
    let outcome = std::panic::catch_unwind(run).unwrap_or_else(|_| {
        Err(
            Problem::internal("Plumbline stopped at a fault of its own; what was stored is kept")
                .hint("Run it again with PLUMBLINE_LOG=debug and report what it prints."),
        )
    });
    match outcome {
        Ok(status) => status.into(),
        Err(problem) => {
            printer.problem(&problem);
            ExitStatus::from(&problem).into()
        }
    }
}

/// Logs go to stderr and only when asked for: `PLUMBLINE_LOG=info`.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("PLUMBLINE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("off"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
