//! What can be typed: every command, option and example, and nothing about what they do.

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
    Replay(Replay),
    Compare(Compare),
    Diff(Diff),
    Tokens(Tokens),
    Cost(Cost),
    #[command(subcommand)]
    Trace(Trace),
    Stats(Stats),
    #[command(subcommand)]
    Redaction(Redaction),
    #[command(subcommand)]
    Dataset(Dataset),
    #[command(subcommand)]
    Run(Run),
    Doctor(Doctor),
    Demo(Demo),
}

/// Read trace files into the workspace and report what was understood
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plumbline import spans.otlp.json requests.csv
  plumbline import traces/                      every file in the folder
  zcat spans.jsonl.gz | plumbline import -      from standard input
  plumbline import log.txt --format canonical_jsonl
  plumbline import calls.csv --mapping vendor   a table of your own, see `plumbline trace mapping`

Keys, passwords, cookies, e-mail, telephone and card numbers are taken out before anything is stored,
see `plumbline redaction`; --no-redact stores everything as it is.")]
pub(crate) struct Import {
    /// Files or folders; `-` reads standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Read every file as this format instead of detecting it
    #[arg(long)]
    pub(crate) format: Option<String>,
    /// Read every file as a table whose columns this saved mapping explains
    #[arg(long, value_name = "NAME", conflicts_with = "format")]
    pub(crate) mapping: Option<String>,
    /// Store keys, passwords and personal data as they are; the report says so
    #[arg(long)]
    pub(crate) no_redact: bool,
}

/// Take in OpenTelemetry spans, and record calls of models, as they come, until Ctrl-C
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plumbline listen
  plumbline listen --port 0 --json              two lines: the address, and at the end the loss report
  plumbline listen --proxy                      prints base URLs for clients of OpenAI and Anthropic
  OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf python app.py

Takes OTLP/HTTP: POST /v1/traces and /v1/logs, protobuf or JSON, plain or gzip, 20 MiB at most once
unpacked. It is bound to 127.0.0.1 and [::1] and refuses what web pages send. An export is answered
with 200 once its spans are on disk; sending it again stores nothing twice.

With --proxy, calls to the printed base URLs go on to the vendor unchanged, with the caller's own key,
and a copy becomes a span. Keys and cookies are never recorded. The URLs hold a token of this run.")]
pub(crate) struct Listen {
    /// Port on 127.0.0.1 and [::1]; 0 takes a free one
    #[arg(long, default_value_t = 4318, value_name = "N")]
    pub(crate) port: u16,
    /// Pass calls of models on and record them
    #[arg(long)]
    pub(crate) proxy: bool,
    /// Store everything as it comes, secrets and personal data too
    #[arg(long)]
    pub(crate) no_redact: bool,
    /// Where the proxy sends what is for OpenAI [default: https://api.openai.com]
    #[arg(long, value_name = "URL", requires = "proxy")]
    pub(crate) openai_upstream: Option<String>,
    /// Where the proxy sends what is for Anthropic [default: https://api.anthropic.com]
    #[arg(long, value_name = "URL", requires = "proxy")]
    pub(crate) anthropic_upstream: Option<String>,
}

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

/// Run prompt versions × models × cases × repeats
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plumbline replay ticket-triage@1.1.0 ticket-triage --model recorded:smollm2-135m-instruct --dataset support-tickets
  plumbline replay ticket-triage --model openai:gpt-4.1-mini --dataset cases.jsonl --cap-usd 0.50
  plumbline replay ticket-triage --model local:my-model --base-url http://127.0.0.1:8080/v1 --dataset support-tickets
  plumbline replay --resume 0190f3c2-…

