//! Prompt files.

use crate::when;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use plumbline_engine::PromptFormat;
use plumbline_model::UnixNanos;
use std::path::PathBuf;

/// Prompt files: list, show, edit, check, render, diff, release, promote, roll back
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  plumbline prompt list
  plumbline prompt check ticket-triage
  plumbline prompt render ticket-triage@1.0.0 --var subject='No brake' --var body='…'
  plumbline prompt diff ticket-triage 1.0.0 working
  plumbline prompt release ticket-triage 1.2.0 --changelog 'Say what urgent means'
  plumbline prompt promote ticket-triage@1.2.0 production
  plumbline prompt environments --at '2026-11-03 14:32'")]
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
  plumbline prompt check ticket-triage --json
  plumbline prompt check ticket-triage --fix")]
    Check {
        /// Name of a prompt; all of them when absent
        name: Option<String>,
        /// Make the fixes that leave no doubt, unless a file changes meanwhile, and check again
        #[arg(long)]
        fix: bool,
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
  plumbline prompt diff ticket-triage 1.0.0 1.1.0
  plumbline prompt diff ticket-triage --markdown > comment.md")]
    Diff {
        /// Name of a prompt
        name: String,
        /// A version, `latest` or `working`
        #[arg(default_value = "latest")]
        from: String,
        /// A version or `working`
        #[arg(default_value = "working")]
        to: String,
        /// Print Markdown for a pull request
        #[arg(long, conflicts_with = "json")]
        markdown: bool,
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
    /// Put the file of a release back as it was first seen, where it was altered or is gone
    #[command(after_help = "Examples:
  plumbline prompt restore ticket-triage@1.1.0")]
    Restore {
        /// The release
        #[arg(value_name = "NAME@VERSION")]
        prompt: String,
    },
    /// Write the working file of a new prompt
    #[command(after_help = "Examples:
  plumbline prompt new order-status --owner support@example.com")]
    New {
        /// Its name: lower-case letters, digits and hyphens
        name: String,
        /// Who answers for it [default: you]
        #[arg(long)]
        owner: Option<String>,
    },
    /// Open the working file in $VISUAL or $EDITOR, then check it
    #[command(after_help = "Examples:
  plumbline prompt edit ticket-triage
  EDITOR='code --wait' plumbline prompt edit ticket-triage")]
    Edit {
        /// Name of a prompt
        name: String,
    },
    /// Take over the history of a prompt: from git, a file of another tool, or another folder of ours
    #[command(
        after_help = "Read are prompt files and JSON of ours, Langfuse, LangSmith, promptfoo (configs and results), Prompty,
Dotprompt, requests of OpenAI (chat completions, responses) and Anthropic (messages), and any other text.
Every version becomes a release with the step that its change asks for, and says where it came from.
Taken over again, only what is new is added.

Examples:
  plumbline prompt import --git ../app/prompts/answer.txt
  plumbline prompt import langfuse-prompts.json
  plumbline prompt import promptfooconfig.yaml
  plumbline prompt import answer.prompty
  plumbline prompt import request.json --name order-status"
    )]
    Import {
        /// A file; with --git its whole history, `-` for standard input
        file: PathBuf,
        /// Every commit that touched the file becomes a version
        #[arg(long)]
        git: bool,
        /// What the prompt is called here [default: as in the source]
        #[arg(long)]
        name: Option<String>,
    },
    /// Write the releases of a prompt for another tool
    #[command(after_help = "What the format cannot hold is said on standard error.

