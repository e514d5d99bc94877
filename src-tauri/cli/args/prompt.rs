//! Prompt files.

use clap::Subcommand;
use std::path::PathBuf;

/// Prompt files: list, show, check, render, diff, release
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  plumbline prompt list
  plumbline prompt check ticket-triage
  plumbline prompt render ticket-triage@1.0.0 --var subject='No brake' --var body='…'
  plumbline prompt diff ticket-triage 1.0.0 working
  plumbline prompt release ticket-triage 1.2.0 --changelog 'Say what urgent means'")]
pub(crate) enum Prompt {
    /// Prompts of the folder, or the releases of one
    #[command(after_help = "Examples:
  plumbline prompt list
  plumbline prompt list ticket-triage           its releases")]
    List {
        /// Name of a prompt
        name: Option<String>,
    },
    /// Print a prompt file
    #[command(after_help = "Examples:
  plumbline prompt show ticket-triage
  plumbline prompt show ticket-triage@1.0.0")]
    Show {
        /// Prompt; without a version the working file
        #[arg(value_name = "NAME[@VERSION]")]
        prompt: String,
    },
    /// Errors and warnings of one prompt or of all; exit 1 when there are errors
    #[command(after_help = "Examples:
  plumbline prompt check
  plumbline prompt check ticket-triage --json")]
    Check {
        /// Name of a prompt; all of them when absent
        name: Option<String>,
    },
    /// The version step that a change asks for
    #[command(after_help = "Examples:
  plumbline prompt bump prompts/ticket-triage/releases/1.1.0.md prompts/ticket-triage/prompt.md")]
    Bump {
        /// The prompt file before
        old: PathBuf,
        /// The prompt file after
        new: PathBuf,
    },
    /// The request a prompt makes of variables, with its hashes and token count
    #[command(after_help = "Examples:
  plumbline prompt render ticket-triage@1.0.0 --var message='The brake squeaks'
  plumbline prompt render ticket-triage --vars variables.json
  plumbline prompt render ticket-triage --case support-tickets/T-1042")]
    Render {
        /// Prompt; without a version the working file
        #[arg(value_name = "NAME[@VERSION]")]
        prompt: String,
        /// A variable as key=value; a value that is JSON is read as JSON
        #[arg(long = "var", value_name = "K=V")]
        variables: Vec<String>,
        /// A JSON object of variables
        #[arg(long, value_name = "FILE")]
        vars: Option<PathBuf>,
        /// Take the variables of this case, as DATASET/KEY
        #[arg(long, value_name = "DATASET/KEY", conflicts_with_all = ["variables", "vars"])]
        case: Option<String>,
    },
    /// What differs between two versions; `working` is the working file
    #[command(after_help = "Examples:
  plumbline prompt diff ticket-triage           the working file against the latest release
  plumbline prompt diff ticket-triage 1.0.0 1.1.0")]
    Diff {
        /// Name of a prompt
        name: String,
        /// A version, `latest` or `working`
        #[arg(default_value = "latest")]
        from: String,
        /// A version or `working`
        #[arg(default_value = "working")]
        to: String,
    },
    /// Freeze the working file as a release
    #[command(after_help = "Examples:
  plumbline prompt release ticket-triage 1.2.0 --changelog 'Say what urgent means'")]
    Release {
        /// Name of a prompt
        name: String,
        /// The version it gets, large enough for what changed
        version: String,
        /// What changed, in one line
        #[arg(long)]
        changelog: String,
    },
}
