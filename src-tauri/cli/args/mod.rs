//! What can be typed: every command, option and example, and nothing about what they do.

mod cost;
mod intake;
mod keys;
mod money;
mod prompt;
mod review;
mod runs;
mod tool;
mod trace;

pub(crate) use cost::{Cost, Stats, Tokens};
pub(crate) use intake::{Import, Listen, Redaction};
pub(crate) use keys::{Key, KeyStorePlace};
pub(crate) use money::{Cache, Cap, Forecast, MoreUnits, Price, Recompute};
pub(crate) use prompt::{By, Language, Prompt};
pub(crate) use review::{Decision, Review, Reviewer, Share, SignOff, TwoSides};
pub(crate) use runs::{Compare, Dataset, Diff, Recording, Replay, Run, Waits};
pub(crate) use tool::Tool;
pub(crate) use trace::{Mapping, Trace};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Exit statuses stand in the long help because scripts branch on them.
const EXIT_STATUSES: &str = "Exit status: 0 pass · 1 gate failed or findings above the asked severity · \
2 bad input or usage · 3 provider or network · 4 Plumbline's own fault · 130 cancelled";

/// Drop in production traces, change one line of a prompt, see which answers move and what they cost.
#[derive(Debug, Parser)]
#[command(name = "plumbline", version, after_help = EXIT_STATUSES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that work with every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Workspace file, created if absent [default: the platform's data folder]
    #[arg(long, global = true, value_name = "FILE", env = "PLUMBLINE_WORKSPACE")]
    pub(crate) workspace: Option<PathBuf>,
    /// Folder of prompt files [default: the one the workspace remembers, else ./prompts]
    #[arg(long, global = true, value_name = "FOLDER", env = "PLUMBLINE_PROMPTS")]
    pub(crate) prompts: Option<PathBuf>,
    /// Print one JSON object on stdout and nothing else there
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub(crate) color: Colour,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Import(Import),
    Listen(Listen),
    #[command(subcommand)]
    Prompt(Prompt),
    #[command(subcommand)]
    Tool(Tool),
    Replay(Replay),
    Compare(Compare),
    #[command(subcommand)]
    Review(Review),
    Share(Share),
    Diff(Diff),
    Tokens(Tokens),
    Cost(Cost),
    Forecast(Forecast),
    Cap(Cap),
    #[command(subcommand)]
    Cache(Cache),
    #[command(subcommand)]
    Price(Price),
    #[command(subcommand)]
    Key(Key),
    #[command(subcommand)]
    Trace(Trace),
    Stats(Stats),
    #[command(subcommand)]
    Redaction(Redaction),
    #[command(subcommand)]
    Dataset(Dataset),
    #[command(subcommand)]
    Recording(Recording),
    #[command(subcommand)]
    Run(Run),
    Doctor(Doctor),
    Demo(Demo),
}

/// Check that the workspace is sound
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plumbline doctor
  plumbline --workspace work.db doctor --json")]
pub(crate) struct Doctor {}

/// Make the demo workspace and do the main job in it, offline
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plumbline demo
  plumbline --workspace demo.db demo --json")]
pub(crate) struct Demo {
    /// Folder with the demo's prompts and fixtures [default: found beside the program or above this folder]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) material: Option<PathBuf>,
}
