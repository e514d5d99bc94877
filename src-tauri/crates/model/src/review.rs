//! What reviewers said: judgements, decisions, labels, notes and sign-offs, each a line of a ledger.
//!
//! Lines are added and nothing else. Of one reviewer's lines about one thing, the newest of each kind counts.

use crate::{CellId, NanosText};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a line is about. A side is written as `RUN.COLUMN`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "on")]
#[ts(export)]
pub enum ReviewSubject {
    /// One case of two sides.
    Pair {
        a: String,
        b: String,
        case_key: String,
    },
    /// All cases of two sides that changed in one way, by its word.
    Group { a: String, b: String, kind: String },
    /// Two sides as a whole.
    Sides { a: String, b: String },
    /// One answer of a run.
    Cell { cell: CellId },
    /// One step of a trace, by the id that the trace gave it.
    Span { trace: String, span: String },
}

/// Which answer is the better one, of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Choice {
    /// The new answer is better than the old one.
    Better,
    Worse,
    Tie,
    BothBad,
    /// Looked at and left open.
    Skip,
}

/// What becomes of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ReviewDecision {
    Accept,
    Reject,
    /// Takes back what was decided.
    Open,
}

/// An item of a checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RubricCheck {
    pub item: String,
    pub met: bool,
}

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "said")]
#[ts(export)]
pub enum ReviewWord {
    /// About a pair.
    Judgement {
        choice: Choice,
        /// Neither prompt nor model was shown, and the sides were in random order.
        blind: bool,
    },
    /// About a pair or a group.
    Decision {
        decision: ReviewDecision,
        /// Cases that it was about at the time.
        cases: u64,
    },
    /// The whole set, which takes the place of the one before.
    Labels {
        labels: Vec<String>,
    },
    Note {
        text: String,
    },
    Checks {
        checks: Vec<RubricCheck>,
    },
    /// About the sides: the checklist that their reviewers go through, in place of the one before.
    Rubric {
        items: Vec<String>,
    },
    /// About the sides: whether the change may be shipped.
    SignOff {
        approved: bool,
        /// SHA-256 of what was signed, see `run_hash`.
        run_hash_a: String,
        run_hash_b: String,
        /// The verdict as it was shown.
        verdict: String,
        text: String,
    },
}

impl ReviewWord {
    /// The word of its kind in files.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Judgement { .. } => "judgement",
            Self::Decision { .. } => "decision",
            Self::Labels { .. } => "labels",
            Self::Note { .. } => "note",
            Self::Checks { .. } => "checks",
            Self::Rubric { .. } => "rubric",
            Self::SignOff { .. } => "sign_off",
        }
    }
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReviewLine {
    pub seq: i64,
    pub at: NanosText,
    pub reviewer: String,
    pub about: ReviewSubject,
    #[serde(flatten)]
    pub word: ReviewWord,
}
