//! What can go wrong with names of vocabularies and with price tables. Counting itself cannot fail.

use plumbline_model::Problem;
use thiserror::Error;

/// A failure of this crate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TokensError {
    /// The name of a vocabulary that we do not have.
    #[error("there is no token encoding named `{0}`")]
    UnknownEncoding(String),
    /// The file is not a price table at all.
    #[error("the price table cannot be read: {0}")]
    UnreadableTable(String),
    /// The file is a price table with an entry that cannot be trusted.
    #[error("the price table is refused: {entry}: {reason}")]
    RefusedEntry {
        /// `provider/model`, or the provider alone.
        entry: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl From<TokensError> for Problem {
    fn from(error: TokensError) -> Self {
        let hint = match &error {
            TokensError::UnknownEncoding(_) => "Use `o200k_base` or `cl100k_base`.",
            TokensError::UnreadableTable(_) | TokensError::RefusedEntry { .. } => {
                "Give the data.json of genai-prices, plain or as .gz; the table in force stays until then."
            }
        };
        Self::bad_input(error.to_string()).hint(hint)
    }
}
