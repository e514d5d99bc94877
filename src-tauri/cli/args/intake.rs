//! What comes in: files, what is sent, and what is taken out of both.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Read trace files or a promptfoo config, and say what was understood
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plumbline import spans.otlp.json requests.csv
  plumbline import traces/                      every file in the folder
  zcat spans.jsonl.gz | plumbline import -      from standard input
  plumbline import log.txt --format canonical_jsonl
  plumbline import calls.csv --mapping vendor   a table of your own, see `plumbline trace mapping`
  plumbline import promptfooconfig.yaml         prompts, tests and assertions; lists what stays behind

Keys, passwords, cookies, e-mail, telephone and card numbers are taken out before anything is stored,
see `plumbline redaction`; --no-redact stores everything as it is. Tests of a promptfoo config are stored as they
are, like any dataset.")]
pub(crate) struct Import {
    /// Files or folders; `-` reads standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Read every file as this format instead of detecting it; `promptfoo_config` for a config of promptfoo
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
and a copy becomes a span. Keys and cookies are never recorded. The URLs hold a token of this run.
A call with the header `X-Plumbline-Prompt: name@version` is held against the budget of that prompt: the
sections that it lists are cut, a larger model of the same vendor is asked where it names one, and what is
still too long, too dear or unknown is answered with 400 and never sent. The header stays here, and its
span is joined to the prompt.")]
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
