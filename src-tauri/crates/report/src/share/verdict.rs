//! What a verdict is called in a file for people.

use plumbline_analysis::align::RowVerdict;

/// Words and sign of a verdict.
pub(super) trait Words {
    /// The words for people.
    fn words(self) -> &'static str;
    /// A sign beside the words, so that colour is never alone.
    fn sign(self) -> &'static str;
}

impl Words for RowVerdict {
    fn words(self) -> &'static str {
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

    fn sign(self) -> &'static str {
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
