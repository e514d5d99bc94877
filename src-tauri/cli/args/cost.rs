//! Tokens and money.

use clap::Args;
use std::path::PathBuf;

/// Count tokens
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plumbline tokens prompt.txt
  echo 'How many?' | plumbline tokens - --encoding cl100k_base --ids")]
pub(crate) struct Tokens {
    /// File; `-` reads standard input
    pub(crate) file: PathBuf,
    #[arg(
        long,
        default_value = "o200k_base",
        value_name = "o200k_base|cl100k_base"
    )]
    pub(crate) encoding: String,
    /// Print the token ids too
    #[arg(long)]
    pub(crate) ids: bool,
}

/// Cost of a number of tokens, from the dated price table
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plumbline cost --model openai:gpt-4.1-mini --in 12000 --out 800
  plumbline cost --model claude-sonnet-4-5 --in 200000 --cached 150000 --out 1000
  plumbline cost --model claude-sonnet-4-5 --in 9000 --cache-write 8000 --cache-write-1h 8000 --out 500
  plumbline cost --model gpt-4.1-mini --in 12000 --out 800 --batch")]
pub(crate) struct Cost {
    /// Model, or provider:model
    #[arg(long)]
    pub(crate) model: String,
    /// Input tokens, cached ones included
    #[arg(long = "in", value_name = "N")]
    pub(crate) tokens_in: u64,
    /// Output tokens
    #[arg(long = "out", value_name = "N")]
    pub(crate) tokens_out: u64,
    /// Input tokens read from the provider's cache
    #[arg(long, value_name = "N")]
    pub(crate) cached: Option<u64>,
    /// Input tokens written to the provider's cache
    #[arg(long, value_name = "N")]
    pub(crate) cache_write: Option<u64>,
    /// Those among them that are kept for an hour
    #[arg(long, value_name = "N", requires = "cache_write")]
    pub(crate) cache_write_1h: Option<u64>,
    /// Input tokens that are audio
    #[arg(long, value_name = "N")]
    pub(crate) audio_in: Option<u64>,
    /// Output tokens that are audio
    #[arg(long, value_name = "N")]
    pub(crate) audio_out: Option<u64>,
    /// As a line of a batch
    #[arg(long)]
    pub(crate) batch: bool,
}

/// Calls, latency, tokens and cost by group
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plumbline stats
  plumbline stats --by model,day --json")]
pub(crate) struct Stats {
    /// Keys: model, day, prompt_version
    #[arg(long, value_delimiter = ',', default_value = "model")]
    pub(crate) by: Vec<String>,
    /// Over replays instead of imported calls
    #[arg(long)]
    pub(crate) replays: bool,
}
