//! Caps, the response cache, prices of one's own, and forecasts.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What may be spent on one day (UTC), by all, with one key or for one tenant
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plumbline cap
  plumbline cap --day-usd 20
  plumbline cap --day-usd 5 --key openai
  plumbline cap --day-usd 2 --tenant acme
  plumbline cap --none --tenant acme")]
pub(crate) struct Cap {
    /// Of the calls with the key of this provider alone
    #[arg(long, value_name = "PROVIDER", conflicts_with = "tenant")]
    pub(crate) key: Option<String>,
    /// Of the runs that were started with this --tenant alone
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: Option<String>,
    /// Stop every run before a day's calls could cost more
    #[arg(long, value_name = "USD", conflicts_with = "none")]
    pub(crate) day_usd: Option<String>,
    /// No cap on a day
    #[arg(long)]
    pub(crate) none: bool,
}

/// The response cache: what it holds and saved, and dropping what is out of date
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  plumbline cache show
  plumbline cache purge --prompt ticket-triage
  plumbline cache purge --document doc-17")]
pub(crate) enum Cache {
    /// What the cache holds and what it saved
    #[command(after_help = "Examples:
  plumbline cache show --json")]
    Show,
    /// Drop the answers for which every given condition holds
    #[command(after_help = "Examples:
  plumbline cache purge --model gpt-4.1-mini --older-than-days 30
  plumbline cache purge --all")]
    Purge {
        /// Answers to this prompt, any version
        #[arg(long, value_name = "NAME")]
        prompt: Option<String>,
        #[arg(long, value_name = "NAME")]
        provider: Option<String>,
        #[arg(long, value_name = "NAME")]
        model: Option<String>,
        /// Answers to requests that quote this document, such as one that changed
        #[arg(long, value_name = "ID")]
        document: Option<String>,
        #[arg(long, value_name = "N")]
        older_than_days: Option<u32>,
        /// Everything
        #[arg(long, conflicts_with_all = ["prompt", "provider", "model", "document", "older_than_days"])]
        all: bool,
    },
}

/// The price table, prices of one's own, which go before it, and costs computed again
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  plumbline price list
  plumbline price set my-model --in 0.20 --out 0.60 --source 'contract of May'
  plumbline price import genai-prices/data.json --as-of 2026-11-20
  plumbline price recompute --traces --dry-run")]
pub(crate) enum Price {
    /// Prices that were set, and the table behind them
    #[command(after_help = "Examples:
  plumbline price list --json")]
    List,
    /// Set the price of a model; calls that were priced before keep their cost
    #[command(after_help = "Examples:
  plumbline price set gpt-4.1-mini --provider azure_openai --in 0.36 --cached 0.09 --out 1.44
  plumbline price set 'llama-3*' --in 0 --out 0")]
    Set {
        /// Model; a `*` at its end stands for any rest
        model: String,
        /// Only where this provider answers
        #[arg(long, value_name = "NAME")]
        provider: Option<String>,
        /// US dollars per million input tokens
        #[arg(long = "in", value_name = "USD")]
        input: String,
        /// US dollars per million output tokens
        #[arg(long = "out", value_name = "USD")]
        output: String,
        /// US dollars per million input tokens read from the provider's cache
        #[arg(long, value_name = "USD")]
        cached: Option<String>,
        #[command(flatten)]
        more: Box<MoreUnits>,
        /// Where the price comes from, shown beside every cost
        #[arg(long, default_value = "set by hand", value_name = "TEXT")]
        source: String,
    },
    /// Remove a price that was set
    #[command(after_help = "Examples:
  plumbline price remove gpt-4.1-mini --provider azure_openai")]
    Remove {
        model: String,
        #[arg(long, value_name = "NAME")]
        provider: Option<String>,
    },
    /// Put a newer price table in force, before the bundled one; costs of earlier calls stay
    #[command(after_help = "Examples:
  plumbline price import data.json --as-of 2026-11-20
  plumbline price import data.json.gz")]
    Import {
        /// The data.json of genai-prices (github.com/pydantic/genai-prices), plain or gzip
        file: PathBuf,
        /// Day its prices are of [default: today]
        #[arg(long, value_name = "YYYY-MM-DD")]
        as_of: Option<String>,
    },
    /// Which price table is in force, and how old it is
    #[command(after_help = "Examples:
  plumbline price table
  plumbline price table --reset")]
    Table {
        /// Back to the bundled table
        #[arg(long)]
        reset: bool,
    },
    /// Compute stored costs again by the prices in force; without it they stay as they were
    #[command(after_help = "Examples:
  plumbline price recompute --run latest
  plumbline price recompute --traces --model gpt-4.1-mini --dry-run")]
    Recompute(Recompute),
}

