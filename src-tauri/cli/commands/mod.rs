//! One file per group of commands: typed words in, engine call, answer out.

mod cache;
mod checked;
mod checks;
mod compare;
mod cost;
mod dataset;
mod demo;
mod doctor;
mod editor;
mod environment;
mod import;
mod key;
mod listen;
mod mapping;
mod money;
mod price;
mod prompt;
mod prompt_check;
mod prompt_contract;
mod prompt_diff;
mod prompt_exchange;
mod prompt_file;
mod promptfoo;
mod recording;
mod redaction;
mod replay;
mod review;
mod run;
mod share;
mod tool;
mod trace;

use crate::args::{Cli, Command, Global};
use crate::exit::ExitStatus;
use crate::printer::Printer;
use plumbline_engine::{Engine, EngineOptions, KeyLookup};
use plumbline_model::{JobId, Problem};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Runs the command that was typed.
pub(crate) fn run(cli: &Cli, printer: &Printer) -> Result<ExitStatus, Problem> {
    match &cli.command {
        // These look at files, or at keys, and need no workspace.
        Command::Diff(args) => compare::diff(args, printer),
        Command::Tokens(args) => cost::tokens(args, printer),
        Command::Key(args) => key::run(args, printer),
        Command::Prompt(crate::args::Prompt::Bump { old, new }) => prompt::bump(old, new, printer),
        command => {
            let engine = open(&cli.global)?;
            match command {
                Command::Import(args) => import::import(&engine, args, printer),
                Command::Listen(args) => listen::listen(&engine, args, printer),
                Command::Prompt(args) => prompt::run(&engine, args, printer),
                Command::Tool(args) => tool::run(&engine, args, printer),
                Command::Replay(args) => replay::replay(&engine, args, printer),
                Command::Compare(args) => compare::compare(&engine, args, printer),
                Command::Review(args) => review::run(&engine, args, printer),
                Command::Share(args) => share::share(&engine, args, printer),
                Command::Cost(args) => cost::cost(&engine, args, printer),
                Command::Forecast(args) => money::forecast(&engine, args, printer),
                Command::Cap(args) => money::cap(&engine, args, printer),
                Command::Cache(args) => cache::run(&engine, args, printer),
                Command::Price(args) => price::run(&engine, args, printer),
                Command::Stats(args) => cost::stats(&engine, args, printer),
                Command::Trace(args) => trace::run(&engine, args, printer),
                Command::Redaction(args) => redaction::run(&engine, args, printer),
                Command::Dataset(args) => dataset::run(&engine, args, printer),
                Command::Recording(args) => recording::run(&engine, args, printer),
                Command::Run(args) => run::run(&engine, args, printer),
                Command::Doctor(_) => doctor::doctor(&engine, printer),
                Command::Demo(args) => demo::demo(&engine, args, printer),
                Command::Diff(_) | Command::Tokens(_) | Command::Key(_) => Ok(ExitStatus::Pass),
            }
        }
    }
}

fn open(global: &Global) -> Result<Engine, Problem> {
    let engine = Engine::open(EngineOptions {
        workspace: global.workspace.clone(),
        prompts: global.prompts.clone(),
        keys: KeyLookup::from_environment(),
        // Without a home folder there is nothing that could be kept.
        key_store: key::store().ok(),
    })?;
    stop_on_signal(&engine)?;
    Ok(engine)
}

/// Work that has not stopped by itself after this long waits for something else, such as its input.
const PATIENCE: Duration = Duration::from_secs(3);

/// The first Ctrl-C or SIGTERM asks the work to stop; the second, or the end of patience, ends the process.
fn stop_on_signal(engine: &Engine) -> Result<(), Problem> {
    static ASKED: AtomicBool = AtomicBool::new(false);
    let stop = engine.stopper();
    ctrlc::set_handler(move || {
        if ASKED.swap(true, Ordering::SeqCst) || !stop() {
            std::process::exit(130);
        }
        std::thread::spawn(|| {
            std::thread::sleep(PATIENCE);
            std::process::exit(130);
        });
    })
    .map_err(|error| Problem::internal(format!("cannot listen for Ctrl-C: {error}")))
}

/// Shows the progress of every job of this process on a terminal.
fn follow(engine: &Engine, printer: &Printer) {
    let printer = printer.clone();
    engine.subscribe_jobs(move |job| {
        let share = match job.total {
            Some(total) if total > 0 => format!("{} of {total} {}", job.done, job.unit),
            _ => format!("{} {}", job.done, job.unit),
        };
        match job.state {
            plumbline_engine::api::JobState::Running => {
                printer.progress(&format!("{}: {share}  {}", job.label, job.note));
            }
            _ => printer.progress_done(),
        }
    });
}

/// Waits for a job; what stopped it is the command's problem.
fn wait(engine: &Engine, job: JobId) -> Result<(), Problem> {
    match engine.job_wait(job)?.problem {
        Some(problem) => Err(problem),
        None => Ok(()),
    }
}

/// Reads a file, or standard input for `-`, as text.
fn read_text(path: &std::path::Path) -> Result<String, Problem> {
    let read = if path.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    read.map_err(|error| {
        Problem::bad_input(format!("cannot read {}: {error}", path.display()))
            .hint("Name a text file in UTF-8, or `-` for standard input.")
    })
}
