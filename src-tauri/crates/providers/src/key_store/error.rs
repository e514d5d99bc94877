//! What can stand between a call and a key that is kept. No text in here holds a key or a passphrase.

use super::KeyPlace;
use super::sealed_file::SHORTEST_PASSPHRASE;
use crate::ProviderError;
use plumbline_model::{Code, Problem};

/// The variable that holds the passphrase of the encrypted file.
pub const PASSPHRASE_VARIABLE: &str = "PLUMBLINE_KEY_PASSPHRASE";

/// Why a key could not be kept, found or removed.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// The origin or the key cannot be used.
    #[error(transparent)]
    Unfit(#[from] ProviderError),
    #[error("a key of Bedrock at {origin} is not kept")]
    OnlyInEnvironment { origin: String },
    #[error("no key is kept for {origin}")]
    NoneKept { origin: String },
    #[error("no keyring answers: {why}")]
    NoKeyring { why: String },
    #[error("the keyring gave no answer within {limit_ms} ms")]
    KeyringSilent { limit_ms: u128 },
    #[error("the encrypted key file {path} is locked")]
    Locked { path: String },
    #[error("the passphrase does not open {path}")]
    WrongPassphrase { path: String },
    #[error("a passphrase has at least {SHORTEST_PASSPHRASE} characters")]
    ShortPassphrase,
    #[error("{path} is damaged: {why}")]
    Damaged { path: String, why: String },
    #[error("cannot use {path}: {why}")]
    Disk { path: String, why: String },
    #[error("another program is changing the keys in {path}")]
    Busy { path: String },
    #[error("the key for {origin} is kept, but cannot be read: {because}")]
    OutOfReach {
        origin: String,
        because: Box<KeyStoreError>,
    },
    #[error("the key for {origin} is kept, but an older one stays in the {place}: {because}")]
    OlderStays {
        origin: String,
        place: KeyPlace,
        because: Box<KeyStoreError>,
    },
}

impl KeyStoreError {
    /// The same, of the key that was looked for.
    pub(super) fn of(self, origin: &str) -> Self {
        Self::OutOfReach {
            origin: origin.to_owned(),
            because: Box::new(self),
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::NoneKept { .. } => Code::NotFound,
            Self::Busy { .. } => Code::Busy,
            Self::OutOfReach { because, .. } | Self::OlderStays { because, .. } => because.code(),
            _ => Code::BadInput,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unfit(_) => return None,
            Self::OnlyInEnvironment { .. } => {
                "Bedrock takes its credentials from the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, or AWS_BEARER_TOKEN_BEDROCK.".to_owned()
            }
            Self::NoneKept { .. } => "`plumbline key list` shows which are.".to_owned(),
            Self::NoKeyring { .. } => format!(
                "Keep the key in the encrypted file: set {PASSPHRASE_VARIABLE}, or unlock the file under API keys in the window, or add `--store file` at a terminal."
            ),
            Self::KeyringSilent { .. } => format!(
                "It may be asking for its own password: unlock it and try again. Or keep the key in the encrypted file: `--store file`, with {PASSPHRASE_VARIABLE} set."
            ),
            Self::Locked { .. } => format!(
                "Set {PASSPHRASE_VARIABLE}, run the command at a terminal, or unlock the file under API keys in the window."
            ),
            Self::WrongPassphrase { .. } => format!(
                "Check {PASSPHRASE_VARIABLE} or what was typed. A forgotten passphrase cannot be recovered: delete the file and set the keys again."
            ),
            Self::ShortPassphrase => "Choose a longer one; it is all that protects the file from who can read it.".to_owned(),
            Self::Damaged { path, .. } => format!("Delete {path} and set the keys again."),
            Self::Disk { .. } => "Check the folder's owner and the room on its disk.".to_owned(),
            Self::Busy { .. } => "Try again when it has ended.".to_owned(),
            Self::OutOfReach { because, .. } => return because.hint(),
            Self::OlderStays { origin, .. } => format!("Remove it with `plumbline key remove --origin {origin}` and set the key again."),
        })
    }
}

impl From<KeyStoreError> for Problem {
    fn from(error: KeyStoreError) -> Self {
        match error {
            KeyStoreError::Unfit(error) => error.into(),
            error => Self {
                code: error.code(),
                message: error.to_string(),
                hint: error.hint(),
            },
        }
    }
}
