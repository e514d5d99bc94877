//! What became of one case in one column, seen from the baseline.

use serde::Serialize;

/// The closed set that filters and test reports branch on; the words are those of the command line's JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedVerdict {
    /// Passed in the baseline, fails here.
    Broken,
    /// On both sides, but at least one answer is not whole.
    NotComparable,
    /// Failed in the baseline, passes here.
    Fixed,
    /// Another answer, without a flip.
    Changed,
    /// The column has no answer for the case.
    OnlyA,
    /// The baseline has no answer for the case.
    OnlyB,
    Same,
}

impl SharedVerdict {
    pub(super) const ALL: [Self; 7] = [
        Self::Broken,
        Self::NotComparable,
        Self::Fixed,
        Self::Changed,
        Self::OnlyA,
        Self::OnlyB,
        Self::Same,
    ];

    /// The word used in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::NotComparable => "not_comparable",
            Self::Fixed => "fixed",
            Self::Changed => "changed",
            Self::OnlyA => "only_a",
            Self::OnlyB => "only_b",
            Self::Same => "same",
        }
    }

    /// The words for people.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::NotComparable => "not comparable",
            Self::Fixed => "fixed",
            Self::Changed => "changed",
            Self::OnlyA => "only in baseline",
            Self::OnlyB => "not in baseline",
            Self::Same => "same",
        }
    }

    /// A sign beside the words, so that colour is never alone.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Broken => "✗",
            Self::NotComparable => "?",
            Self::Fixed => "✓",
            Self::Changed => "~",
            Self::OnlyA => "−",
            Self::OnlyB => "+",
            Self::Same => "=",
        }
    }
}
