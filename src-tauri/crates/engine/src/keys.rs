//! Where the key of a call comes from, in this order: the environment, the keyring, the encrypted file.

use crate::Engine;
use crate::api::{KeyFileState, KeyPlace, KeyRow, KeysView};
use plumbline_model::Problem;
use plumbline_providers::key_store::{
    self, AskPassphrase, FileState, PASSPHRASE_VARIABLE, StoredKey,
};
use plumbline_providers::{ApiKey, keys_from_env};
use secrecy::SecretString;
use std::path::PathBuf;
use std::sync::Arc;

/// Looks up an API key by the name of its environment variable.
#[derive(Clone, Default)]
pub struct KeyLookup(Option<Lookup>);

type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

impl KeyLookup {
    /// Keys as `lookup` gives them.
    pub fn new(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(lookup)))
    }

    /// Keys from the environment of this process.
    #[must_use]
    pub fn from_environment() -> Self {
        Self::new(|name| std::env::var(name).ok())
    }

    /// Keys from the environment for a caller whose base URLs are not all a person's own words, such as a
    /// page: the key of a server of one's own is given only where its origin is set beside it.
    #[must_use]
    pub fn from_environment_bound() -> Self {
        Self::new(|name| {
            let bound = std::env::var_os(plumbline_providers::KEY_ORIGIN_VARIABLE).is_some();
            let kept = name != plumbline_providers::ANY_KEY_VARIABLE || bound;
            std::env::var(name).ok().filter(|_| kept)
        })
    }

    pub(crate) fn find(&self, name: &str) -> Option<String> {
        self.0.as_ref().and_then(|lookup| lookup(name))
    }
}

/// The keys that a person gave once, each for one origin. Cheap to clone; clones share what was unlocked.
#[derive(Debug, Clone)]
pub struct KeyStore(key_store::KeyStore);

impl KeyStore {
    /// The store of this machine: the system's keyring, and an encrypted file beside the default workspace,
    /// opened with `PLUMBLINE_KEY_PASSPHRASE`, else with what `ask` is told.
    ///
    /// # Errors
    /// This system names no home folder.
    pub fn of_this_machine(ask: Option<Arc<AskPassphrase>>) -> Result<Self, Problem> {
        let workspace = plumbline_workspace::default_path()?;
        let folder = workspace.with_file_name("keys");
        let passphrase = std::env::var(PASSPHRASE_VARIABLE).ok();
        Ok(Self::in_folder(
            folder,
            passphrase.map(SecretString::from),
            ask,
        ))
    }

    /// A store whose file is in this folder.
    #[must_use]
    pub fn in_folder(
        folder: PathBuf,
        passphrase: Option<SecretString>,
        ask: Option<Arc<AskPassphrase>>,
    ) -> Self {
        Self(key_store::KeyStore::new(folder, passphrase, ask))
    }

    /// Every key that is kept, and whether the encrypted file is open.
    pub fn list(&self) -> Result<KeysView, Problem> {
        Ok(KeysView {
            keys: self.0.list()?.into_iter().map(row).collect(),
            file: match self.0.file_state() {
                FileState::Absent => KeyFileState::Absent,
                FileState::Ready => KeyFileState::Ready,
                FileState::Locked => KeyFileState::Locked,
                FileState::Unlocked => KeyFileState::Unlocked,
            },
            file_path: self.0.file_path().display().to_string(),
        })
    }

    /// Keeps a key for the origin of `url`; without a `place` in the keyring, or in the encrypted file where
    /// no keyring answers.
    pub fn set(
        &self,
        url: &str,
        secret: &SecretString,
        place: Option<KeyPlace>,
    ) -> Result<KeyRow, Problem> {
        let place = place.map(|place| match place {
            KeyPlace::Keyring => key_store::KeyPlace::Keyring,
            KeyPlace::File => key_store::KeyPlace::File,
        });
        Ok(row(self.0.set(url, secret, place)?))
    }

    /// Removes the key of the origin of `url`.
    pub fn remove(&self, url: &str) -> Result<KeyRow, Problem> {
        Ok(row(self.0.remove(url)?))
    }

    /// Opens the encrypted file for as long as this process runs.
    pub fn unlock(&self, passphrase: SecretString) -> Result<(), Problem> {
        Ok(self.0.unlock(passphrase)?)
    }
}

fn row(key: StoredKey) -> KeyRow {
    KeyRow {
        origin: key.origin,
        place: match key.place {
            key_store::KeyPlace::Keyring => KeyPlace::Keyring,
            key_store::KeyPlace::File => KeyPlace::File,
        },
        last_four: key.last_four,
    }
}

impl Engine {
    /// The key for a call of `provider` at `base_url`; `None` where there is none for exactly its origin.
    pub(crate) fn key_for(
        &self,
        provider: &str,
        base_url: Option<&str>,
    ) -> Result<Option<ApiKey>, Problem> {
        let lookup = |name: &str| self.inner.keys.find(name);
        if let Some(key) = keys_from_env(provider, base_url, &lookup)? {
            return Ok(Some(key));
        }
        match &self.inner.key_store {
            Some(store) => Ok(store.0.find(provider, base_url, &lookup)?),
            None => Ok(None),
        }
    }
}
