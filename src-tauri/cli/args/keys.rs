//! API keys: keeping them, listing them, removing them. None is ever typed as an argument.

use clap::{Subcommand, ValueEnum};

/// API keys that are kept, each for one server
#[derive(Debug, Subcommand)]
#[command(
    after_help = "A call looks in the environment first, then in the system's keyring, then in an encrypted file.
PLUMBLINE_KEY_PASSPHRASE opens the file where nobody can be asked.

Examples:
  plumbline key set --origin https://api.openai.com
  plumbline key list"
)]
pub(crate) enum Key {
    /// Keep a key, read from standard input or asked for without echo
    #[command(after_help = "Examples:
  plumbline key set --origin https://api.openai.com
  pass show openai | plumbline key set --origin https://api.openai.com --store file")]
    Set {
        /// The only server the key is sent to; a path is ignored
        #[arg(long, value_name = "URL")]
        origin: String,
        /// Where to keep it [default: the keyring, or the file where none answers]
        #[arg(long, value_enum, value_name = "PLACE")]
        store: Option<KeyStorePlace>,
    },
    /// Keys that are kept: server, place and last four characters
    #[command(after_help = "Examples:
  plumbline key list
  plumbline key list --json")]
    List,
    /// Remove a key
    #[command(after_help = "Examples:
  plumbline key remove --origin https://api.openai.com")]
    Remove {
        #[arg(long, value_name = "URL")]
        origin: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyStorePlace {
    /// The keyring of the operating system
    Keyring,
    /// A file that a passphrase opens
    File,
}
