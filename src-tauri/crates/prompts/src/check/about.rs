//! What a finding is about, so that a fix need not read its sentence.

use crate::PromptError;
use semver::Version;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum About {
    /// Nothing that we know how to mend.
    #[default]
    Other,
    NoFrontMatter,
    /// A key that must be there.
    Missing(String),
    UnknownKey {
        key: String,
        meant: Option<String>,
    },
    NotAVersion,
    /// The version is too low for what changed; this one would do.
    SmallVersion(Version),
    /// The name is not that of the folder, or none at all.
    Name,
    UnknownType {
        variable: String,
        kind: String,
    },
    Undeclared(String),
    Unused(String),
    NoMessage,
    EmptyMessage,
    NoMessageYet,
    /// Characters that nobody sees.
    Hidden,
    /// A model without the vendor that has it.
    NoProvider(String),
}

impl From<&PromptError> for About {
    fn from(error: &PromptError) -> Self {
        match error {
            PromptError::NoFrontMatter => Self::NoFrontMatter,
            PromptError::MissingKey { key, .. } => Self::Missing(key.clone()),
            PromptError::UnknownKey { key, meant, .. } => Self::UnknownKey {
                key: key.clone(),
                meant: meant.clone(),
            },
            PromptError::NotAVersion { .. } => Self::NotAVersion,
            PromptError::Name { .. } => Self::Name,
            PromptError::NoMessageYet { .. } => Self::NoMessageYet,
            _ => Self::Other,
        }
    }
}