Examples:
  plumbline prompt export ticket-triage --to json > ticket-triage.json
  plumbline prompt export ticket-triage --to langfuse --out prompts.json
  plumbline prompt export ticket-triage --to promptfoo --out promptfooconfig.yaml
  plumbline prompt export ticket-triage@1.1.0 --to openai")]
    Export {
        /// Prompt; without a version all its releases
        #[arg(value_name = "NAME[@VERSION]")]
        prompt: String,
        /// The format
        #[arg(long, value_parser = format_parser())]
        to: PromptFormat,
        /// A file in place of standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// How many answers of each version keep its output schema, and which paths fail
    #[command(after_help = "Examples:
  plumbline prompt contract ticket-triage")]
    Contract {
        /// Name of a prompt
        name: String,
    },
    /// Tools that changed since the prompt was last replayed, and newer releases of those it takes; exit 1 when stale
    #[command(after_help = "Examples:
  plumbline prompt tools order-status")]
    Tools {
        /// Name of a prompt
        name: String,
    },
    /// Releases and what environments used, newest first
    #[command(after_help = "Examples:
  plumbline prompt history ticket-triage
  plumbline prompt history ticket-triage --environment production --json")]
    History {
        /// Name of a prompt
        name: String,
        /// Changes of this environment only
        #[arg(long, value_name = "NAME")]
        environment: Option<String>,
    },
    /// Which release each environment uses, or used at a point in time
    #[command(after_help = "Examples:
  plumbline prompt environments
  plumbline prompt environments ticket-triage
  plumbline prompt environments --environment production --at '2026-11-03 14:32'
  plumbline prompt environments --at 2026-11-03T14:32:00+01:00")]
    Environments {
        /// Name of a prompt; all of them when absent
        name: Option<String>,
        /// This environment only
        #[arg(long, value_name = "NAME")]
        environment: Option<String>,
        /// A point in time: `2026-11-03 14:32` is UTC, RFC 3339 names its offset
        #[arg(long, value_name = "TIME", value_parser = when::read)]
        at: Option<UnixNanos>,
    },
    /// Point an environment at a release
    #[command(after_help = "Examples:
  plumbline prompt promote ticket-triage@1.2.0 staging
  plumbline prompt promote ticket-triage@1.2.0 production --why 'passed on the golden set'")]
    Promote {
        /// The release
        #[arg(value_name = "NAME@VERSION")]
        prompt: String,
        /// dev, staging, production, or a name of your own
        environment: String,
        #[command(flatten)]
        by: By,
    },
    /// Point an environment back at the release it used before
    #[command(after_help = "Examples:
  plumbline prompt rollback ticket-triage production --why 'refunds go wrong'")]
    Rollback {
        /// Name of a prompt
        name: String,
        /// The environment
        environment: String,
        #[command(flatten)]
        by: By,
    },
    /// Source text that sets name, version and hash on the spans of an application
    #[command(after_help = "Examples:
  plumbline prompt snippet ticket-triage@1.2.0 --language python
  plumbline prompt snippet ticket-triage@1.2.0 --language typescript > prompt.ts")]
    Snippet {
        /// Prompt; without a version the working file
        #[arg(value_name = "NAME[@VERSION]")]
        prompt: String,
        /// The language it is written in
        #[arg(long, value_enum)]
        language: Language,
    },
    /// The release that brought each line
    #[command(after_help = "Examples:
  plumbline prompt blame ticket-triage
  plumbline prompt blame ticket-triage@1.1.0")]
    Blame {
        /// Prompt; without a version the working file
        #[arg(value_name = "NAME[@VERSION]")]
        prompt: String,
    },
}

/// A language that applications are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Python,
    Typescript,
    Rust,
}

/// Who changes an environment, and why.
#[derive(Debug, Args)]
pub(crate) struct By {
    /// Why; may be left out by an owner of the prompt
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) why: String,
    /// Who does it [default: $PLUMBLINE_USER, else $GIT_AUTHOR_EMAIL, $EMAIL or the user's name]
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) who: String,
}

/// Reads the word of a format.
fn format_parser() -> impl TypedValueParser<Value = PromptFormat> {
    let words = PromptFormat::ALL.map(|format| {
        let of = if format.holds_histories() {
            "all releases"
        } else {
            "one release"
        };
        PossibleValue::new(format.as_str()).help(format!("{}, {of}", format.label()))
    });
    PossibleValuesParser::new(words).try_map(|word| {
        let named = |format: &PromptFormat| format.as_str() == word;
        PromptFormat::ALL
            .into_iter()
            .find(named)
            .ok_or("no such format")
    })
}