/// Prices of parts that most models have none of, in US dollars per million tokens.
#[derive(Debug, Args)]
pub(crate) struct MoreUnits {
    /// Input written to the provider's cache [default: as input]
    #[arg(long, value_name = "USD")]
    pub(crate) cache_write: Option<String>,
    /// Input written to the cache for an hour [default: its cost is unknown]
    #[arg(long, value_name = "USD")]
    pub(crate) cache_write_1h: Option<String>,
    /// Audio in the input [default: as input]
    #[arg(long, value_name = "USD")]
    pub(crate) audio_in: Option<String>,
    /// Audio in the output [default: as output]
    #[arg(long, value_name = "USD")]
    pub(crate) audio_out: Option<String>,
    /// Input of a batch [default: its cost is unknown]
    #[arg(long, value_name = "USD", requires = "batch_out")]
    pub(crate) batch_in: Option<String>,
    /// Output of a batch [default: its cost is unknown]
    #[arg(long, value_name = "USD", requires = "batch_in")]
    pub(crate) batch_out: Option<String>,
}

/// Which costs to compute again.
#[derive(Debug, Args)]
pub(crate) struct Recompute {
    /// Answers of this run; `latest` is the newest
    #[arg(long, value_name = "RUN", required_unless_present = "traces")]
    pub(crate) run: Option<String>,
    /// Imported model calls, all or those that the filters below leave
    #[arg(long, conflicts_with = "run")]
    pub(crate) traces: bool,
    #[arg(long, value_name = "NAME", requires = "traces")]
    pub(crate) model: Option<String>,
    #[arg(long, value_name = "NAME", requires = "traces")]
    pub(crate) provider: Option<String>,
    /// Only calls of this prompt
    #[arg(long, value_name = "NAME", requires = "traces")]
    pub(crate) prompt: Option<String>,
    #[arg(long, value_name = "NAME", requires = "traces")]
    pub(crate) environment: Option<String>,
    /// Say what would change and store nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What a volume of calls would cost: requests × (in × price in + out × price out)
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plumbline forecast --model openai:gpt-4.1-mini --requests-per-day 120000 --in 1830 --out 212
  plumbline forecast --model gpt-4.1-mini --requests-per-day 120000 --in 1830 --out 212 --cache-hit-percent 60")]
pub(crate) struct Forecast {
    /// Model, or provider:model
    #[arg(long)]
    pub(crate) model: String,
    #[arg(long, value_name = "N")]
    pub(crate) requests_per_day: u64,
    /// Input tokens of a request
    #[arg(long = "in", value_name = "N")]
    pub(crate) tokens_in: u64,
    /// Output tokens of a request
    #[arg(long = "out", value_name = "N")]
    pub(crate) tokens_out: u64,
    /// How many times the input grows or shrinks
    #[arg(long, default_value_t = 1.0, value_name = "X")]
    pub(crate) context_factor: f64,
    /// Percent of the input that the provider's prompt cache answers
    #[arg(long, default_value_t = 0.0, value_name = "PERCENT")]
    pub(crate) cache_hit_percent: f64,
    /// Percent of requests that are sent and paid once more
    #[arg(long, default_value_t = 0.0, value_name = "PERCENT")]
    pub(crate) retry_percent: f64,
}
