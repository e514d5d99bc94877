//! Keys that a person gave once, each kept under the origin it belongs to.
//!
//! Two places: the keyring of the operating system, and an encrypted file for machines without one. There
//! is no third: nothing is ever written in the clear. An index beside the file says which origins have a
//! key and where, so a list needs no secret, and a call to an origin without one asks no keyring.

mod error;
mod folder;
mod in_time;
mod index;
mod keyring;
mod sealed_file;
#[cfg(test)]
mod tests;

pub use error::{KeyStoreError, PASSPHRASE_VARIABLE};
pub use sealed_file::{FileState, PassphraseFor};

use crate::bedrock::credentials::is_home as is_bedrock;
use crate::key::home_of_key;
use crate::web_origin::WebOrigin;
use crate::{ApiKey, ProviderError};
use folder::Folder;
use index::Index;
use keyring::Keyring;
use reqwest::Url;
use sealed_file::SealedFile;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Asks a person for the passphrase of the encrypted file; `None` where nobody can be asked.
pub type AskPassphrase = dyn Fn(PassphraseFor) -> Option<SecretString> + Send + Sync;

/// Where a key is kept, in the order of lookup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyPlace {
    Keyring,
    File,
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keyring => "keyring",
            Self::File => "encrypted file",
        })
    }
}

/// What may be told of a key without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredKey {
    /// Such as `https://api.openai.com`.
    pub origin: String,
    pub place: KeyPlace,
    /// `None` for a key so short that four characters would tell too much of it.
    pub last_four: Option<String>,
}

/// Both places and their index. Cheap to clone.
#[derive(Clone)]
pub struct KeyStore(Arc<Places>);

struct Places {
    index: Index,
    keyring: Keyring,
    file: SealedFile,
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyStore({})", self.0.file.path().display())
    }
}

impl KeyStore {
    /// The keyring of this system, and the encrypted file in `folder`, which is made on first use.
    /// `passphrase` opens the file where it is given; else `ask` is asked, once and only when a key is in
    /// the file.
    #[must_use]
    pub fn new(
        folder: PathBuf,
        passphrase: Option<SecretString>,
        ask: Option<Arc<AskPassphrase>>,
    ) -> Self {
        Self::with_keyring(folder, passphrase, ask, Keyring::of_this_system())
    }

    fn with_keyring(
        folder: PathBuf,
        passphrase: Option<SecretString>,
        ask: Option<Arc<AskPassphrase>>,
        keyring: Keyring,
    ) -> Self {
        let folder = Folder::new(folder);
        Self(Arc::new(Places {
            index: Index::new(folder.clone()),
            keyring,
            file: SealedFile::new(folder, passphrase, ask),
        }))
    }

    /// The encrypted file.
    #[must_use]
    pub fn file_path(&self) -> &Path {
        self.0.file.path()
    }

    /// Whether the encrypted file is there, and whether its passphrase is known.
    #[must_use]
    pub fn file_state(&self) -> FileState {
        self.0.file.state()
    }

