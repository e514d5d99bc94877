//! Tool files.

use clap::Subcommand;

/// Tools as versioned files that prompts share: list, show, edit, check, release
#[derive(Debug, Subcommand)]
#[command(
    after_help = "A prompt takes a tool with an entry `- use: search_orders` under `tools`, or `- use: search_orders@^1.1`.

Examples:
  plumbline tool new search_orders
  plumbline tool check
  plumbline tool release search_orders 1.1.0 --changelog 'Finds orders by e-mail too'
  plumbline tool show search_orders             which prompts take it, and who is stale"
)]
pub(crate) enum Tool {
    /// Tools of the folder, or the releases of one
    #[command(after_help = "Examples:
  plumbline tool list
  plumbline tool list search_orders             its releases")]
    List {
        /// Name of a tool
        name: Option<String>,
    },
    /// Print a tool's file and the prompts that take it
    #[command(after_help = "Examples:
  plumbline tool show search_orders
  plumbline tool show search_orders@1.0.0 --json")]
    Show {
        /// Tool; without a version the working file
        #[arg(value_name = "NAME[@VERSION]")]
        tool: String,
    },
    /// Write the working file of a new tool
    #[command(after_help = "Examples:
  plumbline tool new search_orders --owner support@example.com")]
    New {
        /// Its name as the model calls it: letters, digits, `_` and `-`
        name: String,
        /// Who answers for it [default: you]
        #[arg(long)]
        owner: Option<String>,
    },
    /// Open the working file in $VISUAL or $EDITOR, then check it
    #[command(after_help = "Examples:
  plumbline tool edit search_orders")]
    Edit {
        /// Name of a tool
        name: String,
    },
    /// Errors and warnings of one tool or of all; exit 1 when there are errors
    #[command(after_help = "Examples:
  plumbline tool check
  plumbline tool check search_orders --json")]
    Check {
        /// Name of a tool; all of them when absent
        name: Option<String>,
    },
    /// Freeze the working file as a release; prompts that take it are stale until they are replayed
    #[command(after_help = "Examples:
  plumbline tool release search_orders 1.1.0 --changelog 'Finds orders by e-mail too'")]
    Release {
        /// Name of a tool
        name: String,
        /// The version it gets, large enough for what changed
        version: String,
        /// What changed, in one line
        #[arg(long)]
        changelog: String,
    },
}