Keys come from the environment: OPENAI_API_KEY for api.openai.com, ANTHROPIC_API_KEY for
api.anthropic.com, PLUMBLINE_API_KEY for the host of --base-url. A key is sent to no other host.")]
pub(crate) struct Replay {
    /// Prompt versions; without a version the working file is meant
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
    /// Address of an OpenAI-compatible server, or another address of the named provider
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// How often to ask each question
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) repeat: u32,
    /// Most calls in flight at once
    #[arg(long, default_value_t = 8, value_name = "N")]
    pub(crate) concurrency: u32,
    /// Stop before this much money could be spent
    #[arg(long, value_name = "USD")]
    pub(crate) cap_usd: Option<String>,
    /// Neither read nor write the response cache
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Say what would be sent and what it would cost, and send nothing
    #[arg(long)]
    pub(crate) estimate: bool,
    /// Go on with an interrupted run, as it was planned; --cap-usd may set another cap
    #[arg(long, value_name = "RUN", conflicts_with_all = [
        "versions", "models", "dataset", "base_url", "repeat", "concurrency", "no_cache", "estimate",
    ])]
    pub(crate) resume: Option<String>,
    /// With --resume: send calls again whose fate is unknown, though they may have been paid
    #[arg(long, requires = "resume", conflicts_with_all = ["versions", "models", "dataset"])]
    pub(crate) resend_unknown: bool,
}

/// Which answers moved between two runs, or two columns of one
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plumbline compare 0190f3c2-… 0190f3d7-…
  plumbline compare 0190f3c2-….0 0190f3c2-….1     two columns of one run
  plumbline compare latest.0 latest.1 --show 5 --markdown")]
pub(crate) struct Compare {
    /// Run, or RUN.COLUMN; `latest` is the newest run
    #[arg(value_name = "RUN_A")]
    pub(crate) a: String,
    #[arg(value_name = "RUN_B")]
    pub(crate) b: String,
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
  plumbline cost --model claude-sonnet-4-5 --in 200000 --cached 150000 --out 1000")]
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
}

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

/// What imports take out before anything is stored: patterns of your own, and a trial
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  plumbline redaction add customer-id --pattern '\\bC-[0-9]{6}\\b'
  plumbline redaction test spans.jsonl

A secret becomes `[redacted:KIND:HASH]`, the same for the same secret within a workspace. Keys of providers,
Authorization, cookies, passwords, credentials in addresses, e-mail, telephone and card numbers are built in.
A change counts for later imports only: what is stored stays as it is.")]
pub(crate) enum Redaction {
    /// Take out what a regular expression matches, from the next import on
    #[command(after_help = "Examples:
  plumbline redaction add customer-id --pattern '\\bC-[0-9]{6}\\b'")]
    Add {
        /// The word in its placeholders: lower-case letters, digits, `_` and `-`
        name: String,
        /// Regular expression, without look-around and back-references
        #[arg(long, value_name = "REGEX", allow_hyphen_values = true)]
        pattern: String,
    },
    /// Patterns that were added
    #[command(after_help = "Examples:
  plumbline redaction list")]
    List,
    /// Remove a pattern; what is stored stays as it is
    #[command(after_help = "Examples:
  plumbline redaction remove customer-id")]
    Remove {
        /// Name of a pattern
        name: String,
    },
    /// Show what an import would take out of a text, line by line; stores nothing of it
    #[command(after_help = "Examples:
  plumbline redaction test spans.jsonl
  echo 'mail ada@example.org' | plumbline redaction test
  plumbline redaction test notes.txt --pattern 'C-[0-9]+'")]
    Test {
        /// Text file; standard input when absent
        file: Option<PathBuf>,
        /// Try this regular expression too, without adding it
        #[arg(long, value_name = "REGEX", allow_hyphen_values = true)]
        pattern: Option<String>,
    },
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
  plumbline dataset from-traces last-week --prompt ticket-triage")]
    FromTraces {
        /// Name of the dataset that is made
        name: String,
        /// Only calls of this prompt
        #[arg(long)]
        prompt: Option<String>,
        /// Most calls that are looked at
        #[arg(long, default_value_t = 10_000)]
        limit: u32,
    },
}

/// Runs: list, show, write recordings
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  plumbline run list
  plumbline run show latest
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
