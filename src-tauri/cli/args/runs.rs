//! Replays, what they run over, and what became of them.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Run prompt versions × models × cases × repeats
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plumbline replay ticket-triage@1.1.0 ticket-triage --model recorded:smollm2-135m-instruct --dataset support-tickets
  plumbline replay ticket-triage --model openai:gpt-4.1-mini --dataset cases.jsonl --cap-usd 0.50
  plumbline replay ticket-triage --model local:my-model --base-url http://127.0.0.1:8080/v1 --dataset support-tickets
  plumbline replay ticket-triage --model local:my-model --base-url local=http://127.0.0.1:8080/v1 --dataset judged
  plumbline replay @recorded --model openai:gpt-4.1-mini --dataset sent
  plumbline replay --resume 0190f3c2-…

@recorded sends what each case was sent with in production (`plumbline dataset from-traces NAME --as-sent`).
A judge or an embedding that the dataset's assertions name is asked through the same ledger and cap.

Keys come from the environment: OPENAI_API_KEY for api.openai.com, ANTHROPIC_API_KEY for
api.anthropic.com, PLUMBLINE_API_KEY for the host of --base-url. A key is sent to no other host.")]
pub(crate) struct Replay {
    /// Prompt versions; without a version the working file is meant. `@recorded` stands for the requests of the cases
    #[arg(value_name = "PROMPT[@VERSION]", required_unless_present = "resume")]
    pub(crate) versions: Vec<String>,
    /// Model as provider:model; repeat for several. `recorded:MODEL` replays recordings
    #[arg(
        long = "model",
        value_name = "PROVIDER:MODEL",
        required_unless_present = "resume"
    )]
    pub(crate) models: Vec<String>,
    /// Name of a dataset in the workspace, or a dataset file
    #[arg(long, value_name = "NAME|FILE", required_unless_present = "resume")]
    pub(crate) dataset: Option<String>,
    /// Address of an OpenAI-compatible server, or another address of the named provider; PROVIDER=URL is for that
    /// provider alone, and may be repeated
    #[arg(long, value_name = "[PROVIDER=]URL")]
    pub(crate) base_url: Vec<String>,
    /// How often to ask each question
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) repeat: u32,
    /// Most calls in flight at once
    #[arg(long, default_value_t = 8, value_name = "N")]
    pub(crate) concurrency: u32,
    /// Stop before this much money could be spent
    #[arg(long, value_name = "USD")]
    pub(crate) cap_usd: Option<String>,
    /// Whom the run is made for: its calls count for the cap of this tenant too (`plumbline cap --tenant`)
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: Option<String>,
    /// Neither read nor write the response cache
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Send every call once, whatever comes back
    #[arg(long)]
    pub(crate) no_retries: bool,
    /// Say what would be sent and what it would cost, and send nothing
    #[arg(long)]
    pub(crate) estimate: bool,
    /// Go on with an interrupted run, as it was planned; --cap-usd may set another cap
    #[arg(long, value_name = "RUN", conflicts_with_all = [
        "versions", "models", "dataset", "base_url", "repeat", "concurrency", "no_cache", "no_retries", "estimate",
        "tenant", "connect_timeout", "first_token_timeout", "idle_timeout", "timeout",
    ])]
    pub(crate) resume: Option<String>,
    /// With --resume: send calls again whose fate is unknown or whose answer was cut, though they may have been paid
    #[arg(long, requires = "resume", conflicts_with_all = ["versions", "models", "dataset"])]
    pub(crate) resend_unknown: bool,
    #[command(flatten)]
    pub(crate) waits: Waits,
}

/// How long a call may take, in seconds
#[derive(Debug, Args)]
#[command(next_help_heading = "Waiting")]
pub(crate) struct Waits {
    /// For a connection, TLS included; 10 unless told
    #[arg(long, value_name = "SECONDS")]
    pub(crate) connect_timeout: Option<f64>,
    /// From sending to the first bytes of the answer; 120 unless told
    #[arg(long, value_name = "SECONDS")]
    pub(crate) first_token_timeout: Option<f64>,
    /// Between two pieces of the answer; 60 unless told
    #[arg(long, value_name = "SECONDS")]
    pub(crate) idle_timeout: Option<f64>,
    /// For the whole call; 600 unless told
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<f64>,
}

/// Datasets: list, add a file, make one from traces
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  plumbline dataset add support-tickets.jsonl
  plumbline dataset from-traces last-week --prompt ticket-triage")]
