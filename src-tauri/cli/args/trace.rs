//! Traces, and tables of one's own that hold them.

use clap::Subcommand;
use std::path::PathBuf;

/// Imported traces: list, show, export
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  plumbline trace list --errors --limit 20
  plumbline trace show 4bf92f3577b34da6a3ce929d0e0e4736
  plumbline trace export --otlp > spans.otlp.json")]
pub(crate) enum Trace {
    /// Newest traces first
    #[command(after_help = "Examples:
  plumbline trace list --errors --limit 20
  plumbline trace list --model gpt-4.1-mini --sort costliest")]
    List {
        /// In a name, a model, a message
        #[arg(long, default_value = "")]
        text: String,
        #[arg(long)]
        model: Option<String>,
        /// Only traces with an error
        #[arg(long)]
        errors: bool,
        /// newest, oldest, slowest, costliest, most_tokens
        #[arg(long, default_value = "newest")]
        sort: String,
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Steps of one trace as a waterfall; SPAN shows one step with its messages
    #[command(after_help = "Examples:
  plumbline trace show 4bf92f3577b34da6a3ce929d0e0e4736
  plumbline trace show 4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7")]
    Show {
        /// Trace
        id: String,
        /// One of its spans
        span: Option<String>,
    },
    /// Write every span to standard output
    #[command(after_help = "Examples:
  plumbline trace export > spans.jsonl
  plumbline trace export --otlp > spans.otlp.json")]
    Export {
        /// As one OTLP/JSON export; otherwise canonical JSONL
        #[arg(long)]
        otlp: bool,
    },
    #[command(subcommand)]
    Mapping(Mapping),
}

/// What the columns of a table of your own mean: suggest, save, list, show, delete
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  plumbline trace mapping suggest calls.csv > mapping.json
  plumbline trace mapping save vendor mapping.json
  plumbline import calls.csv --mapping vendor")]
pub(crate) enum Mapping {
    /// Print a mapping guessed from the columns of a CSV or of JSON lines, to be corrected by hand
    #[command(after_help = "Examples:
  plumbline trace mapping suggest calls.csv > mapping.json

Units: time_unit is iso, s, ms, us or ns; latency_unit is s, ms, us or ns. cached_tokens and
reasoning_tokens say whether the totals include them (inside) or not (beside). Under columns each
field names its column; of JSON it may be a path such as usage.prompt_tokens. Fields: start, end,
latency, time_to_first_token, trace_id, span_id, parent_id, request_id, kind, name, model,
model_returned, provider, input, output, tokens_in, tokens_in_cached, tokens_in_cache_write,
tokens_out, tokens_reasoning, cost_usd, status, error_message, error_type, user_id, session_id,
prompt_name, prompt_version, environment, cache_hit. Under tags any name may name a column.")]
    Suggest {
        /// The table; `-` reads standard input
        file: PathBuf,
    },
    /// Save a mapping under a name, in place of an earlier one
    #[command(after_help = "Examples:
  plumbline trace mapping save vendor mapping.json")]
    Save {
        name: String,
        /// The mapping as JSON; `-` reads standard input
        file: PathBuf,
    },
    /// Mappings of the workspace
    #[command(after_help = "Examples:
  plumbline trace mapping list")]
    List,
    /// Print a mapping as JSON
    #[command(after_help = "Examples:
  plumbline trace mapping show vendor > mapping.json")]
    Show { name: String },
    /// Remove a mapping; what was imported with it stays
    #[command(after_help = "Examples:
  plumbline trace mapping delete vendor")]
    Delete { name: String },
}
