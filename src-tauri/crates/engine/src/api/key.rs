//! API keys as the faces see them: everything but the key.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where a key is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum KeyPlace {
    /// The keyring of the operating system.
    Keyring,
    /// The encrypted file.
    File,
}

/// A key that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct KeyRow {
    /// The only server it is sent to, such as `https://api.openai.com`.
    pub origin: String,
    pub place: KeyPlace,
    /// Its last four characters; `None` for a key so short that they would tell too much.
    pub last_four: Option<String>,
}

/// Whether keys can be read from the encrypted file, and new ones put there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum KeyFileState {
    /// There is none, and no passphrase for a new one.
    Absent,
    /// There is none; the first key makes it under the passphrase that was given.
    Ready,
    Locked,
    Unlocked,
}

/// Every key that is kept on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct KeysView {
    /// By origin.
    pub keys: Vec<KeyRow>,
    pub file: KeyFileState,
    pub file_path: String,
}