pub(crate) enum Dataset {
    /// Datasets of the workspace
    #[command(after_help = "Examples:
  plumbline dataset list")]
    List,
    /// Read a dataset file (JSONL, one case a line)
    #[command(after_help = "Examples:
  plumbline dataset add support-tickets.jsonl")]
    Add {
        /// Dataset file
        file: PathBuf,
    },
    /// Make cases of the imported model calls that carry their prompt's variables
    #[command(after_help = "Examples:
  plumbline dataset from-traces last-week --prompt ticket-triage
  plumbline dataset from-traces sent --as-sent && plumbline replay @recorded --model openai:gpt-4.1-mini --dataset sent")]
    FromTraces {
        /// Name of the dataset that is made
        name: String,
        /// Only calls of this prompt
        #[arg(long)]
        prompt: Option<String>,
        /// Take the requests as they were sent, for `plumbline replay @recorded`, and record their answers
        #[arg(long)]
        as_sent: bool,
        /// The same of conversations only: tools answer as they did, and a replay goes through all turns
        #[arg(long)]
        conversations: bool,
        /// With --as-sent or --conversations: only this model call; may be repeated
        #[arg(long, value_name = "TRACE/SPAN")]
        span: Vec<String>,
        /// Most calls that are looked at
        #[arg(long, default_value_t = 10_000)]
        limit: u32,
    },
}

/// Recordings: list, add a file, make them of traces
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  plumbline recording list
  plumbline recording add answers.jsonl
  plumbline recording from-traces")]
pub(crate) enum Recording {
    /// Models with recorded answers
    #[command(after_help = "Examples:
  plumbline recording list --json")]
    List,
    /// Read recorded answers (JSONL, as `plumbline run record` writes)
    #[command(after_help = "Examples:
  plumbline recording add answers.jsonl")]
    Add {
        /// File of recordings
        file: PathBuf,
    },
    /// Keep the answers of imported model calls, so that a replay answers from them
    #[command(after_help = "Examples:
  plumbline recording from-traces
  plumbline replay ticket-triage@1.0.0 --model recorded:gpt-4.1-mini --dataset last-week

A recording answers exactly the request it was made of: its messages, tools, schema and parameters.")]
    FromTraces {
        /// Most calls that are looked at
        #[arg(long, default_value_t = 100_000)]
        limit: u32,
    },
}

/// Runs: list, show, checks, write recordings
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  plumbline run list
  plumbline run show latest
  plumbline run checks latest
  plumbline run record latest --recorder 'llama.cpp, Q4_1' --out answers.jsonl")]
pub(crate) enum Run {
    /// Runs of the workspace, newest first
    #[command(after_help = "Examples:
  plumbline run list")]
    List,
    /// What came of a run, column by column
    #[command(after_help = "Examples:
  plumbline run show latest
  plumbline run show 0190f3c2-… --json")]
    Show {
        /// Run; `latest` is the newest
        run: String,
    },
    /// What the answers of a run failed, check by check; exit status 1 when one failed
    #[command(after_help = "Examples:
  plumbline run checks latest
  plumbline run checks latest --all --json

Checks are those of the dataset as it is now. One that could not be made, such as the latency of a cached
answer, is neither passed nor failed.")]
    Checks {
        /// Run; `latest` is the newest
        run: String,
        /// Those that passed too
        #[arg(long)]
        all: bool,
        /// Most checks listed
        #[arg(long, default_value_t = 100, value_name = "N")]
        limit: u64,
    },
    /// Write the live answers of a run as recordings, one JSON object a line
    #[command(after_help = "Examples:
  plumbline run record latest --recorder 'llama.cpp, Q4_1' --out answers.jsonl")]
    Record {
        /// Run; `latest` is the newest
        run: String,
        /// Who or what gave the answers, such as the model file and the server
        #[arg(long, default_value = "", value_name = "TEXT")]
        recorder: String,
        /// File that the recordings are written to
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// Which answers moved between two runs, or two columns of one
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plumbline compare 0190f3c2-… 0190f3d7-…
  plumbline compare 0190f3c2-….0 0190f3c2-….1     two columns of one run
  plumbline compare latest.0 latest.1 latest.2     two columns, each with the first
  plumbline compare latest.0 latest.1 --show 5 --markdown")]
pub(crate) struct Compare {
    /// Run, or RUN.COLUMN; `latest` is the newest run
    #[arg(value_name = "RUN_A")]
    pub(crate) a: String,
    #[arg(value_name = "RUN_B")]
    pub(crate) b: String,
    /// Up to four more, each compared with RUN_A
    #[arg(value_name = "RUN", num_args = 0..=4)]
    pub(crate) others: Vec<String>,
    /// Show the diff of this many moved answers
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) show: u64,
    /// Print Markdown for a pull request
    #[arg(long)]
    pub(crate) markdown: bool,
}

/// What differs between two files: words for text, paths for JSON
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plumbline diff old.txt new.txt
  plumbline diff a.json b.json --json
  plumbline diff old.md new.md --side-by-side")]
pub(crate) struct Diff {
    pub(crate) a: PathBuf,
    pub(crate) b: PathBuf,
    /// Two columns instead of one
    #[arg(long)]
    pub(crate) side_by_side: bool,
}