    /// Every key by origin, without asking the keyring or opening the file.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn list(&self) -> Result<Vec<StoredKey>, KeyStoreError> {
        let mut keys = self.0.index.read()?;
        // Who deleted the file has forgotten its keys.
        if matches!(self.file_state(), FileState::Absent | FileState::Ready) {
            keys.retain(|key| key.place != KeyPlace::File);
        }
        Ok(keys)
    }

    /// The key for a call of `provider`: the one kept for exactly the origin that is called. Credentials of
    /// AWS are never looked for here.
    ///
    /// # Errors
    /// The base URL cannot be used; or a key is kept for it where it cannot be read now.
    pub fn find(
        &self,
        provider: &str,
        base_url: Option<&str>,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<ApiKey>, KeyStoreError> {
        match home_of_key(provider, base_url, lookup)? {
            Some(origin) => self.find_at(&origin.to_string()),
            None => Ok(None),
        }
    }

    fn find_at(&self, origin: &str) -> Result<Option<ApiKey>, KeyStoreError> {
        let mut kept: Vec<KeyPlace> = self
            .list()?
            .into_iter()
            .filter(|key| key.origin == origin)
            .map(|key| key.place)
            .collect();
        kept.sort();
        let mut trouble = None;
        for place in kept {
            let secret = match place {
                KeyPlace::Keyring => self.0.keyring.find(origin),
                KeyPlace::File => self.0.file.find(origin),
            };
            match secret {
                Ok(Some(secret)) => return Ok(Some(ApiKey::of_secret(origin, &secret)?)),
                Ok(None) => {}
                Err(error) => trouble = trouble.or(Some(error)),
            }
        }
        trouble.map_or(Ok(None), |error| Err(error.of(origin)))
    }

    /// Keeps a key for the origin of `url`, in place of an earlier one. Without a `place` it goes into the
    /// keyring, or into the file where no keyring answers.
    ///
    /// # Errors
    /// The origin or the key cannot be used, or the place cannot take it.
    pub fn set(
        &self,
        url: &str,
        secret: &SecretString,
        place: Option<KeyPlace>,
    ) -> Result<StoredKey, KeyStoreError> {
        let (_, origin) = WebOrigin::parse_base(url)?;
        if is_bedrock(&origin) {
            return Err(KeyStoreError::OnlyInEnvironment {
                origin: origin.to_string(),
            });
        }
        let key = ApiKey::of_secret(url, secret)?;
        let url =
            Url::parse(&key.home()).map_err(|error| ProviderError::setting(error.to_string()))?;
        let (name, secret) = (key.home(), key.secret_for(&url)?);
        let place = match place {
            Some(KeyPlace::Keyring) => self
                .0
                .keyring
                .set(&name, secret)
                .map(|()| KeyPlace::Keyring)?,
            Some(KeyPlace::File) => self.0.file.set(&name, secret).map(|()| KeyPlace::File)?,
            None => self.set_anywhere(&name, secret)?,
        };
        let stored = StoredKey {
            last_four: last_four(secret),
            origin: name.clone(),
            place,
        };
        self.0.index.put(stored.clone())?;
        // An older one in the other place would come back the day this one is removed, or go before it.
        let older = self
            .list()?
            .into_iter()
            .find(|key| key.origin == name && key.place != place);
        if let Some(older) = older {
            self.remove_from(older.place, &name)
                .map_err(|error| KeyStoreError::OlderStays {
                    origin: name,
                    place: older.place,
                    because: Box::new(error),
                })?;
        }
        Ok(stored)
    }

    fn set_anywhere(&self, origin: &str, secret: &str) -> Result<KeyPlace, KeyStoreError> {
        match self.0.keyring.set(origin, secret) {
            Ok(()) => return Ok(KeyPlace::Keyring),
            Err(error) if self.0.file.can_open() => {
                tracing::info!(%error, "using the encrypted file");
            }
            Err(error) => return Err(error),
        }
        self.0.file.set(origin, secret).map(|()| KeyPlace::File)
    }

    /// Removes the key of the origin of `url` from wherever it is kept.
    ///
    /// # Errors
    /// None is kept, or its place cannot be reached.
    pub fn remove(&self, url: &str) -> Result<StoredKey, KeyStoreError> {
        let origin = WebOrigin::parse_base(url)?.1.to_string();
        let mut removed = None;
        for key in self.list()?.into_iter().filter(|key| key.origin == origin) {
            self.remove_from(key.place, &origin)?;
            removed = removed.or(Some(key));
        }
        removed.ok_or(KeyStoreError::NoneKept { origin })
    }

    fn remove_from(&self, place: KeyPlace, origin: &str) -> Result<(), KeyStoreError> {
        match place {
            KeyPlace::Keyring => self.0.keyring.remove(origin)?,
            KeyPlace::File => self.0.file.remove(origin)?,
        }
        self.0.index.take(origin, place)
    }

    /// Keeps the passphrase of the encrypted file in memory, after it has opened the file; for a file that
    /// does not exist yet it becomes the passphrase.
    ///
    /// # Errors
    /// It does not open the file, or is too short for a new one.
    pub fn unlock(&self, passphrase: SecretString) -> Result<(), KeyStoreError> {
        self.0.file.unlock(passphrase)
    }
}

/// Keys shorter than this show nothing of themselves.
const SHORT: usize = 16;

fn last_four(secret: &str) -> Option<String> {
    (secret.len() >= SHORT).then(|| secret[secret.len() - 4..].to_owned())
}
