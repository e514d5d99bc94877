//! A comparison as a file to hand on.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// In what form a comparison is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ShareFormat {
    /// One page that needs nothing else.
    Html,
    /// For a pull request.
    Markdown,
    /// For a build server.
    Junit,
    /// One line for each case and side.
    Csv,
    /// One line for each case.
    Jsonl,
    Parquet,
}

impl ShareFormat {
    /// All of them, the one for people first.
    pub const ALL: [Self; 6] = [
        Self::Html,
        Self::Markdown,
        Self::Junit,
        Self::Csv,
        Self::Jsonl,
        Self::Parquet,
    ];

    /// The word used on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Markdown => "markdown",
            Self::Junit => "junit",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
        }
    }

    /// What a file of it is called.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Html => "comparison.html",
            Self::Markdown => "comparison.md",
            Self::Junit => "comparison.xml",
            Self::Csv => "comparison.csv",
            Self::Jsonl => "comparison.jsonl",
            Self::Parquet => "comparison.parquet",
        }
    }
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct Shared {
    pub path: String,
    pub cases: u64,
    pub bytes: u64,
}
