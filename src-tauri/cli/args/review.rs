//! `plumbline review …` and `plumbline share`

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use plumbline_engine::api::ShareFormat;
use plumbline_model::Choice;
use std::path::PathBuf;

/// What people say about two sides: judgements, decisions, labels, notes, sign-offs
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  plumbline review summary latest.0 latest.1
  plumbline review accept latest.0 latest.1 --kind formatting
  plumbline review sign-off latest.0 latest.1 --approve --note 'only the greeting moved'")]
pub(crate) enum Review {
    /// Who wins with what certainty, how far reviewers agree, what is still open
    #[command(after_help = "Examples:
  plumbline review summary latest.0 latest.1
  plumbline review summary latest.0 latest.1 --json")]
    Summary(TwoSides),
    /// Say which answer of a case is better
    #[command(after_help = "Examples:
  plumbline review judge latest.0 latest.1 --case ticket-17 better
  plumbline review judge latest.0 latest.1 --case ticket-17 both-bad --note 'neither names the order'")]
    Judge {
        #[command(flatten)]
        sides: TwoSides,
        #[arg(long, value_name = "KEY")]
        case: String,
        /// The answer of RUN_B against that of RUN_A
        #[arg(value_enum)]
        choice: Judged,
        #[arg(long, default_value = "", value_name = "TEXT")]
        note: String,
        #[command(flatten)]
        reviewer: Reviewer,
    },
    /// Accept a change, or all of one kind
    #[command(after_help = "Examples:
  plumbline review accept latest.0 latest.1 --case ticket-17
  plumbline review accept latest.0 latest.1 --kind 'json_field:$.label'")]
    Accept(Decision),
    /// Reject a change, or all of one kind
    #[command(after_help = "Examples:
  plumbline review reject latest.0 latest.1 --kind refusal_appeared")]
    Reject(Decision),
    /// Take back what was decided
    #[command(after_help = "Examples:
  plumbline review reopen latest.0 latest.1 --case ticket-17")]
    Reopen(Decision),
    /// Label the answer of RUN_B to a case, in place of the labels that it has
    #[command(after_help = "Examples:
  plumbline review label latest.0 latest.1 --case ticket-17 tone too-long")]
    Label {
        #[command(flatten)]
        sides: TwoSides,
        #[arg(long, value_name = "KEY")]
        case: String,
        /// None takes them away
        #[arg(value_name = "LABEL")]
        labels: Vec<String>,
        #[command(flatten)]
        reviewer: Reviewer,
    },
    /// Say whether the change may be shipped; states the hashes of both runs
    #[command(after_help = "Examples:
  plumbline review sign-off latest.0 latest.1 --approve --note 'only the greeting moved'
  plumbline review sign-off latest.0 latest.1 --refuse")]
    SignOff(SignOff),
}

#[derive(Debug, Args)]
pub(crate) struct TwoSides {
    /// Run, or RUN.COLUMN; `latest` is the newest run
    #[arg(value_name = "RUN_A")]
    pub(crate) a: String,
    #[arg(value_name = "RUN_B")]
    pub(crate) b: String,
}

#[derive(Debug, Args)]
pub(crate) struct Reviewer {
    /// Who says it [default: the person of this machine]
    #[arg(long = "by", value_name = "NAME")]
    pub(crate) by: Option<String>,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["case", "kind"]))]
pub(crate) struct Decision {
    #[command(flatten)]
    pub(crate) sides: TwoSides,
    #[arg(long, value_name = "KEY")]
    pub(crate) case: Option<String>,
    /// All cases of this kind of change, as `plumbline compare` names it
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    #[command(flatten)]
    pub(crate) reviewer: Reviewer,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("word").required(true).args(["approve", "refuse"]))]
pub(crate) struct SignOff {
    #[command(flatten)]
    pub(crate) sides: TwoSides,
    #[arg(long)]
    pub(crate) approve: bool,
    #[arg(long)]
    pub(crate) refuse: bool,
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub(crate) note: String,
    #[command(flatten)]
    pub(crate) reviewer: Reviewer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Judged {
    Better,
    Worse,
    Tie,
    BothBad,
    Skip,
}

impl From<Judged> for Choice {
    fn from(judged: Judged) -> Self {
        match judged {
            Judged::Better => Self::Better,
            Judged::Worse => Self::Worse,
            Judged::Tie => Self::Tie,
            Judged::BothBad => Self::BothBad,
            Judged::Skip => Self::Skip,
        }
    }
}

/// Write a comparison to one file that can be handed on
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plumbline share latest.0 latest.1 --out comparison.html
  plumbline share latest.0 latest.1 --out results.xml --format junit
  plumbline share latest.0 latest.1 latest.2 --format jsonl --out -")]
pub(crate) struct Share {
    /// Run, or RUN.COLUMN: the baseline; `latest` is the newest run
    #[arg(value_name = "RUN_A")]
    pub(crate) a: String,
    /// Up to five, each compared with RUN_A
    #[arg(value_name = "RUN", num_args = 1..=5, required = true)]
    pub(crate) others: Vec<String>,
    /// File to write; `-` is stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// html, markdown, junit, csv, jsonl or parquet [default: by the ending of FILE]
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    pub(crate) format: Option<ShareFormat>,
}

fn format(word: &str) -> Result<ShareFormat, String> {
    let known = ShareFormat::ALL.map(ShareFormat::as_str).join(", ");
    ShareFormat::ALL
        .into_iter()
        .find(|format| format.as_str() == word)
        .ok_or_else(|| format!("the formats are {known}"))
}
